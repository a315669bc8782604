"""Conflicts are shown by a few of their copies, however many there are."""

import pytest

from pricing_assets.analysis.conflicts import conflicts
from tests.support.workspace import Workspace, row


@pytest.mark.slow
def test_of_many_copies_a_few_are_held(workspace: Workspace) -> None:
    """A log of 30 kB may hold a million."""
    workspace.log("many.parquet", *(row(input_tokens=1000 + number % 2) for number in range(7)))
    workspace.run()
    (found,) = conflicts(workspace.home)
    assert (found.ids, found.copies, len(found.places), len(found.files)) == (1, 7, 4, 1)
    assert found.lines()[0].endswith("many.parquet row 3 and 3 more")
    workspace.log("other.parquet", row(input_tokens=5))
    workspace.run()
    (found,) = conflicts(workspace.home)
    assert (found.copies, sorted(file.file_name for file in found.files)) == (
        8,
        ["many.parquet", "other.parquet"],
    )
