"""SHA-256 digests that lie beside a log in a bucket.

How a line is spelled belongs to `digest_lines`, how such files are called to `stated_digests`.
"""

from collections.abc import Callable, Collection, Iterator
from pathlib import PurePosixPath

from pricing_assets.intake.digest_lines import Digests
from pricing_assets.intake.stated_digests import BESIDE, SUMS, Stated, is_meant, log_beside


class There:
    """The objects about digests of a bucket, by name; `lists` are those of a folder that are called
    after no log: each may have a line for any."""

    def __init__(self, names: Collection[str], logs: Collection[str]) -> None:
        self.names = names
        self._logs = logs
        self._by_stem: dict[str, list[str]] = {}
        for name in logs:
            self._by_stem.setdefault(name.rpartition(".")[0], []).append(name)
        self.lists: dict[str, list[str]] = {}
        for name in sorted(names):
            log = log_beside(name)
            if (
                log
                and not log.endswith(".parquet")
                and log not in logs
                and f"{log}.parquet" not in logs
            ):
                self.lists.setdefault(name.removesuffix(name.rpartition("/")[2]), []).append(name)

    def log_meant(self, file: str) -> str:
        """Return the log that a digest without a name is about, as `stated_digests.log_meant` does."""
        stem = log_beside(file)
        named = self._by_stem.get(stem, [])
        if stem in self._logs:
            return stem
        return named[0] if stem and is_meant(stem, self._logs, named) else ""


def stated(
    name: str, root: str, there: There, digests_of: Callable[[str], Digests]
) -> tuple[Stated | None, list[str]]:
    """Return the digest that is stated of a log, as `stated_digests.stated` does of a file, by the
    objects that are there; and which of their lines are not understood."""
    found, messages = None, []
    for file, relative in _places(name, root, there):
        if file not in there.names:
            continue
        read = digests_of(file)
        meant = there.log_meant(file) if read.bare else ""
        unnamed = read.unnamed(file) if relative and not meant else None
        messages += [one for one in (read.warning(file), unnamed) if one]
        named = read.of(relative or name.rpartition("/")[2])
        if not named and meant == name:
            named = read.bare
        if found is None and not relative:
            found = Stated(named or (read.lines[-1][1] if read.lines else ""), file)
        elif found is None and named:
            found = Stated(named, file)
    return found, messages


def _places(name: str, root: str, there: There) -> Iterator[tuple[str, str]]:
    """Yield the names of objects that may state a log's digest, in the order in which they count, and how
    the log is called there; '' where the object is about that log alone."""
    for ending in BESIDE:
        yield name + ending, ""
    log = PurePosixPath(name)
    folders = [one for one in log.parents if one.is_relative_to(PurePosixPath(root))]
    for folder in folders or [log.parent]:
        relative = str(log.relative_to(folder))
        place = name.removesuffix(relative)
        stem = [f"{log.stem}{one}" for one in BESIDE] if folder == log.parent else []
        for one in (*stem, *SUMS):
            yield place + one, relative
        for file in there.lists.get(place, ()):
            yield file, relative
