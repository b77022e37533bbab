"""The chapter on scaling in docs/performance.md, from what the benchmark `scaling` measured. Plain Python.

An exponent is fitted to the logarithms by least squares: value = factor x profiles ^ exponent. What more profiles would
take is read off the same line.
"""

import json
import math
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "common"))

import figures  # noqa: E402
from figures import median, number, spread  # noqa: E402

STEPS = ["read", "vectorize", "graph", "table", "verify", "publish"]
BEYOND = [10_000_000, 100_000_000]


def fit(points):
    """Factor and exponent through (n, value); None where there are no two of them."""
    logs = [(math.log(n), math.log(value)) for n, value in points if value and value > 0]
    if len({x for x, _ in logs}) < 2:
        return None
    mean_x = sum(x for x, _ in logs) / len(logs)
    mean_y = sum(y for _, y in logs) / len(logs)
    exponent = sum((x - mean_x) * (y - mean_y) for x, y in logs) / sum((x - mean_x) ** 2 for x, _ in logs)
    return math.exp(mean_y - exponent * mean_x), exponent


def at(fitted, n):
    return fitted[0] * n ** fitted[1] if fitted else None


def duration(seconds):
    """In the unit that a person would use."""
    if seconds is None:
        return "-"
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{number(seconds / size)} {unit}"
    return f"{number(seconds)} s"


def size(value):
    if value is None:
        return "-"
    return f"{number(value / 1e9)} GB" if value >= 1e9 else f"{number(value / 1e6)} MB"


def rates(step):
    return [one["per_second"] for one in step["server"]["rounds"]]


def quantities(steps):
    """What grows: a name, its value for each size, how to write it, and whether more of it may be foretold."""
    kind = lambda step: (step["build"].get("table") or {}).get("kind")  # noqa: E731
    for name in STEPS:
        # Two kinds of table grow in two ways: only those of the last kind are on one line.
        same = [name != "table" or kind(step) == kind(steps[-1]) for step in steps]
        yield f"build: {name}", [step["build"]["seconds"][name] for step in steps], duration, same
    everything = [True] * len(steps)
    yield "build: all", [step["build"]["seconds"]["total"] for step in steps], duration, everything
    yield "build: memory", [step["build_peak_bytes"] for step in steps], size, everything
    yield "file", [step["build"]["bytes"] for step in steps], size, everything
    yield "server: memory of its own", [step["server"]["own_bytes"] for step in steps], size, everything


def write(run):
    steps = sorted(run["sizes"], key=lambda step: step["profiles"])
    sizes = [step["profiles"] for step in steps]
    rows, series, foretold = [], [], {n: 0.0 for n in BEYOND}
    for name, values, written, same in quantities(steps):
        fitted = fit([(n, value) for n, value, of_the_kind in zip(sizes, values, same) if of_the_kind])
        beyond = [at(fitted, n) for n in BEYOND]
        if name == "build: all":
            # The steps grow in ways of their own: their sum, and not a line through sums.
            beyond = [foretold[n] for n in BEYOND]
        elif name.removeprefix("build: ") in STEPS:
            for n, value in zip(BEYOND, beyond):
                foretold[n] += value or 0.0
        exponent = f"{fitted[1]:.2f}" if fitted else "-"
        rows.append([name, *map(written, values), exponent, *map(written, beyond)])
        if name in ("build: graph", "build: table", "build: all"):
            series.append({"name": name.removeprefix("build: "), "points": [*filter(good, zip(sizes, values))]})
            if fitted:
                line = [(n, at(fitted, n)) for n in (sizes[0], sizes[-1])]
                series.append({"name": f"n^{exponent}", "points": line, "dashed": True})
    answered = [spread(rates(step)) for step in steps]
    speeds = fit([(n, median(rates(step))) for n, step in zip(sizes, steps)])
    rows.append(["requests/s", *answered, f"{speeds[1]:.2f}" if speeds else "-", *["-"] * len(BEYOND)])
    latencies = [spread([one["p99_ms"] for one in step["server"]["rounds"]]) for step in steps]
    rows.append(["p99, ms", *latencies, "-", *["-"] * len(BEYOND)])
    head = ["", *(f"{n:,}" for n in sizes), "exponent", *(f"{n:,} (foretold)" for n in BEYOND)]
    plot = figures.PAGE.parent / "scaling.svg"
    title = "Seconds to build, by profiles"
    figures.plot(plot, title, "profiles", "seconds", series, "log", "log")
    figures.publish("bench-scaling", words(run, steps, title, plot.name, figures.table(head, rows)))


def good(point):
    return point[1] and point[1] > 0


def words(run, steps, title, plot, table):
    def kind(step):
        made = step["build"].get("table")
        return f"{made['kind']} ({made['neighbours']} neighbours)" if made else "none"

    tables = ", ".join(f"{step['profiles']:,} profiles: {kind(step)}" for step in steps)
    options = f" with `{run['options']}`" if run["options"] else ""
    return f"""
Vectors of {run["dimension"]} numbers, generated; built by {run["threads"]} threads{options}; {run["connections"]} connections.
{figures.machine()}. Neighbour tables: {tables}. A build was measured once, requests in
{len(steps[0]["server"]["rounds"])} rounds: the median, and in brackets the least and the greatest.

![{title}]({plot})

{table}

What is foretold goes on along the fitted line, for all steps together as the sum of the steps. An exact table grows with
the square of n; beyond `--table-limit` the builder makes an approximate one, so there the table would take less.
"""


if __name__ == "__main__":
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or figures.ROOT / "target")
    path = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else target / "bench-scaling" / "scaling.json"
    write(json.loads(path.read_text()))
