"""Paths into a record: `metadata.org_id`, `choices[0]`, `attributes[gen_ai.system]`, `up1.scope`.

What is read at a path belongs to `cells`.
"""

import re
from dataclasses import dataclass
from functools import cache

_STEP = re.compile(r'(?P<name>"[^"\\]+"|[^."\[\]\s][^.\[\]]*)(?P<inner>(\[[^\[\]]*\])*)(\.|$)')
_UP = re.compile(r"up([1-9])\.(?=.)")
_DIGITS = 9
"""Digits of the greatest index of an array."""
JOINED = "join."
"""What a path into the side table of `join` begins with."""


class BadPath(ValueError):
    """A path that cannot be read; the message says what is wrong with it."""


@dataclass(frozen=True)
class Step:
    """One step down: the member `name` of an object; the item `name` of an array (`index`); or the
    value of the pair whose key is `name` in a list of {key, value} pairs (`pair`), as OTLP has."""

    name: str
    kind: str = "member"


@dataclass(frozen=True)
class Path:
    """A path as it is written, from the record or from a parent `up` levels above it."""

    text: str
    steps: tuple[Step, ...]
    up: int = 0
    joined: bool = False

    @property
    def glob(self) -> str | None:
        """The pattern of the last member's name, where the path names all that match it."""
        name = self.steps[-1].name
        return name if "*" in name and self.steps[-1].kind == "member" else None

    @property
    def parent(self) -> "Path":
        """The path without its last step."""
        return Path(self.text, self.steps[:-1], self.up, self.joined)


def parse(text: str) -> Path:
    """Return the path that a text spells. BadPath where it spells none.

    `usage_details.cache_*input*` names each member of `usage_details` that the pattern matches.
    """
    rest, up, joined = text, 0, False
    if match := _UP.match(rest):
        up, rest = int(match[1]), rest[match.end() :]
    elif rest.startswith(JOINED):
        joined, rest = True, rest[len(JOINED) :]
    steps: list[Step] = []
    position = 0
    while position < len(rest):
        found = _STEP.match(rest, position)
        if found is None:
            raise BadPath(f"{text!r} is not a path: write names with dots between them, a.b[0].c")
        steps.append(Step(found["name"].strip('"')))
        for inner in re.findall(r"\[([^\[\]]*)\]", found["inner"]):
            if not inner:
                raise BadPath(f"{text!r}: `[]` stands in `records` only")
            if inner.isdecimal() and len(inner) > _DIGITS:
                raise BadPath(f"{text!r}: no array has an item {inner}")
            steps.append(Step(inner, "item" if inner.isdecimal() else "pair"))
        position = found.end()
        if rest[found.end() - 1 : found.end()] == "." and position == len(rest):
            raise BadPath(f"{text!r} ends in a dot")
    if not steps:
        raise BadPath("a path is empty")
    if any("*" in step.name for step in steps[:-1]):
        raise BadPath(f"{text!r}: only the last name may be a pattern")
    return Path(text, tuple(steps), up, joined)


def may_be_one(one: Path, other: Path) -> bool:
    """Return whether two paths lead to the same value, or a pattern of one names what the other does."""
    place, same = (one.up, one.joined, one.steps[:-1]), (other.up, other.joined, other.steps[:-1])
    if place != same or one.steps[-1].kind != other.steps[-1].kind:
        return False
    if one.glob is None and other.glob is None:
        return one.steps == other.steps
    return _may_match(one.steps[-1].name, other.steps[-1].name)


@cache
def _may_match(one: str, other: str) -> bool:
    """Return whether a name can match both patterns: `*` is any text, `?` a letter."""
    if one[:1] == "*":
        return _may_match(one[1:], other) or (other != "" and _may_match(one, other[1:]))
    if other[:1] == "*":
        return _may_match(other, one)
    if not one or not other:
        return one == other
    is_same = one[0] == other[0] or "?" in (one[0], other[0])
    return is_same and _may_match(one[1:], other[1:])


def record_levels(text: str) -> list[str]:
    """Return the arrays that `records` goes down through: `a.b[].c[]` gives `a.b` and `c`.
    BadPath where it is not written so; none where the document is the record."""
    if not text:
        return []
    if not text.endswith("[]"):
        raise BadPath(f'records = "{text}" must end in `[]`, the array whose items are records')
    levels = text[:-2].split("[].")
    for level in levels:
        if parse(level).glob or any(
            step.kind != "member" or '"' in step.name for step in parse(level).steps
        ):
            raise BadPath(f'records = "{text}": only names, dots and `[]`')
    return levels
