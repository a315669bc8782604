"""What the assets, jobs and sensors of one home are called where several share an instance of Dagster."""

import re
from dataclasses import dataclass

import dagster as dg

from pricing_assets.common.errors import ConfigurationError

PUBLISHED = ("usage", "charges", "checks", "report")
"""Assets that one step stores together: none of them is stored without the others."""
ASSETS = ("intake", "rates", *PUBLISHED, "ledger")


@dataclass(frozen=True)
class Names:
    """The prefix of everything that belongs to a home, the group and the owners of its assets.

    ConfigurationError where Dagster would not take the prefix.
    """

    prefix: str = ""
    group: str = "creditmill"
    owners: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for what, name in (("prefix", self.prefix or "_"), ("group", self.group)):
            if not re.fullmatch(r"[A-Za-z0-9_]+", name):
                raise ConfigurationError(
                    f"definitions: {what} {name!r} is not a name for Dagster; use letters, digits"
                    " and _ only"
                )

    def key(self, asset: str) -> dg.AssetKey:
        """Return the key of an asset, like `report` or `eu/report`."""
        return dg.AssetKey([self.prefix, asset] if self.prefix else [asset])

    def of(self, name: str) -> str:
        """Return the name of a step, job, sensor or resource, like `daily` or `eu_daily`."""
        return f"{self.prefix}_{name}" if self.prefix else name

    @property
    def keys(self) -> list[dg.AssetKey]:
        """The keys of the seven assets, in flow order."""
        return [self.key(asset) for asset in ASSETS]
