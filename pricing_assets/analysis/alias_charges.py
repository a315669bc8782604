"""What lines of names would charge: the credits that their usage adds, exactly as a run would.

Reads stored lines and books; publishes nothing. Which lines are offered belongs to `rates.lookup`.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from pricing_assets.charges.pricing import rate_lines
from pricing_assets.common.decimals import EXACT
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
        for proposal in proposals:
            printed = {name for name in spelled if proposal.target in _meanings(rates, name)}
            printed -= {proposal.name}
            load_name_lines(con, rates)
            before = _credits(con, _logged(spelled, printed))
            load_name_lines(con, _with(rates, proposal))
            alone = _credits(con, _logged(spelled, {proposal.name}))
            after = _credits(con, _logged(spelled, printed | {proposal.name}))
            if alone:
                charges[proposal] = {
                    org_id: EXACT.subtract(after[org_id], before.get(org_id, Decimal(0)))
                    for org_id in alone
                }
        return charges


def _with(rates: Rates, proposal: Proposal) -> Rates:
    """Return the books with the lines of a proposal."""
    return Rates(
        tuple(
            book if str(book.path) != proposal.book else with_lines(book, proposal)
            for book in rates.books
        )
    )


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


def _credits(
    con: "duckdb.DuckDBPyConnection", logged: list[tuple[str, str, str]]
) -> dict[str, Decimal]:
    """Return credits per organization of the lines of these logged names that have a price."""
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
    return dict(con.sql("select org_id, sum(credits) from charges group by org_id").fetchall())
