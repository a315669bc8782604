"""A workspace for readers of `credits.duckdb`."""

from dataclasses import replace

import pytest

from tests.support.workspace import Workspace


@pytest.fixture
def workspace(workspace: Workspace) -> Workspace:
    """Whose runs bring the database up to date."""
    return replace(workspace, catalog=True)
