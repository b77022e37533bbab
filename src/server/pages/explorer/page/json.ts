// JSON as the server writes it: ids may be integers that a double cannot hold.

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type Doc = { [name: string]: Json };

const MAYBE_TOO_LONG = /\d{16}/;
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** Reads JSON. Integers beyond 2^53 become their digits as text: rounded, they would be another profile's id. */
export function parse(text: string): Json {
  if (!MAYBE_TOO_LONG.test(text)) return JSON.parse(text) as Json;
  const exact = text.replace(STRING_OR_NUMBER, (token) => {
    const rounded = /^-?\d+$/.test(token) && !Number.isSafeInteger(Number(token));
    return rounded ? `"${token}"` : token;
  });
  return JSON.parse(exact) as Json;
}

export function isDoc(value: Json | undefined): value is Doc {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
