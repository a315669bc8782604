"""What is taken in: logs by their bytes, whole or not at all, of the schemas that the contract names.

What becomes of their rows belongs to `test_outcomes`.
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pricing_assets.common import files
from pricing_assets.common.errors import ConfigurationError, RejectedLog
from pricing_assets.contract.billing import TOKEN_CLASSES
from pricing_assets.db import connection as duck
from pricing_assets.home import Home, Receipt
from pricing_assets.home.settings import HomeSettings
from pricing_assets.intake import examine, inbox
from pricing_assets.intake import take_in as intake
from pricing_assets.intake.arrivals import Arrivals, IngestOptions
from pricing_assets.logs import parquet_pages
from pricing_assets.logs import relation as events
from pricing_assets.logs.parquet_footer import FileLimits
from tests.support.cases import few_in_short
from tests.support.inbox_logs import list_logs
from tests.support.journals import note_entries
from tests.support.workspace import (
    LIMITS,
    NOON,
    READER,
    RECEIVED,
    SCHEMA,
    Row,
    Workspace,
    row,
    write_log,
)

MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def take_in(workspace: Workspace, received_at: datetime = RECEIVED, **terms: Any) -> Arrivals:
    """Take in the inbox, and nothing more."""
    home = workspace.home
    workspace.inbox.mkdir(exist_ok=True)
    with home.lock():
        logs = list_logs(workspace.inbox, home)
        return intake.take_in(
            home,
            logs,
            HomeSettings(**terms),
            IngestOptions(limits=LIMITS, received_at=received_at, reader=READER),
            place=workspace.inbox,
        )


def names(workspace: Workspace, found: Arrivals) -> dict[str, str]:
    """Every file of an arrival by its name in the inbox, and what became of it."""
    made = {log.file_name: "taken" for log in found.taken}
    made |= {Path(path).name: "redelivered" for path in found.redelivered}
    return made | {Path(one.path).name: one.reason for one in found.rejected}


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


# What is kept


def test_a_log_is_kept_by_its_bytes_with_a_receipt(workspace: Workspace) -> None:
    at = NOON - timedelta(hours=13)
    log = workspace.log(
        "sub/deep/a.parquet", row(), row(), row(event_time=at), row(event_time=None)
    )
    (taken,) = take_in(workspace).taken
    home = workspace.home
    kept = home.log(sha256(log))
    assert kept.read_bytes() == log.read_bytes()
    assert kept.stat().st_mode & 0o777 == 0o444
    assert [taken] == home.all_receipts()
    assert taken == Receipt(
        file=sha256(log),
        file_name="a.parquet",
        received_at="2026-02-10T00:00:00+00:00",
        rows=4,
        bytes=log.stat().st_size,
        dates={"2026-02-02": 1, "2026-02-03": 2},
        undated={"missing_event_time": 1},
        schema=taken.schema,
        undated_sha256=sha256(home.undated(taken.file)),
    )
    assert taken.received == RECEIVED
    assert [name for name, _ in taken.schema] == SCHEMA.names


def test_the_same_bytes_are_taken_in_once(workspace: Workspace) -> None:
    first = workspace.log("b.parquet", row())
    for name in ("a.parquet", "sub/b.parquet"):
        (workspace.inbox / name).parent.mkdir(exist_ok=True)
        (workspace.inbox / name).write_bytes(first.read_bytes())
    found = take_in(workspace)
    assert names(workspace, found) == {"a.parquet": "taken", "b.parquet": "redelivered"}
    assert len(found.redelivered) == 2
    (workspace.inbox / "later.parquet").write_bytes(first.read_bytes())
    found = take_in(workspace, RECEIVED + timedelta(days=3))
    assert names(workspace, found) == {"later.parquet": "redelivered"}
    assert found.known == 3
    (receipt,) = workspace.home.all_receipts()
    assert (receipt.file_name, receipt.received) == ("a.parquet", RECEIVED)
    assert len(list(workspace.home.logs.iterdir())) == 1


def test_nothing_is_read_again_that_did_not_change(workspace: Workspace) -> None:
    log = workspace.log("a.parquet", row())
    take_in(workspace)
    found = take_in(workspace)
    assert (found.known, found.taken, found.redelivered) == (1, [], [])
    os.utime(log, (1, 1))
    assert names(workspace, take_in(workspace)) == {"a.parquet": "redelivered"}
    workspace.log("a.parquet", row(event_id="e2"))
    assert names(workspace, take_in(workspace)) == {"a.parquet": "taken"}
    assert len(workspace.home.all_receipts()) == 2


ODD_NAMES = [
    "a [1] 'x'.parquet",
    "*?.parquet",
    "{a,b}.parquet",
    'q"uote.parquet',
    "usage_date=2020-01-01.parquet",
    "用量 ü\u0308.parquet",
    "new\nline.parquet",
    "%20$HOME;--.parquet",
    "-rf.parquet",
]


def test_odd_names_are_names(workspace: Workspace) -> None:
    for n, name in enumerate(ODD_NAMES):
        workspace.log(f"[dir] {n % 3}'/{name}", row(event_id=f"{n}"))
    workspace.log("[dir] 0'/a1.parquet", row(event_id="what a glob would open"))
    workspace.log("[dir] 0'/.hidden.parquet", row(event_id="hidden"))
    (workspace.inbox / "no log.PARQUET").write_bytes(b"")
    (workspace.inbox / "no log.parquet.tmp").write_bytes(b"")
    ran = workspace.run()
    assert not ran.arrivals.rejected
    assert workspace.sql("select sum(events) from usage") == [(len(ODD_NAMES) + 1,)]
    found = {name for (name,) in workspace.sql("select file_name from logs")}
    assert found == {*ODD_NAMES, "a1.parquet"}


def test_a_home_in_a_folder_of_an_odd_name(workspace: Workspace) -> None:
    workspace = replace(workspace, name="home [1] o'clock/*{a}")
    workspace.log("a.parquet", row(), row(event_id="", org_id="b"), row(event_time=None))
    assert workspace.run().states() == {"2026-02-03": ("published", 1)}
    assert workspace.sql("select count(*) from quarantine") == [(2,)]
    assert workspace.sql("select sum(credits) from charges") == [(Decimal("0.22"),)]


@pytest.mark.slow
def test_a_name_that_is_no_text_is_shown_as_far_as_it_is(workspace: Workspace) -> None:
    workspace.log("a.parquet", row())
    workspace.run()
    write_log(
        Path(os.fsdecode(bytes(workspace.inbox) + b"/late\xff.parquet")), [row(event_id="e2")]
    )
    assert workspace.run().states() == {"2026-02-03": ("published", 2)}
    assert workspace.sql("select reason from reports where version = 2") == [
        ("late usage: 1 row in late?.parquet",)
    ]


def test_the_home_may_lie_inside_the_logs_folder(workspace: Workspace) -> None:
    workspace = replace(workspace, name="inbox/home")
    workspace.log("a.parquet", row())
    workspace.log("home of another name/b.parquet", row(event_id="e2"))
    assert names(workspace, workspace.run().arrivals) == {
        "a.parquet": "taken",
        "b.parquet": "taken",
    }
    found = workspace.run()
    assert (found.arrivals.known, names(workspace, found.arrivals)) == (2, {})


def test_so_may_a_home_that_is_reached_by_a_link(workspace: Workspace) -> None:
    workspace.log("a.parquet", row())
    (workspace.folder / "link").symlink_to(workspace.inbox)
    workspace = replace(workspace, name="link/home")
    workspace.run()
    found = workspace.run()
    assert (found.arrivals.known, names(workspace, found.arrivals)) == (1, {})


def test_a_folder_of_logs_that_is_none(workspace: Workspace) -> None:
    with pytest.raises(ConfigurationError, match="is not a folder; give the folder of usage logs"):
        list_logs(workspace.folder / "nowhere", workspace.home)


# What is rejected


def truncated(path: Path) -> None:
    write_log(path, [row()])
    path.write_bytes(path.read_bytes()[:-10])


def beheaded(path: Path) -> None:
    write_log(path, [row()])
    path.write_bytes(path.read_bytes()[10:])


def damaged(path: Path) -> None:
    """A whole footer over pages that cannot be decoded, of a column without nulls."""
    write_log(path, [row(event_id=f"{n}", org_id=f"{n * n}") for n in range(2000)])
    column = pq.ParquetFile(path).metadata.row_group(0).column(SCHEMA.names.index("org_id"))
    data = bytearray(path.read_bytes())
    start = at = column.dictionary_page_offset
    for page in list(
        parquet_pages.walk(memoryview(data), start, start + column.total_compressed_size)
    ):
        body = at + page.header
        data[body : body + page.compressed] = b"\x99" * page.compressed
        at = body + page.compressed
    path.write_bytes(data)


def without_headers(path: Path) -> None:
    """The same, and the pages' headers gone, too."""
    damaged(path)
    data = path.read_bytes()
    column = pq.ParquetFile(path).metadata.row_group(0).column(SCHEMA.names.index("org_id"))
    start = column.dictionary_page_offset
    path.write_bytes(data[:start] + b"\x99" * 9 + data[start + 9 :])


def not_unicode(path: Path) -> None:
    """A string that is not UTF-8."""
    column = pa.array([b"a", None, b"a\xff\xfe", b"\xff"], pa.binary()).view(pa.string())
    table = pa.Table.from_pylist([row(event_id=f"e{n}") for n in range(4)], SCHEMA)
    pq.write_table(table.set_column(SCHEMA.names.index("org_id"), "org_id", column), path)


def of_column(name: str, column: pa.Array) -> Callable[[Path], None]:
    """A log of one row with this column in place of the right one."""

    def write(path: Path) -> None:
        table = pa.Table.from_pylist([row()], SCHEMA)
        pq.write_table(table.set_column(SCHEMA.names.index(name), name, column), path)

    return write


def without(name: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        pq.write_table(pa.Table.from_pylist([row()], SCHEMA).drop_columns([name]), path)

    return write


def twice(name: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        table = pa.Table.from_pylist([row()], SCHEMA)
        pq.write_table(table.append_column(name, table.column(name)), path)

    return write


REJECTED: list[tuple[str, Callable[[Path], object], str]] = [
    ("empty_file: the file has no bytes", lambda path: path.write_bytes(b""), "no bytes"),
    ("unreadable: not a whole Parquet file", lambda path: path.write_text("event_id,…"), "text"),
    ("unreadable: not a whole Parquet file", lambda path: path.write_bytes(b"PAR1PAR1"), "magic"),
    ("unreadable: not a whole Parquet file", truncated, "the end is missing"),
    ("unreadable: ", beheaded, "the beginning is missing"),
    ("unreadable: the data of column 'org_id' cannot", damaged, "pages"),
    ("unreadable: column 'org_id' does not agree with itself", without_headers, "page headers"),
    (
        "unreadable: column 'org_id' holds a text that is not UTF-8 in row 2 (from 0): 'a\\xff\\xfe'",
        not_unicode,
        "no text",
    ),
    ("not_a_file: there is no regular file of this name", os.mkfifo, "a pipe, which nobody fills"),
    (
        "unreadable: a link to 'nowhere', which is not there",
        lambda path: path.symlink_to("nowhere"),
        "a link to nothing",
    ),
    (
        "unreadable: a link that leads in a circle",
        lambda path: path.symlink_to(path.name),
        "a link to itself",
    ),
    ("wrong_schema: required column event_id is missing", without("event_id"), ""),
    ("wrong_schema: required column event_time is missing", without("event_time"), ""),
    ("wrong_schema: required column org_id is missing", without("org_id"), ""),
    ("wrong_schema: required column billing_type is missing", without("billing_type"), ""),
    ("wrong_schema: column 'org_id' comes 2 times", twice("org_id"), ""),
    ("wrong_schema: column 'agent_id' comes 2 times", twice("agent_id"), "an optional one"),
    ("wrong_schema: column 'org_id' is null, where a string", of_column("org_id", pa.nulls(1)), ""),
]


@pytest.fixture(scope="module")
def with_bad_ones(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Arrivals]:
    """All of these files, with a good log before and after each, taken in at once."""
    workspace = Workspace(tmp_path_factory.mktemp("rejected"))
    for n, (_, make, _) in enumerate(REJECTED):
        workspace.log(f"{n} a.parquet", row(event_id=f"{n} a"))
        workspace.log(f"{n} c.parquet", row(event_id=f"{n} c"))
        make(workspace.inbox / f"{n} b.parquet")
    return workspace, take_in(workspace)


@pytest.mark.parametrize(
    ("n", "said"),
    [(n, said) for n, (said, _, _) in enumerate(REJECTED)],
    ids=[f"{said} {why}" for said, _, why in REJECTED],
)
def test_a_file_that_is_no_log_is_named(
    with_bad_ones: tuple[Workspace, Arrivals], n: int, said: str
) -> None:
    workspace, found = with_bad_ones
    bad = str(workspace.inbox / f"{n} b.parquet")
    (rejection,) = (one for one in found.rejected if one.path == bad)
    assert rejection.detail.startswith(said)


def test_all_that_is_wrong_is_named_at_once(workspace: Workspace) -> None:
    made = pa.table(
        {
            "event_id": [7],
            "event_time": ["2026-02-03"],
            "input_tokens": [Decimal(1)],
            "output_tokens": [Decimal(2)],
            "model": [b"x"],
        }
    )
    workspace.inbox.mkdir(exist_ok=True)
    pq.write_table(made, workspace.inbox / "a.parquet")
    (one,) = take_in(workspace).rejected
    assert one.detail == (
        "wrong_schema: required columns org_id, billing_type are missing;"
        " column 'event_id' is int64, where a string belongs;"
        " column 'event_time' is string, where a timestamp belongs;"
        " columns 'input_tokens', 'output_tokens' are decimal128(1, 0), where an integer belongs;"
        " column 'model' is binary, where a string belongs"
        " (write every required column, by exactly this name; write texts as strings (pandas:"
        " astype('string')); write event_time as a timestamp (pandas: to_datetime); cast quantities"
        " to int64)"
    )


def test_a_column_that_is_almost_called_as_one_that_is_missing_is_told_once(
    workspace: Workspace,
) -> None:
    table = pq.read_table(workspace.log("right.parquet", row(event_id="right")))
    for name, spelled in (("a", "Input_Tokens"), ("b", "Input_Tokens"), ("c", "inputTokens")):
        names = [spelled if one == "input_tokens" else one for one in table.column_names]
        pq.write_table(table.rename_columns(names), workspace.inbox / f"{name}.parquet")
    beside = table.append_column("INPUT_TOKENS", table["input_tokens"])
    pq.write_table(beside.append_column("note", table["org_id"]), workspace.inbox / "d.parquet")
    found = take_in(workspace)
    assert len(found.taken) == 4  # "b" has the bytes of "a"
    told = sorted(one.partition(" is not read, and ") for one in found.warnings)
    assert [one[0].split()[1] for one in told] == ["'Input_Tokens'", "'inputTokens'"]
    assert all(one[2].startswith("'input_tokens' is missing there") for one in told)


def test_good_logs_among_bad_ones_are_ingested(with_bad_ones: tuple[Workspace, Arrivals]) -> None:
    workspace, found = with_bad_ones
    assert len(found.rejected) == len(REJECTED)
    good = {f"{n} {letter}.parquet" for n in range(len(REJECTED)) for letter in "ac"}
    assert {log.file_name for log in found.taken} == good
    assert {log.file for log in found.taken} == {log.stem for log in workspace.home.logs.iterdir()}


def test_a_folder_is_no_log_and_its_files_are(workspace: Workspace) -> None:
    """Other tools write a folder of parts under the name of one file."""
    workspace.log("x.parquet/part-0.parquet", row())
    (workspace.inbox / "empty.parquet").mkdir()
    assert names(workspace, take_in(workspace)) == {"part-0.parquet": "taken"}
    home = workspace.home
    with home.lock():
        found = intake.take_in(
            home, [workspace.inbox / "x.parquet"], HomeSettings(), IngestOptions(limits=LIMITS)
        )
    assert names(workspace, found) == {"x.parquet": "not_a_file"}


BAD_TYPES = [
    ("stored_tokens", pa.array([Decimal(1)]), "where an integer belongs"),
    ("requests", pa.array([True]), "is bool, where an integer belongs"),
    ("audio_ms", pa.array(["1"]), "is string, where an integer belongs"),
    ("characters", pa.array([1], pa.duration("us")), "where an integer belongs"),
    ("event_time", pa.array(["2026-02-03T12:00:00Z"]), "is string, where a timestamp belongs"),
    ("event_time", pa.array([1_770_000_000]), "is int64, where a timestamp belongs"),
    ("event_time", pa.array([date(2026, 2, 3)]), "is date32[day], where a timestamp belongs"),
    ("event_id", pa.array([7]), "is int64, where a string belongs"),
    ("brand", pa.array([b"x"]), "is binary, where a string belongs"),
    ("agent_id", pa.array([["x"]]), "where a string belongs"),
    ("images", pa.array([[1]]), "where a list of struct<width, height> of integers belongs"),
    ("images", pa.array([{"width": 1, "height": 1}]), "where a list of struct"),
    ("images", pa.array([[{"width": 1}]]), "where a list of struct"),
    ("images", pa.array([[{"width": 1.0, "height": 1}]]), "where a list of struct"),
    ("images", pa.array([[{"width": 1, "Height": 1}]]), "where a list of struct"),
    ("images", pa.array([[{"width": 1, "Width": 2, "height": 1}]]), "where a list of struct"),
]


@pytest.mark.parametrize(("name", "column", "said"), BAD_TYPES)
def test_a_column_of_a_wrong_type_is_named(
    tmp_path: Path, name: str, column: pa.Array, said: str
) -> None:
    of_column(name, column)(tmp_path / "log.parquet")
    with pytest.raises(RejectedLog) as error:
        examine.gate(tmp_path / "log.parquet", ("agent_id",), FileLimits())
    assert str(error.value).startswith(f"wrong_schema: column '{name}' is ")
    assert said in str(error.value)


def test_a_dimension_of_a_wrong_type_is_named(tmp_path: Path) -> None:
    column = pa.array([7])
    of_column("team", column)(tmp_path / "log.parquet")
    examine.gate(tmp_path / "log.parquet", ("agent_id",), FileLimits())  # no column of the contract
    with pytest.raises(RejectedLog, match=r"wrong_schema: column 'team' is int64, where a string"):
        examine.gate(tmp_path / "log.parquet", ("agent_id", "team"), FileLimits())


@pytest.mark.parametrize("at_once", [1, 200])
def test_the_same_bad_bytes_under_two_names_are_rejected_twice(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    """Whether they are read together or not."""
    monkeypatch.setattr(intake, "BATCH_FILES", at_once)
    workspace.inbox.mkdir()
    for name in ("a.parquet", "b.parquet"):
        damaged(workspace.inbox / name)
    workspace.log("c.parquet", row())
    assert names(workspace, take_in(workspace)) == {
        **{"a.parquet": "unreadable", "b.parquet": "unreadable"},
        "c.parquet": "taken",
    }
    assert take_in(workspace).known == 3
    assert len(inbox.rejected_before(workspace.home)) == 2


@pytest.mark.parametrize("many", [1, 100])
def test_logs_are_durable_before_they_are_committed(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    """Each by itself, or many together; a log that comes back to a home that lost it by itself."""
    monkeypatch.setattr(intake, "MANY", many)
    happened: list[str] = []
    sync, sync_all = os.fsync, files.sync_file_system

    def synced(handle: int) -> None:
        happened.append(Path(f"/proc/self/fd/{handle}").readlink().name)
        sync(handle)

    def all_synced(path: Path) -> None:
        happened.append(f"{len([*workspace.home.logs.iterdir()])} logs together")
        sync_all(path)

    for name in ("a", "b"):
        workspace.log(f"{name}.parquet", row(event_id=name))
    with monkeypatch.context() as watching:
        watching.setattr(os, "fsync", synced)
        watching.setattr(files, "sync_file_system", all_synced)
        note_entries(watching, happened)
        (first, _) = take_in(workspace).taken
        before = happened[: happened.index("receipt")]
        assert before.count("copy") == (0 if many == 1 else 2)
        assert ("2 logs together" in before) == (many == 1)
        workspace.home.log(first.file).unlink()
        happened.clear()
        assert len(take_in(workspace).healed) == 1
        assert {"copy", "logs"} <= {*happened}


def test_a_rejected_file_is_tried_again_when_it_changed(workspace: Workspace) -> None:
    bad = workspace.inbox / "bad.parquet"
    workspace.log("a.parquet", row())
    write_log(bad, [row(event_id="e2")])
    whole = bad.read_bytes()
    bad.write_bytes(whole[:-1])
    os.utime(bad, (1000, 1000))
    assert len(take_in(workspace).rejected) == 1
    found = take_in(workspace)
    assert (found.rejected, found.known) == ([], 2)  # not again
    (still,) = inbox.rejected_before(workspace.home)
    assert (still.path, still.reason) == (str(bad), "unreadable")
    os.utime(bad, (1001, 1001))
    assert len(take_in(workspace).rejected) == 1  # its time changed
    bad.write_bytes(whole)
    os.utime(bad, (1001, 1001))
    assert names(workspace, take_in(workspace)) == {"bad.parquet": "taken"}  # its size did
    assert inbox.rejected_before(workspace.home) == []


def test_a_rejected_file_that_is_gone_is_forgotten(workspace: Workspace) -> None:
    (workspace.inbox).mkdir()
    (workspace.inbox / "bad.parquet").write_bytes(b"")
    take_in(workspace)
    (workspace.inbox / "bad.parquet").unlink()
    assert inbox.rejected_before(workspace.home) == []


# Schemas that pass the gate: the column, as it may come, and what is read.

AT = NOON.replace(tzinfo=None)
ODD = datetime(2026, 2, 3, 12, 0, 0, 123456)
ODD_NS = int((ODD.replace(tzinfo=UTC) - EPOCH) / MICROSECOND) * 1000


def stamps(count: int, unit: str, zone: str | None = None) -> pa.Array:
    return pa.array([count], pa.int64()).cast(pa.timestamp(unit, zone))


READ: list[tuple[str, pa.Array, object]] = [
    *(
        ("input_tokens", pa.array([100], kind()), 100)
        for kind in (pa.int8, pa.int16, pa.int32, pa.int64, pa.uint8, pa.uint16, pa.uint32)
    ),
    ("input_tokens", pa.array([100], pa.uint64()), 100),
    ("input_tokens", pa.array([2**64 - 1], pa.uint64()), 2**63 - 1),  # too much in any case
    ("input_tokens", pa.array([-128], pa.int8()), -128),
    ("input_tokens", pa.array([7]).dictionary_encode(), 7),
    ("input_tokens", pa.nulls(1), None),
    ("event_time", stamps(1_770_120_000, "s"), AT),
    ("event_time", stamps(1_770_120_000_000, "ms"), AT),
    ("event_time", stamps(ODD_NS // 1000, "us"), ODD),
    ("event_time", stamps(ODD_NS // 1000, "us", "Asia/Tokyo"), ODD),  # an instant all the same
    ("event_time", stamps(ODD_NS // 1000, "us", "+05:30"), ODD),
    ("event_time", stamps(ODD_NS, "ns"), ODD),
    ("event_time", stamps(ODD_NS + 999, "ns"), ODD),  # cut
    ("event_time", stamps(ODD_NS + 999, "ns", "America/New_York"), ODD),
    ("org_id", pa.array(["Ä"], pa.large_string()), "Ä"),
    ("org_id", pa.array(["Ä"], pa.string_view()), "Ä"),
    ("org_id", pa.array(["Ä"]).dictionary_encode(), "Ä"),
    ("org_id", pa.array(["\x00 "]), "\x00 "),
    ("brand", pa.nulls(1), None),
    ("images", pa.nulls(1), None),
    ("images", pa.array([[]], pa.list_(pa.null())), None),
    ("images", pa.array([[]], SCHEMA.field("images").type), []),
    (
        "images",
        pa.array([[{"height": 2, "width": 1}, None]]),  # the other way round
        [{"width": 1, "height": 2}, None],
    ),
    (
        "images",
        pa.array(
            [[{"width": 2**64 - 1, "height": None, "alt": "x"}]],
            pa.large_list(
                pa.struct([("alt", pa.string()), ("width", pa.uint64()), ("height", pa.uint8())])
            ),
        ),
        [{"width": 2**63 - 1, "height": None}],
    ),
    (
        "images",
        pa.array(
            [[{"width": 1, "height": 2}]],
            pa.list_(pa.struct([("width", pa.int8()), ("height", pa.uint16())]), 1),
        ),
        [{"width": 1, "height": 2}],
    ),
]


def read_back(path: Path, dimensions: tuple[str, ...] = ("agent_id",)) -> list[Row]:
    """The rows of a log as the pipeline reads them."""
    kept = path.rename(path.parent / f"{'a' * 64}.parquet")
    (rows, schema, _), _ = examine.gate(kept, dimensions, FileLimits())
    with duck.connection(LIMITS, within=[kept.parent]) as con:
        relation = events.relation_of(con, [(kept, schema, None)], dimensions)
        found = [dict(zip(relation.columns, one, strict=True)) for one in relation.fetchall()]
    assert len(found) == rows
    # what only the rows that a source made of raw records have
    assert all((one.pop("record_code"), one.pop("record_updated_at")) == (0, None) for one in found)
    return found


@pytest.mark.parametrize(("name", "column", "value"), READ)
def test_a_column_of_any_right_type_is_read(
    tmp_path: Path, name: str, column: pa.Array, value: object
) -> None:
    of_column(name, column)(tmp_path / "log.parquet")
    (found,) = read_back(tmp_path / "log.parquet")
    expected = row(event_time=AT, event_time_raw=None, bad_float=False) | {name: value}
    del expected["team"]
    assert {found.pop(one) for one in (*TOKEN_CLASSES, "tier")} == {None}
    assert found == expected | {"dimensions": {"agent_id": None}, "file": "a" * 64, "row_number": 0}


@pytest.mark.parametrize("more", [0, 999], ids=["on a microsecond", "cut"])
def test_old_timestamps_of_96_bits_are_cut_too(tmp_path: Path, more: int) -> None:
    table = pa.Table.from_pylist([row()], SCHEMA)
    table = table.set_column(0, "event_time", stamps(ODD_NS + more, "ns"))
    pq.write_table(table, tmp_path / "log.parquet", use_deprecated_int96_timestamps=True)
    (found,) = read_back(tmp_path / "log.parquet")
    assert found["event_time"] == ODD


def test_optional_columns_may_be_absent(tmp_path: Path) -> None:
    required = ["event_id", "event_time", "org_id", "billing_type"]
    pq.write_table(pa.Table.from_pylist([row()], SCHEMA).select(required), tmp_path / "a.parquet")
    (found,) = read_back(tmp_path / "a.parquet", ("agent_id", "team"))
    known = {name: row(event_time=AT)[name] for name in required}
    assert {name: value for name, value in found.items() if value is not None} == known | {
        "dimensions": {"agent_id": None, "team": None},
        **{"file": "a" * 64, "row_number": 0, "bad_float": False},
    }


EXTRAS: list[dict[str, pa.Array]] = [
    # the names under which DuckDB shows files and rows
    {"filename": pa.array(["x", "y"]), "file_row_number": pa.array([7, 8])},
    {"FileName": pa.array([1.5, 2.5]), "file_index": pa.array([1, 2])},
    {"File_Row_Number": pa.array([7, 8])},
    # names that differ by case only, before and after the right ones, and of wrong types
    {"Event_ID": pa.array([1.5, 2.5]), "INPUT_TOKENS": pa.array(["x", "y"])},
    {"EVENT_TIME": pa.array([1, 2]), "Images": pa.array([1, 2]), "IMAGES": pa.array([3, 4])},
    # names of the pipeline's own columns
    {"file": pa.array(["x", "y"]), "row_number": pa.array([7, 8]), "dimensions": pa.array([1, 2])},
    {"usage_date": pa.array(["x", "y"]), "measured": pa.array([7, 8]), "events": pa.array([1, 2])},
    {"": pa.array([1, 2]), 'a"b': pa.array([1, 2]), "a.b": pa.array([1, 2])},
]


@pytest.mark.parametrize("first", few_in_short([True, False]), ids=["before", "after"])
@pytest.mark.parametrize("extras", EXTRAS, ids=" ".join)
def test_columns_of_other_names_are_ignored(
    tmp_path: Path, extras: dict[str, pa.Array], first: bool
) -> None:
    right = pa.Table.from_pylist([row(), row(event_id="e2")], SCHEMA)
    columns = {name: right.column(name).combine_chunks() for name in right.column_names}
    write_table(tmp_path / "a.parquet", [extras, columns] if first else [columns, extras])
    found = read_back(tmp_path / "a.parquet")
    assert [(one["event_id"], one["event_time"], one["row_number"]) for one in found] == [
        ("e1", AT, 0),
        ("e2", AT, 1),
    ]
    assert {(one["input_tokens"], one["images"], one["file"]) for one in found} == {
        (1000, None, "a" * 64)
    }


def write_table(path: Path, parts: list[dict[str, pa.Array]]) -> None:
    columns = [column for part in parts for column in part.items()]
    schema = pa.schema([(name, column.type) for name, column in columns])
    pq.write_table(pa.Table.from_arrays([column for _, column in columns], schema=schema), path)


def test_row_numbers_are_those_of_the_file(tmp_path: Path) -> None:
    """Over row groups, and where the file's own columns hide those of the reader."""
    rows = [row(event_id=f"{n}") for n in range(5000)]
    for extra in ({}, {"filename": pa.array(["x"] * 5000)}):
        table = pa.Table.from_pylist(rows, SCHEMA)
        for name, column in extra.items():
            table = table.append_column(name, column)
        pq.write_table(table, tmp_path / "log.parquet", row_group_size=700)
        found = read_back(tmp_path / "log.parquet")
        assert [(one["event_id"], one["row_number"]) for one in found] == [
            (f"{n}", n) for n in range(5000)
        ]


# Rows of no usage date, and dates


def test_rows_of_no_date_are_kept_beside_the_receipt(workspace: Workspace) -> None:
    """Row by row, with the contract's columns and the dimensions."""
    late = RECEIVED + timedelta(days=1)
    workspace.log(
        "a.parquet",
        row(event_id="null", event_time=None, team="red"),
        row(event_id="on time", event_time=late),
        row(event_id="early", event_time=EPOCH - MICROSECOND),
        row(event_id="late", event_time=late + MICROSECOND, org_id=None),
        row(event_id="never", event_time=datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
    )
    (taken,) = take_in(workspace, dimensions=("team",)).taken
    assert taken.undated == {"event_time_in_future": 2, "missing_event_time": 2}
    assert taken.dates == {"2026-02-11": 1}
    found = pq.read_table(workspace.home.undated(taken.file)).to_pylist()
    assert {(one["row_number"], one["event_id"], one["team"], one["reason"]) for one in found} == {
        (0, "null", "red", "missing_event_time"),
        (2, "early", None, "missing_event_time"),
        (3, "late", None, "event_time_in_future"),
        (4, "never", None, "event_time_in_future"),
    }
    assert {(one["usage_date"], one["file"]) for one in found} == {(None, taken.file)}


def test_what_is_in_the_future_hangs_on_the_first_receipt(workspace: Workspace) -> None:
    log = workspace.log("a.parquet", row(event_time=RECEIVED + timedelta(days=2)))
    workspace.run()
    (workspace.inbox / "b.parquet").write_bytes(log.read_bytes())
    assert workspace.run(received_at=RECEIVED + timedelta(days=9)).stale == []
    assert workspace.sql("select outcome, rows from account") == [("event_time_in_future", 1)]
    workspace.log("c.parquet", row(event_time=RECEIVED + timedelta(days=2)), row(event_time=None))
    workspace.run(received_at=RECEIVED + timedelta(days=9))
    assert workspace.sql("select usage_date, outcome, rows from account order by all") == [
        (date(2026, 2, 12), "rated", 1),
        (None, "event_time_in_future", 1),
        (None, "missing_event_time", 1),
    ]


# Rows without a date of 20, the limit, and whether that is more than it.
MOSTLY = [
    (0, "0.05", False),
    (1, "0.05", False),
    (2, "0.05", True),
    (1, "0", True),
    (20, "1", False),
]


@pytest.mark.parametrize(("undated", "limit", "more"), MOSTLY)
def test_logs_of_which_too_much_has_no_date(
    workspace: Workspace, undated: int, limit: str, more: bool
) -> None:
    rows = [row(event_id=f"{n}", event_time=None if n < undated else NOON) for n in range(20)]
    workspace.log("a.parquet", *rows)
    found = take_in(workspace, quarantine_limit=limit)
    assert len(found.taken) == 1
    assert bool(found.mostly_undated(HomeSettings(quarantine_limit=limit))) == more


DATES = [
    ("UTC", {"2026-03-28": 2, "2026-03-29": 3}),
    ("Europe/Berlin", {"2026-03-28": 1, "2026-03-29": 3, "2026-03-30": 1}),
    ("America/New_York", {"2026-03-28": 3, "2026-03-29": 2}),
    ("Pacific/Kiritimati", {"2026-03-29": 3, "2026-03-30": 2}),
]


@pytest.mark.parametrize(("zone", "dates"), DATES)
def test_receipts_count_rows_by_the_zone_s_dates(
    workspace: Workspace, zone: str, dates: dict[str, int]
) -> None:
    times = ("28T22:59:59.999999", "28T23:00", "29T02:00", "29T21:59:59.999999", "29T22:00")
    instants = [datetime.fromisoformat(f"2026-03-{text}").replace(tzinfo=UTC) for text in times]
    workspace.log("a.parquet", *(row(event_time=instant) for instant in instants))
    (taken,) = take_in(workspace, RECEIVED.replace(month=4), timezone=zone).taken
    assert taken.dates == dates


def test_a_log_of_no_rows_is_a_log(workspace: Workspace) -> None:
    workspace.log("empty.parquet")
    ran = workspace.run()
    (taken,) = ran.arrivals.taken
    assert (taken.rows, taken.dates, taken.undated, ran.published) == (0, {}, {}, [])
    for table in ("usage", "charges", "daily_usage", "account", "quarantine", "reports"):
        assert workspace.sql(f"select count(*) from {table}") == [(0,)]
    workspace.log("a.parquet", row())
    assert workspace.run().states() == {"2026-02-03": ("published", 1)}


def test_a_log_of_no_dates_is_a_log(workspace: Workspace) -> None:
    workspace.log("undated.parquet", row(event_time=None))
    assert workspace.run().published == []
    assert workspace.sql("select reason, event_id, file_name from quarantine") == [
        ("missing_event_time", "e1", "undated.parquet")
    ]


def test_intake_leaves_nothing_temporary(workspace: Workspace) -> None:
    workspace.log("a.parquet", row(), row(event_time=None))
    (workspace.inbox / "b.parquet").write_bytes(b"")
    take_in(workspace)
    assert not Home(workspace.home.path).scratch.exists()
