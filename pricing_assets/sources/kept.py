"""A source as a home keeps it: the bytes of its TOML and of the side table that it joins.

By these, and the raw bytes of a log, its mapped rows are made again, whatever became of the files.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from pricing_assets.common.errors import ConfigurationError
from pricing_assets.objects import Address, Store
from pricing_assets.sources import catalog, checking
from pricing_assets.sources.source import Source

MAPPING_VERSION: Final[int] = 1
"""How this code maps by a source. One higher where the same TOML and raw bytes give other rows than
before: each source has another digest then, so that the next run maps known logs anew and restates with the
cause `mapping`."""
_STAMP: Final = re.compile(r"# creditmill mapping ([1-9][0-9]*)\n")


@dataclass(frozen=True)
class KeptSource:
    """A source that reads the logs of a folder: its name, its TOML, and the side table (None: it
    joins none). The TOML's first line names the `MAPPING_VERSION` that maps by it, from 2 on."""

    name: str
    toml: str
    side: str | None = None

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the TOML; with a side table, of both digests."""
        found = hashlib.sha256(self.toml.encode()).hexdigest()
        if self.side is None:
            return found
        beside = hashlib.sha256(self.side.encode("utf-8", "surrogateescape")).hexdigest()
        return hashlib.sha256(f"{found} {beside}".encode()).hexdigest()

    @cached_property
    def source(self) -> Source:
        """The source; SourceError where it now breaks a rule."""
        return checking.parsed(self.toml.encode(), Path(f"{self.name}.toml"), is_kept=True)

    @property
    def mapping_version(self) -> int:
        """The `MAPPING_VERSION` by which its rows are made."""
        stamp = _STAMP.match(self.toml)
        return int(stamp[1]) if stamp else 1

    @property
    def made_differently(self) -> str:
        """Why this code does not make the same rows; '' where it does."""
        if self.mapping_version == MAPPING_VERSION:
            return ""
        return (
            f"they were made by mapping {self.mapping_version} of creditmill, and this version has"
            f" mapping {MAPPING_VERSION}, by which `creditmill run` maps known logs anew"
        )

    def as_mapped_now(self) -> "KeptSource":
        """Return the same source, with rows made as this code makes them."""
        return replace(self, toml=_stamped(_STAMP.sub("", self.toml, count=1)))

    def record(self) -> dict[str, Any]:
        """Return the same for JSON."""
        return {"name": self.name, "toml": self.toml, "side": self.side}


def kept_of(record: Mapping[str, Any]) -> KeptSource:
    """Return the source that a record of it holds."""
    return KeptSource(record["name"], record["toml"], record["side"])


def kept_presets() -> Iterator[KeptSource]:
    """Yield the sources that come with creditmill, as this code has them."""
    for name in catalog.ORDER:
        text = (catalog.FOLDER / f"{name}.toml").read_bytes().decode("utf-8")
        yield KeptSource(name, _stamped(text))


def _stamped(toml: str) -> str:
    """Return a TOML whose first line names the mapping of this code; the first one had no name."""
    return toml if MAPPING_VERSION == 1 else f"# creditmill mapping {MAPPING_VERSION}\n{toml}"


def kept_for(name: str, folder: Path | Address, *, keep_raw: bool = True) -> KeptSource:
    """Return a preset, or the source of a TOML file, with the side table that lies in the folder of
    its logs; without `keep_raw`, one that keeps no raw bytes, whatever its TOML says.
    ConfigurationError where there is none; SourceError where the TOML breaks a rule."""
    source = catalog.named(name)
    file = catalog.FOLDER / f"{name}.toml" if name in catalog.ORDER else Path(name)
    toml = file.read_bytes().decode("utf-8-sig") + _as_toml(source.files)
    if source.keep_raw and not keep_raw:
        toml = f"keep_raw = false\n{toml}"
    toml = _stamped(toml)
    if source.join is None:
        return KeptSource(source.name, toml)
    if isinstance(folder, Address):
        return KeptSource(source.name, toml, _side_in(folder, source))
    side = folder / source.join.file
    if not side.is_file():
        raise ConfigurationError(
            f"{side}: the source {source.name} joins this file, which is not there; put it into"
            " the folder of its logs"
        )
    return KeptSource(source.name, toml, side.read_bytes().decode("utf-8", "surrogateescape"))


def _side_in(folder: Address, source: Source) -> str:
    """Return the side table that lies in a bucket, beside the logs."""
    side = folder.child(source.join.file if source.join else "")
    got = Store.open(side).read(side.key)
    if got is None:
        raise ConfigurationError(
            f"{side}: the source {source.name} joins this object, which is not there; put it beside"
            " its logs"
        )
    return got[0].decode("utf-8", "surrogateescape")


def _as_toml(files: Mapping[str, str]) -> str:
    """Return the files that a TOML names as its table [files]: by this, it needs none of them."""
    if not files:
        return ""
    lines = (f"{json.dumps(name)} = {_quoted(text)}\n" for name, text in sorted(files.items()))
    return "\n[files]\n" + "".join(lines)


def _quoted(text: str) -> str:
    """Return a text as TOML's basic string, whose escapes are those of JSON."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
