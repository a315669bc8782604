"""Logged names without a price: how much is at risk, and what would price each.

Lines of names where a printed name is the same model, else lines of an extra book. Which lines are
offered belongs to `rates.lookup`, what they would charge to `alias_charges`, how it is shown to
`pipelines.cli.advice`.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from pricing_assets.analysis.alias_charges import charges_of
from pricing_assets.analysis.quarantine import AtRisk, at_risk, last_attempts, opened
from pricing_assets.analysis.unpriced_name import Unpriced
from pricing_assets.common.decimals import exact_sum
from pricing_assets.contract import billing as contract
from pricing_assets.contract.names import fold
from pricing_assets.db.statements import statement
from pricing_assets.home import Home
from pricing_assets.home.settings import HomeSettings
from pricing_assets.rates import Rates
from pricing_assets.rates.lookup import LOOKED_AT, forces_of, look_up
from pricing_assets.rates.offers import Offered, Proposal
from pricing_assets.rates.rates_csv import Name


def find_unpriced(
    home: Home,
    settings: HomeSettings,
    rates: Rates,
    *,
    doubtful: bool = False,
    most: int = LOOKED_AT,
) -> list[Unpriced]:
    """Return one per name without a price, most rows first, each with what would price it; with
    `doubtful` also with what else it may mean, and what that would charge. Of more than `most`
    names the others are not looked at, and say so."""
    with opened(home, rates) as con:
        names = _folded(con.sql(statement("analysis/unpriced_names")).fetchall())
        query = "select distinct usage_date from quarantine where reason = 'no_rate'"
        days = sorted(day for (day,) in con.sql(query).fetchall())
    if not names:
        return []
    names = _with_risk(names, at_risk(home, days))
    forces = forces_of(rates)
    found = [replace(name, found=look_up(name.logged, forces)) for name in names[:most]]
    found += [replace(name, looked_at=False) for name in names[most:]]
    if not doubtful:
        found = [replace(name, found=replace(name.found, doubtful=())) for name in found]
    asked = [one for name in found for one in _asked_of(name)]
    charged = charges_of(home, settings, rates, last_attempts(home, days), asked) if asked else {}

    def charging(one: Offered) -> Offered | None:
        charges = charged.get(one.proposal)
        return None if charges is None else replace(one, charges=charges)

    def with_charges(name: Unpriced) -> Unpriced:
        of_name = name.found
        return replace(
            name,
            found=replace(
                of_name,
                offer=None if of_name.offer is None else charging(of_name.offer),
                doubtful=tuple(
                    one for each in of_name.doubtful if (one := charging(each)) is not None
                ),
            ),
            by_next_run=None if of_name.by_book is None else charged.get(of_name.by_book),
        )

    return [with_charges(name) for name in found]


def _asked_of(name: Unpriced) -> list[Proposal]:
    """Return the lines of which the charges are computed; where the book has them, none to add."""
    offers = [] if name.offer is None else [name.offer]
    by_book = [] if name.found.by_book is None else [name.found.by_book]
    return [*by_book, *(one.proposal for one in (*offers, *name.doubtful))]


def _folded(
    rows: Iterable[tuple[str, str, str, list[str], int, datetime, datetime]],
) -> list[Unpriced]:
    """Return one per name as it is compared, with the spelling of most rows."""
    found: dict[Name, Unpriced] = {}
    for service, brand, model, key_modes, count, first, last in rows:
        unpriced = Unpriced(service, brand, model, tuple(key_modes or ()), count, first, last)
        one = found.setdefault(unpriced.name, unpriced)
        if one is not unpriced:
            found[unpriced.name] = replace(
                one,
                key_modes=tuple(sorted({*one.key_modes, *unpriced.key_modes})),
                rows=one.rows + count,
                first_used=min(one.first_used, first),
                last_used=max(one.last_used, last),
            )
    return sorted(found.values(), key=lambda name: (-name.rows, name.name))


def _with_risk(names: list[Unpriced], risks: list[AtRisk]) -> list[Unpriced]:
    """Return the names, each with the credits at risk over all dates that show it in quarantine."""
    least: dict[Name, list[Decimal]] = {}
    most: dict[Name, list[Decimal]] = {}
    for risk in risks:
        if risk.reason == "no_rate" and risk.least_credits is not None:
            service = contract.BILLING_TYPES[risk.billing_type]
            name = (service, fold(risk.brand), fold(risk.model))
            least.setdefault(name, []).append(risk.least_credits)
            most.setdefault(name, []).append(risk.most_credits or risk.least_credits)
    return [
        replace(
            name,
            least_credits=exact_sum(least[name.name]),
            most_credits=exact_sum(most[name.name]),
        )
        if name.name in least
        else name
        for name in names
    ]
