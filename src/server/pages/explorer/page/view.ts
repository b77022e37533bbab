// What the views have in common: how they are shown, and what they say instead when there is nothing to show.

import { Offline, Problem } from "./api.js";
import type { Route } from "./address.js";
import { announce, h, type Child } from "./dom.js";

export interface View {
  element: HTMLElement;
  /** Shows what the address says. Called again for the same address when answers may have changed. */
  update(route: Route): void;
  /** Another view is shown. */
  leave(): void;
}

/** A message in place of what was asked for. */
export function message(title: string, detail: string, ...actions: Child[]): HTMLElement {
  announce(`${title}. ${detail}`);
  return h(
    "div",
    { class: "message" },
    h("h2", {}, title),
    h("p", {}, detail),
    actions.length > 0 && h("p", { class: "actions" }, ...actions),
  );
}

/** What a failure looks like. Null where something else on the page says it, and what is shown should stay. */
export function failure(error: unknown, retry: () => void, ...actions: Child[]): HTMLElement | null {
  if (error instanceof DOMException && error.name === "AbortError") return null;
  if (error instanceof Offline) return null;
  if (error instanceof Problem) return problemMessage(error, retry, actions);
  return message("This did not work", error instanceof Error ? error.message : String(error), again(retry), ...actions);
}

const again = (retry: () => void): HTMLElement => h("button", { type: "button", class: "primary", click: retry }, "Try again");

const openKey = (label: string): HTMLElement =>
  h("button", { type: "button", class: "primary", click: () => document.dispatchEvent(new Event("kindred:key")) }, label);

function problemMessage(problem: Problem, retry: () => void, actions: Child[]): HTMLElement {
  const { title, detail } = problem;
  if (problem.status === 401) {
    return message("A key is needed", "This server answers to those who have a key.", openKey("Enter a key"));
  }
  if (problem.status === 403 && problem.kind === "forbidden") {
    return message(title, sentence(detail), openKey("Use another key"), ...actions);
  }
  if (problem.kind === "no-index") {
    window.setTimeout(retry, problem.retryAfterSeconds * 1000);
    return message("Waiting for an index", "The server runs, but no index has been published yet. This page goes on by itself when one is there.");
  }
  const canRetry = problem.status === 429 || problem.status >= 500;
  return message(title, sentence(detail), canRetry && again(retry), ...actions);
}

/** A detail as a sentence: with a capital and a full stop. */
export function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}

/** Says that something comes, after a while in which nothing flickers. The returned function ends that. */
export function busy(element: HTMLElement): () => void {
  element.setAttribute("aria-busy", "true");
  return () => element.removeAttribute("aria-busy");
}
