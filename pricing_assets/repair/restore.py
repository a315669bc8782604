"""Restore a home: bring back what the journal names and is no longer there, from wherever it can be had.

From the journal itself, from the original files, from a copy of the home, or made again from logs
and cards; always proved by the digest that the journal has. What is lost is found in `presence`; what
nothing brings back is given up in `accepted_loss`.
"""

import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pricing_assets import rates
from pricing_assets.common import files
from pricing_assets.common.errors import ConfigurationError, CreditmillError, HomeFailed
from pricing_assets.common.os_reasons import reason_of
from pricing_assets.db.connection import Limits
from pricing_assets.flow import Run
from pricing_assets.home import Home, effects, held_books, presence, used_prices
from pricing_assets.home.entries import RECEIPT, SEALED
from pricing_assets.home.journal import Journal
from pricing_assets.home.loss import Loss
from pricing_assets.home.presence import losses
from pricing_assets.intake.arrived import Rules
from pricing_assets.logs.parquet_footer import FileLimits
from pricing_assets.rates import books
from pricing_assets.rates.book import Book
from pricing_assets.repair.lost_folders import LostFolders
from pricing_assets.repair.lost_logs import LostLogs

Progress = Callable[[str], None]


@dataclass
class Restored:
    """What came of it: what is there again, and how; what is still lost, and why; and why the journal
    of a copy was not taken."""

    restored: list[tuple[Path, str]] = field(default_factory=list)
    lost: list[Loss] = field(default_factory=list)
    refused: str | None = None


def require_remains(home: Home, source: Path | None) -> None:
    """Raise ConfigurationError where nothing of a home is left: then a copy of it is copied whole."""
    if home.journal_file.exists():
        return
    if source is not None and not home.exists() and Home(source).exists():
        raise ConfigurationError(
            f"nothing of {home.path} is left; copy the copy:"
            f" `cp -a {shlex.quote(str(source))} {shlex.quote(str(home.path))}`"
        )
    home.require()


def restore(
    home: Home,
    source: Path | None,
    limits: Limits,
    file_limits: FileLimits,
    progress: Progress = lambda detail: None,
    *,
    pages: bool = False,
) -> Restored:
    """Bring back what is lost, as far as it can be; where nothing is lost any more, build the
    database again, and the pages where `pages` says so.

    `source` is a copy of the home, or a folder that holds its logs. The home is locked by the caller.
    """
    restored = [*restore_settings(home), *held_books.restore_books(home)]
    settings = home.settings()
    prices = used_prices.restore(home, books.read(used_prices.folders(home, settings.books))[0])
    rules = Rules(settings.timezone, settings.dimensions, limits, file_limits)
    outcome = bring_back(home, rules, source, progress)
    if not outcome.lost:
        Run(home, home.settings(), limits, pages=pages).refresh(anew=True)
    return Restored([*restored, *prices, *outcome.restored], outcome.lost, outcome.refused)


def restore_settings(home: Home) -> list[tuple[Path, str]]:
    """Write `home.toml` again as the journal has it, where it is gone or can no longer be read."""
    text = home.journal.named.home
    try:
        home.settings()
    except CreditmillError:
        if text is None:
            raise
        if home.settings_file.is_dir():
            files.remove_folder(home.settings_file, home.scratch)
        files.write_bytes(home.settings_file, text.encode(), home.scratch)
        home.settings()
        return [(home.settings_file, "from the journal")]
    return []


def bring_back(
    home: Home, rules: Rules, source: Path | None, progress: Progress = lambda detail: None
) -> Restored:
    """Bring back logs, versions, acts and the journal itself, until no more of them comes back.
    ConfigurationError where the source is not there."""
    if source is not None and not source.exists():
        raise ConfigurationError(f"--from {source}: there is no such file or folder")

    def home_books() -> list[Book]:
        return list(rates.load_named(home.settings().books).books)

    logs, folders = LostLogs(home, rules, source), LostFolders(home, home_books, source, progress)
    outcome = Restored()
    if source is not None:
        _take_journal(home, source, outcome)
    before: list[str] = []
    progress("reading every byte")
    outcome.lost = losses(home, every_byte=True)
    while outcome.lost and [str(loss) for loss in outcome.lost] != before:
        before = [str(loss) for loss in outcome.lost]
        for loss in outcome.lost:
            progress(str(loss.path))
            try:
                how = _bring_back(home, loss, logs, folders)
            except (OSError, HomeFailed) as error:
                progress(f"{loss.path}: {reason_of(error)}")
                continue
            if how is not None:
                outcome.restored.append((loss.path, how))
        outcome.lost = losses(home)
    return outcome


def _bring_back(home: Home, loss: Loss, logs: LostLogs, folders: LostFolders) -> str | None:
    """Bring one thing back; return how, None where it cannot be."""
    entry = loss.entry
    if entry is None:
        return _remove_foreign(home, loss.path)
    if loss.path.suffix and loss.path.is_dir():  # a folder bears the name of a file
        files.remove_folder(loss.path, home.scratch)
    if entry.kind == RECEIPT:
        return logs.bring_back(loss, entry)
    if entry.kind in SEALED:
        return folders.bring_back(loss, entry)
    effects.bring_about(home, entry)
    return "from the journal"


def _remove_foreign(home: Home, folder: Path) -> str | None:
    """Remove a version or a booking that lies where another one belongs; return how, None where it
    is not one that the journal names elsewhere."""
    file = folder / "manifest.json"
    named = home.journal.named
    known = {
        digest
        for kind in SEALED
        for of_day in named.sealed(kind).values()
        for digest in of_day.values()
    }
    if not file.is_file() or files.sha256_of(file) not in known:
        return None
    files.remove_folder(folder, home.scratch)
    return "taken away: it belongs to another date or number"


def _take_journal(home: Home, copy: Path, outcome: Restored) -> None:
    """Take the journal of a copy that goes on where the home's is still sound, or that names all that
    lies here where the home's is another home's; note in `outcome` that it was taken, or why not."""
    file = copy / home.journal_file.name
    if not file.is_file():
        return
    ours, theirs = home.journal, Journal(file)
    if ours.lines and not ours.faults and ours.continues(theirs) and presence.is_of(ours, home):
        return
    is_later = ours.lines > 0 and theirs.lines >= ours.lines and theirs.continues(ours)
    through = home.checked.through or 0
    if theirs.faults or not (
        (is_later and theirs.lines >= through)
        or (presence.is_of(theirs, home) and not presence.is_of(ours, home))
    ):
        outcome.refused = _why_refused(theirs, through)
        return
    files.write_bytes(home.journal_file, theirs.sound_bytes(), home.scratch)
    outcome.restored.append((home.journal_file, f"from {file}"))


def _why_refused(theirs: Journal, through: int) -> str:
    """Return why the journal of a copy does not take the place of the home's."""
    if theirs.faults:
        return f"{theirs.file}: {theirs.said_of(theirs.faults[0])[0]}; it is not taken"
    if theirs.lines < through:
        return (
            f"{theirs.file} is older than the home: it ends at line {theirs.lines} of {through}; it"
            " is not taken, a later copy would be"
        )
    return f"{theirs.file} is another home's, or that of an older copy: it is not taken"
