// Small drawings in SVG: a line over time, and what happened when.

import { h, s } from "./dom.js";

const WIDTH = 600;
const HEIGHT = 120;

export interface Line {
  /** Names the colour: `line-1`, `line-2`. */
  style: string;
  /** One value a point of time, oldest first; null where there is none. */
  values: (number | null)[];
}

/** A number rounded up to 1, 2 or 5 times a power of ten: where an axis ends. */
export function niceCeiling(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((step) => step * power >= value) ?? 10) * power;
}

/** Lines over `slots` points of time, the newest at the right. What they show is said in `name`. */
export function lines(name: string, all: Line[], slots: number, axis: (value: number) => string): SVGSVGElement {
  const highest = Math.max(0, ...all.flatMap((line) => line.values.map((value) => value ?? 0)));
  const top = niceCeiling(highest);
  const x = (number: number, length: number): number => WIDTH - (length - 1 - number) * (WIDTH / (slots - 1));
  const y = (value: number): number => HEIGHT - (value / top) * (HEIGHT - 4);
  const svg = s("svg", { class: "chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": name });
  for (const share of [0.5, 1]) {
    svg.append(s("line", { class: "grid", x1: 0, x2: WIDTH, y1: y(top * share), y2: y(top * share) }));
  }
  for (const line of all) {
    const points = line.values.map((value, number): [number, number] | null =>
      value === null ? null : [x(number, line.values.length), y(value)],
    );
    for (const run of runs(points)) {
      const path = run.map(([px, py], number) => `${number === 0 ? "M" : "L"}${px.toFixed(1)} ${py.toFixed(1)}`).join("");
      const [first, last] = [run[0], run.at(-1)];
      if (line.style === "line-1" && first && last) {
        svg.append(s("path", { class: "area", d: `${path}L${last[0].toFixed(1)} ${HEIGHT}L${first[0].toFixed(1)} ${HEIGHT}Z` }));
      }
      svg.append(s("path", { class: line.style, d: run.length > 1 ? path : `${path}h0.01` }));
    }
  }
  svg.dataset.top = axis(top);
  return svg;
}

function runs(points: ([number, number] | null)[]): [number, number][][] {
  const found: [number, number][][] = [];
  let isOpen = false;
  for (const point of points) {
    if (point === null) isOpen = false;
    else if (isOpen) found.at(-1)?.push(point);
    else {
      found.push([point]);
      isOpen = true;
    }
  }
  return found;
}

export interface Moment {
  atMs: number;
  kind: string;
  title: string;
}

/** What stands below a drawing of time: where it begins, and now. */
export function ends(first: string): HTMLElement {
  return h("p", { class: "ends", "aria-hidden": "true" }, h("span", {}, first), h("span", {}, "now"));
}

/** Where a line of moments begins: at the first, and a minute ago at the latest. */
export const beginning = (all: Moment[], nowMs: number): number =>
  Math.min(...all.map((it) => it.atMs), nowMs - 60_000);

/** Moments on a line that ends now. */
export function moments(name: string, all: Moment[], nowMs: number): SVGSVGElement {
  const first = beginning(all, nowMs);
  const x = (atMs: number): number => 8 + ((atMs - first) / (nowMs - first)) * (WIDTH - 16);
  const svg = s("svg", { class: "moments", viewBox: `0 0 ${WIDTH} 28`, preserveAspectRatio: "none", role: "img", "aria-label": name });
  svg.append(s("line", { class: "grid", x1: 0, x2: WIDTH, y1: 14, y2: 14 }));
  for (const it of all) {
    const at = x(it.atMs).toFixed(1);
    svg.append(s("line", { class: `moment ${it.kind}`, x1: at, x2: at, y1: 4, y2: 24 }, s("title", {}, it.title)));
  }
  return svg;
}
