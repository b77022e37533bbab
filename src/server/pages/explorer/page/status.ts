// What is served, how it came to be, and how it does.

import * as api from "./api.js";
import { beginning, ends, moments, type Moment } from "./charts.js";
import { announce, h } from "./dom.js";
import { ago, bytes, count, moment, seconds, share } from "./numbers.js";
import * as traffic from "./traffic.js";
import { moreButton } from "./values.js";
import { failure, sentence, type View } from "./view.js";

const DESCRIBED_EVERY_MS = 10_000;
const MOST_EVENTS = 12;
const MOST_FIELDS = 20;

export function status(): View {
  const index = h("section", { class: "panel", "aria-labelledby": "status-index" });
  const live = h("section", { class: "panel", "aria-labelledby": "status-live" });
  const past = h("section", { class: "panel", "aria-labelledby": "status-past" });
  const versions = h("section", { class: "panel", "aria-labelledby": "status-versions" });
  const fields = h("section", { class: "panel field-table-panel", "aria-labelledby": "status-fields" });
  const trouble = h("div", {});
  const grid = h("div", { class: "status-grid" }, h("div", {}, index, past), h("div", {}, live, versions), fields);
  const element = h("div", { class: "view status" }, h("h1", { class: "title", tabindex: -1 }, "Status"), trouble, grid);
  let isShown = false;
  let fieldsOf = 0;
  let timers: number[] = [];

  // What could not be learned, by what was asked. The first of them is shown: they have one cause, mostly.
  const problems = new Map<string, HTMLElement>();

  const attempt = async (name: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
      problems.delete(name);
    } catch (error) {
      if (!isShown) return;
      const failed = failure(error, () => isShown && void describe());
      if (failed) problems.set(name, failed);
      // A key that does not open this will not open it in two seconds either.
      if (error instanceof api.Problem && [401, 403].includes(error.status)) stop();
    }
    const [first] = problems.values();
    if (trouble.firstElementChild !== (first ?? null)) trouble.replaceChildren(...(first ? [first] : []));
  };

  const describe = async (): Promise<void> => {
    await Promise.all([
      attempt("index", async () => {
        const described = await api.index();
        index.replaceChildren(...describeIndex(described));
        // What was opened there stays open while the version is the same.
        if (fieldsOf !== described.version) fields.replaceChildren(...describeFields(described.fields));
        fieldsOf = described.version;
      }),
      attempt("events", async () => past.replaceChildren(...describeEvents((await api.events()).events))),
      attempt("versions", async () => {
        const list = await api.versions();
        // Whoever is about to press a button there keeps it.
        if (!versions.contains(document.activeElement)) versions.replaceChildren(...describeVersions(list, pin));
      }),
    ]);
  };

  const pin = async (version: number | null): Promise<void> => {
    const said = h("p", { class: "said", role: "alert" });
    try {
      await api.pin(version);
      announce(version === null ? "Unpinned." : `Version ${version} is pinned.`);
      (document.activeElement as HTMLElement | null)?.blur();
      await describe();
      // The server takes it when it looks at the directory the next time.
      window.setTimeout(() => isShown && void describe(), 1500);
    } catch (error) {
      said.textContent = error instanceof api.Problem ? `${error.title}: ${sentence(error.detail)}` : "The server cannot be reached.";
      versions.querySelector(".said")?.remove();
      versions.append(said);
    }
  };

  const watch = async (): Promise<void> => {
    if (document.hidden || api.isOffline()) return;
    await attempt("metrics", async () => {
      await traffic.look();
      live.replaceChildren(h("h2", { id: "status-live" }, "Live"), traffic.show());
    });
  };

  const stop = (): void => {
    for (const timer of timers) window.clearInterval(timer);
    timers = [];
  };

  const update = (): void => {
    document.title = "Status · Kindred";
    isShown = true;
    stop();
    timers = [
      window.setInterval(() => void watch(), traffic.EVERY_MS),
      window.setInterval(() => !document.hidden && !api.isOffline() && void describe(), DESCRIBED_EVERY_MS),
    ];
    void describe().then(watch);
  };
  const leave = (): void => {
    isShown = false;
    stop();
  };
  return { element, update, leave };
}

function fact(name: string, value: string, title = ""): HTMLElement {
  return h("div", { class: "fact" }, h("dt", {}, name), h("dd", { title: title || null }, value));
}

function describeIndex(it: api.IndexDescription): HTMLElement[] {
  const table = it.table ? `${it.table.kind}, ${it.table.neighbours} each` : "none";
  const skipped = Object.entries(it.skipped).sort(([, one], [, other]) => other - one);
  const most = Math.max(...skipped.map(([, number]) => number), 1);
  return [
    h("h2", { id: "status-index" }, "Index"),
    it.degraded && h("p", { class: "warning" }, "Degraded: another version is served than the directory asks for."),
    h(
      "dl",
      { class: "facts" },
      fact("version", String(it.version), it.file),
      fact("profiles", count(it.profiles)),
      fact("built", ago(it.created), moment(it.created)),
      fact("served since", ago(it.loaded), moment(it.loaded)),
      fact("recall@10", share(it.recall_at_10)),
      fact("neighbour table", table, it.table ? `recall ${share(it.table.recall)}` : ""),
      fact("vectors", `${count(it.nodes)} × ${it.dimension}`, "distinct vectors, numbers in each"),
      fact("vectorizer", it.vectorizer),
      fact("graph", `m ${it.m}, ef ${it.ef}`),
      fact("swaps", count(it.swaps)),
      fact("refused files", count(it.refused)),
    ),
    h("h3", {}, "Skipped records"),
    skipped.length === 0
      ? h("p", { class: "nothing" }, "none")
      : h(
          "ul",
          { class: "skipped" },
          ...skipped.map(([reason, number]) => {
            const fill = h("span", { class: "fill" });
            fill.style.setProperty("--share", String(number / most));
            return h("li", {}, h("span", {}, reason), h("span", { class: "bar", "aria-hidden": "true" }, fill), h("span", {}, count(number)));
          }),
        ),
  ].filter((child) => child !== false);
}

function describeFields(all: api.Field[] | null | undefined): HTMLElement[] {
  const heading = h("h2", { id: "status-fields" }, "Fields");
  if (!all || all.length === 0) return [heading, h("p", { class: "nothing" }, "The file does not say what its fields were taken for.")];
  const row = (it: api.Field): HTMLElement =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, it.name),
      h("td", {}, it.kind),
      h("td", {}, it.exposed ? "yes" : "no"),
      h("td", {}, it.reason === "" ? "" : sentence(it.reason)),
    );
  const body = h("tbody", { id: "status-fields-rows" });
  const fill = (isOpen: boolean): void => body.replaceChildren(...(isOpen ? all : all.slice(0, MOST_FIELDS)).map(row));
  fill(false);
  const columns = ["Field", "taken for", "in answers", "why"];
  return [
    heading,
    h(
      "div",
      { class: "scrolls", tabindex: 0, role: "region", "aria-label": "Fields of the profiles" },
      h("table", { class: "field-table" }, h("thead", {}, h("tr", {}, ...columns.map((it) => h("th", { scope: "col" }, it)))), body),
    ),
    all.length > MOST_FIELDS && moreButton(`Show all ${all.length} fields`, "Show fewer fields", body.id, fill),
  ].filter((child) => child !== false);
}

const KINDS = { swap: "Swapped in", refusal: "Refused", changed: "Changed in place", back: "Gone back to" };

function describeEvents(events: api.IndexEvent[]): HTMLElement[] {
  const heading = h("h2", { id: "status-past" }, "Swaps and refusals");
  if (events.length === 0) return [heading, h("p", { class: "nothing" }, "Nothing since the server started.")];
  const marks = events.map(
    (it): Moment => ({ atMs: Date.parse(it.at), kind: it.kind, title: `${KINDS[it.kind]} ${it.file}, ${moment(it.at)}` }),
  );
  const number = (kind: string): number => events.filter((it) => it.kind === kind).length;
  const name = `${number("swap")} swaps, ${number("refusal")} refusals, ${number("changed")} files changed in place, ${number("back")} times gone back`;
  const now = Date.now();
  const newest = [...events].reverse().slice(0, MOST_EVENTS);
  return [
    heading,
    h("figure", {}, moments(name, marks, now), ends(ago(new Date(beginning(marks, now)).toISOString(), now))),
    h(
      "ol",
      { class: "events" },
      ...newest.map((it) =>
        h(
          "li",
          { class: it.kind },
          h("strong", {}, KINDS[it.kind] ?? it.kind),
          h("code", {}, it.file),
          h("time", { datetime: it.at, title: moment(it.at) }, ago(it.at)),
          it.seconds !== undefined && h("span", { class: "detail" }, `in ${seconds(it.seconds)}`),
          it.reason !== undefined && h("span", { class: "detail" }, sentence(it.reason)),
        ),
      ),
    ),
    events.length > MOST_EVENTS && h("p", { class: "nothing" }, `and ${events.length - MOST_EVENTS} before`),
  ].filter((child) => child !== false);
}

function describeVersions(
  list: { pinned: number | null; versions: api.Version[] },
  pin: (version: number | null) => Promise<void>,
): HTMLElement[] {
  const button = (version: number | null, text: string, name: string): HTMLElement =>
    h("button", { type: "button", class: "small", "aria-label": name, click: () => void pin(version) }, text);
  const row = (it: api.Version): HTMLElement =>
    h(
      "tr",
      { class: it.served ? "served" : "" },
      h("th", { scope: "row" }, it.version, it.served && h("span", { class: "tag" }, "served"), it.pinned && h("span", { class: "tag pinned" }, "pinned")),
      ...(it.problem !== undefined
        ? [h("td", { colspan: 3, class: "problem" }, sentence(it.problem))]
        : [
            h("td", {}, it.profiles === undefined ? "" : count(it.profiles)),
            h("td", {}, it.bytes === undefined ? "" : bytes(it.bytes)),
            h("td", { title: it.created ? moment(it.created) : null }, it.created ? ago(it.created) : ""),
          ]),
      h(
        "td",
        {},
        it.pinned
          ? button(null, "Unpin", `Unpin version ${it.version}`)
          : it.problem === undefined && button(it.version, "Pin", `Pin version ${it.version}`),
      ),
    );
  return [
    h("h2", { id: "status-versions" }, "Versions"),
    h(
      "div",
      { class: "scrolls", tabindex: 0, role: "region", "aria-label": "Versions in the directory" },
      h(
        "table",
        { class: "numbers" },
        h("thead", {}, h("tr", {}, ...["Version", "profiles", "size", "built", ""].map((it) => (it === "" ? h("td", {}) : h("th", { scope: "col" }, it))))),
        h("tbody", {}, ...[...list.versions].reverse().map(row)),
      ),
    ),
    h("p", { class: "nothing" }, "Pinning takes a key with the scope admin."),
  ];
}
