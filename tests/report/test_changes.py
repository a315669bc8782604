"""Why it changed: each cause by itself and several at once, in parts that leave no remainder.

Random histories are in `test_closing_and_corrections`.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import duckdb
import pytest

from pricing_assets.analysis import diff
from pricing_assets.common import files
from pricing_assets.common.decimals import exact_sum
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.db import connection as duck
from pricing_assets.db.io import scan_parquet
from pricing_assets.home.entries import VERSION, sealed_entry
from pricing_assets.home.withdrawals import withdraw
from pricing_assets.report import changes as explained
from pricing_assets.report.states import Side, StatePair
from tests.support.cases import few_in_short
from tests.support.command import creditmill
from tests.support.versions import forge
from tests.support.workspace import (
    NOON,
    RATES,
    Row,
    Workspace,
    of,
    row,
    stored_manifest,
    write_aliases,
    write_card,
)

Change = tuple[str, str, int, str]
"""Cause, rate card, quantity and credits of one row of `changes`."""
DEARER = "llm,Acme,Pro,platform,input_tokens,1,1000\nllm,Acme,Pro,platform,output_tokens,1,1000\n"
DOUBLED = RATES.replace(",0.22,", ",0.44,")
DEALS = "agreement,org_id,service,brand,model,key_mode,meter,discount,price,valid_from,valid_to\n"
DEAL = DEALS + "deal,acme,llm,*,*,*,*,0.5,,2026-02-01T00:00:00Z,\n"
DAY = NOON.date()
RULED = (
    *("home.pinned_inputs", "report.manifest", "report.reasons"),
    *("report.staleness", "usage.restate"),
)
"""The modules that ask for the version of the rules."""


def late(workspace: Workspace) -> None:
    workspace.log("late.parquet", row(event_id="2", input_tokens=1))


def card(workspace: Workspace) -> None:
    write_card(workspace.books[0], DOUBLED, "second", "2026-02-02T00:00:00Z")


def noon(workspace: Workspace) -> None:
    write_card(workspace.books[0], DOUBLED, "second", "2026-02-03T12:00:00Z")


def renamed(workspace: Workspace) -> None:
    rates = RATES.replace("Acme,Chat", "Acme,Chat 2")
    write_card(workspace.books[0], rates, "second", "2026-02-02T00:00:00Z")
    write_aliases(workspace.books[0], "llm,Acme,Chat,Chat 2\n")


def deal(workspace: Workspace) -> None:
    (workspace.books[0] / "agreements.csv").write_text(DEAL)


def cap(workspace: Workspace) -> None:
    dear = '[own_key_cap.llm]\ninput_tokens = "0.015"\n'
    write_card(workspace.books[0], RATES, "second", "2026-02-02T00:00:00Z", cap=dear)


def alias(workspace: Workspace) -> None:
    write_aliases(workspace.books[0], "llm,Acme,Latest,Chat\n")


def unoffered(workspace: Workspace) -> None:
    rates = RATES.replace("own,input_tokens,0.02", "own,input_tokens,-")
    write_card(workspace.books[0], rates, "second", "2026-02-02T00:00:00Z")


def conflict(workspace: Workspace) -> None:
    workspace.log("conflict.parquet", row(event_id="1", input_tokens=5))


def both(*changes: Callable[[Workspace], None]) -> Callable[[Workspace], None]:
    def change(workspace: Workspace) -> None:
        for one in changes:
            one(workspace)

    return change


ONE = [row(event_id="1")]
AT_NIGHT = [row(event_id="0", event_time=datetime(2026, 2, 3, 1, tzinfo=UTC), input_tokens=500)]
OWN = [row(event_id="1", key_mode="own")]
UNPRICED = [row(event_id="1"), row(event_id="9", model="Latest", input_tokens=3000)]
STORED = [of("knowledge_storage", None, None, event_id="1", stored_tokens=1000)]
CASES: dict[str, tuple[list[Row], Callable[[Workspace], None], list[Change]]] = {
    "late usage": (ONE, late, [("late_usage", "first", 1, "0.00022")]),
    "a late snapshot takes the place of another": (
        STORED,
        lambda workspace: (
            workspace.log(
                "late.parquet",
                of(
                    *("knowledge_storage", None, None),
                    event_id="2",
                    stored_tokens=400,
                    event_time=NOON.replace(hour=13),
                ),
            )
            and None
        ),
        [("late_usage", "first", -600, "-0.0006")],
    ),
    "withdrawn": (ONE, conflict, [("withdrawn", "first", -1000, "-0.22")]),
    "withdrawn, and late": (
        ONE,
        both(conflict, late),
        [("late_usage", "first", 1, "0.00022"), ("withdrawn", "first", -1000, "-0.22")],
    ),
    "another price": (
        ONE,
        card,
        [("price_change", "first", -1000, "-0.22"), ("price_change", "second", 1000, "0.44")],
    ),
    "another price from noon on": (
        ONE + AT_NIGHT,
        noon,
        [("price_change", "first", -1000, "-0.22"), ("price_change", "second", 1000, "0.44")],
    ),
    "another price, and late": (
        ONE,
        both(card, late),
        [
            ("late_usage", "second", 1, "0.00044"),
            ("price_change", "first", -1000, "-0.22"),
            ("price_change", "second", 1000, "0.44"),
        ],
    ),
    "another price from noon on, and late": (
        ONE + AT_NIGHT,
        both(noon, late),
        [
            ("late_usage", "second", 1, "0.00044"),
            ("price_change", "first", -1000, "-0.22"),
            ("price_change", "second", 1000, "0.44"),
        ],
    ),
    "another name at the same price": (
        ONE,
        renamed,
        [("price_change", "first", -1000, "-0.22"), ("price_change", "second", 1000, "0.22")],
    ),
    "an agreement": (
        ONE,
        deal,
        [
            ("agreement_or_cap", "first", -1000, "-0.22"),
            ("agreement_or_cap", "first", 1000, "0.11"),
        ],
    ),
    "an agreement and another price": (
        ONE,
        both(card, deal),
        [
            ("agreement_or_cap", "second", 0, "-0.22"),
            ("price_change", "first", -1000, "-0.22"),
            ("price_change", "second", 1000, "0.44"),
        ],
    ),
    "another cap": (
        OWN,
        cap,
        [
            ("agreement_or_cap", "first", -1000, "-0.01"),
            ("agreement_or_cap", "second", 1000, "0.015"),
        ],
    ),
    "a row that found its price": (UNPRICED, alias, [("quarantine", "first", 3000, "0.66")]),
    "a row that found its price, and late": (
        UNPRICED,
        both(alias, late),
        [("late_usage", "first", 1, "0.00022"), ("quarantine", "first", 3000, "0.66")],
    ),
    "a row that found its price, at another price": (
        UNPRICED,
        both(alias, card),
        [
            ("price_change", "first", -1000, "-0.22"),
            ("price_change", "second", 1000, "0.44"),
            ("quarantine", "second", 3000, "1.32"),
        ],
    ),
    "a row that lost its price": (OWN, unoffered, [("quarantine", "first", -1000, "-0.01")]),
    "a row that lost its price, and late": (
        OWN,
        both(unoffered, late),
        [("late_usage", "second", 1, "0.00022"), ("quarantine", "first", -1000, "-0.01")],
    ),
}


def changes(workspace: Workspace) -> list[Change]:
    version = workspace.home.current(DAY)
    assert version is not None
    with duck.connection(within=[version.folder]) as con:
        scan_parquet(con, [version.folder / "changes.parquet"]).create_view("changes")
        rows = con.sql(
            "select cause, rate_card, quantity, credits from changes"
            " order by cause, rate_card, quantity, credits"
        ).fetchall()
    return [(cause, name, n, f"{credits.normalize():f}") for cause, name, n, credits in rows]


SHORT = (
    "a late snapshot takes the place of another",
    *("withdrawn", "another price", "an agreement", "a row that found its price"),
)
"""One of each cause; several at once are those of the short form in other pairs."""


@pytest.mark.parametrize(
    "case",
    few_in_short([*SHORT, *(case for case in CASES if case not in SHORT)], len(SHORT)),
)
def test_each_cause_of_a_new_version_is_named_with_its_credits(
    workspace: Workspace, case: str
) -> None:
    rows, change, expected = CASES[case]
    workspace.begin(*rows)
    change(workspace)
    (made,) = workspace.run().published
    assert (made.state, changes(workspace)) == ("published", expected)
    version = workspace.home.current(DAY)
    assert version is not None
    said = stored_manifest(version)["changes"]
    assert sum(Decimal(one["credits"]) for one in said.values()) == made.difference
    assert sum((Decimal(credits) for *_, credits in expected), Decimal(0)) == made.difference
    assert {*said} == {cause for cause, *_ in expected}


@pytest.mark.slow
def test_rows_are_found_in_each_spelling_of_a_name(workspace: Workspace) -> None:
    """Two cards of one date spell a model differently: which of them a row counts for goes by the
    card in force at its instant, not by chance."""
    rates = RATES.replace("Acme,Chat", "Acme,CHAT")
    write_card(workspace.books[0], rates, "second", "2026-02-03T06:00:00Z")
    workspace.log("a.parquet", *AT_NIGHT, row(event_id="1"))
    workspace.run()
    other = row(event_id="0", event_time=AT_NIGHT[0]["event_time"], input_tokens=5)
    workspace.log("conflict.parquet", other, row(event_id="1", input_tokens=5))
    workspace.run()
    assert changes(workspace) == [
        ("withdrawn", "first", -500, "-0.11"),
        ("withdrawn", "second", -1000, "-0.22"),
    ]


@pytest.mark.slow
def test_other_rules_with_the_same_result_make_no_version(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.log("a.parquet", row(event_id="1"), row(event_id="2", brand="None"))
    workspace.run()
    for module in RULED:
        monkeypatch.setattr(f"pricing_assets.{module}.RULES_VERSION", 2)
    write_aliases(workspace.books[0], "llm,Acme,never,Chat\n")
    assert workspace.run().states() == {DAY.isoformat(): ("unchanged", 1)}


@pytest.mark.parametrize(
    ("change", "expected"),
    few_in_short(
        [
            (
                card,
                [
                    ("price_change", "first", -900, "-0.198"),
                    ("price_change", "second", 900, "0.396"),
                    ("rules", "second", 100, "0.044"),
                ],
            ),
            (None, [("rules", "first", 100, "0.022")]),
            # what is late cannot be told from what other rules let pass
            (late, [("rules", "first", 101, "0.02222")]),
        ]
    ),
)
def test_a_change_of_rules_is_a_cause_of_its_own(
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Workspace], None] | None,
    expected: list[Change],
) -> None:
    """The first version was made by rules that counted 100 tokens less."""
    workspace.begin(*ONE)
    version = workspace.home.versions(DAY)[0]
    forge(version, "update charges set quantity = 900, credits = 0.198, usd = 0.00198")
    sealed = (version.folder / "manifest.json").read_bytes()
    with workspace.home.lock():  # as if it had been published so
        workspace.home.journal.append([sealed_entry(VERSION, f"{DAY}", 1, sealed)], "then")
    for module in RULED:
        monkeypatch.setattr(f"pricing_assets.{module}.RULES_VERSION", 2)
    if change is not None:
        change(workspace)
    (made,) = workspace.run().published
    assert (made.state, changes(workspace)) == ("published", expected)
    assert made.difference == sum((Decimal(credits) for *_, credits in expected), Decimal(0))


@pytest.mark.slow
def test_a_later_line_of_names_is_a_cause_of_its_own(workspace: Workspace) -> None:
    """From noon on `Latest` is another model of the same card; the morning stays as it was."""
    book = workspace.books[0]
    write_card(book, RATES + DEARER, "second", "2026-02-02T00:00:00Z")
    write_aliases(book, "llm,Acme,Latest,Chat\n")
    morning = NOON.replace(hour=9)
    workspace.log(
        "a.parquet",
        row(event_id="1", model="latest", event_time=morning),
        row(event_id="2", model="Latest", input_tokens=3000),
    )
    workspace.run()
    aliases = (book / "aliases.csv").read_text().replace("model\n", "model,valid_from\n")
    (book / "aliases.csv").write_text(f"{aliases}llm,Acme,Latest,Pro,2026-02-03T12:00:00Z\n")
    (made,) = workspace.run().published
    assert made.reason.startswith("alias Latest is now Pro from 2026-02-03T12:00:00Z on")
    assert changes(workspace) == [
        ("names", "second", -3000, "-0.66"),
        ("names", "second", 3000, "3"),
    ]
    manifest = stored_manifest(workspace.home.versions(DAY)[1])
    assert sorted(manifest["aliases"]) == [
        ["llm", "Acme", "Latest", "Chat"],
        ["llm", "Acme", "Latest", "Pro", "2026-02-03T12:00:00Z"],
    ]
    replace(workspace, catalog=True).run()
    assert (
        creditmill("verify", "--recompute", "--home", workspace.home.path, cwd=book).returncode == 0
    )


def snapshot(at: datetime, tokens: int, event_id: str) -> Row:
    of_base = {"knowledge_base_id": "kb", "stored_tokens": tokens, "event_time": at}
    return of("knowledge_storage", None, None, event_id=event_id, **of_base)


@pytest.mark.slow
def test_dates_that_are_explained_at_once_are_explained_as_each_by_itself(
    workspace: Workspace,
) -> None:
    """The same ids, names and knowledge bases on each date, of which each changes differently."""
    half, first, second, third, fourth = (NOON + timedelta(days=step) for step in range(-1, 4))
    write_card(workspace.books[0], RATES, "half", f"{half:%Y-%m-%dT%H:%M:%SZ}")
    workspace.begin(
        snapshot(half.replace(hour=9), 400, "s1"),  # before noon, at a card that ends then
        *(row(event_id="1", event_time=at) for at in (first, second, third, fourth)),
        *(
            row(event_id="9", event_time=at, model="Latest", input_tokens=7)
            for at in (first, second)
        ),
        *(row(event_id="9", event_time=at, model="Never") for at in (third, fourth)),
        row(event_id="7", event_time=first, model="Never"),
        row(event_id="7", event_time=second, input_tokens=11),
        row(event_id="3", event_time=fourth, input_tokens=9),
        snapshot(first, 500, "s1"),
        snapshot(second, 500, "s1"),
        *(snapshot(at.replace(hour=13), 400, "s2") for at in (second, third, fourth)),
    )
    alias(workspace)
    write_card(workspace.books[0], DOUBLED, "second", f"{third:%Y-%m-%d}T06:00:00Z")
    late_at = {half: 100, second: 100, third: 100, fourth: 900}
    workspace.log(
        "b.parquet",
        *(snapshot(at.replace(hour=14), tokens, "s3") for at, tokens in late_at.items()),
        snapshot(second, 5, "s1"),
        *(row(event_id=id_, event_time=second, input_tokens=5) for id_ in ("1", "7")),
        row(event_id="1", event_time=fourth.replace(hour=13)),
        row(event_id="9", event_time=fourth, model="Never", input_tokens=5),
        row(event_id="2", event_time=fourth),
    )
    assert {made.version for made in workspace.run().published} == {2}
    causes = []
    for day in workspace.home.dates():
        old, new = workspace.home.versions(day)
        sides = (Side(one.folder, one.manifest) for one in (old, new))
        with duck.connection(within=[workspace.folder]) as con:
            alone = {workspace.folder: StatePair(day, *sides, ())}
            sums = explained.write(con, alone, new.manifest.dimensions)[day]
        assert sums == new.manifest.changes
        causes.append(list(sums))
        for name in explained.NAMES:
            assert (workspace.folder / name).read_bytes() == (new.folder / name).read_bytes()
    assert causes == [
        ["late_usage"],
        ["quarantine"],
        ["late_usage", "withdrawn", "quarantine"],
        ["late_usage", "price_change"],
        ["late_usage", "withdrawn", "price_change"],
    ]


@pytest.mark.slow
def test_dates_that_are_explained_at_once_say_each_for_itself_what_no_row_explains(
    workspace: Workspace,
) -> None:
    """Of one date a log was withdrawn, for the other one came late."""
    other = NOON + timedelta(days=1)
    workspace.log("taken back.parquet", row(event_id="2", input_tokens=5))
    workspace.begin(row(event_id="1"), row(event_id="1", event_time=other))
    with workspace.home.lock():
        withdraw(workspace.home, "taken back.parquet", "staging")
    workspace.log("late.parquet", row(event_id="3", event_time=other, input_tokens=7))
    workspace.run()
    versions = [workspace.home.current(day) for day in workspace.home.dates()]
    assert [list(one.manifest.changes or {}) for one in versions if one] == [
        ["withdrawn"],
        ["late_usage"],
    ]


@pytest.mark.slow
def test_any_two_versions_and_the_last_two(workspace: Workspace) -> None:
    workspace.begin(*ONE)
    with pytest.raises(ConfigurationError, match="has nothing to compare; its versions: 1"):
        diff.compare(workspace.home, DAY, None, None)
    late(workspace)
    workspace.run()
    card(workspace)
    workspace.run()
    last = diff.compare(workspace.home, DAY, None, None)
    assert (last.before, last.after, last.difference) == ("2", "3", Decimal("0.22022"))
    whole = diff.compare(workspace.home, DAY, "1", "3")
    assert [(part.cause, part.credits) for part in whole.causes] == [
        ("price_change", Decimal("0.22")),
        ("late_usage", Decimal("0.00044")),
    ]
    assert [(part.org_id, part.cause) for part in whole.organizations] == [
        ("acme", "price_change"),
        ("acme", "late_usage"),
    ]
    with pytest.raises(ConfigurationError, match="name two versions, or none"):
        diff.compare(workspace.home, DAY, "1", None)
    for wrong in ("out.xlsx", "nowhere/out.csv"):
        with pytest.raises(ConfigurationError, match=r"must be a \.csv or \.parquet file"):
            diff.compare(workspace.home, DAY, "1", "3", workspace.folder / wrong)
    out = workspace.folder / "out.csv"
    done = creditmill(
        "diff", DAY, "1", "3", "--out", out, "--home", workspace.home.path, cwd=workspace.folder
    )
    assert done.returncode == 0, done.stderr
    written = duckdb.sql(f"select cause, credits from '{out}' where credits <> 0").fetchall()
    assert sum(Decimal(str(credits)) for _, credits in written) == whole.difference
    last_cause = "select distinct cause from changes"
    assert workspace.sql(last_cause) == [("price_change",)]
    back = diff.compare(workspace.home, DAY, "3", "1")
    assert back.difference == -whole.difference
    assert exact_sum(part.credits for part in back.causes) == back.difference
    with pytest.raises(ConfigurationError, match="no version 4; its versions: 1, 2, 3"):
        diff.compare(workspace.home, DAY, "1", "4")


def test_the_manifest_holds_the_digests_of_what_changed(workspace: Workspace) -> None:
    workspace.begin(*ONE)
    late(workspace)
    workspace.run()
    version = workspace.home.current(DAY)
    assert version is not None
    for name in ("changes.csv", "changes.parquet"):
        said = stored_manifest(version)["outputs"][name]
        assert files.sha256_of(version.folder / name) == said["sha256"]
        assert said["rows"] == 1
