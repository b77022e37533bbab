// What lies over the points: where one is, who is near, where one came from, what the pointer is at.

import type { Camera } from "./camera.js";
import type { Position } from "./points.js";

export interface Marks {
  current: { at: Position; name: string } | null;
  neighbours: Position[];
  /** The walk, without where it is now. */
  trail: Position[];
  hovered: Position | null;
  /** Whether the middle is marked, for those who steer by keyboard. */
  hasCrosshair: boolean;
}

export interface Colours {
  current: string;
  neighbour: string;
  trail: string;
  text: string;
  halo: string;
}

export class Overlay {
  private readonly context: CanvasRenderingContext2D | null;
  private unit = 1;

  constructor(canvas: HTMLCanvasElement) {
    this.context = canvas.getContext("2d");
  }

  draw(marks: Marks, camera: Camera, ratio: number, colours: Colours): void {
    const { context } = this;
    if (!context) return;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, camera.width, camera.height);
    // As large as text is: on a large screen both are larger.
    this.unit = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
    const pixel = (at: Position): Position => camera.toPixel(at);
    const current = marks.current ? pixel(marks.current.at) : null;
    const steps = [...marks.trail.map(pixel), ...(current ? [current] : [])];
    context.lineJoin = "round";
    if (steps.length > 1) {
      context.setLineDash([2, 5]);
      this.line(steps, colours.trail, 2);
      context.setLineDash([]);
    }
    for (const at of marks.trail) this.ring(pixel(at), 4, colours.trail, colours.halo, false);
    if (current) for (const at of marks.neighbours) this.line([current, pixel(at)], colours.neighbour, 1);
    for (const at of marks.neighbours) this.ring(pixel(at), 5, colours.neighbour, colours.halo, true);
    if (current && marks.current) {
      this.ring(current, 8, colours.current, colours.halo, true);
      this.name(marks.current.name, current, camera.width, colours);
    }
    if (marks.hovered) this.ring(pixel(marks.hovered), 9, colours.text, colours.halo, false);
    if (marks.hasCrosshair) this.crosshair({ x: camera.width / 2, y: camera.height / 2 }, colours.text);
  }

  private line(points: Position[], colour: string, width: number): void {
    const context = this.context as CanvasRenderingContext2D;
    context.beginPath();
    for (const { x, y } of points) context.lineTo(x, y);
    context.strokeStyle = colour;
    context.lineWidth = width * this.unit;
    context.stroke();
  }

  private ring({ x, y }: Position, radius: number, colour: string, halo: string, isFull: boolean): void {
    const context = this.context as CanvasRenderingContext2D;
    context.beginPath();
    context.arc(x, y, radius * this.unit, 0, 2 * Math.PI);
    context.strokeStyle = halo;
    context.lineWidth = (isFull ? 3 : 5) * this.unit;
    context.stroke();
    if (isFull) {
      context.fillStyle = colour;
      context.fill();
    } else {
      context.strokeStyle = colour;
      context.lineWidth = 2 * this.unit;
      context.stroke();
    }
  }

  private name(text: string, { x, y }: Position, width: number, colours: Colours): void {
    const context = this.context as CanvasRenderingContext2D;
    context.font = `600 ${14 * this.unit}px ${getComputedStyle(document.body).fontFamily}`;
    const isLeft = x > width * 0.7;
    context.textAlign = isLeft ? "right" : "left";
    context.textBaseline = "middle";
    context.lineWidth = 4 * this.unit;
    context.strokeStyle = colours.halo;
    context.fillStyle = colours.text;
    const at = x + (isLeft ? -14 : 14) * this.unit;
    context.strokeText(text, at, y);
    context.fillText(text, at, y);
  }

  private crosshair({ x, y }: Position, colour: string): void {
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]] as const) {
      this.line([{ x: x + 5 * dx, y: y + 5 * dy }, { x: x + 14 * dx, y: y + 14 * dy }], colour, 2);
    }
  }
}
