"""Files of an inbox that a run left unread: there was no time for them, or it was ended before.

They are noted beside the files that were met, so that `status` names them when the run is over; each
look reads them as if they were new.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pricing_assets.home import Home
from pricing_assets.intake import inbox
from pricing_assets.intake.inbox import Met, Seen

_NEW = Met([], "")


@contextmanager
def noted(new: Iterable[str], seen: Seen) -> Iterator[None]:
    """Note, when the block ends in whatever way, each new file that nothing became of in it."""
    before = {name: seen.get(name) for name in new}
    try:
        yield
    finally:
        for name, met in before.items():
            now = seen.get(name)
            if now is None or (now is met and not met.reason):  # what is rejected is named as that
                seen[name] = (now or _NEW)._replace(stamp=[])


def is_waiting(met: Met) -> bool:
    """Return whether a run left a file unread."""
    return not met.stamp and not met.reason


def waiting(home: Home) -> list[str]:
    """Return every file that a run left unread and that still lies there, whichever inbox it lies in."""
    return [
        path
        for path, met in inbox.load_seen(home).items()
        if is_waiting(met) and inbox.lies_there(Path(path))
    ]
