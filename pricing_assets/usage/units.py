"""Units: what was made of some logs together, kept in `HOME/rollups` and digested.

They are not a record: whatever is missing, damaged or of other settings is made again from the logs. What
is in them belongs to `making` and `rollups`.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path

from pricing_assets.common import files
from pricing_assets.contract import usage_dates
from pricing_assets.contract.billing import METERS
from pricing_assets.contract.outcomes import FUTURE_EVENT_TIME, RULES_VERSION
from pricing_assets.db.contract_functions import NUMBERS
from pricing_assets.home import Receipt
from pricing_assets.home.settings import HomeSettings

FORMAT = 2
"""What files hold, and how; those of another format are made again."""
REDUCED, ROWS = "reduced", "rows"
"""Kinds of units: all that is made of logs when they are first reduced, and single rows of them that
had to be looked at later."""
HELD = {REDUCED: ("rollup", "totals", "ids", "rows"), ROWS: ("rows",)}
"""The files of a unit of each kind."""
INDEX = "index.jsonl"

KeyOf = Callable[[str], str | None]
"""Gives the key of a log by its SHA-256 (`key_of`), None where the home has no such log."""


@dataclass(frozen=True)
class Unit:
    """Files made of some logs together: `logs` maps each SHA-256 to its key (`key_of`), in order,
    `files` each file's name to its SHA-256."""

    kind: str
    logs: dict[str, str]
    files: dict[str, str]

    @cached_property
    def name(self) -> str:
        """What its files begin with: a digest of its kind, logs and keys."""
        text = json.dumps([self.kind, *self.logs.items()])
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def file_name(self, digest: str, suffix: str) -> str:
        """Return the name of its file of this SHA-256 and suffix: rows that were looked at later
        differ from one time to the next."""
        return f"{self.name}-{digest[:8]}.{suffix}.parquet"


def key_of(log: Receipt, settings: HomeSettings, boundaries: Sequence[datetime]) -> str:
    """Return the digest of everything that a log's files depend on beside its bytes: how
    it is read, the parts of its dates within which prices are constant, rules, format, and the
    engine whose hashes of ids they hold."""
    days = [date.fromisoformat(day) for day in log.dates]
    until = log.future_after if log.undated.get(FUTURE_EVENT_TIME) else None
    pieces = usage_dates.pieces(days, settings.timezone, boundaries)
    parts = [
        [piece.usage_date, piece.span.start, piece.span.end, piece.rates_from] for piece in pieces
    ]
    rules = [FORMAT, RULES_VERSION, METERS, list(NUMBERS.items()), _hashes_of()]
    depends = [*rules, settings.dimensions, log.schema, until, log.source, parts]
    return hashlib.sha256(json.dumps(depends, default=str).encode()).hexdigest()[:32]


def _hashes_of() -> str:
    """Return what names the hashes of ids: those of another are never compared with them."""
    import duckdb

    return f"duckdb {duckdb.__version__}"


class Units:
    """The units of a home, as their index names them; a line that cannot be read names
    none. The home is locked by who adds or prunes."""

    def __init__(self, folder: Path) -> None:
        """Read the index."""
        self.folder = folder
        self._whole: dict[str, bool] = {}
        self._load()

    def _load(self) -> None:
        self.units = list(_read(self.folder / INDEX))
        self._reduced = {
            (log, key): unit
            for unit in self.units
            if unit.kind == REDUCED
            for log, key in unit.logs.items()
        }

    def reduced(self, log: str, key: KeyOf) -> Unit | None:
        """Return the unit in which a log was reduced, if its files are whole, what each of its logs
        depends on is still so, and none of them was reduced again since: it would count twice."""
        unit = self._reduced.get((log, key(log) or ""))
        if unit is None or any(self._reduced[one] is not unit for one in unit.logs.items()):
            return None
        return unit if self.is_sound(unit, key) else None

    def rows_of(self, logs: Collection[str], key: KeyOf) -> list[Unit]:
        """Return the sound units of single rows that hold any of these logs."""
        return [
            unit
            for unit in self.units
            if unit.kind == ROWS
            and any(log in logs for log in unit.logs)
            and self.is_sound(unit, key)
        ]

    def is_sound(self, unit: Unit, key: KeyOf) -> bool:
        """Return whether a unit's files are whole, and all its logs have the keys that they had."""
        return all(key(log) == was for log, was in unit.logs.items()) and self._is_whole(unit)

    def add(self, kind: str, logs: Mapping[str, str], paths: Iterable[Path]) -> Unit:
        """Keep files that were made of these logs, under the suffixes that they bear."""
        files.make_folder(self.folder)
        unit = Unit(kind, dict(logs), {})
        kept: dict[str, str] = {}
        for path in paths:
            digest = files.sha256_of(path)
            target = self.folder / unit.file_name(digest, path.stem)
            files.sync_file(path)
            files.move(path, target)
            kept[target.name] = digest
            self._whole[target.name] = True
        unit = replace(unit, files=kept)
        _append(self.folder / INDEX, unit)
        self.units.append(unit)
        if kind == REDUCED:
            self._reduced |= dict.fromkeys(logs.items(), unit)
        return unit

    def file(self, unit: Unit, suffix: str) -> Path:
        """Return a unit's file of this suffix."""
        (name,) = (name for name in unit.files if name.endswith(f".{suffix}.parquet"))
        return self.folder / name

    def changed_files(self) -> tuple[int, list[Path]]:
        """Return how many files there are, and each whose bytes are not those that were made."""
        digests = {name: digest for unit in self.units for name, digest in unit.files.items()}
        there = [name for name in sorted(digests) if (self.folder / name).is_file()]
        paths = {self.folder / name: digests[name] for name in there}
        return len(paths), [path for path in paths if files.sha256_of(path) != paths[path]]

    def changed_lines(self) -> list[int]:
        """Return the lines of the index, from 1, that are whole and not what was written: not those
        that were cut short by a kill."""
        return [
            number
            for number, line in enumerate(_lines(self.folder / INDEX), start=1)
            if line.endswith(b"}}") and _unit_of(line) is None
        ]

    def superseded(self, logs: Collection[str] | None = None) -> list[Unit]:
        """Return the units that nothing needs any more: of logs that were all reduced again since,
        or that are not among `logs`, those of the home, where they are given."""
        newest: dict[str, tuple[Unit, str]] = {}
        for unit in self.units:
            if unit.kind == REDUCED:
                newest |= {log: (unit, key) for log, key in unit.logs.items()}
        if logs is not None:
            newest = {log: newest[log] for log in newest.keys() & logs}
        needed = {id(unit) for unit, _ in newest.values()}
        keys = {(log, key) for log, (_, key) in newest.items()}
        return [
            unit
            for unit in self.units
            if (id(unit) not in needed if unit.kind == REDUCED else not keys & unit.logs.items())
        ]

    def strays(self, without: Collection[Unit] = ()) -> list[Path]:
        """Return the files that no unit names but those `without`; the index is none."""
        gone = {id(unit) for unit in without}
        named = {name for unit in self.units if id(unit) not in gone for name in unit.files}
        try:
            found = sorted(self.folder.iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return []
        named.add(INDEX)
        return [path for path in found if path.name not in named and not path.is_dir()]

    def forget(self, units: Sequence[Unit], scratch: Path) -> list[Path]:
        """Take units out of the index, then remove the files that none names; returns these."""
        gone = {id(unit) for unit in units}
        kept = [unit for unit in self.units if id(unit) not in gone]
        if len(kept) < len(self.units):
            lines = b"".join(json.dumps(asdict(unit)).encode() + b"\n" for unit in kept)
            files.write_bytes(self.folder / INDEX, lines, scratch)
            self._load()
        strays = self.strays()
        for path in strays:
            path.unlink(missing_ok=True)
        return strays

    def _is_whole(self, unit: Unit) -> bool:
        for name, digest in unit.files.items():
            if name not in self._whole:
                path = self.folder / name
                self._whole[name] = path.is_file() and files.sha256_of(path) == digest
        return all(self._whole[name] for name in unit.files)


def _read(index: Path) -> Iterable[Unit]:
    for line in _lines(index):
        unit = _unit_of(line)
        if unit is not None:
            yield unit


def _lines(index: Path) -> list[bytes]:
    try:
        return files.read_regular(index).splitlines()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return []


def _unit_of(line: bytes) -> Unit | None:
    """Return the unit that a line of the index names; None where it names none, as one does that was
    written by a run that was killed: what it named is made again."""
    try:
        unit = Unit(**json.loads(line))
    except (ValueError, TypeError, RecursionError):
        return None
    return unit if _is_sound(unit) else None


def _is_sound(unit: Unit) -> bool:
    """Return whether a line of the index says what one says, and names files of its folder."""
    if not isinstance(unit.kind, str):
        return False
    for found in (unit.logs, unit.files):
        if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
            return False
    suffixes = {name: name.partition(".")[2].removesuffix(".parquet") for name in unit.files}
    return sorted(suffixes.values()) == sorted(HELD.get(unit.kind, ())) and all(
        name == unit.file_name(digest, suffixes[name]) for name, digest in unit.files.items()
    )


def _append(index: Path, unit: Unit) -> None:
    """Add a line; one that was cut short before it is ended first."""
    with index.open("ab") as file:
        file.write(b"\n" + json.dumps(asdict(unit)).encode() + b"\n")
