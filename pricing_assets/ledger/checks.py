"""The blocking checks of the ledger: business identities, each of which names the rows that break it.

They hold at the end of each date that was computed; only whether the order of rows matters is tried
for the last one alone. How entries come about belongs to `account`; nothing is repaired here.
"""

from typing import TYPE_CHECKING, Final

from pricing_assets.db.relations import make_table
from pricing_assets.db.statements import statement
from pricing_assets.ledger import carried
from pricing_assets.ledger.compute import DateSpan, enter
from pricing_assets.ledger.entries import ONE_DAY
from pricing_assets.ledger.pinned import Lines

if TYPE_CHECKING:
    import duckdb

    from pricing_assets.ledger.tabling import Computed

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


def check(
    con: "duckdb.DuckDBPyConnection", span: DateSpan, lines: Lines, computed: "Computed"
) -> dict[str, list[str]]:
    """Return, for each rule, the rows that break it in words: at most `SHOWN`, none where it holds.

    `compute` has made the relations on this connection; they are gone afterwards.
    """
    faults: dict[str, list[str]] = {}
    make_table(con, "ledger/left_by_date")
    for rule in _IN_SQL:
        rows = con.sql(statement(f"ledger/checks/{rule}")).limit(SHOWN).fetchall()
        faults[rule] = [" ".join("" if one is None else str(one) for one in row) for row in rows]
    faults["order_and_later_dates_change_nothing"] = _order(con, span, lines, computed)
    return {rule: faults[rule] for rule in RULES}


def _order(
    con: "duckdb.DuckDBPyConnection", span: DateSpan, lines: Lines, computed: "Computed"
) -> list[str]:
    """Compute the last date again: by itself, without what comes later, charge by charge, and with its
    rows the other way round."""
    from pricing_assets.ledger.tabling import of_dates

    last = span.last
    con.register("ledger_of_date", of_dates(computed.ledger, last, last))
    con.register("earlier_ledger", of_dates(computed.ledger, span.first, last - ONE_DAY))
    before = carried.add(con, "earlier_ledger")
    con.execute(
        "create or replace temp view ledger_before as from ledger_history union all by name"
        " from earlier_ledger"
    )
    con.register(
        "ledger_again", enter(con, last, last, lines.through(last), before, singly=True).ledger
    )
    rows = con.execute(
        "(from ledger_of_date except all from ledger_again)"
        " union all (from ledger_again except all from ledger_of_date)"
        f" limit {SHOWN}"
    ).fetchall()
    return [" ".join(str(one) for one in row[:5]) for row in rows]
