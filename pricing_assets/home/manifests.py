"""Manifests: what a sealed folder says of itself, as types; the one place that reads and writes
their JSON.

There are four kinds: the report of a date, a blocked attempt on one, a correction of a closed one,
and the reversal of what was booked. What goes into them is decided in `report`.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, TypeVar

from pricing_assets.common import files
from pricing_assets.common.errors import DamagedFile
from pricing_assets.contract.usage_dates import Spelled

FILE_NAME = "manifest.json"
FORMAT_VERSION = 1
"""`schema_version` of the stored JSON: another one would be another form of it."""


class Input(NamedTuple):
    """One log of a date: rows of it on that date, and what vouched for its bytes. `path_columns`
    are columns that its path says."""

    name: str
    sha256: str
    rows: int
    received_at: str
    integrity: str
    path_columns: Mapping[str, str | None] | None = None


class PinnedCard(NamedTuple):
    """A rate card that was in force on a date; instants in ISO format, dollars exact."""

    id: str
    sha256: str
    effective_from: str
    usd_per_credit: Decimal
    published_at: str


class PinnedAgreement(NamedTuple):
    """An agreement that held on a date."""

    id: str
    sha256: str


AliasLine = tuple[str, ...]
"""Service, brand, alias and model of an alias through which a name found its price."""


class Output(NamedTuple):
    """A file of the folder."""

    sha256: str
    bytes: int
    rows: int


class Totals(NamedTuple):
    """Sums of a date's `daily_usage`."""

    events: int
    credits: Decimal
    usd: Decimal


class QuarantineLimits(NamedTuple):
    """The share of quarantined rows, and their number, up to which a date may be published."""

    share: str
    floor: int


class Sums(NamedTuple):
    """Credits and dollars of one cause of a change."""

    credits: Decimal
    usd: Decimal


class Superseded(NamedTuple):
    """The folder that this one takes the place of."""

    version: int
    manifest_sha256: str


@dataclass(frozen=True)
class PinnedPrices:
    """What of the rate books a date depends on: SHA-256 by id of cards and agreements, and aliases."""

    cards: Mapping[str, str]
    agreements: Mapping[str, str]
    aliases: frozenset[AliasLine]


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What a folder with a whole usage date was made of, and what came out.

    Instants are in ISO format, `spans` as `usage_dates.spelled` gives them; `checks` counts faults
    by rule, `warnings` names the first offending rows; `outcomes` counts rows.
    """

    usage_date: date
    input_digest: str
    inputs: tuple[Input, ...]
    rate_cards: tuple[PinnedCard, ...]
    agreements: tuple[PinnedAgreement, ...]
    aliases: tuple[AliasLine, ...]
    alias_files: list[str]
    cuts: list[str]
    timezone: str
    spans: Spelled
    tzdata: str
    dimensions: tuple[str, ...]
    quarantine_limits: QuarantineLimits
    rules_version: int
    code_version: str
    libraries: Mapping[str, str]
    outcomes: Mapping[str, int]
    totals: Totals
    checks: Mapping[str, int]
    warnings: Mapping[str, list[str]]
    outputs: dict[str, Output]
    output_digest: str
    format_version: int = FORMAT_VERSION

    @cached_property
    def logs(self) -> frozenset[str]:
        """SHA-256 of the logs that it was made of."""
        return frozenset(entry.sha256 for entry in self.inputs)

    @property
    def prices(self) -> PinnedPrices:
        """Return what of the rate books it depends on."""
        return PinnedPrices(
            {card.id: card.sha256 for card in self.rate_cards},
            {deal.id: deal.sha256 for deal in self.agreements},
            frozenset(self.aliases),
        )


@dataclass(frozen=True, kw_only=True)
class Report(Contents):
    """A published version of a usage date. `difference` is in credits, to the version before it;
    `changes` sums it up by cause."""

    kind: ClassVar[str] = "report"
    version: int
    published_at: str
    reason: str
    supersedes: Superseded | None
    difference: Decimal | None
    changes: Mapping[str, Sums] | None = None


@dataclass(frozen=True, kw_only=True)
class BlockedAttempt(Contents):
    """The last attempt on a usage date whose quarantined rows are over the home's limit."""

    kind: ClassVar[str] = "blocked"
    version: ClassVar[None] = None
    published_at: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Correction(Contents):
    """A closed usage date as it would be now, less what was reported of it (`difference`, in
    credits). `booked_on` is the open date that it counts on, `corrects` the closed version."""

    kind: ClassVar[str] = "correction"
    reversed_by: ClassVar[None] = None
    version: int
    booked_on: date
    corrects: int | None
    published_at: str
    reason: str
    supersedes: Superseded | None
    difference: Decimal
    changes: Mapping[str, Sums] | None = None


@dataclass(frozen=True, kw_only=True)
class Reversal:
    """All that was booked for a date, taken back, since the version `reversed_by` holds it."""

    kind: ClassVar[str] = "reversal"
    usage_date: date
    dimensions: tuple[str, ...]
    libraries: Mapping[str, str]
    outputs: dict[str, Output]
    version: int
    booked_on: date
    corrects: int | None
    reversed_by: int
    published_at: str
    reason: str
    supersedes: Superseded | None
    difference: Decimal
    format_version: int = FORMAT_VERSION


Booking = Correction | Reversal
Manifest = Report | BlockedAttempt | Correction | Reversal

Kind = TypeVar("Kind", Report, BlockedAttempt, Correction, Reversal)


def complete(kind: type[Kind], contents: Contents, **rest: Any) -> Kind:
    """Return the manifest of this kind with these contents and the rest of its fields."""
    fields = dataclasses.fields(Contents)
    return kind(**{field.name: getattr(contents, field.name) for field in fields}, **rest)


def read(file: Path) -> Manifest:
    """Return the manifest in a file, read once for all that ask; DamagedFile where it is none."""
    try:
        status = file.stat()
        return _read(file, (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns))
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        missing = f"it is no manifest with {error}" if isinstance(error, KeyError) else str(error)
        raise DamagedFile(
            f"{file} is damaged, restore it from a copy; `creditmill verify` says what else is:"
            f" {missing}"
        ) from error


@lru_cache(maxsize=400)
def _read(file: Path, stamp: tuple[int, ...]) -> Manifest:
    """Return the manifest in a file that is as this stamp says."""
    return load(files.read_json(file))


def load(record: Mapping[str, Any]) -> Manifest:
    """Return the manifest that a record of JSON holds, of the kind that its fields tell; KeyError,
    TypeError, ValueError, AttributeError or ArithmeticError where it holds none."""
    common = {
        "usage_date": date.fromisoformat(record["usage_date"]),
        "dimensions": tuple(record["dimensions"]),
        "libraries": record["libraries"],
        "outputs": {name: Output(**fields) for name, fields in record["outputs"].items()},
        "format_version": record["schema_version"],
        "published_at": record["published_at"],
        "reason": record["reason"],
    }
    if "corrects" in record:
        booked = {
            "version": int(record["version"]),
            "booked_on": date.fromisoformat(record["booked_on"]),
            "corrects": record["corrects"],
            "supersedes": _superseded(record),
            "difference": Decimal(record["difference"]),
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
        version=int(record["version"]),
        supersedes=_superseded(record),
        difference=None if difference is None else Decimal(difference),
        changes=_changes(record),
    )


def _contents(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of `Contents` that a reversal has not."""
    totals = record["totals"]
    return {
        "inputs": tuple(Input(**fields) for fields in record["inputs"]),
        "rate_cards": tuple(
            PinnedCard(**fields | {"usd_per_credit": Decimal(fields["usd_per_credit"])})
            for fields in record["rate_cards"]
        ),
        "agreements": tuple(PinnedAgreement(**fields) for fields in record["agreements"]),
        "aliases": tuple(tuple(line) for line in record["aliases"]),
        "quarantine_limits": QuarantineLimits(*record["quarantine_limits"]),
        "totals": Totals(totals["events"], Decimal(totals["credits"]), Decimal(totals["usd"])),
    } | {name: record[name] for name in _AS_STORED}


_AS_STORED = (
    *("input_digest", "alias_files", "cuts", "timezone", "spans", "tzdata", "rules_version"),
    *("code_version", "outcomes", "checks", "warnings", "output_digest"),
)
"""Fields that JSON holds as they are."""


def _superseded(record: Mapping[str, Any]) -> Superseded | None:
    before = record["supersedes"]
    return None if before is None else Superseded(**before)


def _changes(record: Mapping[str, Any]) -> dict[str, Sums] | None:
    changes = record.get("changes")
    if changes is None:
        return None
    return {
        cause: Sums(Decimal(sums["credits"]), Decimal(sums["usd"]))
        for cause, sums in changes.items()
    }


def record_of(manifest: Manifest) -> dict[str, Any]:
    """Return a manifest as its file holds it, less the digest of the rest (`files.digest_of`)."""
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
