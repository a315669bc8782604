"""Compare what `credits.duckdb` says of versions, closings and totals with the folders.

A version or an act that was removed as a whole, or put in another's place, is found here; comparing
bytes with manifests belongs to `files`.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Union

from pricing_assets.common.decimals import exact_sum
from pricing_assets.common.errors import CreditmillError, DamagedFile
from pricing_assets.common.instants import parse_instant
from pricing_assets.common.os_reasons import reason_of
from pricing_assets.db import connection as duck
from pricing_assets.db.io import HOME_VARIABLE, text_literal
from pricing_assets.home import Home, closings, manifest_json, manifests
from pricing_assets.home.manifests import Report
from pricing_assets.verify.difference import Difference

if TYPE_CHECKING:
    import duckdb

Catalog = Union["duckdb.DuckDBPyConnection", Difference]
"""`credits.duckdb`, opened once for all that is asked of it; or why it cannot be."""


@contextmanager
def opened(home: Home) -> Iterator[Catalog]:
    """Open `credits.duckdb` read-only, or yield what is wrong with it."""
    import duckdb

    with ExitStack() as stack:
        catalog: Catalog
        try:
            catalog = stack.enter_context(duck.open_catalog(home.catalog, home.path))
        except (duckdb.Error, DamagedFile) as error:
            catalog = _unreadable(home, error)
        yield catalog


def _unreadable(home: Home, error: Exception) -> Difference:
    return Difference(str(home.catalog), f"cannot be read: {str(error).splitlines()[0]}")


def records_agree(home: Home, days: Sequence[date], catalog: Catalog) -> Iterator[Difference]:
    """Yield what differs between the versions of the dates that `credits.duckdb` knows and those
    that are there: one that was removed as a whole, or put in another's place with its link."""
    import duckdb

    if isinstance(catalog, Difference):
        yield catalog
        return
    try:
        known = catalog.execute(
            "select usage_date, version, output_digest from reports"
            " where version is not null and list_contains($days, usage_date) order by all",
            {"days": list(days)},
        ).fetchall()
    except duckdb.Error as error:
        yield _unreadable(home, error)
        return
    for day, number, digest in known:
        folder = home.date_folder(day) / f"{number:04d}"
        try:
            held = manifest_json.read(folder / manifests.FILE_NAME)
        except (OSError, DamagedFile):
            yield Difference(str(folder), "is missing or damaged; credits.duckdb names it")
            continue
        if not isinstance(held, Report) or held.output_digest != digest:
            yield Difference(str(folder), "was replaced: credits.duckdb knows other bytes of it")


def settings_agree(home: Home) -> Iterator[Difference]:
    """Compare `home.toml` with what the reports were made with."""
    try:
        home.settings()
    except CreditmillError as error:
        file = str(home.settings_file)
        yield Difference(file, str(error).removeprefix(file).lstrip(": "))


def totals_agree(home: Home, catalog: Catalog) -> Iterator[Difference]:
    """Compare `credits.duckdb` with the manifests of the versions in force."""
    import duckdb

    reported = exact_sum(
        current.manifest.totals.credits
        for current in (home.current(day) for day in home.dates())
        if current is not None
    )
    if isinstance(catalog, Difference):
        yield catalog
        return
    shown = {}
    try:
        for table in ("charges", "daily_usage"):
            row = catalog.execute(f"select coalesce(sum(credits), 0) from {table}").fetchone()
            shown[table] = Decimal(row[0]) if row else Decimal(0)
    except duckdb.Error as error:
        yield _unreadable(home, error)
    for table, credits in shown.items():
        if credits != reported:
            yield Difference(
                str(home.catalog), f"{table} shows {credits} credits, the manifests {reported}"
            )


def made_elsewhere(home: Home, catalog: Catalog) -> Iterator[str]:
    """Say so where the views of `credits.duckdb` look for the versions elsewhere by default."""
    if isinstance(catalog, Difference):
        return  # `records_agree` names it
    found = catalog.execute(
        "select sql from duckdb_views() where database_name = 'catalog' limit 1"
    ).fetchone()
    if found is not None and text_literal(str(home.path)) not in found[0]:
        yield (
            f"{home.catalog} was made where the home lay before: a DuckDB shell needs"
            f" `set variable {HOME_VARIABLE} = {text_literal(str(home.path))}`, until"
            " `creditmill refresh` makes this place the default"
        )


def closings_agree(home: Home, catalog: Catalog) -> Iterator[Difference]:
    """Yield what differs among the acts of closing and reopening, and between them and those that
    `credits.duckdb` knows, the last one too."""
    import duckdb

    try:
        held = [
            (act.number, act.act, act.day, act.closed_through, act.who, _utc(act.at), act.reason)
            for act in closings.acts(home)
        ]
    except (CreditmillError, OSError, ValueError, KeyError, TypeError) as error:
        yield Difference(
            str(home.closings), f"the record of closings cannot be read: {reason_of(error)}"
        )
        return
    if isinstance(catalog, Difference):
        return  # `records_agree` names it
    try:
        known = catalog.execute(
            "select closing, act, act_date, closed_through, closed_by, closed_at, reason"
            " from closings order by closing"
        ).fetchall()
    except duckdb.Error:
        return  # `records_agree` names it
    if known != held:
        yield Difference(str(home.closings), "these are not the acts that credits.duckdb knows")


def _utc(text: str) -> datetime:
    return parse_instant(text).replace(tzinfo=None)
