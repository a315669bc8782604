"""Derived files: what was made of each log once, kept in `HOME/derived` and digested.

They are no record: whatever is missing, damaged or of other terms is made again from the logs. What
is in them belongs to `rollups`.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path

from pricing_assets.common import files
from pricing_assets.contract import usage_dates
from pricing_assets.contract.billing import METERS
from pricing_assets.contract.outcomes import RULES_VERSION
from pricing_assets.db.contract_functions import NUMBERS
from pricing_assets.home import Receipt
from pricing_assets.home.settings import HomeSettings as Terms

FORMAT = 1
"""What derived files hold, and how; those of another format are made again."""
REDUCED, ROWS = "reduced", "rows"
"""Kinds of units: all that is made of logs when they are first reduced, and single rows of them that
had to be looked at later."""
INDEX = "index.jsonl"


@dataclass(frozen=True)
class Unit:
    """Files made of some logs together: `logs` maps each SHA-256 to its key (`key_of`), in order,
    `files` each file's name to its SHA-256."""

    kind: str
    logs: dict[str, str]
    files: dict[str, str]


def key_of(log: Receipt, terms: Terms, boundaries: Sequence[datetime], engine: str) -> str:
    """Return the digest of everything that a log's derived files depend on beside its bytes: how
    it is read, the parts of its dates within which prices are constant, rules, format, and the
    engine whose hashes of ids they hold."""
    pieces = usage_dates.pieces(_days_of(log), terms.timezone, boundaries)
    parts = [
        [piece.usage_date, piece.span.start, piece.span.end, piece.rates_from] for piece in pieces
    ]
    until = log.future_after if log.undated.get("event_time_in_future") else None
    rules = [FORMAT, RULES_VERSION, METERS, list(NUMBERS.items()), engine]
    depends = [*rules, terms.dimensions, log.schema, until, parts]
    return hashlib.sha256(json.dumps(depends, default=str).encode()).hexdigest()[:32]


def _days_of(log: Receipt) -> list[date]:
    return [date.fromisoformat(day) for day in log.dates]


class Derived:
    """The derived files of a home, as their index names them; a line that cannot be read names
    none. The home is locked by who adds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.units = list(_read(folder / INDEX))
        self._reduced = {
            (log, key): unit
            for unit in self.units
            if unit.kind == REDUCED
            for log, key in unit.logs.items()
        }
        self._whole: dict[str, bool] = {}

    def reduced(self, log: str, key: str) -> Unit | None:
        """Return the unit in which a log was reduced under this key, if its files are whole."""
        unit = self._reduced.get((log, key))
        return unit if unit is not None and self._is_whole(unit) else None

    def rows_of(self, keys: Mapping[str, str]) -> list[Unit]:
        """Return the whole units of single rows of these logs under these keys."""
        return [
            unit
            for unit in self.units
            if unit.kind == ROWS
            and any(keys.get(log) == key for log, key in unit.logs.items())
            and self._is_whole(unit)
        ]

    def add(self, kind: str, logs: Mapping[str, str], made: Iterable[Path]) -> Unit:
        """Keep files that were made of these logs, under the suffixes that they bear."""
        files.make_folder(self.folder)
        name = hashlib.sha256(json.dumps([kind, *logs.items()]).encode()).hexdigest()[:32]
        kept: dict[str, str] = {}
        for path in made:
            digest = files.sha256_of(path)
            # rows that were looked at later differ from one time to the next
            target = self.folder / f"{name}-{digest[:8]}.{path.name}"
            files.sync_file(path)
            files.move(path, target)
            kept[target.name] = digest
            self._whole[target.name] = True
        unit = Unit(kind, dict(logs), kept)
        _append(self.folder / INDEX, unit)
        self.units.append(unit)
        if kind == REDUCED:
            self._reduced |= dict.fromkeys(logs.items(), unit)
        return unit

    def file(self, unit: Unit, suffix: str) -> Path:
        """Return a unit's file of this suffix."""
        (name,) = (name for name in unit.files if name.endswith(f".{suffix}.parquet"))
        return self.folder / name

    def _is_whole(self, unit: Unit) -> bool:
        for name, digest in unit.files.items():
            if name not in self._whole:
                path = self.folder / name
                self._whole[name] = path.is_file() and files.sha256_of(path) == digest
        return all(self._whole[name] for name in unit.files)


def _read(index: Path) -> Iterable[Unit]:
    try:
        lines = index.read_bytes().splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        try:
            yield Unit(**json.loads(line))
        except (ValueError, TypeError):
            continue  # written by a run that was killed; what it named is made again


def _append(index: Path, unit: Unit) -> None:
    """Add a line; one that was cut short before it is ended first."""
    with index.open("ab") as file:
        file.write(b"\n" + json.dumps(asdict(unit)).encode() + b"\n")
