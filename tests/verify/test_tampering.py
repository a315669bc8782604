"""What was published and then changed, swapped, moved or rolled back: `verify` names it.

What a version holds belongs to `test_outcomes`; versions made again, to `test_recompute`.
"""

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pricing_assets.home import Version
from tests.support import versions
from tests.support.cases import few_in_short
from tests.support.command import creditmill
from tests.support.histories import close, reopen
from tests.support.versions import by_digest, reseal
from tests.support.workspace import NOON, STRICT, Workspace, row, stored_manifest

DAY, NEXT, BLOCKED = (NOON.replace(day=day).date() for day in (3, 4, 5))


@pytest.fixture(scope="module")
def rich(four_versions: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A date of five versions and a booking that was taken back, a date of one version, and one
    that is blocked."""
    workspace = four_versions.copied(tmp_path_factory.mktemp("rich"))
    close(workspace, DAY)
    workspace.log(
        "later.parquet",
        row(event_id="later"),
        row(event_time=NOON.replace(day=4)),
        row(event_time=None),
    )
    bad = (row(event_id=f"{n}", event_time=NOON.replace(day=5), org_id="") for n in range(101))
    workspace.log("bad.parquet", *bad)
    workspace = workspace.under(quarantine_limit=STRICT)
    workspace.run()
    reopen(workspace, DAY)
    workspace.run()
    assert workspace.versions() == {f"{DAY}": [1, 2, 3, 4, 5], f"{NEXT}": [1], f"{BLOCKED}": []}
    assert by_digest(workspace) == []
    return workspace


@pytest.fixture
def own(rich: Workspace, tmp_path: Path) -> Workspace:
    """The same home, to spoil."""
    return rich.copied(tmp_path)


def published(workspace: Workspace) -> list[Path]:
    """Every file of versions, bookings and closings, and every log and what is kept beside it."""
    home = workspace.home
    numbered = [
        path for part in (home.reports, home.corrections) for path in part.rglob("[0-9]*/*")
    ]
    blocked = home.blocked_folder(BLOCKED).iterdir()
    receipts = (path for path in home.receipts.iterdir() if path != home.seen_file)
    return sorted([*numbered, *blocked, *home.closings.iterdir(), *home.logs.iterdir(), *receipts])


def one_byte_changes_are_found(workspace: Workspace, seed: int, count: int) -> None:
    rng = random.Random(seed)
    paths = published(workspace)
    for path in (*paths, *(path.parent for path in paths)):
        path.chmod(0o755)
    for path in rng.choices(paths, [path.stat().st_size for path in paths], k=count):
        data = path.read_bytes()
        place = rng.randrange(len(data))
        changed = bytearray(data)
        changed[place] ^= rng.randrange(1, 256)
        path.write_bytes(changed)
        said = by_digest(workspace)
        name = path.relative_to(workspace.home.path).as_posix()
        named = (
            (f"{name}: ", "closings: ") if path.parent == workspace.home.closings else f"{name}: "
        )
        assert any(one.startswith(named) for one in said), (name, place, said)
        path.write_bytes(data)
    assert by_digest(workspace) == []


@pytest.mark.slow
def test_two_random_one_byte_changes_are_found(own: Workspace) -> None:
    one_byte_changes_are_found(own, 5, 2)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_1000_random_one_byte_changes_are_found(own: Workspace, seed: int) -> None:
    one_byte_changes_are_found(own, 100 + seed, 100)


def swap(one: Path, other: Path) -> None:
    aside = one.with_name("aside")
    one.rename(aside)
    other.rename(one)
    aside.rename(other)


def rolled_back(workspace: Workspace) -> None:
    """The link names an older version."""
    link = workspace.home.date_folder(DAY) / "current"
    link.unlink()
    os.symlink("0004", link)


def rolled_back_whole(workspace: Workspace) -> None:
    """The link names an older version, and the newer one is gone."""
    rolled_back(workspace)
    (workspace.home.date_folder(DAY) / "0005").rename(workspace.folder / "gone")


def swapped(workspace: Workspace) -> None:
    """Two versions of a date bear each other's number."""
    swap(workspace.home.date_folder(DAY) / "0002", workspace.home.date_folder(DAY) / "0003")


def of_another_date(workspace: Workspace) -> None:
    """Two first versions lie under each other's date."""
    swap(workspace.home.date_folder(DAY) / "0001", workspace.home.date_folder(NEXT) / "0001")


def one_more_file(workspace: Workspace) -> None:
    (workspace.home.date_folder(NEXT) / "0001" / "more.csv").write_text("more\n")


def one_file_less(workspace: Workspace) -> None:
    (workspace.home.date_folder(NEXT) / "0001" / "usage.parquet").unlink()


def booking_removed(workspace: Workspace) -> None:
    (workspace.home.correction_folder(DAY) / "0001").rename(workspace.folder / "gone")


def last_act_changed(workspace: Workspace) -> None:
    """No later act names its digest; the database knows it."""
    act = workspace.home.closings / "0002.json"
    text = act.read_text()
    act.unlink()
    act.write_text(text.replace("a mistake", "as agreed"))


def last_act_removed(workspace: Workspace) -> None:
    (workspace.home.closings / "0002.json").unlink()


def current_removed(workspace: Workspace) -> None:
    (workspace.home.date_folder(NEXT) / "current").unlink()


def blocked_attempt_forged(workspace: Workspace) -> None:
    (workspace.home.blocked_folder(BLOCKED) / "quarantine.parquet").unlink()


def closed_version_damaged(workspace: Workspace) -> None:
    """No manifest that can be read, of the version that was closed, of its booking's date."""
    (workspace.home.date_folder(DAY) / "0004" / "manifest.json").write_text("{")


def blocked_attempt_damaged(workspace: Workspace) -> None:
    (workspace.home.blocked_folder(BLOCKED) / "manifest.json").write_text("{")


def of_another_kind(workspace: Workspace) -> None:
    """A version in the place of what was booked, and the other way around."""
    home = workspace.home
    version, booking = (
        folder(DAY) / "0001" for folder in (home.date_folder, home.correction_folder)
    )
    aside = home.path / "aside"
    version.rename(aside)
    booking.rename(version)
    aside.rename(booking)


def database_forged(workspace: Workspace) -> None:
    link = workspace.home.catalog
    forged = link.resolve().with_name("forged.duckdb")
    shutil.copy(link, forged)
    forged.chmod(0o644)
    with duckdb.connect(str(forged)) as con:
        con.execute("update daily_usage set credits = credits + 1")
    link.unlink()
    link.symlink_to(forged)


def log_removed(workspace: Workspace) -> None:
    next(workspace.home.logs.iterdir()).unlink()


def receipt_damaged(workspace: Workspace) -> None:
    receipt = workspace.home.receipt_file(workspace.home.all_receipts()[0].file)
    receipt.write_bytes(receipt.read_bytes()[:-10])


def receipt_forged(workspace: Workspace) -> None:
    """It says that the log came on another day."""
    receipt = workspace.home.receipt_files()[0]
    receipt.write_text(receipt.read_text().replace("2026-02-10", "2026-02-11"))


def receipt_of_another_log(workspace: Workspace) -> None:
    first, second, *_ = workspace.home.receipt_files()
    swap(first, second)


def undated(workspace: Workspace) -> Path:
    (found,) = workspace.home.receipts.glob("*.quarantine.parquet")
    return found


def undated_removed(workspace: Workspace) -> None:
    undated(workspace).unlink()


def undated_forged(workspace: Workspace) -> None:
    """One more row of no date, in a whole file."""
    rows = pq.read_table(undated(workspace))
    pq.write_table(pa.concat_tables([rows, rows]), undated(workspace))


def log_of_another_name(workspace: Workspace) -> None:
    logs = sorted(workspace.home.logs.iterdir())
    swap(logs[0], logs[1])


def last(workspace: Workspace) -> Version:
    return workspace.home.versions(NEXT)[0]


def totals_forged(workspace: Workspace) -> None:
    """With all digests in order, as by one who knows how they are made."""
    totals = stored_manifest(last(workspace))["totals"] | {"credits": "1.000000000"}
    reseal(last(workspace), stored_manifest(last(workspace)) | {"totals": totals})


def outcomes_forged(workspace: Workspace) -> None:
    reseal(last(workspace), stored_manifest(last(workspace)) | {"outcomes": {"rated": 2}})


def rows_in_forged(workspace: Workspace) -> None:
    (log,) = stored_manifest(last(workspace))["inputs"]
    reseal(last(workspace), stored_manifest(last(workspace)) | {"inputs": [log | {"rows": 2}]})


def booking_forged(workspace: Workspace) -> None:
    booked = workspace.home.booked(DAY)[0]
    versions.forge(booked, "update corrections set credits = credits + 1", "corrections")


FORGERIES: dict[Callable[[Workspace], None], str] = {
    rolled_back: f"usage_date={DAY}/current: names version 4, the newest is 5",
    rolled_back_whole: f"usage_date={DAY}/0005: is missing or damaged; credits.duckdb names it",
    swapped: "0002/manifest.json: belongs to another date or version",
    of_another_date: "0001/manifest.json: belongs to another date or version",
    of_another_kind: "0001/manifest.json: is the manifest of another kind: report",
    one_more_file: "more.csv: does not belong to the version",
    one_file_less: "usage.parquet: is missing",
    booking_removed: "0002/manifest.json: belongs to another date or version",
    last_act_changed: "closings: these are not the acts that credits.duckdb knows",
    last_act_removed: "closings: these are not the acts that credits.duckdb knows",
    current_removed: f"usage_date={NEXT}: no version is in force",
    totals_forged: "sums up to 0.110000000 credits, the manifest says 1.000000000",
    outcomes_forged: "account.parquet: is not the manifest's outcomes",
    rows_in_forged: "manifest.json: 2 rows in, 1 with an outcome",
    booking_forged: "corrections.parquet: closed usage and corrections are not",
    blocked_attempt_forged: "blocked/quarantine.parquet: is missing",
    closed_version_damaged: "0004/manifest.json: cannot be read",
    blocked_attempt_damaged: "blocked/manifest.json: cannot be read",
    database_forged: "credits.duckdb: daily_usage shows",
    log_removed: "the log is missing",
    receipt_damaged: ".json: cannot be read",
    receipt_forged: ".json: its bytes are not those that were written",
    receipt_of_another_log: ".json: belongs to another log",
    undated_removed: ".quarantine.parquet: is missing",
    undated_forged: ".quarantine.parquet: its bytes are not those that were written",
    log_of_another_name: "its bytes are not those that were ingested",
}


@pytest.mark.slow
def test_a_damaged_receipt_does_not_hide_its_log(own: Workspace) -> None:
    """Also where no version names the log: it holds no row of any date."""
    own.log("undated.parquet", row(event_time=None, event_id="no date"))
    (taken,) = own.run().arrivals.taken
    receipt = own.home.receipt_file(taken.file)
    receipt.write_text("{}")
    log = own.home.log(receipt.stem)
    log.chmod(0o644)
    log.write_bytes(b"changed")
    said = by_digest(own)
    assert any(one.startswith(f"logs/{log.name}: its bytes are not those") for one in said)


REPEATED = (
    *(swapped, booking_removed, one_file_less, last_act_removed, closed_version_damaged),
    *(receipt_damaged, undated_removed, undated_forged),
)
"""What others leave to be said, too."""


@pytest.mark.parametrize(
    "forge",
    few_in_short(sorted(FORGERIES, key=REPEATED.__contains__), len(FORGERIES) - len(REPEATED)),
    ids=lambda forge: forge.__name__,
)
def test_what_was_forged_is_found(own: Workspace, forge: Callable[[Workspace], None]) -> None:
    for folder in own.home.path.rglob("*/"):
        folder.chmod(0o755)
    forge(own)
    said = by_digest(own)
    if forge is blocked_attempt_damaged:
        done = creditmill("status", "--home", own.home.path, cwd=own.folder)
        assert done.returncode == 1
        assert b"is damaged, restore it from a copy" in done.stderr
    assert any(FORGERIES[forge] in one for one in said), said
