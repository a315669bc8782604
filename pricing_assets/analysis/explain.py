"""Explain: from a charge of a version back to the events that it is the sum of.

The reduction's own statements run once more over the organization's rows; no rule is written twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pricing_assets.charges.trace import explain_charges, load_explained, number_events
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.contract import tables
from pricing_assets.contract.names import fold
from pricing_assets.contract.table_columns import Table
from pricing_assets.contract.usage_log import LOG_COLUMNS, Column
from pricing_assets.db import connection as duck
from pricing_assets.db.io import write_table
from pricing_assets.home import Home, Version, pinned_inputs
from pricing_assets.home.targets import require_out

if TYPE_CHECKING:
    import duckdb

MOST_EVENTS = 20
"""Events that are shown of each charge; a file holds them all."""


@dataclass(frozen=True)
class ChargeRequest:
    """Which charges of an organization are asked about; None where nothing was said."""

    org_id: str
    billing_type: str | None = None
    model: str | None = None
    dimensions: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Explained:
    """One charge as it was published (None: it was not), and the sum of its events."""

    key: dict[str, str | None]
    meter: str
    per: int
    list_price: Decimal
    price: Decimal
    quantity: int | None
    credits: Decimal | None
    events: int
    quantity_of_events: int
    credits_of_events: Decimal
    card_file: str | None
    card_line: int | None
    examples: list[dict[str, Any]]

    @property
    def agrees(self) -> bool:
        """Whether the events' quantities sum to the charge's, and give its credits."""
        return (self.quantity, self.credits) == (self.quantity_of_events, self.credits_of_events)


@dataclass(frozen=True)
class Explanation:
    """The charges that were asked about, and the organization's rows that are not charged."""

    version: int
    charges: list[Explained]
    not_rated: dict[str, int]


def table(dimensions: tuple[str, ...]) -> Table:
    """Create one row per rated event and meter with a non-zero quantity."""
    charges = {one.name: one for one in tables.stored("charges", dimensions).columns}
    logged = {one.name: one for one in LOG_COLUMNS}
    before = ("usage_date", "org_id", *dimensions, "billing_type", "brand", "model", "key_mode")
    priced = ("rate_card", "agreement", "meter", "quantity", "per", "list_price", "price")
    return Table(
        "explained_events",
        "rated event and meter with a non-zero quantity",
        (
            *(charges[name] for name in (*before, *priced)),
            Column("card_file", "VARCHAR", "the rates.csv that gives the list price"),
            Column("card_line", "BIGINT", "its line"),
            logged["event_id"],
            logged["event_time"],
            Column("logged_brand", "VARCHAR", "as logged"),
            Column("logged_model", "VARCHAR", "as logged"),
            Column(
                "named_by", "VARCHAR", "the lines of names that led to the printed name, if any"
            ),
            Column("file_name", "VARCHAR", "the log's name when it came"),
            Column("file", "VARCHAR", "SHA-256 of the log"),
            Column("row_number", "BIGINT", "from 0, in the file's order"),
        ),
    )


def version_of(home: Home, day: date, number: int | None = None) -> Version:
    """Return the version in force of a date, or the one of this number.
    ConfigurationError where there is none, or it was pruned."""
    found = home.current(day) if number is None else None
    if number is not None:
        found = next((one for one in home.versions(day) if one.number == number), None)
    if found is None:
        which = "version in force" if number is None else f"version {number}"
        raise ConfigurationError(f"{day} has no {which} in {home.path}; see `creditmill status`")
    if found.pruned:
        raise ConfigurationError(
            f"version {found.number} of {day} was pruned; its manifest is left"
        )
    return found


def explain(
    home: Home,
    version: Version,
    wanted: ChargeRequest,
    limits: duck.Limits | None = None,
    out: Path | None = None,
    examples: int | None = MOST_EVENTS,
) -> Explanation:
    """Return the charges of one organization, each with the sum of its events and the first of them
    (`examples` None: all). `out` receives every event, as CSV or Parquet.

    Reads only the logs that the version's manifest names.
    ConfigurationError where a dimension is not one of the home's.
    """
    settings = pinned_inputs.settings_of(version.manifest)
    require_out(home, out)
    for name in wanted.dimensions or {}:
        if name not in settings.dimensions:
            raise ConfigurationError(
                f"{name!r} is not a dimension of this home; it has {', '.join(settings.dimensions)}"
            )
    within = [home.path, *([out.parent] if out else [])]
    with duck.connection(limits, within=within) as con:
        load_explained(con, home, version, wanted.org_id)
        explain_charges(con)
        for name in ("explained_charges", "explained_events"):
            _filter(con, name, wanted)
        if out is not None:
            asked = table(settings.dimensions)
            write_table(con, asked, "asked_explained_events", out, settings.dimensions)
        charges = _charges(con, settings.dimensions, examples)
        not_rated = con.sql(
            "select outcome, count(*) from outcomes where outcome <> 'rated'"
            " group by outcome order by outcome"
        ).fetchall()
    return Explanation(version.number, charges, dict(not_rated))


def _filter(con: "duckdb.DuckDBPyConnection", name: str, wanted: ChargeRequest) -> None:
    """Create the view `asked_NAME`: what of `sql/NAME.sql` was asked about."""
    from duckdb import ColumnExpression, ConstantExpression, FunctionExpression

    found = con.view(name)
    if wanted.billing_type is not None:
        found = found.filter(
            ColumnExpression("billing_type") == ConstantExpression(wanted.billing_type)
        )
    if wanted.model is not None:
        printed = con.view(name).project("model").distinct().fetchall()
        models = [model for (model,) in printed if fold(model) == fold(wanted.model)]
        found = found.filter(
            ColumnExpression("model").isin(*(ConstantExpression(model) for model in models))
            if models
            else ConstantExpression(False)
        )
    for dimension, value in (wanted.dimensions or {}).items():
        held = FunctionExpression(
            "struct_extract", ColumnExpression("dimensions"), ConstantExpression(dimension)
        )
        found = found.filter(held == ConstantExpression(value))
    found.create_view(f"asked_{name}")


_KEY = ("billing_type", "brand", "model", "key_mode", "rate_card", "agreement")


def _charges(
    con: "duckdb.DuckDBPyConnection", dimensions: tuple[str, ...], examples: int | None
) -> list[Explained]:
    found = con.view("asked_explained_charges")
    order = "credits desc nulls last, billing_type, brand, model, key_mode, meter, rate_card"
    rows = found.order(f"{order}, agreement nulls first, dimensions").fetchall()
    explained = []
    shown = _examples(con, examples)
    for row in (dict(zip(found.columns, row, strict=True)) for row in rows):
        held = row["dimensions"]
        key = {"org_id": row["org_id"], **{name: held[name] for name in dimensions}}
        key |= {name: row[name] for name in _KEY}
        place = (tuple(held.values()), *(row[name] for name in (*_KEY, "meter", "price")))
        explained.append(
            Explained(
                key=key,
                **{
                    name: row[name]
                    for name in ("meter", "per", "list_price", "price", "quantity", "credits")
                },
                events=row["events"],
                quantity_of_events=int(row["quantity_of_events"]),
                credits_of_events=row["credits_of_events"],
                card_file=row["card_file"],
                card_line=row["card_line"],
                examples=shown.get(place, []),
            )
        )
    return explained


def _examples(
    con: "duckdb.DuckDBPyConnection", examples: int | None
) -> dict[tuple[Any, ...], list[dict[str, Any]]]:
    """Return, for each charge, its first events by file and row."""
    number_events(con)
    found = con.view("first_events")
    if examples is not None:
        found = found.filter(f"nth <= {examples:d}")
    shown: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in found.order("nth").fetchall():
        held = dict(zip(found.columns, row, strict=True))
        place = (
            tuple(held["dimensions"].values()),
            *(held[name] for name in (*_KEY, "meter", "price")),
        )
        kept = ("event_id", "event_time", "logged_brand", "logged_model", "named_by", "quantity")
        shown.setdefault(place, []).append(
            {name: held[name] for name in (*kept, "file_name", "file", "row_number")}
        )
    return shown
