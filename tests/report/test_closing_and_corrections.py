"""Closing: closed reports never change, what comes later is booked, and nothing is counted twice.

Random histories of late, split and repeated files, late cards and aliases, closings and reopenings.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pricing_assets.common.decimals import EXACT
from pricing_assets.common.errors import ConfigurationError, CreditmillError
from pricing_assets.home import closings as closing
from pricing_assets.verify import database
from pricing_assets.verify import files as verify
from tests.support.command import creditmill
from tests.support.histories import DAY, DOUBLED, FEB_3, FEB_4, FEB_5, NOW, close, history, reopen
from tests.support.versions import every_byte, frozen
from tests.support.workspace import (
    NOON,
    RATES,
    STRICT,
    Row,
    Workspace,
    leftovers,
    row,
    stored_manifest,
    write_aliases,
    write_card,
)

KEY = (
    "usage_date, org_id, agent_id, billing_type, brand, model, key_mode, meter, per, list_price,"
    " price, rate_card, agreement"
)
BOTH = (
    f"select {KEY}, cast(sum(quantity) as bigint), sum(credits), sum(usd), sum(discount)"
    f" from (select {KEY}, quantity, credits, usd, discount from charges"
    f" union all select {KEY}, quantity, credits, usd, discount from corrections)"
    " group by all having sum(quantity) <> 0 or sum(credits) <> 0 order by all"
)
ACCOUNT = "select usage_date, file, outcome, rows from account order by all"


def on(day: date, event_id: str, **changes: object) -> Row:
    at = NOON.replace(day=day.day)
    return row(**({"event_id": event_id, "event_time": at} | changes))


def booked(workspace: Workspace) -> list[tuple[Any, ...]]:
    return workspace.sql(
        "select booked_on, usage_date, quantity, credits, corrects, correction, reason"
        " from corrections order by usage_date, correction, quantity"
    )


def is_sound(workspace: Workspace) -> None:
    workspace.database()
    _, found = verify.verify(workspace.home, workspace.home.dates())
    with database.opened(workspace.home) as catalog:
        assert [*found, *database.totals_agree(workspace.home, catalog)] == []
    assert leftovers(workspace.home) == []
    assert workspace.run().stale == []


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Two dates of one event each, the first of them closed."""
    folder = tmp_path_factory.mktemp("closed")
    workspace = Workspace(folder, (write_card(folder / "book"),))
    workspace.log("a.parquet", on(FEB_3, "1"), on(FEB_4, "1"))
    workspace.run()
    close(workspace, FEB_3)
    return workspace


@pytest.fixture
def closed(original: Workspace, tmp_path: Path) -> Workspace:
    """A copy of that home, to go on from there."""
    return original.copied(tmp_path)


def test_what_comes_late_for_a_closed_date_is_booked_and_changes_no_report(
    closed: Workspace,
) -> None:
    before = frozen(closed, FEB_3)
    closed.log("late.parquet", on(FEB_3, "2", input_tokens=500), on(FEB_4, "2"))
    ran = closed.run()
    assert ran.states() == {"2026-02-03": ("corrected", 1), "2026-02-04": ("published", 2)}
    assert [made.difference for made in ran.published] == [Decimal("0.11"), Decimal("0.22")]
    why = "late usage: 1 row in late.parquet"
    assert booked(closed) == [(FEB_4, FEB_3, 500, Decimal("0.11"), 1, 1, why)]
    assert closed.sql("select sum(credits) from charges") == [(Decimal("0.66"),)]
    assert closed.sql("select outcome, sum(rows) from account group by 1") == [("rated", 4)]
    assert frozen(closed, FEB_3) == before
    is_sound(closed)


@pytest.mark.slow
def test_what_is_booked_is_told_beside_usage(closed: Workspace) -> None:
    closed = replace(closed, catalog=True)
    closed.log("late.parquet", on(FEB_3, "2", input_tokens=500), on(FEB_3, "2", org_id="globex"))
    closed.run()
    book, home = closed.books[0], ("--home", closed.home.path)
    for command, credits in (
        (("charges", FEB_3), "0.330000000"),
        (("what-if", book), "0.330000000"),
        (("explain", FEB_3, "--org", "acme"), "0.110000000"),
    ):
        said = creditmill(*command, *home, cwd=closed.folder).stdout.decode()
        assert f"Not in it: +{credits} credits booked" in said
        told = json.loads(creditmill(*command, *home, "--json", cwd=closed.folder).stdout)
        assert told["corrections"] in (credits, {"2026-02-03": credits})
    done = creditmill("explain", FEB_3, "--org", "globex", *home, cwd=closed.folder)
    assert b"0.220000000 credits are booked for it in corrections" in done.stderr
    reopen(closed, FEB_3)
    closed.run()
    done = creditmill("charges", FEB_3, *home, cwd=closed.folder)
    assert b"Not in it" not in done.stdout


@pytest.mark.slow
def test_a_late_copy_books_nothing_and_is_accounted_for(closed: Workspace) -> None:
    closed.log("copy.parquet", on(FEB_3, "1"))
    (made,) = closed.run().published
    assert (made.state, made.difference) == ("corrected", Decimal(0))
    assert booked(closed) == []
    assert closed.sql("select outcome, sum(rows) from account group by 1 order by 1") == [
        ("duplicate", 1),
        ("rated", 2),
    ]
    is_sound(closed)


def test_a_late_card_is_booked_with_both_prices(closed: Workspace) -> None:
    write_card(closed.books[0], DOUBLED, "second", "2026-02-02T00:00:00Z")
    closed.run()
    assert [one[2:4] for one in booked(closed)] == [
        (-1000, Decimal("-0.22")),
        (1000, Decimal("0.44")),
    ]
    is_sound(closed)


@pytest.mark.slow
def test_corrections_add_up_and_are_booked_on_the_first_open_date(closed: Workspace) -> None:
    closed.log("late.parquet", on(FEB_3, "2"))
    closed.run()
    close(closed, FEB_4)
    first = every_byte(closed)
    closed.log("later.parquet", on(FEB_3, "2", input_tokens=1))  # in conflict: taken back
    closed.run()
    assert [one[:6] for one in booked(closed)] == [
        (FEB_4, FEB_3, 1000, Decimal("0.22"), 1, 1),
        (FEB_5, FEB_3, -1000, Decimal("-0.22"), 1, 2),
    ]
    assert first.items() <= every_byte(closed).items()
    is_sound(closed)


@pytest.mark.slow
def test_usage_of_a_date_that_was_closed_without_a_report(closed: Workspace) -> None:
    early = FEB_3 - DAY
    closed.log("early.parquet", on(early, "0"))
    closed.run()
    assert [one[:6] for one in booked(closed)] == [(FEB_4, early, 1000, Decimal("0.22"), None, 1)]
    assert closed.sql("select count(*) from charges where usage_date = '2026-02-02'") == [(0,)]
    is_sound(closed)
    reopen(closed, early)
    closed.run()
    assert [one[2] for one in booked(closed)] == [1000, -1000]
    is_sound(closed)


@pytest.mark.slow
def test_a_reopened_date_becomes_whole_and_what_was_booked_is_taken_back(closed: Workspace) -> None:
    closed.log("late.parquet", on(FEB_3, "2"))
    closed.run()
    reopen(closed, FEB_3)
    ran = closed.run()
    assert ran.states() == {"2026-02-03": ("published", 2)}
    assert [one[:6] for one in booked(closed)] == [
        (FEB_4, FEB_3, 1000, Decimal("0.22"), 1, 1),
        (FEB_3, FEB_3, -1000, Decimal("-0.22"), 1, 2),
    ]
    assert booked(closed)[1][-1] == "reopened: version 2 holds this usage"
    is_sound(closed)
    close(closed, FEB_3)
    closed.log("later.parquet", on(FEB_3, "3"))
    closed.run()
    assert booked(closed)[2][2:6] == (1000, Decimal("0.22"), 2, 3)
    is_sound(closed)


@pytest.mark.slow
def test_no_digit_of_a_great_sum_is_lost(closed: Workspace) -> None:
    """A `Decimal` that is added or negated is cut to 28 digits."""
    great = RATES.replace("0.55,1", "999999999.999999999,1")
    write_card(closed.books[0], great, "great", "2026-02-02T00:00:00Z", cap="")
    search: Row = {"billing_type": "tools_invocation", "model": "Search", "input_tokens": None}
    for day in (FEB_3, FEB_4):
        many = (on(day, f"{n}", **search | {"requests": n}) for n in (10**12, 10**12 - 1, 7))
        closed.log(f"late {day}.parquet", *many)
    closed.run()
    ((difference,),) = closed.sql("select sum(credits) from corrections")
    assert len(difference.as_tuple().digits) > 28
    home = ("--home", closed.home.path)
    said = creditmill("diff", FEB_4, *home, cwd=closed.folder).stdout.decode()
    before, after = (stored_manifest(one)["totals"] for one in closed.home.versions(FEB_4))
    usd = EXACT.subtract(Decimal(after["usd"]), Decimal(before["usd"]))
    assert len(usd.as_tuple().digits) > 28
    total = next(line for line in said.splitlines() if "Total" in line)
    assert f"{usd:+,f}" in total
    reopen(closed, FEB_3)
    closed.run()
    reversal = stored_manifest(closed.home.all_corrections(FEB_3)[-1])
    assert Decimal(reversal["difference"]) == EXACT.minus(difference)
    is_sound(closed)


@pytest.mark.slow
def test_a_reversal_comes_only_with_its_version(closed: Workspace, monkeypatch: Any) -> None:
    """A run that dies before both are committed leaves both as they were; the next one does it."""
    closed.log("late.parquet", on(FEB_3, "2"))
    closed.run()
    reopen(closed, FEB_3)
    before = closed.sql(BOTH)
    with monkeypatch.context() as patch:
        patch.setattr("pricing_assets.home.effects.commit", lambda *given: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            closed.run()
    assert len(closed.home.all_corrections(FEB_3)) == 1
    assert len(closed.home.booked(FEB_3)) == 1
    assert closed.run().states() == {"2026-02-03": ("published", 2)}
    assert len(closed.home.booked(FEB_3)) == 2
    assert closed.sql(BOTH) == before
    is_sound(closed)


@pytest.mark.slow
def test_what_blocks_a_date_blocks_its_correction(closed: Workspace) -> None:
    closed = closed.under(quarantine_limit=STRICT)
    bad = [on(FEB_3, f"bad {n}", model="?") for n in range(101)]
    closed.log("bad.parquet", *bad, on(FEB_3, "2"))
    assert closed.run().states() == {"2026-02-03": ("blocked", 1)}
    assert booked(closed) == []
    write_aliases(closed.books[0], "llm,Acme,?,Chat\n")
    assert closed.run().states()["2026-02-03"] == ("corrected", 1)
    assert booked(closed)[0][2] == 102_000
    is_sound(closed)


def test_who_closed_and_why_stays_in_the_record(closed: Workspace) -> None:
    reopen(closed, FEB_3)
    closed.run()
    assert closed.sql("select closing, act, act_date, closed_through, reason from closings") == [
        (1, "close", FEB_3, FEB_3, "month end"),
        (2, "reopen", FEB_3, FEB_3 - DAY, "a mistake"),
    ]
    assert closed.sql("select closed_at, closed_by <> '' from closings limit 1") == [
        (NOW.replace(tzinfo=None), True)
    ]
    (closed.home.closings / "0001.json").unlink()
    with pytest.raises(CreditmillError, match="the record of closings is broken"):
        closing.acts(closed.home)
    with pytest.raises(CreditmillError, match="closing 1 is missing"):
        closed.run()


def test_what_cannot_be_closed(closed: Workspace) -> None:
    closed.log("late.parquet", on(FEB_4, "2"))
    with closed.home.lock():
        for through, reason, said in (
            (FEB_3, "again", "dates through 2026-02-03 are closed already"),
            (date(2026, 3, 1), "early", "2026-03-01 is not over yet"),
            (FEB_4, " ", "say why: close needs a --reason"),
        ):
            with pytest.raises(ConfigurationError, match=said):
                closing.close(closed.home, through, reason, [], NOW)
        with pytest.raises(ConfigurationError, match="2026-02-04 is blocked"):
            closing.close(closed.home, FEB_4, "x", [(FEB_4, "blocked"), (FEB_3, "stale")], NOW)
        with pytest.raises(ConfigurationError, match="2026-02-04 is not closed: dates through"):
            closing.reopen(closed.home, FEB_4, "x")


# Random histories


def fresh(workspace: Workspace) -> Workspace:
    other = workspace.beside("fresh")
    other.run()
    return other


def same_as_fresh(workspace: Workspace, seeds: Sequence[int] = ()) -> None:
    whole = fresh(workspace)
    assert workspace.sql(BOTH) == whole.sql(BOTH)
    assert workspace.sql(ACCOUNT) == whole.sql(ACCOUNT)
    assert whole.sql("select count(*) from corrections") == [(0,)]
    is_sound(workspace)


@pytest.mark.slow  # `test_simulator` has the short form
@pytest.mark.parametrize("seed", [1, 2])
def test_usage_and_corrections_are_what_a_fresh_home_gives(tmp_path: Path, seed: int) -> None:
    same_as_fresh(history(tmp_path, seed, closings=True))


@pytest.mark.slow
def test_without_closings_any_history_ends_in_the_same_bytes(tmp_path: Path) -> None:
    workspace = history(tmp_path, 3, closings=False)
    assert fresh(workspace).outputs() == workspace.outputs()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10, 40))
def test_many_histories(tmp_path: Path, seed: int) -> None:
    workspace = history(tmp_path, seed, closings=seed % 3 > 0)
    same_as_fresh(workspace)
    if seed % 3 == 0:
        assert fresh(workspace.beside("home")).outputs() == workspace.outputs()
