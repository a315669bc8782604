"""A team's own rules: a folder of statements, each of which blocks a date or warns.

The suite that creditmill comes with belongs to `test_rules`, expectations to `test_own_suite`.
"""

import json
from datetime import date
from pathlib import Path

import pytest

from pricing_assets.checks import own_rules, results, suite
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.home import HomeSettings
from pricing_assets.home.check_rule import BLOCKS, WARNS
from pricing_assets.home.manifests import CHECKS
from pricing_assets.verify.home import verify_home
from tests.support.cases import few_in_short
from tests.support.command import creditmill
from tests.support.workspace import NOON, Workspace, row

FEB_3, FEB_4 = "2026-02-03", "2026-02-04"
DAY = date(2026, 2, 3)
KNOWN = """-- block: every organization is a customer
select usage_date, concat(org_id, ' is not a customer') as fault
from daily_usage
where org_id not in ('acme')
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder of rules."""
    found = tmp_path / "checks"
    found.mkdir()
    return found


@pytest.fixture
def checked(workspace: Workspace, folder: Path) -> Workspace:
    """A workspace that goes by the folder, with a log of a date for each of two organizations."""
    workspace.log("a.parquet", row())
    workspace.log("b.parquet", row(event_id="2", org_id="globex", event_time=NOON.replace(day=4)))
    return workspace.under(checks=str(folder))


def test_a_rule_blocks_the_dates_that_break_it(checked: Workspace, folder: Path) -> None:
    (folder / "known_customers.sql").write_text(KNOWN)
    ran = checked.run()
    assert ran.states() == {FEB_3: ("published", 1), FEB_4: ("blocked", None)}
    (blocked,) = (one for one in ran.published if one.state == "blocked")
    assert blocked.reason == "known_customers: globex is not a customer"
    attempt = checked.home.blocked(date(2026, 2, 4))
    assert attempt is not None
    (rule,) = attempt.own_rules
    assert (rule.name, rule.severity) == ("known_customers", BLOCKS)
    assert rule.description == "every organization is a customer"
    assert attempt.broken == {"known_customers": ["globex is not a customer"]}
    validation = json.loads((checked.home.blocked_folder(attempt.usage_date) / CHECKS).read_bytes())
    assert validation["results"][-1]["expectation_config"]["meta"] == {
        "rule": "known_customers",
        "sha256": rule.sha256,
    }
    assert checked.run().states() == {}  # nothing changed


def test_a_rule_that_warns_lets_a_date_pass(checked: Workspace, folder: Path) -> None:
    (folder / "known_customers.sql").write_text(KNOWN.replace("-- block", "--  warn"))
    ran = checked.run()
    assert ran.states() == {FEB_3: ("published", 1), FEB_4: ("published", 1)}
    assert [one.warnings for one in ran.published] == [
        {},
        {"known_customers": ["globex is not a customer"]},
    ]
    manifest = checked.home.current(date(2026, 2, 4)).manifest  # type: ignore[union-attr]
    assert manifest.own_rules[0].severity == WARNS
    assert manifest.checks["known_customers"] == 1


@pytest.mark.slow
def test_a_blocked_date_is_tried_again_when_its_rules_changed(
    checked: Workspace, folder: Path
) -> None:
    (folder / "known_customers.sql").write_text(KNOWN)
    checked.run()
    (folder / "known_customers.sql").write_text(KNOWN.replace("'acme'", "'acme', 'globex'"))
    ran = checked.run()
    assert ran.states() == {FEB_4: ("published", 1)}


@pytest.mark.slow
def test_rules_judge_what_is_published_from_now_on(checked: Workspace, folder: Path) -> None:
    """What is published stays, and says which rules it was published under."""
    checked.run()
    (folder / "known_customers.sql").write_text(KNOWN)
    assert checked.run().states() == {}
    checked.log("late.parquet", row(event_id="3", org_id="globex"))
    assert checked.run().states() == {FEB_3: ("blocked", 1)}
    current = checked.home.current(DAY)
    assert current is not None
    assert (current.number, current.manifest.own_rules) == (1, ())


@pytest.mark.slow
def test_the_home_remembers_the_folder(checked: Workspace, folder: Path) -> None:
    """A run from elsewhere, whose settings name none, does not leave the rules out."""
    (folder / "known_customers.sql").write_text(KNOWN)
    checked.run()
    assert checked.home.settings().checks == str(folder)
    unnamed = checked.under(checks=None)
    unnamed.log("c.parquet", row(event_id="4", org_id="initech"))
    assert unnamed.run().states() == {FEB_3: ("blocked", 1)}
    folder.rename(folder.with_name("elsewhere"))
    unnamed.log("d.parquet", row(event_id="5"))
    with pytest.raises(ConfigurationError, match="by the rules of this folder, which is not there"):
        unnamed.run()


@pytest.mark.slow
def test_every_byte_is_verified_and_made_again(checked: Workspace, folder: Path) -> None:
    (folder / "known_customers.sql").write_text(KNOWN)
    checked.run()
    checked.database()
    (folder / "known_customers.sql").unlink()  # what it said is stored
    verified = verify_home(checked.home, None, again=True)
    assert verified.differences == []
    assert [one.version for one in verified.recomputed] == [1, None]
    file = checked.home.current(DAY).folder / CHECKS  # type: ignore[union-attr]
    manifest = checked.home.current(DAY).manifest  # type: ignore[union-attr]
    assert file.read_bytes() == results.to_json(manifest)


SUITE = """{"name": "rows", "expectations": [
  {"type": "expect_table_row_count_to_equal", "kwargs": {"value": 1}, "severity": "warning"},
  {"type": "expect_column_max_to_be_between", "kwargs": {"column": "events", "min_value": 2},
   "severity": "warning"}
]}"""


def test_each_rule_is_asked_by_itself(checked: Workspace, folder: Path) -> None:
    """Whatever stands before and after it, of its kind or the other."""
    text = "select usage_date, org_id || '{0}' as fault from daily_usage where org_id = '{0}'"
    for name, org_id in (("a", "globex"), ("b", "nobody"), ("z", "acme")):
        (folder / f"{name}.sql").write_text(f"-- warn: a rule\n{text.format(org_id)}")
    (folder / "rows.suite.json").write_text(SUITE)
    of_feb_3, of_feb_4 = (one.warnings for one in checked.run().published)
    events = {"rows_2_column_max_to_be_between": ["the max of events is 1"]}
    assert of_feb_3 == {**events, "z": ["acmeacme"]}
    assert of_feb_4 == {"a": ["globexglobex"], **events}


RULES_OF_TABLES = [
    "select usage_date, meter as fault from charges where dimensions.agent_id = 'x' and credits < 0",
    "select usage_date, model as fault from usage where dimensions.agent_id is null and events < 0",
    "select usage_date, outcome as fault from account where rows < 0;",
    "select usage_date, reason as fault from quarantine; -- the end",
    "with found as (from daily_usage) select usage_date, org_id as fault from found where false",
    "from (select usage_date, org_id as fault from daily_usage) where fault = '?'",
]


def test_a_rule_may_look_at_each_staged_table(checked: Workspace, folder: Path) -> None:
    for number, statement in enumerate(RULES_OF_TABLES):
        (folder / f"rule_{number}.sql").write_text(f"-- warn: a rule\n\n{statement}\n")
    assert len(own_rules.require(HomeSettings(checks=str(folder)))) == len(RULES_OF_TABLES)
    ran = checked.run()
    assert [(one.state, one.warnings) for one in ran.published] == [("published", {})] * 2


HEAD = "-- block: a rule\n"
GOOD = "select usage_date, org_id as fault from daily_usage\n"
# Name of the file, its text, and what is said of it.
WRONG = [
    ("rule.sql", "", ":1: say what the rule does and claims in the first line"),
    ("rule.sql", GOOD, ":1: say what the rule does"),
    ("rule.sql", f"\n{HEAD}{GOOD}", ":1: say what the rule does"),
    ("rule.sql", f"-- stop: a rule\n{GOOD}", ":1: say what the rule does"),
    ("rule.sql", f"-- block:\n{GOOD}", ":1: say what the rule does"),
    ("rule.sql", HEAD, ": it has 0 statements; write one to a file"),
    ("rule.sql", f"{HEAD}{GOOD};\n{GOOD}", ": it has 2 statements"),
    ("rule.sql", f"{HEAD}\nselect 1 as usage_date,,\n", ":3: Parser Error: syntax error"),
    ("rule.sql", f"{HEAD}\n\nselect 1\nfrom nowhere", ":5: Catalog Error: Table with name nowhere"),
    ("rule.sql", f"{HEAD}select usage_date, nothing as fault\nfrom charges", ": Binder Error"),
    ("rule.sql", f"{HEAD}select usage_date from charges", ": it returns usage_date DATE; a rule"),
    ("rule.sql", f"{HEAD}select org_id as fault, usage_date from charges", ": it returns fault VARCHAR,"),
    ("rule.sql", f"{HEAD}select '2026-02-03' as usage_date, 'x' as fault", "usage_date VARCHAR"),
    ("rule.sql", f"{HEAD}{GOOD[:-1]} where org_id = $org_id", "parameter"),
    ("rule.sql", f"{HEAD}delete from charges", ": a rule only reads"),
    ("rule.sql", f"{HEAD}insert into charges select * from charges", ": a rule only reads"),
    ("rule.sql", f"{HEAD}create table t as {GOOD}", ": a rule only reads"),
    ("rule.sql", f"{HEAD}copy charges to 'out.csv'", "rule.sql: "),
    ("rule.sql", f"{HEAD}attach 'other.duckdb'", ": a rule only reads"),
    ("rule.sql", f"{HEAD}set timezone = 'Asia/Tokyo'", ": a rule only reads"),
    ("rule.sql", f"{HEAD}select * from read_csv('/etc/passwd')", "Permission Error"),
    ("rule.sql", f"{HEAD}select usage_date, '' as fault from snapshots", "Table with name snapshots"),
    ("Rule.sql", HEAD + GOOD, "name a rule in lower-case letters"),
    ("a-rule.sql", HEAD + GOOD, "name a rule in lower-case letters"),
    ("RULE.SQL", HEAD + GOOD, "is not a rule: rules are NAME.sql"),
    ("rule.json", "{}", "is not a rule: rules are NAME.sql"),
    ("no_usage.sql", HEAD + GOOD, "no_usage is a rule of creditmill; give it another name"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "said"), WRONG)
def test_what_is_no_rule_is_named(folder: Path, name: str, text: str, said: str) -> None:
    (folder / name).write_text(text)
    with pytest.raises(ConfigurationError) as raised:
        own_rules.require(HomeSettings(checks=str(folder)))
    assert str(folder / name) in str(raised.value)
    assert said in str(raised.value)


def test_no_rule_is_left_out_without_a_word(folder: Path) -> None:
    (folder / "README.md").write_text("what these rules are")
    (folder / "_draft.sql").write_text("not yet")
    (folder / ".rule.sql.swp").write_text("")
    assert own_rules.load(str(folder)) == ()
    (folder / "more").mkdir()
    with pytest.raises(ConfigurationError, match="in the folder itself"):
        own_rules.load(str(folder))
    (folder / "more").rmdir()
    (folder / "rule.sql").write_bytes(b"-- block: \xff\n")
    with pytest.raises(ConfigurationError, match=r"rule\.sql cannot be read"):
        own_rules.load(str(folder))


def test_a_rule_that_crashes_is_broken_on_the_date_that_it_crashes_on(
    checked: Workspace, folder: Path
) -> None:
    crash = "select usage_date, cast(cast(org_id as integer) as varchar) as fault from daily_usage"
    (folder / "crash.sql").write_text(f"-- block: a rule\n{crash} where org_id = 'globex'\n")
    ran = checked.run()
    assert ran.states() == {FEB_3: ("published", 1), FEB_4: ("blocked", None)}
    (blocked,) = (one for one in ran.published if one.state == "blocked")
    assert blocked.reason.startswith("crash: the rule itself failed: Conversion Error")


@pytest.mark.parametrize(
    ("shown", "said"),
    few_in_short([("usage_date + 1", "2026-02-04"), ("cast(null as date)", "None")]),
)
def test_a_rule_that_names_another_date_is_no_rule(
    checked: Workspace, folder: Path, shown: str, said: str
) -> None:
    statement = f"select cast({shown} as date) as usage_date, org_id as fault from daily_usage"
    (folder / "rule.sql").write_text(f"{HEAD}{statement} where org_id = 'acme'\n")
    (checked.inbox / "b.parquet").unlink()
    with pytest.raises(ConfigurationError, match=f"names usage_date {said}, which is not among"):
        checked.run()
    assert checked.versions() == {}


def test_rows_without_a_text_count_and_long_ones_are_cut(checked: Workspace, folder: Path) -> None:
    texts = "unnest([null, repeat('x', 10_000)])"
    (folder / "rule.sql").write_text(
        f"-- warn: a rule\nselect usage_date, {texts} as fault from daily_usage\n"
    )
    ran = checked.run()
    assert ran.published[0].warnings == {"rule": ["x" * 500, "(null)"]}


@pytest.mark.slow
def test_the_command_refuses_a_rule_before_it_makes_a_home(workspace: Workspace) -> None:
    rules = workspace.folder / "checks"
    rules.mkdir()
    (rules / "rule.sql").write_text("select 1")
    workspace.log("a.parquet", row())
    words = ("run", "--logs", workspace.inbox, "--home", workspace.home.path)
    words += ("--rates", workspace.books[0], "--checks", "checks")
    done = creditmill(*words, cwd=workspace.folder)
    assert done.returncode == 2
    assert b"rule.sql:1: say what the rule does" in done.stderr
    assert not workspace.home.path.exists()
    (rules / "rule.sql").write_text(f"-- warn: not acme\n{GOOD}")
    done = creditmill(*words, "--quarantine-limit", "1", cwd=workspace.folder)
    assert done.returncode == 0, done.stderr.decode()
    assert b"2026-02-03 rule: acme" in done.stderr
    done = creditmill("run", "--home", workspace.home.path, cwd=workspace.folder,
                      env={"CREDITMILL_CHECKS": "gone"})  # fmt: skip
    assert done.returncode == 2
    assert b"which is not there" in done.stderr


def test_the_command_lists_all_rules(workspace: Workspace) -> None:
    rules = workspace.folder / "checks"
    rules.mkdir()
    (rules / "known_customers.sql").write_text(KNOWN)
    words = ("checks", "list", "--home", workspace.home.path)
    done = creditmill(*words, "--checks", "checks", cwd=workspace.folder)
    assert done.returncode == 0, done.stderr.decode()
    assert b"every organization is a customer" in done.stdout
    done = creditmill(*words, "--checks", "checks", "--json", cwd=workspace.folder)
    listed = json.loads(done.stdout)["rules"]
    assert [one["name"] for one in listed][-1] == "known_customers"
    assert len(listed) == len(suite.rules()) + 1
    (rules / "known_customers.sql").write_text(KNOWN.replace("org_id", "org", 1))
    done = creditmill(*words, "--checks", "checks", cwd=workspace.folder)
    assert done.returncode == 2
    assert b"known_customers.sql:2: Binder Error" in done.stderr
