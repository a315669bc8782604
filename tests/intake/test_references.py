"""Logs that stay where they lie: the home has receipts that name them, and reports of the same bytes."""

import os
import shutil
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from pricing_assets import flow
from pricing_assets.common.errors import ConfigurationError, CreditmillError
from pricing_assets.home import Receipt, derived, references, withdrawals
from pricing_assets.home.opening import RequestedSettings, open_home
from pricing_assets.intake.arrivals import IngestOptions
from pricing_assets.intake.inboxes import Inbox
from pricing_assets.repair import withdrawn_logs
from pricing_assets.verify import files, logs
from pricing_assets.verify.home import verify_home
from tests.support.object_server import Bucket
from tests.support.workspace import LIMITS, NOON, READER, Workspace, bring_up_to_date, row


def run(
    workspace: Workspace, objects: Bucket, *, stays: bool = True, publishes: bool = True
) -> flow.Run:
    """One run over what lies in the bucket, or only its intake."""
    home = workspace.home
    with home.lock():
        terms = open_home(
            home, RequestedSettings(books=tuple(map(str, workspace.books)), quarantine_limit="1")
        )
        made = flow.Run(home, terms, LIMITS, IngestOptions(reader=READER, stays=stays))
        made.ingest(Inbox(objects.address("logs")))
        if publishes:
            bring_up_to_date(made)
    return made


def put(workspace: Workspace, objects: Bucket, name: str, *rows: dict[str, object]) -> None:
    objects.put(f"logs/{name}", workspace.log(name, *rows))


def kept(workspace: Workspace) -> Sequence[Receipt]:
    return workspace.home.all_receipts()


@pytest.fixture
def referenced(workspace: Workspace, objects: Bucket) -> Workspace:
    """A home whose one log stays in the bucket; nothing is published yet."""
    later = NOON + timedelta(days=400)
    put(
        workspace,
        objects,
        "a.parquet",
        row(),
        row(event_id="e2"),
        row(event_id="e3", model="Nobody"),
        row(event_id="e4", event_time=later),
    )
    run(workspace, objects, publishes=False)
    return workspace


def test_receipts_name_the_objects_and_reports_are_the_same(
    referenced: Workspace, objects: Bucket
) -> None:
    (log,) = kept(referenced)
    assert log.reference is not None
    assert log.reference["uri"] == f"s3://{objects.name}/logs/a.parquet"
    assert log.reference["etag"]
    assert [*referenced.home.logs.iterdir()] == []
    run(referenced, objects)
    # late rows, one of an id that is in the other log
    put(referenced, objects, "b.parquet", row(), row(event_id="e9"))
    objects.server.watch()
    run(referenced, objects)
    assert objects.asked(beginning="logs/") == ["logs/b.parquet", "logs/a.parquet"]
    copied = referenced.beside("copied")
    run(copied, objects, stays=False)
    assert len([*copied.home.logs.iterdir()]) == 2
    assert referenced.outputs() == copied.outputs()
    assert files.verify(referenced.home, referenced.home.dates())[1] == []
    assert next(iter(logs.logs_not_kept(referenced.home))).startswith("2 logs (")


@pytest.mark.slow
def test_what_is_made_again_is_read_where_it_lies(referenced: Workspace, objects: Bucket) -> None:
    run(referenced, objects)
    home = referenced.home
    shutil.rmtree(home.rollups)
    found = verify_home(home, None, limits=LIMITS, again=True)
    assert found.differences == []
    assert [one.differences for one in found.recomputed] == [[]]
    assert [*home.logs.iterdir()] == []
    objects.delete("logs/a.parquet")
    (recomputed,) = verify_home(home, None, limits=LIMITS, again=True).recomputed
    assert "log a.parquet is not at s3://" in str(recomputed.differences)


@pytest.mark.parametrize(
    "change, why",
    [
        (lambda objects: objects.delete("logs/a.parquet"), "is not at s3://"),
        (lambda objects: objects.put("logs/a.parquet", b"others"), "was overwritten at s3://"),
    ],
)
def test_an_object_that_is_gone_or_another_is_named(
    referenced: Workspace, objects: Bucket, change: object, why: str
) -> None:
    change(objects)  # type: ignore[operator]
    home = referenced.home
    with home.lock(), pytest.raises(CreditmillError, match=f"log a.parquet {why}"):
        derived.ensure(home, home.all_receipts())
    assert [*home.logs.iterdir()] == []


def test_what_a_killed_reader_left_goes_after_a_day(referenced: Workspace, objects: Bucket) -> None:
    home = referenced.home
    (log,) = kept(referenced)
    derived.ensure(home, [log])
    part = home.logs / ".killed.part"
    part.touch()
    left = {home.log(log.file), part}
    put(referenced, objects, "b.parquet", row(event_id="e9"))
    run(referenced, objects, publishes=False)
    assert {*home.logs.iterdir()} == left  # somebody may read them now
    for file in left:
        os.utime(file, (0, 0))
    with home.lock():
        assert [*home.logs.iterdir()] == []


def test_bytes_that_are_not_those_of_the_receipt_are_named(
    referenced: Workspace, objects: Bucket, tmp_path: Path
) -> None:
    """A store without etags, or one that lies."""
    (log,) = kept(referenced)
    assert log.reference is not None
    objects.put("logs/a.parquet", bytes(log.bytes))
    record = log.record() | {"reference": {"uri": log.reference["uri"]}}
    assert "differs from what was ingested" in references.copied(record, tmp_path / "copy")


def test_a_withdrawn_log_comes_back_from_where_it_lies(
    referenced: Workspace, objects: Bucket
) -> None:
    home = referenced.home
    (log,) = kept(referenced)
    with home.lock():
        withdrawals.withdraw(home, log.file, "twice")
        run_ = flow.Run(home, home.settings(), LIMITS)
        withdrawn_logs.ingest_anew(run_, log.file, "it was right")
    (again,) = kept(referenced)
    assert again.reference == log.reference
    assert [*home.logs.iterdir()] == []
    with home.lock():
        withdrawals.withdraw(home, log.file, "twice")
        objects.delete("logs/a.parquet")
        with pytest.raises(ConfigurationError, match=r"a\.parquet is not at s3://"):
            withdrawn_logs.ingest_anew(flow.Run(home, home.settings(), LIMITS), log.file, "again")
