// Shows values of any shape, with what is shared marked.

import { h, uniqueId, type Child } from "./dom.js";
import { isDoc, type Doc, type Json } from "./json.js";
import { isText, keyOf, pieces, sharedKeys } from "./shared.js";

export interface Look {
  /** The value of the same field in the profile that this one is compared with. */
  other?: Json | undefined;
  /** For cards: the beginning only, without a way to see more. */
  compact?: boolean;
}

const LONGEST_TEXT = 360;
const MOST_CHIPS = 24;
const MOST_CHIPS_IN_A_CARD = 8;
const MOST_ENTRIES = 12;
const DEEPEST = 3;
/** Values of this many characters stand two in a row. */
const SHORT = 16;

/** An element for a value. */
export function show(value: Json, look: Look = {}, depth = 0): HTMLElement {
  if (value === null || value === "") return h("span", { class: "nothing" }, value === null ? "none" : "empty");
  if (typeof value === "string" && isText(value)) return showText(value, look);
  if (Array.isArray(value)) return showList(value, look, depth);
  if (isDoc(value)) return showFields(value, look, depth);
  const text = String(value);
  const isShared = sharedKeys(value, look.other).size > 0;
  return h("span", { class: "value" }, isShared ? h("mark", {}, text) : text);
}

function marked(text: string, shared: Set<string>): Child[] {
  if (shared.size === 0) return [text];
  const all = pieces(text);
  const isShared = (number: number): boolean => shared.has(all[number]?.key ?? "");
  const marks: Child[] = [];
  let run = "";
  for (const [number, word] of all.entries()) {
    // A blank between two marked words is marked with them: they are read as one.
    if (isShared(number) || (word.text.trim() === "" && isShared(number - 1) && isShared(number + 1))) {
      run += word.text;
      continue;
    }
    if (run !== "") marks.push(h("mark", {}, run));
    run = "";
    marks.push(word.text);
  }
  if (run !== "") marks.push(h("mark", {}, run));
  return marks;
}

function showText(text: string, look: Look): HTMLElement {
  const shared = sharedKeys(text, look.other);
  if (look.compact) return h("p", { class: "text clamped" }, ...marked(text.slice(0, LONGEST_TEXT), shared));
  if (text.length <= LONGEST_TEXT * 1.2) return h("p", { class: "text" }, ...marked(text, shared));
  const cut = text.lastIndexOf(" ", LONGEST_TEXT);
  const length = cut > LONGEST_TEXT / 2 ? cut : LONGEST_TEXT;
  const paragraph = h("p", { class: "text", id: uniqueId("text") });
  const fill = (isOpen: boolean): void =>
    paragraph.replaceChildren(...(isOpen ? marked(text, shared) : [...marked(text.slice(0, length), shared), "…"]) as Node[]);
  fill(false);
  return h("div", {}, paragraph, moreButton("more", "less", paragraph.id, fill));
}

/** A button that opens and closes something. */
export function moreButton(
  more: string,
  less: string,
  controls: string,
  toggle: (isOpen: boolean) => void,
): HTMLButtonElement {
  const button = h("button", { class: "more", type: "button", "aria-expanded": "false", "aria-controls": controls }, more);
  button.addEventListener("click", () => {
    const isOpen = button.getAttribute("aria-expanded") !== "true";
    button.setAttribute("aria-expanded", String(isOpen));
    button.textContent = isOpen ? less : more;
    toggle(isOpen);
  });
  return button;
}

function showList(list: Json[], look: Look, depth: number): HTMLElement {
  if (list.length === 0) return h("span", { class: "nothing" }, "empty");
  const isFlat = list.every((it) => it === null || typeof it !== "object") && !list.some((it) => isText(it));
  return isFlat ? showChips(list, look) : showEntries(list, look, depth);
}

function showChips(list: Json[], look: Look): HTMLElement {
  const shared = sharedKeys(list, look.other);
  const isShared = (it: Json): boolean => shared.has(keyOf(it));
  // In a card there is room for some only: the shared ones are why it is there.
  const ordered = look.compact ? [...list.filter(isShared), ...list.filter((it) => !isShared(it))] : list;
  const chip = (it: Json): HTMLElement => {
    const text = it === null ? "none" : String(it);
    return h("li", { class: isShared(it) ? "chip shared" : "chip" }, isShared(it) ? h("mark", {}, text) : text);
  };
  const most = look.compact ? MOST_CHIPS_IN_A_CARD : MOST_CHIPS;
  const rest = ordered.length - most;
  const chips = h("ul", { class: "chips", id: uniqueId("list") }, ...ordered.slice(0, most).map(chip));
  if (rest <= 0) return chips;
  if (look.compact) {
    chips.append(h("li", { class: "chip rest" }, `+${rest}`));
    return chips;
  }
  const toggle = (isOpen: boolean): void =>
    chips.replaceChildren(...(isOpen ? ordered : ordered.slice(0, most)).map(chip));
  return h("div", {}, chips, moreButton(`${rest} more`, "fewer", chips.id, toggle));
}

function showEntries(list: Json[], look: Look, depth: number): HTMLElement {
  if (look.compact || depth >= DEEPEST) return showSource(list, look);
  const entry = (it: Json): HTMLElement => h("li", {}, show(it, {}, depth + 1));
  const entries = h("ol", { class: "entries", id: uniqueId("entries") }, ...list.slice(0, MOST_ENTRIES).map(entry));
  const rest = list.length - MOST_ENTRIES;
  if (rest <= 0) return entries;
  const toggle = (isOpen: boolean): void =>
    entries.replaceChildren(...(isOpen ? list : list.slice(0, MOST_ENTRIES)).map(entry));
  return h("div", {}, entries, moreButton(`${rest} more`, "fewer", entries.id, toggle));
}

function showFields(doc: Doc, look: Look, depth: number): HTMLElement {
  const names = Object.keys(doc);
  if (names.length === 0) return h("span", { class: "nothing" }, "empty");
  if (look.compact || depth >= DEEPEST) return showSource(doc, look);
  const other = isDoc(look.other) ? look.other : undefined;
  return h(
    "dl",
    { class: "fields nested" },
    ...names.slice(0, 50).map((name) => field(name, show(doc[name] ?? null, { other: other?.[name] }, depth + 1))),
  );
}

/** A field's name and value, for a `dl`. */
export function field(name: string, value: HTMLElement): HTMLElement {
  const isShort = value.matches(".value, .nothing") && (value.textContent ?? "").length <= SHORT;
  return h("div", { class: isShort ? "field short" : "field" }, h("dt", {}, label(name)), h("dd", {}, value));
}

/** A field's name as one would write it. */
export function label(name: string): string {
  return name.replace(/^_+/, "").replace(/_/g, " ") || name;
}

function showSource(value: Json, look: Look): HTMLElement {
  const source = JSON.stringify(value, null, look.compact ? undefined : 1);
  const text = source.length > 4000 ? `${source.slice(0, 4000)}…` : source;
  return h("code", { class: look.compact ? "source clamped" : "source" }, text);
}
