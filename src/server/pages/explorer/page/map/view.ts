// The map: everybody at once, and the walk on it.

import { DEFAULT_N, walkTo, write, type Route } from "../address.js";
import * as api from "../api.js";
import { avatar, distanceText } from "../cards.js";
import { announce, h, icon } from "../dom.js";
import { profilePanel } from "../explore.js";
import { parse, type Doc } from "../json.js";
import { count } from "../numbers.js";
import * as profiles from "../profiles.js";
import { trail } from "../trail.js";
import { failure, message, type View } from "../view.js";
import { colouring } from "./colours.js";
import { listen, zoomIn, zoomOut } from "./gestures.js";
import { load, nearest, position, type Position } from "./points.js";
import { Stage, type Drawing } from "./stage.js";

const REACH_PIXELS = 14;
const HOVER_PAUSE_MS = 70;
/** Neighbours that are marked: each takes a question for its place. */
const MOST_NEIGHBOURS = 12;

/** How a profile is chosen: fingers do not point. */
const HOW = matchMedia("(hover: none) and (pointer: coarse)").matches
  ? "Tap a point to see who it is."
  : "Point at somebody to see who it is; click to walk there.";

/** The view. `go` changes the address. */
export function map(go: (route: Route) => void, drawing: Drawing): View {
  const stage = new Stage(drawing);
  const { camera, surface } = stage;
  const tip = h("div", { class: "tip", role: "status", hidden: true });
  const caption = h("p", { class: "map-caption" });
  const trouble = h("div", { class: "map-trouble" });
  const path = h("nav", { class: "trail", "aria-label": "Trail" });
  const side = h("aside", { class: "map-side", "aria-label": "Where you are" });
  const button = (name: string, key: string, act: () => void): HTMLElement =>
    h("button", { type: "button", class: "icon-button", "aria-label": name, title: `${name} (${key})`, click: () => (act(), stage.moved()) }, icon(name.toLowerCase().replace(/ /g, "-")));
  const controls = h(
    "div",
    { class: "map-controls", role: "group", "aria-label": "Map" },
    button("Zoom in", "+", () => zoomIn(camera)),
    button("Zoom out", "-", () => zoomOut(camera)),
    button("Show all", "0", () => stage.reset()),
  );
  const colours = colouring(stage);
  const frame = h("div", { class: "map-frame" }, stage.element, tip, controls, caption, trouble);
  const element = h(
    "div",
    { class: "view map" },
    h("h1", { class: "visually-hidden title", tabindex: -1 }, "Map"),
    path,
    h("div", { class: "map-columns" }, h("div", { class: "map-main" }, colours.element, frame), side),
  );
  surface.setAttribute("aria-label", "Map of all profiles. Arrow keys move, plus and minus zoom, Enter walks to the profile nearest to the middle.");

  let route: Route = { view: "map", ids: [], n: DEFAULT_N };
  let loading: Promise<boolean> | null = null;
  let asking = new AbortController();
  let hoverTimer = 0;
  let hovering = new AbortController();

  const fail = (error: unknown): void => {
    const { signal } = asking;
    const failed = failure(error, () => !signal.aborted && void update(route));
    if (!failed) return;
    if (error instanceof api.Problem && error.kind === "no-map") {
      trouble.replaceChildren(message("This index has no map", "A map is computed when the index is built; this one was built without."));
    } else trouble.replaceChildren(failed);
  };

  const reload = (): Promise<boolean> => {
    loading ??= (async () => {
      frame.setAttribute("aria-busy", "true");
      try {
        const points = await load(new AbortController().signal);
        stage.show(points);
        trouble.replaceChildren(...(points.count === 0 ? [message("The map is empty", "No profile of this index has a place.")] : []));
        caption.textContent = `${count(points.count)} profiles`;
        colours.load(points);
        return true;
      } catch (error) {
        fail(error);
        return false;
      } finally {
        frame.removeAttribute("aria-busy");
        loading = null;
      }
    })();
    return loading;
  };

  /** The profile of a place, of the map that is shown; where that is another by now, the map is loaded again. */
  const docAt = async (place: number, signal: AbortSignal): Promise<Doc | null> => {
    const etag = stage.points?.etag ?? "";
    try {
      const response = await api.ask(`/map/${place}`, { headers: etag === "" ? {} : { "if-match": etag }, signal });
      return parse(await response.text()) as Doc;
    } catch (error) {
      if (!(error instanceof api.Problem) || error.status !== 412) throw error;
      announce("The index was swapped; the map is loaded again.");
      if (await reload()) void locate(route, asking.signal);
      return null;
    }
  };

  const hideTip = (): void => {
    window.clearTimeout(hoverTimer);
    hovering.abort();
    tip.hidden = true;
    if (stage.marks.hovered) {
      stage.marks.hovered = null;
      stage.marked();
    }
  };

  const find = (at: Position): number | null =>
    stage.points ? nearest(stage.points, camera.toMap(at), REACH_PIXELS / camera.scale) : null;

  const showTip = async (place: number, at: Position, signal: AbortSignal): Promise<void> => {
    try {
      const doc = await docAt(place, signal);
      if (!doc || signal.aborted) return;
      const id = profiles.remember(doc);
      tip.replaceChildren(
        avatar(doc, id, "small"),
        h("span", { class: "names" }, h("strong", {}, profiles.nameOf(doc, id)), h("span", { class: "subtitle" }, profiles.subtitleOf(doc, id))),
      );
      tip.hidden = false;
      const [x, y] = [at.x > camera.width / 2 ? at.x - tip.offsetWidth - 16 : at.x + 16, at.y > camera.height / 2 ? at.y - tip.offsetHeight - 12 : at.y + 12];
      tip.style.transform = `translate(${Math.max(0, Math.round(x))}px, ${Math.round(y)}px)`;
    } catch {
      // A tip is a help; what is wrong is said when a point is chosen.
      if (!signal.aborted) tip.hidden = true;
    }
  };

  const hover = (at: Position | null): void => {
    const place = at && find(at);
    const hovered = stage.points && place !== null ? position(stage.points, place) : null;
    surface.classList.toggle("at-point", hovered !== null);
    window.clearTimeout(hoverTimer);
    hovering.abort();
    hovering = new AbortController();
    if (!at || place === null || !hovered) return hideTip();
    stage.marks.hovered = hovered;
    stage.marked();
    const { signal } = hovering;
    hoverTimer = window.setTimeout(() => void showTip(place, camera.toPixel(hovered), signal), HOVER_PAUSE_MS);
  };

  const pick = async (at: Position): Promise<void> => {
    const place = find(at);
    if (place === null) return announce("No profile is near here.");
    try {
      const doc = await docAt(place, asking.signal);
      if (doc) go({ ...route, ids: walkTo(route.ids, profiles.remember(doc)) });
    } catch (error) {
      const failed = failure(error, () => void pick(at));
      if (failed) side.replaceChildren(failed);
    }
  };

  /** Where the profile of an id is; null for one that has no place. */
  const whereIs = async (id: string, signal: AbortSignal): Promise<Position | null> => {
    try {
      const { place } = await api.place(id, signal);
      return stage.points ? position(stage.points, place) : null;
    } catch (error) {
      if (error instanceof api.Problem) return null;
      throw error;
    }
  };

  const locate = async (shown: Route, signal: AbortSignal): Promise<void> => {
    const id = shown.ids.at(-1);
    if (id === undefined) return;
    try {
      const doc = await profiles.load(id, signal);
      const name = profiles.nameOf(doc, id);
      document.title = `${name} on the map · Kindred`;
      const [at, found, steps] = await Promise.all([
        whereIs(id, signal),
        api.neighbours(id, Math.min(shown.n, MOST_NEIGHBOURS), signal).catch(() => []),
        Promise.all(shown.ids.slice(0, -1).map((it) => whereIs(it, signal))),
      ]);
      if (signal.aborted) return;
      stage.marks.current = at && { at, name };
      stage.marks.trail = steps.filter((it) => it !== null);
      stage.marks.neighbours = [];
      side.replaceChildren(sidePanel(doc, id, found, shown));
      path.replaceChildren(trail(shown));
      announce(at ? `${name}, on the map` : `${name} has no place on the map`);
      if (at) stage.lookAt(at);
      else stage.marked();
      const around = await Promise.all(found.map((it) => whereIs(profiles.idOf(it.profile), signal)));
      stage.marks.neighbours = around.filter((it) => it !== null);
      stage.marked();
    } catch (error) {
      const failed = signal.aborted ? null : failure(error, () => !signal.aborted && void update(shown));
      if (failed) side.replaceChildren(failed);
    }
  };

  const update = async (to: Route): Promise<void> => {
    route = to;
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    document.title = "Map · Kindred";
    path.hidden = to.ids.length < 2;
    path.replaceChildren(trail(to));
    if (to.ids.length === 0) {
      Object.assign(stage.marks, { current: null, neighbours: [], trail: [] });
      side.replaceChildren(h("p", { class: "nothing" }, HOW));
    }
    const isStale = stage.points === null || (api.version() !== 0 && stage.points.version !== api.version());
    if (isStale && !(await reload())) return;
    stage.marked();
    if (!signal.aborted) await locate(to, signal);
  };

  listen(surface, camera, { moved: () => (hideTip(), stage.moved()), hovered: hover, picked: (at) => void pick(at) }, () => stage.reset());
  surface.addEventListener("focus", () => {
    stage.marks.hasCrosshair = surface.matches(":focus-visible");
    stage.marked();
  });
  surface.addEventListener("blur", () => {
    stage.marks.hasCrosshair = false;
    hideTip();
    stage.marked();
  });

  const leave = (): void => {
    asking.abort();
    hideTip();
  };
  return { element, update: (to) => void update(to), leave };
}

function sidePanel(doc: Doc, id: string, found: api.Neighbour[], route: Route): HTMLElement {
  const panel = profilePanel(doc, id, "h2");
  const link = (neighbour: api.Neighbour): HTMLElement => {
    const to = profiles.remember(neighbour.profile);
    return h(
      "li",
      {},
      avatar(neighbour.profile, to, "small"),
      h("a", { class: "walk", href: write({ ...route, ids: walkTo(route.ids, to) }) }, profiles.nameOf(neighbour.profile, to)),
      h("span", { class: "number" }, distanceText(neighbour.distance)),
    );
  };
  return h(
    "div",
    {},
    h("section", { class: "panel" }, h("h2", {}, "Nearest"), h("ol", { class: "near" }, ...found.map(link))),
    panel,
    h("p", {}, h("a", { class: "button", href: write({ ...route, view: "explore" }) }, "Open in Explore")),
  );
}
