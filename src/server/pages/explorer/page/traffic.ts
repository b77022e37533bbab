// Requests a second and latency, live: what /metrics counted between two looks at it.

import * as api from "./api.js";
import { ends, lines } from "./charts.js";
import { h } from "./dom.js";
import { rate, seconds } from "./numbers.js";
import { counts, rates, read, type Counts, type Rates } from "./prometheus.js";

export const EVERY_MS = 2000;
const SLOTS = 150;
const MINUTES = (SLOTS * EVERY_MS) / 60_000;
/** Latencies are those of the last few looks: a few requests make no p99. */
const LOOKS_OF_A_QUANTILE = 5;

// What monitors ask, this page among them, is not what the server is there for.
const WATCHING = /^\/(index|metrics|health|explorer|docs|openapi\.json)(\/|$)|^\/$/;
const isTraffic = (route: string): boolean => !WATCHING.test(route);

/** What was seen, for as long as the page is open. */
const seen: Counts[] = [];
const history: Rates[] = [];

/** Looks once more. */
export async function look(): Promise<void> {
  const now = counts(read(await api.metrics()), performance.now());
  const before = seen.at(-1);
  const earliest = seen.at(-LOOKS_OF_A_QUANTILE);
  seen.push(now);
  if (seen.length > LOOKS_OF_A_QUANTILE + 1) seen.shift();
  if (!before || !earliest) {
    if (before) history.push(rates(before, now, isTraffic));
    return;
  }
  const { p50, p99 } = rates(earliest, now, isTraffic);
  history.push({ ...rates(before, now, isTraffic), p50, p99 });
  if (history.length > SLOTS) history.shift();
}

/** The charts and the table, as far as there is something to show. */
export function show(): HTMLElement {
  const last = history.at(-1);
  if (!last) return h("p", { class: "nothing" }, "Counting…");
  const perSecond = rate(last.perSecond);
  return h(
    "div",
    {},
    h(
      "div",
      { class: "charts" },
      chart(
        `Requests a second over ${MINUTES} minutes: now ${perSecond}`,
        [tile("requests a second", perSecond, "line-1")],
        lines("", [{ style: "line-1", values: history.map((it) => it.perSecond) }], SLOTS, rate),
      ),
      chart(
        `Latency over ${MINUTES} minutes: now p50 ${seconds(last.p50)}, p99 ${seconds(last.p99)}`,
        [tile("p50", seconds(last.p50), "line-1"), tile("p99", seconds(last.p99), "line-2")],
        lines(
          "",
          [
            { style: "line-1", values: history.map((it) => it.p50) },
            { style: "line-2", values: history.map((it) => it.p99) },
          ],
          SLOTS,
          seconds,
        ),
      ),
    ),
    routes(),
  );
}

function tile(name: string, value: string, style: string): HTMLElement {
  return h("div", { class: `tile ${style}` }, h("strong", {}, value), h("span", {}, name));
}

function chart(name: string, tiles: HTMLElement[], svg: SVGSVGElement): HTMLElement {
  svg.setAttribute("aria-label", name);
  return h("figure", {}, h("figcaption", {}, ...tiles), svg, h("span", { class: "axis", "aria-hidden": "true" }, svg.dataset.top ?? ""), ends(`${MINUTES} minutes ago`));
}

function routes(): HTMLElement {
  const now = seen.at(-1);
  const before = seen[0];
  if (!now || !before || now === before) return h("div", {});
  const rows = [...now.routes.keys()]
    .sort()
    .map((route): [string, Rates] => [route, rates(before, now, (it) => it === route)])
    .filter(([, it]) => it.perSecond > 0);
  const cells = (it: Rates): string[] => [rate(it.perSecond), seconds(it.p50), seconds(it.p99), rate(it.errorsPerSecond)];
  return h(
    "div",
    { class: "scrolls", tabindex: 0, role: "region", "aria-label": "Traffic by route" },
    h(
      "table",
      { class: "numbers" },
      h("thead", {}, h("tr", {}, ...["Route", "a second", "p50", "p99", "5xx a second"].map((it) => h("th", { scope: "col" }, it)))),
      h(
        "tbody",
        {},
        ...rows.map(([route, it]) =>
          h("tr", {}, h("th", { scope: "row" }, h("code", {}, route)), ...cells(it).map((text) => h("td", {}, text))),
        ),
      ),
    ),
  );
}
