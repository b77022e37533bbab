// Finds a profile by the beginning of its id or of a text that it shows: an editable combobox with a list, as the WAI-ARIA practices describe it.

import * as api from "./api.js";
import { avatar } from "./cards.js";
import { h, uniqueId } from "./dom.js";
import type { Doc } from "./json.js";
import { count } from "./numbers.js";
import { idOf, nameFields, nameOf, remember, subtitleFields, subtitleOf } from "./profiles.js";
import { label } from "./values.js";

const MOST_SUGGESTIONS = 8;
const PAUSE_MS = 120;
const LONGEST_ID_BYTES = 512;

/** What is searched, said in the field itself. */
export const SEARCHED = "Name or beginning of an id";

/** A profile that was found, and the field in which; null: by its id. */
interface Match {
  doc: Doc;
  field: string | null;
}

const NOTHING: api.Found = { complete: true, looked_at: 0, profiles: 0, found: [] };

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

  const open = (matches: Match[], unread: string): void => {
    ids = matches.map(({ doc }) => remember(doc));
    list.replaceChildren(...matches.map((match, number) => option(match, ids[number] ?? "", choose)));
    const said = [matches.length === 0 && "No id and no name begins like this", unread].filter((it) => it !== false && it !== "");
    for (const text of said) list.append(h("li", { class: "none", role: "presentation" }, text));
    list.hidden = false;
    input.setAttribute("aria-expanded", String(matches.length > 0));
    hint.textContent = [matches.length > 0 && `${matches.length} suggestions`, ...said].filter((it) => it !== false).join(". ");
    activate(-1);
  };

  /** Shows what begins like the text of the field. Says whether it could; null: nobody waits for it any more. */
  const suggest = async (): Promise<boolean | null> => {
    window.clearTimeout(timer);
    const prefix = input.value.trim();
    asking.abort();
    asking = new AbortController();
    if (prefix === "" || new TextEncoder().encode(prefix).length > LONGEST_ID_BYTES) {
      close();
      return false;
    }
    const { signal } = asking;
    try {
      const [docs, texts] = await Promise.all([
        api.suggestions(prefix, MOST_SUGGESTIONS, signal),
        // Ids are found also where texts are not.
        api.search(prefix, MOST_SUGGESTIONS, signal).catch(() => NOTHING),
      ]);
      if (signal.aborted) return null;
      open(together(docs, texts.found), unreadOf(texts));
      return true;
    } catch {
      // Suggestions are a help. What is wrong is said when something is chosen.
      if (signal.aborted) return null;
      close();
      return false;
    }
  };

  /** Takes what was typed: the profile of this id, else the first that was found. */
  const accept = async (): Promise<void> => {
    const typed = input.value.trim();
    const found = await suggest();
    if (found === null || input.value.trim() !== typed) return;
    choose(found && !ids.includes(typed) ? (ids[0] ?? typed) : typed);
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
      const chosen = ids[active];
      if (chosen === undefined) void accept();
      else choose(chosen);
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

/** Ids first: who types one means it. Nobody is suggested twice. */
function together(docs: Doc[], texts: { field: string; profile: Doc }[]): Match[] {
  const matches: Match[] = docs.map((doc) => ({ doc, field: null }));
  const ids = new Set(docs.map(idOf));
  for (const { field, profile } of texts) if (!ids.has(idOf(profile))) matches.push({ doc: profile, field });
  return matches.slice(0, MOST_SUGGESTIONS);
}

/** What is said while not all profiles have been read. */
function unreadOf({ complete, looked_at, profiles }: api.Found): string {
  return complete || looked_at === profiles ? "" : `${count(looked_at)} of ${count(profiles)} profiles searched so far`;
}

/** Where a text was found, unless it is in the name or in the line below it. */
function foundIn(doc: Doc, id: string, field: string | null): string {
  if (field === null || nameFields(doc).includes(field) || subtitleFields(doc, id).includes(field)) return "";
  const value = doc[field];
  return typeof value === "string" ? `${label(field)}: ${value}` : label(field);
}

function option({ doc, field }: Match, id: string, choose: (id: string) => void): HTMLElement {
  const name = nameOf(doc, id);
  const subtitle = foundIn(doc, id, field) || subtitleOf(doc, id);
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
