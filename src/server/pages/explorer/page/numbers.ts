// Numbers as people read them.

const whole = new Intl.NumberFormat("en");
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

export const count = (value: number): string => whole.format(value);

export function rate(value: number): string {
  if (value === 0) return "0";
  if (value < 10) return value.toFixed(1);
  return whole.format(Math.round(value));
}

/** Seconds, in the unit that makes them a number of few digits. */
export function seconds(value: number | null): string {
  if (value === null) return "–";
  if (value < 0.001) return `${Math.round(value * 1e6)} µs`;
  if (value < 1) return `${Number((value * 1000).toPrecision(2))} ms`;
  return `${Number(value.toPrecision(2))} s`;
}

export function bytes(value: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

const SPANS: [unit: Intl.RelativeTimeFormatUnit, seconds: number][] = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];

/** How long ago a moment was: "3 hours ago". */
export function ago(moment: string, nowMs = Date.now()): string {
  const passed = (Date.parse(moment) - nowMs) / 1000;
  const [unit, length] = SPANS.find(([, it]) => Math.abs(passed) >= it) ?? ["second", 1];
  return relative.format(Math.round(passed / length), unit);
}

const date = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

export const moment = (text: string): string => date.format(new Date(text));

export const share = (value: number): string => `${(value * 100).toFixed(value === 1 ? 0 : 2)} %`;
