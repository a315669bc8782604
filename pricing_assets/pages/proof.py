"""The proof of a page in one file: it is made again from the state of the home that it names, and all of
it is compared, byte for byte.

How such a page is made belongs to `single`.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pricing_assets.common import files
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.common.text import counted
from pricing_assets.home import Home
from pricing_assets.home.as_of import HomeAsOf, Moment
from pricing_assets.pages.organization import DATA
from pricing_assets.pages.single import END, Make

CODE = re.compile(rb"<meta[^>]*>|<style>.*?</style>|<script.*?</script>", re.DOTALL)
MOST_DIFFERENCES = 20
"""Values of a page that are named where they differ; of more, how many."""
_MISSING = object()

CERTAIN = ("timezone", "dimensions", "most", "closed_through", "corrected", "events", "events_of")
"""Parts of a page's data that the journal proves whatever was pruned or replaced since."""


@dataclass
class Proof:
    """What came of making a page again: whose it is, versions and charges on it, what differs, what
    cannot be proved any more, and what differs in the home today. It is as published only where
    nothing differs and nothing is left unproved."""

    org_id: str
    versions: int = 0
    charges: int = 0
    differences: list[str] = field(default_factory=list)
    unproved: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def prove(home: Home, file: Path, make: Make) -> Proof:
    """Make a page in one file again from the state of the home that it names, and compare all of it:
    data, text, style and script.

    ConfigurationError where the file is not such a page.
    """
    page, shown, moment = _read(file)
    proof = Proof(shown["org_id"], len(shown["versions"]), _charges(shown))
    if not moment.is_of(home):
        proof.differences.append(
            f"the home's journal has no line {moment.line} with the digest that the page names: the"
            " page is another home's, or was changed"
        )
        return proof
    then = HomeAsOf(home, moment)
    proof.unproved += then.gaps
    again = make(then, proof.org_id)
    if again is None:
        proof.differences.append("the home had no such organization")
    elif page != again:
        _compare(page, again, proof)
    if moment != Moment.of(home) and not proof.differences:
        today = make(HomeAsOf(home, Moment.of(home)), proof.org_id)
        _note_today(shown, today, proof)
    return proof


def _read(file: Path) -> tuple[bytes, dict[str, Any], Moment]:
    """Return a page in one file, its data, and the state of the home that it names."""
    try:
        page = files.read_regular(file)
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}") from error
    try:
        shown = _data_of(page)
        moment = Moment.named(shown["as_of"])
        if not isinstance(shown["org_id"], str) or not isinstance(shown["versions"], list):
            raise ValueError
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise ConfigurationError(
            f"{file} is not a page in one file; `creditmill open --org X --single FILE` writes one"
        ) from None
    return page, shown, moment


def _data_of(page: bytes) -> dict[str, Any]:
    """Return the data of a page."""
    found: dict[str, Any] = json.loads(page.partition(DATA)[2].partition(END)[0])
    return found


def _charges(shown: dict[str, Any]) -> int:
    try:
        return sum(len(line["days"]) for line in shown["lines"])
    except (TypeError, KeyError):
        return 0  # what is not as it was is named by the comparison


def _compare(page: bytes, again: bytes, proof: Proof) -> None:
    """Name what differs between a page and what it was; where not all of the home of then is there,
    the parts that differ are not proved."""
    shown, was = _data_of(page), _data_of(again)
    certain = CERTAIN if proof.unproved else {**was, **shown}
    pairs = {name: (shown.get(name, _MISSING), was.get(name, _MISSING)) for name in certain}
    differences = [one for name, pair in pairs.items() for one in _differing(*pair, name)]
    proof.differences += differences[:MOST_DIFFERENCES]
    if left := differences[MOST_DIFFERENCES:]:
        proof.differences.append(f"and {counted(len(left), 'more value')}")
    part = _code if proof.unproved else _frame
    is_framed = part(page) == part(again)
    if not is_framed:
        proof.differences.append("its text, style or script is not what this creditmill writes")
    if proof.unproved:
        names = [name for name in {**was, **shown} if shown.get(name) != was.get(name)]
        names = [name for name in names if name not in CERTAIN]
        proof.unproved.append(f"so not proved: {', '.join(names) or 'how it is written'}")
    elif is_framed and not differences:
        proof.differences.append("its data is not written as this creditmill writes it")


def _code(page: bytes) -> list[bytes]:
    """Return the policy, the style and the scripts of a page."""
    return CODE.findall(b"".join(_frame(page)))


def _frame(page: bytes) -> tuple[bytes, bytes]:
    """Return what stands before and after a page's data."""
    before, _, rest = page.partition(DATA)
    return before, rest.partition(END)[2]


def _differing(shown: Any, was: Any, path: str) -> Iterator[str]:
    """Yield each value that is another, with its path."""
    if isinstance(shown, dict) and isinstance(was, dict):
        for name in {**was, **shown}:
            below = f"{path}.{name}" if path else name
            yield from _differing(shown.get(name, _MISSING), was.get(name, _MISSING), below)
    elif isinstance(shown, list) and isinstance(was, list) and len(shown) == len(was):
        for number, pair in enumerate(zip(shown, was, strict=True)):
            yield from _differing(*pair, f"{path}[{number}]")
    elif type(shown) is not type(was) or shown != was:
        yield f"{path} is {_said(shown)}, where the home had {_said(was)}"


def _said(value: Any) -> str:
    if value is _MISSING:
        return "nothing"
    if isinstance(value, list):
        return counted(len(value), "value")
    return json.dumps(value, ensure_ascii=False)


def _note_today(shown: dict[str, Any], today: bytes | None, proof: Proof) -> None:
    """Note what a page of today says differently."""
    if today is None:
        proof.notes.append("today the home has no such organization")
        return
    now = _data_of(today)
    versions = {one["usage_date"]: one["version"] for one in now["versions"]}
    for one in shown["versions"]:
        number = versions.get(one["usage_date"])
        if number != one["version"]:
            proof.notes.append(
                f"{one['usage_date']}: version {number} has taken the place of version {one['version']} since"
                if number
                else f"{one['usage_date']}: the organization has no usage on it today"
            )
    booked = len(now["corrected"]) - len(shown["corrected"])
    if booked > 0:
        proof.notes.append(f"{counted(booked, 'correction')} booked since")
    for name, was, is_now in (
        ("credits", shown["total"]["credits"], now["total"]["credits"]),
        ("quarantined rows", shown["total"]["quarantined"], now["total"]["quarantined"]),
        ("closed through", shown["closed_through"], now["closed_through"]),
    ):
        if was != is_now:
            proof.notes.append(f"{name}: {was or 'none'} on the page, {is_now or 'none'} today")
