"""The table and the plot in docs/hot-swap.md, from what the benchmark `hot_swap` measured. Plain Python.

Latencies and memory between swaps are medians of the rounds, maximum and peak are those of all rounds, a first answer
is the median of all swaps, with the latest in brackets. Failures are those of all requests, of the
prober too, in all rounds. Throughput is that of a closed loop before the rounds.

Latencies say something only if requests do not queue without swaps. If they did, the machine was busy with something
else, and the page goes without them.
"""

import json
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "common"))

import figures  # noqa: E402
from figures import median, number  # noqa: E402

PAGE = figures.ROOT / "docs" / "hot-swap.md"
MOST_WORDS = 600
RUNS = ("alone", "swapping", "watched")
COLUMNS = [("p50", 0.5), ("p99", 0.99), ("max", 1.0)]
# Without a swap an answer takes a fraction of a millisecond. What takes longer than this has waited.
QUEUED_MS = 10


def latency(rounds, run, share):
    """In milliseconds, over the rounds."""
    values = [dict(map(tuple, one[run]["latencies_ms"]))[share] for one in rounds]
    return max(values) if share == 1.0 else median(values)


def failed(rounds):
    return sum(one["probes_failed"] + sum(sum(one[run]["failures"].values()) for run in RUNS) for one in rounds)


def queued(architectures):
    """Whether requests waited where nothing was swapped."""
    return any(latency(one["rounds"], "alone", 0.99) > QUEUED_MS for one in architectures)


def row(measured, columns):
    rounds = measured["rounds"]
    both = [
        f"{number(latency(rounds, 'alone', share))}→{number(latency(rounds, 'swapping', share))}"
        for _, share in columns
    ]
    between = median([one["between_bytes"] for one in rounds]) / 1e6
    peak = max(one["peak_bytes"] for one in rounds) / 1e6
    first = [value for one in rounds for value in one["first_answers_ms"]]
    first = f"{number(median(first))} (≤{number(max(first))})"
    return [measured["name"], number(measured["closed_per_second"]), *both, failed(rounds), f"{number(between)}→{number(peak)}", first]


def series(architectures):
    shares = [share for share, _ in architectures[0]["rounds"][0]["alone"]["latencies_ms"] if share < 1.0]

    def points(one, run):
        return [(share, latency(one["rounds"], run, share)) for share in shares]

    solid = [{"name": one["name"], "points": points(one, "swapping")} for one in architectures]
    dashed = [
        {"name": "without swaps", "points": points(one, "alone"), "dashed": True, "like": index}
        for index, one in enumerate(architectures)
    ]
    return solid + dashed


def overrun(architectures):
    """A warning, where there is reason for one."""
    names = [one["name"] for one in architectures if any(round["overran"] for round in one["rounds"])]
    return f" Swaps went on when requests had ended: {', '.join(names)}." if names else ""


def plotted(architectures):
    """The plot, and what shows it."""
    title = "Latency while versions are swapped"
    plot = PAGE.with_suffix(".svg")
    figures.plot(plot, title, "share of requests", "milliseconds", series(architectures), "recall", "log")
    return f"\n\n![{title}]({plot.name})"


def write(run):
    architectures = run["architectures"]
    rounds = len(architectures[0]["rounds"])
    columns = [] if queued(architectures) else COLUMNS
    picture = plotted(architectures) if columns else ""
    latencies = (
        "Latencies in ms and memory in MB without→with swaps."
        if columns
        else "Memory in MB without→with swaps. Requests queued without any swap, because the machine was busy, so "
        "latencies are left out."
    )
    about = figures.paragraph(
        f"""{run["profiles"]:,} profiles ({number(run["file_bytes"] / 1e6)} MB) a version, {run["n"]} asked for,
        {run["rate"]:,.0f} requests/s over {run["connections"]} connections; {rounds} x {run["versions"]} swaps,
        {number(run["every_ms"] / 1000)} s apart. {latencies} A closed loop measured the throughput before.
        {figures.machine()}.{overrun(architectures)}"""
    )
    head = ["", "throughput", *(name for name, _ in columns), "failed", "memory", "first answer, ms"]
    table = figures.table(head, [row(one, columns) for one in architectures], dense=True)
    figures.publish("bench-hot-swap", f"{about}\n\n{table}{picture}", PAGE)
    words = len(PAGE.read_text().split())
    if words > MOST_WORDS:
        raise SystemExit(f"{PAGE} has {words} words; {MOST_WORDS} are allowed")


if __name__ == "__main__":
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or figures.ROOT / "target")
    path = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else target / "bench-hot-swap" / "hot-swap.json"
    write(json.loads(path.read_text()))
