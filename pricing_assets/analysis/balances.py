"""Balances as they are asked for: what organizations have left, which grants it is of, and how it came.

How the ledger comes about belongs to `ledger`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from pricing_assets.common.errors import ConfigurationError
from pricing_assets.db import connection as duck
from pricing_assets.db.statements import statement
from pricing_assets.home import Home
from pricing_assets.ledger.inputs import KINDS

SOON: Final = 30
"""Grants that end within so many days are named by `status`."""


@dataclass(frozen=True)
class Balance:
    """What an organization has left at the end of a date; the forecast is of the newest date only."""

    org_id: str
    usage_date: date
    closing: Decimal
    overdraft: Decimal
    closing_promo: Decimal
    closing_plan: Decimal
    closing_paid: Decimal
    closing_adjustment: Decimal
    days_left: int | None
    exhausts_on: date | None
    expires_unused: Decimal | None


@dataclass(frozen=True)
class Left:
    """A grant with credits left."""

    grant_id: str
    kind: str
    credits: Decimal
    left: Decimal
    effective_date: date
    expires_date: date | None
    priority: int
    billing_types: str


@dataclass(frozen=True)
class BalanceWarnings:
    """What `status` says of balances: overdraft by organization, grants that end soon as
    (organization, grant, left, end)."""

    overdrawn: list[tuple[str, Decimal]]
    ending: list[tuple[str, str, Decimal, date]]


def balances(home: Home, org_id: str | None, on: date | None) -> list[Balance]:
    """Return the balance of each organization, or of one, at the end of a date (None: the newest);
    those that run out first at the top; ConfigurationError where there is no such organization or
    date."""
    found = [
        Balance(*row)
        for row in _rows(home, "organizations", {"org": org_id, "at_end_of": _on(home, on)})
    ]
    if not found:
        whose = f"{org_id} has no grant" if org_id is not None else "nobody has a grant"
        raise ConfigurationError(f"{whose} on {_on(home, on)}; `creditmill balance` lists who has")
    return found


def left(home: Home, org_id: str, on: date | None) -> list[Left]:
    """Return the grants of an organization that have credits left at the end of a date, in the order
    in which they burn."""
    params = {"org": org_id, "at_end_of": _on(home, on), "kinds": list(KINDS)}
    return [Left(*row) for row in _rows(home, "grants", params)]


def entries(home: Home, org_id: str, first: date | None, last: date | None) -> list[dict[str, Any]]:
    """Return the ledger of an organization, oldest entry first; ConfigurationError where it has none."""
    names = (
        *("usage_date", "entry", "grant_id", "charge_date", "billing_type"),
        *("brand", "model", "meter", "credits", "usd"),
    )
    params = {"org": org_id, "first": first, "last": last}
    found = [dict(zip(names, row, strict=True)) for row in _rows(home, "entries", params)]
    if not found:
        raise ConfigurationError(
            f"the ledger has no entry of {org_id!r} then; `creditmill balance` lists organizations"
        )
    return found


def warned(home: Home) -> BalanceWarnings:
    """Return what to look at: nothing where the home has no ledger."""
    if not home.ledger.is_dir() or not home.catalog.exists():
        return BalanceWarnings([], [])
    return BalanceWarnings(
        [(org, overdraft) for org, overdraft in _rows(home, "overdrawn", {})],
        [(org, name, rest, end) for org, name, rest, end in _rows(home, "ending", {"days": SOON})],
    )


def _on(home: Home, on: date | None) -> date:
    with duck.open_catalog(home.catalog, home.path) as con:
        ((newest,),) = con.sql("select max(usage_date) from balances").fetchall()
    if newest is None:
        raise ConfigurationError(
            "this home has no balances; name a folder of grants (setting `credits`), and run"
        )
    if on is not None and on > newest:
        raise ConfigurationError(f"the ledger goes through {newest}; {on} is not known yet")
    return on or newest


def _rows(home: Home, name: str, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with duck.open_catalog(home.catalog, home.path) as con:
        return con.execute(statement(f"analysis/balances/{name}"), dict(params)).fetchall()
