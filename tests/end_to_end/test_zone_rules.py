"""A home whose time zone gets other rules: rows move between dates, and are counted once.

What a date covers under one set of rules is held in `test_usage_dates`.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipelines.cli.app import main
from pricing_assets.common.clock import now
from pricing_assets.common.errors import ConfigurationError, CreditmillError
from pricing_assets.contract import zones
from pricing_assets.flow import Run
from pricing_assets.home import Home, closings
from pricing_assets.home.opening import RequestedSettings, open_home
from pricing_assets.verify import database, recompute
from tests.support import workspace as workspaces
from tests.support import zone_files
from tests.support.cases import few_in_short
from tests.support.invariants import is_verified, parts_add_up
from tests.support.workspace import Row, Workspace, row, stored_manifest, write_card
from tests.support.zone_files import NEW, OLD, ZONE


def update(workspace: Workspace, zone: Any = NEW, release: str = "2025a") -> None:
    """Install another release."""
    zones.use(zone_files.write_release(workspace.folder / release, release, zone))


def at(instant: str, **changes: object) -> Row:
    """A row of this instant, which is its id."""
    return row(**{"event_id": instant, "event_time": datetime.fromisoformat(instant), **changes})


EVENTS = [
    *("2025-03-21T12:00Z", "2025-03-22T12:00Z"),
    "2025-03-23T03:30Z",  # 23:30 on the 22nd, the second time; then 00:30 on the 23rd
    "2025-03-23T12:00Z",
    "2025-03-24T03:30Z",
    "2025-04-01T03:30Z",  # the only row of 03-31, which then has none
    "2025-10-06T12:00Z",
]
BEFORE = {"2025-03-21": 1, "2025-03-22": 2, "2025-03-23": 2, "2025-03-31": 1, "2025-10-06": 1}
AFTER = {
    **{"2025-03-21": 1, "2025-03-22": 1, "2025-03-23": 2, "2025-03-24": 1, "2025-03-31": 0},
    **{"2025-04-01": 1, "2025-10-06": 1},
}
WHY = f"time zone rules of {ZONE} changed (tzdata 2024b became 2025a)"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rules of 2024b."""
    return zone_files.write_release(tmp_path_factory.mktemp("zones") / "2024b", "2024b", OLD)


@pytest.fixture(scope="module")
def made(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The events in two logs, published under the rules of 2024b; not to be changed."""
    folder = tmp_path_factory.mktemp("made")
    book = write_card(folder / "book", effective_from="2025-01-01T00:00:00Z")
    workspace = Workspace(folder, (book,), given=RequestedSettings(timezone=ZONE))
    workspace.log("a.parquet", *(at(instant) for instant in EVENTS[:3]))
    workspace.log("b.parquet", *(at(instant) for instant in EVENTS[3:]))
    zones.use(release)
    assert workspace.run().states() == dict.fromkeys(BEFORE, ("published", 1))
    zones.use(None)
    return workspace


@pytest.fixture
def filled(made: Workspace, release: Path, tmp_path: Path) -> Iterator[Workspace]:
    """A copy of that, under the same rules."""
    zones.use(release)
    yield made.copied(tmp_path)
    zones.use(None)


def events(workspace: Workspace) -> dict[str, int]:
    """Events of each date with a version in force."""
    current = ((day, workspace.home.current(day)) for day in workspace.home.dates())
    return {str(day): stored_manifest(one)["totals"]["events"] for day, one in current if one}


@pytest.mark.slow
def test_changed_rules_restate_exactly_the_touched_dates(filled: Workspace) -> None:
    workspace = filled
    assert events(workspace) == BEFORE
    assert workspace.run().stale == []
    update(workspace)
    workspace.log("late.parquet", at("2025-03-23T03:45Z", org_id="late"))
    ran = workspace.run(received_at=now())
    assert {str(made.day): made.state for made in ran.published} == {
        **dict.fromkeys(("2025-03-22", "2025-03-23", "2025-03-24"), "published"),
        **dict.fromkeys(("2025-03-31", "2025-04-01"), "published"),
    }
    reasons = {str(made.day): made.reason for made in ran.published}
    assert reasons["2025-03-22"] == reasons["2025-03-31"] == WHY
    assert reasons["2025-03-23"] == f"{WHY}; late usage: 1 row in late.parquet"
    assert events(workspace) == {**AFTER, "2025-03-23": 3}
    assert workspace.sql("select count(*), sum(events) from daily_usage") == [(7, 8)]
    fresh = workspace.beside("fresh")
    fresh.run()
    made_anew = fresh.outputs()
    kept = {key: sha for key, sha in workspace.outputs().items() if key[0] != "2025-03-31"}
    assert kept == made_anew
    assert workspace.run().stale == []
    is_verified(workspace)
    parts_add_up(workspace)
    # each version again, under the rules that it was made by
    remade = list(
        recompute.recompute_dates(workspace.home, [date(2025, 3, 22)], limits=workspaces.LIMITS)
    )
    assert [(one.version, one.differences) for one in remade] == [(1, []), (2, [])]
    rules = workspace.sql("select distinct cause from changes where usage_date = '2025-03-22'")
    assert rules == [("rules",)]


def test_a_change_of_one_date_takes_its_neighbours_along(filled: Workspace) -> None:
    workspace = filled
    update(workspace)
    with workspace.home.lock():
        given = RequestedSettings(timezone=ZONE, books=(str(workspace.books[0]),))
        run = Run(workspace.home, open_home(workspace.home, given), workspaces.LIMITS)
        day = date(2025, 3, 21)
        found = [str(one.day) for one in run.stale(day, day)]
    assert found == ["2025-03-22", "2025-03-23", "2025-03-31"]


@pytest.mark.slow
def test_a_touched_closed_date_is_refused_before_anything_is_published(
    filled: Workspace, release: Path
) -> None:
    workspace = filled
    with workspace.home.lock():
        closings.close(workspace.home, date(2025, 3, 22), "month end", [])
    before, known = workspace.published_bytes(), workspace.home.receipt_files()
    receipts = [file.read_bytes() for file in known]
    update(workspace)
    workspace.log("late.parquet", at("2025-10-06T13:00Z"))
    said = r"moves rows between closed dates \(2025-03-22\); nothing was ingested or published"
    with pytest.raises(ConfigurationError, match=said) as refused:
        workspace.run()
    assert "pip install tzdata==2024.2" in str(refused.value)
    assert f"reopen --from 2025-03-22 --reason TEXT --home {workspace.home.path}" in str(
        refused.value
    )
    with pytest.raises(ConfigurationError, match=said):
        Run(workspace.home, workspace.home.settings()).stale()
    assert (workspace.published_bytes(), workspace.home.receipt_files()) == (before, known)
    assert [file.read_bytes() for file in known] == receipts
    # back under the old rules all is as it was; or it is reopened and restated
    zones.use(release)
    assert workspace.run().states() == {"2025-10-06": ("published", 2)}
    zones.use(workspace.folder / "2025a")
    with workspace.home.lock():
        closings.reopen(workspace.home, date(2025, 3, 22), "tzdata")
    workspace.run()
    assert events(workspace) == {**AFTER, "2025-10-06": 2}


@pytest.mark.slow
def test_untouched_closed_dates_hold_nothing_up(filled: Workspace) -> None:
    workspace = filled
    with workspace.home.lock():
        closings.close(workspace.home, date(2025, 3, 21), "month end", [])
    update(workspace)
    workspace.run()
    assert events(workspace) == AFTER
    assert workspace.sql("select * from corrections") == []


@pytest.mark.slow
def test_rules_that_change_and_change_back(filled: Workspace, release: Path) -> None:
    workspace = filled
    update(workspace)
    workspace.run()
    # what was never published under the new rules is counted by the old ones again, too
    workspace.log("c.parquet", at("2025-05-02T03:30Z"))
    workspace.run(logs=[])
    zones.use(release)
    workspace.run()
    kept = {day: count for day, count in events(workspace).items() if count}
    assert kept == {**BEFORE, "2025-05-01": 1}
    assert workspace.sql("select sum(credits) from charges") == [(Decimal("1.76"),)]
    is_verified(workspace)


def test_a_release_that_means_the_same_changes_nothing(filled: Workspace) -> None:
    workspace = filled
    changes, rest = OLD
    update(workspace, (changes[:-1], rest))  # the last change is what the rest says anyway
    before = workspace.home.settings().zone_rules
    assert workspace.run().stale == []
    assert workspace.home.settings().zone_rules != before


@pytest.mark.slow
def test_logs_that_were_never_published_are_counted_again(filled: Workspace) -> None:
    workspace = filled.beside("other", "other inbox").under(quarantine_floor=0)
    workspace.log(
        "a.parquet", at("2025-03-23T03:30Z", event_id="")
    )  # one row, and it is quarantined
    assert workspace.run().states() == {"2025-03-22": ("blocked", None)}
    update(workspace)
    states = workspace.run().states()
    assert states == {"2025-03-22": ("published", 1), "2025-03-23": ("blocked", None)}


EDITED = [
    (f'timezone = "{ZONE}"', 'timezone = "UTC"', f'made with timezone = "{ZONE}", it says "UTC"'),
    ('dimensions = ["agent_id"]', 'dimensions = ["team"]', 'it says \\["team"\\]. Put dimensions'),
]


@pytest.mark.parametrize(("old", "new", "said"), EDITED, ids=["zone", "dimensions"])
def test_terms_that_were_edited_by_hand_are_named(
    filled: Workspace, old: str, new: str, said: str
) -> None:
    workspace = filled
    file = workspace.home.settings_file
    text = file.read_text()
    file.write_text(text.replace(old, new))
    assert file.read_text() != text
    workspace.log("late.parquet", at("2025-10-06T13:00Z"))
    before = workspace.published_bytes()
    for asked in (workspace, workspace.under(timezone=None), workspace.under(timezone="UTC")):
        with pytest.raises(ConfigurationError, match=said):
            asked.run()
    with pytest.raises(ConfigurationError, match=said):
        workspace.home.settings()  # what every command begins with
    (difference,) = database.settings_agree(workspace.home)
    assert difference.what.startswith("was changed: its reports were made with")
    assert main(["verify", "2025-03-22", "--recompute", "--home", str(workspace.home.path)]) == 1
    file.write_text(text.replace(f'zone_rules = "{ZONE}', 'zone_rules = "UTC'))
    with pytest.raises(
        ConfigurationError, match=r'changed: zone_rules = "UTC .*" is not of timezone'
    ):
        workspace.home.settings()
    assert workspace.published_bytes() == before
    file.write_text(text)
    assert workspace.home.settings().timezone == ZONE


@pytest.mark.parametrize("edited", few_in_short([f"{ZONE} 00", "", None]))
def test_pinned_rules_that_were_edited_by_hand_count_no_row_differently(
    filled: Workspace, release: Path, edited: str | None
) -> None:
    """None: to those of the release that is installed then, as if all was counted again."""
    workspace, file = filled, filled.home.settings_file
    held = workspace.home.settings().zone_rules
    update(workspace)
    text, pinned = file.read_text(), zones.rules_of(ZONE)
    file.write_text(text.replace(held, pinned if edited is None else edited))
    assert file.read_text() != text
    zones.use(release)
    assert workspace.run().stale == []
    assert file.read_text() == text
    file.write_text(text.replace(held, pinned if edited is None else edited))
    zones.use(workspace.folder / "2025a")
    workspace.run()
    assert events(workspace) == AFTER
    assert workspace.home.settings().zone_rules == pinned


def test_a_log_that_cannot_be_counted_again_is_named(
    filled: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, pinned = filled, filled.home.settings().zone_rules
    update(workspace)
    receipts = workspace.home.all_receipts()
    more = [replace(log, rows=log.rows + 1) for log in receipts]
    with monkeypatch.context() as patch:
        patch.setattr(Home, "all_receipts", lambda home: more)
        with pytest.raises(CreditmillError, match=r"rows? (was|were) counted again, \d ingested"):
            workspace.run()
    workspace.home.log(receipts[0].file).unlink()
    with pytest.raises(CreditmillError, match=f"{receipts[0].file_name} is missing: restore"):
        workspace.run()
    assert workspace.home.settings().zone_rules == pinned


@pytest.mark.parametrize(
    ("size", "end"),
    [*((size, end) for size in (0, 5, 30, 60, 100) for end in (b"", b"\n")), (-1, b"")],
)
def test_a_damaged_zone_is_named(tmp_path: Path, size: int, end: bytes) -> None:
    damaged = zone_files.write_release(tmp_path / "damaged", "2025a", NEW)
    file = damaged / "zoneinfo" / ZONE
    file.write_bytes(file.read_bytes()[:size] + end)
    zones.use(damaged)
    try:
        with pytest.raises(ConfigurationError, match="cannot be read from the package tzdata"):
            zones.zone_of(ZONE)
    finally:
        zones.use(None)


@pytest.mark.parametrize(
    ("of", "name"),
    [("2024b", "tzdata==2024.2"), ("2026f", "tzdata==2026.6"), ("", "tzdata"), ("2026", "tzdata")],
)
def test_what_pip_calls_a_release(of: str, name: str) -> None:
    assert zones.package(of) == name
