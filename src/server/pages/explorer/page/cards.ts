// The nearest profiles, as cards: how far they are, and what they share with the one that is looked at.

import type { Neighbour } from "./api.js";
import { h, icon } from "./dom.js";
import type { Doc, Json } from "./json.js";
import { hueOf, idOf, initials, isIdField, nameFields, nameOf, remember, subtitleFields, subtitleOf } from "./profiles.js";
import { isEmpty, relation } from "./shared.js";
import { field, show } from "./values.js";

const MOST_FIELDS = 5;

/** A round picture with letters. For the eye only: the name stands beside it. */
export function avatar(doc: Doc, id: string, size = ""): HTMLElement {
  return h("span", { class: `avatar hue-${hueOf(id)} ${size}`, "aria-hidden": "true" }, initials(doc, id));
}

/** A distance as it is read: three digits behind the point, and 0 for what is the same. */
export function distanceText(distance: number): string {
  return distance === 0 ? "0" : distance < 0.001 ? "< 0.001" : distance.toFixed(3);
}

/** The farthest keeps this share of a bar: the end of what is shown is not the end of all likeness. */
const SHORTEST_BAR = 0.25;

/** The distance at which a bar would have no length: beyond the farthest that is shown. */
export function scaleOf(neighbours: Neighbour[]): number {
  const farthest = Math.max(...neighbours.map((it) => it.distance), 0);
  return farthest === 0 ? 1 : farthest / (1 - SHORTEST_BAR);
}

/** A bar that is the longer the nearer something is: whole at distance 0. */
export function bar(distance: number, scale: number): HTMLElement {
  const fill = h("span", { class: "fill" });
  fill.style.setProperty("--share", String(Math.max(1 - distance / scale, 0)));
  return h("span", { class: "bar", "aria-hidden": "true" }, fill);
}

const isShared = (name: string, doc: Doc, current: Doc): boolean =>
  ["equal", "part"].includes(relation(doc[name], current[name]));

/** The fields of a profile that say something, neither id nor name. */
function tellingFields(doc: Doc, id: string): string[] {
  const named = new Set(nameFields(doc));
  return Object.keys(doc).filter((name) => !named.has(name) && !isIdField(name, doc, id) && !isEmpty(doc[name]));
}

/** The first fields of a profile, the shared ones before those that the line under the name does not say already. */
export function fieldsOf(doc: Doc, id: string, current: Doc, most: number, isMeant: (value: Json) => boolean): HTMLElement[] {
  const said = new Set(subtitleFields(doc, id));
  const names = tellingFields(doc, id).filter((name) => isMeant(doc[name] ?? null));
  const shared = names.filter((name) => isShared(name, doc, current));
  const others = names.filter((name) => !shared.includes(name) && !said.has(name));
  return [...shared, ...others]
    .slice(0, most)
    .map((name) => field(name, show(doc[name] ?? null, { other: current[name], compact: true })));
}

/** One neighbour. `walk` and `compare` are addresses. */
export function card(
  neighbour: Neighbour,
  rank: number,
  scale: number,
  current: Doc,
  walk: (id: string) => string,
  compare: (id: string) => string,
): HTMLElement {
  const doc = neighbour.profile;
  const id = idOf(doc);
  remember(doc);
  const names = tellingFields(doc, id);
  const shared = names.filter((it) => isShared(it, doc, current)).length;
  const name = nameOf(doc, id);
  return h(
    "article",
    { class: "card", "data-id": id },
    h(
      "header",
      { class: "card-head" },
      avatar(doc, id),
      h(
        "div",
        { class: "names" },
        h("h3", {}, h("a", { href: walk(id), class: "walk" }, name)),
        h("p", { class: "subtitle" }, subtitleOf(doc, id)),
      ),
      h("span", { class: "rank", title: "How many are at least as near", "aria-hidden": "true" }, `#${rank}`),
    ),
    h(
      "p",
      { class: "distance" },
      bar(neighbour.distance, scale),
      h("span", {}, h("span", { class: "visually-hidden" }, "distance "), distanceText(neighbour.distance)),
    ),
    h(
      "dl",
      { class: "fields" },
      ...fieldsOf(doc, id, current, MOST_FIELDS, () => true),
    ),
    h(
      "footer",
      {},
      h("span", {}, shared === 0 ? "Shares nothing that shows" : `Shares ${shared} of ${names.length} fields`),
      h("a", { class: "quiet", href: compare(id), "aria-label": `Compare with ${name}` }, icon("compare"), "Compare"),
    ),
  );
}
