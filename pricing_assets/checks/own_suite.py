"""A team's own suite of Great Expectations over `daily_usage`: `NAME.suite.json`, each expectation a rule.

It is run on the stored values, exact to the last digit, where a frame of pandas would make floats of
them. What an expectation finds belongs to `expected_rows`; which are supported stands there.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pricing_assets.checks import expected_rows
from pricing_assets.checks.expected_values import NotSupported
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.home.check_rule import BLOCKS, WARNS, Rule

if TYPE_CHECKING:
    import duckdb

_SEVERITIES: Final = {"critical": BLOCKS, "warning": WARNS, "info": WARNS}
_KEYS: Final = {"type", "kwargs", "meta", "severity", "description", "notes", "id"}
"""Of an expectation, as Great Expectations writes it; `rendered_content` is left out by it."""
_OF_SUITE: Final = {"name", "expectations", "meta", "notes", "id"}


@dataclass(frozen=True)
class Expectation:
    """One expectation of a suite, as a rule."""

    rule: Rule
    place: str
    type: str
    kwargs: Mapping[str, Any]

    def make_view(self, con: "duckdb.DuckDBPyConnection") -> None:
        """Create the view `faults_of_own_rule`: the rows of `daily_usage` that break it.
        ConfigurationError where it cannot be read as a condition."""
        import duckdb

        try:
            found = expected_rows.faults(con, self.type, self.kwargs)
            found.create_view("faults_of_own_rule")
        except duckdb.Error as error:
            raise ConfigurationError(f"{self.place}: {str(error).splitlines()[0]}") from error


def parse(file: Path, text: str, sha256: str) -> Iterator[Expectation]:
    """Yield the expectations of a suite; ConfigurationError where it is none, or where one of them is
    not supported: none is left out."""
    try:
        suite = json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{file} is not JSON: {error}") from error
    listed = suite.get("expectations") if isinstance(suite, dict) else None
    if not isinstance(listed, list) or not listed or not isinstance(suite.get("name"), str):
        raise ConfigurationError(
            f"{file}: it is not a suite; write it like {{"
            '"name": "finance", "expectations": [{"type": "expect_…", "kwargs": {…}}]}'
        )
    if more := sorted(suite.keys() - _OF_SUITE):
        raise ConfigurationError(f"{file}: a suite has no {', '.join(more)}")
    stem = file.name.partition(".")[0]
    for number, one in enumerate(listed, start=1):
        place = f"{file}: expectation {number}"
        if not isinstance(one, dict) or not isinstance(one.get("type"), str):
            raise ConfigurationError(f"{place} has no type")
        yield _expectation(one, f"{place}, {one['type']}", f"{stem}_{number}", sha256)


def _expectation(one: dict[str, Any], place: str, prefix: str, sha256: str) -> Expectation:
    if more := sorted(one.keys() - _KEYS):
        raise ConfigurationError(f"{place}: {', '.join(more)} is not supported")
    kind, kwargs, severity = one["type"], one.get("kwargs", {}), one.get("severity") or "critical"
    if severity not in _SEVERITIES:
        raise ConfigurationError(
            f"{place}: severity {severity!r} is none of {', '.join(_SEVERITIES)}"
        )
    if not isinstance(kwargs, dict):
        raise ConfigurationError(f"{place}: kwargs is not an object")
    try:
        claim = expected_rows.claim(kind, kwargs)
    except NotSupported as error:
        raise ConfigurationError(f"{place}: {error}") from error
    described = one.get("description") or claim
    if not isinstance(described, str):
        raise ConfigurationError(f"{place}: description is not a text")
    name = f"{prefix}_{kind.removeprefix('expect_')}"
    rule = Rule(name, _SEVERITIES[severity], " ".join(described.split()), sha256)
    return Expectation(rule, place, kind, kwargs)


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is not a number")
