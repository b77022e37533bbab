// Finds a profile by the beginning of its id: an editable combobox with a list, as the WAI-ARIA practices describe it.

import * as api from "./api.js";
import { avatar } from "./cards.js";
import { h, uniqueId } from "./dom.js";
import type { Doc } from "./json.js";
import { nameOf, remember, subtitleOf } from "./profiles.js";

const MOST_SUGGESTIONS = 8;
const PAUSE_MS = 120;
const LONGEST_ID_BYTES = 512;

export interface Search {
  element: HTMLElement;
  input: HTMLInputElement;
  /** What the field says, without a search. */
  set(text: string): void;
}

/** A search field. `chosen` gets the id, of a suggestion or as it was typed. */
export function search(name: string, placeholder: string, chosen: (id: string) => void): Search {
  const listId = uniqueId("suggestions");
  const list = h("ul", { id: listId, role: "listbox", "aria-label": "Profiles", class: "suggestions", hidden: true });
  const hint = h("p", { class: "visually-hidden", role: "status" });
  const input = h("input", {
    type: "text",
    role: "combobox",
    "aria-label": name,
    "aria-autocomplete": "list",
    "aria-expanded": "false",
    "aria-controls": listId,
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    enterkeyhint: "search",
    placeholder,
  });
  let ids: string[] = [];
  let active = -1;
  let timer = 0;
  let asking = new AbortController();

  const close = (): void => {
    asking.abort();
    window.clearTimeout(timer);
    ids = [];
    active = -1;
    list.hidden = true;
    list.replaceChildren();
    hint.textContent = "";
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };

  const choose = (id: string): void => {
    close();
    if (id === "") return;
    input.value = "";
    chosen(id);
  };

  const activate = (to: number): void => {
    active = to;
    for (const [number, option] of [...list.children].entries()) {
      option.setAttribute("aria-selected", String(number === active));
      if (number === active) {
        input.setAttribute("aria-activedescendant", option.id);
        option.scrollIntoView({ block: "nearest" });
      }
    }
    if (active < 0) input.removeAttribute("aria-activedescendant");
  };

  const open = (docs: Doc[]): void => {
    ids = docs.map(remember);
    list.replaceChildren(...docs.map((doc, number) => option(doc, ids[number] ?? "", choose)));
    if (docs.length === 0) list.replaceChildren(h("li", { class: "none", role: "presentation" }, "No id begins like this"));
    list.hidden = false;
    input.setAttribute("aria-expanded", String(docs.length > 0));
    hint.textContent = docs.length === 0 ? "No id begins like this" : `${docs.length} suggestions`;
    activate(-1);
  };

  const suggest = async (): Promise<void> => {
    const prefix = input.value.trim();
    asking.abort();
    asking = new AbortController();
    if (prefix === "" || new TextEncoder().encode(prefix).length > LONGEST_ID_BYTES) return close();
    const { signal } = asking;
    try {
      const docs = await api.suggestions(prefix, MOST_SUGGESTIONS, signal);
      if (!signal.aborted) open(docs);
    } catch {
      // Suggestions are a help. What is wrong is said when something is chosen.
      if (!signal.aborted) close();
    }
  };

  input.addEventListener("input", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => void suggest(), PAUSE_MS);
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const isOpen = !list.hidden && ids.length > 0;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!isOpen) return void suggest();
      // One place more than there are suggestions: the field itself.
      const step = event.key === "ArrowDown" ? 1 : ids.length;
      activate(((active + 1 + step) % (ids.length + 1)) - 1);
    } else if (event.key === "Enter") {
      event.preventDefault();
      choose(ids[active] ?? input.value.trim());
    } else if (event.key === "Escape") {
      if (list.hidden) input.value = "";
      close();
    } else if (event.key === "Tab") close();
  });
  input.addEventListener("blur", close);

  const element = h("div", { class: "search" }, input, list, hint);
  const set = (text: string): void => {
    close();
    input.value = text;
  };
  return { element, input, set };
}

function option(doc: Doc, id: string, choose: (id: string) => void): HTMLElement {
  const name = nameOf(doc, id);
  const subtitle = subtitleOf(doc, id);
  return h(
    "li",
    {
      id: uniqueId("suggestion"),
      role: "option",
      "aria-selected": "false",
      // The field keeps the focus: losing it would close the list before the click.
      mousedown: (event: MouseEvent) => event.preventDefault(),
      click: () => choose(id),
    },
    avatar(doc, id, "small"),
    h("span", { class: "names" }, h("span", { class: "name" }, name), subtitle !== "" && h("span", { class: "subtitle" }, subtitle)),
    name !== id && h("code", {}, id),
  );
}
