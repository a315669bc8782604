"""FOCUS 1.2: a period's charges as the FinOps Open Cost and Usage Specification lays them out.

The rows are made by `sql/finance/focus/focus.sql`, and `sql/finance/focus/checks` hold on every row before a file is
written. Columns are in `focus_columns`; what a statement shows does not belong here.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pricing_assets.common.errors import CreditmillError
from pricing_assets.common.periods import month_after
from pricing_assets.contract import billing as contract
from pricing_assets.contract.usage_dates import spans
from pricing_assets.db.io import scan_csv, scan_parquet, write_table
from pricing_assets.db.relations import make_table, register
from pricing_assets.db.statements import statement
from pricing_assets.finance import focus_credits
from pricing_assets.finance.focus_columns import TABLE
from pricing_assets.finance.period import ExportSource
from pricing_assets.finance.tables import SUFFIXES, FileSums, entry

if TYPE_CHECKING:
    import duckdb

CHECKS: Final = (
    "grants_tie_out",
    "costs_are_price_x_quantity",
    "credits_convert_to_dollars",
    "quantities_are_what_is_priced",
    "values_are_allowed",
    "periods_are_utc",
    "accounts_sum_to_charges",
    "prices_have_one_sku",
)
"""Each returns the offending rows; one row blocks the export."""
SUMS: Final = """count(*),
    sum("PricingCurrencyEffectiveCost") filter (where "ChargeCategory" = 'Usage'),
    sum("EffectiveCost") filter (where "ChargeCategory" = 'Usage')"""
"""Rows of a file, and the credits and dollars of usage."""

LAST_DATE: Final = date(9999, 12, 29)
"""The last date whose instants can be computed in every zone; a grant may end after it."""


def write(
    con: "duckdb.DuckDBPyConnection", source: ExportSource, stage: Path, provider: str
) -> dict[str, dict[str, Any]]:
    """Write `focus` as CSV and Parquet from the loaded relations; gives each file's entry.

    CreditmillError where a check finds a row, of which it shows the first.
    """
    make(con, source, provider)
    check(con, source)
    entries = {}
    for suffix in SUFFIXES:
        file = stage / f"focus{suffix}"
        write_table(con, TABLE, "focus", file, (), crlf=True)
        read = scan_csv(con, file, TABLE) if suffix == ".csv" else scan_parquet(con, [file])
        held = read.aggregate(SUMS).fetchall()[0]
        entries[file.name] = entry(file, FileSums.of(*held))
    return entries


def make(con: "duckdb.DuckDBPyConnection", source: ExportSource, provider: str) -> None:
    """Create the relation `focus`: one row per charge, correction or rounding; beside a ledger of
    credits, per charge or correction and grant that paid for it, and per grant that was bought, or
    whose credits ended unused. The period's tables and credits are loaded."""
    con.execute("set variable provider = ?", [provider])
    con.execute("set variable has_ledger = ?", [bool(source.ledger)])
    con.execute("set variable period_first = ?", [source.period.first])
    first = {"first": source.period.first}
    if source.ledger:
        text = statement("finance/focus/paid_amounts")
        con.execute(f"create or replace temp table focus_amounts as {text}", first)
    else:
        make_table(con, "finance/focus/amounts", "focus_amounts")
    _register_contract(con, source)
    focus_credits.register_grants(con)
    focus_credits.register_prices(con, source)
    days = {day for (day,) in con.sql(statement("finance/focus/days"), params=first).fetchall()}
    _register_periods(con, days, source)
    make_table(con, "finance/focus/usage", "focus_usage")
    for name in ("purchases", "unused"):
        text = statement(f"finance/focus/{name}")
        con.execute(f"create or replace temp table focus_{name} as {text}", first)
    make_table(con, "finance/focus/focus")


def check(con: "duckdb.DuckDBPyConnection", source: ExportSource) -> None:
    """Check every rule of `CHECKS` on every row of `focus`.
    CreditmillError where a row breaks one."""
    for name in CHECKS:
        found = con.sql(statement(f"finance/focus/checks/{name}"))
        row = found.limit(1).fetchall()
        if row:
            values = ", ".join(
                f"{column} {value}" for column, value in zip(found.columns, row[0], strict=True)
            )
            raise CreditmillError(
                f"{source.period.name}: FOCUS would break the rule {name}: {values}; nothing was"
                " exported"
            )


def _register_contract(con: "duckdb.DuckDBPyConnection", source: ExportSource) -> None:
    """Create what the statement joins: units, services, what a credit costs, versions."""
    import polars as pl

    def table(name: str, columns: dict[str, Any], rows: list[tuple[Any, ...]]) -> None:
        register(con, name, pl.DataFrame(rows, schema=columns, orient="row"))

    table(
        "focus_units",
        {
            **dict.fromkeys(("meter", "consumed_unit", "pricing_unit"), pl.String),
            **dict.fromkeys(("consumed", "priced"), pl.Decimal(4, 3)),
        },
        [
            (
                name,
                meter.units.consumed,
                meter.units.priced,
                Decimal(meter.units.of_one),
                Decimal(meter.units.price_times),
            )
            for meter in contract.METER.values()
            for name in contract.printed_meters(meter.name)
        ],
    )
    names = ("billing_type", "service", "category", "subcategory", "service_name")
    table(
        "focus_services",
        dict.fromkeys(names, pl.String),
        [
            (name, service, *contract.SERVICES[service].focus)
            for name, service in contract.BILLING_TYPES.items()
        ],
    )
    table(
        "focus_cards",
        {"rate_card": pl.String, "usd_billionths": pl.Int64},
        [
            (card, int(usd.scaleb(9)))
            for card, usd in (source.cards_before | source.usd_per_credit).items()
        ],
    )
    table(
        "focus_versions",
        {"usage_date": pl.Date, "version": pl.Int32},
        [(one.usage_date, one.number) for one in source.versions],
    )


def _register_periods(
    con: "duckdb.DuckDBPyConnection", days: set[date], source: ExportSource
) -> None:
    """Create the instants of each usage date and of the billing month, as FOCUS writes them."""
    zone = source.settings.timezone
    for name, key in (("focus_days", "day"), ("focus_months", "month")):
        con.execute(
            f"create or replace temp table {name}({key} date, starts varchar, ends varchar)"
        )
    rows = [(day, *_period(day, _next(day), zone)) for day in sorted(days)]
    if rows:
        con.executemany("insert into focus_days values (?, ?, ?)", rows)
    month = source.period.first.replace(day=1)
    con.execute(
        "insert into focus_months values (?, ?, ?)",
        [month, *_period(month, month_after(month), zone)],
    )


def _period(first: date, after: date, zone: str) -> tuple[str, str]:
    """Return the start of the first date and, exclusive, of the one after the last, in UTC."""
    return _instant(_start(first, zone)), _instant(_start(after, zone))


def _next(day: date) -> date:
    """Return the date after; of the last of all years itself."""
    return day + timedelta(days=1) if day < date.max else day


def _start(day: date, zone: str) -> datetime:
    """Return the instant at which a date begins; where the zone skipped it, the next one. The last of
    all dates begin at the hour at which `LAST_DATE` does."""
    beyond = max(day - LAST_DATE, timedelta())
    day -= beyond
    while not spans(day, zone):
        day += timedelta(days=1)
    return spans(day, zone)[0].start + beyond


def _instant(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
