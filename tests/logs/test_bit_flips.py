"""What vouches for a log: with a digest or page checksums, no changed bit is read without a word.

That a damaged file costs only itself belongs to `test_reader_process`.
"""

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pricing_assets.common.errors import RejectedLog
from pricing_assets.db import connection as duck
from pricing_assets.home import Receipt
from pricing_assets.intake.arrived import Arrived, Rules
from pricing_assets.logs import relation as events
from pricing_assets.logs import schema as log_schema
from pricing_assets.logs.parquet_footer import FileLimits
from tests.support import forked
from tests.support.cases import few_in_short
from tests.support.invariants import all_charges_are_explained
from tests.support.workspace import LIMITS, NOON, RECEIVED, SCHEMA, Workspace, row

COLUMNS = (
    *("event_id", "event_time", "org_id", "billing_type", "brand", "model", "key_mode"),
    *("input_tokens", "output_tokens"),
)
RULES = Rules("UTC", ("agent_id",), LIMITS, FileLimits())
Rows = list[tuple[Any, ...]]


def small_log(path: Path, **options: Any) -> bytes:
    """A log of five rows, two organizations and every kind of value."""
    rows = [
        row(
            event_id=f"e{n}",
            event_time=NOON + timedelta(seconds=n),
            org_id=("acme", "globex")[n % 2],
            input_tokens=1000 + n,
            output_tokens=n * 7 or None,
        )
        for n in range(5)
    ]
    table = pa.Table.from_pylist(rows, SCHEMA).select(COLUMNS)
    pq.write_table(table, path, write_page_checksum=True, **options)
    return path.read_bytes()


def wide_log(path: Path) -> bytes:
    """The same with lists, narrow and unsigned integers, milliseconds, two row groups and encodings
    that the other has not."""
    kinds = {
        "event_time": pa.timestamp("ms"),
        "input_tokens": pa.uint16(),
        "output_tokens": pa.int8(),
    }
    images: list[Any] = [
        None,
        [],
        [{"width": 10, "height": 20}],
        [{"width": 1, "height": 2}, {"width": 3, "height": 4}],
        [{"width": None, "height": 4}],
    ]
    rows = [
        row(
            event_id=f"e{n}",
            event_time=(NOON + timedelta(seconds=n)).replace(tzinfo=None),
            org_id=("acme", "globex")[n % 2],
            agent_id=(None, "x")[n % 2],
            status=(None, "success")[n % 2],
            input_tokens=1000 + n,
            output_tokens=n * 7 or None,
            images=images[n],
        )
        for n in range(5)
    ]
    schema = pa.schema([pa.field(f.name, kinds.get(f.name, f.type)) for f in SCHEMA])
    columns = [*COLUMNS, "agent_id", "status", "images", "stored_tokens"]
    table = pa.Table.from_pylist(rows, schema).select([n for n in schema.names if n in columns])
    encodings = {
        "event_id": "DELTA_BYTE_ARRAY",
        "event_time": "DELTA_BINARY_PACKED",
        "input_tokens": "DELTA_BINARY_PACKED",
        "org_id": "DELTA_LENGTH_BYTE_ARRAY",
    }
    pq.write_table(
        table,
        path,
        write_page_checksum=True,
        data_page_version="2.0",
        compression="none",
        use_dictionary=False,
        column_encoding=encodings,
        store_schema=False,
        row_group_size=3,
    )
    return path.read_bytes()


def read(logs: list[tuple[Path, log_schema.Schema]]) -> list[Rows]:
    """The rows of each log as the pipeline reads them, but for the file's digest."""
    with duck.connection(LIMITS, within=[log.parent for log, _ in logs[:1]]) as con:
        relations = (
            events.relation_of(con, [(log, schema, None)], ("agent_id",)) for log, schema in logs
        )
        return [
            sorted(one.select(duckdb.StarExpression(exclude=["file"])).fetchall(), key=repr)
            for one in relations
        ]


def read_by_itself(log: Path, schema: log_schema.Schema) -> Rows:
    try:
        return read([(log, schema)])[0]
    except duckdb.Error as error:
        return [(str(error),)]


def became(folder: Path, data: bytes, mutants: Iterable[bytes]) -> tuple[Counter[str], list[int]]:
    """What becomes of mutants of a file whose checksums are right, counted, and which of them
    are read as something else."""
    folder.mkdir()
    source = folder / f"{'0' * 64}.parquet"
    source.write_bytes(data)
    (whole,) = examined(folder, [Arrived(source, "a", "0" * 64, len(data))])
    assert isinstance(whole, Receipt)
    assert whole.integrity == "page_checksums"
    (expected,) = read([(source, whole.schema)])
    counts: Counter[str] = Counter()
    misread = []
    for batch in batches(folder, mutants):
        logs = [log for _, log in batch]
        found = list(zip(batch, examined(folder, logs), strict=True))
        taken = [(number, log, one) for (number, log), one in found if isinstance(one, Receipt)]
        try:
            rows = read([(log.copy, one.schema) for _, log, one in taken])
        except duckdb.Error:
            rows = [read_by_itself(log.copy, one.schema) for _, log, one in taken]
        counts.update(one.reason for _, one in found if isinstance(one, RejectedLog))
        for (number, _, one), these in zip(taken, rows, strict=True):
            same = (one.rows, one.undated) == (5, {}) and these == expected
            counts["the same" if same else "misread"] += 1
            misread += [] if same else [number]
        for log in logs:
            log.copy.unlink()
    return counts, misread


def examined(folder: Path, logs: list[Arrived]) -> list[Receipt | RejectedLog]:
    return forked.examined(logs, RULES, RECEIVED, folder)


def batches(folder: Path, mutants: Iterable[bytes]) -> Iterator[list[tuple[int, Arrived]]]:
    batch = []
    for number, data in enumerate(mutants):
        name = f"{number:064d}"
        (folder / f"{name}.parquet").write_bytes(data)
        batch.append((number, Arrived(folder / f"{name}.parquet", "a", name, len(data))))
        if len(batch) == 50:
            yield batch
            batch = []
    if batch:
        yield batch


def flips(data: bytes, every: int) -> Iterator[bytes]:
    """The file with one bit changed, at each bit or at every so many."""
    for bit in range(0, len(data) * 8, every):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        yield bytes(changed)


def mixed(data: bytes, count: int) -> Iterator[bytes]:
    """Other damage, by turns: a byte, a stretch of zeros or noise, a part cut out, doubled or
    swapped with another."""
    chance = random.Random(20260203)
    for number in range(count):
        at, other = sorted(chance.sample(range(4, len(data) - 8), 2))
        size = min(chance.choice((1, 2, 4, 16, 64)), len(data) - 8 - other)
        one, two = data[at : at + size], data[other : other + size]
        yield [
            data[:at] + bytes([data[at] ^ chance.randrange(1, 256)]) + data[at + 1 :],
            data[:at] + b"\0" * size + data[at + size :],
            data[:at] + chance.randbytes(size) + data[at + size :],
            data[:at] + data[at + size :],
            data[:at] + one + data[at:],
            data[:at] + two + data[at + size : other] + one + data[other + size :]
            if at + size <= other
            else data[:at] + data[other:],
        ][number % 6]


SHORT = 211
"""Bits from one flip to the next in the short form: no divisor of a byte, so every bit's turn comes."""


@pytest.mark.parametrize("log", ["snappy", pytest.param("wide", marks=pytest.mark.slow)])
def test_no_flipped_bit_is_read_without_a_word(tmp_path: Path, log: str) -> None:
    path = tmp_path / "a.parquet"
    data = wide_log(path) if log == "wide" else small_log(path, compression=log)
    counts, misread = became(tmp_path / "flips", data, flips(data, SHORT))
    assert misread == []
    assert counts["wrong_checksum"] > 10
    assert counts["unreadable"] > 10


@pytest.mark.slow
@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.slow)])
def test_statistics_of_a_wrong_size_are_found_among_good_files(tmp_path: Path, every: int) -> None:
    """DuckDB looks at them only where it reads a file by itself, as a later step may."""
    data = small_log(tmp_path / "a.parquet")
    footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    sizes = [at for at in range(footer, len(data) - 8) if data[at : at + 1] == b"\x08"]
    mutants = [data[:at] + b"\x28" + data[at + 1 :] for at in sizes[::every]]
    good = Arrived(tmp_path / f"{'0' * 64}.parquet", "good", "0" * 64, len(data))
    other = Arrived(tmp_path / f"{'1' * 64}.parquet", "other", "1" * 64, len(data))
    good.copy.write_bytes(data)
    found: Counter[bool] = Counter()
    for mutant in mutants:
        other.copy.write_bytes(mutant)
        whole, one = examined(tmp_path, [good, other])
        assert isinstance(whole, Receipt)
        if isinstance(one, Receipt):
            assert read([(other.copy, one.schema)]) == read([(good.copy, whole.schema)])
        else:
            found["cannot be decoded; have it written" in one.detail] += 1
    assert found[True] > 1


def test_a_count_of_nulls_does_not_empty_a_column(tmp_path: Path) -> None:
    """DuckDB leaves a column unread that is said to be null throughout."""
    data = small_log(tmp_path / "a.parquet")
    one_null = bytes((0x16, 0x02, 0x28))  # and then the greatest value
    mutants = [data.replace(one_null, bytes((0x16, nulls, 0x28))) for nulls in (0x0A, 0x0C)]
    assert data not in mutants
    counts, misread = became(tmp_path / "nulls", data, mutants)
    assert (counts["unreadable"], misread) == (2, [])


@pytest.mark.parametrize(
    ("options", "optional"),
    few_in_short(
        [
            ({"data_page_version": "2.0"}, True),
            ({"use_dictionary": False, "column_encoding": {"agent_id": "DELTA_BYTE_ARRAY"}}, True),
            ({"use_dictionary": False}, False),
            ({}, True),
            ({"use_dictionary": False}, True),
            ({"use_dictionary": False, "data_page_version": "2.0"}, True),
        ],
        3,
    ),
)
def test_nor_one_whose_values_are_too_long_for_statistics(
    tmp_path: Path, options: dict[str, Any], optional: bool
) -> None:
    rows = [row(event_id=f"e{n}", agent_id="x" * 5000) for n in range(5)]
    fields = [pa.field(f.name, f.type, optional or f.name != "agent_id") for f in SCHEMA]
    table = pa.Table.from_pylist(rows, pa.schema(fields)).select([*COLUMNS, "agent_id"])
    path = tmp_path / "a.parquet"
    pq.write_table(table, path, write_page_checksum=True, **options)
    data = path.read_bytes()
    footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    no_null, five = b"\x36\x00\x00", b"\x36\x0a\x00"  # and no value
    assert data[footer:].count(no_null) == 1
    mutant = data[:footer] + data[footer:].replace(no_null, five)
    counts, misread = became(tmp_path / "nulls", data, [mutant])
    assert (counts["unreadable"], misread) == (1, [])


@pytest.mark.parametrize(
    ("version", "dictionary"),
    few_in_short([("1.0", True), ("2.0", False), ("1.0", False), ("2.0", True)], 2),
)
def test_a_column_that_is_null_is_taken_in(tmp_path: Path, version: str, dictionary: bool) -> None:
    table = pa.Table.from_pylist([row()], SCHEMA)
    assert table["agent_id"].null_count == 1
    log = tmp_path / f"{'0' * 64}.parquet"
    pq.write_table(table, log, data_page_version=version, use_dictionary=dictionary)
    (one,) = examined(tmp_path, [Arrived(log, "a", "0" * 64, log.stat().st_size)])
    assert isinstance(one, Receipt)


@pytest.mark.slow
@pytest.mark.parametrize("told", [b"!", pytest.param(b"~", marks=pytest.mark.slow)])
def test_statistics_that_lie_change_no_charge(workspace: Workspace, told: bytes) -> None:
    """By them readers leave rows out; those of `event_time` are held against its values."""
    rows = [
        row(event_id=f"e{n}", org_id=("acme", "globex")[n % 2], input_tokens=1000 + n % 5)
        for n in range(9)
    ]
    path = workspace.log("a.parquet", *rows)
    workspace.run()
    whole = workspace.sql("from charges"), workspace.sql("select outcome, rows from account")
    data = path.read_bytes()
    path.write_bytes(lying(data, told))
    liar = workspace.beside("liar")
    assert not liar.run().arrivals.rejected
    assert (liar.sql("from charges"), liar.sql("select outcome, rows from account")) == whole
    assert all_charges_are_explained(liar) == len(whole[0])


def lying(data: bytes, told: bytes) -> bytes:
    """The file with other bounds of every text and integer in its footer."""
    at = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    group = pq.ParquetFile(pa.BufferReader(data)).metadata.row_group(0)
    changed = 0
    for place in range(group.num_columns):
        column = group.column(place)
        stored = column.statistics
        if not stored.has_min_max or column.path_in_schema == "event_time":
            continue
        for bound in {stored.min_raw, stored.max_raw}:
            raw = bound.to_bytes(8, "little") if isinstance(bound, int) else bytes(bound)
            size = bytes([len(raw)])
            assert size + raw in data[at:]
            data = data[:at] + data[at:].replace(size + raw, size + told * len(raw))
            changed += 1
    assert changed > 6
    return data


def test_microseconds_do_not_become_nanoseconds(tmp_path: Path) -> None:
    """A footer says twice what an instant is; no checksum covers either."""
    data = small_log(tmp_path / "a.parquet")
    zoned, micro, nano = bytes((0x4C, 0x8C, 0x11, 0x1C)), b"\x2c", b"\x3c"
    assert data.count(zoned + micro) == 1
    changed = data.replace(zoned + micro, zoned + nano)
    counts, misread = became(tmp_path / "units", data, [changed])
    assert (counts["unreadable"], misread) == (1, [])


@pytest.mark.parametrize(("width", "signed"), [(0x08, 0x12), (0x10, 0x11)])
def test_an_integer_does_not_become_another(tmp_path: Path, width: int, signed: int) -> None:
    """200 as one byte is 200 or -56, as two it is 200."""
    kinds = [pa.field(f.name, pa.uint16()) if f.name == "input_tokens" else f for f in SCHEMA]
    table = pa.Table.from_pylist([row(input_tokens=300)], pa.schema(kinds)).select(COLUMNS)
    log = tmp_path / f"{'0' * 64}.parquet"
    pq.write_table(table, log, write_page_checksum=True)
    data = log.read_bytes()
    two_bytes_unsigned = bytes((0x13, 0x10, 0x12))
    assert data.count(two_bytes_unsigned) == 1
    arrived = Arrived(log, "a", "0" * 64, len(data))
    (whole,) = examined(tmp_path, [arrived])
    assert isinstance(whole, Receipt)
    log.write_bytes(data.replace(two_bytes_unsigned, bytes((0x13, width, signed))))
    (one,) = examined(tmp_path, [arrived])
    assert isinstance(one, RejectedLog)
    assert "column 'input_tokens' does not agree with itself: it is UINT_16 and" in one.detail


def test_values_do_not_become_levels(tmp_path: Path) -> None:
    """Pages of the newer kind say in their headers, which no checksum covers, where values begin."""
    data = small_log(tmp_path / "a.parquet", data_page_version="2.0")
    # rows, encoding, bytes of definition and of repetition levels
    page = bytes((0x15, 0x0A, 0x15, 0x10, 0x15, 0x04, 0x15, 0x00))
    assert data.count(page) == len(COLUMNS)
    mutants = [data.replace(page, page[:5] + size + page[6:], 1) for size in (b"\x0c", b"\x02")]
    counts, misread = became(tmp_path / "levels", data, mutants)
    assert (counts["unreadable"], misread) == (2, [])


@pytest.mark.slow
@pytest.mark.parametrize("log", ["1.0", "2.0", "wide"])
def test_no_bit_of_all_is_read_without_a_word(tmp_path: Path, log: str) -> None:
    path = tmp_path / "a.parquet"
    data = wide_log(path) if log == "wide" else small_log(path, data_page_version=log)
    counts, misread = became(tmp_path / "flips", data, flips(data, 1))
    print(f"\n{log}: {len(data) * 8:,} flips: {dict(counts)}")
    assert misread == []


@pytest.mark.parametrize("count", [60, pytest.param(1470, marks=pytest.mark.slow)])
def test_no_mixed_damage_is_read_without_a_word(tmp_path: Path, count: int) -> None:
    data = small_log(tmp_path / "a.parquet")
    counts, misread = became(tmp_path / "mixed", data, mixed(data, count))
    print(f"\n{count:,} mutants: {dict(counts)}")
    assert misread == []
