"""The lines of a file of SHA-256 digests, in every spelling of the common tools.

sha256sum, shasum and openssl write them, in lines of their own or of BSD. Where such files lie, and
which log they are about, belongs to `stated_digests`.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

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


@dataclass
class Digests:
    """What a file of digests says: names as written and digests, in order; '' is not a name."""

    lines: list[tuple[str, str]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    """Of the lines, from 1."""
    not_understood: list[tuple[int, str]] = field(default_factory=list)

    @cached_property
    def by_last_part(self) -> dict[str, list[int]]:
        """Where in `lines` a name's last part is, alike but for what `last_part` folds."""
        found: dict[str, list[int]] = {}
        for at, (written, _) in enumerate(self.lines):
            for part in {last_part(written), last_part(written[1:])}:  # after a mark of the mode
                found.setdefault(part, []).append(at)
        return found

    @cached_property
    def bare(self) -> str:
        """The digest of the only line, where that names no file; ''."""
        is_bare = len(self.lines) == 1 and is_no_name(self.lines[0][0])
        return self.lines[0][1] if is_bare else ""

    def unnamed(self, file: Path | str) -> str | None:
        """Say which line names no file, if any."""
        for (written, _), number in zip(self.lines, self.numbers, strict=True):
            if is_no_name(written):
                return (
                    f"{file}:{number}: a SHA-256 without the name of a file vouches for none; write"
                    " the name behind it, as sha256sum does"
                )
        return None

    def of(self, relative: str) -> str:
        """Return the digest of the last line that names a log, or ''; `relative` is its path from
        the folder of the digests."""
        found = ""
        for at in self.by_last_part.get(last_part(relative), ()):
            written, digest = self.lines[at]
            # Before a name stand one blank and a mark of the mode; some tools write only the blank.
            if _is_name(written, relative) or (
                written[:1] in _MODES and _is_name(written[1:], relative)
            ):
                found = digest
        return found

    def warning(self, file: Path | str) -> str | None:
        """Say which line is not understood, if any."""
        if not self.not_understood:
            return None
        line, text = self.not_understood[0]
        more = len(self.not_understood) - 1
        rest = f", nor {more:,} more" if more else ""
        return (
            f"{file}:{line}: {text[:80]!r} is not a SHA-256 with a name{rest}; write it as sha256sum"
            " does"
        )


def parse(data: bytes) -> Digests:
    """Return the digests of a file's bytes.

    A byte-order mark, CRLF, lines that end in NUL (`sha256sum --zero`) and the 32 bytes alone of
    `openssl dgst -binary` are understood; empty lines and comments (#) say nothing.
    """
    if len(data) == 32 and not (data.isascii() and data.decode().isprintable()):
        return Digests([("", data.hex())], [1])
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
        read.numbers.append(number)
    return read


def is_no_name(written: str) -> bool:
    """Return whether what is written for a name is none: nothing, or standard input."""
    return written.strip(" \t*") in ("", "-", "stdin")


def last_part(name: str) -> str:
    """Return the last part of a path with what people, and machines, spell differently folded: case,
    composed and decomposed letters, quotes, Latin-1 for UTF-8."""
    part = name.strip().replace("\\", "/").rstrip("/").rpartition("/")[2].strip("\"'")
    if any("\ud800" <= char <= "\udfff" for char in part):
        part = part.encode("utf-8", "surrogateescape").decode("latin-1")
    return unicodedata.normalize("NFC", part).casefold()


def _is_name(written: str, relative: str) -> bool:
    """Return whether a written name is that of a file: as seen from the folder of the digests, or
    at the end of an absolute path, which may be another machine's."""
    wanted = unicodedata.normalize("NFC", relative).split("/")
    for text in (written, written.rstrip(), written.replace("\\", "/")):
        composed = unicodedata.normalize("NFC", text)
        parts = [part for part in composed.split("/") if part not in (".", "")]
        is_absolute = text.startswith("/") or re.match(r"[A-Za-z]:/", text) is not None
        if parts == wanted or (is_absolute and parts[-len(wanted) :] == wanted):
            return True
    return False
