"""What lines of names would charge: the credits that their usage adds, exactly as a run would.

Reads stored lines and books; publishes nothing. Which lines are offered belongs to `rates.lookup`.
"""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from pricing_assets.charges.pricing import rate_lines
from pricing_assets.common.decimals import EXACT
from pricing_assets.contract.billing import BILLING_TYPES
from pricing_assets.db import connection as duck
from pricing_assets.db.relations import register
from pricing_assets.home import Home, WholeDate
from pricing_assets.home.settings import HomeSettings
from pricing_assets.rates import Rates
from pricing_assets.rates.offers import Proposal, with_lines
from pricing_assets.rates.rates_csv import Name, name_of
from pricing_assets.rates.relations import load_contract, load_name_lines, load_prices
from pricing_assets.usage.stored_lines import load_lines

if TYPE_CHECKING:
    import duckdb


def charges_of(
    home: Home,
    settings: HomeSettings,
    rates: Rates,
    versions: Mapping[date, WholeDate],
    proposals: Iterable[Proposal],
) -> dict[Proposal, dict[str, Decimal]]:
    """Return, for each proposal that prices a row, the credits per organization that it, added
    alone to its book, would add to the charges of the versions.

    The lines that it prices are rated together with those of the printed name, since both become one
    charge, which is rounded once.
    """
    folders = [version.folder for version in versions.values()]
    with duck.connection(within=folders) as con:
        load_contract(con)
        load_lines(con, folders, settings.dimensions)
        con.execute("alter view lines rename to all_lines")
        spelled = _spelled(con)
        load_prices(con, rates)
        charges = {}
        for group in _groups(proposals, {name: _meanings(rates, name) for name in spelled}):
            load_name_lines(con, rates)
            before = _credits(con, _logged(spelled, group.printed))
            load_name_lines(con, _with(rates, group.proposals))
            names = {proposal.name for proposal in group.proposals}
            alone = _credits(con, _logged(spelled, names))
            together = _logged(spelled, names | group.printed)
            after = _credits(con, together) if group.printed else alone
            for proposal in group.proposals:
                of = proposal.target if group.is_shared else None
                were, are = _of_target(before, of), _of_target(after, of)
                added = {
                    org_id: EXACT.subtract(are[org_id], were.get(org_id, Decimal(0)))
                    for org_id in _of_target(alone, of)
                }
                if added:
                    charges[proposal] = added
        return charges


_Credits = Mapping[tuple[Name, str], Decimal]
"""Credits per printed name and organization."""


@dataclass
class _Group:
    """Proposals that are charged together, since none of them touches a charge or a name of another;
    `printed` are the logged names whose charges theirs become part of, by what the books say now."""

    is_shared: bool
    proposals: list[Proposal] = field(default_factory=list)
    printed: set[Name] = field(default_factory=set)
    touched: set[Name] = field(default_factory=set)


def _groups(proposals: Iterable[Proposal], meanings: Mapping[Name, Set[Name]]) -> Iterator[_Group]:
    """Yield the proposals, as many together as may be: one whose line is of one name alone, which has no
    price without it, and which shares neither name nor printed name with the others."""
    standing: dict[Name, set[Name]] = {}
    for name, meant in meanings.items():
        for target in meant:
            standing.setdefault(target, set()).add(name)
    groups: list[_Group] = []
    for proposal in proposals:
        printed = standing.get(proposal.target, set()) - {proposal.name}
        touched = {proposal.name, proposal.target} | printed
        alias = proposal.alias
        is_of_one = proposal.brand is None and alias is not None and alias.name == proposal.name
        if not is_of_one or meanings.get(proposal.name):
            yield _Group(is_shared=False, proposals=[proposal], printed=printed)
            continue
        group = next((one for one in groups if one.touched.isdisjoint(touched)), None)
        if group is None:
            group = _Group(is_shared=True)
            groups.append(group)
        group.proposals.append(proposal)
        group.printed |= printed
        group.touched |= touched
    yield from groups


def _of_target(of_all: _Credits, target: Name | None) -> dict[str, Decimal]:
    """Return credits per organization, of one printed name or (None) of all."""
    found: dict[str, Decimal] = {}
    for (name, org_id), value in of_all.items():
        if target is None or name == target:
            found[org_id] = EXACT.add(found.get(org_id, Decimal(0)), value)
    return found


def _with(rates: Rates, proposals: Iterable[Proposal]) -> Rates:
    """Return the books with the lines of proposals."""
    books = {str(book.path): book for book in rates.books}
    for proposal in proposals:
        books[proposal.book] = with_lines(books[proposal.book], proposal)
    return Rates(tuple(books[str(book.path)] for book in rates.books))


def _meanings(rates: Rates, name: Name) -> set[Name]:
    """Return every printed name that a logged one stands for by some card."""
    return {
        meant
        for book in rates.books
        for card in book.cards
        for meant in book.naming.ever(name, card.printed)
    }


def _spelled(con: "duckdb.DuckDBPyConnection") -> dict[Name, list[tuple[str, str, str]]]:
    """Return every name of the lines as it is compared, and its spellings."""
    spellings: dict[Name, list[tuple[str, str, str]]] = {}
    rows = con.sql("select distinct service, line_brand, line_model from all_lines").fetchall()
    for service, brand, model in rows:
        spellings.setdefault(name_of(service, brand, model), []).append((service, brand, model))
    return spellings


def _logged(
    spelled: Mapping[Name, list[tuple[str, str, str]]], names: Iterable[Name]
) -> list[tuple[str, str, str]]:
    return [one for name in sorted(names) for one in spelled.get(name, [])]


def _credits(con: "duckdb.DuckDBPyConnection", logged: list[tuple[str, str, str]]) -> _Credits:
    """Return credits per printed name and organization of the lines of these logged names that have a
    price."""
    if not logged:
        return {}
    import polars as pl

    schema = dict.fromkeys(("service", "line_brand", "line_model"), pl.String)
    register(con, "wanted", pl.DataFrame(logged, schema=schema, orient="row"))
    con.execute(
        "create or replace temp table lines as select all_lines.* from all_lines"
        " semi join wanted using (service, line_brand, line_model)"
    )
    rate_lines(con)
    query = "select billing_type, brand, model, org_id, sum(credits) from charges group by all"
    found: dict[tuple[Name, str], Decimal] = {}
    for billing_type, brand, model, org_id, credits in con.sql(query).fetchall():
        key = name_of(BILLING_TYPES[billing_type], brand, model), org_id
        found[key] = EXACT.add(found.get(key, Decimal(0)), credits)
    return found
