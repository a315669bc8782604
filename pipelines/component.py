"""One home as a component of `dg`: its attributes in a `defs.yaml` in place of Python.

What it makes is in `definitions`.
"""

from typing import Any

import dagster as dg
from pydantic import Field

from pipelines.definitions import definitions


class CreditmillComponent(dg.Component, dg.Model, dg.Resolvable):
    """A home of creditmill: seven assets from usage logs to reports and balances, with checks, a job,
    a schedule and a sensor."""

    home: str = Field(description="the folder of the home")
    logs: str | None = Field(default=None, description="the folder whose logs are ingested")
    prefix: str = Field(default="", description="what comes before every name; one for each home")
    group: str = Field(default="creditmill", description="the group of its assets")
    owners: list[str] = Field(default_factory=list, description="addresses, or team:NAME")
    settings: dict[str, Any] = Field(
        default_factory=dict, description="settings of creditmill.toml by name"
    )

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """Return the definitions of the home; a relative folder is one of the project."""
        root = context.project_root
        return definitions(
            root / self.home,
            None if self.logs is None else root / self.logs,
            prefix=self.prefix,
            group=self.group,
            owners=self.owners,
            **self.settings,
        )
