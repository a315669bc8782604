"""SHA-256 digests that lie beside a log, found: which files state one, and which lines are wasted.

How a line is spelled belongs to `digest_lines`, whether a log has the stated digest is decided in
`take_in`.
"""

import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pricing_assets.common import files
from pricing_assets.intake.digest_lines import Digests, last_part, parse

BESIDE = (".sha256", ".sha256sum", ".SHA256", ".sha256.txt", ".sha256sum.txt")
"""After a log's whole name: a file about that log alone."""
_PACKED = (".gz", ".bz2", ".xz", ".zst", ".lz4", ".zip")
"""A digest without a name is not of these: it may be of what is packed."""
SUMS = tuple(
    f"{name}{ending}"
    for name in (
        *("SHA256SUMS", "sha256sums", "SHA256SUM", "sha256sum"),
        *("CHECKSUMS", "checksums", "CHECKSUM", "checksum"),
    )
    for ending in ("", ".txt")
)
"""In a log's folder, or above: a line for each log."""
_MOST = 100_000_000


@dataclass(frozen=True)
class Stated:
    """A digest that is stated beside a log: lower-case hex, '' where a file about it holds none;
    `file` is where, a text where it is an object."""

    sha256: str
    file: Path | str


def is_digest_file(name: str) -> bool:
    """Return whether a file of this name is about digests."""
    return name in SUMS or name.endswith(BESIDE)


def log_beside(file: str) -> str:
    """Return the path of the log that a file is about by its name (`NAME.sha256`), or ''."""
    endings = [ending for ending in BESIDE if file.endswith(ending)]
    return file.removesuffix(endings[0]) if endings else ""


def is_meant(stem: str, names: Collection[str], of_stem: Sequence[str]) -> bool:
    """Return whether `STEM.sha256`, whose digest names no file, belongs to exactly one file
    `STEM.*`."""
    is_one = len(of_stem) == 1 and not of_stem[0].endswith(_PACKED)
    return is_one and stem not in names


def log_meant(file: Path) -> str:
    """Return the path of the log that a digest without a name is about: `NAME` of `NAME.sha256`, or
    the only `NAME.parquet` beside it; '' where that is not clear."""
    stem, stamp = log_beside(file.name), _stamp(file.parent)
    if not stem or _is_there(file.with_name(stem)):
        return str(file.with_name(stem)) if stem else ""
    names = _by_stem(file.parent, stamp).get(stem, [])
    is_clear = is_meant(stem, _listed(file.parent, stamp), names)
    return str(file.with_name(names[0])) if is_clear else ""


def in_words(one: Stated) -> str:
    """Say what a file states, or why that is nothing."""
    if one.sha256:
        return f"{one.file} states the SHA-256 {one.sha256}"
    if isinstance(one.file, str):
        return f"{one.file} has no line that states a SHA-256"
    return load(one.file).warning(one.file) or f"{one.file} is empty, no SHA-256 is in it"


class Folders:
    """Which folders hold any file about digests, each listed once in a look at an inbox: thousands of
    logs may share one."""

    def __init__(self) -> None:
        self._known: dict[Path, bool] = {}

    def may_state(self, path: Path, root: Path | None) -> bool:
        """Return whether there may be a digest of a log."""
        return any(self._has(folder) for folder in _folders(path, root))

    def _has(self, folder: Path) -> bool:
        if folder not in self._known:
            try:
                self._known[folder] = any(map(is_digest_file, os.listdir(folder)))
            except OSError:
                self._known[folder] = True
        return self._known[folder]


def stated(path: Path, root: Path | None = None) -> Stated | None:
    """Return the digest that is stated of a log, or None; OSError where it cannot be read.

    A file about the log alone (`NAME.sha256`) comes before a line of `SHA256SUMS` in its folder or
    above, up to `root`. The last line that names the log counts: such files are appended to. A
    digest alone, without a name, is of the log that its file is called after, where that is clear.
    """
    for ending in BESIDE:
        beside = path.with_name(path.name + ending)
        if _is_there(beside):
            read = load(beside)
            anyhow = read.lines[-1][1] if read.lines else ""
            return Stated(read.of(path.name) or anyhow, beside)
    for file, relative in _sums(path, root):
        read = load(file)
        named = read.of(relative)
        if not named and read.bare and log_meant(file) == str(path):
            named = read.bare
        if named:
            return Stated(named, file)
    return None


def warnings(path: Path, root: Path | None = None) -> list[str]:
    """Say which lines of the files that state digests of a log are not understood, and which are,
    but name no log as it lies."""
    found = []
    for ending in BESIDE:
        beside = path.with_name(path.name + ending)
        if _is_there(beside):
            found.append(load(beside).warning(beside))
    for file, _ in _sums(path, root):
        found += [load(file).warning(file), _astray(file, _stamp(file), _stamp(file.parent))]
    return [message for message in found if message]


@lru_cache(maxsize=64)
def _astray(file: Path, stamp: tuple[int, ...], folder_stamp: tuple[int, ...]) -> str | None:
    """Say which line names nothing that is there, though a log beside the file is called so: in
    another folder or case, in quotes, or by no name at all."""
    read = load(file)
    if not (read.bare and log_meant(file)) and (unnamed := read.unnamed(file)):
        return unnamed
    beside = _by_last_part(file.parent, folder_stamp)
    for part, lines in read.by_last_part.items():
        name = beside.get(part)
        if name is None or read.of(name):
            continue
        written = read.lines[lines[-1]][0].removeprefix(" ").removeprefix("*")
        named = os.path.normpath(file.parent / written)
        if named == str(file.parent / name) or not os.path.lexists(named):
            return (
                f"{file}:{read.numbers[lines[-1]]}: {written[:80]!r} is not how {name!r} beside it is"
                " called, so that one has no SHA-256; write names as they are in this folder"
            )
    return None


def _is_there(path: Path) -> bool:
    """Return whether there is a file of digests, though it may not be readable: a folder is none."""
    return os.path.lexists(path) and not path.is_dir()


def _sums(path: Path, root: Path | None) -> Iterator[tuple[Path, str]]:
    """Yield each file that may hold a line about a log, and the log's name as seen from there."""
    for folder in _folders(path, root):
        relative = path.relative_to(folder).as_posix()
        for ending in BESIDE if folder == path.parent else ():
            if _is_there(folder / f"{path.stem}{ending}"):
                yield folder / f"{path.stem}{ending}", relative
        for name in SUMS:
            if _is_there(folder / name):
                yield folder / name, relative
        for name in _lists(folder, _stamp(folder)):
            yield folder / name, relative


@lru_cache(maxsize=64)
def _lists(folder: Path, stamp: tuple[int, ...]) -> tuple[str, ...]:
    """Return the files `LIST.sha256` of a folder: there is no log of that name, so each may have a
    line for any log."""
    names = {*_listed(folder, stamp)}
    found = []
    for name in sorted(names - {*SUMS}):
        log = log_beside(name)
        is_of_one = log.endswith(".parquet") or f"{log}.parquet" in names
        is_of_one = is_of_one or (log in names and (folder / log).is_file())
        if log and not is_of_one and (folder / name).is_file():
            found.append(name)
    return tuple(found)


@lru_cache(maxsize=64)
def _listed(folder: Path, stamp: tuple[int, ...]) -> tuple[str, ...]:
    try:
        return tuple(os.listdir(folder))
    except OSError:
        return ()


@lru_cache(maxsize=64)
def _by_stem(folder: Path, stamp: tuple[int, ...]) -> dict[str, list[str]]:
    """Return what is called so but for its ending, without the files about digests."""
    found: dict[str, list[str]] = {}
    for name in _listed(folder, stamp):
        if not is_digest_file(name):
            found.setdefault(name.rpartition(".")[0], []).append(name)
    return found


@lru_cache(maxsize=64)
def _by_last_part(folder: Path, stamp: tuple[int, ...]) -> dict[str, str]:
    return {last_part(name): name for name in _listed(folder, stamp)}


def _folders(path: Path, root: Path | None) -> list[Path]:
    """Return the folders whose files may state a log's digest: its own, and those above up to the
    root."""
    folders = [path.parent]
    if root is not None and path.is_relative_to(root):
        folders += [folder for folder in path.parent.parents if folder.is_relative_to(root)]
    return folders


def load(file: Path) -> Digests:
    """Return what a file of digests says; it is read anew when it changes."""
    return _load(file, _stamp(file))


def _stamp(path: Path) -> tuple[int, ...]:
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


@lru_cache(maxsize=16)
def _load(file: Path, stamp: tuple[int, ...]) -> Digests:
    with files.open_regular(file) as stream:
        data = stream.read(_MOST + 1)
    if len(data) > _MOST:
        return Digests(not_understood=[(1, f"more than {_MOST:,} bytes")])
    return parse(data)
