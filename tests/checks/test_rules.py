"""Every check fails when what it guards is broken, and no other check with it unless it must.

A staged date is tampered with, one thing at a time, and judged again. What a run makes of a verdict
belongs to `test_versions`.
"""

import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pricing_assets.charges import price as charges
from pricing_assets.checks import expectations
from pricing_assets.checks import run as checks
from pricing_assets.checks.expectations import judge
from pricing_assets.checks.run import check_dates
from pricing_assets.checks.suite import EARLIER, RULES, WARNINGS
from pricing_assets.checks.verdict import Verdict
from pricing_assets.db import connection as duck
from pricing_assets.db import statements
from pricing_assets.db.statements import data_folder
from pricing_assets.home import Receipt
from pricing_assets.home.check_rule import BLOCKS, WARNS, Rule
from pricing_assets.home.inputs import Inputs
from pricing_assets.home.settings import HomeSettings
from pricing_assets.rates import Rates
from pricing_assets.rates import books as rates
from pricing_assets.usage import reduce as usage
from tests.support import plain_judge
from tests.support.cases import few_in_short
from tests.support.workspace import LIMITS, NOON, RATES, Workspace, of, row, write_card

DAY = date(2026, 2, 3)
TINY = "llm,Acme,Tiny,any,input_tokens,0.0000005,1000\n"  # 1 token is half a billionth of a credit
STORED = of("knowledge_storage", None, None, stored_tokens=1000, knowledge_base_id="kb-1")


@dataclass(frozen=True)
class Staged:
    """A date that is about to be published, with all that it is held against."""

    workspace: Workspace
    folder: Path
    receipts: Sequence[Receipt]
    rates: Rates
    terms: HomeSettings

    def judged(self) -> Verdict:
        with duck.connection(LIMITS, within=[self.folder, self.workspace.home.path]) as con:
            inputs = Inputs(self.workspace.home, self.receipts, self.rates, self.terms)
            verdicts = check_dates(con, inputs, {DAY: self.folder})
        (verdict,) = verdicts.values()
        return verdict


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    """A date with a bit of everything; the date before is published."""
    folder = tmp_path_factory.mktemp("checks")
    workspace = Workspace(folder, (write_card(folder / "book", RATES + TINY),))
    workspace.log("before.parquet", STORED | {"event_time": NOON - timedelta(days=1)})
    workspace.run()
    workspace.log(
        "a.parquet",
        row(event_id="1", agent_id="a", input_tokens=2000),
        row(event_id="2", agent_id="b"),
        row(event_id="2", agent_id="b"),
        row(event_id="3", agent_id="", output_tokens=5),
        row(event_id="4", model="Tiny", input_tokens=1, org_id="small"),
        row(event_id="5", org_id=""),
        of("tools_invocation", "Acme", "Search", requests=1, org_id="tools"),
        STORED,
    )
    workspace.run(received_at=datetime.fromisoformat("2026-02-03T18:00:00Z"))
    home = workspace.home
    terms, receipts = home.settings(), home.all_receipts()
    books = rates.load(workspace.books)
    stage = folder / "stage"
    stage.mkdir()
    with duck.connection(LIMITS, within=[folder, home.path]) as con:
        made = usage.reduce_dates(con, Inputs(home, receipts, books, terms), [DAY], stage)
    with duck.connection(LIMITS, within=[folder]) as con:
        charges.price_dates(con, made.stages, books, terms.dimensions)
    return Staged(workspace, made.stages[DAY], receipts, books, terms)


@pytest.fixture
def staged(sound: Staged, tmp_path: Path) -> Staged:
    """A copy to tamper with."""
    shutil.copytree(sound.folder, tmp_path / "stage")
    return replace(sound, folder=tmp_path / "stage")


def alter(
    folder: Path, table: str, statement: str, suffixes: Sequence[str] = ("parquet", "csv")
) -> None:
    """Run a statement on the rows `t` of a staged table, and write them back in their order."""
    with duckdb.connect() as con:
        con.execute(
            "create table t as from read_parquet($file)", {"file": str(folder / f"{table}.parquet")}
        )
        assert con.execute(statement).fetchall()[0][0] > 0, "nothing was tampered with"
        for suffix in suffixes:
            file = folder / f"{table}.{suffix}"
            if file.exists():
                con.execute(f"copy t to $file (format {suffix})", {"file": str(file)})


@dataclass(frozen=True)
class Tampering:
    """What is done to a staged date, and the rules that this breaks."""

    why: str
    broken: set[str]
    statements: list[tuple[str, str]] = field(default_factory=list)  # (table, statement)
    suffixes: tuple[str, ...] = ("parquet", "csv")


NANO = "cast(0.000000001 as decimal(38, 9))"
TENTH_NANO = "cast(0.00000000001 as decimal(38, 11))"
ROWS, QUANTITIES = "every_row_has_one_outcome", "every_quantity_is_charged"
HELD = "every_quantity_has_one_outcome"
ROUNDED, SUMS = "charges_are_rounded_once", "daily_usage_equals_charges"
IN_FORCE, POSITIVE = "charges_name_a_price_in_force", "no_charge_is_negative"
FILES, LIMIT = "files_read_back_equal", "quarantine_within_limit"
TAMPERINGS = [
    Tampering("nothing", set(), []),
    Tampering("a duplicate too many", {ROWS},
              [("account", "update t set rows = rows + 1 where outcome = 'duplicate'")]),
    Tampering("a row lost", {ROWS}, [("account", "delete from t where outcome = 'duplicate'")]),
    Tampering("all rows lost", {ROWS, HELD}, [("account", "delete from t")]),
    Tampering("rated rows lost", {ROWS},
              [("account", "update t set rows = rows - 1 where outcome = 'rated'")]),
    Tampering("a quarantined row is not listed", {ROWS, HELD}, [("quarantine", "delete from t")]),
    Tampering("listed for another reason", {ROWS, HELD},
              [("quarantine", "update t set reason = 'missing_event_id'")]),
    Tampering("of another file", {ROWS, HELD}, [("quarantine", "update t set file = 'f'")]),
    Tampering("an account of another file", {ROWS},
              [("account", "update t set file = 'f' where outcome = 'duplicate'")]),
    Tampering("more used than charged", {QUANTITIES, HELD},
              [("usage", "update t set input_tokens = input_tokens + 1 where model = 'Tiny'")]),
    Tampering("more in the files than in use", {HELD},
              [("account", "update t set requests = requests + 1 where outcome = 'rated'")]),
    Tampering("more images in the files than in use", {HELD},
              [("account", "update t set image_tokens = image_tokens + 1"
                           " where outcome = 'rated'")]),
    Tampering("more taken out of a file than it holds", {HELD},
              [("account", "update t set characters = -1 where outcome = 'duplicate'")]),
    Tampering("less in quarantine than taken out", {HELD},
              [("quarantine", "update t set input_tokens = input_tokens - 1")]),
    Tampering("used under another card", {QUANTITIES},
              [("usage", "update t set rate_card = 'other' where model = 'Search'")]),
    Tampering("a charge lost, and taken off the day", {QUANTITIES},
              [("charges", "delete from t where model = 'Search'"),
               ("daily_usage", "update t set credits = 0, usd = 0 where org_id = 'tools'")]),
    Tampering("a charge twice, and counted twice", {QUANTITIES},
              [("charges", "insert into t select * from t where model = 'Search'"),
               ("daily_usage", "update t set credits = credits * 2, usd = usd * 2"
                               " where org_id = 'tools'")]),
    Tampering("a billionth of a credit more", {ROUNDED},
              [("charges", f"update t set credits = credits + {NANO}, usd = usd + {TENTH_NANO}"
                           " where model = 'Search'"),
               ("daily_usage", f"update t set credits = credits + {NANO}, usd = usd + {TENTH_NANO}"
                               " where org_id = 'tools'")]),
    Tampering("a half to the odd side", {ROUNDED},
              [("charges", f"update t set credits = {NANO}, usd = {TENTH_NANO}"
                           " where model = 'Tiny'"),
               ("daily_usage", f"update t set credits = {NANO}, usd = {TENTH_NANO}"
                               " where org_id = 'small'")]),
    Tampering("dollars that are not the credits'", {ROUNDED},
              [("charges", f"update t set usd = usd + {TENTH_NANO} where model = 'Search'"),
               ("daily_usage", f"update t set usd = usd + {TENTH_NANO} where org_id = 'tools'")]),
    Tampering("a day's credits", {SUMS},
              [("daily_usage", f"update t set credits = credits + {NANO} where org_id = 'tools'")]),
    Tampering("a day's dollars", {SUMS},
              [("daily_usage", f"update t set usd = usd + {TENTH_NANO} where org_id = 'tools'")]),
    Tampering("a day's events", {SUMS},
              [("daily_usage", "update t set events = events + 1 where org_id = 'tools'")]),
    Tampering("a day's group lost", {SUMS},
              [("daily_usage", "delete from t where org_id = 'tools'")]),
    Tampering("all of a day's groups lost", {SUMS}, [("daily_usage", "delete from t")]),
    Tampering("a group of nothing", {SUMS},
              [("daily_usage", "insert into t select * replace ('nobody' as org_id) from t"
                               " where org_id = 'tools'")]),
    Tampering("an event more in use", {ROWS, SUMS},
              [("usage", "update t set events = events + 1 where model = 'Search'")]),
    Tampering("a list price that no card prints", {IN_FORCE},
              [("charges", "update t set list_price = list_price + 1 where model = 'Search'")]),
    Tampering("a price of another brand", {IN_FORCE},
              [("charges", "update t set brand = 'Other' where model = 'Search'")]),
    Tampering("a price of another key mode", {IN_FORCE},
              [("charges", "update t set key_mode = 'own' where model = 'Tiny' or agent_id = 'a'")]),
    Tampering("more than the list price, by the same rounding", {IN_FORCE, POSITIVE},
              [("charges", f"update t set price = price + {NANO} where meter = 'output_tokens'")]),
    Tampering("below zero, made up for by another line", {POSITIVE},
              [("charges", "update t set quantity = 4000, credits = 0.88, usd = 0.0088"
                           " where agent_id = 'a'"),
               ("charges", "update t set quantity = -1000, credits = -0.22, usd = -0.0022"
                           " where agent_id = 'b'")]),
    Tampering("a CSV that is not its Parquet", {FILES},
              [("charges", "update t set agent_id = 'c' where agent_id = 'a'")], ("csv",)),
    Tampering("a day's CSV that is not its Parquet", {FILES},
              [("daily_usage", "update t set credits = credits + 1")], ("csv",)),
    Tampering("'' is not null", {FILES},
              [("charges", "update t set agent_id = null where agent_id = ''")], ("csv",)),
    Tampering("a line twice in a CSV", {FILES},
              [("charges", "insert into t select * from t where model = 'Search'")], ("csv",)),
    Tampering("a CSV without lines", {FILES}, [("charges", "delete from t")], ("csv",)),
]  # fmt: skip


SHORT = (
    *("nothing", "a duplicate too many", "all rows lost", "listed for another reason"),
    *("more used than charged", "more in the files than in use", "used under another card"),
    *("less in quarantine than taken out", "a charge twice, and counted twice"),
    *("a billionth of a credit more", "a half to the odd side", "a day's credits"),
    *("a group of nothing", "an event more in use", "a list price that no card prints"),
    *("more than the list price, by the same rounding", "'' is not null"),
    *("below zero, made up for by another line", "a line twice in a CSV"),
)
"""At least one tampering of each rule."""


@pytest.mark.parametrize(
    "tampering",
    few_in_short(sorted(TAMPERINGS, key=lambda one: one.why not in SHORT), len(SHORT)),
    ids=lambda one: one.why,
)
def test_a_rule_is_broken_by_what_it_guards(staged: Staged, tampering: Tampering) -> None:
    for table, statement in tampering.statements:
        alter(staged.folder, table, statement, tampering.suffixes)
    verdict = staged.judged()
    assert verdict.broken.keys() == tampering.broken
    assert not verdict.warnings
    assert verdict.passed == (not tampering.broken)
    assert not verdict.blocked
    assert verdict.faults.keys() == RULES.keys() | WARNINGS.keys()
    assert {rule for rule, count in verdict.faults.items() if count} == tampering.broken
    for rule, examples in verdict.broken.items():
        assert examples
        assert f"{rule}: {examples[0]}" in verdict.why()


def test_every_rule_has_a_tampering_that_breaks_it_alone() -> None:
    short = [one for one in TAMPERINGS if one.why in SHORT]
    assert len(short) == len(SHORT)
    alone = {rule for one in short if len(one.broken) == 1 for rule in one.broken}
    assert alone | {LIMIT} == RULES.keys()


def test_the_columns_of_an_example_say_what_is_wrong(staged: Staged) -> None:
    alter(staged.folder, "charges", "update t set credits = credits + 1 where model = 'Search'")
    assert staged.judged().broken[ROUNDED] == [
        "tools tools_invocation Search requests: 1 x 0.550000000 / 1 is not 1.550000000 credits,"
        " 0.00550000000 usd"
    ]


def test_rows_that_came_in_and_went_nowhere(staged: Staged) -> None:
    """The left side of the account: what the receipts say."""
    iso = DAY.isoformat()
    more = [replace(log, dates={day: rows + 1 for day, rows in log.dates.items()})
            for log in staged.receipts]  # fmt: skip
    assert replace(staged, receipts=more).judged().broken.keys() == {ROWS}
    fewer = [log for log in staged.receipts if iso not in log.dates]
    assert replace(staged, receipts=fewer).judged().broken.keys() == {ROWS}


def test_a_card_that_is_not_in_force_on_the_date(staged: Staged, tmp_path: Path) -> None:
    book = write_card(tmp_path / "book", RATES + TINY, effective_from="2026-02-04T00:00:00Z")
    verdict = replace(staged, rates=rates.load([book])).judged()
    assert verdict.broken.keys() == {IN_FORCE}
    assert verdict.faults[IN_FORCE] == 7  # every charge


def test_a_quarantine_over_the_limit_blocks(staged: Staged) -> None:
    strict = replace(staged.terms, quarantine_limit="0.1", quarantine_floor=0)
    verdict = replace(staged, terms=strict).judged()
    assert verdict.broken == {LIMIT: ["1 of 8 rows is quarantined"]}
    assert verdict.blocked
    alter(staged.folder, "account", "delete from t where outcome = 'duplicate'")
    verdict = replace(staged, terms=strict).judged()
    assert verdict.broken.keys() == {LIMIT, ROWS}
    assert not verdict.blocked  # the logs alone are not at fault


# Rows, quarantined rows, limit, floor, and whether that is too much: more than the limit, and more
# than the floor or than half.
SHARES = [
    (100, 5, "0.05", 0, False),
    (100, 6, "0.05", 0, True),
    (99, 5, "0.05", 0, True),
    (100, 6, "0.05", 6, False),
    (100, 6, "0.05", 5, True),
    (100, 100, "1", 0, False),
    (1, 1, "0", 0, True),
    (1, 0, "0", 0, False),
    (3, 1, "0.333333333333333", 0, True),
    (3 * 10**12, 10**12, "0.333333333333334", 100, False),
    (28, 14, "0.05", 20, False),
    (28, 15, "0.05", 20, True),
    (1, 1, "0.05", 20, True),
    (2, 1, "0.05", 20, False),
    (100, 20, "0.05", 20, False),
    (100, 21, "0.05", 20, True),
    (100, 82, "0.9", 20, False),
    (100, 82, "0.05", 99, True),
    (1000, 50, "0.05", 20, False),
]


@pytest.mark.parametrize(("rows", "quarantined", "limit", "floor", "more"), SHARES)
def test_a_date_is_blocked_above_the_quarantine_limit(
    rows: int, quarantined: int, limit: str, floor: int, more: bool
) -> None:
    with duck.connection(LIMITS) as con:
        con.execute("create table account (usage_date date, outcome varchar, rows bigint)")
        settled = (rows - quarantined) // 2
        for outcome, count in (
            ("rated", rows - quarantined - settled),
            ("duplicate", settled),
            ("no_rate", quarantined - quarantined // 2),
            ("missing_org_id", quarantined // 2),
        ):
            con.execute("insert into account values ($1, $2, $3)", [DAY, outcome, count])
        con.execute(
            "create table limits as select cast($1 as decimal(18, 15)) as quarantine_limit,"
            " $2 as quarantine_floor",
            [limit, floor],
        )
        found = con.sql(statements.statement("checks/rules/quarantine_within_limit")).fetchall()
    assert bool(found) == more
    terms = HomeSettings(quarantine_limit=limit, quarantine_floor=floor)
    assert terms.blocks(quarantined, rows) == more


# Warnings


def test_a_knowledge_base_without_a_snapshot_is_a_warning(staged: Staged) -> None:
    alter(staged.folder, "snapshots", "delete from t")
    verdict = staged.judged()
    assert verdict.passed
    assert verdict.warnings == {
        "missing_snapshot": ["acme kb-1: 1000 tokens the date before, 0.001000000 credits at stake"]
    }


def test_a_knowledge_base_without_a_name_is_one(staged: Staged) -> None:
    alter(staged.folder, "snapshots", "update t set knowledge_base_id = null")
    assert staged.judged().warnings.keys() == {"missing_snapshot"}


def test_past_dates_without_logs_are_a_warning(staged: Staged) -> None:
    early = replace(staged.receipts[0], file="0" * 64, dates={"2026-01-30": 1})
    receipts = [log for log in staged.receipts if DAY.isoformat() in log.dates] + [early]
    verdict = replace(staged, receipts=receipts).judged()
    assert verdict.passed
    assert verdict.warnings == {
        "no_usage": [f"{day} has no logs" for day in ("2026-01-31", "2026-02-01", "2026-02-02")]
    }


def test_a_long_silence_is_cut_short(staged: Staged) -> None:
    early = replace(staged.receipts[0], file="0" * 64, dates={"1970-01-01": 1})
    receipts = [log for log in staged.receipts if DAY.isoformat() in log.dates] + [early]
    assert replace(staged, receipts=receipts).judged().faults["no_usage"] == checks.MOST_GAPS


# Nothing passes that was not counted


def rules(*names: str) -> list[Rule]:
    """Rules of these names; `c` only warns."""
    return [Rule(name, WARNS if name == "c" else BLOCKS, f"claim of {name}") for name in names]


def test_a_fault_of_another_date_is_no_pass(staged: Staged) -> None:
    alter(staged.folder, "charges", "update t set usage_date = usage_date + 1")
    with pytest.raises(RuntimeError, match="names 2026-02-04, which is not being checked"):
        staged.judged()


def test_a_file_that_is_missing_is_no_pass(staged: Staged) -> None:
    (staged.folder / "quarantine.parquet").unlink()
    with pytest.raises(duckdb.Error):
        staged.judged()


def test_the_judge_tells_dates_and_rules_apart() -> None:
    counts = {
        DAY: {"a": 0, "b": 1, "c": 0},
        DAY + timedelta(days=1): {"a": 2**63 - 1, "b": 0, "c": 0},
    }
    assert judge(counts, rules("a", "b", "c")) == {
        DAY: {"a": True, "b": False, "c": True},
        DAY + timedelta(days=1): {"a": False, "b": True, "c": True},
    }


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        (lambda results: results.pop(), "rules without a verdict: {'b'}"),
        (lambda results: setattr(results[0], "success", False), "on a contradicts itself"),
        (lambda results: results[0].result.update(element_count=0), "on a crashed"),
    ],
)
def test_a_judge_that_says_nothing_or_two_things_is_no_judge(
    monkeypatch: pytest.MonkeyPatch, spoilt: Callable[[list[Any]], object], said: str
) -> None:
    judge({DAY: {"a": 0}}, rules("a"))  # the library is imported
    import great_expectations as gx

    run = gx.Checkpoint.run

    def spoilt_results(*of: Any, **options: Any) -> Any:
        found = run(*of, **options)
        (validation,) = found.run_results.values()
        spoilt(validation.results)
        return found

    monkeypatch.setattr(gx.Checkpoint, "run", spoilt_results)
    with pytest.raises(RuntimeError, match=said):
        judge({DAY: {"a": 0, "b": 0}}, rules("a", "b"))


def test_an_expectation_that_crashes_raises(
    real_judge: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object, **__: object) -> None:
        raise KeyError("a bug in an expectation")

    expectations.preload().join()  # as runs import it: without what it finds and does not need
    import great_expectations as gx

    between = gx.expectations.ExpectColumnValuesToBeBetween
    monkeypatch.setattr(between, "_validate", crash)
    with pytest.raises(RuntimeError, match="the expectation on rule crashed"):
        judge({DAY: {"rule": 0}}, rules("rule"))


@pytest.mark.parametrize("seed", range(3))
def test_the_judge_of_the_other_tests_answers_like_great_expectations(seed: int) -> None:
    rng = random.Random(seed)
    every = rules(*(f"rule {n}" for n in range(rng.randint(1, 6))))
    days = [DAY + timedelta(days=n) for n in range(rng.randint(1, 4))]
    counts = {day: {rule.name: rng.choice((0, 0, 1, 2**62)) for rule in every} for day in days}
    assert judge(counts, every) == plain_judge.judge(counts, every)


@pytest.mark.parametrize("count", [None, True, False, 0.0, 1.5, "0", -1, 2**63, Decimal(0)])
def test_what_is_no_count_cannot_pass(count: object) -> None:
    with pytest.raises(ValueError, match="is not a count of faults"):
        judge({DAY: {"a": 0, "b": count}}, rules("a", "b"))  # type: ignore[dict-item]


def test_nothing_counted_cannot_pass() -> None:
    with pytest.raises(ValueError, match="there is nothing to judge"):
        judge({}, rules("a"))
    with pytest.raises(ValueError, match="there is nothing to judge"):
        judge({DAY: {}}, [])
    with pytest.raises(ValueError, match="b of 2026-02-04: None is not a count"):
        judge({DAY: {"a": 0, "b": 0}, DAY + timedelta(days=1): {"a": 0}}, rules("a", "b"))
    with pytest.raises(ValueError, match="b of 2026-02-03 is counted and no rule"):
        judge({DAY: {"a": 0, "b": 1}}, rules("a"))


def test_every_check_has_a_statement_and_every_statement_is_a_check() -> None:
    found = {file.stem for file in (data_folder("sql") / "checks" / "rules").glob("*.sql")}
    earlier = {rule.name for rules in EARLIER.values() for rule in rules}
    assert found == RULES.keys() | WARNINGS.keys() | earlier
