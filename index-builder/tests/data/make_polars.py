"""Writes tables of every type of polars; the argument begins the files' names."""

import datetime as dt
import decimal
import sys

import polars as pl

name = sys.argv[1]
assert name == f"polars-{pl.__version__}"
day = dt.timedelta(days=1, seconds=3)
table = pl.DataFrame(
    {
        "_id": ["a", "b", "c"],
        "text": ["short", "a text longer than twelve bytes", None],
        "u64": pl.Series([1, None, 18446744073709551615], dtype=pl.UInt64),
        "f64": [0.5, None, 2.5],
        "bool": [True, None, False],
        "date": [dt.date(2020, 2, 29), None, dt.date(1969, 12, 31)],
        "time": [dt.time(12, 30, 5, 1), None, dt.time(0)],
        "dur": [day, None, dt.timedelta(0)],
        "zone": pl.Series([dt.datetime(2024, 1, 2, 3, 4, 5), None, dt.datetime(2020, 1, 1)])
        .dt.replace_time_zone("Europe/Berlin"),
        "cat": pl.Series(["x", "y", None], dtype=pl.Categorical),
        "enum": pl.Series(["lo", "hi", None], dtype=pl.Enum(["lo", "hi"])),
        "ints": [[1, 2], None, []],
        "texts": [["p", "q"], [], None],
        "struct": [{"a": 1, "b": "t"}, {"a": 2, "b": "u"}, {"a": None, "b": None}],
        "null": [None, None, None],
        "dec": pl.Series([decimal.Decimal("12.50"), None, decimal.Decimal("-0.01")], dtype=pl.Decimal(10, 2)),
        "bin": [b"\0\xffx", None, b"a binary longer than twelve bytes"],
        "array": pl.Series([[0.5, 1.0], [0.25, 2.0], [1.0, 1.0]], dtype=pl.Array(pl.Float32, 2)),
        "i8": pl.Series([1, None, -3], dtype=pl.Int8),
    }
)
pl.DataFrame({"_id": ["a", "b"], "x": [1, 2]}).write_ipc(f"{name}-small.arrow")
for codec in ["uncompressed", "lz4", "zstd"]:
    table.write_ipc(f"{name}-{codec}.arrow", compression=codec)
table.write_ipc_stream(f"{name}.arrows")
table.write_parquet(f"{name}.parquet")
parts = [
    pl.DataFrame({"_id": [f"p{n}", f"q{n}"], "cat": pl.Series([f"c{n}", "common"], dtype=pl.Categorical)})
    for n in range(3)
]
pl.concat(parts, rechunk=False).write_ipc(f"{name}-batches.arrow")
