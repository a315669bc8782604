"""Conflicts are shown by a few of their copies, however many there are."""

from dataclasses import replace
from datetime import UTC, datetime

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


@pytest.mark.slow
def test_the_advice_says_what_else_a_withdrawal_takes_back(workspace: Workspace) -> None:
    """And prefers that a file with other rows is sent again."""
    workspace = replace(workspace, catalog=True)
    workspace.log("only.parquet", row(event_id="x", input_tokens=5))
    both = row(event_id="x"), row(event_id="y", event_time=datetime(2026, 2, 5, tzinfo=UTC))
    workspace.log("two.parquet", *both)
    workspace.run()
    (found,) = conflicts(workspace.home)
    extents = {one.file_name: one.extent for one in found.files}
    days = "2026-02-03, 2026-02-05"
    assert extents == {"only.parquet": "", "two.parquet": f"all 2 rows of it, on {days}"}
    advice, *commands = found.lines()[1:]
    assert "holds other rows sent again first (NEW), with the right row" in advice
    (two,) = [line for line in commands if "two.parquet" in line]
    (only,) = [line for line in commands if "only.parquet" in line]
    assert " --by NEW --reason TEXT  # two.parquet: takes back all 2 rows of it" in two
    assert only.endswith(" --reason TEXT  # only.parquet")
    assert "--by" not in only
