"""What is published, again and again: when there is a new version, of what, and with which bytes.

Whether numbers are right belongs to `test_outcomes`; what a kill leaves behind to `test_crash`.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow.parquet as pq
import pytest

from pricing_assets import flow
from pricing_assets.checks import suite
from pricing_assets.common import files
from pricing_assets.common.errors import ConfigurationError, CreditmillError, DateFailed
from pricing_assets.contract.ledger_tables import all_tables
from pricing_assets.db import connection as duck
from pricing_assets.home import Home, Version
from pricing_assets.home.manifests import CHECKS
from tests.support.cases import few_in_short
from tests.support.random_logs import random_books, random_rows, received_at, write_logs
from tests.support.versions import snapshot
from tests.support.workspace import (
    NOON,
    RATES,
    RECEIVED,
    STRICT,
    Ran,
    Row,
    Workspace,
    leftovers,
    row,
    stored_manifest,
    write_aliases,
    write_card,
)

DAY = timedelta(days=1)
FEB_2, FEB_3, FEB_4 = (f"2026-02-0{n}" for n in (2, 3, 4))


def on(day: str, event_id: str, **changes: object) -> Row:
    """A row at noon of the date."""
    at = datetime.fromisoformat(f"{day}T12:00:00Z")
    return row(event_id=event_id) | {"event_time": at} | changes


def three_days(workspace: Workspace) -> Ran:
    """A home of three dates at 0.22 credits each."""
    workspace.log("first.parquet", *(on(day, "first") for day in (FEB_2, FEB_3, FEB_4)))
    return workspace.run()


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Three dates, published once."""
    folder = tmp_path_factory.mktemp("three")
    workspace = Workspace(folder, (write_card(folder / "book"),))
    assert three_days(workspace).states() == dict.fromkeys((FEB_2, FEB_3, FEB_4), ("published", 1))
    return workspace


@pytest.fixture
def three(original: Workspace, tmp_path: Path) -> Workspace:
    """A home of three dates, with a log, a book and a version of its own."""
    return original.copied(tmp_path)


def current(workspace: Workspace, day: str) -> Version:
    found = workspace.home.current(date.fromisoformat(day))
    assert found is not None
    return found


# When there is a new version


def test_a_run_with_nothing_new_changes_nothing(three: Workspace) -> None:
    three.run()  # the copy's database names its own paths
    before = snapshot(three.home)
    for _ in range(2):
        ran = three.run(received_at=RECEIVED + DAY)
        assert (ran.stale, ran.published) == ([], [])
        assert ran.arrivals.known == 1
    assert snapshot(three.home) == before


def test_a_late_log_makes_a_second_version_of_exactly_its_dates(three: Workspace) -> None:
    first = snapshot(three.home)
    three.log("late.parquet", on(FEB_2, "a"), on(FEB_4, "b", input_tokens=500), on(FEB_4, "c"))
    ran = three.run()
    assert ran.states() == {FEB_2: ("published", 2), FEB_4: ("published", 2)}
    assert [(made.reason, made.difference) for made in ran.published] == [
        ("late usage: 1 row in late.parquet", Decimal("0.22")),
        ("late usage: 2 rows in late.parquet", Decimal("0.33")),
    ]
    assert three.versions() == {FEB_2: [1, 2], FEB_3: [1], FEB_4: [1, 2]}
    second = snapshot(three.home)
    for path, state in first.items():
        if "/0001/" in path or "/logs/" in path:
            assert second[path] == state, "what is published never changes"
    manifest = stored_manifest(current(three, FEB_4))
    old = three.home.date_folder(date(2026, 2, 4)) / "0001" / "manifest.json"
    assert manifest["supersedes"] == {"version": 1, "manifest_sha256": files.sha256_of(old)}
    assert manifest["difference"] == "0.330000000"
    assert three.sql(
        "select cast(usage_date as varchar), version, state, supersedes, credits, events,"
        " rate_cards from reports order by usage_date, version"
    ) == [
        (FEB_2, 1, "superseded", None, Decimal("0.22"), 1, ["first"]),
        (FEB_2, 2, "current", 1, Decimal("0.44"), 2, ["first"]),
        (FEB_3, 1, "current", None, Decimal("0.22"), 1, ["first"]),
        (FEB_4, 1, "superseded", None, Decimal("0.22"), 1, ["first"]),
        (FEB_4, 2, "current", 1, Decimal("0.55"), 3, ["first"]),
    ]
    assert three.sql("select sum(credits) from charges") == [(Decimal("1.21"),)]


@pytest.mark.slow
def test_what_is_late_may_take_credits_away(three: Workspace) -> None:
    three.log("late.parquet", on(FEB_3, "first", input_tokens=1))
    (made,) = three.run().published
    assert (made.version, made.difference) == (2, Decimal("-0.22"))
    assert three.sql("select reason, count(*) from quarantine group by reason") == [
        ("conflicting_duplicate", 2)
    ]


@pytest.mark.slow
def test_a_late_copy_makes_a_version_that_accounts_for_it(three: Workspace) -> None:
    three.log("copy.parquet", on(FEB_3, "first"))
    (made,) = three.run().published
    assert (made.version, made.difference, made.excluded) == (2, Decimal(0), 1)
    assert three.run().stale == []


def test_a_redelivered_log_makes_no_version(three: Workspace) -> None:
    (three.inbox / "again.parquet").write_bytes((three.inbox / "first.parquet").read_bytes())
    ran = three.run(received_at=RECEIVED + DAY)
    assert (len(ran.arrivals.redelivered), ran.stale) == (1, [])


def test_the_manifest_says_what_a_version_hangs_on(three: Workspace) -> None:
    three.log("late.parquet", on(FEB_3, "a", org_id=""), on(FEB_3, "first"))
    three.run()
    version = current(three, FEB_3)
    said = stored_manifest(version)
    assert (said["usage_date"], said["version"], said["timezone"]) == (FEB_3, 2, "UTC")
    assert {(log["name"], log["rows"], log["received_at"]) for log in said["inputs"]} == {
        ("first.parquet", 1, RECEIVED.isoformat()),
        ("late.parquet", 2, RECEIVED.isoformat()),
    }
    for log in said["inputs"]:
        assert files.sha256_of(three.home.log(log["sha256"])) == log["sha256"]
    assert [card["id"] for card in said["rate_cards"]] == ["first"]
    assert said["outcomes"] == {"duplicate": 1, "missing_org_id": 1, "rated": 1}
    assert said["totals"] == {"events": 1, "credits": "0.220000000", "usd": "0.00220000000"}
    assert {path.name for path in version.folder.iterdir()} == {*said["outputs"], "manifest.json"}
    for name, output in said["outputs"].items():
        assert files.sha256_of(version.folder / name) == output["sha256"]
        if name == CHECKS:
            assert output["rows"] == len(suite.rules())
            continue
        stored = version.folder / Path(name).with_suffix(".parquet")
        assert pq.read_metadata(stored).num_rows == output["rows"]


# New cards and aliases

AT_NOON = "2026-02-03T12:00:00Z"
DOUBLED = RATES.replace(",0.22,", ",0.44,")


@pytest.mark.slow
def test_a_card_that_takes_effect_later_leaves_earlier_dates(three: Workspace) -> None:
    before = three.outputs()
    write_card(three.books[0], DOUBLED, "second", "2026-02-05T00:00:00Z")
    assert three.run().stale == []
    three.log("new.parquet", on("2026-02-05", "new"))
    assert three.run().states() == {"2026-02-05": ("published", 1)}
    assert three.outputs().items() > before.items()
    assert stored_manifest(current(three, "2026-02-05"))["totals"]["credits"] == "0.440000000"


@pytest.mark.slow
def test_a_card_that_is_published_late_restates_the_dates_it_is_in_force_on(
    workspace: Workspace,
) -> None:
    morning = datetime.fromisoformat(f"{FEB_3}T11:59:59.999999Z")
    workspace.log("morning.parquet", on(FEB_3, "morning", event_time=morning))
    three_days(workspace)
    write_card(workspace.books[0], DOUBLED, "second", AT_NOON, "2026-02-09T00:00:00Z")
    ran = workspace.run()
    assert ran.states() == {FEB_3: ("published", 2), FEB_4: ("published", 2)}
    assert [(made.reason, made.difference) for made in ran.published] == [
        ("rate card second added", Decimal("0.22")),
        ("rate card first no longer in force; rate card second added", Decimal("0.22")),
    ]
    assert workspace.sql(
        "select cast(usage_date as varchar), rate_card, credits from charges order by all"
    ) == [
        (FEB_2, "first", Decimal("0.22")),
        (FEB_3, "first", Decimal("0.22")),
        (FEB_3, "second", Decimal("0.44")),
        (FEB_4, "second", Decimal("0.44")),
    ]
    assert workspace.run().stale == []


@pytest.mark.slow
def test_a_card_at_midnight_of_the_billing_zone_touches_one_side(workspace: Workspace) -> None:
    workspace = workspace.under(timezone="Asia/Kathmandu")
    three_days(workspace)
    write_card(workspace.books[0], DOUBLED, "second", "2026-02-04T00:00:00+05:45")
    assert workspace.run().states() == {FEB_4: ("published", 2)}


@pytest.mark.slow
def test_a_card_that_changes_nothing_that_was_used_is_noted_only(three: Workspace) -> None:
    """The prices are the same, but charges name the card."""
    write_card(three.books[0], RATES, "second", "2026-02-04T00:00:00Z")
    (made,) = three.run().published
    assert (made.day.isoformat(), made.version, made.difference) == (FEB_4, 2, Decimal(0))


@pytest.mark.slow
def test_an_alias_turns_rows_without_a_rate_into_charges(workspace: Workspace) -> None:
    workspace.log("a.parquet", on(FEB_3, "a", model="Latest"), on(FEB_3, "b", model="Newest"))
    workspace.run()
    assert workspace.sql("select model from quarantine order by all") == [("Latest",), ("Newest",)]
    write_aliases(workspace.books[0], "llm,Acme,latest,Chat\n")
    (made,) = workspace.run().published
    assert (made.version, made.difference) == (2, Decimal("0.22"))
    assert made.reason == "alias latest is now Chat; 1 row fewer of no_rate"
    assert workspace.sql("select model, reason from quarantine") == [("Newest", "no_rate")]
    assert workspace.sql("select model, events from usage") == [("Chat", 1)]


@pytest.mark.slow
def test_late_usage_by_a_line_that_was_there_says_nothing_of_it(workspace: Workspace) -> None:
    """Whatever came into the file since, as long as it is known that the line stood there."""
    write_aliases(workspace.books[0], "llm,Acme,latest,Chat\n")
    workspace.log("a.parquet", on(FEB_2, "a", model="Latest"), on(FEB_3, "b"), on(FEB_4, "c"))
    workspace.run()
    workspace.log("late.parquet", on(FEB_3, "late", model="Latest"))
    (made,) = workspace.run().published
    assert made.reason == "late usage: 1 row in late.parquet"
    write_aliases(workspace.books[0], "llm,Acme,latest,Chat\nllm,Acme,newest,Chat\n")
    later = on(FEB_4, "d", model="Latest"), on(FEB_4, "e", model="Newest")
    workspace.log("later.parquet", *later)
    (made,) = (one for one in workspace.run().published if one.state == "published")
    assert made.reason == "late usage: 2 rows in later.parquet; alias newest is now Chat"


@pytest.mark.slow
def test_an_alias_of_what_was_never_used_makes_no_version(three: Workspace) -> None:
    before = three.published_bytes()
    write_aliases(three.books[0], "llm,Acme,latest,Chat\n")
    ran = three.run()
    assert {one.why for one in ran.stale} == {"aliases of the rate books changed"}
    assert ran.states() == dict.fromkeys((FEB_2, FEB_3, FEB_4), ("unchanged", 1))
    assert three.published_bytes() == before
    assert three.run().stale == []  # looked at once
    assert leftovers(three.home) == []


@pytest.mark.slow
def test_a_book_beside_it_prices_what_had_no_rate(workspace: Workspace) -> None:
    workspace.log("a.parquet", on(FEB_3, "a", model="Other"), on(FEB_4, "b"))
    workspace.run()
    book = write_card(
        workspace.folder / "extra",
        "llm,Acme,Other,any,input_tokens,1,1000\n",
        "extra",
        AT_NOON,
        cap="",
    )
    workspace = replace(workspace, books=(*workspace.books, book))
    ran = workspace.run(restate=True)
    assert ran.states() == {FEB_3: ("published", 2), FEB_4: ("unchanged", 1)}
    assert workspace.sql("select rate_card, credits from charges order by all") == [
        ("extra", Decimal(1)),
        ("first", Decimal("0.22")),
    ]


# The same inputs, the same bytes

SUMMED = ("charges", "daily_usage", "usage", "lines", "snapshots")
ROWS = 400


@dataclass(frozen=True)
class Shuffled:
    """An inbox of random logs, and the bytes that they gave when they came all at once."""

    workspace: Workspace
    seed: int
    logs: list[Path]
    outputs: dict[tuple[str, str], str]


def shuffled(folder: Path, seed: int) -> Shuffled:
    """Random logs and books, published in one run."""
    rng = random.Random(seed)
    books = random_books(rng, folder / "books")
    logs = write_logs(
        rng, random_rows(rng, ROWS, "Europe/Berlin"), folder / "inbox", 5, spoil=False
    )
    workspace = Workspace(folder, tuple(books))
    workspace = workspace.under(
        timezone="Europe/Berlin", quarantine_limit="1", dimensions=("team",)
    )
    workspace.run(received_at=received_at())
    return Shuffled(workspace, seed, sorted(logs), workspace.outputs())


@pytest.fixture(scope="module")
def at_once(tmp_path_factory: pytest.TempPathFactory) -> Shuffled:
    return shuffled(tmp_path_factory.mktemp("shuffled"), 11)


def in_any_order(given: Shuffled, shares: list[list[Path]], name: str) -> None:
    """The same logs in these runs, of which some bring what came before."""
    other = given.workspace.beside(name)
    for share in shares:
        other.run(share, received_at())
    assert other.outputs() == given.outputs
    assert max(len(numbers) for numbers in other.versions().values()) > 1
    beside = {
        path: sha for path, sha in given.workspace.published_bytes().items() if "receipts" in path
    }
    assert beside
    assert beside.items() <= other.published_bytes().items()


@pytest.mark.slow
def test_the_same_logs_give_the_same_bytes_in_any_order(at_once: Shuffled) -> None:
    a, b, c, *rest = at_once.logs
    in_any_order(at_once, [[c], [b, c, b, a], [*reversed(rest), c]], "other order")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20, 32))
def test_more_logs_give_the_same_bytes_in_any_order(tmp_path: Path, seed: int) -> None:
    """One by one backwards, and in random shares with repetitions."""
    given = shuffled(tmp_path, seed)
    rng = random.Random(seed)
    in_any_order(given, [[log] for log in reversed(given.logs)], "backwards")
    shares = [rng.choices(given.logs, k=3) for _ in range(3)]
    in_any_order(given, [*shares, rng.sample(given.logs, len(given.logs))], "random")


@pytest.mark.slow
def test_the_same_rows_in_other_files_give_the_same_sums(at_once: Shuffled) -> None:
    """Everything but the account and the quarantine, which name files and rows."""
    workspace, rng = at_once.workspace, random.Random(at_once.seed)
    random_books(rng, workspace.folder / "again")  # draws what the workspace's books drew
    rows = random_rows(rng, ROWS, "Europe/Berlin")
    rng.shuffle(rows)
    write_logs(rng, rows, workspace.folder / "other inbox", 3, spoil=False)
    other = workspace.beside("other files", "other inbox")
    other.run(received_at=received_at())
    assert of_sums(other) == of_sums(workspace)
    assert len(of_sums(workspace)) >= 3 * 7


def of_sums(workspace: Workspace) -> dict[tuple[str, str], str]:
    outputs = workspace.outputs().items()
    return {(day, name): digest for (day, name), digest in outputs if name.split(".")[0] in SUMMED}


@pytest.mark.slow
def test_threads_and_memory_do_not_matter(
    at_once: Shuffled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "tests.support.workspace.LIMITS", duck.Limits(memory=200_000_000, threads=4)
    )
    other = at_once.workspace.beside("other threads")
    other.run(received_at=received_at())
    assert other.outputs() == at_once.outputs


# A date that is blocked


def with_bad_rows(workspace: Workspace) -> Workspace:
    """Late usage of a published date that is mostly bad, and of another that is good."""
    bad = (on(FEB_3, f"{n}", model="?") for n in range(101))
    workspace.log("bad.parquet", *bad, on(FEB_4, "late"))
    return workspace.under(quarantine_limit=STRICT)


@pytest.fixture(scope="module")
def original_blocked(original: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = with_bad_rows(original.copied(tmp_path_factory.mktemp("blocked")))
    workspace.run()
    return workspace


@pytest.fixture
def blocked(original_blocked: Workspace, tmp_path: Path) -> Workspace:
    """A home with a blocked date."""
    return original_blocked.copied(tmp_path)


def test_a_blocked_date_keeps_its_version_and_holds_up_no_other(three: Workspace) -> None:
    workspace = with_bad_rows(three)
    ran = workspace.run()
    assert ran.states() == {FEB_3: ("blocked", 1), FEB_4: ("published", 2)}
    (made,) = (made for made in ran.published if made.state == "blocked")
    assert made.reason == "quarantine_within_limit: 101 of 102 rows are quarantined"
    assert current(workspace, FEB_3).number == 1
    assert workspace.versions()[FEB_3] == [1]
    assert workspace.sql(
        "select version, state, quarantined, events, reason from reports"
        " where usage_date = '2026-02-03' order by all"
    ) == [
        (1, "current", 0, 1, "first version"),
        (None, "blocked", 101, 1, "quarantine_within_limit: 101 of 102 rows are quarantined"),
    ]
    of_day = "from {} where usage_date = '2026-02-03'"
    # the account and the quarantine are those of the attempt, the charges those in force
    assert workspace.sql(
        f"select outcome, sum(rows) {of_day.format('account')} group by 1 order by 1"
    ) == [
        ("no_rate", 101),
        ("rated", 1),
    ]
    assert workspace.sql(f"select count(*) {of_day.format('quarantine')}") == [(101,)]
    assert workspace.sql(f"select sum(events) {of_day.format('at_risk')}") == [(101,)]
    assert workspace.sql(f"select sum(credits) {of_day.format('charges')}") == [(Decimal("0.22"),)]
    assert workspace.run().stale == []  # nothing changed, and nothing is tried again
    assert leftovers(workspace.home) == []


MENDED: list[tuple[str, Callable[[Workspace], Workspace]]] = [
    ("the limit is raised", lambda workspace: workspace.under(quarantine_limit="1")),
    (
        "the floor is raised, and half of the rows are good",
        lambda workspace: with_log(workspace, [on(FEB_3, f"x{n}") for n in range(100)]).under(
            quarantine_floor=101
        ),
    ),
    (
        "good rows come",
        lambda workspace: with_log(workspace, [on(FEB_3, f"x{n}") for n in range(2000)]),
    ),
    ("an alias comes", lambda workspace: with_alias(workspace, "llm,Acme,?,Chat\n")),
]


def with_log(workspace: Workspace, rows: list[Row]) -> Workspace:
    workspace.log("more.parquet", *rows)
    return workspace


def with_alias(workspace: Workspace, lines: str) -> Workspace:
    write_aliases(workspace.books[0], lines)
    return workspace


@pytest.mark.slow
@pytest.mark.parametrize(("why", "mend"), few_in_short(MENDED), ids=[why for why, _ in MENDED])
def test_a_blocked_date_is_published_when(
    blocked: Workspace, why: str, mend: Callable[[Workspace], Workspace]
) -> None:
    workspace = mend(blocked)
    assert workspace.run().states()[FEB_3] == ("published", 2)
    assert workspace.sql("select count(*) from reports where state = 'blocked'") == [(0,)]
    assert not workspace.home.blocked_folder(date(2026, 2, 3)).exists()
    assert workspace.run().stale == []


@pytest.mark.slow
def test_a_date_may_be_blocked_before_it_has_any_version(workspace: Workspace) -> None:
    workspace = workspace.under(quarantine_limit=STRICT)
    workspace.log("bad.parquet", *(on(FEB_3, f"{n}", org_id="") for n in range(101)))
    assert workspace.run().states() == {FEB_3: ("blocked", None)}
    assert workspace.home.current(date(2026, 2, 3)) is None
    assert workspace.sql("select version, state from reports") == [(None, "blocked")]
    assert workspace.sql("select outcome, rows from account") == [("missing_org_id", 101)]
    assert workspace.sql("select count(*) from charges") == [(0,)]
    assert workspace.under(quarantine_limit="1").run().states() == {FEB_3: ("published", 1)}


def test_the_limits_of_one_run_are_not_those_of_the_home(three: Workspace) -> None:
    """Asked for in one run, they decide that run; `home.toml` keeps those it was made with."""
    workspace = with_bad_rows(three)
    assert workspace.under(quarantine_limit="0.995").run().states()[FEB_3] == ("published", 2)
    assert workspace.home.settings().quarantine_limit == "1"
    assert workspace.run().stale == []  # what is published stays so


# What analysts open


@pytest.mark.slow
def test_the_database_holds_what_the_files_hold(blocked: Workspace) -> None:
    workspace = blocked
    workspace.log("undated.parquet", row(event_time=None), on(FEB_2, "bad", org_id=""))
    workspace.run()
    home = workspace.home
    attempt = home.blocked_folder(date(2026, 2, 3))
    folders = [version.folder for day in home.dates() if (version := home.current(day))]
    judged = [attempt if folder.parent == attempt.parent else folder for folder in folders]
    assert attempt in judged
    undated = list(home.receipts.glob("*.parquet"))
    in_force = "where usage_date is not null"
    for name, query, kept in (
        ("usage", "from usage", folders),
        ("charges", "from charges", folders),
        ("daily_usage", "from daily_usage", folders),
        ("quarantine", "select * exclude (file_name) from quarantine", judged),
        ("account", f"select * exclude (file_name) from account {in_force}", judged),
    ):
        files = [folder / f"{name}.parquet" for folder in kept]
        stored = rows_of(files + undated if name == "quarantine" else files)
        # A date without token classes and tiers has no columns of them; the database has, for all.
        columns = set.intersection(*(set(one) for one in stored))
        shown = as_rows(workspace, query)
        assert {one[column] or 0 for one in shown for column in {*one} - columns} <= {0}
        assert of_columns(shown, columns) == of_columns(stored, columns)
    names = {log.file: log.file_name for log in home.all_receipts()}
    for table in ("account", "quarantine", "logs"):
        assert {
            names[file] == name
            for file, name in workspace.sql(f"select file, file_name from {table}")
        } == {True}
    # rows in = rows out, over everything that was ever taken in
    assert workspace.sql("select sum(rows) from account") == workspace.sql(
        "select sum(rows) from logs"
    )


def as_rows(workspace: Workspace, query: str) -> list[dict[str, Any]]:
    with duckdb.connect(str(workspace.database()), read_only=True) as con:
        relation = con.sql(query)
        return [dict(zip(relation.columns, one, strict=True)) for one in relation.fetchall()]


def of_columns(rows: list[dict[str, Any]], columns: set[str]) -> list[str]:
    """These columns of all rows, in one order."""
    return sorted(str({name: one[name] for name in sorted(columns)}) for one in rows)


def rows_of(paths: list[Path]) -> list[dict[str, Any]]:
    return [one for path in paths for one in pq.read_table(path).to_pylist()]


def test_the_database_is_laid_out_as_the_contract_says(
    workspace: Workspace, comments: None
) -> None:
    """Columns, types and comments of every table, with rows and without."""
    workspace = workspace.under(dimensions=("team", "agent_id"))
    tables = all_tables(("team", "agent_id"))
    for _ in range(2):
        workspace.run()
        with duckdb.connect(str(workspace.database()), read_only=True) as con:
            found = con.sql(
                "select table_name, column_name, data_type, comment from duckdb_columns()"
                " where not internal order by table_name, column_index"
            ).fetchall()
            said = con.sql(
                "select table_name, comment from duckdb_tables() union all"
                " select view_name, comment from duckdb_views() where not internal"
            ).fetchall()
        types = {"STRUCT(width BIGINT, height BIGINT)[]": 'STRUCT("width" BIGINT, height BIGINT)[]'}
        assert [(*one[:2], one[2].replace('"', ""), one[3]) for one in found] == [
            (table.name, column.name, types.get(column.type, column.type).replace('"', ""),
             column.meaning)
            for table in sorted(tables.values(), key=lambda table: table.name)
            for column in table.columns
        ]  # fmt: skip
        assert dict(said) == {name: f"One row per {tables[name].grain}." for name in tables}
        workspace.log("a.parquet", row(), row(event_id="e2", org_id=None), row(event_time=None))


def test_the_rates_show_when_each_price_was_in_force(workspace: Workspace) -> None:
    write_card(workspace.books[0], "tool,Acme,Search,any,requests,-,1\n", "second", AT_NOON)
    workspace.run()
    found = workspace.sql(
        "select rate_card, key_mode, list_price, price, cast(valid_from as varchar),"
        " cast(valid_to as varchar) from rates where service = 'tool' or (service = 'llm'"
        " and key_mode = 'own' and meter = 'input_tokens') order by all"
    )
    begin, cut = "2026-02-01 00:00:00", "2026-02-03 12:00:00"
    assert found == [
        ("first", "any", Decimal("0.55"), Decimal("0.55"), begin, cut),
        ("first", "own", Decimal("0.02"), Decimal("0.01"), begin, cut),
        ("second", "any", None, None, cut, None),
    ]


@pytest.mark.slow
def test_a_reader_is_never_disturbed_and_never_in_the_way(three: Workspace) -> None:
    query = "select count(*), sum(credits) from charges"
    with duckdb.connect(str(three.database()), read_only=True) as reader:
        old = reader.sql(query).fetchall()
        for n in range(2):
            three.log(f"late {n}.parquet", on(FEB_3, f"{n}", org_id=f"org {n}"))
            assert three.run().states() == {FEB_3: ("published", n + 2)}
            assert reader.sql(query).fetchall() == old
            assert reader.sql("select count(*) from quarantine").fetchall() == [(0,)]
            assert reader.sql("select count(*) from reports").fetchall() == [(3,)]
            assert three.sql(query) == [(n + 4, old[0][1] + (n + 1) * Decimal("0.22"))]
    assert len(list(three.home.catalogs.iterdir())) == 2


def test_the_database_is_built_anew_where_it_is_missing(three: Workspace) -> None:
    three = replace(three, catalog=True)
    three.run()
    before = three.sql("from reports")
    three.home.catalog.unlink()
    for file in three.home.catalogs.iterdir():
        file.unlink()
    three.run()
    assert three.sql("from reports") == before


# Dates that are no 24 hours long


@pytest.mark.parametrize(("day", "hours"), few_in_short([("2026-10-25", 25), ("2026-03-29", 23)]))
def test_a_date_of_23_or_25_hours_holds_them_all(
    workspace: Workspace, day: str, hours: int
) -> None:
    zone = ZoneInfo("Europe/Berlin")
    start = datetime.fromisoformat(day).replace(tzinfo=zone).astimezone(UTC)
    workspace.log("a.parquet", *(
        row(event_id=f"{n}", event_time=start + timedelta(hours=n)) for n in range(-2, hours + 2)
    ))  # fmt: skip
    workspace = workspace.under(timezone="Europe/Berlin")
    ran = workspace.run(received_at=start + 9 * DAY)
    assert len(ran.published) == 3
    assert workspace.sql(f"select sum(events) from usage where usage_date = '{day}'") == [(hours,)]
    assert workspace.sql("select sum(events) from usage") == [(hours + 4,)]


@pytest.mark.slow
def test_the_zone_of_the_machine_does_not_matter(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.log("a.parquet", row(event_time=NOON + timedelta(hours=11, minutes=59)))
    workspace.run()
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        other = workspace.beside("other")
        other.run()
        assert other.outputs() == workspace.outputs()
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.slow
def test_an_amount_beyond_every_number_fails_its_date_by_name(workspace: Workspace) -> None:
    toml = workspace.books[0] / "card first" / "card.toml"
    toml.write_text(toml.read_text().replace('"0.01"', '"999999999.99"', 1))
    csv = workspace.books[0] / "card first" / "rates.csv"
    csv.write_text(csv.read_text().replace("input_tokens,0.22", "input_tokens,999999999"))
    workspace.log("fine.parquet", on(FEB_2, "fine"))
    workspace.log("huge.parquet", *(on(FEB_3, f"{n}", input_tokens=10**12) for n in range(9000)))
    states = workspace.run().states()
    assert states == {FEB_2: ("published", 1), FEB_3: ("failed", None)}
    assert states == workspace.run().states() | {FEB_2: ("published", 1)}


@pytest.mark.slow
def test_a_reader_keeps_the_rows_of_a_blocked_attempt(workspace: Workspace) -> None:
    workspace.log("a.parquet", *(on(FEB_3, f"{n}", model="nobody") for n in range(200)))
    workspace.run()
    with duckdb.connect(str(workspace.database()), read_only=True) as con:
        workspace.under(quarantine_limit="1").run()
        assert con.sql("select count(*) from quarantine").fetchall() == [(200,)]


def test_a_home_that_duckdb_would_misread_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="name it differently"):
        Home(tmp_path / "what?")


def test_a_version_in_force_that_is_missing_is_told(one_row: Workspace) -> None:
    link = one_row.home.date_folder(NOON.date()) / "current"
    for name in ("0002", "elsewhere"):
        link.unlink()
        link.symlink_to(name)
        with pytest.raises(CreditmillError, match=f"{name}: the version in force is missing"):
            one_row.home.current(NOON.date())


def test_a_step_needs_the_steps_before_it(one_row: Workspace) -> None:
    with pytest.raises(DateFailed, match="materialize all assets together"):
        flow.Run(one_row.home, one_row.home.settings()).price([NOON.date()])
