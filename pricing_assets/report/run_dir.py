"""The folder of a run: what its steps leave there for each other, date by date.

What a date's tables hold belongs to the steps; all of it is gone when the home is unlocked.
"""

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pricing_assets.checks import Verdict
from pricing_assets.common import json_files
from pricing_assets.common.errors import DateFailed
from pricing_assets.home.manifests import AliasLine


@dataclass(frozen=True)
class RunDir:
    """A run's folder, which has one folder per staged date and files about the others."""

    path: Path

    def create(self) -> None:
        """Create the folder, with no date that failed."""
        self.path.mkdir(parents=True, exist_ok=True)
        self.note_failed({})

    def date_dir(self, day: date) -> Path:
        """Return where the tables of a date are staged."""
        return self.path / f"usage_date={day.isoformat()}"

    def staged(self, days: Iterable[date]) -> dict[date, Path]:
        """Return the folders of the dates that the steps before left tables of; DateFailed where
        none was run."""
        if not self.path.is_dir():
            raise DateFailed(
                "nothing is staged in this run; materialize all assets together"
                " (the job `daily`), from `intake` to `ledger`"
            )
        folders = {day: self.date_dir(day) for day in days}
        return {day: folder for day, folder in folders.items() if folder.is_dir()}

    def failed(self) -> dict[date, str]:
        """Return the dates that cannot be published, and why."""
        failed: dict[date, str] = _by_date(self._failed_file)
        return failed

    def note_failed(self, failed: Mapping[date, str]) -> None:
        """Write down which dates cannot be published, and why."""
        _write(self._failed_file, failed)

    def fail(self, day: date, why: str) -> None:
        """Write down why a date cannot be published, and remove what is staged of it."""
        shutil.rmtree(self.date_dir(day), ignore_errors=True)
        self.note_failed(self.failed() | {day: why})

    def aliases(self) -> dict[date, list[AliasLine]]:
        """Return the alias lines that each priced date's prices depend on."""
        lines: dict[date, list[list[str]]] = _by_date(self._aliases_file)
        return {day: [tuple(line) for line in used] for day, used in lines.items()}

    def note_aliases(self, aliases: Mapping[date, Iterable[Iterable[str]]]) -> None:
        """Write down the alias lines that each priced date's prices depend on."""
        used = {day: [list(line) for line in lines] for day, lines in aliases.items()}
        _write(self._aliases_file, used)

    def verdicts(self, days: Iterable[date]) -> dict[date, Verdict]:
        """Return what the checks found of each of the dates that was checked."""
        of_days = {day: self._verdict_file(day) for day in days}
        return {
            day: Verdict.of(json_files.read_json(file))
            for day, file in of_days.items()
            if file.is_file()
        }

    def note_verdict(self, day: date, verdict: Verdict) -> None:
        """Write down what the checks found of a date."""
        self._verdict_file(day).write_bytes(json_files.to_json(asdict(verdict)))

    @property
    def _failed_file(self) -> Path:
        return self.path / "failed.json"

    @property
    def _aliases_file(self) -> Path:
        return self.path / "aliases.json"

    def _verdict_file(self, day: date) -> Path:
        return self.path / f"verdict-{day.isoformat()}.json"


def _by_date(file: Path) -> dict[date, Any]:
    return {date.fromisoformat(day): value for day, value in json_files.read_json(file).items()}


def _write(file: Path, by_date: Mapping[date, object]) -> None:
    by_isodate = {day.isoformat(): value for day, value in by_date.items()}
    file.write_bytes(json_files.to_json(by_isodate))
