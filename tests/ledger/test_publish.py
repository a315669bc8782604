"""The ledger in a home: what is published of each date, when it is computed again, and what it
refuses. Which credits a charge burns belongs to `test_account`."""

import hashlib
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from pricing_assets.common.errors import ConfigurationError
from pricing_assets.home.entries import LEDGER
from pricing_assets.ledger import stored
from tests.support.ledgers import (
    append,
    bring_up_to_date,
    close,
    credits_of,
    used,
    workspace,
    write,
)
from tests.support.workspace import Workspace


def published(made: Workspace) -> dict[str, int]:
    """Each date of the ledger and the number of its version."""
    return {f"{one.usage_date:%m-%d}": one.number for one in stored.counting(made.home, LEDGER)}


def bytes_of(made: Workspace) -> dict[str, str]:
    """SHA-256 of every table of the ledger that counts, by date and file."""
    return {
        f"{one.usage_date} {file.name}": hashlib.sha256(file.read_bytes()).hexdigest()
        for one in stored.counting(made.home, LEDGER)
        for file in sorted(one.folder.iterdir())
        if file.suffix in (".csv", ".parquet")
    }


def test_the_worked_example_is_published_as_the_contract_says_it(worked: Workspace) -> None:
    entries = worked.sql(
        "select strftime(usage_date, '%m-%d'), entry, grant_id, credits, usd from ledger"
        " order by usage_date, entry_number"
    )
    assert [(*row[:3], row[3].normalize(), row[4].normalize()) for row in entries] == [
        (day, entry, grant, Decimal(amount), Decimal(usd))
        for day, entry, grant, amount, usd in (
            ("02-01", "granted", "P1", "100", "0"),
            ("02-01", "granted", "L2", "1000", "9"),
            ("02-01", "burned", "P1", "-60", "0"),
            ("02-02", "burned", "P1", "-30", "0"),
            ("02-03", "granted", "R3", "1000", "10"),
            ("02-03", "burned", "P1", "-10", "0"),
            ("02-03", "burned", "L2", "-15", "-0.135"),
            ("02-20", "burned", "L2", "-685", "-6.165"),
            ("02-28", "expired", "L2", "-300", "-2.7"),
            ("03-05", "burned", "R3", "-50", "-0.5"),
            ("03-05", "restored", "L2", "15", "0.135"),
            ("03-05", "expired", "L2", "-15", "-0.135"),
            ("03-05", "restored", "P1", "5", "0"),
            ("03-05", "expired", "P1", "-5", "0"),
        )
    ]
    assert worked.sql("select * from revenue order by month") == [
        (
            *(month, "acme", *map(Decimal, dollars)),
            *cents,
        )
        for month, dollars, cents in (
            ("2026-02", ("0", "19", "6.3", "2.7", "0", "10"), (0, 1900, 630, 270, 0, 1000)),
            ("2026-03", ("10", "0", "0.365", "0.135", "0", "9.5"), (1000, 0, 36, 14, 0, 950)),
        )
    ]
    grants = worked.sql('select grant_id, burned, restored, expired, "left", status from grants')
    assert sorted(grants) == [
        ("L2", 700, 15, 315, 0, "expired"),
        ("P1", 100, 5, 5, 0, "expired"),
        ("R3", 50, 0, 0, 950, "active"),
    ]
    balances = worked.sql(
        "select opening, closing, closing_paid, overdraft from balances"
        " where usage_date = '2026-02-28' or usage_date = '2026-03-05' order by usage_date"
    )
    assert balances == [(1300, 1000, 1000, 0), (1000, 950, 950, 0)]
    burns = worked.sql(
        "select strftime(charge_date, '%m-%d'), grant_id, sum(credits), sum(usd) from burns"
        " group by all order by all"
    )
    assert burns == [
        ("02-01", "P1", 60, 0),
        ("02-02", "P1", 30, 0),
        ("02-02", "R3", 50, Decimal("0.5")),
        ("02-03", "L2", 0, 0),
        ("02-03", "P1", 5, 0),
        ("02-20", "L2", 685, Decimal("6.165")),
    ]
    (forecast,) = worked.sql("select days_left, exhausts_on, reason from forecast")
    assert forecast == (None, None, "nothing is used on most days")


def test_the_balance_of_a_closed_date_never_moves(worked: Workspace, tmp_path: Path) -> None:
    numbers = published(worked)
    assert set(numbers.values()) == {1}
    assert next(iter(numbers)) == "02-01"
    assert list(numbers)[-1] == "03-05"


def test_a_run_with_nothing_new_publishes_nothing(worked: Workspace) -> None:
    before = worked.home.journal_file.read_bytes()
    outcome = bring_up_to_date(worked)
    assert (outcome.published, outcome.is_new) == ([], False)
    assert worked.home.journal_file.read_bytes() == before


@pytest.mark.slow
def test_a_new_date_is_computed_by_itself_and_a_restated_one_with_all_after_it(
    tmp_path: Path,
) -> None:
    made = workspace(tmp_path, grants="A,acme,paid,100,10,2026-02-01,,,,")
    made.log("a.parquet", used("02-01", 10), used("02-02", 10))
    assert len(bring_up_to_date(made).published) == 2
    made.log("b.parquet", used("02-03", 10))
    assert bring_up_to_date(made).published == [date(2026, 2, 3)]
    made.log("c.parquet", used("02-02", 7, "late"))
    assert bring_up_to_date(made).published == [date(2026, 2, 2), date(2026, 2, 3)]
    assert published(made) == {"02-01": 1, "02-02": 2, "02-03": 2}
    reasons = [one.manifest["reason"] for one in stored.counting(made.home, LEDGER)]
    assert reasons == [
        "first version",
        "its charges, grants or voids changed",
        "a date before it changed",
    ]
    fresh = workspace(tmp_path / "fresh", grants="A,acme,paid,100,10,2026-02-01,,,,")
    for log in made.inbox.iterdir():
        fresh.inbox.mkdir(exist_ok=True)
        (fresh.inbox / log.name).write_bytes(log.read_bytes())
    bring_up_to_date(fresh)
    assert bytes_of(fresh) == bytes_of(made)


def test_a_line_that_was_used_and_changed_is_refused_by_name(tmp_path: Path) -> None:
    made = workspace(
        tmp_path,
        grants="A,acme,paid,100,10,2026-02-01,,,,",
        voids="V,A,2026-02-02,1,0,",
    )
    made.log("a.parquet", used("02-01", 10), used("02-02", 10))
    bring_up_to_date(made)
    write(made, grants="A,acme,paid,200,10,2026-02-01,,,,")
    said = "grant 'A' of 'acme' was used from 2026-02-01 on and is changed: the balances from that"
    with pytest.raises(ConfigurationError, match=rf"grants\.csv:2: {said}"):
        bring_up_to_date(made)
    write(made, grants="B,acme,paid,100,10,2026-02-01,,,,", voids="")
    with pytest.raises(ConfigurationError) as error:
        bring_up_to_date(made)
    assert [line[:40] for line in str(error.value).splitlines()] == [
        "grant 'A' was used from 2026-02-01 on an",
        "void 'V' was used from 2026-02-02 on and",
    ]
    write(made, grants="A,acme,paid,100,10,2026-02-01,,,,", voids="V,A,2026-02-02,1,0,")
    assert bring_up_to_date(made).published == []


@pytest.mark.slow
def test_a_line_of_a_date_to_come_may_still_change(tmp_path: Path) -> None:
    made = workspace(tmp_path, grants="A,acme,paid,100,10,2026-02-01,,,,")
    append(made, "grants", "B,acme,paid,100,10,2026-03-01,,,,")
    made.log("a.parquet", used("02-01", 10))
    bring_up_to_date(made)
    assert made.sql("select status from grants where grant_id = 'B'") == [("pending",)]
    write(made, grants="A,acme,paid,100,10,2026-02-01,,,,\nB,acme,paid,5,1,2026-03-01,,,,")
    outcome = bring_up_to_date(made)
    assert (outcome.published, outcome.is_new) == ([], True)
    assert made.sql("select credits from grants where grant_id = 'B'") == [(5,)]


@pytest.mark.slow
def test_a_grant_of_a_closed_date_is_refused_or_counts_on_the_first_open_one(
    tmp_path: Path,
) -> None:
    made = workspace(tmp_path, grants="A,acme,paid,5,1,2026-02-01,,,,")
    made.log("a.parquet", used("02-01", 10), used("02-02", 10), used("02-03", 10))
    bring_up_to_date(made)
    close(made, "02-02")
    append(made, "grants", "B,acme,paid,100,10,2026-02-02,2026-03-01,,,")
    with pytest.raises(
        ConfigurationError,
        match=r"grants\.csv:3: grant 'B' of 'acme' is dated 2026-02-02, and dates through 2026-02-02"
        r" are closed",
    ):
        bring_up_to_date(made)
    assert bring_up_to_date(made, at_first_open=True).published == [date(2026, 2, 3)]
    assert published(made) == {"02-01": 1, "02-02": 1, "02-03": 2}
    assert made.sql("select effective_date, burned, repaid from grants where grant_id = 'B'") == [
        (date(2026, 2, 3), 10, 15)
    ]
    # it stays there, whether or not that is asked for again
    assert bring_up_to_date(made).published == []


@pytest.mark.slow
def test_a_line_takes_the_first_open_date_also_while_that_is_still_to_come(tmp_path: Path) -> None:
    made = workspace(
        tmp_path, grants="A,acme,paid,100,10,2026-02-01,,,,", voids="U,A,2026-02-01,1,0,"
    )
    made.log("a.parquet", used("02-01", 10), used("02-02", 10))
    bring_up_to_date(made)
    close(made, "02-02")
    append(made, "grants", "B,acme,paid,50,5,2026-02-01,,,,")
    append(made, "voids", "V,A,2026-02-02,1,0,")
    assert bring_up_to_date(made, at_first_open=True).published == []
    assert made.sql("select effective_date, status from grants where grant_id = 'B'") == [
        (date(2026, 2, 3), "pending")
    ]
    assert bring_up_to_date(made).is_new is False
    made.log("b.parquet", used("02-04", 10))
    bring_up_to_date(made)
    assert made.sql("select effective_date, status from grants where grant_id = 'B'") == [
        (date(2026, 2, 3), "active")
    ]
    assert made.sql("select usage_date, entry from ledger where entry = 'voided'") == [
        (date(2026, 2, 1), "voided"),
        (date(2026, 2, 3), "voided"),
    ]
    append(made, "grants", "C,acme,paid,50,5,2026-02-01,,,,")
    with pytest.raises(ConfigurationError, match=r"grants\.csv:4: grant 'C' of 'acme' is dated"):
        bring_up_to_date(made)


@pytest.mark.slow
def test_a_used_void_of_credits_that_earlier_usage_takes_goes_on_with_another_grant(
    tmp_path: Path,
) -> None:
    made = workspace(
        tmp_path, grants="A,acme,paid,100,10,2026-02-01,,,,", voids="V,A,2026-02-03,90,9,"
    )
    made.log("a.parquet", used("02-01", 10), used("02-04", 0))
    bring_up_to_date(made)
    made.log("late.parquet", used("02-02", 20, "late"))
    with pytest.raises(
        ConfigurationError, match=r"70\.0+ are left.* append a grant that burns first"
    ):
        bring_up_to_date(made)
    append(made, "grants", "B,acme,adjustment,20,0,2026-02-02,,1,,")
    bring_up_to_date(made)
    assert made.sql("select grant_id, burned, voided, status from grants order by grant_id") == [
        ("A", 10, 90, "voided"),
        ("B", 20, 0, "used"),
    ]


def test_a_void_of_more_than_is_left_is_refused_and_nothing_is_published(tmp_path: Path) -> None:
    made = workspace(
        tmp_path, grants="A,acme,paid,100,10,2026-02-01,,,,", voids="V,A,2026-02-02,91,0,"
    )
    made.log("a.parquet", used("02-01", 10), used("02-02", 1))
    with pytest.raises(ConfigurationError, match=r"void 'V' takes 91\.000000000 credits of 'A' on"):
        bring_up_to_date(made)
    assert published(made) == {}
    assert credits_of(made).is_dir()


def test_a_home_without_grants_has_empty_tables_and_no_folder(tmp_path: Path) -> None:
    made = workspace(tmp_path)
    made.log("a.parquet", used("02-01", 10))
    made.run()
    for table in ("grants", "ledger", "burns", "balances", "revenue", "forecast"):
        assert made.sql(f"from {table}") == []
    assert not made.home.ledger.exists()
    assert not made.home.standings.exists()
