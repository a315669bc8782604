"""`creditmill grants check`: the folder of grants, voids and plans, and what the linter finds in it."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pipelines.cli import grants_view
from pipelines.cli.options import Json, named_home, settings_of
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.lint import agreements, grants


def command(
    folder: Path | None = None,
    /,
    *,
    home: Annotated[
        Path | None,
        Parameter(help="Name grants for organizations that no usage of this home names, too."),
    ] = None,
    json: Json = False,
) -> int:
    """Check grants.csv, voids.csv and plans.csv. Exit 1 on errors.

    For example:
        creditmill grants check credits

    Each finding names file, line and rule.

    Parameters
    ----------
    folder
        The folder of grants. [default: the setting `credits`]
    """
    settings = settings_of(home=home)
    looked_at = folder or settings.credits
    if looked_at is None:
        raise ConfigurationError(
            'name the folder of grants, or set it in creditmill.toml: credits = "credits"'
        )
    org_ids = set() if home is None else agreements.organizations(named_home(settings).require())
    return grants_view.show(looked_at, grants.check(looked_at, org_ids), as_json=json)
