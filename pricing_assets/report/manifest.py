"""Manifests: describe what is staged, and seal it before the folder gets its name.

When a version is published belongs to `report`, what a booking says of itself to `corrections`.
"""

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pricing_assets.checks import Verdict, results, suite
from pricing_assets.common import files, json_files
from pricing_assets.common.code_version import code_version
from pricing_assets.common.decimals import exact_sum
from pricing_assets.contract import usage_dates, zones
from pricing_assets.contract.billing import TOKEN_CLASSES
from pricing_assets.contract.outcomes import RULES_VERSION
from pricing_assets.home import Home, Inputs, Receipt, Sealed, effects
from pricing_assets.home.entries import JournalEntry, sealed_entry
from pricing_assets.home.manifest_json import record_of
from pricing_assets.home.manifests import (
    CHECKS,
    FILE_NAME,
    OUTPUTS,
    Booking,
    Contents,
    Correction,
    Input,
    Output,
    PinnedAgreement,
    PinnedCard,
    QuarantineLimits,
    Report,
    Reversal,
    Superseded,
    Totals,
)
from pricing_assets.logs.path_columns import values_of
from pricing_assets.report import changes
from pricing_assets.report.staleness import input_digest


def _token_classes(columns: Iterable[str], logs: Sequence[Receipt]) -> bool | None:
    """Return whether the tables have columns of token classes; None where no log is of a source."""
    if not TOKEN_CLASSES.keys().isdisjoint(columns):
        return True
    return False if any(log.source for log in logs) else None


@cache
def libraries() -> dict[str, str]:
    """Return the versions of the libraries that write bytes."""
    return {name: version(name) for name in ("duckdb", "polars", "pyarrow")}


def seal(folder: Path, record: dict[str, Any]) -> bytes:
    """Write the manifest last, with its digest, and make every byte durable and read-only before
    the folder gets its name; returns the manifest's bytes."""
    data = json_files.to_json(record | {"digest": json_files.digest_of(record)})
    (folder / FILE_NAME).write_bytes(data)
    for file in sorted(folder.iterdir()):
        os.chmod(file, 0o444)
        files.sync_file(file)
    files.sync_folder(folder)
    return data


def wait(home: Home, kind: str, folder: Path, manifest: Report | Booking) -> JournalEntry:
    """Seal a version or a booking, and put it where its commit finds it; gives its entry."""
    data = seal(folder, record_of(manifest))
    day, number = manifest.usage_date.isoformat(), manifest.version
    files.move(folder, effects.pending(home, kind, day, number))
    return sealed_entry(kind, day, number, data)


def superseded(before: Sealed[Report | Correction | Reversal] | None) -> Superseded | None:
    """Return the name of a folder that another takes the place of."""
    if before is None:
        return None
    return Superseded(before.number, files.sha256_of(before.folder / FILE_NAME))


def digests(contents: Contents) -> dict[str, str]:
    """Return the SHA-256 of each file of a date, as a version shows it. What came before it
    (`changes`) is not part of that."""
    return {name: contents.outputs[name].sha256 for name in OUTPUTS}


def describe(
    day: date,
    folder: Path,
    verdict: Verdict,
    logs: Sequence[Receipt],
    inputs: Inputs,
    aliases: Iterable[Sequence[str]],
) -> Contents:
    """Write `checks.json`, and return what the manifest of a staged date says, but for its version and
    why there is one.

    `folder` has the date's tables, `aliases` are the lines through which names found a price.
    """
    from pyarrow.parquet import ParquetFile

    outputs = {name: changes.output(folder / name) for name in OUTPUTS}
    read = ParquetFile(folder / "account.parquet")
    account = read.read().to_pylist()
    outcomes: dict[str, int] = {}
    for row in account:
        outcomes[row["outcome"]] = outcomes.get(row["outcome"], 0) + row["rows"]
    daily = ParquetFile(folder / "daily_usage.parquet").read().to_pylist()
    iso, rates, settings = day.isoformat(), inputs.rates, inputs.settings
    contents = Contents(
        usage_date=day,
        input_digest=input_digest(logs, day, rates, settings),
        inputs=tuple(
            Input(
                name=log.file_name,
                sha256=log.file,
                rows=log.dates[iso],
                received_at=log.received_at,
                integrity=log.integrity,
                path_columns=values_of(log.schema) or None,
                source=log.source["name"] if log.source else None,
                source_sha256=log.source["sha256"] if log.source else None,
            )
            for log in sorted(logs, key=lambda log: log.file)
        ),
        rate_cards=tuple(
            PinnedCard(
                id=card.id,
                sha256=card.sha256,
                effective_from=card.effective_from.isoformat(),
                usd_per_credit=card.usd_per_credit,
                published_at=card.published_at.isoformat(),
            )
            for card in rates.cards_on(day, settings.timezone)
        ),
        agreements=tuple(
            PinnedAgreement(agreement.id, agreement.sha256)
            for agreement in rates.agreements_on(day, settings.timezone)
        ),
        aliases=tuple(tuple(line) for line in aliases),
        alias_files=rates.aliases_on(day, settings.timezone),
        cuts=rates.price_boundaries_on(day, settings.timezone),
        timezone=settings.timezone,
        spans=usage_dates.spelled(day, settings.timezone),
        tzdata=zones.release(),
        dimensions=settings.dimensions,
        quarantine_limits=QuarantineLimits(settings.quarantine_limit, settings.quarantine_floor),
        rules_version=RULES_VERSION,
        code_version=code_version(),
        libraries=libraries(),
        outcomes=dict(sorted(outcomes.items())),
        totals=Totals(
            sum(row["events"] for row in daily),
            exact_sum(row["credits"] for row in daily) if daily else Decimal("0.000000000"),
            exact_sum(row["usd"] for row in daily) if daily else Decimal("0.00000000000"),
        ),
        checks=verdict.faults,
        warnings=verdict.warnings,
        outputs=outputs,
        has_token_classes=_token_classes(read.schema_arrow.names, logs),
        output_digest=hashlib.sha256(
            "\n".join(f"{name} {outputs[name].sha256}" for name in OUTPUTS).encode()
        ).hexdigest(),
        suite=suite.NUMBER,
        own_rules=verdict.own_rules,
        broken=verdict.broken,
    )
    return replace(contents, outputs=outputs | {CHECKS: _write_checks(folder, contents)})


def _write_checks(folder: Path, contents: Contents) -> Output:
    data = results.to_json(contents)
    (folder / CHECKS).write_bytes(data)
    return Output(files.sha256_bytes(data), len(data), len(results.rules_of(contents)))
