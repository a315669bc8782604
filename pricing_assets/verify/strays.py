"""Names in a home that are not its own: an editor's backup, a file manager's notes, a copied log.

Nothing reads them, and nothing removes them; `verify` shows them. In the folder of a published version
only hidden names are strays; any other file more is a difference, and belongs to `verify`.
"""

import os
from collections.abc import Callable
from pathlib import Path

from pricing_assets.home import Home
from pricing_assets.home.names import date_of, is_act, is_database, log_of, number_of

_OWN = {
    *(
        "credits.duckdb",
        "home.toml",
        "journal.jsonl",
        "journal.checked",
        "failed.json",
        "published.json",
        ".lock",
        "logs",
        "receipts",
        "reports",
        "set_aside",
    ),
    *("corrections", "closings", "withdrawals", "tmp", "catalogs", "pages", "ledger", "standings"),
    *("derived", "rollups"),
}
_OF_A_DATE = {"current", "reviewed", "blocked"}


def strays(home: Home) -> list[Path]:
    """Return every path in the home that is not its own, in order; pages are made anew anyway."""
    found: list[Path] = []
    owners: list[tuple[Path, Callable[[str], bool]]] = [
        (home.path, lambda name: name in _OWN),
        (home.logs, _is_log),
        (home.receipts, _is_of_a_log),
        (home.closings, is_act),
        (home.withdrawals, is_act),
        (home.catalogs, is_database),
        *((parent, _is_date) for parent in home.parents.values()),
    ]
    for folder, is_own in owners:
        found += [folder / name for name in _names(folder) if not is_own(name)]
    for folder in home.parents.values():
        for day in filter(_is_date, _names(folder)):
            names = _names(folder / day)
            found += [folder / day / name for name in names if not _is_of_a_date(name)]
            for version in filter(_is_of_a_date, names):
                published = folder / day / version
                if not published.is_symlink():
                    hidden = (name for name in _names(published) if name.startswith("."))
                    found += [published / name for name in hidden]
    return sorted(found, key=lambda path: os.fsencode(path))


def _is_log(name: str) -> bool:
    stem, _, ending = name.rpartition(".")
    return log_of(f"{stem}.json") is not None and ending in ("parquet", "raw")


def _is_of_a_log(name: str) -> bool:
    rest = name.removesuffix(".quarantine.parquet")
    return (
        name in ("seen.json", "listings.json")
        or log_of(name if rest == name else f"{rest}.json") is not None
    )


def _is_date(name: str) -> bool:
    return date_of(name) is not None


def _is_of_a_date(name: str) -> bool:
    return name in _OF_A_DATE or number_of(name) is not None


def _names(folder: Path) -> list[str]:
    return os.listdir(folder) if folder.is_dir() else []
