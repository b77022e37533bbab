// What the map is coloured by, and the legend that says which colour means what.

import * as api from "../api.js";
import { h } from "../dom.js";
import { count } from "../numbers.js";
import { session } from "../storage.js";
import { label } from "../values.js";
import { inOrder, type Points } from "./points.js";
import type { Stage } from "./stage.js";

const CHOSEN = "kindred.colour";
/** While the server still reads a large index, it is asked again after this long, so many times. */
const AGAIN_MS = 1000;
const MOST_TIMES = 120;
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
  let fields: api.ColourField[] = [];
  let shown: Points | null = null;
  let asking = new AbortController();

  const choose = async (name: string): Promise<void> => {
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    const points = shown;
    const field = fields.find((it) => it.field === name);
    session.setItem(CHOSEN, name);
    if (!field || !points) {
      stage.colourBy(null, false);
      legend.replaceChildren(...legendOfDensity());
      return;
    }
    try {
      const values = await api.colourValues(name, points.etag, signal);
      if (signal.aborted || shown !== points) return;
      const codes = inOrder(points, values);
      stage.colourBy(codes, field.kind === "number");
      legend.replaceChildren(...legendOf(field, codes.includes(NO_VALUE)));
    } catch {
      // Another version is served by now, or nobody answers: whoever sees to that loads the map again.
    }
  };

  const ask = async (times: number): Promise<void> => {
    const { signal } = asking;
    const points = shown;
    try {
      const answer = await api.colourFields(signal);
      if (signal.aborted || shown !== points) return;
      if (!answer.complete && times > 0) {
        said.textContent = `Colours come when all profiles have been read: ${count(answer.looked_at)} of ${count(answer.profiles)} so far.`;
        window.setTimeout(() => !signal.aborted && void ask(times - 1), AGAIN_MS);
        return;
      }
      said.textContent = "";
      fields = answer.fields;
      offer();
    } catch {
      // Colours are a help: the map is there without them.
      said.textContent = "";
    }
  };

  const offer = (): void => {
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
    asking.abort();
    asking = new AbortController();
    legend.replaceChildren(...legendOfDensity());
    void ask(MOST_TIMES);
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

function legendOf(field: api.ColourField, hasNone: boolean): HTMLElement[] {
  const none = hasNone ? [swatch("grey", "none")] : [];
  if (field.kind === "number") {
    const digits = field.high - field.low < 10 && !(Number.isInteger(field.low) && Number.isInteger(field.high)) ? 2 : 0;
    const text = (number: number): string => number.toLocaleString("en", { maximumFractionDigits: digits, useGrouping: number >= 10_000 });
    return [scale("numbers", text(field.low), text(field.high)), ...none];
  }
  return [
    ...field.values.map((it, number) => swatch(`value-${number}`, it.value, count(it.profiles))),
    ...(field.others > 0 ? [swatch("grey", hasNone ? "others, none" : "others", count(field.others))] : none),
  ];
}
