"""`creditmill prune`: superseded files, found and removed."""

from typing import Annotated

from cyclopts import Parameter

from pipelines.cli import output
from pipelines.cli.options import HomeOption, Json, named_home, settings_of
from pipelines.settings import Settings
from pricing_assets.home import derived, holding, prune
from pricing_assets.usage.units import Units


def command(
    *,
    versions: Annotated[
        bool,
        Parameter(negative="", help="Superseded versions, too; their manifests stay."),
    ] = False,
    grace_days: Annotated[
        int | None,
        Parameter(help="Keep versions superseded less than this many days ago. [default: 7]"),
    ] = None,
    yes: Annotated[
        bool, Parameter(negative="", help="Do it; else only say what it frees.")
    ] = False,
    home: HomeOption = None,
    json: Json = False,
) -> int:
    """Show which superseded files can be removed; with --yes remove them.

    For example:
        creditmill prune
        creditmill prune --versions --yes

    These are older credits.duckdb files, sums and mapped rows of logs that no
    run would use, and with --versions the files of superseded versions of
    reports and balances. Never removed: a version in force, versions of a date
    that was ever closed, logs, receipts.
    """
    return show_prune(
        settings_of(home=home, grace_days=grace_days), versions=versions, yes=yes, as_json=json
    )


def show_prune(settings: Settings, *, versions: bool, yes: bool, as_json: bool) -> int:
    """Show what can be removed and what that frees; with `yes`, remove it."""
    home = named_home(settings).require()
    home.settings()  # of another format it is left alone
    with home.lock() if yes else holding.to_look(home):
        found = prune.prunable(home, versions=versions, grace_days=settings.grace_days)
        units = Units(home.rollups)
        logs = home.received() - home.journal.named.withdrawn
        found += [
            prune.one_file("rollup", path) for path in units.strays(without=units.superseded(logs))
        ]
        found += [prune.one_file("mapped", path) for path in derived.superseded(home)]
        freed = sum(one.bytes for one in found)
        if as_json:
            output.print_json(
                {
                    "pruned": yes,
                    "bytes": freed,
                    "prunable": [
                        {"what": one.what, "path": str(one.path), "bytes": one.bytes}
                        for one in found
                    ],
                }
            )
        elif not found:
            output.OUT.print("Nothing to prune.")
        else:
            rows = [
                (
                    one.what,
                    one.path.relative_to(home.path),
                    len(one.files),
                    output.number(one.bytes),
                )
                for one in found
            ]
            columns = ("What", "Path", "Files", "Bytes")
            output.OUT.print(output.table(columns, rows, right=columns[2:]))
            output.OUT.print(f"{len(found):,} to prune, {output.counted(freed, 'byte')} to free.")
        if yes:
            units.forget(units.superseded(logs), home.scratch)
            prune.prune(home, found)
    if as_json or not found:
        return 0
    if yes:
        output.OUT.print(f"Pruned: {output.counted(freed, 'byte')} freed.")
    else:
        output.say("Nothing is pruned yet; add [bold]--yes[/] to do it.")
    return 0
