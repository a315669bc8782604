"""Conflicts: files whose rows have one id and different contents, and how to choose one of them.

Which rows conflict is decided in `usage`; taking a log back belongs to `withdrawals`.
"""

from dataclasses import dataclass, replace
from datetime import date

from pricing_assets.common.text import counted
from pricing_assets.db import connection as duck
from pricing_assets.db.statements import statement
from pricing_assets.home import Home, withdrawals

SHOWN = 4
"""Copies of an id that are shown; of more, how many."""
NAMED = 3
"""Files that are named to be withdrawn."""


@dataclass(frozen=True)
class ConflictingFile:
    """A log: its SHA-256 and its name, how many of its rows conflict with the others, and what its
    withdrawal takes back beside (`extent_of`); '' where nothing."""

    file: str
    file_name: str
    conflicting: int
    extent: str = ""


@dataclass(frozen=True)
class CopyPlace:
    """One copy: its file (SHA-256 and name) and row, from 0."""

    file: str
    row_number: int
    file_name: str


@dataclass(frozen=True)
class Conflict:
    """A set of files that conflict: in how many ids, and one of these, with how many copies it has
    and the first of them."""

    ids: int
    org_id: str
    event_id: str
    usage_date: date
    copies: int
    files: tuple[ConflictingFile, ...]
    places: tuple[CopyPlace, ...]

    def lines(self, home_option: str = "") -> list[str]:
        """Return what conflicts, where, and what to do about it, in commands that name the home."""
        ids = counted(self.ids, "id is", "ids are")
        rows = ", ".join(f"{one.file_name} row {one.row_number}" for one in self.places)
        left = self.copies - len(self.places)
        more = f" and {left:,} more" if left else ""
        lines = [
            f"{ids} logged more than once with different contents, and charged to nobody: event"
            f" {self.event_id!r} of {self.org_id!r} on {self.usage_date} in {rows}{more}"
        ]
        first = self.files[0]
        if len(self.files) > 1:
            wrong = "the file that is" if len(self.files) == 2 else "those that are"
            lines.append(f"    withdraw {wrong} wrong, and the one that is left counts:")
            named = self.files[:NAMED]
            if any(one.extent for one in named):
                lines[-1:] = [
                    f"    withdraw {wrong} wrong, and the one that is left counts; have one that holds"
                    " other rows sent again first (NEW), with the right row, or they are gone with it:"
                ]
            lines += [
                f"        creditmill withdraw {one.file[:16]}{' --by NEW' * bool(one.extent)} --reason"
                f" TEXT{home_option}  # {one.file_name}"
                + (f": takes back {one.extent}" if one.extent else "")
                for one in named
            ]
        else:
            lines.append(
                f"    have {first.file_name} sent again with the right row, then: creditmill withdraw"
                f" {first.file[:16]} --by NEW --reason TEXT{home_option}"
            )
        return lines


def conflicts(home: Home) -> list[Conflict]:
    """Return every set of files that conflict, most ids first."""
    with duck.open_catalog(home.catalog, home.path) as con:
        found = con.execute(statement("analysis/conflicts"), {"shown": SHOWN}).fetchall()
    return [
        Conflict(
            *(ids, org_id, event_id, day, copies),
            tuple(_with_extent(home, ConflictingFile(**file)) for file in files),
            tuple(CopyPlace(**place) for place in places),
        )
        for ids, org_id, event_id, day, copies, files, places in found
    ]


def _with_extent(home: Home, file: ConflictingFile) -> ConflictingFile:
    """Return a file with what its withdrawal takes back, where that is more than what conflicts."""
    rows = home.journal.require().named.receipts[file.file]["rows"]
    if rows <= file.conflicting:
        return file
    return replace(file, extent=withdrawals.extent_of(home, file.file))
