// Profiles that were seen, and what they are called.

import * as api from "./api.js";
import type { Doc, Json } from "./json.js";

const MOST_KEPT = 2000;
const seen = new Map<string, Doc>();
let idField: string | null = null;

// Documents of another version are other documents.
api.on("version", () => seen.clear());

function keyText(value: Json | undefined): string | null {
  if (typeof value === "string" && value !== "") return value;
  return typeof value === "number" && Number.isInteger(value) ? String(value) : null;
}

/** The id in a document. Which field it is has been learned, or is one of the usual ones, or the first that can be. */
export function idOf(doc: Doc): string {
  for (const field of [idField, "_id", "id"]) {
    const id = field === null ? null : keyText(doc[field]);
    if (id !== null) return id;
  }
  for (const value of Object.values(doc)) {
    const id = keyText(value);
    if (id !== null) return id;
  }
  return "";
}

/** Whether a field of a document is the one with the id. */
export function isIdField(name: string, doc: Doc, id: string): boolean {
  if (idField !== null) return name === idField;
  return (name === "_id" || name === "id") && keyText(doc[name]) === id;
}

/** Keeps a document and gives its id. */
export function remember(doc: Doc): string {
  const id = idOf(doc);
  keep(id, doc);
  return id;
}

function keep(id: string, doc: Doc): void {
  seen.delete(id);
  seen.set(id, doc);
  for (const oldest of seen.keys()) {
    if (seen.size <= MOST_KEPT) break;
    seen.delete(oldest);
  }
}

/** A document that was seen. */
export function known(id: string): Doc | undefined {
  return seen.get(id);
}

/** The profile of an id, asked for unless it was seen. */
export async function load(id: string, signal?: AbortSignal): Promise<Doc> {
  const found = seen.get(id);
  if (found) return found;
  const doc = await api.profile(id, signal);
  learn(id, doc);
  keep(id, doc);
  return doc;
}

// The server has answered for this id, so the field that holds it is the id's. A name that is usual wins.
function learn(id: string, doc: Doc): void {
  if (idField !== null) return;
  const holds = Object.keys(doc).filter((name) => keyText(doc[name]) === id);
  idField = holds.find((name) => name === "_id" || name === "id") ?? holds[0] ?? null;
}

/** A profile chosen at random, after its id was found out where it has an unusual name. */
export async function random(): Promise<string> {
  const doc = await api.random();
  const usual = [idField, "_id", "id"].some((field) => field !== null && keyText(doc[field]) !== null);
  if (!usual) {
    const text = JSON.stringify(doc);
    const candidates = Object.values(doc).map(keyText).filter((id): id is string => id !== null);
    for (const id of candidates.slice(0, 8)) {
      const same = await api.profile(id).then((other) => JSON.stringify(other) === text, () => false);
      if (same) {
        learn(id, doc);
        break;
      }
    }
  }
  return remember(doc);
}

const GIVEN = ["name", "first_name", "firstname", "firstName", "given_name", "title", "label", "username", "nickname"];
const FAMILY = ["surname", "last_name", "lastname", "lastName", "family_name"];
const LONGEST_NAME = 80;

function shortText(value: Json | undefined): string | null {
  if (typeof value !== "string") return null;
  const text = value.trim().replace(/\s+/g, " ");
  if (text === "") return null;
  return text.length > LONGEST_NAME ? `${text.slice(0, LONGEST_NAME)}…` : text;
}

/** Names of the fields that are shown as a profile's name. */
export function nameFields(doc: Doc): string[] {
  const given = GIVEN.find((name) => shortText(doc[name]) !== null);
  if (given === undefined) return [];
  const family = FAMILY.find((name) => shortText(doc[name]) !== null);
  return family === undefined || given === "title" ? [given] : [given, family];
}

/** What a profile is called: by its name where it has one, else by its id. */
export function nameOf(doc: Doc, id: string): string {
  const names = nameFields(doc).map((name) => shortText(doc[name]));
  return names.length > 0 ? names.join(" ") : id;
}

const IN_SUBTITLE = 3;

/** The first fields with short values, which stand in a line under the name. */
export function subtitleFields(doc: Doc, id: string): string[] {
  const named = new Set(nameFields(doc));
  const isShort = (value: Json): boolean =>
    typeof value === "number" || (typeof value === "string" && value !== "" && value.length <= 24);
  return Object.entries(doc)
    .filter(([name, value]) => isShort(value) && !named.has(name) && !isIdField(name, doc, id))
    .slice(0, IN_SUBTITLE)
    .map(([name]) => name);
}

/** The line under the name. */
export function subtitleOf(doc: Doc, id: string): string {
  return subtitleFields(doc, id)
    .map((name) => String(doc[name]))
    .join(" · ");
}

/** Letters for a round picture. */
export function initials(doc: Doc, id: string): string {
  const name = nameOf(doc, id);
  const words = name === id ? [id] : name.split(" ");
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => firstLetter(word));
  return letters.join("").toUpperCase() || "•";
}

function firstLetter(word: string | undefined): string {
  return word?.match(/[\p{L}\p{N}]/u)?.[0] ?? "";
}

export const HUES = 8;

/** A number below [`HUES`] that stays the same for an id. */
export function hueOf(id: string): number {
  let hash = 0;
  for (let i = 0; i < id.length; i += 1) hash = (Math.imul(hash, 31) + id.charCodeAt(i)) >>> 0;
  return ((hash ^ (hash >>> 7)) >>> 0) % HUES;
}

