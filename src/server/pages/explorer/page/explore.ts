// One profile, those nearest to it, and the way there.

import { CHOICES_OF_N, DEFAULT_N, walkTo, write, type Route } from "./address.js";
import * as api from "./api.js";
import { avatar, card, fieldsOf, scaleOf } from "./cards.js";
import { announce, h, icon, uniqueId } from "./dom.js";
import type { Doc } from "./json.js";
import * as profiles from "./profiles.js";
import { trail } from "./trail.js";
import { search, SEARCHED } from "./search.js";
import { isText } from "./shared.js";
import { field, moreButton, show } from "./values.js";
import { busy, failure, type View } from "./view.js";

const MOST_FIELDS = 16;
const STARTS = 6;

/** A profile's name, picture and fields. */
export function profilePanel(doc: Doc, id: string, heading: "h1" | "h2"): HTMLElement {
  const named = profiles.nameOf(doc, id) !== id;
  const inTitle = new Set(profiles.nameFields(doc));
  const names = Object.keys(doc).filter((name) => !profiles.isIdField(name, doc, id) && !inTitle.has(name));
  const rest = names.length - MOST_FIELDS;
  const list = h("dl", { class: "fields", id: uniqueId("fields") });
  const fill = (isOpen: boolean): void =>
    list.replaceChildren(
      ...(isOpen ? names : names.slice(0, MOST_FIELDS)).map((name) => field(name, show(doc[name] ?? null))),
    );
  fill(false);
  return h(
    "article",
    { class: "panel profile", "data-id": id },
    h(
      "header",
      { class: "profile-head" },
      avatar(doc, id, "large"),
      h(
        "div",
        { class: "names" },
        h(heading, { tabindex: -1, class: "title" }, profiles.nameOf(doc, id)),
        named && h("p", { class: "id" }, h("code", {}, id)),
      ),
    ),
    list,
    rest > 0 && moreButton(`Show all ${names.length} fields`, "Show fewer fields", list.id, fill),
  );
}

/** The view. `go` changes the address. */
export function explore(go: (route: Route) => void): View {
  const finder = search("Find the profile to begin with", SEARCHED, (id) => go({ view: "explore", ids: [id], n: DEFAULT_N }));
  const path = h("nav", { class: "trail", "aria-label": "Trail" });
  const current = h("section", { class: "current", "aria-label": "Profile" });
  const around = h("section", { class: "around", "aria-label": "Nearest profiles" });
  const columns = h("div", { class: "columns" }, current, around);
  const element = h("div", { class: "view explore" }, path, columns);
  let asking = new AbortController();
  let shownId = "";
  let shownDoc: Doc | null = null;

  const showStart = async (route: Route, signal: AbortSignal): Promise<void> => {
    path.hidden = true;
    columns.classList.add("start");
    around.replaceChildren();
    shownId = "";
    const done = busy(element);
    try {
      const ids = new Set<string>();
      const first = await profiles.random();
      ids.add(first);
      const others = await Promise.all(Array.from({ length: STARTS - 1 }, () => profiles.random()));
      for (const id of others) ids.add(id);
      if (signal.aborted) return;
      current.replaceChildren(startPanel(finder.element, randomButton(go, route)));
      around.replaceChildren(startCards([...ids], route));
    } catch (error) {
      const failed = failure(error, () => !signal.aborted && update(route));
      if (failed && !signal.aborted) current.replaceChildren(failed);
    } finally {
      done();
    }
  };

  const showNeighbours = (neighbours: api.Neighbour[], doc: Doc, id: string, route: Route): void => {
    const scale = scaleOf(neighbours);
    const walk = (to: string): string => write({ ...route, ids: walkTo(route.ids, to) });
    const compare = (to: string): string => write({ view: "compare", ids: [id, to], n: DEFAULT_N });
    const list = h(
      "ol",
      { class: "cards" },
      ...neighbours.map((it, rank) => h("li", {}, card(it, rank + 1, scale, doc, walk, compare))),
    );
    around.replaceChildren(
      h(
        "header",
        { class: "around-head" },
        h("h2", {}, neighbours.length === 0 ? "Nobody else is here" : `${neighbours.length} nearest`),
        neighbours.length > 0 &&
          h("p", { class: "legend" }, h("mark", {}, "marked"), " is shared · the longer a bar, the nearer"),
        chooseN(route, go),
      ),
      list,
    );
  };

  const showWalk = async (route: Route, id: string, signal: AbortSignal): Promise<void> => {
    path.hidden = route.ids.length < 2;
    columns.classList.remove("start");
    path.replaceChildren(trail(route));
    const isStep = shownId !== "" && shownId !== id;
    const done = busy(element);
    const asked = api.neighbours(id, route.n, signal);
    // Awaited below; until then a failure of it is nobody's.
    asked.catch(() => undefined);
    try {
      const doc = await profiles.load(id, signal);
      const neighbours = await asked.catch((error: unknown) => error);
      // Beside a profile stand its own neighbours or a reason why not, never those of another.
      if (signal.aborted || neighbours instanceof api.Offline) return;
      const name = profiles.nameOf(doc, id);
      document.title = `${name} · Kindred`;
      // What was opened of a profile stays open while only its neighbours change.
      if (shownDoc !== doc || !current.querySelector(".profile")) current.replaceChildren(profilePanel(doc, id, "h1"));
      [shownId, shownDoc] = [id, doc];
      path.replaceChildren(trail(route));
      if (Array.isArray(neighbours)) {
        showNeighbours(neighbours as api.Neighbour[], doc, id, route);
        announce(`${name}, ${neighbours.length} nearest profiles`);
      } else {
        const failed = failure(neighbours, () => !signal.aborted && update(route));
        if (failed) around.replaceChildren(failed);
      }
      if (isStep) {
        current.querySelector<HTMLElement>(".title")?.focus({ preventScroll: true });
        window.scrollTo({ top: 0 });
      }
    } catch (error) {
      if (signal.aborted) return;
      const actions = [h("a", { class: "button", href: "#/explore" }, "Start again"), randomButton(go, route)];
      const failed = failure(error, () => !signal.aborted && update(route), ...actions);
      if (failed) {
        shownId = "";
        current.replaceChildren(failed);
        around.replaceChildren();
      }
    } finally {
      if (!signal.aborted) done();
    }
  };

  const update = (route: Route): void => {
    asking.abort();
    asking = new AbortController();
    document.title = "Kindred";
    const id = route.ids.at(-1);
    void (id === undefined ? showStart(route, asking.signal) : showWalk(route, id, asking.signal));
  };

  return { element, update, leave: () => asking.abort() };
}

function chooseN(route: Route, go: (route: Route) => void): HTMLElement {
  const choices = [...new Set([...CHOICES_OF_N, route.n])].sort((one, two) => one - two);
  const select = h(
    "select",
    { change: () => go({ ...route, n: Number(select.value) }) },
    ...choices.map((n) => h("option", { value: n, selected: n === route.n }, n)),
  );
  return h("label", { class: "choose-n" }, "Show ", select);
}

/** A button that walks to a profile chosen at random. */
export function randomButton(go: (route: Route) => void, route: Route): HTMLElement {
  const click = async (): Promise<void> => {
    try {
      go({ ...route, view: "explore", ids: [await profiles.random()] });
    } catch (error) {
      announce(error instanceof Error ? error.message : String(error));
    }
  };
  return h("button", { type: "button", class: "button", click: () => void click() }, icon("dice"), "Random profile");
}

function startPanel(finder: HTMLElement, random: HTMLElement): HTMLElement {
  return h(
    "div",
    { class: "hero" },
    h("h1", { class: "title", tabindex: -1 }, "Who is like whom?"),
    h(
      "p",
      {},
      "Begin with a profile, look at those nearest to it, and walk on. The way you came stays in the address.",
    ),
    h("div", { class: "hero-finder" }, finder, random),
  );
}

function startCards(ids: string[], route: Route): HTMLElement {
  const cards = ids.map((id) => {
    const doc = profiles.known(id) ?? {};
    return h(
      "li",
      {},
      h(
        "article",
        { class: "card start-card", "data-id": id },
        h(
          "header",
          { class: "card-head" },
          avatar(doc, id),
          h(
            "div",
            { class: "names" },
            h("h2", {}, h("a", { class: "walk", href: write({ ...route, ids: [id] }) }, profiles.nameOf(doc, id))),
            h("p", { class: "subtitle" }, profiles.subtitleOf(doc, id)),
          ),
        ),
        h("dl", { class: "fields" }, ...fieldsOf(doc, id, {}, 2, (it) => typeof it === "object" || isText(it))),
      ),
    );
  });
  return h("ol", { class: "cards" }, ...cards);
}
