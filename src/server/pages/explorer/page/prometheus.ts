// Reads the Prometheus text of /metrics, and what happened between two readings.

export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** Samples of an exposition in text form 0.0.4. Comments and what cannot be read are left out. */
export function read(text: string): Sample[] {
  const samples: Sample[] = [];
  for (const line of text.split("\n")) {
    const [, name, labels, value] = LINE.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    const sample: Sample = { name, labels: {}, value: Number(value.replace("Inf", "Infinity")) };
    for (const [, label, escaped] of (labels ?? "").matchAll(LABEL)) {
      if (label !== undefined && escaped !== undefined) sample.labels[label] = escaped.replace(/\\(.)/g, unescape);
    }
    samples.push(sample);
  }
  return samples;
}

const unescape = (_: string, character: string): string => (character === "n" ? "\n" : character);

/** Cumulative counts by upper bound. */
export type Buckets = Map<number, number>;

export interface RouteCounts {
  requests: number;
  errors: number;
  buckets: Buckets;
}

/** What was counted by a moment. */
export interface Counts {
  atMs: number;
  routes: Map<string, RouteCounts>;
}

const REQUESTS = "kindred_http_requests_total";
const BUCKETS = "kindred_http_request_duration_seconds_bucket";

export function counts(samples: Sample[], atMs: number): Counts {
  const routes = new Map<string, RouteCounts>();
  const of = (route: string): RouteCounts => {
    const found = routes.get(route) ?? { requests: 0, errors: 0, buckets: new Map() };
    routes.set(route, found);
    return found;
  };
  for (const { name, labels, value } of samples) {
    const route = labels.route;
    if (route === undefined) continue;
    if (name === REQUESTS) {
      of(route).requests += value;
      if (labels.status?.startsWith("5")) of(route).errors += value;
    } else if (name === BUCKETS) {
      const bound = Number((labels.le ?? "").replace("Inf", "Infinity"));
      const { buckets } = of(route);
      buckets.set(bound, (buckets.get(bound) ?? 0) + value);
    }
  }
  return { atMs, routes };
}

/** What was counted between two readings, a route's or that of several added up. */
export interface Rates {
  perSecond: number;
  errorsPerSecond: number;
  /** Seconds; null where nothing was answered. */
  p50: number | null;
  p99: number | null;
}

/** A counter that got smaller started anew: the server was restarted. */
const grown = (now: number, before: number): number => (now >= before ? now - before : now);

export function rates(before: Counts, now: Counts, isMeant: (route: string) => boolean): Rates {
  const seconds = Math.max((now.atMs - before.atMs) / 1000, 0.001);
  const between: Buckets = new Map();
  let requests = 0;
  let errors = 0;
  for (const [route, counted] of now.routes) {
    if (!isMeant(route)) continue;
    const old = before.routes.get(route);
    requests += grown(counted.requests, old?.requests ?? 0);
    errors += grown(counted.errors, old?.errors ?? 0);
    for (const [bound, count] of counted.buckets) {
      between.set(bound, (between.get(bound) ?? 0) + grown(count, old?.buckets.get(bound) ?? 0));
    }
  }
  return {
    perSecond: requests / seconds,
    errorsPerSecond: errors / seconds,
    p50: quantile(between, 0.5),
    p99: quantile(between, 0.99),
  };
}

/** A quantile of cumulative counts, taken as evenly spread within a bucket, as Prometheus does it. */
export function quantile(buckets: Buckets, share: number): number | null {
  const bounds = [...buckets.keys()].sort((one, other) => one - other);
  const total = buckets.get(bounds.at(-1) ?? 0) ?? 0;
  if (total === 0) return null;
  const wanted = total * share;
  let lower = 0;
  let below = 0;
  for (const bound of bounds) {
    const count = buckets.get(bound) ?? 0;
    if (count >= wanted) {
      if (!Number.isFinite(bound)) return lower;
      return count === below ? bound : lower + ((bound - lower) * (wanted - below)) / (count - below);
    }
    lower = bound;
    below = count;
  }
  return lower;
}
