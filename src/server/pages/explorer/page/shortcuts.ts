// Single keys, for those who like them, and the list of them.

import { byId } from "./dom.js";
import { local } from "./storage.js";

export interface Shortcut {
  key: string;
  act: () => void;
}

const OFF = "kindred.shortcuts-off";

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input, select, textarea, [contenteditable]") !== null;
}

/** Listens for keys that are pressed alone, outside of fields and dialogues. `?` opens the list. */
export function startShortcuts(shortcuts: Shortcut[]): void {
  const help = byId<HTMLDialogElement>("help");
  const isOff = byId<HTMLInputElement>("shortcuts-off");
  isOff.checked = local.getItem(OFF) !== null;
  // Speech input says letters that nobody means as keys: they can be switched off.
  isOff.addEventListener("change", () => {
    if (isOff.checked) local.setItem(OFF, "1");
    else local.removeItem(OFF);
  });
  byId("help-open").addEventListener("click", () => help.showModal());
  byId("help-close").addEventListener("click", () => help.close());
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (isTyping(event.target) || isOff.checked || document.querySelector("dialog[open]")) return;
    const shortcut = event.key === "?" ? { act: () => help.showModal() } : shortcuts.find(({ key }) => key === event.key);
    if (!shortcut) return;
    event.preventDefault();
    shortcut.act();
  });
}
