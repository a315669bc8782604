"""A team's own suite of Great Expectations over `daily_usage`: exact, and what it does not run is refused.

Rules that are statements belong to `test_own_rules`.
"""

import json
import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pricing_assets.checks import expectations, expected_rows, own_rules, own_suite
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.contract import tables
from pricing_assets.db import connection as duck
from pricing_assets.db.io import no_rows
from pricing_assets.home import HomeSettings
from pricing_assets.home.check_rule import BLOCKS, WARNS
from tests.support.workspace import LIMITS, Workspace, row

DAY = date(2026, 2, 3)
Row = tuple[date, str | None, str, int, Decimal, Decimal]


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duck.connection(LIMITS) as con:
        con.execute(f"create table daily_usage as {no_rows(tables.stored('daily_usage', ()))}")
        con.execute("create table checked (usage_date date)")
        yield con


def fill(con: duckdb.DuckDBPyConnection, rows: list[Row], days: int = 1) -> None:
    con.execute("delete from daily_usage")
    con.execute("delete from checked")
    con.executemany("insert into checked values ($1)", [[DAY + timedelta(n)] for n in range(days)])
    if rows:
        con.executemany("insert into daily_usage values ($1, $2, $3, $4, $5, $6)", rows)


def found(con: duckdb.DuckDBPyConnection, kind: str, **kwargs: Any) -> list[tuple[date, str]]:
    expected_rows.claim(kind, kwargs)
    return sorted(expected_rows.faults(con, kind, kwargs).fetchall())


def a_row(org_id: str | None = "acme", **more: Any) -> Row:
    given = {"usage_date": DAY, "events": 1, "credits": Decimal(1), "usd": Decimal("0.01")} | more
    return (given["usage_date"], org_id, "llm_text_chat", given["events"], given["credits"],
            given["usd"])  # fmt: skip


def test_bounds_are_exact_to_the_last_digit(con: duckdb.DuckDBPyConnection) -> None:
    """As floats, all of these are one number."""
    large = Decimal("12345678901234567890.123456789")
    nano = Decimal("0.000000001")
    fill(con, [a_row(credits=large)])
    kind = "expect_column_values_to_be_between"
    assert found(con, kind, column="credits", max_value=str(large)) == []
    assert found(con, kind, column="credits", max_value=large) == []
    shown = f"acme llm_text_chat: credits is {large}"
    below = Decimal("12345678901234567890.123456788")
    assert large - below == nano
    assert found(con, kind, column="credits", max_value=below) == [(DAY, shown)]
    assert found(con, kind, column="credits", max_value=large, strict_max=True) == [(DAY, shown)]
    total = "expect_column_sum_to_be_between"
    assert found(con, total, column="credits", min_value=large) == []
    assert found(con, total, column="credits", max_value=below) == [
        (DAY, f"the sum of credits is {large}")
    ]


def test_numbers_of_the_file_are_exact(tmp_path: Path) -> None:
    file = tmp_path / "finance.suite.json"
    bound = "12345678901234567890.123456789"
    kwargs = f'{{"column": "credits", "max_value": {bound}}}'
    text = f'{{"name": "f", "expectations": [{{"type": "expect_column_values_to_be_between", "kwargs": {kwargs}}}]}}'
    (one,) = own_suite.parse(file, text, "0" * 64)
    assert one.kwargs["max_value"] == Decimal(bound)
    assert one.rule.name == "finance_1_column_values_to_be_between"
    assert one.rule.description == f"column values to be between: column credits, max_value {bound}"


def test_a_date_without_rows_is_not_left_out(con: duckdb.DuckDBPyConnection) -> None:
    fill(con, [a_row()], days=2)
    after = DAY + timedelta(1)
    assert found(con, "expect_table_row_count_to_be_between", min_value=1) == [
        (after, "the number of rows is 0")
    ]
    assert found(con, "expect_table_row_count_to_equal", value=0) == [
        (DAY, "the number of rows is 1")
    ]
    assert found(con, "expect_column_max_to_be_between", column="credits", max_value=5) == [
        (after, "the max of credits is (null)")
    ]
    assert found(con, "expect_column_sum_to_be_between", column="events", min_value=1) == [
        (after, "the sum of events is 0")
    ]
    assert found(con, "expect_column_sum_to_be_between", column="events", max_value=0) == [
        (DAY, "the sum of events is 1")
    ]


# Expectations, with parameters that split small frames of integers and texts.
SPLITTING = [
    ("expect_column_values_to_be_between", {"column": "events", "min_value": 2, "max_value": 4}),
    ("expect_column_values_to_be_between", {"column": "events", "min_value": 2, "strict_min": True}),
    ("expect_column_values_to_be_between", {"column": "events", "max_value": 3, "strict_max": True}),
    ("expect_column_values_to_be_in_set", {"column": "org_id", "value_set": ["acme", "globex"]}),
    ("expect_column_values_to_be_in_set", {"column": "events", "value_set": [1, 2, 3]}),
    ("expect_column_values_to_not_be_in_set", {"column": "org_id", "value_set": ["globex"]}),
    ("expect_column_values_to_be_null", {"column": "org_id"}),
    ("expect_column_values_to_not_be_null", {"column": "org_id"}),
    ("expect_column_values_to_match_regex", {"column": "org_id", "regex": "^[ag].*[ex]$"}),
    ("expect_column_values_to_not_match_regex", {"column": "org_id", "regex": "obe"}),
    ("expect_column_value_lengths_to_be_between", {"column": "org_id", "max_value": 6}),
    ("expect_compound_columns_to_be_unique", {"column_list": ["org_id", "billing_type"]}),
    ("expect_column_sum_to_be_between", {"column": "events", "max_value": 9}),
    ("expect_column_min_to_be_between", {"column": "events", "min_value": 2}),
    ("expect_column_max_to_be_between", {"column": "events", "max_value": 4, "strict_max": True}),
    ("expect_table_row_count_to_be_between", {"min_value": 2, "max_value": 4}),
    ("expect_table_row_count_to_equal", {"value": 3}),
    ("expect_column_pair_values_a_to_be_greater_than_b",
     {"column_A": "events", "column_B": "credits", "or_equal": True}),
]  # fmt: skip


@pytest.mark.slow
def test_each_says_what_great_expectations_says(
    con: duckdb.DuckDBPyConnection, real_judge: None
) -> None:
    """On small whole numbers and texts, which floats hold exactly; one frame is one date."""
    expectations.preload().join()
    import great_expectations as gx
    import pandas as pd
    from great_expectations.data_context.types.base import ProgressBarsConfig

    assert {kind for kind, _ in SPLITTING} == expected_rows.SUPPORTED.keys()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    suite = gx.ExpectationSuite("own")
    for kind, kwargs in SPLITTING:
        name = "".join(word.capitalize() for word in kind.split("_"))
        more = {"ignore_row_if": "both_values_are_missing"} if "pair" in kind else {}
        suite.add_expectation(getattr(gx.expectations, name)(**kwargs, **more))
    rng = random.Random(20)
    held = {(holds, n): 0 for holds in (True, False) for n in range(len(SPLITTING))}
    every = ("acme", "globex", "initech", None)
    for names, least, most, size in (
        (every, 1, 5, 5),
        ((None,), 3, 5, 1),
        (("acme",), 1, 2, 3),
        (("globex", "acme"), 4, 5, 2),
        (every, 1, 3, 3),
    ):
        rows = [
            a_row(
                rng.choice(names),
                events=rng.randint(least, most),
                credits=Decimal(rng.randint(1, 3)),
            )
            for _ in range(size)
        ]
        fill(con, rows)
        columns = ("usage_date", "org_id", "billing_type", "events", "credits", "usd")
        frame = pd.DataFrame([dict(zip(columns, one, strict=True)) for one in rows])
        frame["credits"] = frame["credits"].astype("int64")
        batch = context.data_sources.pandas_default.read_dataframe(frame)
        results = _by_expectation(batch.validate(suite).results)
        for n, (kind, kwargs) in enumerate(SPLITTING):
            ours = not found(con, kind, **kwargs)
            assert ours == results[_key(kind, kwargs)], (kind, kwargs, rows)
            held[ours, n] += 1
    assert all(held.values()), [SPLITTING[n] for (_, n), times in held.items() if not times]


def _key(kind: str, kwargs: dict[str, Any]) -> tuple[str, str]:
    return kind, json.dumps(kwargs, sort_keys=True)


def _by_expectation(results: list[Any]) -> dict[tuple[str, str], bool]:
    """The success of each result, by its expectation."""
    given = {_key(*one): one for one in SPLITTING}
    answers: dict[tuple[str, str], bool] = {}
    for result in results:
        config = result.expectation_config
        for key, (kind, kwargs) in given.items():
            known = {name: config.kwargs.get(name) for name in kwargs}
            flags = {name: bool(config.kwargs.get(name)) for name in ("strict_min", "strict_max")}
            wanted = {name: bool(kwargs.get(name)) for name in flags}
            if config.type == kind and known == kwargs and flags == wanted:
                answers[key] = result.success
    assert answers.keys() == given.keys()
    return answers


BETWEEN = "expect_column_values_to_be_between"
# An expectation, and what is said of it.
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"type": "expect_column_mean_to_be_between", "kwargs": {"column": "credits", "max_value": 1}},
     "expectation 1, expect_column_mean_to_be_between: it is not supported; those that are: expect_"),
    ({"type": "expect_nonsense"}, "it is not supported"),
    ({"kwargs": {}}, "expectation 1 has no type"),
    ({"type": BETWEEN, "kwargs": {"column": "credit", "max_value": 1}},
     "'credit' is not a column; daily_usage has usage_date, org_id, billing_type, events, credits, usd"),
    ({"type": BETWEEN, "kwargs": {"max_value": 1}}, "None is not a column"),
    ({"type": BETWEEN, "kwargs": {"column": "credits"}}, "so that every value passes"),
    ({"type": BETWEEN, "kwargs": {"column": "credits", "max_value": "0.0000000001"}},
     "max_value '0.0000000001' has more decimals than credits, which has 9"),
    ({"type": BETWEEN, "kwargs": {"column": "events", "max_value": "1.5"}}, "more decimals than events"),
    ({"type": BETWEEN, "kwargs": {"column": "events", "max_value": True}}, "True is not a number"),
    ({"type": BETWEEN, "kwargs": {"column": "events", "max_value": "many"}}, "'many' is not a number"),
    ({"type": BETWEEN, "kwargs": {"column": "events", "max_value": "NaN"}}, "'NaN' is not a number"),
    ({"type": BETWEEN, "kwargs": {"column": "credits", "max_value": "1e40"}}, "larger than credits"),
    ({"type": BETWEEN, "kwargs": {"column": "org_id", "max_value": "z"}}, "org_id is a text"),
    ({"type": BETWEEN, "kwargs": {"column": "usage_date", "max_value": "tomorrow"}}, "is not a date like"),
    ({"type": BETWEEN, "kwargs": {"column": "events", "max_value": 1, "mostly": 0.9}},
     "mostly is not supported"),
    ({"type": BETWEEN, "kwargs": {"column": "events", "max_value": 1, "row_condition": "x"}},
     "row_condition is not supported; it takes column, min_value"),
    ({"type": BETWEEN, "kwargs": {"column": "events", "max_value": {"$PARAMETER": "x"}}},
     "is not a number"),
    ({"type": BETWEEN, "kwargs": {"column": "events", "max_value": 1, "strict_max": "yes"}},
     "strict_max is neither true nor false"),
    ({"type": BETWEEN, "kwargs": {"column": "events", "max_value": 1}, "severity": "fatal"},
     "severity 'fatal' is none of critical, warning, info"),
    ({"type": BETWEEN, "kwargs": {"column": "events", "max_value": 1}, "enabled": False},
     "enabled is not supported"),
    ({"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "org_id", "value_set": []}},
     "value_set is not a list of values"),
    ({"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "org_id", "value_set": [None]}},
     "value_set None is not a text"),
    ({"type": "expect_column_values_to_match_regex", "kwargs": {"column": "org_id", "regex": "("}},
     "Invalid Input Error"),
    ({"type": "expect_column_values_to_match_regex", "kwargs": {"column": "events", "regex": "1"}},
     "regex is a text, and column one of org_id, billing_type"),
    ({"type": "expect_table_row_count_to_equal", "kwargs": {"value": -1}}, "not a whole number from 0"),
    ({"type": "expect_column_sum_to_be_between", "kwargs": {"column": "org_id", "max_value": 1}},
     "org_id"),
    ({"type": "expect_compound_columns_to_be_unique", "kwargs": {"column_list": []}}, "not a list of columns"),
    ({"type": "expect_column_pair_values_a_to_be_greater_than_b",
      "kwargs": {"column_A": "events", "column_B": "org_id"}}, "org_id is not a number"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "said"), WRONG)
def test_what_is_not_run_is_refused_by_name(
    tmp_path: Path, wrong: dict[str, Any], said: str
) -> None:
    file = tmp_path / "finance.suite.json"
    file.write_text(json.dumps({"name": "finance", "expectations": [wrong]}))
    with pytest.raises(ConfigurationError) as raised:
        own_rules.require(HomeSettings(checks=str(tmp_path)))
    assert str(file) in str(raised.value)
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not JSON"),
        ("[]", "it is not a suite"),
        ('{"name": "f", "expectations": []}', "it is not a suite"),
        ('{"expectations": [{}]}', "it is not a suite"),
        ('{"name": "f", "expectations": [1]}', "expectation 1 has no type"),
        ('{"name": "f", "expectations": [{}], "data": 1}', "a suite has no data"),
        ('{"name": "f", "expectations": [{"type": NaN}]}', "is not JSON: NaN is not a number"),
    ],
)
def test_what_is_no_suite_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "f.suite.json").write_text(text)
    with pytest.raises(ConfigurationError, match=said):
        own_rules.load(str(tmp_path))


def test_an_expectation_blocks_or_warns_as_its_severity_says(workspace: Workspace) -> None:
    checks = workspace.folder / "checks"
    checks.mkdir()
    suite = {
        "name": "finance",
        "expectations": [
            {"type": "expect_column_values_to_be_in_set", "severity": "critical",
             "kwargs": {"column": "org_id", "value_set": ["globex"]},
             "description": "only one customer", "id": None, "meta": {}},
            {"type": "expect_table_row_count_to_equal", "severity": "warning",
             "kwargs": {"value": 7}},
        ],
        "id": "d2bc9d5e-5a6a-4d6c-8e5d-9e2f2b7f1f42",
        "meta": {"great_expectations_version": "1.24.1"},
        "notes": None,
    }  # fmt: skip
    (checks / "finance.suite.json").write_text(json.dumps(suite))
    workspace.log("a.parquet", row())
    workspace = workspace.under(checks=str(checks))
    ran = workspace.run()
    assert ran.states() == {"2026-02-03": ("blocked", None)}
    (outcome,) = ran.published
    in_set = "finance_1_column_values_to_be_in_set"
    assert outcome.reason == f"{in_set}: acme llm_text_chat: org_id is acme"
    counted = "finance_2_table_row_count_to_equal"
    assert outcome.warnings == {counted: ["the number of rows is 1"]}
    attempt = workspace.home.blocked(DAY)
    assert attempt is not None
    assert [(one.severity, one.description) for one in attempt.own_rules] == [
        (BLOCKS, "only one customer"),
        (WARNS, "table row count to equal: value 7"),
    ]


def test_a_suite_that_great_expectations_writes_is_read(tmp_path: Path, real_judge: None) -> None:
    expectations.preload().join()
    import great_expectations as gx

    gx.get_context(mode="ephemeral")
    suite = gx.ExpectationSuite("finance")
    suite.add_expectation(
        gx.expectations.ExpectColumnValuesToBeBetween(column="credits", min_value=0)
    )
    (tmp_path / "finance.suite.json").write_text(json.dumps(suite.to_json_dict()))
    (one,) = own_rules.require(HomeSettings(checks=str(tmp_path)))
    assert one.rule.severity == BLOCKS
