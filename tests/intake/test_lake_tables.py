"""Tables of Delta Lake and Iceberg as logs: the files that are their rows at one version, each row once.

Tables are written by the packages `deltalake` and `pyiceberg`.
"""

import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from pricing_assets import flow
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.home.opening import open_home
from pricing_assets.intake import inbox, inbox_scan
from pricing_assets.intake.arrivals import Arrivals, IngestOptions
from pricing_assets.intake.inboxes import Inbox
from pricing_assets.repair import withdrawn_logs
from pricing_assets.sources.kept import kept_for
from tests.support.lake_tables import Delta, Iceberg, Lake, frame
from tests.support.workspace import (
    LIMITS,
    READER,
    WithoutCatalog,
    Workspace,
    bring_up_to_date,
    row,
)

Make = Callable[..., Lake]
BOTH = pytest.mark.parametrize("make", [Delta, Iceberg])
ONE_IN_SHORT = pytest.mark.parametrize(
    "make", [Delta, pytest.param(Iceberg, marks=pytest.mark.slow)]
)
ONE = Decimal("0.22")
"""The credits of a row."""


def ingest(
    workspace: Workspace, logs: Path, source: str | None = None, *, publish: bool = False
) -> Arrivals:
    """Ingest what is new in a place."""
    home = workspace.home
    books = tuple(map(str, workspace.books))
    with home.lock():
        terms = open_home(home, replace(workspace.given, books=books))
        steps = WithoutCatalog(home, terms, LIMITS, IngestOptions(reader=READER))
        steps.ingest(Inbox(logs, source))
        if publish:
            bring_up_to_date(steps)
        return steps.arrivals


def run(workspace: Workspace, logs: Path, source: str | None = None) -> Arrivals:
    """Ingest what is new in a place, and bring every date up to date."""
    return ingest(workspace, logs, source, publish=True)


def withdraw(workspace: Workspace, file: str) -> None:
    """Take a log back."""
    home = workspace.home
    with home.lock():
        withdrawn_logs.withdraw(
            flow.Run(home, home.settings(), LIMITS, IngestOptions(reader=READER)), file, "not ours"
        )


def credits_of(workspace: Workspace) -> Decimal:
    ((found,),) = workspace.sql("select sum(credits) from charges")
    return Decimal(found)


def events(workspace: Workspace, outcome: str = "rated") -> int:
    ((found,),) = workspace.sql(
        f"select coalesce(sum(rows), 0)::int from account where outcome = '{outcome}'"
    )
    return int(found)


def ingested(workspace: Workspace) -> int:
    """Rows of all logs that the home has."""
    return sum(log.rows for log in workspace.home.all_receipts())


def rows(*ids: str, **columns: object) -> list[dict[str, object]]:
    return [row(event_id=one, **columns) for one in ids]


@BOTH
def test_the_rows_of_a_table_are_usage_and_what_it_deleted_is_none(
    workspace: Workspace, make: Make
) -> None:
    table = make(workspace.folder / "usage")
    table.append(*rows("a", "b"))
    table.append(*rows("c"))
    table.delete("a")
    arrived = run(workspace, table.root)
    assert not arrived.rejected
    assert credits_of(workspace) == 2 * ONE
    assert {one.table["format"] for one in arrived.taken if one.table} == {table.name}
    version = {one.table["version"] for one in arrived.taken if one.table}
    now = table.table  # type: ignore[attr-defined]
    is_delta = table.name == "Delta Lake"
    assert version == {str(now.version() if is_delta else now.current_snapshot().snapshot_id)}
    again = run(workspace, table.root)
    assert (again.known, again.taken, again.warnings) == (2, [], [])
    stored = [one.record() for one in workspace.home.all_receipts()]
    assert {one["table"]["root"] for one in stored} == {str(table.root)}


@pytest.mark.slow
@ONE_IN_SHORT
def test_a_compacted_file_brings_no_row_twice(workspace: Workspace, make: Make) -> None:
    table = make(workspace.folder / "usage")
    table.append(*rows("a", "b"))
    table.append(*rows("c"))
    run(workspace, table.root)
    versions = workspace.versions()
    table.compact()
    arrived = run(workspace, table.root)
    assert (arrived.known, arrived.taken, arrived.warnings) == (1, [], [])
    assert workspace.versions() == versions
    table.append(*rows("d"))
    run(workspace, table.root)
    table.compact()
    assert run(workspace, table.root).taken == []
    assert (events(workspace), events(workspace, "duplicate")) == (4, 0)
    assert credits_of(workspace) == 4 * ONE


@pytest.mark.slow
@ONE_IN_SHORT
def test_a_compacted_file_with_rows_that_never_came_brings_those(
    workspace: Workspace, make: Make
) -> None:
    table = make(workspace.folder / "usage")
    table.append(*rows("a", "b"))
    run(workspace, table.root)
    table.append(*rows("c"))
    table.compact()
    assert len(run(workspace, table.root).taken) == 1
    assert (events(workspace), events(workspace, "duplicate")) == (3, 2)
    assert credits_of(workspace) == 3 * ONE


@pytest.mark.slow
@BOTH
def test_compactions_of_compactions_between_two_looks_bring_nothing(
    workspace: Workspace, make: Make
) -> None:
    table = make(workspace.folder / "usage")
    table.append(*rows("a"))
    table.append(*rows("b"))
    run(workspace, table.root)
    table.compact()
    table.append(*rows("c"))
    run(workspace, table.root)
    table.compact()
    table.append(*rows("d"))
    assert len(run(workspace, table.root).taken) == 1
    assert events(workspace, "duplicate") == 0
    assert credits_of(workspace) == 4 * ONE


@pytest.mark.slow
@ONE_IN_SHORT
def test_a_withdrawn_file_does_not_come_back_by_a_compaction(
    workspace: Workspace, make: Make
) -> None:
    table = make(workspace.folder / "usage")
    table.append(*rows("a"))
    table.append(*rows("staging"))
    run(workspace, table.root)
    ((staging,),) = workspace.sql(
        "select distinct file from account where outcome = 'rated' order by file limit 1"
    )
    withdraw(workspace, staging)
    table.compact()
    assert run(workspace, table.root).taken == []
    assert credits_of(workspace) == ONE


@pytest.mark.slow
@ONE_IN_SHORT
def test_rows_deleted_later_are_named_once_and_stay_until_someone_decides(
    workspace: Workspace, make: Make
) -> None:
    table = make(workspace.folder / "usage")
    table.append(*rows("a", "b"))
    (log,) = run(workspace, table.root).taken
    table.delete("a")
    arrived = run(workspace, table.root)
    (said,) = arrived.warnings
    assert "no longer has 1 file whose rows were ingested" in said
    assert f"creditmill withdraw {log.file[:16]}" in said
    assert credits_of(workspace) == 2 * ONE
    assert run(workspace, table.root).warnings == []
    withdraw(workspace, log.file)
    run(workspace, table.root)
    assert credits_of(workspace) == ONE


@BOTH
def test_columns_that_only_the_log_of_a_table_has_are_read(
    workspace: Workspace, make: Make
) -> None:
    table = make(workspace.folder / "usage", ["org_id"])
    for org in ("a/b=c d%2F", "é", None):
        table.append(row(event_id=f"of {org}", org_id=org))
    arrived = run(workspace, table.root)
    assert not arrived.rejected
    assert workspace.sql("select org_id from daily_usage order by 1") == [("a/b=c d%2F",), ("é",)]
    assert events(workspace, "missing_org_id") == 1


@BOTH
def test_a_file_with_rows_deleted_beside_it_is_refused_by_name(
    workspace: Workspace, make: Make
) -> None:
    table = make(workspace.folder / "usage")
    table.append(*rows("a", "b"))
    table.delete_without_rewriting()
    (rejection,) = ingest(workspace, table.root).rejected
    assert rejection.reason == "table_format"
    assert "some of its rows are deleted" in rejection.detail
    assert [one.path for one in inbox.rejected_before(workspace.home)] == [rejection.path]


@BOTH
def test_rows_deleted_beside_an_ingested_file_are_named_once(
    workspace: Workspace, make: Make
) -> None:
    table = make(workspace.folder / "usage")
    table.append(*rows("a", "b"))
    ingest(workspace, table.root)
    table.delete_without_rewriting()
    arrived = ingest(workspace, table.root)
    (said,) = arrived.warnings
    assert "some of its rows are deleted" in said
    assert not arrived.rejected
    assert ingest(workspace, table.root).warnings == []
    assert ingested(workspace) == 2


@BOTH
def test_a_rejected_file_that_the_table_deleted_is_no_longer_wrong(
    workspace: Workspace, make: Make
) -> None:
    table = make(workspace.folder / "usage")
    table.append(*rows("a", "b"))
    table.delete_without_rewriting()
    assert len(ingest(workspace, table.root).rejected) == 1
    shutil.rmtree(table.root)
    table = make(workspace.folder / "usage")
    table.append(*rows("b"))
    assert not ingest(workspace, table.root).rejected
    assert inbox.rejected_before(workspace.home) == []


@BOTH
def test_files_that_name_columns_differently_than_the_table_are_refused(
    workspace: Workspace, make: Make
) -> None:
    table = make(workspace.folder / "usage")
    table.append(*rows("a"))
    table.rename("input_tokens", "tokens")
    if table.name == "Delta Lake":
        with pytest.raises(ConfigurationError, match="cannot be read: it has columnMapping"):
            ingest(workspace, table.root)
        return
    (rejection,) = ingest(workspace, table.root).rejected
    assert "its column input_tokens is now called tokens in the table" in rejection.detail


def test_a_column_that_took_the_name_of_another_is_not_that_one(workspace: Workspace) -> None:
    table = Iceberg(workspace.folder / "usage")
    table.append(*rows("a"))
    with table.table.update_schema() as schema:
        schema.delete_column("output_tokens")
    with table.table.update_schema() as schema:
        from pyiceberg.types import LongType

        schema.add_column("output_tokens", LongType())
    (rejection,) = ingest(workspace, table.root).rejected
    assert "its column output_tokens is not the table's column output_tokens" in rejection.detail


@BOTH
def test_files_from_before_a_column_was_added_lack_it(workspace: Workspace, make: Make) -> None:
    table = make(workspace.folder / "usage")
    table.append(*rows("a"))
    if isinstance(table, Iceberg):
        with table.table.update_schema() as schema:
            from pyiceberg.types import StringType

            schema.add_column("region", StringType())
    else:
        more = frame(rows("b")).append_column("region", pa.array(["eu"]))
        write_deltalake(table.root, more, mode="append", schema_mode="merge")
    assert not ingest(workspace, table.root).rejected


def test_a_version_is_named_by_its_file(workspace: Workspace) -> None:
    delta = Delta(workspace.folder / "delta")
    iceberg = Iceberg(workspace.folder / "iceberg")
    delta.append(*rows("a"))
    iceberg.append(*rows("b"))
    states = [delta.root / "_delta_log" / f"{0:020d}.json", iceberg.metadata]
    delta.append(*rows("c"))
    iceberg.append(*rows("d"))
    for state in states:
        ingest(workspace, state)
    assert ingested(workspace) == 2
    ingest(workspace, delta.root)
    ingest(workspace, iceberg.root)
    assert ingested(workspace) == 4


@BOTH
def test_a_table_lies_beside_other_logs(workspace: Workspace, make: Make) -> None:
    workspace.log("plain.parquet", *rows("p"))
    table = make(workspace.inbox / "deep" / "usage")
    table.append(*rows("a"))
    table.append(*rows("b"))
    table.delete("a")
    found = inbox_scan.scan(workspace.inbox, workspace.home)
    assert len(found.names) == 2
    assert [one["files"] for one in found.as_json()["tables"]] == [1]  # type: ignore[attr-defined]
    ingest(workspace, workspace.inbox)
    assert ingested(workspace) == 2


@BOTH
def test_no_file_of_a_table_is_read_by_itself(workspace: Workspace, make: Make) -> None:
    """Neither by its name nor by a pattern; a pattern that names some names the table."""
    table = make(workspace.inbox / "usage")
    table.append(*rows("a"))
    table.append(*rows("b"))
    table.delete("a")
    for file in table.root.rglob("*.parquet"):
        with pytest.raises(ConfigurationError, match="name the folder of the table"):
            inbox_scan.scan(file, workspace.home)
        up = "/".join("*" for _ in file.relative_to(workspace.inbox).parts)
        found = inbox_scan.scan(workspace.inbox / up, workspace.home)
        assert len(found.names) == 1


@pytest.mark.slow
@ONE_IN_SHORT
def test_the_source_of_a_table_reads_its_files(workspace: Workspace, make: Make) -> None:
    table = make(workspace.folder / "usage", ["org_id"])
    table.append(row(event_id="a", org_id="ü/x"))
    name = "delta" if make is Delta else "iceberg"
    (log,) = run(workspace, table.root, name).taken
    assert log.source is not None
    assert log.source["name"] == name
    assert workspace.sql("select org_id from daily_usage") == [("ü/x",)]
    assert run(workspace, table.root, "table").known == 1  # mapped anew
    (held,) = workspace.home.all_receipts()
    assert held.table is not None
    assert held.table["root"] == str(table.root)


def test_a_source_that_does_not_read_such_a_table_is_named(workspace: Workspace) -> None:
    table = Delta(workspace.folder / "usage")
    table.append(*rows("a"))
    for source in ("litellm_s3", "iceberg"):
        with pytest.raises(ConfigurationError, match=f"the source {source} reads "):
            ingest(workspace, table.root, source)
    workspace.log("plain.parquet", *rows("p"))
    for logs in (workspace.inbox, workspace.inbox / "plain.parquet", workspace.inbox / "*"):
        found = inbox_scan.scan(logs, workspace.home, kept_for("delta", workspace.inbox))
        assert found.names == []
        assert "1 file is of no table: .parquet" in found.left_out()[0]


@pytest.mark.parametrize(
    ("make", "package", "extra"), [(Delta, "deltalake", "delta"), (Iceberg, "pyiceberg", "iceberg")]
)
def test_without_its_extra_a_table_is_refused_and_the_extra_named(
    workspace: Workspace, make: Make, package: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = make(workspace.inbox / "usage")
    table.append(*rows("a"))
    for name in [*sys.modules]:
        is_of_it = (
            name.partition(".")[0] == package and package == "pyiceberg"
        )  # the other loads once
        if is_of_it or name.endswith(f".{extra}_table"):
            monkeypatch.delitem(sys.modules, name)
    with monkeypatch.context() as without:
        without.setitem(sys.modules, package, None)
        with pytest.raises(ConfigurationError, match=rf"install creditmill\[{extra}\]"):
            inbox_scan.require(table.root)
        (rejection,) = ingest(workspace, workspace.inbox).rejected
        assert f"creditmill[{extra}]" in rejection.detail
    assert not ingest(workspace, workspace.inbox).rejected
    assert inbox.rejected_before(workspace.home) == []
    assert ingested(workspace) == 1


@BOTH
def test_a_copied_table_is_read_where_it_lies_whatever_its_path(
    workspace: Workspace, make: Make
) -> None:
    table = make(workspace.folder / "usage", ["org_id"])
    table.append(*rows("a"))
    copied = workspace.folder / "else where#?é"
    shutil.move(table.root, copied)
    assert not ingest(workspace, copied).rejected
    assert ingested(workspace) == 1


def test_a_path_that_deltalake_takes_for_another_is_refused(workspace: Workspace) -> None:
    table = Delta(workspace.folder / "A")
    table.append(*rows("a"))
    other = shutil.copytree(table.root, workspace.folder / "%41")
    with pytest.raises(ConfigurationError, match="its path holds %"):
        ingest(workspace, other)


def test_which_metadata_of_iceberg_counts_is_never_guessed(workspace: Workspace) -> None:
    table = Iceberg(workspace.folder / "usage")
    table.append(*rows("a"))
    newest = table.metadata
    other = newest.with_name(newest.name[:6] + "0" * 8 + newest.name[14:])
    shutil.copy(newest, other)
    with pytest.raises(ConfigurationError, match="which metadata file counts is not known"):
        ingest(workspace, table.root)
    hint = newest.with_name("version-hint.text")
    hint.write_text(other.name)
    assert not ingest(workspace, table.root).rejected
    hint.write_text("77")
    with pytest.raises(ConfigurationError, match="no metadata file 77"):
        ingest(workspace, table.root)


def _damaged(table: Delta, kind: str) -> None:
    last = table.root / "_delta_log" / f"{1:020d}.json"
    match kind:
        case "empty":
            last.write_bytes(b"")
        case "garbage":
            last.write_bytes(b'{"add": 1}')
        case "feature":
            features = {"readerFeatures": ["new"], "writerFeatures": ["new"]}
            table.commit({"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, **features}})
        case "gap":
            table.append(*rows("c"))
            last.unlink()
        case "elsewhere":
            (add,) = [one["add"] for one in table.actions(1) if "add" in one]
            table.commit({"add": add | {"path": "s3://other/part-0.parquet"}})


@pytest.mark.parametrize("kind", ["empty", "garbage", "feature", "gap", "elsewhere"])
def test_a_delta_log_that_is_damaged_or_says_what_is_not_known_is_refused(
    workspace: Workspace, kind: str
) -> None:
    table = Delta(workspace.folder / "usage")
    table.append(*rows("a"))
    table.append(*rows("b"))
    _damaged(table, kind)
    with pytest.raises(ConfigurationError, match=r"table of Delta Lake|of the table lies in s3://"):
        ingest(workspace, table.root)


def test_a_damaged_iceberg_table_is_refused(workspace: Workspace) -> None:
    table = Iceberg(workspace.folder / "usage")
    table.append(*rows("a"))
    metadata = table.metadata
    said = metadata.read_text()
    avro = next(iter(table.root.glob("metadata/snap-*.avro")))
    held = avro.read_bytes()
    for data in (b"", held[:-20], b"\0" * len(held), held[:60] + b"\xff" * 40 + held[100:]):
        avro.write_bytes(data)
        with pytest.raises(ConfigurationError, match="that cannot be read"):
            ingest(workspace, table.root)
    avro.unlink()
    with pytest.raises(ConfigurationError, match="that cannot be read"):
        ingest(workspace, table.root)
    avro.write_bytes(held)
    for text in ("", "{}", said[:-9], said.replace('"location"', '"place"')):
        metadata.write_text(text)
        with pytest.raises(ConfigurationError, match="that cannot be read"):
            ingest(workspace, table.root)
    metadata.write_text(said)
    assert not ingest(workspace, table.root).rejected


def test_a_file_of_a_table_that_is_gone_is_named(workspace: Workspace) -> None:
    table = Delta(workspace.folder / "usage")
    table.append(*rows("a"))
    next(table.root.glob("*.parquet")).unlink()
    (rejection,) = ingest(workspace, table.root).rejected
    assert rejection.reason == "unreadable"
