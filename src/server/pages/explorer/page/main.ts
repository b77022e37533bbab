// Puts the page together: which view is shown, and what stays around it.

import { DEFAULT_N, read, walkTo, write, type Route, type ViewName } from "./address.js";
import * as api from "./api.js";
import { compare } from "./compare.js";
import { byId } from "./dom.js";
import { explore } from "./explore.js";
import type { Drawing } from "./map/stage.js";
import { map } from "./map/view.js";
import { startKey, startNotices } from "./notices.js";
import * as profiles from "./profiles.js";
import { search, SEARCHED } from "./search.js";
import { startShortcuts } from "./shortcuts.js";
import { status } from "./status.js";
import { nextTheme, startTheme } from "./theme.js";
import { failure, type View } from "./view.js";

/** How often a page that nobody touches looks whether another version is served. */
const LOOK_EVERY_MS = 15_000;

const main = byId("main");
const views = new Map<ViewName, View>();
let route = read(location.hash);
/** Where one is in the other views, for the links to them. */
let walk: string[] = [];
let pair: string[] = [];

function go(to: Route): void {
  const address = write(to);
  if (address === location.hash) show();
  else location.hash = address;
}

function make(name: ViewName): View {
  const drawing = new URLSearchParams(location.hash.split("?")[1] ?? "").get("draw");
  const how: Drawing = drawing === "webgl2" || drawing === "canvas" ? drawing : "auto";
  return { explore: () => explore(go), compare: () => compare(go), status, map: () => map(go, how) }[name]();
}

function viewOf(name: ViewName): View {
  const view = views.get(name) ?? make(name);
  if (!views.has(name)) {
    views.set(name, view);
    main.append(view.element);
  }
  return view;
}

function show(): void {
  const before = route;
  route = read(location.hash);
  if (route.view === "explore" || route.view === "map") walk = route.ids;
  if (route.view === "compare") pair = route.ids;
  const view = viewOf(route.view);
  for (const [name, other] of views) {
    if (name !== route.view && !other.element.hidden) other.leave();
    other.element.hidden = name !== route.view;
  }
  showLinks();
  view.update(route);
  if (before.view !== route.view) {
    window.scrollTo({ top: 0 });
    view.element.querySelector<HTMLElement>(".title")?.focus({ preventScroll: true });
  }
}

function pairForCompare(): string[] {
  const [from = "", to = ""] = pair;
  if (from !== "" || to !== "") return [from, to];
  return walk.length > 1 ? walk.slice(-2) : [walk.at(-1) ?? "", ""];
}

function addressOf(view: ViewName): string {
  const ids = view === "compare" ? pairForCompare() : view === "status" ? [] : walk;
  return write({ view, ids, n: view === "compare" ? DEFAULT_N : route.n });
}

function showLinks(): void {
  for (const link of document.querySelectorAll<HTMLAnchorElement>("nav.views a")) {
    const view = link.dataset.view as ViewName;
    link.href = addressOf(view);
    if (view === route.view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

const refresh = (): void => viewOf(route.view).update(route);

/** Walks on to an id from wherever one is. On the map one stays on the map. */
function walkOnTo(id: string, fromHere: boolean): void {
  const view = route.view === "map" ? "map" : "explore";
  go({ view, ids: fromHere ? walkTo(walk, id) : [id], n: route.n });
}

async function walkAnywhere(): Promise<void> {
  const dice = byId<HTMLButtonElement>("random");
  dice.disabled = true;
  try {
    walkOnTo(await profiles.random(), false);
  } catch (error) {
    const failed = failure(error, refresh);
    if (failed) viewOf(route.view).element.prepend(failed);
  } finally {
    dice.disabled = false;
  }
}

function moveAmongCards(by: number): void {
  const links = [...main.querySelectorAll<HTMLElement>(".view:not([hidden]) a.walk")];
  const now = links.indexOf(document.activeElement as HTMLElement);
  links[Math.max(0, Math.min(links.length - 1, now + by))]?.focus();
}

function lookForSwaps(): void {
  const id = route.ids.find((it) => it !== "");
  if (document.hidden || api.isOffline() || route.view === "status") return;
  // What it answers is nobody's concern: that it answers says the version. Without an id any profile will do.
  const asked = id ? api.profile(id) : api.random();
  asked.catch(() => undefined);
}

function showVersion(version: number): void {
  byId("version").textContent = `v${version}`;
}

startTheme();
startNotices(refresh, () => route.view === "status");
startKey(refresh);
const finder = search("Find a profile", SEARCHED, (id) => walkOnTo(id, false));
byId("finder").prepend(finder.element);
byId("random").addEventListener("click", () => void walkAnywhere());
byId("skip").addEventListener("click", (event) => {
  // The address is the walk's: a link to a place in the page would end it.
  event.preventDefault();
  main.focus();
});
const visit = (view: ViewName) => (): void => {
  location.hash = addressOf(view);
};
startShortcuts([
  { key: "/", act: () => finder.input.focus() },
  { key: "r", act: () => void walkAnywhere() },
  { key: "j", act: () => moveAmongCards(1) },
  { key: "k", act: () => moveAmongCards(-1) },
  { key: "u", act: () => route.ids.length > 1 && route.view !== "compare" && go({ ...route, ids: route.ids.slice(0, -1) }) },
  { key: "e", act: visit("explore") },
  { key: "m", act: visit("map") },
  { key: "c", act: visit("compare") },
  { key: "s", act: visit("status") },
  { key: "t", act: nextTheme },
]);
window.addEventListener("hashchange", show);
window.setInterval(lookForSwaps, LOOK_EVERY_MS);
api.on("answered", showVersion);
show();
// An empty comparison asks for nothing, and its version is to be seen all the same.
if (route.view === "compare") lookForSwaps();
