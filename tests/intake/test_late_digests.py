"""A digest that is stated of a log after it was ingested is held against it, by run and verify."""

import json
import os
from hashlib import sha256
from pathlib import Path

import pytest

from pipelines.home_checks import rejected_logs
from pricing_assets.home import withdrawals
from pricing_assets.intake import stated_digests
from tests.support.cases import few_in_short
from tests.support.command import Done, creditmill
from tests.support.workspace import Workspace, row, write_card

WRONG = "0" * 64


@pytest.fixture(scope="module")
def without_digest(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A log in a folder of the inbox, ingested without a digest."""
    folder = tmp_path_factory.mktemp("without")
    workspace = Workspace(folder, (write_card(folder / "book"),))
    workspace.log("day/a.parquet", row())
    assert asked("run", workspace).returncode == 0
    return workspace


@pytest.fixture
def ingested(without_digest: Workspace, tmp_path: Path) -> Workspace:
    """The same, to go on from there."""
    return without_digest.copied(tmp_path)


def asked(command: str, workspace: Workspace) -> Done:
    logs = ("--logs", workspace.inbox, "--no-pages") if command == "run" else ()
    books = ("--rates", workspace.books[0]) if command == "run" else ()
    words = (command, *logs, *books, "--home", workspace.home.path)
    return creditmill(*words, cwd=workspace.folder)


@pytest.mark.parametrize(
    ("name", "line"),
    few_in_short(
        [
            ("day/SHA256SUMS", "{} *./a.parquet\n"),
            ("day/a.parquet.sha256", "{}\n"),
            ("day/a.parquet.sha256", "{}  a.parquet\n"),
            ("day/a.sha256", "{}  -\n"),
            ("SHA256SUMS", "{}  day/a.parquet\n"),
        ]
    ),
)
def test_a_wrong_digest_that_comes_late_is_a_finding(
    ingested: Workspace, name: str, line: str
) -> None:
    file = ingested.inbox / name
    file.write_text(line.format(WRONG))
    runs = [asked("run", ingested), asked("run", ingested)]
    runs += [asked("verify", ingested)] if "/" in name else []
    for done in runs:
        assert done.returncode == 1, done
        assert f"a.parquet: {file} states the SHA-256 {WRONG}".encode() in done.stderr
    assert b"No date changed" in runs[0].stdout
    right = sha256((ingested.inbox / "day/a.parquet").read_bytes()).hexdigest()
    file.write_text(line.format(right))
    assert [asked(word, ingested).returncode for word in ("run", "verify")] == [0, 0]


@pytest.mark.slow
def test_a_log_that_is_taken_back_has_no_digest(ingested: Workspace) -> None:
    (ingested.inbox / "day/a.parquet.sha256").write_text(WRONG)
    with ingested.home.lock():
        withdrawals.withdraw(ingested.home, "a.parquet", "not what was sent")
    assert asked("run", ingested).returncode == 0


@pytest.mark.slow
def test_a_digest_of_before_is_not_read_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was held against the log as that came: thousands of them cost a look at their time."""
    log = workspace.log("a.parquet", row())
    (workspace.inbox / "a.parquet.sha256").write_text(sha256(log.read_bytes()).hexdigest())
    assert asked("run", workspace).returncode == 0
    stated_digests._load.cache_clear()
    opened: list[str] = []
    opens = os.open

    def noted(path: str | Path, *rest: int, **named: int) -> int:
        opened.append(str(path))
        return opens(path, *rest, **named)

    monkeypatch.setattr(os, "open", noted)
    assert asked("run", workspace).returncode == 0
    assert [path for path in opened if path.endswith("sha256")] == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("garbage\n", ":1: 'garbage' is not a SHA-256 with a name"),
        ("", " is empty, no SHA-256 is in it"),
    ],
)
def test_a_late_file_of_digests_that_states_none_is_a_finding(
    ingested: Workspace, text: str, what: str
) -> None:
    """As it is where it lies there before the log."""
    file = ingested.inbox / "day/a.parquet.sha256"
    file.write_text(text)
    for word in ("run", "status", "verify"):
        done = asked(word, ingested)
        assert (done.returncode, f"{file}{what}".encode() in done.stderr) == (1, True), done


def test_status_says_a_wrong_digest_until_it_is_right(ingested: Workspace) -> None:
    file = ingested.inbox / "day/a.parquet.sha256"
    file.write_text(WRONG)
    done = asked("status", ingested)
    assert done.returncode == 1
    assert f"a.parquet: {file} states the SHA-256 {WRONG}".encode() in done.stderr
    words = ("status", "--json", "--home", ingested.home.path)
    (wrong,) = json.loads(creditmill(*words, cwd=ingested.folder).stdout)["wrong_digests"]
    assert wrong["path"].endswith("day/a.parquet")
    (fault,) = rejected_logs(ingested.home).faults
    assert fault[:2] == (wrong["path"], "wrong_digest")
    file.write_text(sha256((ingested.inbox / "day/a.parquet").read_bytes()).hexdigest())
    done = asked("status", ingested)
    assert (done.returncode, rejected_logs(ingested.home).faults) == (0, []), done
