"""As known at: published charges by groups, or what the prices known at an instant make of usage.

Reads the lines and charges of versions in force, never a log or an event. Publishes nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from pricing_assets.analysis.what_if import key_columns, uncut
from pricing_assets.charges.pricing import rate_lines
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.common.instants import parse_instant
from pricing_assets.contract import tables
from pricing_assets.db import connection as duck
from pricing_assets.db.io import write_table
from pricing_assets.db.relations import load_stored
from pricing_assets.home import Home, Version
from pricing_assets.home.settings import HomeSettings
from pricing_assets.home.targets import require_out
from pricing_assets.rates import Rates
from pricing_assets.rates.book import Learned
from pricing_assets.rates.relations import load_contract, load_prices
from pricing_assets.usage.stored_lines import load_lines


def learned(home: Home) -> Learned:
    """Return what the home's reports came to know late: in a version, but not in the one before
    it."""
    aliases: dict[tuple[str, ...], datetime] = {}
    agreements: dict[str, datetime] = {}
    for day in home.dates():
        for before, after in pairwise(version.manifest for version in home.versions(day)):
            at = parse_instant(after.published_at)
            for line in after.aliases:
                if line not in before.aliases:
                    aliases[line] = min(at, aliases.get(line, at))
            held = {deal.id for deal in before.agreements}
            for deal in after.agreements:
                if deal.id not in held:
                    agreements[deal.id] = min(at, agreements.get(deal.id, at))
    return Learned(aliases, agreements)


def charges_as_of(
    home: Home,
    settings: HomeSettings,
    versions: Mapping[date, Version],
    rates: Rates | None,
    by: Sequence[str],
    out: Path | None = None,
) -> tuple[list[tuple[Any, ...]], int]:
    """Return charges of the dates by groups (keys, events of no price excluded, credits, usd), as
    published or under the given prices, and how many events these leave without a price.

    `out` receives the charges themselves, as CSV or Parquet.
    ConfigurationError where prices change inside lines as they are stored.
    """
    columns = key_columns(by, settings.dimensions)
    if not versions:
        return [], 0
    folders = [version.folder for version in versions.values()]
    within = [*folders, *([out.parent] if out else [])]
    with duck.connection(within=within) as con:
        load_contract(con)
        unpriced = 0
        if rates is None:
            load_stored(con, "charges", folders, settings.dimensions, "charges")
        else:
            missing = uncut(rates, versions, settings.timezone)
            if missing:
                raise ConfigurationError(
                    f"bring {', '.join(missing[:5])} up to date first: prices change inside"
                )
            load_lines(con, folders, settings.dimensions)
            load_prices(con, rates)
            rate_lines(con)
            found = con.sql(
                "select coalesce(sum(events), 0) from rated_lines where reason is not null"
            ).fetchall()
            unpriced = int(found[0][0])
        if out is not None:
            require_out(home, out)
            table = tables.stored("charges", settings.dimensions)
            write_table(con, table, "charges", out, settings.dimensions)
        keys = ", ".join(columns)
        rows = con.sql(
            f"select {keys}, sum(credits), sum(usd) from charges group by {keys}"
            f" order by sum(credits) desc, {keys}"
        ).fetchall()
    return rows, unpriced
