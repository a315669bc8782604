"""Schemas of the ledger of credits: the columns of its six tables, with what each means.

How they are computed belongs to `ledger`.
"""

from pricing_assets.contract.table_columns import (
    AGREEMENT,
    BILLING_TYPE,
    BRAND,
    KEY_MODE,
    LIST_PRICE,
    METER_NAME,
    MODEL,
    ORG_ID,
    PER_UNITS,
    PRICE,
    RATE_CARD,
    USAGE_DATE,
    Table,
    dimension_columns,
)
from pricing_assets.contract.tables import tables
from pricing_assets.contract.usage_log import Column

_CREDITS, _USD = "DECIMAL(38,9)", "DECIMAL(38,9)"
_GRANT = (
    Column("grant_id", "VARCHAR", "names the grant"),
    Column("org_id", "VARCHAR", "whose credits they are"),
    Column("kind", "VARCHAR", "promo, plan, paid or adjustment"),
)


def ledger_tables(dimensions: tuple[str, ...]) -> dict[str, Table]:
    """Return the tables of the ledger by name; they are empty where no grants are named."""
    charge = _charge_key(dimension_columns(dimensions))
    of_ledger = (
        Table(
            "grants",
            "grant of credits, as it stands at the end of the newest date",
            (
                *_GRANT,
                Column("credits", _CREDITS, "what was granted"),
                Column("usd_paid", _USD, "what was paid for all of it"),
                Column("effective_date", "DATE", "the first date on which it can be burned"),
                Column("expires_date", "DATE", "the first date on which it is gone; null: never"),
                Column("priority", "INTEGER", "1 to 1000, lower burns first"),
                Column("billing_types", "VARCHAR", "what it is for, separated by |; '': all"),
                Column("reference", "VARCHAR", "as granted"),
                Column("burned", _CREDITS, "burned by charges"),
                Column("repaid", _CREDITS, "burned by overdraft of earlier dates"),
                Column("restored", _CREDITS, "given back by corrections"),
                Column("voided", _CREDITS, "taken out"),
                Column("expired", _CREDITS, "gone at the end"),
                Column("left", _CREDITS, "what can still be burned"),
                Column("status", "VARCHAR", "pending, active, used, expired or voided"),
            ),
        ),
        Table(
            "ledger",
            "change of a grant or of an overdraft",
            (
                Column("usage_date", "DATE", "the date on which it counts"),
                Column("org_id", "VARCHAR", "whose credits they are"),
                Column("entry_number", "INTEGER", "1, 2, … of the organization's date"),
                Column(
                    "entry",
                    "VARCHAR",
                    "granted, burned, restored, repaid, voided or expired; of the overdraft:"
                    " uncovered or covered",
                ),
                Column("grant_id", "VARCHAR", "the grant that changes; null: the overdraft"),
                *charge,
                Column("credits", _CREDITS, "what it changes by, with sign"),
                Column("usd", _USD, "dollars of the grant that it changes by, with sign"),
            ),
        ),
        Table(
            "burns",
            "usage date, charge and grant that it burned, net of what was given back",
            (
                Column("usage_date", "DATE", "the date on which it burned"),
                Column("org_id", "VARCHAR", "whose credits they are"),
                *charge,
                Column("grant_id", "VARCHAR", "the grant"),
                Column("credits", _CREDITS, "what it burned, less what was given back"),
                Column("usd", _USD, "dollars that were paid for these credits"),
            ),
        ),
        Table(
            "balances",
            "organization and date, from its first grant on",
            (
                USAGE_DATE,
                ORG_ID,
                Column("opening", _CREDITS, "what was left of all grants on the date before"),
                Column("granted", _CREDITS, "granted on the date"),
                Column("burned", _CREDITS, "burned by charges of the date"),
                Column("restored", _CREDITS, "given back by corrections"),
                Column("repaid", _CREDITS, "burned by overdraft of earlier dates"),
                Column("voided", _CREDITS, "taken out"),
                Column("expired", _CREDITS, "gone at the end of the date"),
                Column("closing", _CREDITS, "what is left of all grants"),
                Column("overdraft", _CREDITS, "what no grant covers so far"),
                *(
                    Column(f"closing_{kind}", _CREDITS, f"what is left of {kind} grants")
                    for kind in ("promo", "plan", "paid", "adjustment")
                ),
            ),
        ),
        Table(
            "revenue",
            "organization and month, from its first grant on",
            (
                Column("month", "VARCHAR", "like 2026-02"),
                Column("org_id", "VARCHAR", "the organization that pays"),
                Column(
                    "opening_deferred", _USD, "paid and not earned at the end of the month before"
                ),
                Column("sold", _USD, "paid for grants of the month"),
                Column("recognized_usage", _USD, "earned by usage"),
                Column("breakage", _USD, "earned by credits that ended unused"),
                Column("refunded", _USD, "given back"),
                Column("closing_deferred", _USD, "paid and not earned yet"),
                *(
                    Column(f"{name}_cents", "BIGINT", "the same in whole cents that add up")
                    for name in ("opening", "sold", "usage", "breakage", "refunded", "closing")
                ),
            ),
        ),
        Table(
            "forecast",
            "organization with grants",
            (
                Column("org_id", "VARCHAR", "the organization that pays"),
                Column("as_of", "DATE", "the newest date of the ledger"),
                Column("days_left", "INTEGER", "dates until credits no longer suffice"),
                Column("exhausts_on", "DATE", "the first date that they do not cover; null: none"),
                Column("exhausts_from", "DATE", "the same where much is used"),
                Column("exhausts_to", "DATE", "the same where little is used"),
                Column("expires_unused", _CREDITS, "credits that will end unused"),
                Column("expires_on", "DATE", "when the first of them end"),
                Column("reason", "VARCHAR", "why there is no forecast, or no end of the credits"),
            ),
        ),
    )
    return {table.name: table for table in of_ledger}


def carried_tables(dimensions: tuple[str, ...]) -> dict[str, Table]:
    """Return the tables of what dates leave to those after them: files of a standing, for the next run
    alone."""
    charge = _charge_key(dimension_columns(dimensions))
    carried = (
        Table(
            "carried_grants",
            "grant that was opened, as the newest date leaves it",
            (
                _GRANT[0],
                Column("credits", _CREDITS, "what is left"),
                Column("usd", _USD, "dollars of what is left"),
                *(
                    Column(name, _CREDITS, f"credits of all its entries {name}")
                    for name in ("granted", "burned", "repaid", "restored", "voided", "expired")
                ),
                Column("openings", "BIGINT", "how often it was granted: once"),
            ),
        ),
        Table(
            "carried_overdraft",
            "charge that is overdrawn",
            (
                Column("org_id", "VARCHAR", "the organization that pays"),
                *charge,
                Column(
                    "credits", _CREDITS, "what no grant covers; below 0: taken back before booked"
                ),
            ),
        ),
        Table(
            "carried_dollars",
            "organization and month with entries of grants",
            (
                Column("org_id", "VARCHAR", "the organization that pays"),
                Column("month_start", "DATE", "the first of the month"),
                Column("sold", _USD, "paid for grants of the month"),
                Column("recognized_usage", _USD, "earned by usage"),
                Column("breakage", _USD, "of credits that ended unused or were taken out"),
            ),
        ),
    )
    return {table.name: table for table in carried}


def all_tables(dimensions: tuple[str, ...]) -> dict[str, Table]:
    """Return every table of `credits.duckdb`, in the order of the flow."""
    return tables(dimensions) | ledger_tables(dimensions)


def _charge_key(dims: tuple[Column, ...]) -> tuple[Column, ...]:
    """Return the columns that name a charge beside its organization; null where there is none."""
    return (
        Column("charge_date", "DATE", "usage date of the charge"),
        *dims,
        BILLING_TYPE,
        BRAND,
        MODEL,
        KEY_MODE,
        METER_NAME,
        PER_UNITS,
        LIST_PRICE,
        PRICE,
        RATE_CARD,
        AGREEMENT,
    )
