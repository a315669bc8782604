"""What an alias line would charge: the credits that its usage adds, exactly as a run would.

Reads stored lines and books; publishes nothing. Which aliases are offered belongs to `unpriced`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from pricing_assets.charges.pricing import rate_lines
from pricing_assets.common.decimals import EXACT
from pricing_assets.contract.names import fold
from pricing_assets.db import connection as duck
from pricing_assets.db.relations import register
from pricing_assets.home import Home, WholeDate
from pricing_assets.home.settings import HomeSettings
from pricing_assets.rates import Rates
from pricing_assets.rates.aliases import Alias
from pricing_assets.rates.rates_csv import Name
from pricing_assets.rates.relations import load_contract, load_prices
from pricing_assets.usage.stored_lines import load_lines

if TYPE_CHECKING:
    import duckdb


def charges_of(
    home: Home,
    terms: HomeSettings,
    rates: Rates,
    versions: Mapping[date, WholeDate],
    aliases: Mapping[Alias, str],
) -> dict[Alias, dict[str, Decimal]]:
    """Return, for each alias that prices a row, the credits per organization that it, added alone
    to the book it is mapped to, would add to the charges of the versions.

    The lines that it prices are rated together with those of the printed name, since both become one
    charge, which is rounded once.
    """
    books = tuple(
        replace(
            book,
            aliases=(
                *book.aliases,
                *(alias for alias, path in aliases.items() if path == str(book.path)),
            ),
        )
        for book in rates.books
    )
    folders = [version.folder for version in versions.values()]
    with duck.connection(within=folders) as con:
        load_contract(con)
        load_lines(con, folders, terms.dimensions)
        con.execute("alter view lines rename to all_lines")
        load_prices(con, Rates(books))
        spelled = _spelled(con)
        names = {alias: alias.name for book in rates.books for alias in book.aliases}
        charges = {}
        for alias in aliases:
            printed = {alias.target} | {
                name for known, name in names.items() if known.target == alias.target
            }
            alone = _credits(con, _logged(spelled, {alias.name}))
            before = _credits(con, _logged(spelled, printed))
            after = _credits(con, _logged(spelled, printed | {alias.name}))
            if alone:
                charges[alias] = {
                    org_id: EXACT.subtract(after[org_id], before.get(org_id, Decimal(0)))
                    for org_id in alone
                }
        return charges


def _spelled(con: "duckdb.DuckDBPyConnection") -> dict[Name, list[tuple[str, str, str]]]:
    """Return every name of the lines as it is compared, and its spellings."""
    found: dict[Name, list[tuple[str, str, str]]] = {}
    rows = con.sql("select distinct service, line_brand, line_model from all_lines").fetchall()
    for service, brand, model in rows:
        name = service, fold(brand), fold(model)
        found.setdefault(name, []).append((service, brand, model))
    return found


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
