"""The table of sizes in docs/operations.md: what a build and its file take by profiles, numbers and neighbours.

Runs the benchmark `scaling` once for each pair of `DIMENSIONS` (64,128,256) and `NEIGHBOURS` (0,100) with `SIZES`
(10000,100000), and writes what it measured. Plain Python.
"""

import itertools
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "common"))

import figures  # noqa: E402
from figures import number  # noqa: E402
from report import duration, rates, size  # noqa: E402

PAGE = figures.ROOT / "docs" / "operations.md"
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or figures.ROOT / "target")


def numbers(name, default):
    return [int(value) for value in os.environ.get(name, default).split(",")]


def measure(dimension, neighbours, sizes):
    """One run of the benchmark: what it says of each size."""
    settings = {
        "SIZES": ",".join(map(str, sizes)),
        "DIMENSION": str(dimension),
        "BUILD_OPTIONS": f"--neighbours {neighbours}",
        "ROUNDS": "1",
        "LOAD_SECONDS": "2",
    }
    command = [os.environ.get("CARGO", "cargo"), "bench", "--locked", "-p", "kindred", "--bench", "scaling"]
    subprocess.run(command, cwd=figures.ROOT, env=os.environ | settings, check=True)
    return json.loads((TARGET / "bench-scaling" / "scaling.json").read_text())


def row(dimension, neighbours, step):
    per_profile = step["build"]["bytes"] / step["profiles"]
    return [
        f"{step['profiles']:,}",
        str(dimension),
        str(neighbours),
        size(step["build"]["bytes"]),
        number(per_profile),
        duration(step["build"]["seconds"]["total"]),
        size(step["build_peak_bytes"]),
        size(step["server"]["own_bytes"]),
        number(rates(step)[0]),
    ]


def main():
    sizes = numbers("SIZES", "10000,100000")
    rows, run = [], None
    for dimension, neighbours in itertools.product(numbers("DIMENSIONS", "64,128,256"), numbers("NEIGHBOURS", "0,100")):
        run = measure(dimension, neighbours, sizes)
        rows += [row(dimension, neighbours, step) for step in run["sizes"]]
    rows.sort(key=lambda cells: int(cells[0].replace(",", "")))
    head = ["profiles", "numbers", "K", "file", "bytes a profile", "build", "builder's memory", "server's own", "requests/s"]
    about = figures.paragraph(
        f"""Generated profiles of a few short fields and a vector, from JSON lines; built by {run["threads"]} threads;
        asked for {run["n"]} over {run["connections"]} connections by a client on the same machine. With K of 0 every
        answer is a search of the graph or, up to 5,000 nodes, of all vectors. {figures.machine()}. Each was measured once
        (`make bench-sizing`)."""
    )
    figures.publish("bench-sizing", f"{about}\n\n{figures.table(head, rows)}", PAGE)


if __name__ == "__main__":
    main()
