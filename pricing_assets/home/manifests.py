"""Manifests: what a sealed folder says of itself, as types.

There are four kinds: the report of a date, a blocked attempt on one, a correction of a closed one,
and the reversal of what was booked. What goes into them is decided in `report`; their
JSON is read and written in `manifest_json`.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar, NamedTuple, TypeVar

from pricing_assets.contract.usage_dates import Spelled
from pricing_assets.home.check_rule import Rule

FILE_NAME = "manifest.json"
FORMAT_VERSION = 1
"""`schema_version` of the stored JSON: another one would be another form of it."""
OUTPUTS = (
    "daily_usage.csv",
    "daily_usage.parquet",
    "charges.csv",
    "charges.parquet",
    "usage.parquet",
    "account.parquet",
    "quarantine.parquet",
    "lines.parquet",
    "snapshots.parquet",
    "own_key.parquet",
    "at_risk.parquet",
)
"""Files of every folder that holds a usage date whole."""
BOOKED = ("corrections.parquet",)
"""Files of every folder with something booked."""
CHECKS = "checks.json"
"""What the checks said of a date whole; of folders whose manifest names the suite."""


class Input(NamedTuple):
    """One log of a date: rows of it on that date, and what vouched for its bytes. `path_columns`
    are columns that its path says, `source` the name and digest of the source that reads it."""

    name: str
    sha256: str
    rows: int
    received_at: str
    integrity: str
    path_columns: Mapping[str, str | None] | None = None
    source: str | None = None
    source_sha256: str | None = None


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
"""The fields of a line of names through which a name found its price: service, brand, alias, model,
and `valid_from` where it has one; for a line of `brands.csv`, this name, then its own fields."""


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


class CauseSums(NamedTuple):
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
    by rule, `warnings` and `broken` name the first offending rows; `outcomes` counts rows. `suite` is
    the number of the rules that checked it (None: there was none yet), `own_rules` are a team's own.
    Where a row has a token class or a tier, the tables have columns of them (`has_token_classes`; None:
    nobody looked, or no source could tell).
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
    has_token_classes: bool | None = None
    suite: int | None = None
    own_rules: tuple[Rule, ...] = ()
    broken: Mapping[str, list[str]] = field(default_factory=dict)
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
    changes: Mapping[str, CauseSums] | None = None


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
    changes: Mapping[str, CauseSums] | None = None


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
    names = [one.name for one in dataclasses.fields(Contents)]
    return kind(**{name: getattr(contents, name) for name in names}, **rest)
