// What the page shows is in the address behind the #, so that it can be shared, and gone back and forward through.
//
//   #/explore/ID/ID?n=24   the walk so far, the last id is where it is now
//   #/map/ID/ID            the same walk on the map
//   #/compare/ID/ID        two profiles
//   #/status

export type ViewName = "explore" | "map" | "compare" | "status";

export interface Route {
  view: ViewName;
  /** Explore and map: the walk. Compare: two ids, each empty while nobody is chosen. */
  ids: string[];
  n: number;
}

export const DEFAULT_N = 12;
export const CHOICES_OF_N = [6, 12, 24, 48, 96];

/** Longer walks forget where they began: an address has to stay one that can be sent. */
export const LONGEST_TRAIL = 24;
const LONGEST_ADDRESS = 6000;

const VIEWS: ViewName[] = ["explore", "map", "compare", "status"];

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** Reads `location.hash`. What cannot be read is left out. */
export function read(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const [first = "", ...rest] = path.split("/");
  const view = VIEWS.find((name) => name === first) ?? "explore";
  const keepsEmpty = view === "compare";
  const ids = rest.map(decode).filter((id): id is string => id !== null && (keepsEmpty || id !== ""));
  const n = Number(new URLSearchParams(query).get("n"));
  return {
    view,
    ids: view === "compare" ? [ids[0] ?? "", ids[1] ?? ""] : view === "status" ? [] : ids.slice(-LONGEST_TRAIL),
    n: Number.isInteger(n) && n >= 1 && n <= 1000 ? n : DEFAULT_N,
  };
}

/** Writes an address, starting with #. */
export function write(route: Route): string {
  let ids = route.ids.slice(-LONGEST_TRAIL).map((id) => encodeURIComponent(id));
  while (ids.length > 1 && ids.join("/").length > LONGEST_ADDRESS) ids = ids.slice(1);
  const query = route.n !== DEFAULT_N && route.view !== "status" ? `?n=${route.n}` : "";
  return `#/${[route.view, ...ids].join("/")}${query}`;
}

/** The walk with one more step; a step to where one is already adds nothing. */
export function walkTo(trail: string[], id: string): string[] {
  return trail.at(-1) === id ? trail : [...trail, id];
}
