// The two canvases of the map, drawn when something changed and never otherwise.

import { colour } from "../theme.js";
import { h } from "../dom.js";
import { Camera } from "./camera.js";
import { canvas2d } from "./canvas2d.js";
import { blend, colourOf, FIRST_GREY, type Density, type Palette } from "./density.js";
import { Overlay, type Colours, type Marks } from "./overlay.js";
import type { Points, Position } from "./points.js";
import { LARGEST_STEP, webgl } from "./webgl.js";

/** A frame may take this long before fewer points are drawn while the picture moves. */
const SLOW_MS = 24;
/** After so many frames in time more points are tried, unless they were too many before. */
const SMOOTH_FRAMES = 8;
/** A picture that starts to move has about this many points: enough to look the same, and drawn in time anywhere. */
const POINTS_AT_FIRST = 250_000;
/** After this long without a movement all points are drawn. */
const REST_MS = 160;
const FLIGHT_MS = 450;
/** More pixels than on two by two of these add nothing to points. */
const LARGEST_RATIO = 2;

/** Values of a field that have a colour of their own. */
const MOST_COLOURS = 7;

export type Drawing = "auto" | "webgl2" | "canvas";

export class Stage {
  readonly element: HTMLElement;
  readonly camera = new Camera();
  readonly marks: Marks = { current: null, neighbours: [], trail: [], hovered: null, hasCrosshair: false };
  points: Points | null = null;
  /** What points are coloured by. */
  private tint: { codes: Uint8Array; isScale: boolean } | null = null;
  private readonly overlay: Overlay;
  private readonly overCanvas: HTMLCanvasElement;
  private density: Density | null;
  private colours: Colours | null = null;
  private ratio = 1;
  /** Every how manieth point is drawn while the picture moves. */
  private step = 1;
  private tooFine = 0;
  private smoothFrames = 0;
  private drawn = { at: 0, step: 0, wasMoving: false };
  private hasMoved = false;
  private movedAt = 0;
  private wanted = 0;
  private isDirty = true;
  private flight: { from: Position; to: Position; start: number } | null = null;

  constructor(how: Drawing) {
    this.overCanvas = h("canvas", {
      class: "over",
      tabindex: 0,
      role: "application",
      "aria-roledescription": "map",
    });
    this.overlay = new Overlay(this.overCanvas);
    this.element = h("div", { class: "stage" }, this.overCanvas);
    this.density = (how === "canvas" ? null : webgl(how === "webgl2")) ?? canvas2d();
    this.take(this.density);
    new ResizeObserver(() => this.resize()).observe(this.element);
    document.addEventListener("kindred:theme", () => this.repaint());
  }

  private take(density: Density | null): void {
    this.density = density;
    this.element.dataset.drawing = density?.name ?? "none";
    if (!density) return;
    this.element.prepend(density.canvas);
    // The system may take a graphics card away, when it sleeps, say. What is left draws as well.
    density.canvas.addEventListener("webglcontextlost", () => {
      density.canvas.remove();
      this.take(canvas2d());
      this.measure();
      this.repaint();
    });
  }

  /** What takes clicks and keys. */
  get surface(): HTMLCanvasElement {
    return this.overCanvas;
  }

  show(points: Points): void {
    const isFirst = this.points === null;
    this.points = points;
    this.tint = null;
    while (this.step < LARGEST_STEP && points.count / this.step > POINTS_AT_FIRST) this.step *= 2;
    this.measure();
    if (isFirst) this.camera.fit(points.box);
    this.repaint();
  }

  /** Colours points by a number for each, as they are sorted: values, or steps of a scale; null: by how many there are. */
  colourBy(codes: Uint8Array | null, isScale: boolean): void {
    this.tint = codes && { codes, isScale };
    this.repaint();
  }

  /** Takes the colours of the theme. */
  repaint(): void {
    this.colours = {
      current: colour("map-current"),
      neighbour: colour("map-neighbour"),
      trail: colour("map-trail"),
      text: colour("text"),
      halo: colour("map-ground"),
    };
    this.density?.paint({
      few: colourOf(colour("map-few")),
      some: colourOf(colour("map-some")),
      many: colourOf(colour("map-many")),
    });
    this.density?.tint(this.tint && { codes: this.tint.codes, table: colourTable(this.tint.isScale) });
    this.isDirty = true;
    this.request();
  }

  /** The camera moved. */
  moved(): void {
    this.flight = null;
    this.move();
  }

  private move(): void {
    this.hasMoved = true;
    this.movedAt = performance.now();
    this.isDirty = true;
    this.request();
  }

  /** Only what lies over the points changed. */
  marked(): void {
    this.request();
  }

  /** Brings a position into sight, unless it is. */
  lookAt(to: Position): void {
    if (this.camera.sees(to)) return this.request();
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      this.camera.moveTo(to.x, to.y);
      return this.move();
    }
    this.flight = { from: { x: this.camera.x, y: this.camera.y }, to, start: performance.now() };
    this.move();
  }

  reset(): void {
    if (this.points) this.camera.fit(this.points.box);
  }

  private resize(): void {
    if (this.measure()) {
      this.isDirty = true;
      // At once: a canvas that was resized is empty until it is drawn.
      this.frame(performance.now());
    }
  }

  private measure(): boolean {
    const { clientWidth: width, clientHeight: height } = this.element;
    if (width === 0 || height === 0) return false;
    this.ratio = Math.min(window.devicePixelRatio, LARGEST_RATIO);
    for (const canvas of this.element.querySelectorAll("canvas")) {
      canvas.width = Math.round(width * this.ratio);
      canvas.height = Math.round(height * this.ratio);
    }
    this.camera.resize(width, height);
    return true;
  }

  private request(): void {
    if (this.wanted === 0) this.wanted = requestAnimationFrame((now) => this.frame(now));
  }

  private frame(now: number): void {
    this.wanted = 0;
    if (!this.points || !this.colours || this.element.clientWidth === 0) return;
    if (this.flight) this.fly(now);
    // A frame may come so late that the movement it was asked for is long over: it still belongs to it.
    const isMoving = this.hasMoved || performance.now() - this.movedAt < REST_MS;
    this.hasMoved = false;
    if (isMoving && this.drawn.wasMoving) this.adapt(now - this.drawn.at);
    const step = isMoving ? this.step : 1;
    if (this.isDirty || step !== this.drawn.step) {
      this.density?.draw(this.points, this.camera, this.ratio, step);
      this.isDirty = false;
    }
    this.drawn = { at: now, step, wasMoving: isMoving };
    this.overlay.draw(this.marks, this.camera, this.ratio, this.colours);
    if (this.flight) this.move();
    else if (isMoving) this.request();
  }

  private fly(now: number): void {
    const { from, to, start } = this.flight as NonNullable<Stage["flight"]>;
    const t = Math.min(Math.max((now - start) / FLIGHT_MS, 0), 1);
    const eased = 1 - (1 - t) ** 3;
    this.camera.moveTo(from.x + (to.x - from.x) * eased, from.y + (to.y - from.y) * eased);
    this.isDirty = true;
    if (t === 1) this.flight = null;
  }

  // While the picture moves it may be coarser, as little as keeps it smooth.
  private adapt(took: number): void {
    if (took > SLOW_MS) {
      this.tooFine = this.step;
      this.smoothFrames = 0;
      this.step = Math.min(this.step * 2 ** Math.ceil(Math.log2(took / SLOW_MS)), LARGEST_STEP);
    } else this.smoothFrames += 1;
    if (this.smoothFrames > SMOOTH_FRAMES && this.step / 2 > this.tooFine) {
      this.smoothFrames = 0;
      this.step /= 2;
    }
  }
}

/** The colours of the theme for every number that a point can have. */
function colourTable(isScale: boolean): Uint8Array {
  const table = new Uint8Array(256 * 4);
  const named = (name: string): [number, number, number] => colourOf(colour(name));
  const scale: Palette = { few: named("map-low"), some: named("map-middle"), many: named("map-high") };
  const values = isScale ? [] : Array.from({ length: MOST_COLOURS }, (_, number) => named(`map-value-${number}`));
  const grey = named("map-grey");
  for (let code = 0; code < 256; code += 1) {
    const own = isScale ? blend(scale, code / (FIRST_GREY - 1)) : values[code];
    table.set([...((code < FIRST_GREY ? own : undefined) ?? grey), 255], code * 4);
  }
  return table;
}
