// The walk so far: each step a link back to it.

import { write, type Route } from "./address.js";
import { h } from "./dom.js";
import * as profiles from "./profiles.js";

/** The steps as a list. Those that were not seen yet get their names when they come. */
export function trail(route: Route): HTMLElement {
  const last = route.ids.length - 1;
  const list = h("ol", {});
  for (const [number, id] of route.ids.entries()) {
    const href = write({ ...route, ids: route.ids.slice(0, number + 1) });
    const link = h("a", { href, "aria-current": number === last && "page", title: id }, shortName(id));
    list.append(h("li", {}, link));
    if (!profiles.known(id)) {
      // A name that does not come leaves the id, which is right as well.
      void profiles.load(id).then(() => (link.textContent = shortName(id)), () => undefined);
    }
  }
  // The end is where one is: long trails are scrolled there.
  requestAnimationFrame(() => list.scrollTo({ left: list.scrollWidth }));
  return list;
}

function shortName(id: string): string {
  const doc = profiles.known(id);
  const name = doc ? profiles.nameOf(doc, id) : id;
  return name.length > 28 ? `${name.slice(0, 27)}…` : name;
}
