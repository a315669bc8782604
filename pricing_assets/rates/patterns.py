"""Patterns of model names: a text that names begin with, and what may follow it.

A pattern ends with `*` (anything), or with suffixes of a date or version: `YYYYMMDD`, `YYYY-MM-DD`,
`vN:N`, each after `-`, `@` or `_`. What a pattern stands for belongs to `aliases`.
"""

import re
from dataclasses import dataclass
from functools import cached_property

from pricing_assets.contract.names import fold

ANYTHING = ".*"
_YEAR, _MONTH, _DAY = "20[0-9]{2}", "(0[1-9]|1[0-2])", "(0[1-9]|[12][0-9]|3[01])"
_SUFFIXES = {
    "YYYY-MM-DD": f"{_YEAR}-{_MONTH}-{_DAY}",
    "YYYYMMDD": f"{_YEAR}{_MONTH}{_DAY}",
    "vN:N": "v[0-9]{1,3}:[0-9]{1,3}",
}
_SAMPLES = {"YYYY-MM-DD": "2026-01-01", "YYYYMMDD": "20260101", "vN:N": "v1:0"}
_ENDING = re.compile(rf"[-@_](?:{'|'.join(_SUFFIXES)})$")


@dataclass(frozen=True)
class Pattern:
    """What names begin with, folded, and the regular expression of what must follow.

    `suffixes` are the suffixes as they are written; none where anything may follow.
    """

    prefix: str
    suffixes: tuple[str, ...]

    @cached_property
    def suffix(self) -> str:
        """Return the regular expression of what follows the prefix, in the syntax of Python and of
        DuckDB."""
        return "".join(f"{one[0]}{_SUFFIXES[one[1:]]}" for one in self.suffixes) or ANYTHING

    @property
    def sample(self) -> str:
        """Return one name that matches."""
        return self.prefix + "".join(f"{one[0]}{_SAMPLES[one[1:]]}" for one in self.suffixes)

    def matches(self, model_key: str) -> bool:
        """Return whether a folded model name matches."""
        if not model_key.startswith(self.prefix):
            return False
        return re.fullmatch(self.suffix, model_key[len(self.prefix) :]) is not None

    def overlaps(self, other: "Pattern") -> bool:
        """Return whether some name matches both."""
        if self.suffixes and other.suffixes:
            # Two texts, each with dates and versions: those of the one decide for all.
            return self.matches(other.sample) or other.matches(self.sample)
        if self.suffixes or other.suffixes:
            open_one, dated = (other, self) if self.suffixes else (self, other)
            return dated.sample.startswith(open_one.prefix) or _reaches(dated, open_one.prefix)
        return self.prefix.startswith(other.prefix) or other.prefix.startswith(self.prefix)


def _reaches(dated: Pattern, prefix: str) -> bool:
    """Return whether some name of dates and versions begins with a prefix that is longer than its
    own: completed with an end of the sample, it matches."""
    sample, begin = dated.sample, len(dated.prefix)
    return any(dated.matches(prefix + sample[at:]) for at in range(begin, len(sample) + 1))


def is_one_name(alias: str) -> bool:
    """Return whether an alias is read as one name, not as a pattern."""
    try:
        return pattern_of(alias) is None
    except ValueError:
        return False


def pattern_of(alias: str) -> Pattern | None:
    """Return the pattern that an alias is written as; None where it is one name.

    ValueError where `*` stands elsewhere than at the end, or nothing comes before it.

    >>> pattern_of("claude-sonnet-4-5-YYYYMMDD-vN:N").suffixes
    ('-YYYYMMDD', '-vN:N')
    """
    text = " ".join(alias.split())
    if "*" in text[:-1]:
        raise ValueError("has a '*' that is not its last character")
    suffixes: list[str] = []
    if text.endswith("*"):
        text = text[:-1]
    else:
        while (match := _ENDING.search(text)) is not None:
            suffixes.insert(0, match[0])
            text = text[: match.start()]
        if not suffixes:
            return None
    if not fold(text):
        raise ValueError("would match names of every model")
    # A blank before the `*` is part of what names begin with.
    return Pattern(fold(text) + " " * text.endswith(" "), tuple(suffixes))
