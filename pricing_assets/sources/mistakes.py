"""Mistakes in a source that can be read, and not as they are meant: a user's own source with one is refused.

A source that a home keeps may hold one: its logs were mapped by what it says. What nobody could read
belongs to `column_rules` and `whole_rules`.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any, Final

from pricing_assets.contract.billing import KEY_MODES, MAX_QUANTITY
from pricing_assets.sources import paths
from pricing_assets.sources.source import INTEGERS, Source

_JSON_PATH: Final = re.compile(r"\$(?:$|[.\[])")


def of_column(
    name: str, verb: str, content: Any, also: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """Yield the mistakes in the rule of a column, as (rule, message)."""
    is_number = name in INTEGERS and verb == "const" and isinstance(content, int)
    if is_number and not 0 <= content <= MAX_QUANTITY:
        yield ("bad_constant", f"{name}: const must be of 0 to {MAX_QUANTITY:,}, not {content}")
    if (form := str(also.get("time_format", ""))) and "%" not in form:
        yield (
            "bad_time",
            f'time_format {form!r} names no part of an instant; write it like "%Y-%m-%d %H:%M:%S"',
        )
    if name in INTEGERS and verb == "sum":
        for one, other in combinations(content, 2):
            if paths.may_be_one(paths.parse(one), paths.parse(other)):
                yield ("bad_sum", f"{name}: {_both(one, other)}; what it adds up counts twice")
    if name == "key_mode" and isinstance(names := also.get("map"), dict):
        for one in sorted({str(some) for some in names.values()} - {*KEY_MODES}):
            yield ("bad_map", f"key_mode is {' or '.join(KEY_MODES)}, not {one}")


def of_source(source: Source) -> Iterator[tuple[str, str, str]]:
    """Yield the mistakes in paths and the table of [join], as (rule, message, the key that it stands at)."""
    texts = [(name, text) for name, text, _ in source.paths]
    for name, text in [*texts, ("records", source.records)]:
        if _JSON_PATH.match(text):
            right = text[1:].lstrip(".")
            what = f"write {right}" if right else "name a field"
            yield (
                "bad_path",
                f"{name}: {text} begins at the record as it is; {what}, and '\"$\"' for a field named $",
                name,
            )
    of = () if source.check_sum is None else source.check_sum[1]
    for name in dict.fromkeys(one for one in of if of.count(one) > 1):
        yield ("bad_check", f"check_sum: of names {name} twice", "check_sum")
    if source.join is not None and not is_name(file := source.join.file):
        what = f"[join] file: {file} is not the name of a file, which lies beside the logs"
        yield ("bad_join", what, "file")


def _both(one: str, other: str) -> str:
    """Say that two paths may name the same number."""
    return f"{one} stands twice" if one == other else f"{one} and {other} may name the same number"


def is_name(file: str) -> bool:
    """Return whether a text is a file's name, without a folder."""
    return file not in ("", ".", "..") and Path(file).name == file
