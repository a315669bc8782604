"""Fixtures that several of these tests share."""

from pathlib import Path

import pytest

from tests.support.shared import shared
from tests.support.workspace import Workspace, row, write_card


@pytest.fixture(scope="session")
def _two_logs(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    def publish(folder: Path) -> None:
        workspace = Workspace(folder, (write_card(folder / "book"),), catalog=True)
        workspace.log("good.parquet", row())
        workspace.log("staging.parquet", row(event_id="s1", org_id="globex"), row(event_id="s2"))
        workspace.run()

    folder = shared(tmp_path_factory, "two-logs", publish)
    return Workspace(folder, (folder / "book",), catalog=True)


@pytest.fixture
def two(_two_logs: Workspace, tmp_path: Path) -> Workspace:
    """Two logs of one date, of which the second should not have come; to go on from there."""
    return _two_logs.copied(tmp_path)
