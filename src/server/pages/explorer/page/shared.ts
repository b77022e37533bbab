// What two values have in common.

import { isDoc, type Json } from "./json.js";

export type Relation = "equal" | "part" | "different" | "missing";

/** Text with more than this is read as words, below it as one value. */
export const LONGEST_VALUE = 40;

const WORD = /[\p{L}\p{N}][\p{L}\p{N}'’-]*/gu;
const SHORTEST_WORD = 4;

// Words of four letters and more that say nothing about anybody, in the languages that text is normalised for.
const COMMON = new Set(
  `about after again also always because been before being between both could does down during each every from have
  having here into just like more most much never often once only other over same should some such than that their
  them then there these they this those through under until usually very what when where which while will with would
  your yours aber alle auch beim dann dass dein diese dieser doch durch eine einem einen einer eines habe haben hier
  immer kann mein meine mehr mich nach nicht noch oder ohne sehr sein seine sich sind über unter viel weil wenn werden
  wird avec bien cette comme dans elle elles mais même nous plus pour sans tout toute très vous worden wordt deze voor
  maar niet naar heeft hebben zijn`.split(/\s+/),
);

export interface Word {
  text: string;
  /** What it is compared by; null for what stands between words and for words that say nothing. */
  key: string | null;
}

const fold = (text: string): string => text.trim().toLowerCase();

/** Text in pieces, words and what is between them. Together they are the text. */
export function pieces(text: string): Word[] {
  const found: Word[] = [];
  let end = 0;
  for (const match of text.matchAll(WORD)) {
    if (match.index > end) found.push({ text: text.slice(end, match.index), key: null });
    const key = fold(match[0]);
    found.push({ text: match[0], key: key.length < SHORTEST_WORD || COMMON.has(key) ? null : key });
    end = match.index + match[0].length;
  }
  if (end < text.length) found.push({ text: text.slice(end), key: null });
  return found;
}

function words(text: string): Set<string> {
  return new Set(pieces(text).flatMap((word) => word.key ?? []));
}

/** What an element of a list or a short value is compared by. */
export function keyOf(value: Json): string {
  return typeof value === "string" ? fold(value) : JSON.stringify(value);
}

/** Whether a value is text to be read rather than a value to be compared as a whole. */
export function isText(value: Json): value is string {
  return typeof value === "string" && (value.length > LONGEST_VALUE || value.includes("\n"));
}

/** The elements or words of `value` that `other` has as well. */
export function sharedKeys(value: Json, other: Json | undefined): Set<string> {
  if (other === undefined || other === null || value === null) return new Set();
  if (Array.isArray(value)) {
    const others = new Set((Array.isArray(other) ? other : [other]).map(keyOf));
    return new Set(value.map(keyOf).filter((key) => others.has(key)));
  }
  if (typeof value === "string" && typeof other === "string" && (isText(value) || isText(other))) {
    const others = words(other);
    return new Set([...words(value)].filter((word) => others.has(word)));
  }
  const others = Array.isArray(other) ? other.map(keyOf) : [keyOf(other)];
  return new Set(others.includes(keyOf(value)) ? [keyOf(value)] : []);
}

/** How two values of one field stand to each other. */
export function relation(one: Json | undefined, other: Json | undefined): Relation {
  if (one === undefined || other === undefined) return "missing";
  if (keyOf(one) === keyOf(other)) return "equal";
  if (isDoc(one) && isDoc(other)) {
    const inner = Object.keys(one).map((name) => relation(one[name], other[name]));
    return inner.some((it) => it === "equal" || it === "part") ? "part" : "different";
  }
  return sharedKeys(one, other).size > 0 ? "part" : "different";
}

/** Whether a value says anything that could be shared. */
export function isEmpty(value: Json | undefined): boolean {
  return value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);
}
