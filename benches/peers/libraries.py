"""The libraries in Python, each built, saved, opened and searched by its own interface, and the worker around them.

`python libraries.py NAME DIR` answers the commands that `worker.rs` describes, about the data set in DIR.
"""

import json
import os
import pathlib
import sys
import time

import numpy

K = 10
WARM_UP_ROWS = 200
THREADS = int(os.environ.get("THREADS") or 2)
M = int(os.environ.get("M") or 16)
EF_CONSTRUCTION = int(os.environ.get("EF_CONSTRUCTION") or 200)
# Annoy has trees instead of ef_construction. Its documentation leaves the number open; more trees, better and larger.
ANNOY_TREES = int(os.environ.get("ANNOY_TREES") or 50)


class Hnswlib:
    """Batches, one thread."""

    def build(self, rows):
        import hnswlib

        self.index = hnswlib.Index(space="ip", dim=rows.shape[1])
        self.index.init_index(max_elements=len(rows), M=M, ef_construction=EF_CONSTRUCTION)
        self.index.add_items(rows, num_threads=THREADS)

    def search(self, queries, ef):
        self.index.set_ef(max(ef, K))
        return self.index.knn_query(queries, k=K, num_threads=1)[0]

    def save(self, path):
        self.index.save_index(path)

    def open(self, path, dimension):
        import hnswlib

        self.index = hnswlib.Index(space="ip", dim=dimension)
        self.index.load_index(path)


class Faiss:
    """IndexHNSWFlat; batches, one thread."""

    def build(self, rows):
        import faiss

        faiss.omp_set_num_threads(THREADS)
        self.index = faiss.IndexHNSWFlat(rows.shape[1], M, faiss.METRIC_INNER_PRODUCT)
        self.index.hnsw.efConstruction = EF_CONSTRUCTION
        self.index.add(rows)

    def search(self, queries, ef):
        import faiss

        faiss.omp_set_num_threads(1)
        self.index.hnsw.efSearch = max(ef, K)
        return self.index.search(queries, K)[1]

    def save(self, path):
        import faiss

        faiss.write_index(self.index, path)

    def open(self, path, dimension):
        import faiss

        self.index = faiss.read_index(path)


class Usearch:
    """32-bit floats, as the others have; batches, one thread."""

    def build(self, rows):
        self.index = self.empty(rows.shape[1])
        self.index.add(numpy.arange(len(rows), dtype=numpy.uint64), rows, threads=THREADS)

    @staticmethod
    def empty(dimension):
        from usearch.index import Index

        return Index(ndim=dimension, metric="ip", dtype="f32", connectivity=M, expansion_add=EF_CONSTRUCTION)

    def search(self, queries, ef):
        self.index.expansion_search = max(ef, K)
        matches = self.index.search(queries, K, threads=1)
        return matches.keys

    def save(self, path):
        self.index.save(path)

    def open(self, path, dimension):
        # `view` maps the file, which is the quicker of its two ways.
        self.index = self.empty(dimension)
        self.index.view(path)


class Voyager:
    """Batches, one thread."""

    def build(self, rows):
        from voyager import Index, Space

        self.index = Index(
            Space.Cosine,
            num_dimensions=rows.shape[1],
            M=M,
            ef_construction=EF_CONSTRUCTION,
            max_elements=len(rows),
        )
        self.index.add_items(rows, num_threads=THREADS)

    def search(self, queries, ef):
        return self.index.query(queries, k=K, num_threads=1, query_ef=max(ef, K))[0]

    def save(self, path):
        self.index.save(path)

    def open(self, path, dimension):
        from voyager import Index

        self.index = Index.load(path)


class Annoy:
    """Trees, no graph; it looks at ef x trees nodes. It has no batches, so a call of Python is in every query."""

    def build(self, rows):
        from annoy import AnnoyIndex

        self.index = AnnoyIndex(rows.shape[1], "angular")
        self.index.set_seed(42)
        for number, row in enumerate(rows):
            self.index.add_item(number, row)
        self.index.build(ANNOY_TREES, n_jobs=THREADS)

    def search(self, queries, ef):
        budget = max(ef, K) * ANNOY_TREES
        found = numpy.full((len(queries), K), -1, dtype=numpy.int64)
        for number, query in enumerate(queries):
            nearest = self.index.get_nns_by_vector(query, K, search_k=budget)
            found[number, : len(nearest)] = nearest
        return found

    def save(self, path):
        self.index.save(path)

    def open(self, path, dimension):
        from annoy import AnnoyIndex

        self.index = AnnoyIndex(dimension, "angular")
        self.index.load(path)


LIBRARIES = {"hnswlib": Hnswlib, "faiss": Faiss, "usearch": Usearch, "voyager": Voyager, "annoy": Annoy}


def status(line):
    """A size from /proc/self/status, in bytes."""
    for text in pathlib.Path("/proc/self/status").read_text().splitlines():
        if text.startswith(line + ":"):
            return int(text.split()[1]) * 1024
    raise ValueError(line)


class Worker:
    def __init__(self, name, directory):
        self.peer = LIBRARIES[name]
        self.directory = directory
        self.file = str(directory / f"{name}.index")
        self.queries = numpy.load(directory / "queries.npy")
        self.built = None
        self.built_before = False

    def warm(self, _):
        self.peer().build(self.queries[:WARM_UP_ROWS])
        return {}

    def build(self, _):
        self.built = None
        rows = numpy.load(self.directory / "data.npy")
        before = status("VmRSS")
        built = self.peer()
        started = time.perf_counter()
        built.build(rows)
        seconds = time.perf_counter() - started
        self.built = built
        peak = None if self.built_before else status("VmHWM") - before
        self.built_before = True
        return {"seconds": seconds, "peak_bytes": peak}

    def save(self, _):
        self.built.save(self.file)
        return {"bytes": os.path.getsize(self.file)}

    def open(self, _):
        query = self.queries[:1]
        started = time.perf_counter()
        opened = self.peer()
        opened.open(self.file, self.queries.shape[1])
        opened.search(query, K)
        return {"seconds": {"load": time.perf_counter() - started}}

    def answers(self, command):
        found = numpy.asarray(self.built.search(self.queries, command["ef"])).astype(numpy.int64)
        found.astype("<i4").tofile(command["out"])
        return {}

    def search(self, command):
        asked, started = 0, time.perf_counter()
        while asked == 0 or time.perf_counter() - started < command["seconds"]:
            self.built.search(self.queries, command["ef"])
            asked += len(self.queries)
        return {"per_second": asked / (time.perf_counter() - started)}


def main():
    # What a library prints goes where it disturbs nobody.
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    worker = Worker(sys.argv[1], pathlib.Path(sys.argv[2]))
    for line in sys.stdin:
        command = json.loads(line)
        try:
            answer = getattr(worker, command["do"])(command)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=out, flush=True)


if __name__ == "__main__":
    main()
