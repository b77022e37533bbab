"""The chapter on scaling in docs/performance.md, from what the benchmark `scaling` measured. Plain Python.

An exponent is fitted to the logarithms by least squares: value = factor x profiles ^ exponent. Fixed costs flatten that
line at its lower end, and what grows fast is still small there. So what more profiles would take goes on from the largest
size that was measured, with that exponent or with the one between the two largest sizes, whichever is larger.
"""

import json
import math
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "common"))

import figures  # noqa: E402
from figures import median, number, spread  # noqa: E402

STEPS = ["read", "vectorize", "graph", "table", "map", "verify", "publish"]
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


def beyond(points, n):
    """What it would be at n, going on from the last point."""
    exponents = [fitted[1] for fitted in (fit(points), fit(points[-2:])) if fitted]
    return points[-1][1] * (n / points[-1][0]) ** max(exponents) if exponents else None


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
    rows, series, sums = [], [], {n: 0.0 for n in BEYOND}
    for name, values, written, same in quantities(steps):
        points = [*filter(good, ((n, value) for n, value, of_the_kind in zip(sizes, values, same) if of_the_kind))]
        fitted, last = fit(points), fit(points[-2:])
        further = [beyond(points, n) for n in BEYOND]
        if name == "build: all":
            # The steps grow in ways of their own: their sum, and not a line through sums.
            further = [sums[n] or None for n in BEYOND]
        elif name.removeprefix("build: ") in STEPS:
            for n, value in zip(BEYOND, further):
                sums[n] += value or 0.0
        rows.append([name, *map(written, values), exponent(fitted), exponent(last), *map(written, further)])
        if name in ("build: graph", "build: table", "build: all"):
            series.append({"name": name.removeprefix("build: "), "points": [*filter(good, zip(sizes, values))]})
            if fitted:
                line = [(n, at(fitted, n)) for n in (sizes[0], sizes[-1])]
                series.append({"name": f"n^{exponent(fitted)}", "points": line, "dashed": True, "like": len(series) - 1})
    nothing = ["-"] * len(BEYOND)
    speeds = [(n, median(rates(step))) for n, step in zip(sizes, steps)]
    answered = [spread(rates(step)) for step in steps]
    rows.append(["requests/s", *answered, exponent(fit(speeds)), exponent(fit(speeds[-2:])), *nothing])
    latencies = [spread([one["p99_ms"] for one in step["server"]["rounds"]]) for step in steps]
    rows.append(["p99, ms", *latencies, "-", "-", *nothing])
    more = [f"{n:,}, extrapolated" for n in BEYOND]
    head = ["", *(f"{n:,}" for n in sizes), "exponent", "of the last step", *more]
    plot = figures.PAGE.parent / "scaling.svg"
    title = "Seconds to build, by profiles"
    figures.plot(plot, title, "profiles", "seconds", series, "log", "log")
    figures.publish("bench-scaling", words(run, steps, title, plot.name, figures.table(head, rows)))


def exponent(fitted):
    return f"{fitted[1]:.2f}" if fitted else "-"


def good(point):
    return point[1] and point[1] > 0


def words(run, steps, title, plot, table):
    def kind(step):
        made = step["build"].get("table")
        return f"{made['kind']} ({made['neighbours']} neighbours)" if made else "none"

    tables = ", ".join(f"{step['profiles']:,} profiles: {kind(step)}" for step in steps)
    options = f" with `{run['options']}`" if run["options"] else ""
    about = figures.paragraph(
        f"""Vectors of {run["dimension"]} numbers, generated; built by {run["threads"]} threads{options};
        {run["connections"]} connections. {figures.machine()}. Neighbour tables: {tables}. Builds were measured
        once, and requests in {len(steps[0]["server"]["rounds"])} rounds: the median, with the minimum and the maximum in
        brackets."""
    )
    return f"""
{about}

![{title}]({plot})

{table}

Extrapolations start from the largest measured size and use the larger of the two exponents; "all" is the sum of the
steps. The time for an exact table grows with the square of n; beyond `--table-limit` the builder makes an approximate
table, which takes less.
"""


if __name__ == "__main__":
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or figures.ROOT / "target")
    path = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else target / "bench-scaling" / "scaling.json"
    write(json.loads(path.read_text()))
