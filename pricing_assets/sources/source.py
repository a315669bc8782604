"""A source as its TOML says it: which file format, what is skipped, how each column is made.

Checking the file belongs to `checking`, the SQL that it becomes to `mapping`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pricing_assets.contract.billing import QUANTITIES, TOKEN_CLASSES
from pricing_assets.contract.usage_log import LOG_COLUMNS

FORMATS: Final = ("ndjson", "json", "csv", "parquet")
INTEGERS: Final = (*QUANTITIES, *TOKEN_CLASSES)
"""The columns that hold whole numbers."""
TEXTS: Final = tuple(column.name for column in LOG_COLUMNS if column.type == "VARCHAR")
COLUMNS: Final = (*TEXTS, "event_time", *INTEGERS)
"""The columns that a source may map; more are dimensions, which are text."""


@dataclass(frozen=True)
class Test:
    """What holds of a record where a value at one of the paths is one of some, or where all of them
    are missing (or, with False, one is there)."""

    paths: tuple[str, ...]
    values: tuple[Any, ...]
    missing: bool | None = None


@dataclass(frozen=True)
class Rule:
    """How one column is made: its verb (path, first, const or sum), and what follows it."""

    verb: str
    value: Any
    also: Mapping[str, Any]


@dataclass(frozen=True)
class Join:
    """A side table beside the raw file: a CSV, with the raw path that its key is equal to."""

    file: str
    on: str
    key: str


@dataclass(frozen=True)
class Source:
    """A source that breaks no rule. `digest` is the SHA-256 of its file's bytes."""

    name: str
    digest: str
    formats: tuple[str, ...]
    records: str
    skip: Mapping[str, tuple[Test, ...]]
    columns: Mapping[str, Rule]
    check_sum: tuple[str, tuple[str, ...]] | None
    known_keys: tuple[str, tuple[str, ...]] | None
    latest: str | None
    join: Join | None
    about: str = ""

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The columns beside those of the contract."""
        return tuple(name for name in self.columns if name not in COLUMNS)
