"""The writers' zoo: the same rows as many writers write them, in every way that each can.

What becomes of these logs belongs to `test_writers`.
"""

import warnings
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import cache, partial
from itertools import product
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

Maker = Callable[[Path], object]
Rows = list[tuple[Any, ...]]

START = datetime(2026, 2, 3, 12)
COUNT = 40
IMAGES: list[Any] = [
    None,
    [],
    [{"width": 10, "height": 20}],
    [{"width": 1, "height": 2}, {"width": 3, "height": 4}],
]


def plain_rows() -> list[dict[str, Any]]:
    """Rows with every kind of value that all writers know, at whole seconds."""
    return [
        {
            "event_id": f"e{n}",
            "event_time": START + timedelta(seconds=n),
            "org_id": ("acme", "globex", "Ünïted ✓")[n % 3],
            "billing_type": "llm_text_chat",
            "brand": "Acme",
            "model": "Chat",
            "key_mode": ("platform", "own")[n // 20],
            "agent_id": None if n % 4 == 1 else str(n % 7),
            "input_tokens": 10**12 if n == 3 else 1000 + n,
            "output_tokens": None if n % 5 == 2 else n,
        }
        for n in range(COUNT)
    ]


def rows_with_images() -> list[dict[str, Any]]:
    return [{**row, "images": IMAGES[n % len(IMAGES)]} for n, row in enumerate(plain_rows())]


SIDES = pa.struct([("width", pa.int32()), ("height", pa.int32())])
SCHEMA = pa.schema(
    [
        ("event_id", pa.string()),
        ("event_time", pa.timestamp("us", "UTC")),
        *((name, pa.string()) for name in ("org_id", "billing_type", "brand", "model")),
        *((name, pa.string()) for name in ("key_mode", "agent_id")),
        ("input_tokens", pa.int64()),
        ("output_tokens", pa.int32()),
        ("images", pa.list_(SIDES)),
    ]
)
TABLE = pa.Table.from_pylist(rows_with_images(), SCHEMA)


def cast(**kinds: pa.DataType) -> pa.Table:
    """The table with columns of other types."""
    fields = [pa.field(field.name, kinds.get(field.name, field.type)) for field in SCHEMA]
    return pa.Table.from_pylist(rows_with_images(), pa.schema(fields))


def arrow(table: pa.Table = TABLE, **options: Any) -> Maker:
    return lambda path: pq.write_table(table, path, **options)


CODECS = ("none", "snappy", "gzip", "brotli", "zstd", "lz4")
TEXTS = {
    "large strings": pa.large_string(),
    "string views": pa.string_view(),
    "dictionaries": pa.dictionary(pa.int32(), pa.string()),
    "dictionaries of large strings": pa.dictionary(pa.int8(), pa.large_string()),
    "json": pa.json_(),
}
TIMES = {
    f"{unit} {zone or 'naive'}": pa.timestamp(unit, zone)
    for unit, zone in product(("s", "ms", "us", "ns"), (None, "UTC", "Asia/Kolkata"))
}
TEXT_ENCODINGS = ("PLAIN", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY")
NUMBER_ENCODINGS = ("PLAIN", "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT")
NUMBERS = ("event_time", "input_tokens", "output_tokens")
STRINGS = tuple(field.name for field in SCHEMA if field.type == pa.string())


def by_pyarrow() -> Iterator[tuple[str, Maker]]:
    ways = {
        "version": ("1.0", "2.4", "2.6"),
        "data_page_version": ("1.0", "2.0"),
        "compression": CODECS,
        "use_dictionary": (True, False),
        "write_page_checksum": (True, False),
        "write_statistics": (True, False),
    }
    for values in product(*ways.values()):
        options = dict(zip(ways, values, strict=True))
        yield f"pyarrow {' '.join(map(str, values))}", arrow(**options)
    for page, text, number in product(("1.0", "2.0"), TEXT_ENCODINGS, NUMBER_ENCODINGS):
        encoding = dict.fromkeys(STRINGS, text) | dict.fromkeys(NUMBERS, number)
        maker = arrow(use_dictionary=False, column_encoding=encoding, data_page_version=page)
        yield f"pyarrow {page} {text} {number}", maker
    for name, kind in TEXTS.items():
        table = cast(org_id=kind, agent_id=kind) if kind != pa.json_() else json_texts()
        for stored in (True, False):
            yield f"pyarrow {name} schema {stored}", arrow(table, store_schema=stored)
    for name, kind in TIMES.items():
        yield f"pyarrow {name}", arrow(cast(event_time=kind))
    yield (
        "pyarrow INT96",
        arrow(cast(event_time=TIMES["ns naive"]), use_deprecated_int96_timestamps=True),
    )
    yield "pyarrow page index", arrow(write_page_index=True, data_page_size=64, write_batch_size=4)
    yield "pyarrow small row groups", arrow(row_group_size=7, write_page_index=True)
    yield (
        "pyarrow bloom filters",
        arrow(bloom_filter_options={"org_id": {"ndv": 10, "fpp": 0.01}, "event_id": True}),
    )
    for name, kind in {
        "large lists": pa.large_list(SIDES),
        "list views": pa.list_view(SIDES),
    }.items():
        yield f"pyarrow {name}", arrow(cast(images=kind))
    yield "pyarrow flat lists", arrow(use_compliant_nested_type=False)
    for kind in (pa.int16(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()):
        yield f"pyarrow {kind}", arrow(cast(output_tokens=kind))


def json_texts() -> pa.Table:
    """Organizations as texts that are said to be JSON, and are none."""
    place = SCHEMA.get_field_index("org_id")
    texts = pa.ExtensionArray.from_storage(pa.json_(), TABLE["org_id"].combine_chunks())
    return TABLE.set_column(place, "org_id", texts)


@cache
def one_duckdb() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def duckdb_copy(options: str, select: str = "*") -> Maker:
    def make(path: Path) -> None:
        with one_duckdb().cursor() as con:
            con.execute("set timezone = 'UTC'")
            con.register("made", TABLE)
            con.execute(f"copy (select {select} from made) to '{path}' (format parquet, {options})")

    return make


def by_duckdb() -> Iterator[tuple[str, Maker]]:
    codecs = ("uncompressed", "snappy", "gzip", "zstd", "brotli", "lz4", "lz4_raw")
    for codec, version in product(codecs, ("v1", "v2")):
        yield f"DuckDB {codec} {version}", duckdb_copy(f"codec {codec}, parquet_version {version}")
    yield "DuckDB small row groups", duckdb_copy("row_group_size 16, dictionary_size_limit 2")
    for kind in ("timestamp", "timestamp_s", "timestamp_ms", "timestamp_ns"):
        yield (
            f"DuckDB {kind}",
            duckdb_copy("codec zstd", f"* replace (event_time::{kind} as event_time)"),
        )
    yield (
        "DuckDB enums",
        duckdb_copy("codec zstd", "* replace (key_mode::enum('platform', 'own') as key_mode)"),
    )
    yield "DuckDB json", duckdb_copy("codec zstd", "* replace (agent_id::json as agent_id)")


def by_polars() -> Iterator[tuple[str, Maker]]:
    frame = pl.from_arrow(TABLE)
    assert isinstance(frame, pl.DataFrame)

    def write(frame: pl.DataFrame, **options: Any) -> Maker:
        return lambda path: frame.write_parquet(path, **options)

    for codec in ("uncompressed", "snappy", "gzip", "brotli", "zstd", "lz4"):
        yield f"Polars {codec}", write(frame, compression=codec)
    for statistics in (True, False, "full"):
        yield f"Polars statistics {statistics}", write(frame, statistics=statistics)
    yield "Polars small pages", write(frame, row_group_size=9, data_page_size=64)
    for unit in ("ms", "us", "ns"):
        at = pl.col("event_time").dt.cast_time_unit(unit)
        yield f"Polars {unit}", write(frame.with_columns(at))
        yield f"Polars naive {unit}", write(frame.with_columns(at.dt.replace_time_zone(None)))
    yield "Polars categories", write(frame.cast({"org_id": pl.Categorical}))
    yield "Polars enums", write(frame.cast({"key_mode": pl.Enum(["platform", "own"])}))
    yield "Polars by pyarrow", write(frame, use_pyarrow=True)


def by_pandas() -> Iterator[tuple[str, Maker]]:
    import pandas as pd

    frame = TABLE.to_pandas(types_mapper={pa.int32(): pd.Int32Dtype()}.get)
    for codec in ("snappy", "gzip", "zstd", None):
        yield f"pandas {codec}", partial(frame.to_parquet, compression=codec)
    yield "pandas index", lambda path: frame.set_index("event_id", drop=False).to_parquet(path)


def by_fastparquet() -> Iterator[tuple[str, Maker]]:
    import fastparquet
    import pandas as pd

    frame = pd.DataFrame(plain_rows()).astype({"output_tokens": "Int32"})

    def write(frame: pd.DataFrame = frame, **options: Any) -> Maker:
        def make(path: Path) -> None:
            with warnings.catch_warnings():  # of pandas, of how fastparquet calls it
                warnings.simplefilter("ignore")
                fastparquet.write(path, frame, **options)

        return make

    for codec in ("UNCOMPRESSED", "SNAPPY", "GZIP", "ZSTD", "BROTLI", "LZ4_RAW"):
        yield f"fastparquet {codec}", write(compression=codec)
    for nulls, statistics in product((True, ["agent_id", "output_tokens"]), (True, False)):
        options = {"has_nulls": nulls, "stats": statistics}
        yield f"fastparquet {' '.join(map(str, options.values()))}", write(**options)
    yield "fastparquet categories", write(frame.astype({"org_id": "category"}))
    yield "fastparquet row groups", write(row_group_offsets=[0, 10, 25])
    for times in ("int64", "int96"):
        nano = frame.astype({"event_time": "datetime64[ns]"})
        yield f"fastparquet ns {times}", write(nano, times=times)
    yield (
        "fastparquet zone",
        write(frame.assign(event_time=frame["event_time"].dt.tz_localize("UTC"))),
    )
