"""What was last brought to which address, so that `status` says what is behind and asks no store."""

import os
from pathlib import Path
from typing import TypedDict

from pricing_assets.common import files, json_files, kinds
from pricing_assets.delivery.contents import History
from pricing_assets.home import Home
from pricing_assets.objects import Address


class _Noted(TypedDict):
    lines: int
    bytes: int
    sha256: str
    database: str
    publication: str


def note(home: Home, to: Address, history: History, publication: str) -> None:
    """Note that the home, as it is now, was brought to an address."""
    database = Path(os.path.realpath(home.catalog)).name
    now: _Noted = {
        "lines": history.lines,
        "bytes": history.size,
        "sha256": history.sha256,
        "database": database,
        "publication": publication,
    }
    noted = _load(home)
    if noted.get(str(to)) != now:
        noted[str(to)] = now
        data = json_files.to_json(dict(sorted(noted.items())))
        files.write_bytes(home.published_file, data, home.scratch)


def behind(home: Home, to: Address | None = None) -> list[str]:
    """Return each address whose objects are not what the home has now, of those that were written to and
    of `to`, which the settings name."""
    noted = _load(home)
    if not noted and to is None:
        return []
    history, database = History.of(home), Path(os.path.realpath(home.catalog)).name
    places = {*noted, *([str(to)] if to is not None else [])}
    return [
        place
        for place in sorted(places)
        if place not in noted
        or (noted[place]["sha256"], noted[place]["database"]) != (history.sha256, database)
    ]


def _load(home: Home) -> dict[str, _Noted]:
    """Return what was noted; nothing where the file is missing or not understood: then it is behind."""
    file: Path = home.published_file
    try:
        record = json_files.read_json(file)
    except (OSError, ValueError):
        return {}
    if not isinstance(record, dict):
        return {}
    return {to: one for to, one in record.items() if kinds.wrong_key(one, _Noted) is None}
