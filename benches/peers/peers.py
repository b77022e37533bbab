"""Kindred beside hnswlib, faiss, usearch, voyager, annoy and hnsw_rs: one run, the same data, queries, threads and recall.

`make bench-peers` makes the environment and runs this. Every library has a process of its own. Each round measures
every library once, one after the other, so that what disturbs the machine disturbs all of them alike.
Settings are environment variables; those that `main.rs` beside this lists, and:

    NAME            names the data set in the results [default: the file's name, else ROWSxDIMENSION]
    LIBRARIES       which are compared, separated by commas [default: all]
    BUILD_ROUNDS    how often each is built [default: 3]
    ANNOY_TREES     trees of annoy [default: 50]

Results: CSV and JSON in target/bench-peers/NAME/, a table and a plot in docs/performance.md.
"""

import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "common"))

import figures  # noqa: E402
import report  # noqa: E402
from libraries import ANNOY_TREES, EF_CONSTRUCTION, K, M, THREADS  # noqa: E402

IN_RUST = ["kindred", "hnsw_rs"]
EVERY_ONE = ["kindred", "hnswlib", "faiss", "usearch", "voyager", "annoy", "hnsw_rs"]
PACKAGES = ["hnswlib", "faiss-cpu", "usearch", "voyager", "annoy", "numpy"]
# How long one measurement takes at least: whole passes over the queries.
SECONDS = 0.3
CHUNK = 1 << 16


def setting(name, default):
    return os.environ.get(name) or default


def rust_program():
    """Compiles the benchmark in Rust and says where it is."""
    command = [setting("CARGO", "cargo"), "bench", "--locked", "--bench", "peers", "--no-run"]
    made = subprocess.run(
        command + ["--message-format=json-render-diagnostics"], cwd=ROOT, stdout=subprocess.PIPE, check=True
    )
    for line in made.stdout.splitlines():
        message = json.loads(line)
        if message.get("executable") and message["target"]["name"] == "peers":
            return message["executable"]
    raise SystemExit("cargo named no program")


class Library:
    """A library in its process."""

    def __init__(self, name, program, directory):
        self.name = name
        if name in IN_RUST:
            command = [program, "worker", name, str(directory), "--bench"]
        else:
            command = [sys.executable, str(HERE / "libraries.py"), name, str(directory)]
        # Threads that wait for work would take it from those that have some.
        environment = dict(os.environ, OMP_WAIT_POLICY="PASSIVE", OMP_NUM_THREADS=str(THREADS))
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, what, **arguments):
        self.process.stdin.write(json.dumps({"do": what, **arguments}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name} ended during {what} with {self.process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise SystemExit(f"{self.name}: {what}: {answer['error']}")
        return answer

    def end(self):
        self.process.stdin.close()
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Truth:
    """Exact search in double precision, and recall against it."""

    def __init__(self, rows, queries):
        self.rows = rows
        self.queries = queries.astype(numpy.float64)
        nearest = numpy.empty((len(queries), 0))
        for start in range(0, len(rows), CHUNK):
            dots = self.queries @ rows[start : start + CHUNK].astype(numpy.float64).T
            nearest = numpy.concatenate([nearest, dots], axis=1)
            if nearest.shape[1] > K:
                nearest = -numpy.partition(-nearest, K - 1, axis=1)[:, :K]
        self.count = nearest.shape[1]
        self.kth = rounded(nearest.min(axis=1))

    def recall(self, found):
        """The share of the true ten nearest that were found; what is as close as the true tenth counts."""
        there = (found >= 0) & (found < len(self.rows))
        vectors = self.rows[numpy.where(there, found, 0)].astype(numpy.float64)
        near = rounded(numpy.einsum("qkd,qd->qk", vectors, self.queries)) <= self.kth[:, None]
        # What is there twice counts once.
        order = numpy.sort(numpy.where(there & near, found, -1), axis=1)
        new = numpy.ones_like(order, dtype=bool)
        new[:, 1:] = order[:, 1:] != order[:, :-1]
        right = ((order >= 0) & new).sum(axis=1)
        return float(numpy.minimum(right, self.count).sum() / (self.count * len(found)))


def rounded(dots):
    """Distances as Kindred states them: 1 - dot in double precision, rounded to single."""
    return numpy.clip(1 - dots, 0, 2).astype(numpy.float32)


def measure(libraries, truth, directory, ladder, rounds, build_rounds):
    """Everything about each library, by its name."""
    results = {one.name: {"build_seconds": [], "open_seconds": {}, "search": {}} for one in libraries}
    # Their processes start at the same time; nothing is measured until the last of them has come to rest.
    for one in libraries:
        one.ask("warm")
    for number in range(build_rounds):
        for one in libraries:
            answer = one.ask("build")
            results[one.name]["build_seconds"].append(answer["seconds"])
            if answer["peak_bytes"] is not None:
                results[one.name]["peak_bytes"] = answer["peak_bytes"]
            print(f"build {number + 1}: {one.name} {answer['seconds']:.2f} s", flush=True)
    saved = []
    for one in libraries:
        size = one.ask("save")["bytes"]
        results[one.name]["file_bytes"] = size
        if size is not None:
            saved.append(one)
    for _ in range(rounds):
        for one in saved:
            for way, seconds in one.ask("open")["seconds"].items():
                results[one.name]["open_seconds"].setdefault(way, []).append(seconds)
    for one in libraries:
        for ef in ladder:
            out = directory / "answers"
            one.ask("answers", ef=ef, out=str(out))
            found = numpy.fromfile(out, dtype="<i4").reshape(-1, K).astype(numpy.int64)
            results[one.name]["search"][ef] = {"recall": truth.recall(found), "per_second": []}
        print(f"recall: {one.name} {[round(at['recall'], 4) for at in results[one.name]['search'].values()]}", flush=True)
    for number in range(rounds):
        for ef in ladder:
            for one in libraries:
                rate = one.ask("search", ef=ef, seconds=SECONDS)["per_second"]
                results[one.name]["search"][ef]["per_second"].append(rate)
        print(f"search: round {number + 1} of {rounds}", flush=True)
    return results


def write_csv(directory, results):
    """One file about building and opening, one about searching; every single measurement is in them."""
    with open(directory / "build.csv", "w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["library", "what", "round", "value"])
        for name, result in results.items():
            for number, seconds in enumerate(result["build_seconds"], 1):
                out.writerow([name, "build_seconds", number, seconds])
            for what in ("peak_bytes", "file_bytes"):
                if result.get(what) is not None:
                    out.writerow([name, what, 1, result[what]])
            for way, values in result["open_seconds"].items():
                for number, seconds in enumerate(values, 1):
                    out.writerow([name, f"open_{way}_seconds", number, seconds])
    with open(directory / "search.csv", "w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["library", "ef", "recall_at_10", "round", "queries_per_second"])
        for name, result in results.items():
            for ef, at in result["search"].items():
                for number, rate in enumerate(at["per_second"], 1):
                    out.writerow([name, ef, at["recall"], number, rate])


def versions():
    """What was compared, from the installed packages and the lock file."""
    from importlib.metadata import version

    named = [f"{package} {version(package)}" for package in PACKAGES]
    lock = (ROOT / "Cargo.lock").read_text().split("[[package]]")
    entry = next(part for part in lock if 'name = "hnsw_rs"' in part)
    return named + ["hnsw_rs " + entry.split('version = "')[1].split('"')[0]]


def main():
    ladder = [int(ef) for ef in setting("EF", "16,24,32,48,64,96,128,192,256,384,512").split(",")]
    rounds, build_rounds = int(setting("ROUNDS", "5")), int(setting("BUILD_ROUNDS", "3"))
    names = setting("LIBRARIES", ",".join(EVERY_ONE)).split(",")
    unknown = set(names) - set(EVERY_ONE)
    if unknown or rounds < 1 or build_rounds < 1:
        raise SystemExit(f"LIBRARIES are {', '.join(EVERY_ONE)}; ROUNDS and BUILD_ROUNDS start at 1")
    program = rust_program()
    target = pathlib.Path(setting("CARGO_TARGET_DIR", str(ROOT / "target")))
    results_of_all = (target / "bench-peers").resolve()
    results_of_all.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=results_of_all) as scratch:
        scratch = pathlib.Path(scratch)
        subprocess.run([program, "data", str(scratch), "--bench"], cwd=ROOT, check=True)
        rows, queries = numpy.load(scratch / "data.npy", mmap_mode="r"), numpy.load(scratch / "queries.npy")
        data = os.environ.get("DATA")
        name = setting("NAME", pathlib.Path(data).stem if data else f"{rows.shape[0]}x{rows.shape[1]}")
        truth = Truth(rows, queries)
        libraries = [Library(one, program, scratch) for one in names]
        try:
            results = measure(libraries, truth, scratch, ladder, rounds, build_rounds)
        finally:
            for one in libraries:
                one.end()
    directory = results_of_all / name
    directory.mkdir(exist_ok=True)
    run = {
        "name": name,
        "machine": figures.machine(),
        "generated": not data,
        "rows": rows.shape[0],
        "dimension": rows.shape[1],
        "queries": len(queries),
        "threads": THREADS,
        "m": M,
        "ef_construction": EF_CONSTRUCTION,
        "annoy_trees": ANNOY_TREES,
        "rounds": rounds,
        "build_rounds": build_rounds,
        "versions": versions(),
        "results": results,
    }
    (directory / "run.json").write_text(json.dumps(run, indent=1) + "\n")
    write_csv(directory, results)
    report.write(json.loads((directory / "run.json").read_text()))


if __name__ == "__main__":
    main()
