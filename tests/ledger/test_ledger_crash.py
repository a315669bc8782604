"""A run that is killed while it brings balances up to date: the next one ends with the same bytes.

How runs are killed belongs to `fault_injection`, kills in the steps before to `test_crash`.
"""

from collections.abc import Iterable
from pathlib import Path

import pytest

from pricing_assets.home.entries import LEDGER, STANDING
from pricing_assets.ledger import stored
from pricing_assets.verify import ledger as verify_ledger
from tests.support.fault_injection import EVERY_CALL, SIDE_EFFECTS, Fault, Killer
from tests.support.ledgers import LATER, WithCredits, used, workspace
from tests.support.workspace import Workspace

GRANTS = "A,acme,paid,25,2,2026-02-01,,,,\nB,acme,promo,5,0,2026-02-02,2026-02-04,,,"


def tables_of(made: Workspace) -> dict[str, bytes]:
    """The bytes of every table of the ledger that counts."""
    return {
        f"{kind} {one.usage_date} {one.number} {file.name}": file.read_bytes()
        for kind in (LEDGER, STANDING)
        for one in stored.counting(made.home, kind)
        for file in sorted(one.folder.iterdir())
        if file.suffix != ".json"
    }


def killed(folder: Path, every: int) -> Iterable[int]:
    """Kill a run at each of so many side effects, from the first of the ledger on; yields how many
    there were."""
    plain = workspace(folder / "before", grants=GRANTS)
    before = WithCredits(plain.folder, plain.books)
    before.log("a.parquet", used("02-01", 10))
    before.run(received_at=LATER)
    before.log("b.parquet", used("02-02", 10), used("02-03", 10))
    with Killer() as killer:
        whole = before.copied(folder / "whole")
        ended = killer.run(whole, Fault(EVERY_CALL, kind="count"), LATER)
        assert ended.code == 0, ended.said
        expected = tables_of(whole)
        calls = [
            place
            for (kind, _), place in zip(ended.calls, ended.paths, strict=True)
            if kind & SIDE_EFFECTS
        ]
        first = next(n for n, place in enumerate(calls, 1) if "/tmp/ledger-" in place)
        for nth in range(first, len(calls) + 1, every):
            made = before.copied(folder / f"{nth}")
            ended = killer.run(made, Fault(SIDE_EFFECTS, nth, "kill after"), LATER)
            assert ended.code < 0
            again = killer.run(made, received_at=LATER)
            assert again.code == 0, (nth, again.said)
            assert tables_of(made) == expected, nth
            assert verify_ledger.verify(made.home)[1] == []
            yield nth


@pytest.mark.slow
def test_a_run_that_is_killed_at_some_side_effects_ends_in_the_same_bytes(tmp_path: Path) -> None:
    assert len(list(killed(tmp_path, every=140))) > 1


@pytest.mark.slow
def test_a_run_that_is_killed_at_every_side_effect_ends_in_the_same_bytes(tmp_path: Path) -> None:
    assert len(list(killed(tmp_path, every=1))) > 50
