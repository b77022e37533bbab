// What both ways of drawing have in common: how large points are, and which colour how many of them have.

import { GRID, type Points } from "./points.js";
import type { Camera } from "./camera.js";

export interface Density {
  /** How it draws, for tests. */
  readonly name: string;
  /** Where it draws. A canvas that had one kind of context never gets another. */
  readonly canvas: HTMLCanvasElement;
  /** Draws every `step`-th point: with fewer a moving picture stays smooth. */
  draw(points: Points, camera: Camera, ratio: number, step: number): void;
  /** Takes the colours of a theme. */
  paint(palette: Palette): void;
  /** Gives each point a colour of its own; null: the colours say how many lie on each other. */
  tint(tint: Tint | null): void;
}

export type Colour = [red: number, green: number, blue: number];

/** From here on, values without a colour of their own: what has one lies over them. */
export const FIRST_GREY = 254;

/** What colours points by what their profiles have. */
export interface Tint {
  /** A number for each point, as they are sorted. */
  codes: Uint8Array;
  /** Red, green, blue and 255 for each number. */
  table: Uint8Array;
}

/** From few points to many. */
export interface Palette {
  few: Colour;
  some: Colour;
  many: Colour;
}

/** The diameter of a point in CSS pixels: the fewer there are, the nearer they are and the larger the canvas, the larger. */
export function diameter(points: Points, camera: Camera): number {
  const base = Math.min(Math.max(4.2 - Math.log10(points.count / 10_000 + 0.01), 1.2), 6.5);
  const room = Math.min(Math.max(Math.min(camera.width, camera.height) / 800, 0.8), 2.5);
  return Math.min(base * room * Math.sqrt(Math.max(camera.zoom, 1)), 12 * room);
}

/** How many points lie over each other in a rather full cell: what the last colour stands for. */
export function fullest(points: Points, camera: Camera): number {
  const cell = camera.scale / GRID;
  const spread = (points.fullCell / (cell * cell)) * diameter(points, camera) ** 2 * 0.7;
  return Math.max(spread, 3);
}

/** A colour between the palette's, for a share from 0 to 1. */
export function blend(palette: Palette, share: number): Colour {
  const [from, to, t] = share < 0.5 ? [palette.few, palette.some, share * 2] : [palette.some, palette.many, share * 2 - 1];
  return [0, 1, 2].map((i) => (from[i] as number) + ((to[i] as number) - (from[i] as number)) * t) as Colour;
}

/** Reads `rgb(1, 2, 3)`, as a computed style gives it. */
export function colourOf(css: string): Colour {
  const [red = 0, green = 0, blue = 0] = (css.match(/[\d.]+/g) ?? []).map(Number);
  return [red, green, blue];
}
