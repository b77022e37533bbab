"""Writes tables and arrays as pyarrow, pandas, DuckDB and numpy write them."""

import datetime as dt
import uuid

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq

ids = [uuid.UUID(int=n * 0x1234567890ABCDEF1234567890).bytes for n in (1, 2, 3)]
annotated = pa.table(
    {
        "_id": pa.array(ids, pa.uuid()),
        "raw": pa.array(ids, pa.binary(16)),
        "uuids": pa.ListArray.from_arrays(pa.array([0, 2, 2, 2], pa.int32()), pa.array(ids[:2], pa.uuid())),
        "json": pa.array(['{"a":[1,2]}', "no json", None], pa.json_()),
        "bool8": pa.array([1, 0, None], pa.bool8()),
    }
)
pq.write_table(annotated, "pyarrow-annotated.parquet")
pq.write_table(annotated, "pyarrow-annotated-no-schema.parquet", store_schema=False)
feather.write_feather(annotated, "pyarrow-annotated.feather")
with pa.OSFile("pyarrow-annotated.arrows", "wb") as file:
    with pa.ipc.new_stream(file, annotated.schema) as writer:
        writer.write_table(annotated)

table = pa.table(
    {
        "_id": ["a", "b", "c", "d"],
        "cat": pa.array(["p", "q", "p", None]).dictionary_encode(),
        "v": pa.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]], pa.list_(pa.float32(), 2)),
        "iv": pa.array([(14, 2, 3_500_000_000)] * 4, pa.month_day_nano_interval()),
        "runs": pa.RunEndEncodedArray.from_arrays(pa.array([2, 4], pa.int32()), pa.array(["g", "h"])),
        "union": pa.UnionArray.from_dense(
            pa.array([0, 1, 0, 1], pa.int8()),
            pa.array([0, 0, 1, 1], pa.int32()),
            [pa.array([5, 6]), pa.array(["s", None])],
            ["i", "t"],
        ),
    }
)
for codec in [None, "lz4", "zstd"]:
    options = pa.ipc.IpcWriteOptions(compression=codec)
    with pa.OSFile(f"pyarrow-{codec or 'plain'}.arrow", "wb") as file:
        with pa.ipc.new_file(file, table.schema, options=options) as writer:
            writer.write_table(table, max_chunksize=2)
deltas = pa.ipc.IpcWriteOptions(emit_dictionary_deltas=True)
first = pa.record_batch({"_id": ["a", "b"], "c": pa.DictionaryArray.from_arrays([0, 1], ["x", "y"])})
second = pa.record_batch({"_id": ["c", "d"], "c": pa.DictionaryArray.from_arrays([2, 1], ["x", "y", "z"])})
with pa.OSFile("pyarrow-deltas.arrow", "wb") as file:
    with pa.ipc.new_file(file, first.schema, options=deltas) as writer:
        writer.write_batch(first)
        writer.write_batch(second)

pq.write_table(pa.table({"_id": ["a", "b"], "x": [1, 2]}), "pyarrow-brotli.parquet", compression="brotli")
pq.write_table(
    pa.table({"_id": ["a", "b"], "x": [1, 2]}),
    "pyarrow-brotli-x.parquet",
    compression={"_id": "zstd", "x": "brotli"},
)
times = [dt.datetime(2024, 1, 2, 3, 4, 5, 678901), dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31)]
pq.write_table(
    pa.table({"_id": ["a", "b", "c"], "t": pa.array(times, pa.timestamp("us"))}),
    "pyarrow-int96.parquet",
    use_deprecated_int96_timestamps=True,
)

duckdb.sql(
    """copy (select ('11111111-2222-3333-4444-55555555555' || i::varchar)::uuid as _id, i as n,
    '{"k": [1]}'::json as j, map {'a': i} as m, [i, i + 1] as l, {'x': i} as s from range(3) t(i))
    to 'duckdb.parquet'"""
)
duckdb.sql(
    "copy (select 'k' || i as _id, 'text ' || i as x, to_months(i::int) as iv from range(40) t(i)) "
    "to 'duckdb-interval.parquet'"
)

frame = pd.DataFrame({"_id": ["a", "b", "c"], "x": [1, 2, 3]})
frame.to_parquet("pandas-range.parquet")
four = pd.DataFrame({"_id": ["a", "b", "c", "d"], "x": [1, 2, 3, 4]})
four[four.x != 3].to_parquet("pandas-filtered.parquet")
frame.set_index("_id").to_parquet("pandas-named.parquet")
unnamed = frame.set_index("_id")
unnamed.index.name = None
unnamed.to_parquet("pandas-unnamed-text.parquet")
frame.to_feather("pandas.feather")

vectors = (np.arange(24).reshape(6, 4) - 9).astype("float32") / 4
np.save("numpy-fortran.npy", pd.DataFrame(vectors).values)
np.savez("numpy-one.npz", vectors)
np.savez_compressed("numpy-compressed.npz", vectors=np.asfortranarray(vectors))
np.savez("numpy-two.npz", first=vectors, second=vectors)
