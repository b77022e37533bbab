// What the page remembers. A browser may refuse to keep anything, and says so by throwing: then it is remembered for as
// long as the page is open.

type Kept = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** A place to keep things that never throws. `find` gives the browser's own, or throws. */
function keeper(find: () => Storage): Kept {
  const remembered = new Map<string, string>();
  const trying = <T>(attempt: (storage: Storage) => T, otherwise: T): T => {
    try {
      return attempt(find());
    } catch {
      return otherwise;
    }
  };
  return {
    getItem: (name) => trying((storage) => storage.getItem(name), null) ?? remembered.get(name) ?? null,
    setItem: (name, value) => {
      const isKept = trying((storage) => (storage.setItem(name, value), true), false);
      if (isKept) remembered.delete(name);
      else remembered.set(name, value);
    },
    removeItem: (name) => {
      remembered.delete(name);
      trying((storage) => storage.removeItem(name), undefined);
    },
  };
}

/** For this browser. */
export const local = keeper(() => window.localStorage);

/** For this tab and its session. */
export const session = keeper(() => window.sessionStorage);
