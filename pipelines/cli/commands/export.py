"""`creditmill export`: what is published, as files for finance, or as a database."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pipelines.cli import output
from pipelines.cli.options import HomeOption, Json, named_home, settings_of
from pipelines.settings import Settings
from pricing_assets.analysis import quarantined
from pricing_assets.catalog import export as catalog_copy
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.common.periods import Period, period_of
from pricing_assets.finance import export as finance
from pricing_assets.finance.cents import dollars
from pricing_assets.home import presence


def command(
    *periods: str,
    to: Annotated[Path | None, Parameter(help="The folder to hand periods on in.")] = None,
    excel: Annotated[
        bool,
        Parameter(negative="", help="CSV for Excel, too, in which no text can run as a formula."),
    ] = False,
    duckdb: Annotated[
        Path | None,
        Parameter(help="Instead: a new database file that holds all rows itself, no views."),
    ] = None,
    home: HomeOption = None,
    json: Json = False,
) -> int:
    """Write what is published as files: months, dates, or a whole database.

    For example:
        creditmill export 2026-02 --to out
        creditmill export --duckdb february.duckdb

    The first writes out/2026-02/0001: daily usage, charges and corrections,
    FOCUS 1.2, a statement per organization, revenue.csv (deferred revenue from
    opening to closing, where grants are named), and last manifest.json, which
    says that all files are there. The same command writes a new revision only
    where something changed.

    Parameters
    ----------
    periods
        Months like 2026-02, or dates like 2026-02-03.
    """
    return export(settings_of(home=home), periods, to, excel=excel, database=duckdb, as_json=json)


def export(
    settings: Settings,
    periods: Sequence[str],
    to: Path | None,
    *,
    excel: bool,
    database: Path | None,
    as_json: bool,
) -> int:
    """Export periods, or the whole database; ConfigurationError where neither or both are named."""
    if database is not None and not (periods or to or excel):
        return export_database(settings, database, as_json=as_json)
    if database is not None or to is None or not periods:
        raise ConfigurationError(
            "say what to export: periods with --to DIR, like `creditmill export 2026-02 --to out`,"
            " or a whole database with --duckdb FILE"
        )
    return export_periods(settings, periods, to, excel=excel, as_json=as_json)


def export_periods(
    settings: Settings, periods: Sequence[str], to: Path, *, excel: bool, as_json: bool
) -> int:
    """Write one folder per period and revision."""
    home = named_home(settings).require()
    presence.require_whole(home)
    wanted = [period_of(text) for text in dict.fromkeys(periods)]
    revisions = [
        finance.export(
            home, period, to, settings.limits(), provider=settings.provider_name, excel=excel
        )
        for period in wanted
    ]
    if as_json:
        output.print_json(
            {
                "exports": [
                    {"folder": one.folder, "new": one.is_new, **one.manifest} for one in revisions
                ]
            }
        )
        return 0
    columns = ("Period", "Revision", "State", "Credits", "USD", "Files", "Quarantined", "Why")
    rows = [
        (
            *(one.manifest["period"], one.manifest["revision"], one.manifest["state"]),
            output.number(Decimal(one.manifest["totals"]["all"]["credits"])),
            output.number(Decimal(one.manifest["totals"]["all"]["usd_rounded"])),
            len(one.manifest["files"]),
            output.number(one.manifest["rows"]["quarantined"]),
            one.manifest["reason"] if one.is_new else "unchanged",
        )
        for one in revisions
    ]
    right = ("Revision", "Credits", "USD", "Files", "Quarantined")
    output.OUT.print(output.table(columns, rows, right=right))
    for one in revisions:
        output.OUT.print(output.harmless(str(one.folder)))
        if one.manifest["ledger"] is not None:
            output.OUT.print(_rolled_forward(one.manifest["ledger"]["revenue"]))
    held = quarantined.of_home(home, home.all_receipts())
    for period, one in zip(wanted, revisions, strict=True):
        _say_quarantined(period, one, held)
    return 0


def _rolled_forward(revenue: Mapping[str, str]) -> str:
    """Return the roll-forward of deferred revenue as a line, in dollars and cents that add up."""
    usd = {
        name: f"{dollars(int(revenue[f'{name}_cents'])):,.2f}"
        for name in ("opening", "sold", "usage", "breakage", "refunded", "closing")
    }
    return (
        f"Deferred revenue in USD: {usd['opening']} + sold {usd['sold']} - usage {usd['usage']}"
        f" - breakage {usd['breakage']} - refunded {usd['refunded']} = {usd['closing']}"
    )


def _say_quarantined(
    period: Period, revision: finance.Revision, held: quarantined.Quarantined
) -> None:
    """Show how many quarantined rows an export counts, beside all that are in quarantine."""
    exported = revision.manifest["rows"]["quarantined"]
    now = sum(rows for day, rows in held.by_date.items() if day in period)
    if exported != now:
        output.warn(
            f"{period.name}: {output.counted(exported, 'quarantined row')} in the exported versions, {now:,}"
            " today: a date is blocked, or was corrected since"
        )
    if held.rows != now:
        output.say(f"{held.sentence()}; {now:,} of them are of {period.name}")


def export_database(settings: Settings, target: Path, *, as_json: bool) -> int:
    """Write a copy of `credits.duckdb` that holds all rows itself."""
    home = named_home(settings).require()
    presence.require_whole(home)
    rows = catalog_copy.export(home, target, settings.limits())
    if as_json:
        output.print_json({"file": str(target), "tables": rows})
        return 0
    shown = [(name, output.number(count)) for name, count in rows.items()]
    output.OUT.print(output.table(("Table", "Rows"), shown, right=("Rows",)))
    output.OUT.print(output.harmless(f"{target}: {target.stat().st_size:,} bytes, self-contained."))
    return 0
