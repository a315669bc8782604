"""Values in JSON as SQL: paths as DuckDB spells them, and what stands there.

Cells of a record belong to `cells`, the functions used here to `sql/sources/functions`.
"""

from collections.abc import Iterable, Mapping
from itertools import takewhile

from pricing_assets.db.io import text_literal
from pricing_assets.sources.paths import Path, Step


def json_path(steps: tuple[Step, ...]) -> str:
    """Return steps as DuckDB spells a JSON path: `$."a"[0]`."""
    return "$" + "".join(
        f"[{step.name}]" if step.kind == "item" else f'."{step.name}"' for step in steps
    )


def text_of_json(path: Path) -> str:
    """Return the text at a path of a record's document or of its parents, which may not be JSON."""
    cell = f"try(json_extract({document_of(path.up)}, {text_literal(json_path(path.steps))}))"
    return f"json_cell_text({cell})"


def objects_of(read: Iterable[tuple[Step, ...]]) -> dict[str, set[str]]:
    """Return the objects that these steps lead through, as DuckDB spells their paths, with the names that are
    read there."""
    found: dict[str, set[str]] = {}
    for steps in read:
        for place, step in enumerate(steps):
            if step.kind == "member":
                found.setdefault(json_path(steps[:place]), set()).add(step.name)
    return found


def stacked(relation: str, *projections: list[str]) -> str:
    """Return projections of a relation, each of the one before."""
    for columns in projections:
        relation = f"(select {', '.join(columns)} from {relation})"
    return relation


def plain_steps(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Return the steps before the first one to the value of a pair."""
    return tuple(takewhile(lambda step: step.kind != "pair", steps))


def within(base: str, steps: tuple[Step, ...], pair: str, keyed: dict[str, set[str]]) -> str:
    """Return what steps lead to in a JSON value, as SQL; the function `pair` finds the value of a pair, and
    `keyed` gets the lists of pairs, with the keys that are read there."""
    if plain := plain_steps(steps):
        base = f"json_extract({base}, {text_literal(json_path(plain))})"
    if rest := steps[len(plain) :]:
        keyed.setdefault(base, set()).add(rest[0].name)
        return within(f"{pair}({base}, {text_literal(rest[0].name)})", rest[1:], pair, keyed)
    return base


def keys_come_twice(keyed: Mapping[str, set[str]]) -> list[str]:
    """Return for each list of pairs whether a key that is read there comes twice, as SQL."""
    return [
        f"json_pair_is_twice({pairs}, [{', '.join(map(text_literal, sorted(names)))}])"
        for pairs, names in keyed.items()
    ]


def sum_of_members(parent: str, pattern: str) -> tuple[str, str]:
    """Return the sum of an object's members whose names match a pattern, and whether one of them is
    not a whole number."""
    members = f"json_members({parent}, {text_literal(pattern)})"
    bad = f"list_bool_or(list_transform({members}, lambda one: json_cell_is_bad_integer(one)))"
    return (
        f"list_sum(list_transform({members}, lambda one: json_cell_integer(one)))",
        f"coalesce({bad}, false)",
    )


def a_member_is_negative(parent: str, pattern: str) -> str:
    """Return whether one of an object's members whose names match a pattern is below 0."""
    members = f"json_members({parent}, {text_literal(pattern)})"
    below = f"list_transform({members}, lambda one: json_cell_is_negative(one))"
    # few objects hold a sign, and only in these are members looked for once more
    is_there = f"contains(cast({parent} as varchar), '-')"
    return f"case when {is_there} then coalesce(list_bool_or({below}), false) else false end"


def document_of(up: int) -> str:
    """Return the column of a record's document, or of its parent so many levels up."""
    return f"up{up}" if up else "document"
