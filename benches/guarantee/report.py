"""The table in docs/hot-swap.md, from what the benchmark `guarantee` measured. Plain Python."""

import json
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "common"))

import figures  # noqa: E402
from figures import number  # noqa: E402

PAGE = figures.ROOT / "docs" / "hot-swap.md"
# Without a swap an answer takes a fraction of a millisecond. What takes longer than this has waited.
QUEUED_MS = 10
BEGIN, END = "<!-- bench-swap-guarantee -->", "<!-- end of bench-swap-guarantee -->"


def names(run):
    """What each part is, for the head of its column."""
    small, large, build = run["parts"]
    return [
        f"{small['swaps']:,} versions of {run['small_profiles']:,} profiles",
        f"{large['swaps']:,} of {run['large_profiles']:,}",
        f"a build of {run['build_profiles']:,}, no swap",
    ]


def ratio(run, part):
    """How much longer p99 is; there is a limit where versions are swapped."""
    if part["alone"]["p99_ms"] > QUEUED_MS:
        return "-"
    held = {None: "", True: "", False: f" (aim: {run['limit']})"}[part["p99_within_limit"]]
    return f"{part['p99_ratio']:.2f}{held}"


def latencies(part, key):
    """Without and during. Where requests queued without a swap, the machine was busy, and they say nothing."""
    if part["alone"]["p99_ms"] > QUEUED_MS:
        return "-"
    return f"{number(part['alone'][key])}→{number(part['beside'][key])}"


def memory(part):
    before, after = part["own_bytes"]
    return f"{number(before / 1e6)}→{number(after / 1e6)}" if part["swaps"] else "-"


def table(run):
    parts = run["parts"]
    rows = [
        ["requests/s", *(number(part["requests_per_second"]) for part in parts)],
        ["answers compared", *(f"{part['beside']['answers']:,}" for part in parts)],
        ["failed, refused, wrong, gone back", *(part["failed"] for part in parts)],
    ]
    for key, name in (("p50_ms", "p50"), ("p99_ms", "p99"), ("p99.9_ms", "p99.9"), ("max_ms", "maximum")):
        rows.append([name, *(latencies(part, key) for part in parts)])
    rows.append(["p99, multiples", *(ratio(run, part) for part in parts)])
    rows.append(["closed loop, requests/s", *(number(part["closed_per_second"]) for part in parts)])
    rows.append(["own MB, tenth→last swap", *(memory(part) for part in parts)])
    rows.append(["files mapped", *(part["mapped_index_files"] or "-" for part in parts)])
    return figures.table(["ms, without→during", *names(run)], rows, dense=True)


def write(run):
    about = figures.paragraph(
        f"""`make test-swap` on two processors: the real server at a tenth of the rate that a closed loop of this client reached,
        {run["connections"]} connections, every answer compared."""
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
