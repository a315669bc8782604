"""Sources that were changed since they read their logs: what status and close say of it."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from pricing_assets.analysis.changed_sources import changed_sources
from pricing_assets.home import Receipt
from pricing_assets.home.opening import open_home
from pricing_assets.intake import inboxes
from pricing_assets.intake.arrivals import IngestOptions
from pricing_assets.intake.inboxes import Inbox
from pricing_assets.report import Stale
from pricing_assets.sources import catalog
from tests.support.logged import logged


def test_dates_of_logs_that_a_changed_source_read_are_stale(tmp_path: Path) -> None:
    made = logged(tmp_path)
    own, home = tmp_path / "own.toml", made.workspace.home
    text = (catalog.FOLDER / "litellm_s3.toml").read_text()
    own.write_text(text)
    inbox = Inbox(made.workspace.inbox, str(own))
    with home.lock():
        given = replace(made.workspace.given, books=(str(made.workspace.books[0]),))
        source, _ = inboxes.open_inbox(home, inbox, open_home(home, given), IngestOptions())
    assert source is not None

    def log(**dates: int) -> Receipt:
        days = {f"2026-02-0{day[1:]}": rows for day, rows in dates.items()}
        of = {"name": "own", "sha256": source.digest, "inbox": str(inbox.path)}
        return Receipt("0" * 64, "a", "", 9, 9, days, {}, [], source=of)

    logs = [log(d1=2, d2=3), log(d2=4), log()]
    assert not changed_sources(home, [inbox], logs).added_to({})
    own.write_text(f"{text}# changed\n")
    found = changed_sources(home, [inbox], logs)
    why = "source own was changed: a run maps its logs anew"
    first, second = date(2026, 2, 1), date(2026, 2, 2)
    late = Stale(first, "d", "late usage", 2)
    assert found.added_to({first: late}) == {
        first: replace(late, why=f"late usage; {why}"),
        second: Stale(second, "", why, 7),
    }
    assert [one.partition(": ")[2] for one in found.undated] == [
        "a run maps 1 log without a usage date anew"
    ]
    own.write_text("format =")
    (fault,) = changed_sources(home, [inbox], logs).faults
    assert fault.startswith(f"the source of {inbox.path} cannot be loaded: {own}: ")
    assert changed_sources(home, [Inbox(tmp_path / "another", str(own))], logs).faults == []
