// Draws points without WebGL: counts them on each pixel and writes the colours as an image.

import type { Camera } from "./camera.js";
import { blend, diameter, FIRST_GREY, fullest, type Density, type Palette, type Tint } from "./density.js";
import { visible, type Points } from "./points.js";

/** Colours for counts; between them nobody sees a difference. */
const SHADES = 512;
/** A point that covers its pixel adds this much to it; what covers less of one adds less. */
const ONE = 16;
const LARGEST = 65534;

export function canvas2d(): Density | null {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  return context ? new Canvas2d(canvas, context) : null;
}

class Canvas2d implements Density {
  readonly name = "Canvas 2D";
  private counts = new Uint32Array(0);
  /** The number whose colour a pixel has. */
  private top = new Uint8Array(0);
  private tinted: Tint | null = null;
  private image: ImageData | null = null;
  private palette: Palette = { few: [0, 0, 0], some: [0, 0, 0], many: [0, 0, 0] };
  private readonly shades = new Uint32Array(SHADES);
  private shadesFor = "";

  constructor(
    readonly canvas: HTMLCanvasElement,
    private readonly context: CanvasRenderingContext2D,
  ) {}

  paint(palette: Palette): void {
    this.palette = palette;
    this.shadesFor = "";
  }

  tint(tint: Tint | null): void {
    this.tinted = tint;
  }

  draw(points: Points, camera: Camera, ratio: number, step: number): void {
    const { width, height } = this.canvas;
    if (this.image?.width !== width || this.image.height !== height) {
      this.image = this.context.createImageData(width, height);
      this.counts = new Uint32Array(width * height);
    } else this.counts.fill(0);
    const codes = this.tinted?.codes ?? null;
    if (codes && this.top.length !== width * height) this.top = new Uint8Array(width * height);
    if (codes) this.top.fill(255);
    const size = diameter(points, camera) * ratio;
    const stamp = stampOf(size, width);
    const [scale, left, top] = [
      (camera.scale * ratio) / LARGEST,
      width / 2 - camera.x * camera.scale * ratio,
      height / 2 - camera.y * camera.scale * ratio,
    ];
    const radius = stamp.reach;
    const { counts, top: tops } = this;
    const { sorted } = points;
    const runs = visible(points, ...camera.seen(size));
    for (let run = 0; run < runs.length; run += 2) {
      const first = Math.ceil((runs[run] as number) / step) * step;
      const end = runs[run + 1] as number;
      for (let i = first; i < end; i += step) {
        const x = ((sorted[2 * i] as number) * scale + left) | 0;
        const y = ((sorted[2 * i + 1] as number) * scale + top) | 0;
        if (x < radius || y < radius || x >= width - radius || y >= height - radius) continue;
        const at = y * width + x;
        const code = codes === null ? 255 : (codes[i] as number);
        for (let k = 0; k < stamp.offsets.length; k += 1) {
          const pixel = at + (stamp.offsets[k] as number);
          counts[pixel]! += (stamp.weights[k] as number) * step;
          if (code < FIRST_GREY || (code === FIRST_GREY && tops[pixel] === 255)) tops[pixel] = code;
        }
      }
    }
    if (this.tinted) this.colourBy(this.tinted.table);
    else this.colour(fullest(points, camera));
    this.context.putImageData(this.image, 0, 0);
  }

  private colourBy(table: Uint8Array): void {
    const { counts, top } = this;
    const { data } = this.image as ImageData;
    for (let i = 0; i < counts.length; i += 1) {
      const colour = 4 * (top[i] as number);
      data[4 * i] = table[colour] as number;
      data[4 * i + 1] = table[colour + 1] as number;
      data[4 * i + 2] = table[colour + 2] as number;
      data[4 * i + 3] = Math.min(((counts[i] as number) * 255) / ONE, 255);
    }
  }

  private colour(full: number): void {
    this.mix(full);
    const { counts, shades } = this;
    const pixels = new Uint32Array((this.image as ImageData).data.buffer);
    // Shades go by the root of the count, so that the first ones are told apart.
    const steps = (SHADES - 1) / Math.sqrt(full * ONE);
    for (let i = 0; i < counts.length; i += 1) {
      const count = counts[i] as number;
      pixels[i] = count === 0 ? 0 : (shades[Math.min((Math.sqrt(count) * steps) | 0, SHADES - 1)] as number);
    }
  }

  private mix(full: number): void {
    const name = `${full}`;
    if (this.shadesFor === name) return;
    this.shadesFor = name;
    const bytes = new Uint8ClampedArray(this.shades.buffer);
    for (let shade = 0; shade < SHADES; shade += 1) {
      const count = ((shade + 0.5) / (SHADES - 1)) ** 2 * full;
      const share = Math.min(Math.log1p(Math.max(count - 1, 0)) / Math.log1p(full), 1);
      bytes.set([...blend(this.palette, share), Math.min(count, 1) * 255], shade * 4);
    }
  }
}

interface Stamp {
  offsets: Int32Array;
  weights: Uint8Array;
  reach: number;
}

/** The pixels that a point of a size covers, around its own, and how much of each. */
function stampOf(size: number, width: number): Stamp {
  const radius = size / 2;
  const reach = size <= 1.5 ? 0 : Math.ceil(radius - 0.5);
  const offsets: number[] = [];
  const weights: number[] = [];
  for (let dy = -reach; dy <= reach; dy += 1) {
    for (let dx = -reach; dx <= reach; dx += 1) {
      const cover = Math.min(Math.max(radius + 0.5 - Math.hypot(dx, dy), 0), 1);
      const weight = Math.round(cover * ONE);
      if (weight > 0) {
        offsets.push(dy * width + dx);
        weights.push(weight);
      }
    }
  }
  return { offsets: Int32Array.from(offsets), weights: Uint8Array.from(weights), reach };
}
