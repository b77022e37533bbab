// Asks the server. Knows the key, whether the server can be reached, and which version answered last.

import { parse, type Doc, type Json } from "./json.js";
import { session } from "./storage.js";

/** An error that the server explained, as RFC 9457 has it. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly kind: string,
    readonly title: string,
    readonly detail: string,
    readonly retryAfterSeconds: number,
  ) {
    super(`${title}: ${detail}`);
  }
}

/** Nobody answered. What the page shows stays; `connection` says when the server is back. */
export class Offline extends Error {}

export interface Neighbour {
  distance: number;
  profile: Doc;
}

type Connection = { offline: { nextTrySeconds: number }; online: null; version: number; answered: number; unauthorized: Problem };

const listeners: { [K in keyof Connection]: ((what: Connection[K]) => void)[] } = {
  offline: [],
  online: [],
  version: [],
  answered: [],
  unauthorized: [],
};

/** Calls `listener` whenever that happens to the connection. */
export function on<K extends keyof Connection>(event: K, listener: (what: Connection[K]) => void): void {
  listeners[event].push(listener);
}

function emit<K extends keyof Connection>(event: K, what: Connection[K]): void {
  for (const listener of listeners[event]) listener(what);
}

// --- The key: for this tab and its session, and nowhere else. ---

const KEY = "kindred.key";

export function hasKey(): boolean {
  return session.getItem(KEY) !== null;
}

export function setKey(key: string): void {
  session.setItem(KEY, key);
}

export function forgetKey(): void {
  session.removeItem(KEY);
}

// --- Whether the server is there. ---

const LONGEST_WAIT_SECONDS = 15;
let offline = false;
let waitSeconds = 1;
let timer = 0;

export function isOffline(): boolean {
  return offline;
}

function wentOffline(): void {
  if (!offline) {
    offline = true;
    waitSeconds = 1;
    scheduleTry();
  }
}

function scheduleTry(): void {
  emit("offline", { nextTrySeconds: waitSeconds });
  timer = window.setTimeout(() => void tryNow(), waitSeconds * 1000);
  waitSeconds = Math.min(waitSeconds * 2, LONGEST_WAIT_SECONDS);
}

/** Looks whether the server is back, without waiting for the next time. */
export async function tryNow(): Promise<void> {
  window.clearTimeout(timer);
  try {
    await fetch("./health/live", { cache: "no-store" });
  } catch {
    scheduleTry();
    return;
  }
  offline = false;
  emit("online", null);
}

// --- Requests. ---

let lastVersion = 0;

/** The version that the last answer came from; 0 while there was none. */
export function version(): number {
  return lastVersion;
}

function noteVersion(seen: number): void {
  if (seen > 0 && seen !== lastVersion) {
    const isFirst = lastVersion === 0;
    lastVersion = seen;
    emit("answered", seen);
    if (!isFirst) emit("version", seen);
  }
}

async function problemOf(response: Response): Promise<Problem> {
  let title = `Status ${response.status}`;
  let detail = "The server gave no reason.";
  let kind = "unknown";
  try {
    const document = (await response.json()) as { type?: string; title?: string; detail?: string };
    title = document.title ?? title;
    detail = document.detail ?? detail;
    kind = document.type?.split(":").pop() ?? kind;
  } catch {
    // Not a problem document: a proxy's page, say. The status has to do.
  }
  const wait = Number(response.headers.get("retry-after") ?? 2);
  return new Problem(response.status, kind, title, detail, Number.isFinite(wait) ? wait : 2);
}

const BUSY = new Set(["search-busy", "exact-search-busy", "index-changed"]);
const TIMES = 3;

/** Gets an answer that is good. What is busy is asked again a few times, after the time that it names. */
export async function ask(path: string, options: RequestInit = {}): Promise<Response> {
  if (offline) throw new Offline();
  for (let time = 1; ; time += 1) {
    const response = await once(path, options);
    if (response.ok) return response;
    const problem = await problemOf(response);
    if (time < TIMES && BUSY.has(problem.kind)) {
      await new Promise((resolve) => window.setTimeout(resolve, problem.retryAfterSeconds * 1000));
      options.signal?.throwIfAborted();
      continue;
    }
    if (problem.status === 401) {
      forgetKey();
      emit("unauthorized", problem);
    }
    throw problem;
  }
}

async function once(path: string, options: RequestInit): Promise<Response> {
  const headers = new Headers(options.headers);
  const key = session.getItem(KEY);
  if (key !== null) headers.set("authorization", `Bearer ${key}`);
  let response: Response;
  try {
    // Relative: the page may be served under a path of a proxy's.
    response = await fetch(`.${path}`, { ...options, headers });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    wentOffline();
    throw new Offline();
  }
  noteVersion(Number(response.headers.get("x-index-version") ?? 0));
  return response;
}

async function json<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await ask(path, signal ? { signal } : {});
  return parse(await response.text()) as Json as T;
}

const query = encodeURIComponent;

export const profile = (id: string, signal?: AbortSignal): Promise<Doc> => json(`/profiles?id=${query(id)}`, signal);

export const suggestions = (prefix: string, limit: number, signal: AbortSignal): Promise<Doc[]> =>
  json(`/profiles?prefix=${query(prefix)}&limit=${limit}`, signal);

/** What a search by text found, and of how many profiles it knows. */
export interface Found {
  complete: boolean;
  looked_at: number;
  profiles: number;
  found: { field: string; profile: Doc }[];
}

export const search = (prefix: string, limit: number, signal: AbortSignal): Promise<Found> =>
  json(`/search?prefix=${query(prefix)}&limit=${limit}`, signal);

export const random = (signal?: AbortSignal): Promise<Doc> => json("/random", signal);

export const neighbours = (id: string, n: number, signal: AbortSignal): Promise<Neighbour[]> =>
  json(`/recommend?id=${query(id)}&n=${n}&distances=true`, signal);

export const distance = (from: string, to: string, signal: AbortSignal): Promise<{ distance: number }> =>
  json(`/distance?from=${query(from)}&to=${query(to)}`, signal);

export const place = (id: string, signal: AbortSignal): Promise<{ place: number }> =>
  json(`/map/place?id=${query(id)}`, signal);

/** A field that the map can be coloured by. */
export type ColourField = { field: string } & (
  | { kind: "category"; values: { value: string; profiles: number }[]; others: number }
  | { kind: "number"; low: number; high: number }
);

/** What the map can be coloured by, as far as profiles have been read. */
export interface Colours {
  /** Of the index. */
  version: number;
  complete: boolean;
  looked_at: number;
  profiles: number;
  fields: ColourField[];
}

export async function colourFields(signal: AbortSignal): Promise<Colours> {
  const response = await ask("/map/fields", { signal });
  const version = Number(response.headers.get("x-index-version") ?? 0);
  return { ...(parse(await response.text()) as Json as Omit<Colours, "version">), version };
}

/** A byte for each profile: what it has in a field. */
export async function colourValues(field: string, etag: string, signal: AbortSignal): Promise<Uint8Array> {
  const response = await ask(`/map/values?field=${query(field)}`, { headers: etag === "" ? {} : { "if-match": etag }, signal });
  return new Uint8Array(await response.arrayBuffer());
}

// --- What the status view asks. ---

/** What became of a field. */
export interface Field {
  name: string;
  kind: string;
  reason: string;
  exposed: boolean;
}

export interface IndexDescription {
  version: number;
  file: string;
  created: string;
  loaded: string;
  profiles: number;
  nodes: number;
  dimension: number;
  m: number;
  ef: number;
  recall_at_10: number;
  table: { neighbours: number; kind: string; recall: number } | null;
  vectorizer: string;
  fields: Field[] | null;
  skipped: Record<string, number>;
  degraded: boolean;
  swaps: number;
  refused: number;
}

export interface IndexEvent {
  at: string;
  kind: "swap" | "refusal" | "changed" | "back";
  version: number | null;
  file: string;
  seconds?: number;
  reason?: string;
}

export interface Version {
  version: number;
  file: string;
  created?: string;
  profiles?: number;
  bytes?: number;
  served?: boolean;
  pinned?: boolean;
  problem?: string;
}

export async function index(): Promise<IndexDescription> {
  const described: IndexDescription = await json("/index");
  noteVersion(described.version);
  return described;
}

export const events = (): Promise<{ events: IndexEvent[] }> => json("/index/events");
export const versions = (): Promise<{ pinned: number | null; versions: Version[] }> => json("/index/versions");
export const metrics = async (): Promise<string> => (await ask("/metrics")).text();

/** Pins a version; null lets the newest be served again. */
export async function pin(pinned: number | null): Promise<void> {
  if (pinned === null) await ask("/index/pin", { method: "DELETE" });
  else await ask(`/index/pin/${pinned}`, { method: "POST" });
}
