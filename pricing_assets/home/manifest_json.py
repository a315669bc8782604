"""The JSON of manifests: the one place that reads and writes it.

What a manifest says belongs to `manifests`.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from pricing_assets.common import json_files, kinds
from pricing_assets.common.errors import DamagedFile
from pricing_assets.common.instants import parse_instant
from pricing_assets.common.kinds import as_decimal, as_tuple
from pricing_assets.contract.usage_dates import read_spans
from pricing_assets.home.check_rule import Rule
from pricing_assets.home.manifests import (
    BOOKED,
    CHECKS,
    FORMAT_VERSION,
    OUTPUTS,
    BlockedAttempt,
    Booking,
    CauseSums,
    Contents,
    Correction,
    Input,
    Manifest,
    Output,
    PinnedAgreement,
    PinnedCard,
    QuarantineLimits,
    Report,
    Reversal,
    Superseded,
    Totals,
)


def read(file: Path) -> Manifest:
    """Return the manifest in a file, read once for all that ask; DamagedFile where it is none."""
    try:
        status = file.stat()
        return _read(file, (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns))
    except DamagedFile:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        missing = (
            f"it is not a manifest with {error}" if isinstance(error, KeyError) else str(error)
        )
        raise json_files.damaged(file, missing) from error


@lru_cache(maxsize=400)
def _read(file: Path, stamp: tuple[int, ...]) -> Manifest:
    """Return the manifest in a file that is as this stamp says."""
    return load(json_files.read_json(file))


def load(record: Mapping[str, Any]) -> Manifest:
    """Return the manifest that a record of JSON holds, of the kind that its fields tell; KeyError,
    TypeError, ValueError, AttributeError or ArithmeticError where it holds none."""
    manifest = _of_a_kind(record)
    field = kinds.wrong_field(manifest)
    if field is not None:
        raise TypeError(f"{field} is not of the type that it has in a manifest")
    if manifest.format_version != FORMAT_VERSION:
        raise ValueError(f"schema_version is {manifest.format_version}, not {FORMAT_VERSION}")
    needed: tuple[str, ...] = ()
    parse_instant(manifest.published_at)
    if isinstance(manifest, Contents):
        needed = OUTPUTS
        read_spans(manifest.spans)
        for instant in manifest.cuts:
            parse_instant(instant)
        if (CHECKS in manifest.outputs) != (manifest.suite is not None):
            raise ValueError(f"{CHECKS} and suite stand alone, each needs the other")
    if isinstance(manifest, Booking):
        needed += BOOKED
    if missing := [name for name in needed if name not in manifest.outputs]:
        raise ValueError(f"outputs does not name {', '.join(missing)}")
    return manifest


def _of_a_kind(record: Mapping[str, Any]) -> Manifest:
    """Return the manifest that a record holds, its fields of any types."""
    common = {
        "usage_date": date.fromisoformat(record["usage_date"]),
        "dimensions": as_tuple(record["dimensions"]),
        "libraries": record["libraries"],
        "outputs": {name: Output(**fields) for name, fields in record["outputs"].items()},
        "format_version": record["schema_version"],
        "published_at": record["published_at"],
        "reason": record["reason"],
    }
    if "corrects" in record:
        booked = {
            "version": record["version"],
            "booked_on": date.fromisoformat(record["booked_on"]),
            "corrects": record["corrects"],
            "supersedes": _superseded(record),
            "difference": as_decimal(record["difference"]),
        }
        if record["reversed_by"] is not None:
            return Reversal(**common, **booked, reversed_by=record["reversed_by"])
        return Correction(**common, **booked, **_contents(record), changes=_changes(record))
    if record["version"] is None:
        return BlockedAttempt(**common, **_contents(record))
    difference = record["difference"]
    return Report(
        **common,
        **_contents(record),
        version=record["version"],
        supersedes=_superseded(record),
        difference=None if difference is None else as_decimal(difference),
        changes=_changes(record),
    )


def _contents(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of `Contents` that a reversal has not."""
    totals = record["totals"]
    return {
        "inputs": tuple(Input(**fields) for fields in as_tuple(record["inputs"])),
        "rate_cards": tuple(
            PinnedCard(**fields | {"usd_per_credit": as_decimal(fields["usd_per_credit"])})
            for fields in as_tuple(record["rate_cards"])
        ),
        "agreements": tuple(PinnedAgreement(**fields) for fields in as_tuple(record["agreements"])),
        "aliases": tuple(map(as_tuple, as_tuple(record["aliases"]))),
        "quarantine_limits": QuarantineLimits(*as_tuple(record["quarantine_limits"])),
        "totals": Totals(
            totals["events"], as_decimal(totals["credits"]), as_decimal(totals["usd"])
        ),
        "has_token_classes": record.get("token_classes"),
        "suite": record.get("suite"),
        "own_rules": tuple(Rule(**fields) for fields in as_tuple(record.get("own_rules", []))),
        "broken": record.get("broken", {}),
    } | {name: record[name] for name in _AS_STORED}


_AS_STORED = (
    *("input_digest", "alias_files", "cuts", "timezone", "spans", "tzdata", "rules_version"),
    *("code_version", "outcomes", "checks", "warnings", "output_digest"),
)
"""Fields that JSON holds as they are."""


def _superseded(record: Mapping[str, Any]) -> Superseded | None:
    before = record["supersedes"]
    return None if before is None else Superseded(**before)


def _changes(record: Mapping[str, Any]) -> dict[str, CauseSums] | None:
    changes = record.get("changes")
    if changes is None:
        return None
    return {
        cause: CauseSums(as_decimal(sums["credits"]), as_decimal(sums["usd"]))
        for cause, sums in changes.items()
    }


def record_of(manifest: Manifest) -> dict[str, Any]:
    """Return a manifest as its file holds it, less the digest of the rest (`json_files.digest_of`)."""
    if isinstance(manifest, Reversal):
        return _common(manifest) | _booked(manifest) | {"reversed_by": manifest.reversed_by}
    record = _common(manifest) | {name: getattr(manifest, name) for name in _AS_STORED}
    record |= {
        "inputs": [_without_none(entry._asdict()) for entry in manifest.inputs],
        "rate_cards": [
            card._asdict() | {"usd_per_credit": str(card.usd_per_credit)}
            for card in manifest.rate_cards
        ],
        "agreements": _dicts(manifest.agreements),
        "aliases": [list(line) for line in manifest.aliases],
        "quarantine_limits": list(manifest.quarantine_limits),
        "totals": {
            "events": manifest.totals.events,
            "credits": f"{manifest.totals.credits:f}",
            "usd": f"{manifest.totals.usd:f}",
        },
    }
    if manifest.has_token_classes is not None:
        record["token_classes"] = manifest.has_token_classes
    if manifest.suite is not None:
        record["suite"] = manifest.suite
    if manifest.own_rules:
        record["own_rules"] = _dicts(manifest.own_rules)
    if manifest.broken:
        record["broken"] = manifest.broken
    if isinstance(manifest, BlockedAttempt):
        return record | {"version": None}
    if manifest.changes is not None:
        record["changes"] = {
            cause: {"credits": f"{sums.credits:f}", "usd": f"{sums.usd:f}"}
            for cause, sums in manifest.changes.items()
        }
    if isinstance(manifest, Correction):
        return record | _booked(manifest) | {"reversed_by": None}
    difference = manifest.difference
    return record | {
        "version": manifest.version,
        "supersedes": manifest.supersedes and manifest.supersedes._asdict(),
        "difference": None if difference is None else str(difference),
    }


def _common(manifest: Manifest) -> dict[str, Any]:
    return {
        "schema_version": manifest.format_version,
        "usage_date": manifest.usage_date.isoformat(),
        "dimensions": list(manifest.dimensions),
        "libraries": dict(manifest.libraries),
        "outputs": {name: output._asdict() for name, output in manifest.outputs.items()},
        "published_at": manifest.published_at,
        "reason": manifest.reason,
    }


def _booked(manifest: Booking) -> dict[str, Any]:
    return {
        "version": manifest.version,
        "booked_on": manifest.booked_on.isoformat(),
        "corrects": manifest.corrects,
        "supersedes": manifest.supersedes and manifest.supersedes._asdict(),
        "difference": f"{manifest.difference:f}",
    }


def _dicts(records: Iterable[Any]) -> list[dict[str, Any]]:
    return [record._asdict() for record in records]


def _without_none(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if value is not None}
