"""A loss: something of a home that is not as it was, and what restores it."""

from dataclasses import dataclass
from pathlib import Path

from pricing_assets.home.entries import JournalEntry
from pricing_assets.home.journal import RESTORED

RESTORE = "`creditmill restore` writes it again from the journal"
BACKUP = "`creditmill restore --from BACKUP` takes it from a copy of the home"
REMADE = "`creditmill restore` makes it again from its logs and cards, or takes it from a copy"
FOREIGN = f"the journal does not name it: it was rolled back, or this is another home's; {RESTORED}"


@dataclass(frozen=True)
class Loss:
    """Something that was here and is not as it was: where, what is wrong, and what restores it.

    `entry` is the line that names it; None where no line does.
    """

    path: Path
    what: str
    cure: str
    entry: JournalEntry | None = None

    def __str__(self) -> str:
        return f"{self.path}: {self.what}; {self.cure}"
