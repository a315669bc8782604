"""What a run writes into the journal, as a test watches it."""

from collections.abc import Sequence

import pytest

from pricing_assets.home.entries import JournalEntry
from pricing_assets.home.journal import Journal


def note_entries(patch: pytest.MonkeyPatch, happened: list[str]) -> None:
    """Add the kind of each entry to what happened, when it is written."""
    append = Journal.append

    def noted(journal: Journal, entries: Sequence[JournalEntry], at: str) -> None:
        happened.extend(entry.kind for entry in entries)
        append(journal, entries, at)

    patch.setattr(Journal, "append", noted)
