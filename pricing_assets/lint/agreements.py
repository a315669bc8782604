"""What the linter finds in agreed prices that are kept only in part, or not at all.

One rule per function, which has its name; a run says the same of its own books. Which agreement
prices a charge is decided in `sql/charges/applicable_agreements.sql`.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any

from pricing_assets.checks.lookalike_ids import taken_for
from pricing_assets.common.text import either
from pricing_assets.contract.billing import PER, SERVICES, printed_meters
from pricing_assets.contract.names import fold
from pricing_assets.db import connection as duck
from pricing_assets.home import Home
from pricing_assets.lint import unnamed
from pricing_assets.rates import Rates, agreement_ties
from pricing_assets.rates.agreements import BEGINNING, FOREVER, Agreement
from pricing_assets.rates.findings import Finding


def look(rates: Rates, agreements: Iterable[Agreement]) -> Iterator[Finding]:
    """Yield every finding about the agreements beside the cards of the books."""
    for agreement in agreements:
        yield from agreement_of_nothing(rates, agreement)
        yield from agreed_above_cap(rates, agreement)


def tied_agreements(rates: Rates, agreements: Iterable[Agreement]) -> Iterator[Finding]:
    """Find agreements that a run refuses beside the cards of another book: what books print of the
    services is not known here."""
    services = {rate.service for _, force in rates.in_force() for rate in force.card.rates}
    return agreement_ties.ties_beside_other_books(agreements, services)


def agreement_of_nothing(rates: Rates, agreement: Agreement) -> Iterator[Finding]:
    """Find an agreement that changes no price while it is valid: its customer pays in full."""
    if any(agreement.is_about(one) for one in rates.priced):
        return
    why = _why_nothing(rates, agreement)
    if why is not None:
        yield _finding(agreement, "agreement_of_nothing", f"matches no price: {why}")


def agreed_above_cap(rates: Rates, agreement: Agreement) -> Iterator[Finding]:
    """Find an agreed price above what an own key may cost at most: the cap is charged."""
    if agreement.price is None or agreement.key_mode == "platform":
        return
    for _, force in rates.in_force():
        cap = force.card.cap(str(agreement.service), str(agreement.meter))
        meets = agreement.valid_from < force.valid_to and force.valid_from < agreement.valid_to
        if cap is not None and agreement.price > cap and meets:
            yield _finding(
                agreement,
                "agreed_above_cap",
                f"sets a price of {agreement.price:f}, but card {force.card.id!r} caps own-key"
                f" prices at {cap:f}: the cap is charged",
            )
            return


def agreement_for_nobody(
    agreements: Iterable[Agreement], org_ids: Collection[str]
) -> Iterator[Finding]:
    """Find an agreement for an organization that no usage names: its id may be misspelt."""
    agreements = list(agreements)
    messages = unnamed.in_words((agreement.org_id for agreement in agreements), org_ids)
    for agreement in agreements:
        if agreement.org_id in messages:
            yield _finding(agreement, "agreement_for_nobody", messages[agreement.org_id])


def blank_around_org_id(agreements: Iterable[Agreement]) -> Iterator[Finding]:
    """Find an organization's id with blanks around it, which few ids have."""
    for agreement in agreements:
        if agreement.org_id != agreement.org_id.strip():
            yield _finding(
                agreement,
                "agreement_for_nobody",
                f"is for {agreement.org_id!r}, with a blank at its beginning or end: ids are"
                " compared exactly",
            )


def doubts(rates: Rates, home: Home, days: Collection[date], at: datetime) -> list[str]:
    """Return what a run over these dates warns of, in words: agreements that are kept in part or
    not at all, of those that hold on one of the dates or are not over at the instant."""
    zone = home.settings().timezone
    held = {id(one) for day in days for one in rates.agreements_on(day, zone)}
    agreements = [one for one in rates.agreements() if id(one) in held or one.valid_to > at]
    if not agreements:
        return []
    findings = list(look(rates, agreements))
    findings += agreement_for_nobody(agreements, organizations(home))
    return [str(finding) for finding in findings]


def organizations(home: Home) -> set[str]:
    """Return every organization that usage names, charged or in quarantine; none where nothing was
    published, or it cannot be read, which `verify` tells."""
    import duckdb

    if not home.catalog.exists():
        return set()
    try:
        with duck.open_catalog(home.catalog, home.path) as con:
            rows = con.execute(
                "select org_id from daily_usage union select org_id from corrections"
                " union select org_id from quarantine where org_id is not null"
            ).fetchall()
    except duckdb.Error:
        return set()
    return {org_id for (org_id,) in rows}


def _why_nothing(rates: Rates, agreement: Agreement) -> str | None:
    """Return what of the agreement keeps it from every price, and what is printed instead; None
    where no card is there to tell."""
    if agreement.service is not None and agreement.meter is not None:
        meters = [meter for meter in SERVICES[agreement.service].meters if meter in PER]
        if not any(agreement.meter in printed_meters(name) for name in meters):
            return f"{agreement.service} has no meter {agreement.meter}; it has {either(meters)}"
    if not rates.priced:
        return None

    def would_match(**changes: Any) -> bool:
        other = replace(agreement, valid_from=BEGINNING, valid_to=FOREVER, **changes)
        return any(other.is_about(one) for one in rates.priced)

    if would_match():
        return "no card with such a price is in force while it holds"
    if would_match(key_mode=None):
        return f"no card prints such a price for the key mode {agreement.key_mode}"
    if would_match(key_mode=None, meter=None):
        return f"no card prints a price of {agreement.meter} for it"
    if would_match(key_mode=None, meter=None, brand=None):
        brands = {fold(brand): brand for brand, _ in _printed(rates, agreement)}
        if like := taken_for([str(agreement.brand)], brands.values()):
            return f"no card prints a price of the brand for it; {either(like.values())}"
        near = get_close_matches(fold(str(agreement.brand)), brands, n=3, cutoff=0)
        return (
            f"no card prints a price of the brand {agreement.brand!r} for it; there are prices of"
            f" {either([repr(brands[one]) for one in near])}"
        )
    if would_match(key_mode=None, meter=None, brand=None, model=None):
        return _why_no_model(rates, agreement)
    return f"no card prints a price of {agreement.service}"


def _why_no_model(rates: Rates, agreement: Agreement) -> str:
    name = fold(str(agreement.model))
    for book in rates.books:
        for alias in book.aliases:
            if alias.name[2] == name and agreement.service in (None, alias.service):
                return f"{agreement.model!r} is an alias; write the printed name, {alias.model!r}"
    models = {fold(model): model for _, model in _printed(rates, replace(agreement, model=None))}
    if like := taken_for([str(agreement.model)], models.values()):
        return f"no card prints a price of the model; {either(like.values())}"
    near = get_close_matches(name, models, n=1, cutoff=0.6)
    hint = f"; nearest printed name: {models[near[0]]!r} (is it the same?)" if near else ""
    return f"no card prints a price of the model {agreement.model!r}{hint}"


def _printed(rates: Rates, agreement: Agreement) -> Iterator[tuple[str, str]]:
    """Return the brands and models, as cards print them, of the agreement's service and model."""
    service, _, model, _, _ = agreement.pattern
    for _, force in rates.in_force():
        for name, printed in force.card.printed.items():
            if service in (None, name[0]) and model in (None, name[2]):
                yield printed


def _finding(agreement: Agreement, rule: str, message: str) -> Finding:
    return Finding(agreement.file, agreement.line, rule, f"agreement {agreement.id!r} {message}")
