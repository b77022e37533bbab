// All profiles' places, sorted into a grid, so that what is visible and what is near can be found without looking at all.

import { ask } from "../api.js";

/** Cells along each side. A million points are 15 to a cell then, if they are spread evenly. */
export const GRID = 256;
const CELL_BITS = 8;
/** What stands for a profile without a place. */
const NO_PLACE = 0xffff;
const LARGEST = 0xfffe;
/** Points looked at before the page may do something else. */
const SLICE = 100_000;

export interface Points {
  etag: string;
  version: number;
  /** Profiles that have a place on the map. */
  count: number;
  /** x, y of each, by cell; from 0 to LARGEST. */
  sorted: Uint16Array;
  /** The place (ordinal) of each, in the same order. */
  places: Uint32Array;
  /** Where each cell begins in both, row by row, and the end. */
  starts: Uint32Array;
  /** x, y by place. */
  byPlace: Uint16Array;
  /** What holds all points, in units of the map: 0 to 1. */
  box: { left: number; top: number; right: number; bottom: number };
  /** How many points a rather full cell has. */
  fullCell: number;
}

const breathe = (): Promise<void> => new Promise((resolve) => window.setTimeout(resolve, 0));

const cellOf = (x: number, y: number): number => ((y >> CELL_BITS) << CELL_BITS) | (x >> CELL_BITS);

/** Loads the map. Gives up when the signal says so. */
export async function load(signal: AbortSignal): Promise<Points> {
  const response = await ask("/map", { signal });
  const etag = response.headers.get("etag") ?? "";
  const version = Number(response.headers.get("x-index-version") ?? 0);
  const bytes = await response.arrayBuffer();
  return sort(new Uint16Array(bytes, 0, bytes.byteLength >> 1), etag, version, signal);
}

/** Sorts points into the grid, in slices: the page goes on meanwhile. */
export async function sort(byPlace: Uint16Array, etag: string, version: number, signal: AbortSignal): Promise<Points> {
  const total = byPlace.length >> 1;
  const starts = new Uint32Array(GRID * GRID + 1);
  let [left, top, right, bottom, count] = [LARGEST, LARGEST, 0, 0, 0];
  for (let from = 0; from < total; from += SLICE) {
    for (let place = from; place < Math.min(from + SLICE, total); place += 1) {
      const x = byPlace[2 * place] as number;
      const y = byPlace[2 * place + 1] as number;
      if (x === NO_PLACE) continue;
      starts[cellOf(x, y) + 1]! += 1;
      count += 1;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      if (y > bottom) bottom = y;
    }
    await breathe();
    signal.throwIfAborted();
  }
  const fullCell = fullness(starts);
  for (let cell = 0; cell < GRID * GRID; cell += 1) starts[cell + 1]! += starts[cell] as number;
  const next = starts.slice(0, GRID * GRID);
  const sorted = new Uint16Array(2 * count);
  const places = new Uint32Array(count);
  for (let from = 0; from < total; from += SLICE) {
    for (let place = from; place < Math.min(from + SLICE, total); place += 1) {
      const x = byPlace[2 * place] as number;
      const y = byPlace[2 * place + 1] as number;
      if (x === NO_PLACE) continue;
      const at = next[cellOf(x, y)]!++;
      sorted[2 * at] = x;
      sorted[2 * at + 1] = y;
      places[at] = place;
    }
    await breathe();
    signal.throwIfAborted();
  }
  const box =
    count === 0
      ? { left: 0, top: 0, right: 1, bottom: 1 }
      : { left: left / LARGEST, top: top / LARGEST, right: right / LARGEST, bottom: bottom / LARGEST };
  return { etag, version, count, sorted, places, starts, byPlace, box, fullCell };
}

/** What only the hundredth part of the cells that have any exceeds. */
function fullness(counts: Uint32Array): number {
  const filled = counts.filter((count) => count > 0).sort();
  return filled[Math.floor(filled.length * 0.99)] ?? 1;
}

/** What profiles have, by place, in the order of the points. */
export function inOrder(points: Points, byPlace: Uint8Array): Uint8Array {
  const { places } = points;
  const sorted = new Uint8Array(places.length);
  for (let i = 0; i < places.length; i += 1) sorted[i] = byPlace[places[i] as number] ?? 255;
  return sorted;
}

export interface Position {
  x: number;
  y: number;
}

/** Where a place is, in units of the map; null for a profile without one. */
export function position(points: Points, place: number): Position | null {
  const x = points.byPlace[2 * place];
  const y = points.byPlace[2 * place + 1];
  if (x === undefined || y === undefined || x === NO_PLACE) return null;
  return { x: x / LARGEST, y: y / LARGEST };
}

const cellAlong = (unit: number): number => Math.max(0, Math.min(GRID - 1, (unit * LARGEST) >> CELL_BITS));

/** The runs of sorted points in the cells that a rectangle touches: pairs of first and end. */
export function visible(points: Points, left: number, top: number, right: number, bottom: number): number[] {
  const runs: number[] = [];
  if (right < 0 || bottom < 0 || left > 1 || top > 1) return runs;
  const [first, last] = [cellAlong(left), cellAlong(right)];
  for (let row = cellAlong(top); row <= cellAlong(bottom); row += 1) {
    const from = points.starts[row * GRID + first] as number;
    const end = points.starts[row * GRID + last + 1] as number;
    if (end === from) continue;
    // Rows that are seen whole follow one another.
    if (runs.at(-1) === from) runs[runs.length - 1] = end;
    else runs.push(from, end);
  }
  return runs;
}

/** The place that is nearest to a position and not farther than `radius`; null where there is none. */
export function nearest(points: Points, at: Position, radius: number): number | null {
  const runs = visible(points, at.x - radius, at.y - radius, at.x + radius, at.y + radius);
  let best = (radius * LARGEST) ** 2;
  let found: number | null = null;
  const [x, y] = [at.x * LARGEST, at.y * LARGEST];
  for (let run = 0; run < runs.length; run += 2) {
    for (let i = runs[run] as number; i < (runs[run + 1] as number); i += 1) {
      const dx = (points.sorted[2 * i] as number) - x;
      const dy = (points.sorted[2 * i + 1] as number) - y;
      const squared = dx * dx + dy * dy;
      if (squared <= best) {
        best = squared;
        found = points.places[i] as number;
      }
    }
  }
  return found;
}
