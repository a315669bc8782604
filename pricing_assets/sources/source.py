"""A source as its TOML says it: which file format, what is skipped, how each column is made.

Checking the file belongs to `checking`, the SQL that it becomes to `mapping`.
"""

from collections.abc import Iterator, Mapping
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
NO_RULE_MAKES: Final = tuple(column.name for column in LOG_COLUMNS if column.name not in COLUMNS)
"""The columns of the contract that a source has no rule for: those of lists."""
OF_MAPPED_ROWS: Final = (
    *("file", "file_name", "row_number", "outcome"),
    *("record_outcome", "record_updated_at"),
)
"""Columns that mapped rows have of their own, and no dimension is named as."""


@dataclass(frozen=True)
class Test:
    """What holds of a record where a value at one of the paths is one of some, or where all of them
    are missing (or, with False, one is there), and each path of `when` has one of its values."""

    paths: tuple[str, ...]
    values: tuple[Any, ...]
    missing: bool | None = None
    when: Mapping[str, list[Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class ColumnRule:
    """How one column is made: its verb (path, first, const or sum), and what follows it."""

    verb: str
    value: Any
    also: Mapping[str, Any]

    @property
    def of_alternatives(self) -> frozenset[str]:
        """What the conditions of its alternatives name."""
        alternatives = self.value if self.verb == "first" else ()
        return frozenset(str(key) for one in alternatives for key in one.also.get("when", ()))


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
    columns: Mapping[str, ColumnRule]
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
        return frozenset(paths.parse(text).steps[0].name for _, text, _ in self.paths)

    @property
    def paths(self) -> Iterator[tuple[str, str, bool]]:
        """The paths that its rules read: where each stands, its text, and whether all members that a
        pattern there names are summed."""
        for name, tests in self.skip.items():
            yield from ((name, text, False) for one in tests for text in (*one.paths, *one.when))
        if self.latest is not None:
            yield "latest", self.latest, False
        if self.check_sum is not None:
            yield "check_sum", self.check_sum[0], True
        if self.known_keys is not None:
            yield "known_keys", self.known_keys[0], False
        if self.join is not None:
            yield "on", self.join.on, False
        for name, rule in self.columns.items():
            for one in rule.value if rule.verb == "first" else [rule]:
                yield from (
                    (name, str(key), False)
                    for key in {**rule.also.get("when", {}), **one.also.get("when", {})}
                )
                if one.verb != "const":
                    is_summed = name in INTEGERS and "scale" not in {**rule.also, **one.also}
                    texts = [one.value] if one.verb == "path" else one.value
                    yield from ((name, text, is_summed) for text in texts)

    @property
    def conditional(self) -> frozenset[str]:
        """The columns that are made after the others: by a `when`, or by alternatives whose `when` names
        another column."""
        return frozenset(
            name
            for name, rule in self.columns.items()
            if "when" in rule.also
            or any(key != name and key in self.columns for key in rule.of_alternatives)
        )

    @property
    def is_of_tables(self) -> bool:
        """Whether it reads files of tables alone."""
        return {*self.formats} <= {*TABLE_FORMATS}

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The columns beside those of the contract."""
        return tuple(name for name in self.columns if name not in COLUMNS)
