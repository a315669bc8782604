"""`creditmill upgrade`: a home of an earlier format, brought to the present one."""

from typing import Annotated

from cyclopts import Parameter

from pipelines.cli import output
from pipelines.cli.options import HomeOption, Json, named_home, settings_of
from pipelines.settings import Settings
from pricing_assets.home import holding
from pricing_assets.repair import upgrade as upgrading


def command(
    *,
    yes: Annotated[bool, Parameter(negative="", help="Do it; else only say what it does.")] = False,
    home: HomeOption = None,
    json: Json = False,
) -> int:
    """Bring a home of an earlier format to the present one; with --yes do it.

    For example:
        creditmill upgrade --home /data/home
        creditmill upgrade --home /data/home --yes

    Without --yes it says what it would do, and how long that takes. Nothing
    that is published changes. When it is interrupted, start it again.
    """
    return show_upgrade(settings_of(home=home), yes=yes, as_json=json)


def show_upgrade(settings: Settings, *, yes: bool, as_json: bool) -> int:
    """Show what brings the home to the present format; with `yes`, do it."""
    home = named_home(settings).require()
    with home.lock() if yes else holding.to_look(home):
        found = upgrading.plan(home, settings.limits())
        is_due = found.before != found.after
        if as_json:
            output.print_json(
                {
                    "home": str(home.path),
                    "format": found.before,
                    "to": found.after,
                    "logs": found.logs,
                    "rows": found.rows,
                    "seconds": round(found.seconds),
                    "upgraded": yes and is_due,
                }
            )
        elif is_due:
            output.OUT.print(
                f"{home.path} has format {found.before}, this creditmill works with format"
                f" {found.after}."
            )
            output.OUT.print(_what(found))
        if yes and is_due:
            upgrading.upgrade(home, settings.limits())
    if as_json:
        return 0
    if not is_due:
        output.OUT.print(f"{home.path} has format {found.after}: nothing to upgrade.")
    elif yes:
        output.OUT.print(f"Upgraded: {home.path} has format {found.after}.")
    else:
        output.say("Nothing is upgraded yet; add [bold]--yes[/] to do it.")
    return 0


def _what(found: upgrading.Upgrade) -> str:
    """Return what an upgrade does, as a sentence."""
    if not found.logs:
        return "To do: home.toml names the format. Nothing that is published changes."
    return (
        f"To do: {output.counted(found.logs, 'log')} with {output.counted(found.rows, 'row')} are"
        f" reduced into HOME/rollups ({_time(found.seconds)}), then home.toml names the format."
        " Nothing that is published changes."
    )


def _time(seconds: float) -> str:
    if seconds < 1:
        return "less than a second"
    if seconds < 120:
        return f"about {output.counted(round(seconds), 'second')}"
    return f"about {output.counted(round(seconds / 60), 'minute')}"
