"""FOCUS 1.2: a period's charges as the FinOps Open Cost and Usage Specification lays them out.

The columns and what they are made of; the rows are made by `sql/focus/focus.sql`, and `sql/focus/
checks` hold on every row before a file is written. What a statement shows does not belong here.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pricing_assets import contract, duck
from pricing_assets.contract import Column, Table
from pricing_assets.dates import spans
from pricing_assets.dictionary import markdown
from pricing_assets.errors import CreditmillError
from pricing_assets.finance.period import Source, month_after
from pricing_assets.finance.tables import SUFFIXES, Sums, entry
from pricing_assets.rating import make_table, register

if TYPE_CHECKING:
    import duckdb

CHECKS: Final = (
    "costs_are_price_x_quantity",
    "credits_convert_to_dollars",
    "quantities_are_what_is_priced",
    "values_are_allowed",
    "periods_are_utc",
    "accounts_sum_to_charges",
    "prices_have_one_sku",
)
"""Each returns the offending rows; one row blocks the export."""

UNITS: Final = {
    "input_tokens": ("Tokens", "1000 Tokens", "1", False),
    "output_tokens": ("Tokens", "1000 Tokens", "1", False),
    "image_tokens": ("Tokens", "1000 Tokens", "1", False),
    "audio_ms": ("Seconds", "Minutes", "0.001", False),
    "characters": ("Characters", "1000 Characters", "1", False),
    "requests": ("Requests", "Requests", "1", False),
    "stored_tokens": ("Token-Days", "Token-Days", "1", True),
}
"""Per meter: consumed unit, pricing unit, consumed units of one of the meter, and whether prices
are per one unit: FOCUS has no form for `1000 Token-Days`."""

SERVICES: Final = {
    "llm": ("AI and Machine Learning", "Generative AI", "LLM"),
    "asr": ("AI and Machine Learning", "Natural Language Processing", "Speech Recognition"),
    "tts": ("AI and Machine Learning", "Natural Language Processing", "Speech Synthesis"),
    "embedding": ("AI and Machine Learning", "Natural Language Processing", "Embedding"),
    "rerank": ("AI and Machine Learning", "Natural Language Processing", "Reranking"),
    "storage": ("Storage", "Other (Storage)", "Vector Storage"),
    "tool": ("AI and Machine Learning", "AI Platforms", "Tools"),
    "moderation": ("AI and Machine Learning", "Natural Language Processing", "Content Moderation"),
}
"""Per service: ServiceCategory, ServiceSubcategory and ServiceName."""


@dataclass(frozen=True)
class FocusColumn(Column):
    """A column of FOCUS, what it is made of, and whether the specification demands it."""

    level: str


def _columns() -> tuple[FocusColumn, ...]:
    text, times = "VARCHAR", "VARCHAR"
    dollars, cost, price = "DECIMAL(38,11)", "DECIMAL(38,23)", "DECIMAL(38,14)"
    credits_price, quantity = "DECIMAL(38,12)", "DECIMAL(38,9)"
    must, conditional, should, custom = "mandatory", "conditional", "recommended", "ours"
    return tuple(
        FocusColumn(name, kind, meaning, level)
        for name, kind, level, meaning in (
            ("BilledCost", dollars, must, "0: credits are prepaid, usage is not invoiced"),
            ("BillingAccountId", text, must, "the organization"),
            ("BillingAccountName", text, must, "the organization: it has no other name"),
            ("BillingAccountType", text, conditional, "`Organization`"),
            ("BillingCurrency", text, must, "`USD`"),
            ("BillingPeriodEnd", times, must, "end of the calendar month, exclusive"),
            ("BillingPeriodStart", times, must, "calendar month in the billing time zone"),
            ("ChargeCategory", text, must, "`Usage`, or `Adjustment` for the rounding"),
            ("ChargeClass", text, must, "`Correction` for what was booked for a closed date"),
            ("ChargeDescription", text, must, "model and meter"),
            ("ChargeFrequency", text, should, "`Usage-Based`; the rounding: `One-Time`"),
            ("ChargePeriodEnd", times, must, "end of the usage date, exclusive"),
            ("ChargePeriodStart", times, must, "the usage date in the billing time zone"),
            ("CommitmentDiscountStatus", text, conditional, "null: no commitments"),
            ("ConsumedQuantity", "DECIMAL(38,3)", conditional, "the quantity; audio in seconds"),
            (
                "ConsumedUnit",
                text,
                conditional,
                "Tokens, Seconds, Characters, Requests, Token-Days",
            ),
            ("ContractedCost", cost, must, "contracted unit price x pricing quantity"),
            ("ContractedUnitPrice", price, conditional, "`price` x USD of a credit"),
            ("EffectiveCost", dollars, must, "`usd` of the charge"),
            ("InvoiceId", text, should, "null: no invoice for usage"),
            ("InvoiceIssuerName", text, must, "the setting `provider_name`"),
            ("ListCost", cost, must, "list unit price x pricing quantity"),
            ("ListUnitPrice", price, conditional, "`list_price` x USD of a credit"),
            ("PricingCategory", text, conditional, "`Standard`"),
            ("PricingCurrency", text, conditional, "`CRD`: credits"),
            ("PricingCurrencyContractedUnitPrice", credits_price, conditional, "`price`"),
            ("PricingCurrencyEffectiveCost", quantity, conditional, "`credits` of the charge"),
            ("PricingCurrencyListUnitPrice", credits_price, conditional, "`list_price`"),
            ("PricingQuantity", quantity, must, "quantity / per; minutes at 9 decimals"),
            ("PricingUnit", text, must, "what a price buys, like `1000 Tokens`"),
            ("ProviderName", text, must, "the setting `provider_name`"),
            ("PublisherName", text, must, "the setting `provider_name`; the brand is in `x_Brand`"),
            ("ServiceCategory", text, must, "`AI and Machine Learning`; storage: `Storage`"),
            ("ServiceName", text, must, "LLM, Speech Recognition, …: see below"),
            ("ServiceSubcategory", text, should, "see below"),
            ("SkuId", text, conditional, "service, brand, model and meter, each percent-encoded"),
            ("SkuMeter", text, conditional, "the billing type"),
            ("SkuPriceDetails", text, conditional, "JSON: key mode, meter, model"),
            ("SkuPriceId", text, conditional, "SkuId and key mode"),
            (
                "SubAccountId",
                text,
                conditional,
                "organization and `agent_id`; null where it has none",
            ),
            ("SubAccountName", text, conditional, "`agent_id`"),
            ("SubAccountType", text, conditional, "`Agent`"),
            ("Tags", text, conditional, "JSON: the dimensions other than `agent_id`"),
            ("x_Agreement", text, custom, "id of the agreed price; null: none"),
            ("x_BillingType", text, custom, "the billing type"),
            ("x_Brand", text, custom, "who serves it, as the rate card prints it"),
            ("x_Correction", "INTEGER", custom, "number of the correction of its usage date"),
            ("x_CorrectionReason", text, custom, "why it was booked"),
            ("x_KeyMode", text, custom, "platform or own; any for storage and tools"),
            ("x_Meter", text, custom, "the quantity that the price applies to"),
            ("x_RateCard", text, custom, "id of the rate card"),
            ("x_UsageDate", "DATE", custom, "the usage date"),
            (
                "x_Version",
                "INTEGER",
                custom,
                "version of the report; of a correction, the one corrected",
            ),
        )
    )


COLUMNS: Final = _columns()
TABLE: Final = Table(
    "focus",
    "charge or correction; and per organization and billing period, for the rounding",
    COLUMNS,
)


def columns_page() -> str:
    """The columns as `docs/focus.md` lists them."""
    heads = ("column", "type", "FOCUS 1.2", "what it is made of")
    rows = [(f"`{one.name}`", f"`{one.type}`", one.level, one.meaning) for one in COLUMNS]
    return markdown(heads, rows)


def write(
    con: "duckdb.DuckDBPyConnection", source: Source, stage: Path, provider: str
) -> dict[str, dict[str, Any]]:
    """Write `focus` as CSV and Parquet from the loaded relations; gives each file's entry.

    CreditmillError where a check finds a row, of which it shows the first.
    """
    make(con, source, provider)
    check(con, source)
    entries = {}
    for suffix in SUFFIXES:
        file = stage / f"focus{suffix}"
        duck.write(con, TABLE, "focus", file, (), crlf=True)
        read = duck.scan_csv(con, file, TABLE) if suffix == ".csv" else duck.scan(con, [file])
        held = read.aggregate(
            'count(*), sum("PricingCurrencyEffectiveCost"), sum("EffectiveCost")'
        ).fetchall()[0]
        entries[file.name] = entry(file, Sums.of(*held))
    return entries


def make(con: "duckdb.DuckDBPyConnection", source: Source, provider: str) -> None:
    """The relation `focus`."""
    con.execute("set variable provider = ?", [provider])
    _register_contract(con, source)
    days = {version.usage_date for version in source.versions}
    days |= {correction.usage_date for correction in source.corrections}
    _register_periods(con, days, source)
    make_table(con, "focus/focus")


def check(con: "duckdb.DuckDBPyConnection", source: Source) -> None:
    """Every rule of `CHECKS` on every row of `focus`."""
    for name in CHECKS:
        found = con.sql(duck.statement(f"focus/checks/{name}"))
        row = found.limit(1).fetchall()
        if row:
            said = ", ".join(
                f"{column} {value}" for column, value in zip(found.columns, row[0], strict=True)
            )
            raise CreditmillError(
                f"{source.period.name}: FOCUS would break the rule {name}: {said}; nothing was"
                " exported"
            )


def _register_contract(con: "duckdb.DuckDBPyConnection", source: Source) -> None:
    """What the statement joins: units, services, what a credit costs, versions."""
    import polars as pl

    def table(name: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
        register(con, name, pl.DataFrame(rows, schema=list(columns), orient="row"))

    table(
        "focus_units_as_text",
        ("meter", "consumed_unit", "pricing_unit", "consumed", "per_unit"),
        [(meter, *said) for meter, said in UNITS.items()],
    )
    con.execute(
        "create or replace temp table focus_units as select * replace"
        " (cast(consumed as decimal(4, 3)) as consumed) from focus_units_as_text"
    )
    table(
        "focus_services",
        ("billing_type", "service", "category", "subcategory", "service_name"),
        [(name, service, *SERVICES[service]) for name, service in contract.BILLING_TYPES.items()],
    )
    con.execute(
        "create or replace temp table focus_cards(rate_card varchar, usd_per_credit decimal(11, 2))"
    )
    con.executemany("insert into focus_cards values (?, ?)", list(source.usd_per_credit.items()))
    con.execute("create or replace temp table focus_versions(usage_date date, version integer)")
    versions = [(one.usage_date, one.number) for one in source.versions]
    if versions:
        con.executemany("insert into focus_versions values (?, ?)", versions)


def _register_periods(con: "duckdb.DuckDBPyConnection", days: set[date], source: Source) -> None:
    """The instants of each usage date and of the billing month, as FOCUS writes them."""
    zone = source.terms.timezone
    for name, key in (("focus_days", "day"), ("focus_months", "month")):
        con.execute(
            f"create or replace temp table {name}({key} date, starts varchar, ends varchar)"
        )
    rows = [(day, *_period(day, day + timedelta(days=1), zone)) for day in sorted(days)]
    con.executemany("insert into focus_days values (?, ?, ?)", rows)
    month = source.period.first.replace(day=1)
    con.execute(
        "insert into focus_months values (?, ?, ?)",
        [month, *_period(month, month_after(month), zone)],
    )


def _period(first: date, after: date, zone: str) -> tuple[str, str]:
    """Start of the first date and, exclusive, of the one after the last, in UTC."""
    return _instant(_start(first, zone)), _instant(_start(after, zone))


def _start(day: date, zone: str) -> datetime:
    """Where a date begins; where the zone skipped it, the next one."""
    while not spans(day, zone):
        day += timedelta(days=1)
    return spans(day, zone)[0].start


def _instant(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
