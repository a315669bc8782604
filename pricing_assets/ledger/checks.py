"""The blocking checks of the ledger: business identities, each of which names the rows that break it.

How entries come about belongs to `account`; nothing is mended here.
"""

from datetime import date
from typing import TYPE_CHECKING, Final

from pricing_assets.db.io import text_literal
from pricing_assets.db.relations import make_table
from pricing_assets.db.statements import statement
from pricing_assets.ledger.compute import Span
from pricing_assets.ledger.entering import enter
from pricing_assets.ledger.pinned import Lines

if TYPE_CHECKING:
    import duckdb

RULES: Final = {
    "no_grant_is_below_zero": "of each grant, between nothing and what was granted is left",
    "balances_follow_from_entries": "each balance is the one before and the entries of its date",
    "entries_are_the_charges": "what is burned, repaid, restored and overdrawn is what was charged",
    "nothing_burns_outside_its_dates": "grants burn on their dates and for their billing types only",
    "dollars_sum_to_what_was_paid": "the dollars of a used grant sum to what was paid, to the digit",
    "order_and_later_dates_change_nothing": "rows in another order, and a date by itself, give the same",
    "no_overdraft_beside_credits": "no overdraft is left beside credits that could repay it",
}
SHOWN: Final = 3
"""Rows of a broken rule that are named."""
_IN_SQL: Final = tuple(rule for rule in RULES if rule != "order_and_later_dates_change_nothing")


def check(con: "duckdb.DuckDBPyConnection", span: Span, lines: Lines) -> dict[str, list[str]]:
    """Return, for each rule, the rows that break it in words: at most `SHOWN`, none where it holds.

    `compute` has run on this connection; its relations of the ledger are gone afterwards.
    """
    make_table(con, "ledger/grants_through")
    make_table(con, "ledger/owed_through")
    faults: dict[str, list[str]] = {}
    for rule in _IN_SQL:
        rows = con.sql(statement(f"ledger/checks/{rule}")).limit(SHOWN).fetchall()
        faults[rule] = [" ".join("" if one is None else str(one) for one in row) for row in rows]
    faults["order_and_later_dates_change_nothing"] = _order(con, span.last, lines)
    return {rule: faults[rule] for rule in RULES}


def _order(con: "duckdb.DuckDBPyConnection", last: date, lines: Lines) -> list[str]:
    """Compute the last date again, by itself and with its rows the other way round."""
    con.execute("create or replace temp table ledger_at_once as from ledger")
    con.execute("delete from ledger where usage_date = $last", {"last": last})
    con.execute(
        "create or replace temp view ledger_before as from ledger_history union all by name"
        f" (from ledger_at_once where usage_date < {text_literal(last.isoformat())})"
    )
    make_table(con, "ledger/grants_through", "grants_before")
    make_table(con, "ledger/owed_through", "owed_before")
    con.execute("delete from booked where booked_on <> $last", {"last": last})
    known = Lines(
        tuple(grant for grant in lines.grants if grant.effective_date <= last),
        tuple(void for void in lines.voids if void.date <= last),
    )
    enter(con, last, last, known, backwards=True)
    rows = con.execute(
        "(select * from ledger_at_once where usage_date = $last except all from ledger)"
        " union all (from ledger except all select * from ledger_at_once where usage_date = $last)"
        f" limit {SHOWN}",
        {"last": last},
    ).fetchall()
    return [" ".join(str(one) for one in row[:5]) for row in rows]
