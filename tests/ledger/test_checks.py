"""Each check of the ledger fails where what it guards is broken."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from pricing_assets.db import connection as duck
from pricing_assets.home.entries import LEDGER
from pricing_assets.ledger import chain, checks, compute, remake, stored
from pricing_assets.ledger.compute import DateSpan
from pricing_assets.ledger.pinned import Lines
from pricing_assets.ledger.tabling import Computed
from tests.support.cases import few_in_short
from tests.support.workspace import LIMITS, Workspace

if TYPE_CHECKING:
    import duckdb

LAST = date(2026, 2, 3)


class Made(NamedTuple):
    """The worked example through a date, computed and not yet checked."""

    con: "duckdb.DuckDBPyConnection"
    span: DateSpan
    lines: Lines
    computed: Computed

    def broken(self) -> set[str]:
        """The rules that do not hold."""
        found = checks.check(self.con, self.span, self.lines, self.computed)
        return {rule for rule, rows in found.items() if rows}

    def forge(self, name: str, query: str) -> None:
        """Replace a relation by what a query makes of it, as `was`."""
        self.con.execute(f"create temp table was_{name} as from {name}")
        query = query.replace(" was", f" was_{name}")
        self.con.execute(f"create temp table forged_{name} as {query}")
        if (name,) in self.con.sql("select table_name from duckdb_tables()").fetchall():
            self.con.execute(f"create or replace temp table {name} as from forged_{name}")
        else:
            self.con.register(name, self.con.table(f"forged_{name}").to_arrow_table())


@contextmanager
def computed(worked: Workspace, folder: Path) -> Iterator[Made]:
    days = [one for one in stored.counting(worked.home, LEDGER) if one.usage_date <= LAST]
    reported = chain.reported(worked.home)
    reports = [reported[one.usage_date] for one in days]
    charges = [one.charges for one in reports if one.charges is not None]
    bookings = [booking for one in reports for booking in one.bookings]
    span = DateSpan(days[0].usage_date, LAST, charges, bookings, [])
    lines, dimensions = remake.pinned_lines(worked.home), worked.home.settings().dimensions
    with duck.connection(LIMITS, folder, [folder, worked.home.path]) as con:
        tables, _ = compute.compute(con, span, lines, dimensions)
        yield Made(con, span, lines, tables)


BETWEEN = date(2026, 2, 2)
FOR_A_DATE = f"""from was
    union all by name
    select * replace (date '{BETWEEN}' as usage_date, %s) from was where entry = 'granted'
    union all by name
    select * replace (date '{LAST}' as usage_date, %s) from was where entry = 'granted'"""
"""Entries that change something at the end of a date, and take it back on the last one."""

FORGERIES = (
    (
        "no_grant_is_below_zero",
        "ledger",
        FOR_A_DATE
        % (
            "'burned' as entry, -5000 as credits, 0 as usd",
            "'restored' as entry, 5000 as credits, 0 as usd",
        ),
    ),
    ("no_grant_is_below_zero", "grants_through", "select * replace (-credits as credits) from was"),
    ("no_grant_is_below_zero", "grants_through", "select * replace (2 as openings) from was"),
    (
        "balances_follow_from_entries",
        "balances",
        "select * replace (closing + 1 as closing) from was",
    ),
    ("balances_follow_from_entries", "balances", f"from was where usage_date < date '{LAST}'"),
    ("balances_follow_from_entries", "balances", f"from was where usage_date <> date '{BETWEEN}'"),
    ("balances_follow_from_entries", "balances", "from was where org_id <> 'acme'"),
    (
        "entries_are_the_charges",
        "numbered_charges",
        "select * replace (credits + 1 as credits) from was",
    ),
    (
        "nothing_burns_outside_its_dates",
        "known_grants",
        "select * replace (effective_date + 300 as effective_date) from was",
    ),
    (
        "dollars_sum_to_what_was_paid",
        "ledger",
        FOR_A_DATE
        % (
            "'burned' as entry, -1000 as credits, 0 as usd",
            "'restored' as entry, 1000 as credits, 0 as usd",
        ),
    ),
    (
        "dollars_sum_to_what_was_paid",
        "grants_through",
        "select * replace (0 as credits, 1 as usd) from was",
    ),
    (
        "no_overdraft_beside_credits",
        "ledger",
        FOR_A_DATE
        % (
            "'uncovered' as entry, null as grant_id, -1 as credits",
            "'covered' as entry, null as grant_id, 1 as credits",
        ),
    ),
    (
        "no_overdraft_beside_credits",
        "ledger",
        f"""from was union all by name
            select * replace ('uncovered' as entry, null as grant_id, -1 as credits)
            from was where usage_date = date '{LAST}' and entry = 'granted'""",
    ),
)
FIRST = {rule: at for at, (rule, *_) in reversed([*enumerate(FORGERIES)])}
"""The place of the first forgery of each rule."""
IN_ORDER = sorted(range(len(FORGERIES)), key=lambda at: at not in FIRST.values())


@pytest.mark.parametrize(
    ("rule", "name", "query"),
    few_in_short((FORGERIES[at] for at in IN_ORDER), len(FIRST)),
    ids=[f"{FORGERIES[at][0]}-{at}" for at in IN_ORDER],
)
def test_a_rule_is_broken_by_what_it_guards(
    worked: Workspace, tmp_path: Path, rule: str, name: str, query: str
) -> None:
    with computed(worked, tmp_path) as made:
        made.forge(name, query)
        assert rule in made.broken()


def test_a_date_that_gives_something_else_by_itself_is_named(
    worked: Workspace, tmp_path: Path
) -> None:
    with computed(worked, tmp_path) as made:
        assert made.broken() == set()
        fewer = made.computed._replace(ledger=made.computed.ledger.slice(0, 1))
        found = made._replace(computed=fewer).broken()
        assert "order_and_later_dates_change_nothing" in found
