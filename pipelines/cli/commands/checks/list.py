"""`creditmill checks list`: the rules that a home's dates are checked by."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pipelines.cli import output
from pipelines.cli.options import HomeOption, Json, named_home, settings_of
from pipelines.settings import Settings
from pricing_assets.checks import own_rules, suite
from pricing_assets.home import HomeSettings
from pricing_assets.home.check_rule import BLOCKS


def command(
    *,
    checks: Annotated[Path | None, Parameter(help="The folder of your own rules.")] = None,
    home: HomeOption = None,
    json: Json = False,
) -> int:
    """List the rules that dates are checked by, your own ones too.

    For example:
        creditmill checks list --checks checks

    Each with its severity and description. Exit 2 where one of your own cannot
    be run; file and line are named.
    """
    return list_rules(settings_of(home=home, checks=checks), as_json=json)


def list_rules(settings: Settings, *, as_json: bool) -> int:
    """Show every rule; ConfigurationError where one cannot be run."""
    home = named_home(settings)
    held = (
        home.settings()
        if home.exists()
        else HomeSettings(dimensions=settings.dimensions or ("agent_id",))
    )
    folder = settings.requested_settings().checks
    own = own_rules.require(held if folder is None else replace(held, checks=folder))
    rules = [(rule, "creditmill") for rule in suite.rules()]
    rules += [(one.rule, one.place) for one in own]
    if as_json:
        output.print_json(
            {
                "suite": suite.NAME,
                "number": suite.NUMBER,
                "rules": [{**rule._asdict(), "of": place} for rule, place in rules],
            }
        )
        return 0
    rows = [
        (rule.name, "blocks" if rule.severity == BLOCKS else "warns", rule.description, place)
        for rule, place in rules
    ]
    output.OUT.print(output.table(("Rule", "Severity", "Description", "Of"), rows))
    return 0
