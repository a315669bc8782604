"""What a source becomes: one SELECT over the raw records of a file.

How cells are read belongs to `cells`; which records there are, to `raw_files`.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final

from pricing_assets.contract.billing import BILLING_TYPES, QUANTITIES, SERVICES
from pricing_assets.contract.usage_log import LOG_COLUMNS
from pricing_assets.db.io import quoted, text_literal
from pricing_assets.sources import paths
from pricing_assets.sources.cells import A_SECOND, Cells
from pricing_assets.sources.offsets import offset_seconds
from pricing_assets.sources.source import INTEGERS, TOKEN_CLASSES, Rule, Source, Test

_TYPES: Final = {column.name: column.type for column in LOG_COLUMNS}
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
    columns, dimensions, token classes, `outcome` (null where the row goes on) and `row_number`."""
    first = {name: rule for name, rule in source.columns.items() if "when" not in rule.also}
    made = {name: _column(name, rule, cells) for name, rule in first.items()}
    later = {
        name: _conditional(name, rule, cells, first)
        for name, rule in source.columns.items()
        if "when" in rule.also
    }
    skips = [
        (name, " or ".join(_holds(test, cells) for test in tests))
        for name, tests in source.skip.items()
    ]
    bad = [(name, bad) for name, (_, bad) in (made | later).items() if bad != "false"]
    total = "null"
    if source.check_sum is not None:
        total = cells.integer(paths.parse(source.check_sum[0]))[0]
    updated = "null" if source.latest is None else cells.text(paths.parse(source.latest))
    values = [f"{value} as {_made(name)}" for name, (value, _) in made.items()]
    values += [f"coalesce({holds}, false) as skip{place}" for place, (_, holds) in enumerate(skips)]
    values += [f"{_unknown_keys(source, cells)} as has_unknown_keys"]
    values += [f"{total} as total", f"{updated} as updated_at"]
    dependent = [f"{value} as {_made(name)}" for name, (value, _) in later.items()]
    dependent += [f"coalesce({flag}, false) as {quoted(f'{name} is bad')}" for name, flag in bad]
    outcome = _outcome(source, [name for name, _ in skips], [name for name, _ in bad])
    return (
        f"select {', '.join(_cast(name, source) for name in column_names(source))},"
        f" {outcome} as outcome, updated_at, row_number"
        f" from (select {', '.join(['*', *dependent])}"
        f" from (select {', '.join(['*', *values])} from {cells.relation})) order by row_number"
    )


def column_names(source: Source) -> tuple[str, ...]:
    """Return the names of the columns that mapped rows have."""
    tier = ("tier",) if "tier" in source.columns else ()
    more = [name for name in source.dimensions if name not in _TYPES]
    return (*(column.name for column in LOG_COLUMNS), *TOKEN_CLASSES, *tier, *more)


def _made(name: str) -> str:
    """Return the name of a mapped column on the way, which no raw column has."""
    return quoted(f"{name} of the row")


def _cast(name: str, source: Source) -> str:
    kind = _TYPES.get(name, "BIGINT" if name in TOKEN_CLASSES else "VARCHAR")
    value = _made(name) if name in source.columns else "null"
    if name in TOKEN_CLASSES or name in QUANTITIES:
        # sums may be beyond 64 bits; the greatest is no quantity that is charged
        value = f"within_bigint({value})"
    return f"cast({value} as {kind}) as {quoted(name)}"


def _column(name: str, rule: Rule, cells: Cells) -> tuple[str, str]:
    """Return the value of a column, and for a quantity whether what stands there is no whole number."""
    if name == "event_time":
        return _instant(rule, cells), "false"
    return _integer(rule, cells) if name in INTEGERS else (_text(rule, cells), "false")


def _conditional(name: str, rule: Rule, cells: Cells, first: Collection[str]) -> tuple[str, str]:
    """Return the same, of a column that is made only where `when` holds."""
    value, bad = _column(name, rule, cells)
    holds = _when(rule.also["when"], cells, first)
    return (
        f"case when {holds} then {value} end",
        "false" if bad == "false" else f"({holds}) and ({bad})",
    )


def _instant(rule: Rule, cells: Cells) -> str:
    if rule.verb == "first":
        return f"coalesce({', '.join(_instant(Rule(one.verb, one.value, {**rule.also, **one.also}), cells) for one in rule.value)})"
    path, also = paths.parse(rule.value), rule.also
    if "epoch" in also:
        return f"instant_of_epoch({cells.number(path)}, {A_SECOND[also['epoch']]})"
    seconds = offset_seconds(str(also.get("zone", "text")))
    if "time_format" in also:
        form = text_literal(str(also["time_format"]))
        return f"instant_of_format({cells.text(path)}, {form}, {seconds or 0})"
    return cells.instant(path, seconds)


def _integer(rule: Rule, cells: Cells) -> tuple[str, str]:
    if rule.verb == "const":
        return str(rule.value), "false"
    if rule.verb == "first":
        found = [
            _integer(Rule(one.verb, one.value, {**one.also, **rule.also}), cells)
            for one in rule.value
        ]
        return f"coalesce({', '.join(value for value, _ in found)})", " or ".join(
            f"({bad})" for _, bad in found
        )
    if rule.verb == "sum":
        found = [cells.integer(paths.parse(one)) for one in rule.value]
        values = ", ".join(value for value, _ in found)
        return f"list_sum([{values}])", " or ".join(f"({bad})" for _, bad in found)
    path = paths.parse(rule.value)
    if "scale" not in rule.also:
        return cells.integer(path)
    text, scale = cells.number(path), str(rule.also["scale"])
    exact = f"try_cast({text} as decimal(28, 12)) * cast({text_literal(scale)} as decimal(9, {len(scale.partition('.')[2])}))"
    whole = f"try_cast(floor({exact}) as bigint)"
    no_number = f"({text}) is not null and ({text}) <> '' and ({whole}) is null"
    if "floor" not in rule.also:
        no_number = f"({no_number}) or ({exact}) <> floor({exact})"
    return whole, no_number


def _text(rule: Rule, cells: Cells) -> str:
    if rule.verb == "const":
        return text_literal(rule.value)
    if rule.verb == "first":
        value = _first(rule, cells)
    elif rule.verb == "sum":
        parts = " || '/' || ".join(cells.text(paths.parse(one)) for one in rule.value)
        value = f"({parts})"
    else:
        value = cells.text(paths.parse(rule.value))
    if "strip" in rule.also:
        value = f"regexp_replace({value}, {text_literal(rule.also['strip'])}, '')"
    if "map" in rule.also:
        value = _mapped(value, rule.also["map"])
    return value


def _first(rule: Rule, cells: Cells) -> str:
    """Return the first alternative that is not blank; a constant among them ends the search."""
    tried = []
    for one in rule.value:
        value = _text(one, cells)
        if "when" in one.also:
            value = f"case when {_when(one.also['when'], cells, ())} then {value} end"
        tried.append(
            value if one.verb == "const" else f"case when holds_text({value}) then {value} end"
        )
    return f"coalesce({', '.join(tried)})"


def _mapped(value: str, names: Mapping[str, str]) -> str:
    """Return a value by another name; `""` stands for a blank or missing one, `"*"` for any other."""
    named = {old: new for old, new in names.items() if old not in ("", "*")}
    keys, values = (", ".join(map(text_literal, some)) for some in (named, named.values()))
    found = f"map([{keys}], [{values}])[{value}]" if named else "null"
    cases = []
    if "" in names:
        cases.append(f"when not holds_text({value}) then {text_literal(names[''])}")
    rest = found
    if "*" in names:
        other = f"case when holds_text({value}) then {text_literal(names['*'])} end"
        rest = f"coalesce({found}, {other})"
    return f"case {' '.join(cases)} else {rest} end" if cases else rest


def _when(when: Mapping[str, list[Any]], cells: Cells, columns: Collection[str]) -> str:
    """Whether every condition holds. A column that was not found does not speak against the value:
    such a row is not charged, and shows what it had."""
    holds = []
    for key, values in when.items():
        if key in columns:
            holds.append(f"coalesce({_made(key)} in ({_list(values)}), true)")
        else:
            holds.append(_one_of(cells.text(paths.parse(key)), values))
    return " and ".join(f"({one})" for one in holds)


def _one_of(value: str, values: Collection[Any]) -> str:
    """Whether a text is one of some; `""` stands for a blank or missing one, `"*"` for any other."""
    tests = []
    if "" in values:
        tests.append(f"not holds_text({value})")
    if "*" in values:
        tests.append(f"holds_text({value})")
    if named := [one for one in values if one not in ("", "*")]:
        tests.append(f"{value} in ({_list(named)})")
    return f"coalesce({' or '.join(tests) or 'false'}, false)"


def _list(values: Collection[Any]) -> str:
    return ", ".join(text_literal(_spelled(one)) for one in values) or "null"


def _spelled(value: Any) -> str:
    """Return a value of the TOML as the text of a cell."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _holds(test: Test, cells: Cells) -> str:
    values = [cells.text(paths.parse(path)) for path in test.paths]
    if test.missing is not None:
        blank = " and ".join(f"not holds_text({value})" for value in values)
        return f"({blank})" if test.missing else f"not ({blank})"
    one = " or ".join(f"coalesce({value} in ({_list(test.values)}), false)" for value in values)
    return f"({one})"


def _unknown_keys(source: Source, cells: Cells) -> str:
    if source.known_keys is None:
        return "false"
    path, keys = source.known_keys
    known = " or ".join(f"key glob {text_literal(key)}" for key in keys) or "false"
    members = cells.members(paths.parse(path))
    return f"coalesce(len(list_filter({members}, lambda key: not ({known}))) > 0, false)"


def _outcome(source: Source, skips: list[str], judged: list[str]) -> str:
    """Where a record ends that does not go on as a row, decided in the contract's order."""
    cases = ["when not is_readable then 'unreadable_record'"]
    cases += [f"when skip{place} then {text_literal(name)}" for place, name in enumerate(skips)]
    cases += [f"when {quoted(f'{name} is bad')} then 'not_an_integer'" for name in judged]
    cases.append("when has_unknown_keys then 'unknown_usage_keys'")
    if source.check_sum is not None:
        parts = " + ".join(
            f"coalesce(cast({_made(name)} as hugeint), 0)" for name in source.check_sum[1]
        )
        cases.append(f"when total is not null and total <> {parts} then 'usage_does_not_add_up'")
    integers = [name for name in INTEGERS if name in source.columns]
    tokens = [name for name in _TOKENS if name in integers]
    if tokens:
        none = " and ".join(f"coalesce({_made(name)}, 0) = 0" for name in tokens)
        types = ", ".join(map(text_literal, metering_tokens()))
        cases.append(
            f"when {_made('billing_type')} in ({types}) and {none} then 'no_usage_reported'"
        )
    for part, whole in TOKEN_CLASSES.items():
        if part in integers:
            limit = f"coalesce({_made(whole)}, 0)" if whole in integers else "0"
            cases.append(f"when {_made(part)} not between 0 and {limit} then 'bad_quantity'")
    return f"case {' '.join(cases)} end"
