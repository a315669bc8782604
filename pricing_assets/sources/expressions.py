"""What a rule of a column, or a test of a record, becomes in SQL: an expression over the raw record.

How a cell is read belongs to `cells`, the statement as a whole to `mapping`.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from pricing_assets.db.io import quoted, text_literal
from pricing_assets.sources import paths
from pricing_assets.sources.cells import A_SECOND, Cells
from pricing_assets.sources.offsets import offset_seconds
from pricing_assets.sources.source import INTEGERS, ColumnRule, Test


def made_name(name: str) -> str:
    """Return the name of a mapped column on the way, which no raw column has."""
    return quoted(f"{name} of the row")


def column_value(
    name: str, rule: ColumnRule, cells: Cells, made: Collection[str] = ()
) -> tuple[str, str]:
    """Return the value of a column, and for a quantity whether what stands there is no whole number;
    conditions of alternatives may name columns that were made before."""
    if name == "event_time":
        return _instant(rule, cells), "false"
    if name in INTEGERS:
        return _integer(rule, cells, made)
    return _text(rule, cells, made, of_id=name == "event_id"), "false"


def conditional_value(
    name: str, rule: ColumnRule, cells: Cells, made: Collection[str]
) -> tuple[str, str]:
    """Return the same, of a column that is made only where its `when` holds, if it has one."""
    value, bad = column_value(name, rule, cells, made)
    return _where(rule, value, bad, cells, made)


def _where(
    rule: ColumnRule, value: str, bad: str, cells: Cells, made: Collection[str]
) -> tuple[str, str]:
    """Return a value, and whether it is none that may be, only where the rule's `when` holds."""
    if "when" not in rule.also:
        return value, bad
    holds = _when(rule.also["when"], cells, made)
    if made:
        holds = cells.condition(holds)
    return (
        f"case when {holds} then {value} end",
        "false" if bad == "false" else f"({holds}) and ({bad})",
    )


def _instant(rule: ColumnRule, cells: Cells) -> str:
    if rule.verb == "first":
        return f"coalesce({', '.join(_instant(ColumnRule(one.verb, one.value, {**rule.also, **one.also}), cells) for one in rule.value)})"
    path, also = paths.parse(rule.value), rule.also
    if "epoch" in also:
        return cells.epoch(path, A_SECOND[also["epoch"]])
    seconds = offset_seconds(str(also.get("zone", "text")))
    if "time_format" in also:
        form = str(also["time_format"])
        parsed = f"try_strptime({cells.text(path)}, {text_literal(form)})"
        micros = f"micros_of_nanos(epoch_ns({parsed}))" if "%n" in form else f"epoch_us({parsed})"
        east = 0 if "%z" in form.lower() else seconds or 0  # a text that names its zone is in it
        return f"instant_of_micros({micros} - micros_of_seconds({east}))"
    return cells.instant(path, seconds)


def _integer(rule: ColumnRule, cells: Cells, made: Collection[str]) -> tuple[str, str]:
    if rule.verb == "const":
        return str(rule.value), "false"
    if rule.verb == "first":
        found = _alternatives(rule, cells, made)
        return f"coalesce({', '.join(value for value, _ in found)})", _first_bad(rule, found, cells)
    if rule.verb == "sum":
        found = [cells.integer(paths.parse(one)) for one in rule.value]
        values = ", ".join(value for value, _ in found)
        return f"list_sum([{values}])", " or ".join(f"({bad})" for _, bad in found)
    path = paths.parse(rule.value)
    if "scale" not in rule.also:
        return cells.integer(path)
    text, scale = cells.number(path), str(rule.also["scale"])
    exact = f"decimal_of_text({text}) * cast({text_literal(scale)} as decimal(9, {len(scale.partition('.')[2])}))"
    whole = f"try_cast(floor({exact}) as bigint)"
    no_number = f"({text}) is not null and ({text}) <> '' and ({whole}) is null"
    if "floor" not in rule.also:
        no_number = f"({no_number}) or ({exact}) <> floor({exact}) or has_more_decimals({text})"
    return whole, no_number


def _alternatives(rule: ColumnRule, cells: Cells, made: Collection[str]) -> list[tuple[str, str]]:
    """Return the same of each alternative of a `first`."""
    rules = [ColumnRule(one.verb, one.value, {**one.also, **rule.also}) for one in rule.value]
    return [
        _where(one, *_integer(whole, cells, made), cells, made)
        for one, whole in zip(rule.value, rules, strict=True)
    ]


def negative_part(rule: ColumnRule, cells: Cells, made: Collection[str] = ()) -> str:
    """Return whether one of the numbers that a quantity sums is below 0: others beside it would hide it."""
    if rule.verb == "first":
        negative = "false"
        tried = [*zip(rule.value, _alternatives(rule, cells, made), strict=True)]
        for one, (value, _) in reversed(tried):
            below = negative_part(one, cells, made)
            if (below, negative) != ("false", "false"):
                negative = f"case when {value} is not null then {below} else {negative} end"
    else:
        texts = [rule.value] if rule.verb == "path" else rule.value if rule.verb == "sum" else []
        some = [path for path in map(paths.parse, texts) if rule.verb == "sum" or path.glob]
        negative = " or ".join(map(cells.is_negative, some)) or "false"
    return _where(rule, "null", negative, cells, made)[1]


def _first_bad(rule: ColumnRule, found: list[tuple[str, str]], cells: Cells) -> str:
    """Return whether the first alternative that is not blank is not a whole number; where all are blank, whether
    one of them is none, as it is without `first`."""
    bad = " or ".join(f"({one})" for _, one in found)
    for one, (value, alone) in reversed([*zip(rule.value, found, strict=True)]):
        is_there = cells.holds(paths.parse(one.value)) if one.verb == "path" else "true"
        is_bad = f"({alone}) and {is_there}"
        # a sum without the part that is none has a value, too
        bad = f"case when {value} is not null then {alone} when {is_bad} then true else {bad} end"
    return bad


def _text(rule: ColumnRule, cells: Cells, made: Collection[str], *, of_id: bool = False) -> str:
    if rule.verb == "const":
        return text_literal(rule.value)
    if rule.verb == "first":
        value = _first(rule, cells, made, of_id=of_id)
    elif rule.verb == "sum":
        value = _joined([cells.text(paths.parse(one)) for one in rule.value], of_id=of_id)
    else:
        value = cells.text(paths.parse(rule.value))
    if "strip" in rule.also:
        value = _stripped(value, rule.also["strip"])
    if "map" in rule.also:
        value = _mapped(value, rule.also["map"])
    return value


def _stripped(value: str, pattern: str) -> str:
    """Return a text without what a pattern matches at an end of it; most hold no `/` or `:`, without
    which a pattern that ends so cannot match."""
    stripped = f"regexp_replace({value}, {text_literal(pattern)}, '')"
    if re.fullmatch(r"\^(\([\w|]*\)|\w|\[\^?[/:]\]\*)*[/:]", pattern):
        return f"case when contains({value}, {text_literal(pattern[-1])}) then {stripped} else {value} end"
    return stripped


def _joined(parts: list[str], *, of_id: bool) -> str:
    """Return texts joined by `/`, of which none may be blank. In an id only the first may hold a `/` as it
    is, so that a/b and c are not a and b/c."""
    spelled = [f"part_of_id({one})" if of_id and place else one for place, one in enumerate(parts)]
    are_there = " and ".join(f"holds_text({one})" for one in parts)
    joined = " || '/' || ".join(spelled)
    return f"case when {are_there} then {joined} end"


def _first(rule: ColumnRule, cells: Cells, made: Collection[str], *, of_id: bool) -> str:
    """Return the first alternative that is not blank; a constant among them ends the search."""
    tried = []
    for one in rule.value:
        value, _ = _where(one, _text(one, cells, made, of_id=of_id), "false", cells, made)
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


def _when(
    when: Mapping[str, list[Any]], cells: Cells, made: Collection[str], not_found: str = "true"
) -> str:
    """Return whether every condition holds. A column that was not found does not speak against a value:
    such a row is not charged, and shows what it had."""
    holds = []
    for key, values in when.items():
        name = f"cast({made_name(key)} as varchar)" if key in INTEGERS else made_name(key)
        if key in made and ("" in values or "*" in values):
            holds.append(_one_of(name, values))
        elif key in made:
            holds.append(f"coalesce({name} in ({_list(values)}), {not_found})")
        else:
            holds.append(_one_of(cells.text(paths.parse(key)), values))
    return " and ".join(f"({one})" for one in holds)


def _one_of(value: str, values: Collection[Any]) -> str:
    """Return whether a text is one of some; `""` stands for a blank or missing one, `"*"` for any
    other."""
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


def meets(test: Test, cells: Cells, made: Collection[str]) -> str:
    """Return whether a record meets a test of [skip], whose `when` may name columns that were made."""
    values = [cells.text(paths.parse(path)) for path in test.paths]
    if test.missing is not None:
        blank = " and ".join(f"not holds_text({value})" for value in values)
        holds = f"({blank})" if test.missing else f"not ({blank})"
    else:
        listed = _list(test.values)
        holds = f"({' or '.join(f'coalesce({value} in ({listed}), false)' for value in values)})"
    return f"({holds} and {_when(test.when, cells, made, 'false')})" if test.when else holds
