"""How rejected files are shown: those of one reason together, and how to fix them.

Which files are rejected, and why, belongs to `pricing_assets.intake.take_in`.
"""

from collections.abc import Iterable, Sequence

from pipelines.cli import output
from pricing_assets.intake.inbox import Rejection
from pricing_assets.intake.late_digests import WrongDigest

FIX = "fix it, have it sent again, or move it away"
NAMED = 3
"""Files of one reason that are named; of more, how many."""
SHOWN = 20
"""Reasons that are shown; of more, how many files."""


def show_rejections(rejections: Sequence[Rejection], *, still: bool = False) -> None:
    """Show each reason once, with its files; `still`: an earlier run rejected them."""
    groups: dict[tuple[str, str], list[str]] = {}
    for rejection in rejections:
        groups.setdefault((rejection.reason, rejection.detail), []).append(rejection.path)
    ordered = sorted(groups.items(), key=lambda group: -len(group[1]))
    for (_, detail), paths in ordered[:SHOWN]:
        output.problem(f"{'still ' if still else ''}rejected {_files(paths)}: {detail}; {FIX}")
    rest = sum(len(paths) for _, paths in ordered[SHOWN:])
    if rest:
        output.problem(
            f"rejected for {output.counted(len(ordered) - SHOWN, 'other reason')}: {output.counted(rest, 'file')};"
            " `creditmill status --json` has them all"
        )


def show_unread(waiting: Sequence[str]) -> None:
    """Show how many logs an earlier run left unread, and where the first lies."""
    if waiting:
        wait = "waits" if len(waiting) == 1 else "wait"
        output.problem(
            f"{output.counted(len(waiting), 'log')} {wait} to be read, from {waiting[0]}: the run that"
            " found them ended before; `creditmill run --logs DIR` over their folder reads them"
        )


def show_wrong_digests(wrong: Iterable[WrongDigest]) -> None:
    """Show each log of which another digest was stated after it was ingested."""
    for one in wrong:
        output.problem(f"{one.path}: {one.detail}")


def _files(paths: list[str]) -> str:
    """Return one file by its path; of several how many, and the first of them: by their names where they
    lie in one folder."""
    if len(paths) == 1:
        return paths[0]
    folders = {path.rpartition("/")[0] for path in paths}
    named, where = paths[:NAMED], ""
    if len(folders) == 1:
        named = [path.rpartition("/")[2] for path in named]
        where = f" in {folders.pop() or '/'}"
    more = f" and {len(paths) - NAMED:,} more" if len(paths) > NAMED else ""
    return f"{len(paths):,} files{where} ({', '.join(named)}{more})"
