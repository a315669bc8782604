"""Credits of a period: what the ledger says of its grants, and the roll-forward of deferred revenue.

How the ledger comes about belongs to `ledger`, how a statement shows it to `credits_sheet`.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pricing_assets.common.errors import CreditmillError
from pricing_assets.contract.ledger_tables import ledger_tables
from pricing_assets.contract.table_columns import Table
from pricing_assets.contract.usage_log import Column
from pricing_assets.db.relations import register
from pricing_assets.db.statements import statement
from pricing_assets.finance.period import ExportSource
from pricing_assets.ledger import compute, stored
from pricing_assets.ledger.amounts import whole_cents
from pricing_assets.ledger.columns import billionths, decimals
from pricing_assets.ledger.loading import load_ledger
from pricing_assets.ledger.pinned import Lines, lines_of

if TYPE_CHECKING:
    import duckdb

DOLLARS: Final = (
    *("opening_deferred", "sold", "recognized_usage", "breakage", "refunded"),
    "closing_deferred",
)
CENTS: Final = tuple(
    f"{name}_cents" for name in ("opening", "sold", "usage", "breakage", "refunded", "closing")
)


def _revenue_table() -> Table:
    """Return the roll-forward of a period: the columns of the table `revenue`, where `period` is
    the month or the date."""
    _, *columns = ledger_tables(())["revenue"].columns
    return Table(
        "revenue",
        "organization that had a grant by the end of the period",
        (
            Column("period", "VARCHAR", "the month or date that is exported"),
            *columns,
            Column("closing_credits", "DECIMAL(38,9)", "credits that are left"),
        ),
    )


REVENUE: Final = _revenue_table()


def load(con: "duckdb.DuckDBPyConnection", source: ExportSource) -> None:
    """Create `ledger_through`, `known_grants` and `known_voids` of the dates through the period's
    last, `grants_of_period`, `overdrafts` and `revenue`; all empty where there is no ledger.

    CreditmillError where what is deferred is not what the credits that are left were paid with.
    """
    folders = [one.folder for one in source.ledger]
    load_ledger(con, folders, source.settings.dimensions, "ledger_through")
    compute.load_lines(con, _lines(source))
    first = {"first": source.period.first}
    for name in ("grants_of_period", "flows"):
        text = statement(f"finance/credits/{name}")
        con.execute(f"create or replace temp table {name} as {text}", first)
    text = statement("finance/credits/overdrafts")
    con.execute(f"create or replace temp table overdrafts as {text}")
    register(con, "revenue", _roll_forward(con, source.period.name))


def revenue_totals(con: "duckdb.DuckDBPyConnection") -> dict[str, str]:
    """Return the sums over all organizations, dollars as text with all their digits and with two
    decimals: cents of organizations sum to those of the total."""
    columns = ", ".join(f"sum({name})" for name in (*DOLLARS, *CENTS))
    sums = con.sql(f"select {columns} from revenue").fetchall()[0]
    named = zip((*DOLLARS, *CENTS), sums, strict=True)
    return {name: f"{Decimal(amount or 0):f}" for name, amount in named}


def organizations(con: "duckdb.DuckDBPyConnection") -> list[str]:
    """Return every organization that had credits or an overdraft in the period, in order."""
    rows = con.sql(
        "select org_id from grants_of_period union select org_id from overdrafts order by org_id"
    ).fetchall()
    return [org_id for (org_id,) in rows]


def _lines(source: ExportSource) -> Lines:
    pins = stored.pins_of({one.usage_date: one for one in source.ledger})
    return lines_of(pins, source.ledger[0].folder if source.ledger else Path())


def _roll_forward(con: "duckdb.DuckDBPyConnection", period: str) -> Any:
    """Return the roll-forward of each organization, exactly and in cents that add up."""
    import pyarrow as pa

    flows = con.table("flows").arrow().read_all()
    columns: dict[str, list[Any]] = {column.name: [] for column in REVENUE.columns}
    for org, before, through, left, unearned in _flows(flows):
        opening = before[0] - sum(before[1:])
        closing = through[0] - sum(through[1:])
        if closing != unearned:
            raise CreditmillError(
                f"{period}: what {org} paid and has not used is not what its credits were paid with;"
                " `creditmill verify --recompute` names what was changed in the home"
            )
        cents_before, cents = whole_cents(*before), whole_cents(*through)
        row = (
            *(period, org, opening),
            *(now - then for now, then in zip(through, before, strict=True)),
            *(closing, cents_before.deferred),
            *(now - then for now, then in zip(cents, cents_before, strict=True)),
            *(cents.deferred, left),
        )
        for name, value in zip(columns, row, strict=True):
            columns[name].append(value)
    types = {"VARCHAR": pa.string(), "BIGINT": pa.int64()}
    return pa.table(
        {
            column.name: decimals(columns[column.name])
            if column.type.startswith("DECIMAL")
            else pa.array(columns[column.name], types[column.type])
            for column in REVENUE.columns
        }
    )


def _flows(flows: Any) -> Iterator[tuple[str, Sequence[int], Sequence[int], int, int]]:
    """Yield each organization with its sums before the period and through it (sold, used, broken,
    refunded), what is left in credits, and what that was paid with; all in billionths."""
    org, *names = flows.column_names
    columns = [billionths(flows[name]) for name in names]
    for org_id, *amounts in zip(flows[org].to_pylist(), *columns, strict=True):
        yield org_id, amounts[:4], amounts[4:8], amounts[8], amounts[9]
