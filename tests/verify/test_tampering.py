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

from pricing_assets.checks import expectations
from pricing_assets.checks import run as checks
from pricing_assets.home import Version
from tests.conftest import holds
from tests.pipelines.cli.test_commands import creditmill
from tests.report.test_closing_and_corrections import close, reopen
from tests.support.workspace import NOON, STRICT, Mill, row, write_card
from tests.verify.test_recompute import by_digest, grown, reseal
from tests.verify.test_recompute import forge as forge_table

DAY, NEXT, BLOCKED = (NOON.replace(day=day).date() for day in (3, 4, 5))


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Mill:
    """A date of five versions and a booking that was taken back, a date of one version, and one
    that is blocked."""
    folder = tmp_path_factory.mktemp("rich")
    with pytest.MonkeyPatch.context() as patch:  # the plain judge, for a whole module
        patch.setattr(expectations, "preload", lambda: None)
        patch.setattr(checks, "judge", holds)
        mill = grown(Mill(folder, (write_card(folder / "book"),)))
        close(mill, DAY)
        mill.log(
            "later.parquet",
            row(event_id="later"),
            row(event_time=NOON.replace(day=4)),
            row(event_time=None),
        )
        bad = (row(event_id=f"{n}", event_time=NOON.replace(day=5), org_id="") for n in range(101))
        mill.log("bad.parquet", *bad)
        mill = mill.under(quarantine_limit=STRICT)
        mill.run()
        reopen(mill, DAY)
        mill.run()
    assert mill.versions() == {f"{DAY}": [1, 2, 3, 4, 5], f"{NEXT}": [1], f"{BLOCKED}": []}
    assert by_digest(mill) == []
    return mill


@pytest.fixture
def own(rich: Mill, plain_judge: None, tmp_path: Path) -> Mill:
    """The same home, to spoil; its database is built anew, for its own paths."""
    mill = rich.copied(tmp_path)
    mill.run()
    return mill


def published(mill: Mill) -> list[Path]:
    """Every file of versions, bookings and closings, and every log and what is kept beside it."""
    home = mill.home
    numbered = [
        path for part in (home.reports, home.corrections) for path in part.rglob("[0-9]*/*")
    ]
    blocked = home.blocked_folder(BLOCKED).iterdir()
    receipts = (path for path in home.receipts.iterdir() if path != home.seen_file)
    return sorted([*numbered, *blocked, *home.closings.iterdir(), *home.logs.iterdir(), *receipts])


def one_byte_changes_are_found(mill: Mill, seed: int, count: int) -> None:
    rng = random.Random(seed)
    paths = published(mill)
    for path in (*paths, *(path.parent for path in paths)):
        path.chmod(0o755)
    for path in rng.choices(paths, [path.stat().st_size for path in paths], k=count):
        data = path.read_bytes()
        place = rng.randrange(len(data))
        changed = bytearray(data)
        changed[place] ^= rng.randrange(1, 256)
        path.write_bytes(changed)
        said = by_digest(mill)
        name = path.relative_to(mill.home.path).as_posix()
        named = (f"{name}: ", "closings: ") if path.parent == mill.home.closings else f"{name}: "
        assert any(one.startswith(named) for one in said), (name, place, said)
        path.write_bytes(data)
    assert by_digest(mill) == []


def test_ten_random_one_byte_changes_are_found(own: Mill) -> None:
    one_byte_changes_are_found(own, 5, 10)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_1000_random_one_byte_changes_are_found(own: Mill, seed: int) -> None:
    one_byte_changes_are_found(own, 100 + seed, 100)


def swap(one: Path, other: Path) -> None:
    aside = one.with_name("aside")
    one.rename(aside)
    other.rename(one)
    aside.rename(other)


def rolled_back(mill: Mill) -> None:
    """The link names an older version."""
    link = mill.home.date_folder(DAY) / "current"
    link.unlink()
    os.symlink("0004", link)


def rolled_back_whole(mill: Mill) -> None:
    """The link names an older version, and the newer one is gone."""
    rolled_back(mill)
    (mill.home.date_folder(DAY) / "0005").rename(mill.folder / "gone")


def swapped(mill: Mill) -> None:
    """Two versions of a date bear each other's number."""
    swap(mill.home.date_folder(DAY) / "0002", mill.home.date_folder(DAY) / "0003")


def of_another_date(mill: Mill) -> None:
    """Two first versions lie under each other's date."""
    swap(mill.home.date_folder(DAY) / "0001", mill.home.date_folder(NEXT) / "0001")


def one_more_file(mill: Mill) -> None:
    (mill.home.date_folder(NEXT) / "0001" / "more.csv").write_text("more\n")


def one_file_less(mill: Mill) -> None:
    (mill.home.date_folder(NEXT) / "0001" / "usage.parquet").unlink()


def booking_removed(mill: Mill) -> None:
    (mill.home.correction_folder(DAY) / "0001").rename(mill.folder / "gone")


def last_act_changed(mill: Mill) -> None:
    """No later act names its digest; the database knows it."""
    act = mill.home.closings / "0002.json"
    text = act.read_text()
    act.unlink()
    act.write_text(text.replace("a mistake", "as agreed"))


def last_act_removed(mill: Mill) -> None:
    (mill.home.closings / "0002.json").unlink()


def current_removed(mill: Mill) -> None:
    (mill.home.date_folder(NEXT) / "current").unlink()


def blocked_attempt_forged(mill: Mill) -> None:
    (mill.home.blocked_folder(BLOCKED) / "quarantine.parquet").unlink()


def closed_version_damaged(mill: Mill) -> None:
    """No manifest that can be read, of the version that was closed, of its booking's date."""
    (mill.home.date_folder(DAY) / "0004" / "manifest.json").write_text("{")


def blocked_attempt_damaged(mill: Mill) -> None:
    (mill.home.blocked_folder(BLOCKED) / "manifest.json").write_text("{")


def database_forged(mill: Mill) -> None:
    link = mill.home.catalog
    forged = link.resolve().with_name("forged.duckdb")
    shutil.copy(link, forged)
    forged.chmod(0o644)
    with duckdb.connect(str(forged)) as con:
        con.execute("update daily_usage set credits = credits + 1")
    link.unlink()
    link.symlink_to(forged)


def log_removed(mill: Mill) -> None:
    next(mill.home.logs.iterdir()).unlink()


def receipt_damaged(mill: Mill) -> None:
    receipt = mill.home.receipt_file(mill.home.all_receipts()[0].file)
    receipt.write_bytes(receipt.read_bytes()[:-10])


def receipt_forged(mill: Mill) -> None:
    """It says that the log came on another day."""
    receipt = mill.home.receipt_files()[0]
    receipt.write_text(receipt.read_text().replace("2026-02-10", "2026-02-11"))


def receipt_of_another_log(mill: Mill) -> None:
    first, second, *_ = mill.home.receipt_files()
    swap(first, second)


def undated(mill: Mill) -> Path:
    (found,) = mill.home.receipts.glob("*.quarantine.parquet")
    return found


def undated_removed(mill: Mill) -> None:
    undated(mill).unlink()


def undated_forged(mill: Mill) -> None:
    """One more row of no date, in a whole file."""
    rows = pq.read_table(undated(mill))
    pq.write_table(pa.concat_tables([rows, rows]), undated(mill))


def log_of_another_name(mill: Mill) -> None:
    logs = sorted(mill.home.logs.iterdir())
    swap(logs[0], logs[1])


def last(mill: Mill) -> Version:
    return mill.home.versions(NEXT)[0]


def totals_forged(mill: Mill) -> None:
    """With all digests in order, as by one who knows how they are made."""
    totals = last(mill).manifest["totals"] | {"credits": "1.000000000"}
    reseal(last(mill), last(mill).manifest | {"totals": totals})


def outcomes_forged(mill: Mill) -> None:
    reseal(last(mill), last(mill).manifest | {"outcomes": {"rated": 2}})


def rows_in_forged(mill: Mill) -> None:
    (log,) = last(mill).manifest["inputs"]
    reseal(last(mill), last(mill).manifest | {"inputs": [log | {"rows": 2}]})


def booking_forged(mill: Mill) -> None:
    booked = mill.home.booked(DAY)[0]
    forge_table(booked, "update corrections set credits = credits + 1", "corrections")


FORGERIES: dict[Callable[[Mill], None], str] = {
    rolled_back: f"usage_date={DAY}/current: names version 4, the newest is 5",
    rolled_back_whole: f"usage_date={DAY}/0005: is missing or damaged; credits.duckdb names it",
    swapped: "0002/manifest.json: belongs to another date or version",
    of_another_date: "0001/manifest.json: belongs to another date or version",
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


def test_a_damaged_receipt_does_not_hide_its_log(own: Mill) -> None:
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


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
def test_what_was_forged_is_found(own: Mill, forge: Callable[[Mill], None]) -> None:
    for folder in own.home.path.rglob("*/"):
        folder.chmod(0o755)
    forge(own)
    said = by_digest(own)
    if forge is blocked_attempt_damaged:
        done = creditmill("status", "--home", own.home.path, cwd=own.folder)
        assert done.returncode == 1
        assert b"is damaged, restore it from a copy" in done.stderr
    assert any(FORGERIES[forge] in one for one in said), said
