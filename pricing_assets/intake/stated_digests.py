"""SHA-256 digests that lie beside a log: found, and read in every spelling of the common tools.

sha256sum, shasum and openssl write them, in lines of their own or of BSD. Whether a log has the
stated digest is decided in `intake`.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from pricing_assets.common import files

_BESIDE = (".sha256", ".sha256sum", ".SHA256")
"""After a log's whole name: a file about that log alone."""
_SUMS = tuple(
    f"{name}{ending}"
    for name in ("SHA256SUMS", "sha256sums", "SHA256SUM", "sha256sum")
    for ending in ("", ".txt")
)
"""In a log's folder, or above: a line for each log."""
_MOST = 100_000_000
_HEX = r"(?P<hex>[0-9a-fA-F]{64}|[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){31})"
_PLAIN = re.compile(rf"(?P<escaped>\\)?{_HEX}(?:[ \t](?P<name>.*))?", re.DOTALL)
"""`HEX  NAME`, `HEX *NAME`, `HEX NAME`, `HEX`."""
_MODES = (" ", "*", "U", "^")
"""Before the name: text, binary, and shasum's universal and bits."""
_TAGGED = re.compile(
    rf"(?P<escaped>\\)?(?:SHA-?(?:2-)?256 ?)?\((?P<name>.*)\) ?= ?{_HEX}", re.DOTALL | re.IGNORECASE
)
"""`SHA256 (NAME) = HEX` of BSD, `SHA256(NAME)= HEX` and `SHA2-256(NAME)= HEX` of openssl."""
_ESCAPES = {"\\\\": "\\", "\\n": "\n", "\\r": "\r"}


@dataclass(frozen=True)
class Stated:
    """A digest that is stated beside a log: lower-case hex, '' where a file about it holds none;
    `file` is where."""

    sha256: str
    file: Path


@dataclass
class Digests:
    """What a file of digests says: names as written and digests, in order; '' is not a name."""

    lines: list[tuple[str, str]] = field(default_factory=list)
    not_understood: list[tuple[int, str]] = field(default_factory=list)

    def warning(self, file: Path) -> str | None:
        """Say which line is not understood, if any."""
        if not self.not_understood:
            return None
        line, text = self.not_understood[0]
        more = len(self.not_understood) - 1
        rest = f", nor {more:,} more" if more else ""
        return (
            f"{file}:{line}: {text[:80]!r} is no SHA-256 with a name{rest}; write it as sha256sum"
            " does"
        )


def is_digest_file(name: str) -> bool:
    """Return whether a file of this name is about digests."""
    return name in _SUMS or name.endswith(_BESIDE)


def log_beside(file: str) -> str:
    """Return the path of the log that a file is about by its name (`NAME.sha256`), or ''."""
    endings = [ending for ending in _BESIDE if file.endswith(ending)]
    return file.removesuffix(endings[0]) if endings else ""


def in_words(one: Stated) -> str:
    """Say what a file states, or why that is nothing."""
    if one.sha256:
        return f"{one.file} states the SHA-256 {one.sha256}"
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
    above, up to `root`. The last line that names the log counts: such files are appended to.
    """
    for ending in _BESIDE:
        beside = path.with_name(path.name + ending)
        if os.path.lexists(beside):
            read = load(beside)
            anyhow = read.lines[-1][1] if read.lines else ""
            return Stated(_named(read, path.name) or anyhow, beside)
    for file, relative in _sums(path, root):
        named = _named(load(file), relative)
        if named:
            return Stated(named, file)
    return None


def warnings(path: Path, root: Path | None = None) -> list[str]:
    """Say which lines of the files that state digests of a log are not understood."""
    beside = [path.with_name(path.name + ending) for ending in _BESIDE]
    found = []
    for file in (*beside, *(file for file, _ in _sums(path, root))):
        if os.path.lexists(file):
            message = load(file).warning(file)
            if message:
                found.append(message)
    return found


def _sums(path: Path, root: Path | None) -> Iterator[tuple[Path, str]]:
    """Yield each file that may hold a line about a log, and the log's name as seen from there."""
    for folder in _folders(path, root):
        relative = path.relative_to(folder).as_posix()
        names = (f"{path.stem}.sha256", *_SUMS) if folder == path.parent else _SUMS
        for name in names:
            if os.path.lexists(folder / name):
                yield folder / name, relative


def _folders(path: Path, root: Path | None) -> list[Path]:
    """Return the folders whose files may state a log's digest: its own, and those above up to the
    root."""
    folders = [path.parent]
    if root is not None and path.is_relative_to(root):
        folders += [folder for folder in path.parent.parents if folder.is_relative_to(root)]
    return folders


def load(file: Path) -> Digests:
    """Return what a file of digests says; it is read anew when it changes."""
    status = file.stat()
    return _load(file, (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns))


@lru_cache(maxsize=16)
def _load(file: Path, stamp: tuple[int, ...]) -> Digests:
    with files.open_regular(file) as stream:
        data = stream.read(_MOST + 1)
    if len(data) > _MOST:
        return Digests(not_understood=[(1, f"more than {_MOST:,} bytes")])
    return parse(data)


def parse(data: bytes) -> Digests:
    """Return the digests of a file's bytes.

    A byte-order mark, CRLF, lines that end in NUL (`sha256sum --zero`) and the 32 bytes alone of
    `openssl dgst -binary` are understood; empty lines and comments (#) say nothing.
    """
    if len(data) == 32 and not (data.isascii() and data.decode().isprintable()):
        return Digests([("", data.hex())])
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = data.decode("utf-16", "replace")
    else:
        text = data.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    zeroed = "\0" in text
    read = Digests()
    for number, line in enumerate(text.split("\0" if zeroed else "\n"), start=1):
        line = line if zeroed else line.rstrip("\r").lstrip(" \t")
        if not line.strip() or line.startswith("#"):
            continue
        found = _PLAIN.fullmatch(line) or _TAGGED.fullmatch(line.rstrip(" \t"))
        if found is None:
            read.not_understood.append((number, line))
            continue
        name = found["name"] or ""
        if found["escaped"]:
            name = re.sub(r"\\[\\nr]", lambda match: _ESCAPES[match[0]], name)
        read.lines.append((name, found["hex"].replace(":", "").lower()))
    return read


def _named(read: Digests, relative: str) -> str:
    """Return the digest of the last line that names a log, or ''; `relative` is its path from the
    folder of the digests."""
    found = ""
    for written, digest in read.lines:
        # Before a name stand one blank and a mark of the mode; some tools write only the blank.
        if _is_name(written, relative) or (
            written[:1] in _MODES and _is_name(written[1:], relative)
        ):
            found = digest
    return found


def _is_name(written: str, relative: str) -> bool:
    """Return whether a written name is that of a file: as seen from the folder of the digests, or
    at the end of an absolute path, which may be another machine's."""
    if not written.rstrip().endswith(relative.rpartition("/")[2].rstrip()):
        return False
    for text in (written, written.rstrip(), written.replace("\\", "/")):
        parts = [part for part in text.split("/") if part not in (".", "")]
        wanted = relative.split("/")
        is_absolute = text.startswith("/") or re.match(r"[A-Za-z]:/", text) is not None
        if parts == wanted or (is_absolute and parts[-len(wanted) :] == wanted):
            return True
    return False
