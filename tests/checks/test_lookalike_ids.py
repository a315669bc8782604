"""Ids that deceive are told with both spellings; raw in Parquet and CSV, harmless where people look."""

import json
import time
from datetime import date, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines.cli import output
from pricing_assets.checks.lookalike_ids import lookalikes, looks
from tests.support.cases import few_in_short
from tests.support.command import creditmill
from tests.support.workspace import NOON, Workspace, row

DAY = date(2026, 2, 3)

# Ids of one date, and what is said of them.
SAID: list[tuple[list[str], list[str] | None]] = [
    (["acme", "globex", "用量"], []),
    (["acme", "Acme"], ["'Acme' looks like 'acme'", "'acme' looks like 'Acme'"]),
    (["acme", "ac me"], ["'ac me' looks like 'acme'", "'acme' looks like 'ac me'"]),
    (["acme", "acme\u00a0"], ["'acme' looks like 'acme\\xa0'", "'acme\\xa0' looks like 'acme'"]),
    (
        ["caf\u00e9", "cafe\u0301"],
        ["'caf\\xe9' looks like 'cafe\\u0301'", "'cafe\\u0301' looks like 'caf\\xe9'"],
    ),
    (
        ["acme", "ａｃｍｅ"],
        [
            "'\\uff41\\uff43\\uff4d\\uff45' looks like 'acme'",
            "'acme' looks like '\\uff41\\uff43\\uff4d\\uff45'",
        ],
    ),
    (
        ["stra\u00dfe", "STRASSE"],
        ["'STRASSE' looks like 'stra\\xdfe'", "'stra\\xdfe' looks like 'STRASSE'"],
    ),
    (
        ["acme", "ac\u200bme"],
        ["'ac\\u200bme' looks like 'acme'", "'acme' looks like 'ac\\u200bme'"],
    ),
    (
        ["acme", "\u0430cme"],
        ["'\\u0430cme' looks like 'acme'", "'acme' looks like '\\u0430cme'"],
    ),
    (  # of whose letters only some are alike in lower case
        ["acme", "\u0430\u0441\u043c\u0435", "\u0431\u043e\u0431"],
        [
            "'\\u0430\\u0441\\u043c\\u0435' looks like 'acme'",
            "'acme' looks like '\\u0430\\u0441\\u043c\\u0435'",
        ],
    ),
    (
        ["ACME", "\u0410\u0421\u041c\u0415"],  # in Cyrillic alone
        [
            "'ACME' looks like '\\u0410\\u0421\\u041c\\u0415'",
            "'\\u0410\\u0421\\u041c\\u0415' looks like 'ACME'",
        ],
    ),
    (
        ["alpha", "\u03b1lpha"],
        ["'\\u03b1lpha' looks like 'alpha'", "'alpha' looks like '\\u03b1lpha'"],
    ),
    (["paypal", "paypa1"], ["'paypa1' looks like 'paypal'", "'paypal' looks like 'paypa1'"]),
    (["Paypal", "PaypaI"], ["'PaypaI' looks like 'Paypal'", "'Paypal' looks like 'PaypaI'"]),
    (["g\u00f6\u00f6gle", "g\u043e\u0308\u00f6gle"], None),
    (["a-b", "a\u2013b"], ["'a-b' looks like 'a\\u2013b'", "'a\\u2013b' looks like 'a-b'"]),
    (
        [
            "\u0440\u043e\u043c\u0430\u0448\u043a\u0430",
            "\u043b\u0438\u0441\u0430",
            "caf\u00e9",
            "cafe",
        ],
        [],
    ),
    (["\u202eemca"], ["'\\u202eemca' has characters that nobody sees"]),
    (["acme\x1b[2J"], ["'acme\\x1b[2J' has characters that nobody sees"]),
    (["a\x00b", "a\nb"], ["'a\\nb' looks like 'a\\x00b'", "'a\\x00b' looks like 'a\\nb'"]),
    (["\u2028"], ["'\\u2028' has characters that nobody sees"]),
    *(
        (
            ["acme", f"acme{char}"],
            [f"'acme' looks like {f'acme{char}'!a}", f"{f'acme{char}'!a} looks like 'acme'"],
        )
        for char in "\ufe0f\u034f\u115f\u3164\uffa0\u17b4\u2800\u180b\U000e0100"
    ),
    (  # of Greek letters, one of which Unicode decomposes to another
        ["ACME", "\u0391\u03f9\u039c\u0395"],
        [
            "'ACME' looks like '\\u0391\\u03f9\\u039c\\u0395'",
            "'\\u0391\\u03f9\\u039c\\u0395' looks like 'ACME'",
        ],
    ),
    (["\ufeffacme"], ["'\\ufeffacme' has characters that nobody sees"]),
    (["\U000e0041cme"], ["'\\U000e0041cme' has characters that nobody sees"]),
]


@pytest.mark.parametrize(("ids", "said"), SAID)
def test_each_lookalike_id_is_named_with_what_it_looks_like(
    ids: list[str], said: list[str] | None
) -> None:
    """None: both are told, in whatever words."""
    faults = sorted(fault for _, fault in lookalikes({DAY: ids}, []))
    assert faults == said if said is not None else len(faults) == len(ids)


@pytest.mark.parametrize(
    "ids",
    few_in_short(
        [
            ["a" * (1 + one % 2) + " " * one for one in range(2_000)],
            [f"org-{one:05}" for one in range(100_000)],
            [f"\u0430cme {one}" for one in range(100_000)],
        ]
    ),
)
def test_many_ids_take_little_time(ids: list[str]) -> None:
    began = time.process_time()
    found = list(lookalikes({DAY: ids}, ids))
    assert time.process_time() - began < 6
    assert len(found) == (2_000 if len(ids) == 2_000 else 0)
    assert all(len(fault) < 20_000 for _, fault in found)


def test_ids_of_other_dates_are_held_against_too() -> None:
    assert list(lookalikes({DAY: ["Acme"]}, ["acme", "globex"])) == [
        (DAY, "'Acme' looks like 'acme'")
    ]


def test_plain_ids_look_the_same_either_way() -> None:
    """The short way of `looks` gives what the long one does."""
    for text in ("acme", "AC-me_1", "a b  c", "~!@#$%^&*()"):
        assert looks(text) == looks(text + "\u200b")


EVIL = "ac\u200bme\u202e\x1b[31m\r<b>"


def test_agents_of_one_organization_are_held_against_each_other(workspace: Workspace) -> None:
    agents = [
        ("acme", "helpdesk"),
        ("acme", "h\u0435lpdesk"),
        ("globex", "HELPDESK"),
        ("acme", None),
    ]
    workspace.log(
        "a.parquet",
        *(
            row(event_id=str(place), org_id=org_id, agent_id=agent)
            for place, (org_id, agent) in enumerate(agents)
        ),
    )
    assert workspace.run().verdicts[DAY].warnings == {
        "deceiving_ids": [
            "agent_id of 'acme': 'h\\u0435lpdesk' looks like 'helpdesk'",
            "agent_id of 'acme': 'helpdesk' looks like 'h\\u0435lpdesk'",
        ]
    }


def test_lookalike_ids_warn_and_block_nothing(workspace: Workspace) -> None:
    workspace.log("a.parquet", row(org_id="acme", event_time=NOON - timedelta(days=1)))
    workspace.run()
    workspace.log("b.parquet", row(org_id=EVIL), row(org_id="ACME", event_id="e2"))
    ran = workspace.run()
    verdict = ran.verdicts[DAY]
    assert verdict.passed
    assert verdict.warnings["deceiving_ids"] == [
        "'ACME' looks like 'acme'",
        f"{EVIL!a} has characters that nobody sees",
    ]


@pytest.mark.slow
def test_raw_where_machines_read_and_harmless_where_people_do(workspace: Workspace) -> None:
    workspace.log(
        "a.parquet", row(org_id=EVIL, event_id=EVIL), row(org_id=EVIL, event_id="", model=EVIL)
    )
    book = workspace.books[0]
    home = ("--home", workspace.home.path)
    told = creditmill(
        "run", "--logs", workspace.inbox, "--rates", book, *home, cwd=workspace.folder
    )
    asked = [
        creditmill(*words, *home, cwd=workspace.folder)
        for words in (["status"], ["quarantine"], ["explain", DAY, "--org", EVIL], ["charges"])
    ]
    for done in (told, *asked):
        assert done.returncode == 0, done.stderr
        for stream in (done.stdout, done.stderr):
            text = stream.decode()
            assert not set(text) & {"\x1b", "\r", "\u200b", "\u202e"}
    assert "\\u200b" in told.stdout.decode()
    (version,) = workspace.home.versions(DAY)
    assert pq.read_table(version.folder / "charges.parquet")["org_id"].to_pylist() == [EVIL]
    assert EVIL in (version.folder / "charges.csv").read_bytes().decode()
    assert not [
        path
        for path in Path(workspace.home.path).rglob("*")
        if set(path.name) & set(EVIL) - set("acme31mb[")
    ]
    as_json = creditmill("status", "--json", *home, cwd=workspace.folder)
    assert json.loads(as_json.stdout)


@pytest.mark.parametrize("text", [EVIL, "\u2066\u2069\ufeff\u00ad", "\x9b31m"])
def test_nothing_moves_a_terminal(text: str) -> None:
    shown = output.harmless(text)
    assert shown.isprintable()


def test_charges_names_organizations_that_look_alike(workspace: Workspace) -> None:
    """In the table they are one name twice."""
    workspace.log("a.parquet", row(), row(event_id="2", org_id="\u0430cme"), row(event_id="3"))
    workspace.run()
    workspace.database()
    done = creditmill("charges", "--home", workspace.home.path, cwd=workspace.folder)
    assert done.returncode == 0
    assert "org_id 'acme' looks like '\\u0430cme'" in done.stderr.decode()
    assert done.stderr.count(b"looks like") == 2
