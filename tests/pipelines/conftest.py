"""Fixtures that several of these tests share."""

from collections.abc import Iterator
from dataclasses import replace

import dagster as dg
import pytest

from tests.support.watch import Watch
from tests.support.workspace import (
    Workspace,
)


@pytest.fixture(scope="session")
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.instance_for_test() as made:
        yield made


@pytest.fixture
def workspace(workspace: Workspace) -> Workspace:
    """Whose database is what runs made of it: `sql` does not bring it up to date."""
    return replace(workspace, catalog=True)


@pytest.fixture
def watch(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, instance: dg.DagsterInstance
) -> Iterator[Watch]:
    workspace.inbox.mkdir()
    monkeypatch.chdir(workspace.folder)  # no creditmill.toml of a developer is read
    monkeypatch.setenv("CREDITMILL_HOME", str(workspace.home.path))
    monkeypatch.setenv("CREDITMILL_LOGS", str(workspace.inbox))
    monkeypatch.setenv("CREDITMILL_RATES", str(workspace.books[0]))
    monkeypatch.setenv("CREDITMILL_SETTLE_SECONDS", "0")
    instance.wipe()  # runs of commands are recorded in it, too: it is DAGSTER_HOME
    yield Watch(workspace, instance)
    instance.wipe()
