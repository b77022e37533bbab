"""The table in docs/hot-swap.md, from what the benchmark `guarantee` measured. Plain Python."""

import json
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "common"))

import figures  # noqa: E402
from figures import median, number, spread  # noqa: E402

PAGE = figures.ROOT / "docs" / "hot-swap.md"
BEGIN, END = "<!-- bench-swap-guarantee -->", "<!-- end of bench-swap-guarantee -->"


def names(run):
    """What each part is, for the head of its column."""
    small, large, build = run["parts"]
    return [
        f"{small['swaps']:,} versions of {run['small_profiles']:,} profiles, each built beside the load",
        f"{large['swaps']:,} versions of {run['large_profiles']:,} profiles, built before",
        f"a build of {run['build_profiles']:,} profiles x {run['build_dimension']} beside the load, no swap",
    ]


def limit(run, part):
    """Whether p99 keeps to its limit; there is one where versions are swapped."""
    held = part["p99_within_limit"]
    return "no limit" if held is None else f"{'holds' if held else 'does not hold'} (at most {run['limit']})"


def memory(part, kind):
    before, after = part[kind]
    return f"{number(before / 1e6)} / {number(after / 1e6)}" if part["swaps"] else "-"


def table(run):
    rows = [
        ["requests/s, half of what a closed loop reached", *(number(part["requests_per_second"]) for part in run["parts"])],
        ["answers compared, without / during", *(f"{part['alone']['answers']:,} / {part['beside']['answers']:,}" for part in run["parts"])],
        ["failed, refused, wrong or gone back", *(part["failed"] for part in run["parts"])],
    ]
    for key, name in (("p50_ms", "p50"), ("p99_ms", "p99"), ("p99.9_ms", "p99.9"), ("max_ms", "maximum")):
        cells = (f"{number(part['alone'][key])} / {number(part['beside'][key])}" for part in run["parts"])
        rows.append([f"{name}, ms, without / during", *cells])
    rows.append(["p99 during, by round, ms", *(spread(part["beside"]["p99_ms_by_round"]) for part in run["parts"])])
    rows.append(["p99 without, by round, ms", *(spread(part["alone"]["p99_ms_by_round"]) for part in run["parts"])])
    rows.append(["p99 during in multiples of p99 without", *(f"{part['p99_ratio']:.2f}" for part in run["parts"])])
    rows.append(["which", *(limit(run, part) for part in run["parts"])])
    settled = (number(median(part["settled_after_seconds"])) if part["swaps"] else "-" for part in run["parts"])
    rows.append(["published to old file unmapped, s (median)", *settled])
    for kind, name in (("own_bytes", "memory of its own"), ("resident_bytes", "memory with what is mapped")):
        cells = (memory(part, kind) for part in run["parts"])
        rows.append([f"{name}, MB, after the first ten / at the end", *cells])
    rows.append(["index files mapped at the end", *(part["mapped_index_files"] or "-" for part in run["parts"])])
    return figures.table(["", *names(run)], rows)


def write(run):
    about = figures.paragraph(
        f"""{figures.machine()}, shared by client and server; {run["connections"]} connections, n = {run["n"]}. A latency
        counts from when its request was due. Runs without and with the thing in question alternate. By round: the median,
        and in brackets the least and the greatest."""
    )
    page = PAGE.read_text() if PAGE.exists() else "# Hot swap\n"
    if BEGIN not in page:
        page += f"\n{BEGIN}\n{END}\n"
    before, rest = page.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    PAGE.write_text(f"{before}{BEGIN}\n{about}\n\n{table(run)}\n{END}{after}")
    print(f"wrote {PAGE.relative_to(figures.ROOT)}")


if __name__ == "__main__":
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or figures.ROOT / "target")
    path = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else target / "bench-guarantee" / "guarantee.json"
    write(json.loads(path.read_text()))
