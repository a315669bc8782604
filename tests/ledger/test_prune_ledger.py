"""Superseded versions of the ledger that are pruned: what goes, and that all of it stays provable."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from pipelines.cli.app import main
from pricing_assets.common.clock import now
from pricing_assets.home import prune
from pricing_assets.home.entries import LEDGER, STANDING
from pricing_assets.home.version import PRUNED
from pricing_assets.ledger import stored
from tests.support.ledgers import append, bring_up_to_date, close, used, workspace
from tests.support.workspace import Workspace

LATER = timedelta(days=8)


def pruned(made: Workspace, at: timedelta = LATER) -> list[str]:
    home = made.home
    with home.lock():
        found = prune.prunable(home, versions=True, grace_days=7, at=now() + at)
        prune.prune(home, found, now() + at)
    return sorted(
        f"{one.what} {one.path.parent.name[-5:]} {one.path.name}"
        for one in found
        if one.what in (LEDGER, STANDING)
    )


@pytest.mark.slow
def test_superseded_balances_go_and_what_is_left_is_verified_and_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = workspace(tmp_path, grants="A,acme,paid,100,10,2026-02-01,,,,")
    made.log("a.parquet", used("02-01", 10), used("02-02", 10))
    bring_up_to_date(made)
    append(made, "grants", "B,acme,promo,5,0,2026-02-01,,,,")
    bring_up_to_date(made)
    close(made, "02-01")
    append(made, "grants", "C,acme,promo,5,0,2026-02-02,,,,")
    bring_up_to_date(made)
    made.log("b.parquet", used("02-03", 10))
    bring_up_to_date(made)
    assert pruned(made, timedelta()) == []  # within the grace
    assert pruned(made) == [  # nothing of the closed date
        *("ledger 02-02 0001", "ledger 02-02 0002"),
        *("standing 02-02 0001", "standing 02-02 0002", "standing 02-02 0003"),
    ]
    assert pruned(made) == []
    assert len(stored.all_of(made.home, LEDGER, date(2026, 2, 1))) == 2
    one = stored.all_of(made.home, LEDGER, date(2026, 2, 2))[0]
    assert {file.name for file in one.folder.iterdir()} == {stored.MANIFEST, PRUNED}
    home = ["--home", str(made.home.path)]
    assert main(["verify", "--recompute", *home]) == 0
    made.log("c.parquet", used("02-04", 10))
    assert bring_up_to_date(made).published == [date(2026, 2, 4)]
    assert made.sql('select sum("left") from grants') == [(70,)]
    one.folder.chmod(0o755)
    (one.folder / PRUNED).chmod(0o644)
    (one.folder / PRUNED).write_text("{}")
    capsys.readouterr()
    assert main(["verify", *home]) == 1
    assert PRUNED in "".join(capsys.readouterr())
