// Two profiles side by side.

import { write, type Route } from "./address.js";
import * as api from "./api.js";
import { avatar, distanceText } from "./cards.js";
import { announce, h, icon } from "./dom.js";
import type { Doc, Json } from "./json.js";
import * as profiles from "./profiles.js";
import { search, type Search } from "./search.js";
import { relation, type Relation } from "./shared.js";
import { label, show } from "./values.js";
import { busy, failure, message, type View } from "./view.js";

const MARKS: Record<Relation, [sign: string, text: string]> = {
  equal: ["=", "equal"],
  part: ["≈", "partly shared"],
  different: ["≠", "different"],
  missing: ["–", "only one has it"],
};

/** The view. `go` changes the address. */
export function compare(go: (route: Route) => void): View {
  const result = h("div", { class: "comparison" });
  const pickers = ["First profile", "Second profile"].map((name, side) =>
    search(name, "Name or id", (id) => go(withSide(shown, side, id))),
  );
  const swap = h(
    "button",
    { type: "button", class: "icon-button", "aria-label": "Swap the two", click: () => go({ ...shown, ids: [...shown.ids].reverse() }) },
    icon("swap"),
  );
  const [one, other] = pickers as [Search, Search];
  const element = h(
    "div",
    { class: "view compare" },
    h("h1", { class: "title", tabindex: -1 }, "Compare"),
    h("div", { class: "pickers" }, one.element, swap, other.element),
    result,
  );
  let shown: Route = { view: "compare", ids: ["", ""], n: 12 };
  let asking = new AbortController();

  const load = async (route: Route, signal: AbortSignal): Promise<void> => {
    const [from = "", to = ""] = route.ids;
    if (from === "" || to === "") {
      result.replaceChildren(message("Choose two profiles", "Type the beginning of a name or of an id, or choose Compare on a card."));
      return;
    }
    const done = busy(element);
    try {
      const measured = api.distance(from, to, signal).catch((error: unknown) => error);
      const [left, right] = await Promise.all([profiles.load(from, signal), profiles.load(to, signal)]);
      const distance = await measured;
      if (signal.aborted) return;
      document.title = `${profiles.nameOf(left, from)} and ${profiles.nameOf(right, to)} · Kindred`;
      result.replaceChildren(heads(left, from, right, to, distance), table(left, from, right, to));
      announce(`Compared ${profiles.nameOf(left, from)} with ${profiles.nameOf(right, to)}`);
    } catch (error) {
      if (signal.aborted) return;
      const failed = failure(error, () => !signal.aborted && update(route));
      if (failed) result.replaceChildren(failed);
    } finally {
      if (!signal.aborted) done();
    }
  };

  const update = (route: Route): void => {
    asking.abort();
    asking = new AbortController();
    shown = route;
    document.title = "Compare · Kindred";
    for (const [side, picker] of pickers.entries()) picker.set(route.ids[side] ?? "");
    void load(route, asking.signal);
  };

  return { element, update, leave: () => asking.abort() };
}

function withSide(route: Route, side: number, id: string): Route {
  return { ...route, ids: route.ids.map((old, number) => (number === side ? id : old)) };
}

function head(doc: Doc, id: string): HTMLElement {
  return h(
    "div",
    { class: "compared" },
    avatar(doc, id, "large"),
    h("h2", {}, h("a", { href: write({ view: "explore", ids: [id], n: 12 }) }, profiles.nameOf(doc, id))),
    profiles.nameOf(doc, id) !== id && h("code", {}, id),
  );
}

// Cosine distance: 0 points the same way, 1 has nothing in common, 2 is the opposite.
function heads(left: Doc, from: string, right: Doc, to: string, distance: unknown): HTMLElement {
  const isMeasured = typeof distance === "object" && distance !== null && "distance" in distance;
  const number = isMeasured ? (distance as { distance: number }).distance : null;
  const between = h("div", { class: "between" });
  if (number !== null) {
    between.append(h("strong", {}, distanceText(number)), h("span", {}, "distance"), scale(number));
  } else {
    between.append(h("strong", {}, "–"), h("span", {}, distance instanceof api.Problem ? distance.detail : "no distance"));
  }
  return h("div", { class: "heads" }, head(left, from), between, head(right, to));
}

function scale(distance: number): HTMLElement {
  const needle = h("span", { class: "needle" });
  needle.style.setProperty("--share", String(Math.min(distance / 2, 1)));
  return h("span", { class: "scale", "aria-hidden": "true" }, needle, h("i", {}, "0"), h("i", {}, "1"), h("i", {}, "2"));
}

function table(left: Doc, from: string, right: Doc, to: string): HTMLElement {
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])].filter(
    (name) => !profiles.isIdField(name, left, from) && !profiles.isIdField(name, right, to),
  );
  const relations = names.map((name) => relation(left[name], right[name]));
  const count = (wanted: Relation): number => relations.filter((it) => it === wanted).length;
  const summary = (Object.keys(MARKS) as Relation[])
    .filter((it) => count(it) > 0)
    .map((it) => `${count(it)} ${MARKS[it][1]}`)
    .join(" · ");
  const cell = (value: Json | undefined, other: Json | undefined): HTMLElement =>
    value === undefined ? h("span", { class: "nothing" }, "not there") : show(value, { other });
  const row = (name: string, number: number): HTMLElement => {
    const kind = relations[number] ?? "different";
    const [sign, text] = MARKS[kind];
    return h(
      "tr",
      { class: `relation-${kind}` },
      h("th", { scope: "row" }, label(name)),
      h("td", {}, cell(left[name], right[name])),
      h("td", { class: "sign", title: text }, h("span", { "aria-hidden": "true" }, sign), h("span", { class: "visually-hidden" }, text)),
      h("td", {}, cell(right[name], left[name])),
    );
  };
  return h(
    "table",
    { class: "panel" },
    h("caption", {}, summary),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("th", { scope: "col" }, "Field"),
        h("th", { scope: "col" }, profiles.nameOf(left, from)),
        h("th", { scope: "col" }, h("span", { class: "visually-hidden" }, "Relation")),
        h("th", { scope: "col" }, profiles.nameOf(right, to)),
      ),
    ),
    h("tbody", {}, ...names.map(row)),
  );
}
