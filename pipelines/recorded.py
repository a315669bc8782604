"""What Dagster records of each usage date: its data version, and what it was made from.

Dagster gives all dates of a run one data version, so steps record each date themselves. What the
digests cover is decided in `pricing_assets`.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Final

import dagster as dg

from pipelines.names import Names
from pricing_assets.contract.outcomes import RULES_VERSION
from pricing_assets.flow import Run
from pricing_assets.home.entries import LEDGER
from pricing_assets.ledger import stored
from pricing_assets.report.staleness import SourceDigests

DATA_VERSION: Final = "dagster/data_version"
CODE_VERSION: Final = str(RULES_VERSION)
"""Dagster's code version of `usage`: another one makes every date stale, as it does in creditmill."""
PARENTS: Final = {
    "intake": (),
    "rates": (),
    "usage": ("intake", "rates"),
    "charges": ("usage", "rates"),
    "checks": ("charges",),
    "report": ("checks",),
    "ledger": ("report",),
}
_IS_RECORDED: Final = "__source_asset_observation__"
"""In the metadata of an output: the step recorded its events itself (Dagster 1.13, and only there)."""


@dataclass
class RunRecord:
    """The events of one step of a run, date by date."""

    names: Names
    instance: dg.DagsterInstance
    run: Run

    @cached_property
    def sources(self) -> dict[date, SourceDigests]:
        """Digests of logs and prices of each date of the home; none where nobody keeps them."""
        return {} if self.instance.is_ephemeral else self.run.source_digests()

    def stored(
        self, asset: str, metadata: Mapping[date, Mapping[str, Any]]
    ) -> Iterator[dg.AssetMaterialization]:
        """Yield one event per date that was stored, in order."""
        made_from = self.made_from(asset)
        for day, shown in metadata.items():
            yield self.event(asset, day, shown, made_from)

    def changed_inputs(self) -> Iterator[dg.AssetMaterialization]:
        """Yield the dates whose logs or prices are others than Dagster knows: just these become
        stale there."""
        for asset in ("intake", "rates") if self.sources else ():
            known = self.known(asset)
            for day in self.sources:
                if known.get(day.isoformat()) != self._version(asset, day):
                    yield self.event(asset, day, {}, {})

    def known(self, asset: str) -> dict[str, str]:
        """Return the data version of each date (in ISO format) that Dagster knows."""
        found = self.instance.event_log_storage.get_latest_tags_by_partition(
            self.names.key(asset), dg.DagsterEventType.ASSET_MATERIALIZATION, [DATA_VERSION]
        )
        return {day: tags[DATA_VERSION] for day, tags in found.items()}

    def made_from(self, asset: str) -> dict[str, str]:
        """Return the tag that says up to which event an asset's parents are part of it."""
        storage = self.instance.event_log_storage
        newest = None if self.instance.is_ephemeral else storage.get_maximum_record_id()
        return {
            f"dagster/input_event_pointer/{self.names.key(parent).to_user_string()}": str(newest)
            for parent in PARENTS[asset]
            if newest
        }

    def event(
        self,
        asset: str,
        day: date,
        metadata: Mapping[str, Any],
        made_from: Mapping[str, str],
    ) -> dg.AssetMaterialization:
        """Return the event of one stored date."""
        parents = {
            f"dagster/input_data_version/{self.names.key(parent).to_user_string()}": version
            for parent in PARENTS[asset]
            if (version := self._version(parent, day)) is not None
        }
        tags = {"dagster/code_version": CODE_VERSION, **parents, **made_from}
        version = self._version(asset, day)
        if version is not None:
            tags |= {DATA_VERSION: version, "dagster/data_version_is_user_provided": "true"}
        return dg.AssetMaterialization(
            self.names.key(asset), partition=day.isoformat(), metadata=metadata, tags=tags
        )

    def _version(self, asset: str, day: date) -> str | None:
        """Return the data version of a date: a digest of what is stored of it now."""
        if asset in ("intake", "rates"):
            found = self.sources.get(day)
            if found is None:
                return None
            return found.logs if asset == "intake" else found.rates
        if asset == "ledger":
            balances = stored.current(self.run.home, LEDGER, day)
            return None if balances is None else str(balances.manifest["digest"])
        reported = self.run.home.reported(day)
        if reported is None:
            return None
        if asset == "report":
            return reported.manifest.output_digest
        if asset == "checks":
            found_by = sorted(reported.manifest.checks.items())
            return hashlib.sha256(repr(found_by).encode()).hexdigest()
        return reported.manifest.outputs[f"{asset}.parquet"].sha256


def done(key: dg.AssetKey) -> dg.MaterializeResult[None]:
    """Return the output that steps after this one wait for; its events are recorded already."""
    return dg.MaterializeResult(asset_key=key, metadata={_IS_RECORDED: True})
