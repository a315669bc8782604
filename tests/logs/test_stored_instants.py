"""Instants that are none: what a row with one becomes, however it is stored, alone and beside others.

Units and zones of good instants belong to `test_take_in`, floats among quantities to
`test_account_quantities`.
"""

import struct
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.cli import app as cli
from pricing_assets.common.errors import RejectedLog
from pricing_assets.db import connection as duck
from pricing_assets.home import pinned_logs
from pricing_assets.home.opening import RequestedSettings
from pricing_assets.intake import examine
from pricing_assets.logs import relation as events
from pricing_assets.logs import stored_instants
from pricing_assets.logs.parquet_footer import FileLimits
from tests.support.cases import few_in_short
from tests.support.workspace import LIMITS, NOON, SCHEMA, Workspace, row, write_card, write_log

LENIENT = RequestedSettings(quarantine_limit="1", quarantine_floor=0)
LEAST, MOST = -(2**63), 2**63 - 1
A_DAY = 86_400 * 10**9
NOON_NS = 1_770_120_000 * 10**9
END_NS = 253_402_300_800 * 10**9
PER = {"ms": 10**6, "us": 1000, "ns": 1}
OPTIONS: dict[str, dict[str, Any]] = {
    "dictionary": {},
    "plain": {"use_dictionary": False},
    "no statistics": {"write_statistics": False},
    "pages 2": {"data_page_version": "2.0", "use_dictionary": False},
    "checked pages 2": {"data_page_version": "2.0", "write_page_checksum": True},
    "delta": {"use_dictionary": False, "column_encoding": {"event_time": "DELTA_BINARY_PACKED"}},
    "no Arrow schema": {"store_schema": False, "row_group_size": 2},
}
NONE = {
    # at both ends of 64 bits, around them, and around both ends of 1970 to 9999
    **{
        unit: (
            *(LEAST, LEAST + 1, MOST, MOST - 1, -1, -(10**18), 10**18),
            *(END_NS // PER[unit], -62_135_596_800 * 10**9 // PER[unit]),
        )
        for unit in ("ms", "us")
    },
    "ns": (LEAST, LEAST + 1, LEAST + 999, -1, -1000, -(10**17)),
}


def write(
    path: Path, stored: list[int | None], unit: str, zone: str | None, **options: Any
) -> Path:
    """A log with an event at noon around each stored number."""
    numbers = [n for one in stored for n in (NOON_NS // PER[unit], one)]
    rows = [row(event_id=f"{path.stem} {n}") for n in range(len(numbers))]
    table = pa.Table.from_pylist(rows, SCHEMA)
    column = pa.array(numbers, pa.int64()).cast(pa.timestamp(unit, zone))
    pq.write_table(table.set_column(0, "event_time", column), path, **options)
    return path


def read_back(path: Path) -> list[tuple[Any, Any]]:
    """Each row's `event_time` and `event_time_raw`."""
    kept = path.rename(path.parent / f"{'a' * 64}.parquet")
    schema = examine.gate(kept, ("agent_id",), FileLimits())[0].schema
    with duck.connection(LIMITS, within=[kept.parent]) as con:
        read = events.relation_of(con, [(kept, schema, None)], ("agent_id",))
        assert [n for (n,) in read.select("row_number").fetchall()] == list(range(len(read)))
        return read.select("event_time", "event_time_raw").fetchall()


def expected(stored: list[int | None]) -> list[tuple[Any, Any]]:
    raw = [None if one is None else Decimal(one) for one in stored]
    return [pair for one in raw for pair in ((NOON.replace(tzinfo=None), None), (None, one))]


KINDS = [(unit, zone) for zone in (None, "UTC") for unit in NONE]
WRITTEN = [(*kind, option) for kind in KINDS for option in OPTIONS]
"""Each number's unit and zone, and how its file is written: every third first, which has each of
them with several of the others."""


@pytest.mark.parametrize(
    ("unit", "zone", "option"),
    few_in_short((one for at in range(3) for one in WRITTEN[at::3]), len(WRITTEN) // 3),
)
def test_a_number_that_is_no_instant_is_kept_as_it_is(
    tmp_path: Path, unit: str, zone: str | None, option: str
) -> None:
    stored: list[int | None] = [None, *NONE[unit]]
    path = write(tmp_path / "log.parquet", stored, unit, zone, **OPTIONS[option])
    assert read_back(path) == expected(stored)


@pytest.mark.parametrize("unit", few_in_short(["us", "ms", "ns"]))
def test_each_instant_that_is_none_is_read_alike_alone(tmp_path: Path, unit: str) -> None:
    """What one number needs does not hide what another does."""
    for n, one in enumerate(NONE[unit]):
        (tmp_path / f"{n}").mkdir()
        path = write(tmp_path / f"{n}" / "log.parquet", [one], unit, "UTC" if n % 2 else None)
        assert read_back(path) == expected([one])


def test_the_last_instants_are_some(tmp_path: Path) -> None:
    """At both ends of 1970 to 9999, and among numbers that are none."""
    for unit, ends in {"ms": 999_000, "us": 999_999}.items():
        stored = [0, END_NS // PER[unit] - 1, LEAST]
        path = write(tmp_path / "log.parquet", stored, unit, None)
        last = datetime(9999, 12, 31, 23, 59, 59, ends)
        found = [pair for pair in read_back(path) if pair[0] != NOON.replace(tzinfo=None)]
        assert found == [(datetime(1970, 1, 1), None), (last, None), (None, Decimal(LEAST))]
    stored = [0, 999, 1000, 1999, -1, -1000, LEAST, MOST]
    path = write(tmp_path / "log.parquet", stored, "ns", None)
    found = [pair for pair in read_back(path) if pair[0] != NOON.replace(tzinfo=None)]
    at = [datetime(1970, 1, 1) + timedelta(microseconds=n) for n in (0, 0, 1, 1, MOST // 1000)]
    raw = [(None, Decimal(one)) for one in (-1, -1000, LEAST)]
    assert found == [*((one, None) for one in at[:4]), *raw, (at[4], None)]


def of_96_bits(path: Path, parts: list[tuple[int, int]], **options: Any) -> Path:
    """A log with an event at noon around each Julian day and nanosecond of the day."""
    places = [NOON_NS + n * 1000 for n in range(2 * len(parts))]
    rows = [row(event_id=f"{path.stem} {n}") for n in range(len(places))]
    table = pa.Table.from_pylist(rows, SCHEMA)
    column = pa.array(places, pa.timestamp("ns"))
    pq.write_table(
        table.set_column(0, "event_time", column),
        path,
        use_deprecated_int96_timestamps=True,
        compression="none",
        **options,
    )
    data = path.read_bytes()
    for place, (day, nanos) in zip(places[1::2], parts, strict=True):
        before = struct.pack("<qi", place % A_DAY, place // A_DAY + stored_instants.EPOCH_DAY)
        assert data.count(before) == 1
        data = data.replace(before, struct.pack("<qi", nanos, day))
    path.write_bytes(data)
    return path


DAY_0 = stored_instants.EPOCH_DAY
WRAPS = DAY_0 + 2**64 // (A_DAY // 1000) + 20_000  # 2024 to a reader that counts in 64 bits
PARTS_96 = [
    *((0, 0), (-1, -1), (2**31 - 1, 0), (-(2**31), A_DAY - 1), (WRAPS, 0), (DAY_0 - 1, A_DAY - 1)),
    *((DAY_0, -1), (2**31 - 1, MOST), (DAY_0 + END_NS // A_DAY, 0), (DAY_0, LEAST)),
]


@pytest.mark.parametrize("dictionary", [True, False])
def test_96_bits_are_read_as_the_number_that_they_are(tmp_path: Path, dictionary: bool) -> None:
    """In nanoseconds: no reader's 64 bits hold it."""
    path = of_96_bits(tmp_path / "log.parquet", PARTS_96, use_dictionary=dictionary)
    raw = [(None, Decimal((day - DAY_0) * A_DAY + nanos)) for day, nanos in PARTS_96]
    assert [pair for pair in read_back(path) if pair[0] is None] == raw


def test_each_instant_of_96_bits_is_read_alike_alone(tmp_path: Path) -> None:
    for n, part in enumerate(PARTS_96):
        (tmp_path / f"{n}").mkdir()
        path = of_96_bits(tmp_path / f"{n}" / "log.parquet", [part])
        raw = Decimal((part[0] - DAY_0) * A_DAY + part[1])
        assert [pair for pair in read_back(path) if pair[0] is None] == [(None, raw)]


def test_96_bits_whose_time_of_day_is_beyond_the_day_are_an_instant(tmp_path: Path) -> None:
    parts = [(DAY_0 + 1, -1), (DAY_0 - 1, A_DAY), (DAY_0, 3 * A_DAY + 1999), (WRAPS, 0)]
    found = read_back(of_96_bits(tmp_path / "log.parquet", parts))[1::2]
    at = [
        datetime(1970, 1, 1) + timedelta(days=d, microseconds=us)
        for d, us in ((1, -1), (0, 0), (3, 1))
    ]
    assert [one for one, _ in found] == [*at, None]


# Whole runs


Make = Callable[[Path], Path]


def of(unit: str, zone: str | None, *stored: int | None, **options: Any) -> Make:
    return lambda path: write(path, [*stored], unit, zone, **options)


KINDS: dict[str, tuple[Make, int | None]] = {
    # a log, and the number in it that is not an instant
    "naive us": (of("us", None, None), None),
    "zoned us": (of("us", "UTC", None), None),
    "zoned ms": (of("ms", "UTC", None), None),
    "naive us, the least": (of("us", None, LEAST), LEAST),
    "zoned us, the least": (of("us", "UTC", LEAST, use_dictionary=False), LEAST),
    "ms, the least": (of("ms", None, LEAST), LEAST),
    "ms that are ns": (of("ms", "UTC", NOON_NS), NOON_NS),
    "ms, the most": (of("ms", "UTC", MOST), MOST),
    "ns that are NaT": (of("ns", None, LEAST), LEAST),
    "us, the year 1": (of("us", None, -62_135_596_800 * 10**6), -62_135_596_800 * 10**6),
    "96 bits of 0": (lambda path: of_96_bits(path, [(0, 0)]), -DAY_0 * A_DAY),
    "96 bits that wrap": (lambda path: of_96_bits(path, [(WRAPS, 0)]), (WRAPS - DAY_0) * A_DAY),
}


@pytest.fixture(
    scope="module", params=["forwards", pytest.param("backwards", marks=pytest.mark.slow)]
)
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A home of all kinds, in one order or the other, which later ran again for a good log."""
    folder = tmp_path_factory.mktemp("instants")
    workspace = Workspace(folder, (write_card(folder / "book"),), given=LENIENT, catalog=True)
    workspace.inbox.mkdir()
    order = list(KINDS) if request.param == "forwards" else list(KINDS)[::-1]
    for n, kind in enumerate(order):
        KINDS[kind][0](workspace.inbox / f"{n:02} {kind}.parquet")
    assert workspace.run().arrivals.rejected == []
    workspace.log("later.parquet", row(event_id="later"))
    assert workspace.run().states() == {"2026-02-03": ("published", 2)}
    return workspace


@pytest.mark.slow
def test_an_instant_that_is_none_costs_its_row_alone(ran: Workspace) -> None:
    found = ran.sql(
        "select file_name, event_time, event_time_raw, usage_date from quarantine"
        " where reason = 'missing_event_time' and event_time_raw is not null"
    )
    assert {(name[3:-8], *rest) for name, *rest in found} == {
        (kind, None, Decimal(raw), None) for kind, (_, raw) in KINDS.items() if raw is not None
    }
    nulls = sum(raw is None for _, raw in KINDS.values())
    rated = "select sum(rows) filter (outcome = 'rated'), sum(rows) from account"
    assert ran.sql(rated) == [(len(KINDS) + 1, 2 * len(KINDS) + 1)]
    assert ran.sql("select count(*) from quarantine")[0][0] == len(found) + nulls


def test_every_reader_reads_what_is_published(ran: Workspace) -> None:
    files = sorted(ran.home.path.rglob("*.parquet"))
    published = [path for path in files if path.parent != ran.home.logs]
    assert any("quarantine" in path.name for path in published)
    for path in published:
        rows = pq.read_table(path)
        assert rows.to_pandas().shape[0] == pl.read_parquet(path).height == rows.num_rows
        assert len(duckdb.sql("from read_parquet($1)", params=[str(path)]).fetchall()) == len(rows)


@pytest.mark.parametrize(
    "command",
    [
        *(["status"], ["quarantine"], ["quarantine", "--json"], ["verify"], ["charges"]),
        pytest.param(["verify", "--recompute"], marks=pytest.mark.slow),
    ],
)
def test_every_command_works_over_a_home_of_odd_instants(
    ran: Workspace, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    assert cli.main([*command, "--home", str(ran.home.path)]) == 0
    shown = capsys.readouterr().out
    if "quarantine" in command:
        assert "missing_event_time" in shown
        first = "(no event_time)" if "naive us.parquet" in shown else " · event_time "
        assert first in shown


def test_a_version_s_logs_are_read_again_as_they_were(ran: Workspace) -> None:
    """From their own footers and values, whatever the receipts say."""
    version = ran.home.current(NOON.date())
    assert version is not None
    again = {log.file: log.schema for log in pinned_logs.logs_of(ran.home, version.manifest)}
    assert again == {log.file: log.schema for log in ran.home.all_receipts()}


def test_logs_of_integers_of_other_widths_are_read_one_schema_at_a_time(
    workspace: Workspace,
) -> None:
    """DuckDB reads several files by the types of the first."""
    for n, kind in enumerate((pa.int8(), pa.int64(), pa.uint16(), pa.int32())):
        narrow = {"input_tokens": kind}
        schema = pa.schema([pa.field(f.name, narrow.get(f.name, f.type)) for f in SCHEMA])
        tokens = 7 if kind != pa.int64() else 10**12
        write_log(
            workspace.inbox / f"{n}.parquet", [row(event_id=f"e{n}", input_tokens=tokens)], schema
        )
    workspace.run()
    assert workspace.sql("select sum(quantity) from charges") == [(10**12 + 21,)]


def test_statistics_that_leave_out_an_instant_are_found(tmp_path: Path) -> None:
    """Also where it is one that readers cannot hold."""
    path = write(tmp_path / "log.parquet", [LEAST], "us", None, use_dictionary=False)
    data = path.read_bytes()
    footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    stated = data[footer:].replace(struct.pack("<q", LEAST), struct.pack("<q", 0))
    assert stated != data[footer:]
    path.write_bytes(data[:footer] + stated)
    with pytest.raises(RejectedLog, match="its statistics leave out instants that it holds"):
        examine.gate(path, ("agent_id",), FileLimits())
