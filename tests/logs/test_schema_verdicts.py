"""Odd schemas: the exact verdict of each kind, alone and mixed with good files in both orders.

`docs/arrivals.md` says by which rules; how values are read belongs to `test_take_in`.
"""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pricing_assets.common.errors import RejectedLog
from pricing_assets.home import Receipt
from pricing_assets.intake.arrived import Arrived, Rules
from pricing_assets.intake.examine import Examined
from pricing_assets.logs.parquet_footer import FileLimits
from tests.support.hostile_logs import plain
from tests.support.workspace import LIMITS, NOON, READER, RECEIVED, SCHEMA, row

RULES = Rules("UTC", ("agent_id",), LIMITS, FileLimits())
TAKEN, SCHEMA_, UNREADABLE = "taken", "wrong_schema", "unreadable"
Make = Callable[[Path], object]


def written(change: Callable[[pa.Table], pa.Table] = lambda made: made, **options: Any) -> Make:
    return lambda path: pq.write_table(change(plain(3)), path, **options)


def of(name: str, value: Any, kind: pa.DataType | None = None) -> Make:
    """One column of another type, the same value in each row."""
    column = pa.array([value] * 3, kind)
    return written(lambda made: made.set_column(made.schema.names.index(name), name, column))


def cast(name: str, kind: pa.DataType, **options: Any) -> Make:
    """One column as it is, in another type."""

    def change(made: pa.Table) -> pa.Table:
        place = made.schema.names.index(name)
        return made.set_column(place, name, made.column(name).cast(kind))

    return written(change, **options)


def renamed(old: str, new: str) -> Make:
    return written(
        lambda made: made.rename_columns(
            [new if name == old else name for name in made.column_names]
        )
    )


def repeated(name: str) -> Make:
    return written(lambda made: made.append_column(name, made.column(name)))


def row_groups(*rows: int) -> Make:
    def write(path: Path) -> None:
        with pq.ParquetWriter(path, SCHEMA) as writer:
            for count in rows:
                writer.write_table(plain(3).slice(0, count))

    return write


NANO = pa.timestamp("ns")

KINDS: dict[str, tuple[Make, str]] = {
    # columns
    "as it should be": (written(), TAKEN),
    "a required column is missing": (written(lambda made: made.drop_columns(["org_id"])), SCHEMA_),
    "an optional column is missing": (written(lambda made: made.drop_columns(["status"])), TAKEN),
    "a required column in another case": (renamed("org_id", "Org_Id"), SCHEMA_),
    "an optional column in another case": (renamed("status", "Status"), TAKEN),
    "a column renamed with a blank": (renamed("event_id", "event_id "), SCHEMA_),
    "a required column twice": (repeated("org_id"), SCHEMA_),
    "an optional column twice": (repeated("input_tokens"), SCHEMA_),
    "an unknown column": (written(lambda made: made.append_column("x", pa.array([1] * 3))), TAKEN),
    "columns in another order": (written(lambda made: made.select(made.column_names[::-1])), TAKEN),
    "a nested unknown column": (
        written(lambda made: made.append_column("x", pa.array([[{"y": [1]}]] * 3))),
        TAKEN,
    ),
    "a struct where a string belongs": (of("brand", {"name": "Acme"}), SCHEMA_),
    "a list where an integer belongs": (of("input_tokens", [1]), SCHEMA_),
    # integers
    **{
        f"{kind} quantities": (of("input_tokens", 100, kind), TAKEN)
        for kind in (
            *(pa.int8(), pa.int16(), pa.int32(), pa.int64()),
            *(pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()),
        )
    },
    "decimal quantities": (of("input_tokens", Decimal(1), pa.decimal128(18, 0)), SCHEMA_),
    "decimal256 quantities": (of("input_tokens", Decimal(1), pa.decimal256(40, 0)), SCHEMA_),
    "double quantities": (of("input_tokens", 1.0), TAKEN),
    "float quantities": (of("input_tokens", 1.0, pa.float32()), TAKEN),
    "half-float quantities": (of("input_tokens", 1.0, pa.float16()), TAKEN),
    "NaN quantities": (of("input_tokens", float("nan")), TAKEN),
    "boolean quantities": (of("input_tokens", True), SCHEMA_),
    "quantities as text": (of("input_tokens", "1"), SCHEMA_),
    "quantities of the null type": (of("input_tokens", None, pa.null()), TAKEN),
    # texts
    "dictionary texts": (cast("org_id", pa.dictionary(pa.int32(), pa.string())), TAKEN),
    # Arrow names a least and a greatest value of it, and counts nulls only
    "a dictionary of which no value is used": (
        written(
            lambda made: made.set_column(
                made.schema.names.index("status"),
                "status",
                pa.DictionaryArray.from_arrays(pa.array([None] * 3, pa.int32()), ["success"]),
            )
        ),
        TAKEN,
    ),
    "large texts": (cast("org_id", pa.large_string()), TAKEN),
    "view texts": (cast("org_id", pa.string_view()), TAKEN),
    "binary texts": (cast("org_id", pa.binary()), SCHEMA_),
    "integer ids": (of("event_id", 7), SCHEMA_),
    "required texts of the null type": (of("org_id", None, pa.null()), SCHEMA_),
    # times
    "seconds": (cast("event_time", pa.timestamp("s")), TAKEN),
    "milliseconds": (cast("event_time", pa.timestamp("ms")), TAKEN),
    "nanoseconds": (cast("event_time", NANO), TAKEN),
    "naive microseconds": (cast("event_time", pa.timestamp("us")), TAKEN),
    "zoned nanoseconds": (cast("event_time", pa.timestamp("ns", "Asia/Tokyo")), TAKEN),
    "times of 96 bits": (cast("event_time", NANO, use_deprecated_int96_timestamps=True), TAKEN),
    "dates": (of("event_time", NOON.date()), SCHEMA_),
    "times as text": (of("event_time", "2026-02-03T12:00:00Z"), SCHEMA_),
    "times as integers": (of("event_time", 1_770_120_000), SCHEMA_),
    # how it is written
    **{
        f"{codec} pages": (written(compression=codec), TAKEN)
        for codec in ("none", "snappy", "gzip", "zstd", "lz4", "brotli")
    },
    "pages of version 2": (written(data_page_version="2.0"), TAKEN),
    "pages of few bytes": (written(data_page_size=1, write_batch_size=1), TAKEN),
    "no dictionaries": (written(use_dictionary=False), TAKEN),
    "delta encodings": (
        written(
            use_dictionary=False,
            column_encoding={"event_id": "DELTA_BYTE_ARRAY", "input_tokens": "DELTA_BINARY_PACKED"},
        ),
        TAKEN,
    ),
    "split bytes": (
        written(use_dictionary=False, column_encoding={"input_tokens": "BYTE_STREAM_SPLIT"}),
        TAKEN,
    ),
    "a page index and no statistics": (
        written(write_page_index=True, write_statistics=False),
        TAKEN,
    ),
    "no rows": (lambda path: pq.write_table(plain(0), path), TAKEN),
    "no row groups": (row_groups(), TAKEN),
    "an empty row group between others": (row_groups(1, 0, 2), TAKEN),
}


def verdict(one: object) -> str:
    return TAKEN if isinstance(one, Receipt) else getattr(one, "reason", "")


def examined(paths: list[Path]) -> Examined:
    logs = [Arrived(path, path.name, path.stem, path.stat().st_size) for path in paths]
    return READER.examine(logs, RULES, RECEIVED, paths[0].parent)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every kind as a file."""
    folder = tmp_path_factory.mktemp("schemas")
    made = {}
    for number, (kind, (make, _)) in enumerate(KINDS.items()):
        made[kind] = folder / f"{number:064d}.parquet"
        make(made[kind])
    return made


def test_there_are_47_kinds_and_more() -> None:
    assert len(KINDS) >= 47


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_of_schema_has_its_verdict_alone(alone: dict[str, Path], kind: str) -> None:
    """And what was read: as many rows as it has."""
    (one,) = examined([alone[kind]])
    assert verdict(one) == KINDS[kind][1], one
    if isinstance(one, Receipt):
        assert sum(one.dates.values()) == one.rows == pq.read_metadata(alone[kind]).num_rows


def test_a_column_that_comes_twice_is_named(alone: dict[str, Path]) -> None:
    (one,) = examined([alone["a required column twice"]])
    assert isinstance(one, RejectedLog)
    assert one.detail == "column 'org_id' comes 2 times (write each column once)"


@pytest.mark.parametrize("backwards", [False, True])
def test_a_kind_of_schema_has_the_same_verdict_among_all_others(
    alone: dict[str, Path], backwards: bool
) -> None:
    """Good files before and after each, read together, in one order and in the other."""
    folder = next(iter(alone.values())).parent
    good = [folder / f"{n:064d}.parquet" for n in range(900, 900 + len(KINDS) + 1)]
    for n, path in enumerate(good):
        pq.write_table(pa.Table.from_pylist([row(event_id=f"good {n}")], SCHEMA), path)
    mixed = [path for pair in zip(good, alone.values(), strict=False) for path in pair] + good[-1:]
    order = mixed[::-1] if backwards else mixed
    found = dict(zip(order, examined(order), strict=True))
    for path in good:
        assert verdict(found[path]) == TAKEN
    assert {kind: verdict(found[path]) for kind, path in alone.items()} == {
        kind: said for kind, (_, said) in KINDS.items()
    }
    for path in alone.values():
        one = found[path]
        if isinstance(one, Receipt):
            assert sum(one.dates.values()) == one.rows == pq.read_metadata(path).num_rows
