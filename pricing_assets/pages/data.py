"""What the pages show, read from `credits.duckdb`: which organizations and dates, and their rows as
JSON. Every amount is decimal text; how it looks belongs to the templates.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pricing_assets.common.batching import batches
from pricing_assets.contract.ledger_tables import all_tables
from pricing_assets.contract.outcomes import NO_PRICE_REASONS
from pricing_assets.contract.usage_log import BLANKS
from pricing_assets.db import connection as duck
from pricing_assets.db.relations import make_table, register
from pricing_assets.db.statements import statement
from pricing_assets.home import Home

if TYPE_CHECKING:
    import duckdb

MOST_DAYS = 92
"""A page has charges of so many days back from its organization's newest date: two months and this
one. Sums by date it has of all dates."""
MOST_CHARGES = 50_000
"""And of no more dates than make so many charges: a browser must open it."""
CHARGES_AT_ONCE = 500_000
"""Pages are read together up to so many charges: in bounded memory."""
PARTS = (
    "lines",
    "rated",
    "daily",
    "corrected",
    "quarantined_rows",
    "own_keys",
    "credits_at_risk",
    "balance",
)
"""The parts of an organization's page: `sql/pages/PART.sql` each."""


@dataclass(frozen=True)
class Dated:
    """What is published of one usage date: its version in force, or what was tried."""

    usage_date: date
    version: int | None
    published_at: str | None
    output_digest: str
    rate_cards: list[str]
    corrections: int
    closed: bool
    blocked: str | None
    blocked_digest: str | None
    rows: int

    @cached_property
    def shown(self) -> dict[str, object]:
        """What an organization's page says of the date."""
        return {
            "usage_date": self.usage_date.isoformat(),
            "version": self.version,
            "published_at": self.published_at,
            "rate_cards": self.rate_cards,
            "closed": self.closed,
            "blocked": self.blocked is not None,
        }

    @cached_property
    def made_from(self) -> str:
        """A text that is another where what is published of the date, or was tried, is."""
        published = (self.shown, self.output_digest, self.corrections)
        return repr((published, self.blocked_digest))


@dataclass(frozen=True)
class Organization:
    """Whose page it is: its dates with charges on the page, its newest, how many older ones it has, the charges, the
    logs that hold rows of it of no date; and of all its dates credits, as decimal text, quarantined
    rows, and what changes where its sums by date do; and where its balance does, if it has credits."""

    org_id: str
    usage_dates: tuple[date, ...]
    newest: date | None
    older: int
    charges: int
    undated: tuple[str, ...]
    credits: str
    quarantined: int
    sums: str | None
    balance: str | None

    def shown_dates(self, dates: Mapping[date, Dated]) -> list[date]:
        """Return its dates on the page, and blocked dates among and after them: what it used on
        these may not be published yet."""
        if not self.usage_dates:
            return []
        until = self.usage_dates[-1] + timedelta(days=MOST_DAYS)
        blocked = {day for day, one in dates.items() if one.blocked is not None}
        among = {day for day in blocked if self.usage_dates[0] <= day <= until}
        return sorted({*self.usage_dates, *among})


@contextmanager
def catalog(
    home: Home,
    dimensions: tuple[str, ...],
    limits: duck.Limits,
    spill: Path | None = None,
    database: Path | None = None,
) -> Iterator["duckdb.DuckDBPyConnection"]:
    """Open a connection with the tables of `credits.duckdb`, or of another database of the home, as
    views, the dimensions as one list."""
    from duckdb import ColumnExpression, Expression, FunctionExpression, StarExpression

    database = database or home.catalog
    with duck.connection(limits, spill, within=[home.path, database.parent]) as con:
        duck.attach_catalog(con, database, home.path)
        con.execute("set variable blanks = $blanks", {"blanks": BLANKS})
        listed = FunctionExpression("list_value", *map(ColumnExpression, dimensions))
        con.execute("set variable most_days = $days", {"days": MOST_DAYS})
        con.execute("set variable no_price = $reasons", {"reasons": list(NO_PRICE_REASONS)})
        for table in all_tables(dimensions).values():
            if table.name in PARTS:  # the pages have lines of their own
                continue
            held = con.table(f"catalog.{table.name}")
            columns: list[Expression] = [StarExpression()]
            if set(dimensions) <= set(held.columns) and table.name != "quarantine":
                columns.append(listed.alias("dimensions"))
            held.select(*columns).create_view(table.name)
        yield con


def rows(con: "duckdb.DuckDBPyConnection", name: str, **params: Any) -> list[dict[str, Any]]:
    """Return the rows of `sql/pages/NAME.sql`, by column."""
    found = con.sql(statement(f"pages/{name}"), params=params or None)
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def total(con: "duckdb.DuckDBPyConnection", org_id: str | None = None) -> Decimal:
    """Return credits of all usage and corrections, or of one organization's."""
    ((credits,),) = con.sql(statement("pages/total"), params={"org_id": org_id}).fetchall()
    found: Decimal = credits
    return found


def dates(con: "duckdb.DuckDBPyConnection") -> dict[date, Dated]:
    """Return every usage date, in order."""
    return {row["usage_date"]: Dated(**row) for row in rows(con, "dates")}


def published_spans(dates: Mapping[date, Dated], until: date) -> list[tuple[str, str]]:
    """Return the first and the last of each run of published dates, up to one date."""
    spans: list[list[date]] = []
    for day, dated in dates.items():
        if dated.version is None or day > until:
            continue
        if spans and day == spans[-1][1] + timedelta(days=1):
            spans[-1][1] = day
        else:
            spans.append([day, day])
    return [(first.isoformat(), last.isoformat()) for first, last in spans]


def closed_through(con: "duckdb.DuckDBPyConnection") -> str | None:
    """Return the last closed date, in ISO form."""
    newest = rows(con, "index_closings")[:1]
    return str(through) if newest and (through := newest[0]["closed_through"]) else None


def organizations(con: "duckdb.DuckDBPyConnection") -> list[Organization]:
    """Return every organization that has usage, corrections, quarantined rows or credits."""
    return [
        Organization(
            row["org_id"],
            tuple(row["usage_dates"]),
            row["newest"],
            row["older"],
            row["charges"],
            tuple(row["undated"]),
            row["credits"],
            row["quarantined"],
            row["sums"],
            row["balance"],
        )
        for row in rows(con, "organization_dates", days=MOST_DAYS, most=MOST_CHARGES)
    ]


def parts(
    con: "duckdb.DuckDBPyConnection", wanted: Sequence[Organization]
) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield each of these organizations with the parts of its page, as JSON."""
    for batch in batches({one: one.charges for one in wanted}, CHARGES_AT_ONCE):
        _register_shown(con, batch)
        for part in PARTS:
            make_table(con, f"pages/{part}")
        found = con.execute(statement("pages/organizations"))
        while few := found.fetchmany(100):
            for org_id, *texts in few:
                yield org_id, dict(zip(PARTS, texts, strict=True))


def contents(con: "duckdb.DuckDBPyConnection", wanted: Sequence[Organization]) -> dict[str, str]:
    """Return, for each of these organizations, a text that is another where its parts are, but for
    its balance; made at a small part of what the parts cost."""
    _register_shown(con, wanted)
    return dict(con.sql(statement("pages/contents")).fetchall())


def _register_shown(con: "duckdb.DuckDBPyConnection", wanted: Sequence[Organization]) -> None:
    """Create `shown`: these organizations, and from which date on."""
    import polars as pl

    frame = pl.DataFrame(
        [(one.org_id, min(one.usage_dates, default=date.max)) for one in wanted],
        schema={"org_id": pl.String, "first_date": pl.Date},
        orient="row",
    )
    register(con, "shown", frame)
