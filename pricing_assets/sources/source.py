"""A source as its TOML says it: which file format, what is skipped, how each column is made.

Checking the file belongs to `checking`, the SQL that it becomes to `mapping`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pricing_assets.contract.billing import QUANTITIES, TOKEN_CLASSES
from pricing_assets.contract.usage_log import LOG_COLUMNS
from pricing_assets.sources import paths

FORMATS: Final = ("ndjson", "json", "csv", "parquet", "delta", "iceberg")
TABLE_FORMATS: Final = ("delta", "iceberg")
"""Formats of tables, whose files are Parquet."""
INTEGERS: Final = (*QUANTITIES, *TOKEN_CLASSES)
"""The columns that hold whole numbers."""
TEXTS: Final = tuple(column.name for column in LOG_COLUMNS if column.type == "VARCHAR")
COLUMNS: Final = (*TEXTS, "event_time", *INTEGERS)
"""The columns that a source may map; more are dimensions, which are text."""


@dataclass(frozen=True)
class Test:
    """What holds of a record where a value at one of the paths is one of some, or where all of them
    are missing (or, with False, one is there), and each path of `when` has one of its values."""

    paths: tuple[str, ...]
    values: tuple[Any, ...]
    missing: bool | None = None
    when: Mapping[str, list[Any]] = field(default_factory=dict)


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
    """A source that breaks no rule. `digest` is the SHA-256 of its file's bytes, `select` a SELECT in the
    place of rules, `keep_raw` whether a home keeps the bytes of its logs, `files` the texts that were read beside its file, by name."""

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
    select: str | None = None
    keep_raw: bool = True
    files: Mapping[str, str] = field(default_factory=dict)
    about: str = ""

    @property
    def names(self) -> frozenset[str]:
        """The columns of a table that its rules read."""
        texts = [
            text
            for tests in self.skip.values()
            for test in tests
            for text in (*test.paths, *test.when)
        ]
        texts += [self.latest] if self.latest else []
        texts += [of[0] for of in (self.check_sum, self.known_keys) if of]
        texts += [self.join.on] if self.join else []
        rules = list(self.columns.values())
        for rule in rules:
            texts += [str(one) for one in rule.also.get("when", ())]
            if rule.verb == "first":
                rules += rule.value
            elif rule.verb != "const":
                texts += [rule.value] if rule.verb == "path" else rule.value
        return frozenset(paths.parse(text).steps[0].name for text in texts)

    @property
    def is_of_tables(self) -> bool:
        """Whether it reads files of tables alone."""
        return {*self.formats} <= {*TABLE_FORMATS}

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The columns beside those of the contract."""
        return tuple(name for name in self.columns if name not in COLUMNS)
