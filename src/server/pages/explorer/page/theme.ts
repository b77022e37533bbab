// Light or dark: as the system has it, unless somebody chose.

import { byId, icon } from "./dom.js";
import { local } from "./storage.js";

type Theme = "auto" | "light" | "dark";

const THEME = "kindred.theme";
const NEXT: Record<Theme, Theme> = { auto: "light", light: "dark", dark: "auto" };
const NAMES: Record<Theme, string> = { auto: "as the system", light: "light", dark: "dark" };

function stored(): Theme {
  const theme = local.getItem(THEME);
  return theme === "light" || theme === "dark" ? theme : "auto";
}

function apply(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
  const button = byId<HTMLButtonElement>("theme");
  button.replaceChildren(icon(theme));
  button.setAttribute("aria-label", `Colours: ${NAMES[theme]}`);
  button.title = `Colours: ${NAMES[theme]} (t)`;
  document.dispatchEvent(new Event("kindred:theme"));
}

/** Chooses the next one. */
export function nextTheme(): void {
  const theme = NEXT[stored()];
  local.setItem(THEME, theme);
  apply(theme);
}

/** Whether it is dark now. */
export function isDark(): boolean {
  const theme = stored();
  return theme === "auto" ? matchMedia("(prefers-color-scheme: dark)").matches : theme === "dark";
}

/** A colour that the style sheet names. */
export function colour(name: string): string {
  const probe = byId("colour-probe");
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}

export function startTheme(): void {
  byId("theme").addEventListener("click", nextTheme);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => apply(stored()));
  apply(stored());
}
