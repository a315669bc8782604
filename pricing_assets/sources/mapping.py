"""What a source becomes: one SELECT over the raw records of a file.

What one rule becomes belongs to `expressions`; which records there are, to `raw_files`.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from pricing_assets.contract.billing import BILLING_TYPES, SERVICES, TOKEN_CLASSES
from pricing_assets.contract.usage_log import LOG_COLUMNS
from pricing_assets.db.io import quoted, text_literal
from pricing_assets.sources import paths
from pricing_assets.sources.cells import Cells
from pricing_assets.sources.expressions import (
    column_value,
    conditional_value,
    made_name,
    meets,
    negative_part,
)
from pricing_assets.sources.json_values import stacked
from pricing_assets.sources.source import INTEGERS, ColumnRule, Source

_TYPES: Final = {column.name: column.type for column in LOG_COLUMNS}
_TOTAL, _TOTAL_IS_BAD, _PARTS, _HAS_UNKNOWN_KEYS, _UPDATED_AT = (
    quoted(f"{name} of the check")
    for name in ("total", "bad total", "parts", "unknown keys", "updated_at")
)
_TOKENS: Final = ("input_tokens", "output_tokens")


def metering_tokens() -> tuple[str, ...]:
    """Return the billing types whose service meters tokens of a call."""
    return tuple(
        name
        for name, service in BILLING_TYPES.items()
        if "input_tokens" in SERVICES[service].meters
    )


def select(source: Source, cells: Cells) -> str:
    """Return the mapped rows of `raw` as SQL: one row per raw record, in order, with the contract's
    columns, dimensions, token classes, `outcome` (null where the row goes on), `record_updated_at` and `row_number`; of JSON
    also its document's number."""
    keys = "".join(f", {key}" for key in cells.row_keys)
    order = " order by row_number" if "row_number" in cells.row_keys else ""
    later_names = source.conditional
    first = {name: rule for name, rule in source.columns.items() if name not in later_names}
    selected = {name: column_value(name, rule, cells) for name, rule in first.items()}
    later = {
        name: conditional_value(name, rule, cells, first)
        for name, rule in source.columns.items()
        if name in later_names
    }
    skips = [
        (name, " or ".join(meets(test, cells, source.columns) for test in tests))
        for name, tests in source.skip.items()
    ]
    bad = [bad for _, bad in (selected | later).values() if bad != "false"]
    updated = "cast(null as timestamp)"
    if source.latest is not None:
        updated = f"instant_of_text({cells.text(paths.parse(source.latest))}, 0)"
    values = [f"{value} as {made_name(name)}" for name, (value, _) in selected.items()]
    values += [f"{_unknown_keys(source, cells)} as {_HAS_UNKNOWN_KEYS}"]
    values += [f"{updated} as {_UPDATED_AT}"]
    dependent = [f"{value} as {made_name(name)}" for name, (value, _) in later.items()]
    dependent += [f"{value} as {name}" for name, value in _sums(source, cells, first).items()]
    negative = [negative_part(source.columns[name], cells, first) for name in _integers(source)]
    only_excluded = _only_excluded(source, cells, first)
    outcome = _outcome(source, cells.unreadable, skips, bad, only_excluded, negative)
    conditions = [f"{holds} as {name}" for holds, name in cells.conditions.items()]
    return (
        f"select {', '.join(_cast(name, source) for name in column_names(source))},"
        f" {outcome} as outcome, {_UPDATED_AT} as record_updated_at{keys}"
        f" from {stacked(cells.relation, ['*', *values], ['*', *conditions], ['*', *dependent])}{order}"
    )


def column_names(source: Source) -> tuple[str, ...]:
    """Return the names of the columns that mapped rows have."""
    tier = ("tier",) if "tier" in source.columns else ()
    more = [name for name in source.dimensions if name not in _TYPES]
    return (*(column.name for column in LOG_COLUMNS if column.name != "tier"), *tier, *more)


def _cast(name: str, source: Source) -> str:
    kind = _TYPES.get(name, "VARCHAR")
    value = made_name(name) if name in source.columns else "null"
    if name == "tier":  # CSV has no null
        value = f"nullif({value}, '')"
    if name in INTEGERS and name in source.columns and not _is_one_number(source.columns[name]):
        # a sum may be beyond 64 bits; the greatest is not a quantity that is charged
        value = f"within_bigint({value})"
    return f"cast({value} as {kind}) as {quoted(name)}"


def _is_one_number(rule: ColumnRule) -> bool:
    """Return whether what a rule makes is a number as it stands in the record, which is one of 64 bits."""
    if rule.verb == "first":
        return all(map(_is_one_number, rule.value))
    return rule.verb == "path" and paths.parse(rule.value).glob is None


def _unknown_keys(source: Source, cells: Cells) -> str:
    if source.known_keys is None:
        return "false"
    path, keys = source.known_keys
    known = " or ".join(f"key glob {text_literal(key)}" for key in keys) or "false"
    members = cells.members(paths.parse(path))
    return f"coalesce(len(list_filter({members}, lambda key: not ({known}))) > 0, false)"


def _sums(source: Source, cells: Cells, first: Mapping[str, ColumnRule]) -> dict[str, str]:
    """Return what `check_sum` compares, by the columns on the way: the record's total, whether it is not a whole
    number, and the sum of the parts as the record has them, also those that `when` leaves out."""
    if source.check_sum is None:
        return {}
    path = paths.parse(source.check_sum[0])
    total, bad = cells.integer(path)
    parts = (
        made_name(name)
        if name in first
        else column_value(name, source.columns[name], cells, first)[0]
        for name in source.check_sum[1]
    )
    return {
        _TOTAL: total,
        _TOTAL_IS_BAD: f"case when {bad} then {cells.holds(path)} else false end",
        _PARTS: _added(parts),
    }


def _added(values: Iterable[str]) -> str:
    return " + ".join(f"coalesce(cast({value} as hugeint), 0)" for value in values)


def _only_excluded(source: Source, cells: Cells, first: Mapping[str, ColumnRule]) -> str:
    """Return whether a record whose type meters tokens has only such as every `when` leaves out: neither
    input nor output, as a source says."""
    rules = {name: source.columns[name] for name in _TOKENS if name in source.columns}
    unconditional = [
        column_value(name, rule, cells, first)[0]
        for name, rule in rules.items()
        if "when" in rule.also
    ]
    if not unconditional:
        return "false"
    return f"{_without(rules)} and {_added(unconditional)} > 0"


def _without(tokens: Iterable[str]) -> str:
    """Return whether a row of a type that meters tokens has none."""
    none = " and ".join(f"coalesce({made_name(name)}, 0) = 0" for name in tokens)
    types = ", ".join(map(text_literal, metering_tokens()))
    return f"coalesce({made_name('billing_type')} in ({types}), false) and {none}"


def _integers(source: Source) -> list[str]:
    return [name for name in INTEGERS if name in source.columns]


def _outcome(
    source: Source,
    unreadable: str,
    skips: list[tuple[str, str]],
    bad: list[str],
    only_excluded: str,
    negative: list[str],
) -> str:
    """Return where a record ends that does not go on as a row, decided in the contract's order."""
    cases = [f"when {unreadable} then 'unreadable_record'"]
    cases += [f"when {holds} then {text_literal(name)}" for name, holds in skips]
    if bad:
        tests = " or ".join(f"({one})" for one in bad)
        cases.append(f"when {tests} then 'not_an_integer'")
    cases.append(f"when {_HAS_UNKNOWN_KEYS} or ({only_excluded}) then 'unknown_usage_keys'")
    if source.check_sum is not None:
        kept = _added(made_name(name) for name in source.check_sum[1])
        cases.append(f"when {_TOTAL_IS_BAD} then 'usage_does_not_add_up'")
        cases.append(
            f"when {_TOTAL} <> {kept} and {_TOTAL} <> {_PARTS} then 'usage_does_not_add_up'"
        )
    integers = _integers(source)
    tokens = [name for name in _TOKENS if name in integers]
    if tokens:
        cases.append(f"when {_without(tokens)} then 'no_usage_reported'")
    if parts := [f"({one})" for one in negative if one != "false"]:
        cases.append(f"when {' or '.join(parts)} then 'bad_quantity'")
    for part, one in TOKEN_CLASSES.items():
        if part in integers:
            limit = f"coalesce({made_name(one.whole)}, 0)" if one.whole in integers else "0"
            cases.append(f"when {made_name(part)} not between 0 and {limit} then 'bad_quantity'")
    return f"case {' '.join(cases)} end"
