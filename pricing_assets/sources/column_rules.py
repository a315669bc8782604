"""What may stand in the rule of a column of a source, and what is wrong with one.

Which columns and tables a source has belongs to `checking`.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from pricing_assets.contract.billing import BILLING_TYPES, KEY_MODES
from pricing_assets.db.connection import connection
from pricing_assets.sources import paths
from pricing_assets.sources.offsets import OWN, BadZone, offset_seconds
from pricing_assets.sources.source import INTEGERS

VERBS: Final = ("path", "first", "const", "sum")
_FOR_ANY: Final = (*VERBS, "when")
_FOR_TEXT: Final = (*_FOR_ANY, "map", "map_file", "strip")
_FOR_TIME: Final = ("path", "first", "epoch", "time_format", "zone")
_FOR_INTEGER: Final = (*_FOR_ANY, "scale", "floor")
EPOCHS: Final = ("s", "ms", "us", "ns")
_WITHOUT_USE: Final = {
    "const": ("scale", "floor", "map", "map_file", "strip"),
    "sum": ("scale", "floor"),
}
"""Keys that a verb would leave aside."""


def allowed_keys(name: str) -> tuple[str, ...]:
    """Return the keys that may stand in the rule of a column."""
    if name == "event_time":
        return _FOR_TIME
    return _FOR_INTEGER if name in INTEGERS else _FOR_TEXT


def problems(
    name: str, verb: str, content: Any, also: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the rule of a column beside its paths, as (rule, message): its verb,
    what the verb names, and the keys that stand beside it."""
    if verb == "const":
        yield from _bad_constant(name, content)
    if name == "event_time":
        yield from _bad_time(verb, also)
    for key in _WITHOUT_USE.get(verb, ()):
        if key in also:
            yield ("bad_column", f"{name}: {key} does nothing beside {verb}; take it away")
    if (
        verb == "first"
        and "scale" in also
        and any(one.verb == "sum" or (one.verb == "const" and one.value) for one in content)
    ):
        yield ("bad_scale", f"{name}: scale does nothing to a sum or a const in first")
    if "strip" in also:
        yield from _bad_strip(also["strip"])
    if "map" in also and not (
        isinstance(also["map"], dict)
        and also["map"]
        and all(isinstance(one, str) for one in also["map"].values())
    ):
        yield ("bad_map", f"{name}: map is a table of texts, not an empty one")
    elif name == "billing_type" and "map" in also:
        for one in sorted(set(also["map"].values()) - set(BILLING_TYPES)):
            yield (
                "bad_map",
                f"{one} is not a billing type; these are: {', '.join(BILLING_TYPES)}",
            )
    if "scale" in also and not _is_factor(str(also["scale"])):
        yield (
            "bad_scale",
            'scale is a decimal in quotes, like "1000" or "0.001", of at most 9 digits and not 0',
        )
    if "floor" in also and (also["floor"] is not True or "scale" not in also):
        yield ("bad_scale", "floor = true stands beside scale")
    if "when" in also:
        yield from bad_when(name, also["when"])


def _bad_time(verb: str, also: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with how the texts or numbers of `event_time` are instants."""
    if verb == "path" and not {"epoch", "time_format", "zone"} & also.keys():
        yield (
            "bad_time",
            'event_time needs epoch (s, ms, us, ns), or the zone of its text: zone = "UTC", or "text" where each text names its own',
        )
    if "epoch" in also and also["epoch"] not in EPOCHS:
        yield ("bad_time", f"epoch must be one of {', '.join(EPOCHS)}")
    if "time_format" in also:
        form = str(also["time_format"])
        if why := _not_read("try_strptime('', ?)", form):
            yield ("bad_time", f"time_format {form!r} is none: {why}")
        elif "%z" not in form and also.get("zone", OWN) == OWN:
            yield ("bad_time", "time_format has no %z, so zone must say what zone the text is in")
    if "zone" in also:
        try:
            offset_seconds(str(also["zone"]))
        except BadZone as error:
            yield ("bad_zone", str(error))


def _is_factor(text: str) -> bool:
    """Return whether a text is a number that a `scale` may be: one of at most 9 digits, not 0."""
    found = re.fullmatch(r"0*([0-9]*)(?:\.([0-9]{1,9}))?", text)
    digits = (found[1] + (found[2] or "")) if found and text[0] != "." else ""
    return len(digits) <= 9 and digits.strip("0") != ""


def bad_when(name: str, when: Any) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the conditions of a column or an outcome, as (rule, message)."""
    if (
        not isinstance(when, dict)
        or not when
        or not all(isinstance(some, list) and is_values(some) for some in when.values())
    ):
        yield ("bad_when", f"{name}: when = {{ billing_type = [ … ] }}")
        return
    for key in when:
        try:
            paths.parse(key)
        except paths.BadPath as error:
            yield ("bad_path", f"{name}: {error}")


def is_values(values: list[Any]) -> bool:
    """Return whether a list holds values that a cell may have, and at least one."""
    return bool(values) and not any(isinstance(one, list | dict) for one in values)


def _bad_constant(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if name in INTEGERS:
        if isinstance(value, bool) or not isinstance(value, int):
            yield ("bad_constant", f"{name}: const must be a whole number, not {value!r}")
    elif not isinstance(value, str):
        yield ("bad_constant", f"{name}: const must be text, not {value!r}")
    elif name == "billing_type" and value not in BILLING_TYPES:
        yield (
            "bad_constant",
            f"{value} is not a billing type; these are: {', '.join(BILLING_TYPES)}",
        )
    elif name == "key_mode" and value not in KEY_MODES:
        yield ("bad_constant", f"key_mode is {' or '.join(KEY_MODES)}, not {value}")


def _bad_strip(pattern: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(pattern, str) or not (pattern.startswith("^") or pattern.endswith("$")):
        yield ("bad_strip", "strip is a pattern that begins with ^ or ends in $")
        return
    try:
        re.compile(pattern)
    except re.error as error:
        yield ("bad_strip", f"strip is not a pattern: {error}")
        return
    if re.search(r"\(\?[=!<]|\\[1-9]", pattern):
        yield ("bad_strip", "strip: no look-ahead, look-behind or back-reference")
    elif not re.fullmatch(r"[\w^$|():/.\- ]+", pattern) and (
        why := _not_read("regexp_replace('', ?, '')", pattern)
    ):
        yield ("bad_strip", f"strip is not a pattern of RE2: {why}")


@cache
def _not_read(call: str, text: str) -> str:
    """Return why DuckDB cannot read a pattern or a format, by a call that has it; '' where it can."""
    import duckdb

    with connection() as con:
        try:
            con.execute(f"select {call}", [text]).fetchall()
        except duckdb.Error as error:
            return str(error).splitlines()[0]
    return ""
