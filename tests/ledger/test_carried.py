"""What a standing keeps for the date after it: used, the sum of all entries, and never trusted blindly.
That all of it is made again from nothing belongs to `test_verify_ledger`."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from pricing_assets.common.errors import DamagedFile
from pricing_assets.db import connection as duck
from pricing_assets.home.entries import LEDGER, STANDING
from pricing_assets.ledger import carried, chain, checks, compute, publish, remake, stored
from pricing_assets.ledger import folder as credits_folder
from tests.support.ledgers import bring_up_to_date, credits_of, used, workspace
from tests.support.workspace import LIMITS, Workspace


@pytest.mark.slow
def test_a_new_date_begins_with_what_the_standing_before_it_keeps(tmp_path: Path) -> None:
    made = workspace(tmp_path, grants="A,acme,paid,15,10,2026-02-01,,,,")
    made.log("a.parquet", used("02-01", 10), used("02-02", 10))
    bring_up_to_date(made)
    made.log("b.parquet", used("02-03", 10))
    made.run()
    inputs = credits_folder.load(credits_of(made))
    standing = stored.current(made.home, STANDING, date(2026, 2, 2))
    assert standing is not None
    names = {f"{name}.parquet" for name in carried.TABLES}
    assert names <= set(standing.manifest["outputs"])

    def published() -> dict[str, bytes]:
        """The files of the new date and its standing, published and taken away again."""
        with made.home.lock():
            outcome = publish.bring_up_to_date(made.home, inputs, limits=LIMITS)
        assert outcome.published == [date(2026, 2, 3)]
        found = {}
        for kind in (LEDGER, STANDING):
            held = stored.current(made.home, kind, date(2026, 2, 3))
            assert held is not None
            found |= {f"{kind} {name}": one for name, one in held.manifest["outputs"].items()}
        return found

    file = standing.folder / "carried_grants.parquet"
    was = file.read_bytes()
    standing.folder.chmod(0o755)
    file.chmod(0o644)
    file.write_bytes(was[:-1] + b"?")
    with pytest.raises(DamagedFile, match=r"carried_grants\.parquet is damaged"):
        published()
    file.unlink()  # as `prune` leaves it: entries are summed
    summed = published()
    file.write_bytes(was)
    again = workspace(tmp_path / "again", grants="A,acme,paid,15,10,2026-02-01,,,,")
    for log in sorted(made.inbox.iterdir()):
        again.inbox.mkdir(exist_ok=True)
        (again.inbox / log.name).write_bytes(log.read_bytes())
        bring_up_to_date(again)
    for kind in (LEDGER, STANDING):
        held = stored.current(again.home, kind, date(2026, 2, 3))
        assert held is not None
        for name, output in held.manifest["outputs"].items():
            assert summed[f"{kind} {name}"] == output, name


@pytest.mark.slow
def test_a_false_remainder_is_not_what_the_date_before_published(
    worked: Workspace, tmp_path: Path
) -> None:
    *before, last = stored.counting(worked.home, LEDGER)
    reports = chain.reported(worked.home)[last.usage_date]
    folders = [one.folder for one in before]
    charges = [] if reports.charges is None else [reports.charges]
    span = compute.DateSpan(last.usage_date, last.usage_date, charges, reports.bookings, folders)
    lines, dimensions = remake.pinned_lines(worked.home), worked.home.settings().dimensions
    broken = []
    for false in (0, 1):
        with duck.connection(LIMITS, tmp_path, [tmp_path, worked.home.path]) as con:
            left = dict(carried.summed(con, folders, dimensions))
            rows = left["grants"].to_pylist()
            next(row for row in rows if row["grant_id"] == "R3")["credits"] += false
            left["grants"] = pa.Table.from_pylist(rows, left["grants"].schema)
            tables, _ = compute.compute(con, span, lines, dimensions, left)
            found = checks.check(con, span, lines, tables)
            broken.append({rule for rule, rows in found.items() if rows})
    assert broken == [set(), {"balances_follow_from_entries", "no_grant_is_below_zero"}]
