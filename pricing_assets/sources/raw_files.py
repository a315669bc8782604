"""Raw files: their bytes, what wrote them, and the lines or documents that they hold.

What a record means belongs to `mapping`, rows of CSV to `csv_rows`. Nothing here decides by a file's name.
"""

import gzip
import hashlib
import re
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from pricing_assets.common.errors import RejectedLog
from pricing_assets.common.os_reasons import reason_of
from pricing_assets.sources import paths
from pricing_assets.sources.json_layout import is_by_lines
from pricing_assets.sources.source import TABLE_FORMATS

if TYPE_CHECKING:
    import pyarrow as pa

GZIP, ZSTD, PARQUET = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PAR1"
BOM: Final = b"\xef\xbb\xbf"
_NOT_READ: Final = {
    b"PK\x03\x04": "a ZIP archive or a sheet of XLSX",
    b"BZh91AY&SY": "compressed by bzip2",
    b"\xfd7zXZ\x00": "compressed by xz",
    b"\xff\xfe": "text in UTF-16",
    b"\xfe\xff": "text in UTF-16",
}
"""What a file is that begins so, in the words of a message."""
_BLOCK: Final = 1 << 20
_SHORT: Final = 256
"""Bytes of a line that may be blank; a longer one that is only blanks is not a record that can be read."""
_HALF: Final = re.compile(
    rb"\\u[dD](?:[89abAB]..(?!\\u[dD][c-fC-F])|[c-fC-F]..(?<!\\u[dD][89abAB]..\\u[dD][c-fC-F]..))"
)
"""The escape of half a pair, whose other half is missing."""
WHOLE_DOCUMENT: Final = 256 << 20
"""Bytes of the largest file that is one JSON document; it is held in memory."""


@dataclass(frozen=True)
class RawFile:
    """A raw file: where it lies, the SHA-256 of its bytes, the format of what it holds, and the columns
    that the path says under which it came (`dt=2026-02-03/org_id=acme`)."""

    path: Path
    digest: str
    format: str
    size: int
    in_path: Mapping[str, str | None] = field(default_factory=dict)


def recognize(path: Path, formats: tuple[str, ...], digest: str | None = None) -> RawFile:
    """Return what a file is, by its bytes, of which the SHA-256 may be known. RejectedLog where it
    cannot be read or is of a format that the source does not read."""
    try:
        size = path.stat().st_size
        if not size and "ndjson" not in formats:  # JSON lines may be none
            raise RejectedLog("empty_file", "the file has no bytes")
        if digest is None:
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
        found = _format(path)
    except OSError as error:
        raise RejectedLog("unreadable", f"{path}: {error.strerror or error}") from error
    except (EOFError, zlib.error) as error:
        raise RejectedLog(
            "unreadable", f"{path}: its compressed data ends early or is damaged"
        ) from error
    kinds = [one for one in formats if found in _KINDS[one]]
    if not kinds:
        raise RejectedLog(
            "wrong_format", f"{path} is {found}, and the source reads {', '.join(formats)}"
        )
    return RawFile(path, digest, "parquet" if found == "Parquet" else kinds[0], size)


_KINDS: Final = {
    "ndjson": ("JSON", "empty"),
    "json": ("JSON", "empty"),
    "csv": ("text", "empty"),
    **dict.fromkeys(("parquet", *TABLE_FORMATS), ("Parquet",)),
}
"""What a file may look like, by the format that a source names."""


def _format(path: Path) -> str:
    """Return what the first bytes are of: JSON, Parquet, text, or nothing."""
    with opened(path) as stream:
        head = stream.read(64 << 10)
    if head.startswith(PARQUET):
        return "Parquet"
    for magic, found in _NOT_READ.items():
        if head.startswith(magic):
            return found
    if b"\0" in head[:2]:  # the other half of a letter, without a mark of byte order
        return "text in UTF-16, or no text"
    first = head.removeprefix(BOM).lstrip()[:1]
    if not first:
        return "empty"
    return "JSON" if first in b"{[" else "text"


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file's content, gzip and zstd taken off by their magic bytes. RejectedLog where gzip is damaged."""
    with path.open("rb") as raw:
        magic = raw.read(4)
        raw.seek(0)
        if magic.startswith(GZIP):
            with gzip.open(raw) as stream, _named(path):
                yield stream  # type: ignore[misc]
        elif magic == ZSTD:
            import pyarrow as pa

            with pa.CompressedInputStream(raw, "zstd") as stream:
                yield stream
        else:
            yield raw


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Raise RejectedLog in words where gzip is damaged: Python names two bytes of it."""
    try:
        yield
    except gzip.BadGzipFile as error:
        follow = str(error).startswith("Not a gzipped file")
        what = "bytes follow its compressed data" if follow else "its compressed data is damaged"
        raise RejectedLog("unreadable", f"{path}: {what}; compress it anew") from error


def documents(file: RawFile) -> Iterator["pa.Array"]:
    """Yield the JSON documents of a file as texts, some megabytes at a time: one per line, or the
    one document (or array) that the file is; null where one is not UTF-8. RejectedLog where the
    file ends early."""
    try:
        with opened(file.path) as stream:
            head = stream.read(_BLOCK).removeprefix(BOM)
            if is_by_lines(head):
                yield from map(_texts, _line_blocks(head, stream))
            else:
                yield _decoded([_without_halves(_whole(file, head, stream))])
    except (OSError, EOFError, zlib.error) as error:
        raise RejectedLog("unreadable", f"{file.path}: {reason_of(error)}") from error


def _texts(block: bytes) -> "pa.Array":
    """Return the lines of a block that are not blank, each with its end, without a copy."""
    import numpy as np
    import pyarrow as pa

    block = _without_halves(block)
    ends = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n")).astype(np.int32) + 1
    if not block.endswith(b"\n"):
        ends = np.append(ends, np.int32(len(block)))
    offsets = np.concatenate((np.zeros(1, np.int32), ends))
    found = pa.StringArray.from_buffers(len(ends), pa.py_buffer(offsets), pa.py_buffer(block))
    try:
        found.validate(full=True)
    except pa.ArrowInvalid:
        return _decoded([line for line in block.split(b"\n") if line.strip()])
    short = np.flatnonzero(np.diff(offsets) < _SHORT)
    blank = [place for place in short if not block[offsets[place] : offsets[place + 1]].strip()]
    return found.take(pa.array(np.delete(np.arange(len(ends)), blank))) if blank else found


def _without_halves(block: bytes) -> bytes:
    """Return JSON in which the escape of half a surrogate pair is the text of that escape: answers that
    were cut within an emoji hold such, and DuckDB reads no JSON with one."""
    return _HALF.sub(_as_text, block) if _HALF.search(block) else block


def _as_text(found: re.Match[bytes]) -> bytes:
    """Return an escape with its backslash escaped, unless it is that already."""
    before = found.string[max(found.start() - _SHORT, 0) : found.start()]
    is_escape = (len(before) - len(before.rstrip(b"\\"))) % 2 == 0
    return (b"\\" if is_escape else b"") + found[0]


def _decoded(documents: list[bytes]) -> "pa.Array":
    import pyarrow as pa

    return pa.array([_text(one) for one in documents], pa.string())


def _text(document: bytes) -> str | None:
    try:
        return document.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _line_blocks(head: bytes, stream: IO[bytes]) -> Iterator[bytes]:
    """Yield whole lines, in blocks."""
    rest = head
    while block := stream.read(48 * _BLOCK):
        block = rest + block if rest else block
        end = block.rfind(b"\n") + 1
        rest = block[end:]
        if end:
            yield block[:end] if rest else block
    if rest:
        yield rest


def _whole(file: RawFile, head: bytes, stream: IO[bytes]) -> bytes:
    content = head + stream.read(WHOLE_DOCUMENT)
    if len(content) > WHOLE_DOCUMENT:
        raise RejectedLog(
            "resource_limit",
            f"{file.path} is one JSON document of more than {WHOLE_DOCUMENT >> 20} MB; write it as"
            " JSON lines, one record a line",
        )
    return content


def check_without_records(file: RawFile, records: str) -> None:
    """Raise RejectedLog where a log of JSON has no record because it holds none of the arrays that
    records are in, as another tool's export does; not where these are empty, or it has no document."""
    if file.format not in ("ndjson", "json") or not records:
        return
    import pyarrow.compute as pc

    name = paths.record_levels(records)[0].split(".")[0]
    some = [batch for batch in documents(file) if len(batch)]
    held = (pc.any(pc.match_substring(batch, f'"{name}"')).as_py() for batch in some)
    if some and not any(held):
        raise RejectedLog(
            "wrong_format",
            f"no record at {records}: nothing in it is named {name}; is it an export for this source?"
            " `creditmill sources check FILE` tells",
        )
