"""A source as a home keeps it: the bytes of its TOML and of the side table that it joins.

By these, and the raw bytes of a log, its mapped rows are made again, whatever became of the files.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pricing_assets.common.errors import ConfigurationError
from pricing_assets.objects import Address, Store
from pricing_assets.sources import catalog, checking
from pricing_assets.sources.source import Source


@dataclass(frozen=True)
class KeptSource:
    """A source that reads the logs of a folder: its name, its TOML, and the side table (None: it
    joins none)."""

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
        """The source; SourceError where it breaks a rule by now."""
        return checking.parsed(self.toml.encode(), Path(f"{self.name}.toml"))

    def record(self) -> dict[str, Any]:
        """Return the same for JSON."""
        return {"name": self.name, "toml": self.toml, "side": self.side}


def kept_of(record: Mapping[str, Any]) -> KeptSource:
    """Return the source that a record of it holds."""
    return KeptSource(record["name"], record["toml"], record["side"])


def kept_presets() -> Iterator[KeptSource]:
    """Yield the sources that come with creditmill, as this code has them."""
    for name in catalog.ORDER:
        yield KeptSource(name, (catalog.FOLDER / f"{name}.toml").read_bytes().decode("utf-8"))


def kept_for(name: str, folder: Path | Address, *, keep_raw: bool = True) -> KeptSource:
    """Return a preset, or the source of a TOML file, with the side table that lies in the folder of
    its logs; without `keep_raw`, one that keeps no raw bytes, whatever its TOML says.
    ConfigurationError where there is none; SourceError where the TOML breaks a rule."""
    source = catalog.named(name)
    file = catalog.FOLDER / f"{name}.toml" if name in catalog.ORDER else Path(name)
    toml = file.read_bytes().decode("utf-8") + _as_toml(source.files)
    if source.keep_raw and not keep_raw:
        toml = f"keep_raw = false\n{toml}"
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
