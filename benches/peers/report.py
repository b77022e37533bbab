"""Tables and a plot from what `peers.py` measured. `python3 report.py RUN.json` writes them again."""

import json
import math
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "common"))

import figures  # noqa: E402
from figures import median, number, spread  # noqa: E402

# The recalls at which speeds are compared, and the ef at which recalls are.
RECALLS = [0.9, 0.95, 0.99]
EFS = ["32", "64", "128", "256", "512"]


def rate_at(search, recall):
    """Queries a second where the line between the measured points crosses a recall; None where it does not.

    The crossing is straight in the plot: logarithms of the speed and of what is missing to recall 1.
    """
    points = sorted((at["recall"], -median(at["per_second"])) for at in search.values())
    points = [(at, -rate) for at, rate in points]
    # A slower point that finds no more is no choice.
    good = [(at, rate) for at, rate in points if not any(a >= at and r > rate for a, r in points)]
    if not good or good[-1][0] < recall:
        return None
    if good[0][0] >= recall:
        return good[0][1]
    for (low, fast), (high, slow) in zip(good, good[1:]):
        if low <= recall <= high:
            missing = [math.log(max(1 - at, 1e-4)) for at in (low, recall, high)]
            share = (missing[1] - missing[0]) / ((missing[2] - missing[0]) or 1)
            return math.exp(math.log(fast) + share * (math.log(slow) - math.log(fast)))
    return None


def ratio(value, to):
    """How many times as much; a dash where one of the two is not known."""
    return number(value / to) if value and to else "-"


def build_table(results):
    own = median(results["kindred"]["build_seconds"]) if "kindred" in results else None
    efs = [ef for ef in EFS if all(ef in result["search"] for result in results.values())]
    head = ["library", "build, s", "of Kindred's", "memory, MB", "file, MB"] + [f"recall@10, ef {ef}" for ef in efs]
    rows = []
    for name, result in results.items():
        seconds = result["build_seconds"]
        megabytes = [result.get(what) for what in ("peak_bytes", "file_bytes")]
        row = [name, spread(seconds), ratio(median(seconds), own)]
        row += [number(size / 1e6) if size else "-" for size in megabytes]
        row += ["-" if name == "annoy" else f"{result['search'][ef]['recall']:.4f}" for ef in efs]
        rows.append(row)
    return figures.table(head, rows)


def search_table(results):
    head = ["library"] + [f"queries/s at recall {recall}" for recall in RECALLS]
    head += ["of Kindred's, at 0.99", "widest spread"]
    own = rate_at(results["kindred"]["search"], 0.99) if "kindred" in results else None
    rows = []
    for name, result in results.items():
        rates = [rate_at(result["search"], recall) for recall in RECALLS]
        spreads = [
            (max(at["per_second"]) - min(at["per_second"])) / median(at["per_second"])
            for at in result["search"].values()
        ]
        rows.append([name, *map(number, rates), ratio(rates[-1], own), f"{100 * max(spreads):.0f} %"])
    return figures.table(head, rows)


def open_table(results):
    rows = []
    peer = results.get("hnswlib", {}).get("open_seconds", {}).get("load")
    for name, result in results.items():
        for way, seconds in result["open_seconds"].items():
            milliseconds = [1000 * value for value in seconds]
            speed = result["file_bytes"] / median(seconds) / 1e9
            rows.append([
                WAYS.get((name, way), name),
                spread(milliseconds),
                ratio(median(seconds), median(peer) if peer else None),
                number(speed) if way == "verified" else "-",
            ])
    return figures.table(["opening", "ms", "of hnswlib's", "GB/s"], rows)


WAYS = {
    ("kindred", "verified"): "kindred: map, check every byte, one answer",
    ("kindred", "quick"): "kindred: map, check the header, one answer",
    ("kindred", "header"): "kindred: map, check header and table, one answer",
    ("hnswlib", "load"): "hnswlib: load_index, one answer",
    ("faiss", "load"): "faiss: read_index, one answer",
    ("usearch", "load"): "usearch: view (mapped), one answer",
    ("voyager", "load"): "voyager: load, one answer",
    ("annoy", "load"): "annoy: load (mapped), one answer",
}


def write(run):
    """The chapter of one data set."""
    results = run["results"]
    name = run["name"]
    series = [
        {
            "name": library,
            "points": [(at["recall"], median(at["per_second"])) for at in result["search"].values()],
        }
        for library, result in results.items()
    ]
    # Very low recalls would press the rest together.
    for one in series:
        one["points"] = [point for point in one["points"] if point[0] >= 0.5]
    slug = re.sub("[^a-z0-9]+", "-", name.lower()).strip("-")
    plot = figures.PAGE.parent / f"peers-{slug}.svg"
    title = f"{name}: recall and speed, one thread"
    figures.plot(plot, title, "recall@10 (1 is drawn at 0.9999)", "queries a second", series, "recall", "log")
    origin = "generated" if run["generated"] else "from a file"
    builds = f"{run['build_rounds']} build{'s' if run['build_rounds'] != 1 else ''}"
    about = figures.paragraph(
        f"""{run["rows"]:,} vectors of {run["dimension"]} numbers, {origin}; {run["queries"]:,} queries that are not among
        them. {run["machine"]}. m {run["m"]}, ef_construction {run["ef_construction"]}; built by {run["threads"]} threads,
        searched by 1. Each figure is a median, with the minimum and the maximum in brackets, of {builds} and
        {run["rounds"]} rounds of everything else. {", ".join(run["versions"])}; annoy with {run["annoy_trees"]} trees."""
    )
    text = f"""
### {name}

{about}

![{title}]({plot.name})

{build_table(results)}

{search_table(results)}

{open_table(results)}
"""
    figures.publish(f"bench-peers {name}", text)


if __name__ == "__main__":
    write(json.loads(pathlib.Path(sys.argv[1]).read_text()))
