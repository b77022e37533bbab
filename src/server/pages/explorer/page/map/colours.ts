// What the map is coloured by, and the legend that says which colour means what.

import * as api from "../api.js";
import { h } from "../dom.js";
import { count } from "../numbers.js";
import { session } from "../storage.js";
import { label } from "../values.js";
import { inOrder, type Points } from "./points.js";
import type { Stage } from "./stage.js";

const CHOSEN = "kindred.colour";
/** While the server still reads a large index, it is asked again after this long. */
const AGAIN_MS = 1000;
/** Each wait without progress is twice as long as the one before. After one that was longer than this, no more is expected. */
const LONGEST_MS = 60_000;
/** What stands for a profile without a value. */
const NO_VALUE = 255;

export interface Colouring {
  element: HTMLElement;
  /** Colours these points, which are shown now. */
  load(points: Points): void;
}

/** The choice of a field and its legend. */
export function colouring(stage: Stage): Colouring {
  const select = h("select", { change: () => void choose(select.value) });
  const legend = h("ul", { class: "swatches", "aria-label": "Legend" });
  const said = h("p", { class: "nothing", role: "status" });
  const choice = h("label", { class: "choose-colour", hidden: true }, "Colour ", select);
  const element = h("div", { class: "map-legend" }, choice, legend, said);
  let known: api.Colours | null = null;
  let shown: Points | null = null;
  /** The field that the legend is of. */
  let drawn = "";
  let choosing = new AbortController();
  let watching = new AbortController();

  const draw = (name: string, codes: Uint8Array | null, isScale: boolean, rows: HTMLElement[]): void => {
    drawn = name;
    stage.colourBy(codes, isScale);
    legend.replaceChildren(...rows);
  };

  const choose = async (name: string): Promise<void> => {
    choosing.abort();
    choosing = new AbortController();
    const { signal } = choosing;
    const points = shown;
    const told = known;
    const field = told?.fields.find((it) => it.field === name);
    session.setItem(CHOSEN, name);
    if (!field || !told || !points) return draw("", null, false, legendOfDensity());
    try {
      const values = await api.colourValues(name, points.etag, signal);
      // Values of a later stage of the reading do not fit the legend.
      const now = told.complete ? told : await api.colourFields(signal);
      if (signal.aborted) return;
      if (!isSame(now, told)) {
        select.value = drawn;
        return watch();
      }
      const codes = inOrder(points, values);
      draw(name, codes, field.kind === "number", legendOf(field, codes.includes(NO_VALUE), told.complete));
    } catch {
      // Another version is served by now, or nobody answers: whoever sees to that loads the map again. What is drawn stays.
      if (!signal.aborted) select.value = drawn;
    }
  };

  /** Asks until all profiles have been read. Where no more are read for a while, those that were have to do. */
  const ask = async (seen: number, waitMs: number): Promise<void> => {
    const { signal } = watching;
    let wait = waitMs;
    let looked = seen;
    try {
      const now = await api.colourFields(signal);
      if (signal.aborted) return;
      // Fields of another version do not belong to these points. The page says that it is there, and loads its map.
      if (now.version !== shown?.version) {
        if (!known) said.textContent = "";
        return;
      }
      if (now.complete || now.looked_at === seen) take(now);
      else if (!known) said.textContent = `The profiles are being read for the colours: ${progress(now)} so far.`;
      if (now.complete) return;
      wait = now.looked_at === seen ? 2 * waitMs : AGAIN_MS;
      looked = now.looked_at;
    } catch (error) {
      if (signal.aborted) return;
      // Colours are a help: the map is there without them. A server that cannot be reached may come back.
      if (!known) said.textContent = "";
      if (!(error instanceof api.Offline)) return;
    }
    if (wait <= LONGEST_MS) window.setTimeout(() => !signal.aborted && void ask(looked, wait), wait);
  };

  const watch = (): void => {
    watching.abort();
    watching = new AbortController();
    void ask(-1, AGAIN_MS);
  };

  const take = (now: api.Colours): void => {
    said.textContent = now.complete ? "" : `Only ${progress(now)} profiles have been read for the colours.`;
    if (known && isSame(now, known)) return;
    known = now;
    offer(now.fields);
  };

  const offer = (fields: api.ColourField[]): void => {
    const kept = session.getItem(CHOSEN);
    const chosen = kept === "" || fields.some((it) => it.field === kept) ? kept : fields[0]?.field;
    select.replaceChildren(
      ...fields.map((it) => h("option", { value: it.field, selected: it.field === chosen }, `by ${label(it.field)}`)),
      h("option", { value: "", selected: !chosen }, "by number of profiles"),
    );
    choice.hidden = fields.length === 0;
    const asked = session.getItem(CHOSEN);
    void choose(chosen ?? "");
    // What nobody chose is not kept: another index may have a better first field.
    if (asked === null) session.removeItem(CHOSEN);
  };

  const load = (points: Points): void => {
    shown = points;
    // A legend of the version before would be wrong for this one.
    known = null;
    choice.hidden = true;
    said.textContent = "";
    choosing.abort();
    draw("", null, false, legendOfDensity());
    watch();
  };
  return { element, load };
}

function swatch(kind: string, text: string, number?: string): HTMLElement {
  return h("li", {}, h("span", { class: `swatch ${kind}`, "aria-hidden": "true" }), text, number !== undefined && h("span", { class: "number" }, number));
}

function scale(kind: string, low: string, high: string): HTMLElement {
  return h("li", { class: "colour-scale" }, h("span", {}, low), h("span", { class: `ramp ${kind}`, "aria-hidden": "true" }), h("span", {}, high));
}

const legendOfDensity = (): HTMLElement[] => [scale("density", "few profiles", "many")];

/** Whether two answers come from the same stage of the reading. */
const isSame = (one: api.Colours, other: api.Colours): boolean => one.version === other.version && one.looked_at === other.looked_at;

const progress = (colours: api.Colours): string => `${count(colours.looked_at)} of ${count(colours.profiles)}`;

function legendOf(field: api.ColourField, hasNone: boolean, isComplete: boolean): HTMLElement[] {
  const nothing = isComplete ? "none" : "none, not read";
  const none = hasNone ? [swatch("grey", nothing)] : [];
  if (field.kind === "number") {
    const digits = field.high - field.low < 10 && !(Number.isInteger(field.low) && Number.isInteger(field.high)) ? 2 : 0;
    const text = (number: number): string => number.toLocaleString("en", { maximumFractionDigits: digits, useGrouping: number >= 10_000 });
    return [scale("numbers", text(field.low), text(field.high)), ...none];
  }
  return [
    ...field.values.map((it, number) => swatch(`value-${number}`, it.value, count(it.profiles))),
    ...(field.others > 0 ? [swatch("grey", hasNone ? `others, ${nothing}` : "others", count(field.others))] : none),
  ];
}
