// Which part of the map is looked at.

import type { Points, Position } from "./points.js";

const MARGIN = 0.06;
const NEAREST = 400;

export class Camera {
  /** The middle of what is seen, in units of the map. */
  x = 0.5;
  y = 0.5;
  /** Pixels to a unit of the map. */
  scale = 1;
  width = 1;
  height = 1;
  /** The scale at which everything is seen. */
  whole = 1;
  private box: Points["box"] = { left: 0, top: 0, right: 1, bottom: 1 };

  /** Takes the size of the canvas, in CSS pixels; what is seen stays. */
  resize(width: number, height: number): void {
    const zoom = this.zoom;
    this.width = width;
    this.height = height;
    this.measure();
    this.scale = this.whole * zoom;
  }

  /** Looks at everything. */
  fit(box: Points["box"]): void {
    this.box = box;
    this.measure();
    this.x = (box.left + box.right) / 2;
    this.y = (box.top + box.bottom) / 2;
    this.scale = this.whole;
  }

  private measure(): void {
    const wide = Math.max(this.box.right - this.box.left, 0.01) * (1 + 2 * MARGIN);
    const high = Math.max(this.box.bottom - this.box.top, 0.01) * (1 + 2 * MARGIN);
    this.whole = Math.min(this.width / wide, this.height / high);
  }

  /** 1 where everything is seen, more when nearer. */
  get zoom(): number {
    return this.scale / this.whole;
  }

  zoomBy(factor: number, at: Position = { x: this.width / 2, y: this.height / 2 }): void {
    const fixed = this.toMap(at);
    this.scale = Math.min(Math.max(this.scale * factor, this.whole * 0.5), this.whole * NEAREST);
    // What was under the pointer stays there.
    const moved = this.toMap(at);
    this.moveTo(this.x + fixed.x - moved.x, this.y + fixed.y - moved.y);
  }

  pan(dx: number, dy: number): void {
    this.moveTo(this.x - dx / this.scale, this.y - dy / this.scale);
  }

  /** The map itself is never lost from sight. */
  moveTo(x: number, y: number): void {
    this.x = Math.min(Math.max(x, this.box.left), this.box.right);
    this.y = Math.min(Math.max(y, this.box.top), this.box.bottom);
  }

  toMap(pixel: Position): Position {
    return { x: this.x + (pixel.x - this.width / 2) / this.scale, y: this.y + (pixel.y - this.height / 2) / this.scale };
  }

  toPixel(unit: Position): Position {
    return { x: (unit.x - this.x) * this.scale + this.width / 2, y: (unit.y - this.y) * this.scale + this.height / 2 };
  }

  sees(unit: Position): boolean {
    const { x, y } = this.toPixel(unit);
    return x > 24 && y > 24 && x < this.width - 24 && y < this.height - 24;
  }

  /** The rectangle that is seen, with a margin in pixels. */
  seen(margin: number): [left: number, top: number, right: number, bottom: number] {
    const from = this.toMap({ x: -margin, y: -margin });
    const to = this.toMap({ x: this.width + margin, y: this.height + margin });
    return [from.x, from.y, to.x, to.y];
  }
}
