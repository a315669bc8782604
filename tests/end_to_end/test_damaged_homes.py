"""Every command over every damaged home: a clean end, and no traceback ever.

One home is made once; for each damage it is copied, damaged in one place, and all commands are run
over it in this process. What is said of a damage belongs to the tests of that part.
"""

import contextlib
import io
import json
import os
import shutil
from collections.abc import Callable, Collection
from datetime import timedelta
from pathlib import Path
from unittest import mock

import pytest

from pipelines.cli import hints
from pipelines.cli.app import main
from pipelines.cli.command_list import COMMANDS
from pricing_assets.home.opening import RequestedSettings
from tests.support import ledgers
from tests.support.workspace import NOON, Workspace, row, write_card

DAY, NEXT, BLOCKED = (f"2026-02-0{day}" for day in (3, 4, 6))
Damage = Callable[[Path], None]


def make(folder: Path) -> Workspace:
    """A home that has one of each: versions superseded and in force, a correction of a closed date,
    a blocked date, rows of no date, closings, balances, a withdrawn log, one that a source reads,
    pages, a log in the inbox that is new, one rejected."""
    books = (write_card(folder / "book"),)
    workspace = ledgers.WithCredits(folder, books, given=RequestedSettings(), pages=True)
    ledgers.write(workspace, grants="G1,acme,paid,1000,10,2026-02-03,2029-02-03,,,")
    call = {"id": "c1", "call_type": "acompletion", "status": "success", "model": "Chat"}
    call |= {"startTime": (NOON + timedelta(days=2)).timestamp(), "custom_llm_provider": "acme"}
    call |= {"prompt_tokens": 1000, "completion_tokens": 10, "total_tokens": 1010}
    call |= {"metadata": {"user_api_key_org_id": "acme"}}
    raw_log(workspace).parent.mkdir()
    raw_log(workspace).write_text(json.dumps(call) + "\n", encoding="utf-8")
    workspace.log(
        "a.parquet", row(), row(event_id="x", event_time=None), row(event_id="q", model="no")
    )
    workspace.log("b.parquet", row(event_id="b", event_time=NOON + timedelta(days=1)))
    workspace.log("wrong.parquet", row(event_id="w", event_time=NOON + timedelta(days=1)))
    workspace.run()
    code, said = run(
        workspace, ("run", "--logs", str(raw_log(workspace).parent), "--source", "litellm_s3")
    )
    assert code == 0, said
    run(workspace, ("withdraw", "wrong.parquet", "--reason", "staging"))
    (workspace.inbox / "wrong.parquet").unlink()
    run(workspace, ("close", "--through", DAY, "--reason", "month end"))
    workspace.log(
        "late.parquet",
        row(event_id="late"),
        row(event_id="b2", event_time=NOON + timedelta(days=1)),
    )
    at = NOON + timedelta(days=3)
    workspace.log(
        "blocked.parquet", *(row(event_id=f"{n}", event_time=at, model="no") for n in range(150))
    )
    (workspace.inbox / "broken.parquet").write_bytes(b"PAR1 is not enough")
    workspace.run()
    workspace.log("new.parquet", row(event_id="new", event_time=NOON + timedelta(days=1)))
    return workspace


def raw_log(workspace: Workspace) -> Path:
    """A log of another tool."""
    return workspace.folder / "raw" / "calls.jsonl"


def commands(workspace: Workspace) -> list[tuple[str, ...]]:
    """Every command, those that write last."""
    book, out = str(workspace.books[0]), str(workspace.folder / "out")
    return [
        ("status",),
        ("status", "--json"),
        ("verify",),
        ("verify", DAY, "--json"),
        ("verify", "--recompute"),
        ("quarantine",),
        ("quarantine", BLOCKED, "--json"),
        ("charges",),
        ("charges", "--as-known-at", "2026-02-15"),
        ("diff", DAY),
        ("diff", NEXT),
        ("compare", DAY, NEXT),
        ("explain", DAY, "--org", "acme"),
        ("repeats",),
        ("what-if", book),
        ("closings",),
        ("checks", "list"),
        ("checks", "docs", "--to", f"{out}-docs"),
        ("balance",),
        ("balance", "acme", "--json"),
        ("ledger", "acme"),
        ("names", "propose"),
        ("grants", "check", str(ledgers.credits_of(workspace))),
        ("withdraw",),
        ("upgrade",),
        ("sources", "check", str(raw_log(workspace))),
        ("export", "2026-02", "--to", out, "--json"),
        ("export", "--duckdb", f"{out}.duckdb"),
        ("rates", "check", book),
        ("rates", "diff", "first", "first"),
        ("estimate", "credits", "Chat", "--brand", "Acme", "--input-tokens", "1000"),
        ("open", "--no-browser"),
        ("prune", "--versions", "--grace-days", "0"),
        ("close", "--through", NEXT, "--reason", "again"),
        ("reopen", "--from", NEXT, "--reason", "again"),
        ("restore",),
        ("restore", "--from", str(workspace.inbox)),
        ("withdraw", "b.parquet", "--reason", "a mistake"),
        ("withdraw", "b.parquet", "--restore", "--reason", "it was right"),
        ("run", "--logs", str(workspace.inbox)),
        ("prune", "--versions", "--grace-days", "0", "--yes"),
        ("refresh",),
        ("open", "--no-browser", "--org", "acme"),
        ("verify",),
    ]


def run(workspace: Workspace, words: tuple[str, ...]) -> tuple[int, str]:
    """Run one command on the home; its exit code and what it said."""
    shutil.rmtree(workspace.folder / "out", ignore_errors=True)
    (workspace.folder / "out.duckdb").unlink(missing_ok=True)
    (workspace.folder / "out").mkdir()
    has_home = not " ".join(words).startswith(hints.HOMELESS)
    home = ("--home", str(workspace.home.path)) if has_home else ()
    said = io.StringIO()
    with (
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(said),
        mock.patch.dict(os.environ, CREDITMILL_CREDITS=str(ledgers.credits_of(workspace))),
    ):
        code = main([*words, *home])
    return code, said.getvalue()


# --- where and how ------------------------------------------------------------------------------


def first(pattern: str) -> Callable[[Path], Path]:
    """The first path of the home of this pattern."""
    return lambda home: sorted(home.glob(pattern))[0]


VERSION = f"reports/usage_date={DAY}/0001"
PARTS = (
    "charges",
    "daily_usage",
    "lines",
    "usage",
    "account",
    "quarantine",
    "snapshots",
    "at_risk",
)
PARTS_OF_LEDGER = ("ledger", "burns", "balances")
FILES = [
    "home.toml",
    "credits.duckdb",
    "catalogs/*.duckdb",
    "receipts/" + "[0-9a-f]" * 64 + ".json",
    "receipts/*.quarantine.parquet",
    "receipts/seen.json",
    "logs/*.parquet",
    f"reports/usage_date={DAY}/current",
    f"reports/usage_date={NEXT}/current",
    f"{VERSION}/manifest.json",
    f"{VERSION}/checks.json",
    *(f"{VERSION}/{part}.parquet" for part in PARTS),
    f"{VERSION}/charges.csv",
    f"reports/usage_date={NEXT}/0001/manifest.json",
    f"reports/usage_date={NEXT}/0002/changes.parquet",
    f"reports/usage_date={BLOCKED}/blocked/manifest.json",
    f"reports/usage_date={BLOCKED}/blocked/quarantine.parquet",
    f"corrections/usage_date={DAY}/0001/manifest.json",
    f"corrections/usage_date={DAY}/0001/corrections.parquet",
    f"corrections/usage_date={DAY}/0001/lines.parquet",
    "closings/0001.json",
    "withdrawals/0001.json",
    "logs/*.raw",
    "derived/*/*.parquet",
    "rollups/index.jsonl",
    "rollups/*.parquet",
    f"ledger/usage_date={DAY}/current",
    f"ledger/usage_date={DAY}/0001/manifest.json",
    *(f"ledger/usage_date={DAY}/0001/{part}.parquet" for part in PARTS_OF_LEDGER),
    "standings/*/current",
    "standings/*/0001/manifest.json",
    "standings/*/0001/grants.parquet",
    "journal.jsonl",
    "journal.checked",
    "pages/index.html",
    "pages/organizations/*.html",
    "pages/events/*/*",
    "pages/assets/*/*",
    ".lock",
]
FOLDERS = [
    *("logs", "receipts", "reports", "corrections", "closings", "catalogs", "pages"),
    *("withdrawals", "derived", "rollups", "ledger", "standings"),
    *(f"ledger/usage_date={DAY}", f"ledger/usage_date={DAY}/0001", "standings/*/0001"),
    *(f"reports/usage_date={DAY}", VERSION, f"reports/usage_date={BLOCKED}/blocked"),
    *("pages/assets", "pages/organizations", "pages/events"),
    f"corrections/usage_date={DAY}/0001",
]


def gone(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def renamed(path: Path) -> None:
    path.rename(path.with_name(f"{path.name}.bak"))


def emptied(path: Path) -> None:
    replace(path, b"")


def cut_short(path: Path) -> None:
    replace(path, path.read_bytes()[: path.stat().st_size // 2])


def foreign(path: Path) -> None:
    replace(path, b"\x89PNG\r\n\x1a\n is not a file of a home\xff\x00\n")


def other_json(path: Path) -> None:
    replace(path, b'[{"a": 1}]\n')


def other_object(path: Path) -> None:
    replace(path, b'{"a": 1}\n')


def folder(path: Path) -> None:
    gone(path)
    path.mkdir()


def file(path: Path) -> None:
    gone(path)
    path.write_bytes(b"a file")


def unreadable(path: Path) -> None:
    """For root, too: a link to itself."""
    gone(path)
    path.symlink_to(path.name)


def pipe(path: Path) -> None:
    """Nobody writes into it: who opens it to read waits for ever."""
    gone(path)
    os.mkfifo(path)


def dangling(path: Path) -> None:
    gone(path)
    path.symlink_to("nowhere")


def replace(path: Path, content: bytes) -> None:
    gone(path)
    path.write_bytes(content)


OF_FILES: list[Damage] = [
    *(gone, renamed, emptied, cut_short, foreign, folder, unreadable, dangling, pipe)
]
OF_JSON: list[Damage] = [other_json, other_object]
OF_FOLDERS: list[Damage] = [gone, renamed, file, unreadable, dangling]
DAMAGES = [
    *(
        (path, damage)
        for path in FILES
        for damage in OF_FILES
        if damage is not cut_short or not path.endswith("/current")  # a link to a folder
    ),
    *((path, damage) for path in FILES if path.endswith((".json", ".toml")) for damage in OF_JSON),
    *((path, damage) for path in FOLDERS for damage in OF_FOLDERS),
]
QUICK = [
    ("home.toml", foreign),
    ("credits.duckdb", dangling),
    ("receipts/seen.json", other_object),
    ("receipts/seen.json", unreadable),
    ("receipts/" + "[0-9a-f]" * 64 + ".json", cut_short),
    (f"{VERSION}/manifest.json", other_object),
    (f"{VERSION}/charges.parquet", gone),
    (f"{VERSION}/lines.parquet", pipe),
    ("logs/*.parquet", pipe),
]
SHORT = ("status", "verify", "quarantine", "charges")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The whole home."""
    return make(tmp_path_factory.mktemp("made"))


def copied(made: Workspace, target: Path) -> Workspace:
    for parent, folders, _ in os.walk(made.home.path):
        for name in folders:
            os.chmod(Path(parent, name), 0o755)
    return made.copied(target)


def every_command(workspace: Workspace, only: Collection[str] = ()) -> None:
    for words in commands(workspace):
        if only and (words[0] not in only or "--recompute" in words):
            continue
        code, said = run(workspace, words)
        assert code in (0, 1, 2), (words, said)
        assert "Traceback" not in said, words
        assert code == 0 or said.strip(), words


NOT_OVER_HOMES = {
    *("estimate budget", "estimate tokens", "rates init", "rates new"),
    *("sources list", "sources map", "sources new"),
}
ELSEWHERE = {"engine check", "publish"}
"""One reads nothing of the home and takes a minute, one needs a store: `tests/delivery`."""


def test_every_command_is_in_the_table(one_row: Workspace) -> None:
    played = {" ".join(words) for words in commands(one_row)}
    left_out = {name for name in COMMANDS if not any(one.startswith(name) for one in played)}
    assert left_out == NOT_OVER_HOMES | ELSEWHERE


def test_some_commands_over_some_damaged_homes(
    one_row: Workspace, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A short form of what follows."""
    for path, damage in QUICK:
        one = copied(one_row, tmp_path_factory.mktemp("one"))
        damage(first(path)(one.home.path))
        every_command(one, SHORT)


@pytest.mark.slow
def test_every_command_over_a_whole_home(made: Workspace, tmp_path: Path) -> None:
    """And everything that a home holds is damaged below."""
    damaged = {path.split("/")[0] for path, _ in DAMAGES}
    assert {path.name for path in made.home.path.iterdir()} <= damaged
    every_command(copied(made, tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize("path, damage", DAMAGES)
def test_every_command_over_every_damaged_home(
    path: str, damage: Damage, made: Workspace, tmp_path: Path
) -> None:
    workspace = copied(made, tmp_path)
    damage(first(path)(workspace.home.path))
    every_command(workspace)
