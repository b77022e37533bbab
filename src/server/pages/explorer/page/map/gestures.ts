// Wheel, drag, pinch and keys on the map.

import type { Camera } from "./camera.js";
import type { Position } from "./points.js";

export interface Gestures {
  /** The camera moved. */
  moved(): void;
  /** The pointer is there and nothing is being dragged; null: it left. */
  hovered(at: Position | null): void;
  /** Something was meant: a click, a tap, Enter. */
  picked(at: Position): void;
}

const STEP_PIXELS = 80;
const KEY_ZOOM = 1.5;
/** A click may tremble by this much. */
const TREMBLE = 5;

/** Zooms by a button or a key: to the middle. */
export const zoomIn = (camera: Camera): void => camera.zoomBy(KEY_ZOOM);
export const zoomOut = (camera: Camera): void => camera.zoomBy(1 / KEY_ZOOM);

export function listen(canvas: HTMLCanvasElement, camera: Camera, gestures: Gestures, reset: () => void): void {
  const pointers = new Map<number, Position>();
  let travelled = 0;
  let wasPinched = false;

  const at = (event: MouseEvent): Position => {
    const box = canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };

  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 20 : 1;
      // A pinch on a touchpad comes as a wheel with ctrl, in smaller numbers.
      const speed = event.ctrlKey ? 0.01 : 0.0016;
      camera.zoomBy(Math.exp(-Math.max(-300, Math.min(300, event.deltaY * lines)) * speed), at(event));
      gestures.moved();
    },
    { passive: false },
  );

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    if (pointers.size === 0) [travelled, wasPinched] = [0, false];
    pointers.set(event.pointerId, at(event));
  });

  canvas.addEventListener("pointermove", (event) => {
    const now = at(event);
    const before = pointers.get(event.pointerId);
    if (!before) return gestures.hovered(now);
    const [dx, dy] = [now.x - before.x, now.y - before.y];
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    pointers.set(event.pointerId, now);
    travelled += Math.hypot(dx, dy);
    if (other) {
      wasPinched = true;
      const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
      const apart = Math.hypot(before.x - other.x, before.y - other.y);
      camera.zoomBy(Math.hypot(now.x - other.x, now.y - other.y) / Math.max(apart, 1), middle);
      camera.pan(dx / 2, dy / 2);
    } else if (travelled > TREMBLE) camera.pan(dx, dy);
    gestures.moved();
  });

  const released = (event: PointerEvent): void => {
    if (!pointers.delete(event.pointerId)) return;
    if (event.type === "pointerup" && travelled <= TREMBLE && !wasPinched && pointers.size === 0) gestures.picked(at(event));
  };
  canvas.addEventListener("pointerup", released);
  canvas.addEventListener("pointercancel", released);
  canvas.addEventListener("pointerleave", () => gestures.hovered(null));

  const keys: Record<string, () => void> = {
    ArrowLeft: () => camera.pan(STEP_PIXELS, 0),
    ArrowRight: () => camera.pan(-STEP_PIXELS, 0),
    ArrowUp: () => camera.pan(0, STEP_PIXELS),
    ArrowDown: () => camera.pan(0, -STEP_PIXELS),
    "+": () => zoomIn(camera),
    "=": () => zoomIn(camera),
    "-": () => zoomOut(camera),
    "0": reset,
    Home: reset,
  };
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const middle = { x: camera.width / 2, y: camera.height / 2 };
    if (event.key === "Enter") {
      event.preventDefault();
      return gestures.picked(middle);
    }
    const move = keys[event.key];
    if (!move) return;
    event.preventDefault();
    move();
    gestures.moved();
    gestures.hovered(middle);
  });
}
