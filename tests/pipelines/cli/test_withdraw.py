"""`creditmill withdraw` without a log: the acts, for people and for machines."""

import json

from tests.support.command import Done, creditmill
from tests.support.workspace import Workspace, row


def withdraw(workspace: Workspace, *words: str) -> Done:
    return creditmill("withdraw", *words, "--home", workspace.home.path, cwd=workspace.folder)


def test_withdrawals_are_listed_as_json(workspace: Workspace) -> None:
    workspace.begin(row())
    assert json.loads(withdraw(workspace, "--json").stdout) == {"withdrawals": []}
    said = withdraw(workspace, "a.parquet", "--reason", "staging data").stdout.decode()
    assert "Taken back: the 1 row of it, on 2026-02-03." in said
    withdraw(workspace, "a.parquet", "--restore", "--reason", "it was right")
    acts = json.loads(withdraw(workspace, "--json").stdout)["withdrawals"]
    assert [(act["number"], act["act"], act["file_name"], act["reason"]) for act in acts] == [
        (1, "withdraw", "a.parquet", "staging data"),
        (2, "restore", "a.parquet", "it was right"),
    ]
    assert acts[0].keys() == {"number", "act", "file", "file_name", "by", "who", "at", "reason"}


def test_an_act_has_no_json(workspace: Workspace) -> None:
    workspace.begin(row())
    done = withdraw(workspace, "a.parquet", "--reason", "staging", "--json")
    assert (done.returncode, b"--json is for the list" in done.stderr) == (2, True)
    assert not workspace.home.journal.named.withdrawn
