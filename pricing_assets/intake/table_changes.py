"""What changed in a table since it was read: which files only hold rows of ingested ones, and which
rows, though ingested, it has deleted.

What was met of each file is kept as of any (`inbox.Met`): one that was rewritten has no digest, and its
`detail` says how many rows it holds, and of which logs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pricing_assets.common.text import counted
from pricing_assets.home import Home
from pricing_assets.intake.inbox import Met, Seen
from pricing_assets.intake.place import Folder
from pricing_assets.intake.table_state import TableState

_EXAMPLES = 3
_SHOWN = 16
"""Digits of a log's SHA-256 by which commands know it."""


@dataclass
class Changes:
    """The files that the table no longer has, by path, and what to say of rows that it deleted."""

    gone: Sequence[str] = ()
    messages: list[str] = field(default_factory=list)


class _Held(NamedTuple):
    """How many rows a file has that came into the home, and in which logs (of their SHA-256 the first
    digits)."""

    rows: int
    logs: tuple[str, ...]


def since_last(table: TableState, home: Home, seen: Seen) -> Changes:
    """Return what changed since the table was last read; files that were rewritten are noted as met."""
    under = f"{table.root}/"
    gone = [name for name in seen if name.startswith(under) and name not in table.files]
    held = {name: one for name in seen if (one := _held(home, seen[name]))}
    rewritten = _note_rewritten(table, gone, held, seen)
    found = Changes(gone)
    counting = home.journal.require().named
    withdrawn = {file[:_SHOWN] for file in counting.withdrawn}
    where = f"{table.root}, at version {table.version}"
    deleted = {name: held[name] for name in gone if name in held and name not in rewritten}
    logs = _still_counting(deleted.values(), withdrawn)
    if logs:
        names = [name.removeprefix(under) for name in deleted]
        found.messages.append(
            f"{where}: the table no longer has {counted(len(names), 'file')} whose rows were"
            f" ingested, {_some(names)}: deleted, or written anew. They still count, and copies of them"
            f" count once. {_withdraw(logs)}"
        )
    for name, why in table.refused.items():
        met = seen.get(name)
        logs = _still_counting([held[name]], withdrawn) if name in held else []
        if met is not None and logs and met.read_by != why:
            found.messages.append(
                f"{where}: of {name.removeprefix(under)}, which was ingested, {why}. Until then all"
                f" count. {_withdraw(logs)}"
            )
            seen[name] = met._replace(read_by=why)
    return found


def _held(home: Home, met: Met) -> _Held | None:
    """Return what the home has of a file that was met; None where nothing."""
    if met.reason:
        return None
    receipt = home.journal.require().named.receipts.get(met.sha256)
    if receipt is not None:
        return _Held(receipt["rows"], (met.sha256[:_SHOWN],))
    rows, *logs = met.detail.split() or [""]
    return _Held(int(rows), tuple(logs)) if rows.isdecimal() and not met.sha256 else None


def _note_rewritten(
    table: TableState, gone: Sequence[str], held: dict[str, _Held], seen: Seen
) -> set[str]:
    """Note as met the files that hold rows of ingested ones and no other, by the table's log and their
    number; returns the files whose rows they hold."""
    mark = seen.get(str(table.root))
    if mark is None or mark.reason or mark.stamp[1:] == [table.version] or not gone:
        return set()
    rewritten: set[str] = set()
    for rewrite in table.rewrites(str(mark.stamp[1])):
        new = {name: rows for name, rows in rewrite.added.items() if rows is not None}
        if len(new) < len(rewrite.added) or not rewrite.removed <= held.keys():
            continue
        before = [held[name] for name in sorted(rewrite.removed)]
        if sum(one.rows for one in before) != sum(new.values()):
            continue
        logs = tuple(dict.fromkeys(log for one in before for log in one.logs))
        held |= {name: _Held(rows, logs) for name, rows in new.items()}
        rewritten |= rewrite.removed
    for name in table.files:
        if name in held and name not in seen:
            try:
                stamp = Folder(None).stamp_of(name)
            except OSError:
                continue  # it is named where it is read
            rows, logs = held[name]
            seen[name] = Met(stamp, "", detail=" ".join([str(rows), *logs]))
    return rewritten


def _still_counting(held: Iterable[_Held], withdrawn: set[str]) -> list[str]:
    return [log for one in held for log in one.logs if log not in withdrawn]


def _withdraw(logs: Sequence[str]) -> str:
    of_all = "" if len(logs) == 1 else f", the first of {counted(len(logs), 'log')}"
    return f"`creditmill withdraw {logs[0]} --reason TEXT` takes it back{of_all}"


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_EXAMPLES])
    return shown + (f" and {len(names) - _EXAMPLES:,} more" if len(names) > _EXAMPLES else "")
