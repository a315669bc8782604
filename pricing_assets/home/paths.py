"""Where everything of a home lies.

What is in these files and folders belongs to the modules that write them.
"""

import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from pricing_assets.common import files
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.home.entries import BOOKING, LEDGER, STANDING, VERSION
from pricing_assets.home.names import is_act


class HomePaths:
    """The folder HOME and the names of everything in it; ConfigurationError where a name cannot be
    used by DuckDB."""

    def __init__(self, path: Path) -> None:
        self.path = Path(os.path.abspath(path))
        for sign, meaning in (("?", "options"), ("\\", "a separator of folders")):
            if sign in str(self.path):
                raise ConfigurationError(
                    f"home {self.path} has a {sign!r}, which DuckDB takes for {meaning}; name it differently"
                )
        if not files.is_text(self.path):
            raise ConfigurationError(
                f"home {self.path} is not text in UTF-8, which DuckDB needs; name it differently, or"
                " set the locale to UTF-8 (LC_ALL=C.UTF-8)"
            )
        self.logs = self.path / "logs"
        self.derived = self.path / "derived"
        self.rollups = self.path / "rollups"
        self.receipts = self.path / "receipts"
        self.reports = self.path / "reports"
        self.corrections = self.path / "corrections"
        self.ledger = self.path / "ledger"
        self.standings = self.path / "standings"
        self.parents = {
            VERSION: self.reports,
            BOOKING: self.corrections,
            LEDGER: self.ledger,
            STANDING: self.standings,
        }
        self.closings = self.path / "closings"
        self.withdrawals = self.path / "withdrawals"
        self.journal_file = self.path / "journal.jsonl"
        self.checked_file = self.path / "journal.checked"
        self.scratch = self.path / "tmp"
        self.catalogs = self.path / "catalogs"
        self.catalog = self.path / "credits.duckdb"
        self.pages = self.path / "pages"
        self.failures_file = self.path / "failed.json"
        self.published_file = self.path / "published.json"
        self.settings_file = self.path / "home.toml"
        self.seen_file = self.receipts / "seen.json"
        self.listings_file = self.receipts / "listings.json"

    def log(self, file: str, *, is_raw: bool = False) -> Path:
        """Return where a log of this SHA-256 is kept: as Parquet, or raw where a source reads it."""
        return self.logs / f"{file}.{'raw' if is_raw else 'parquet'}"

    def kept(self, record: Mapping[str, Any]) -> Path:
        """Return where the log is kept that a receipt, as its file holds it, is of; its mapped rows where
        its source keeps no raw bytes."""
        source = record.get("source")
        if source is not None and "keep_raw" in source:
            return self.mapped(source["sha256"], source["rows"])
        return self.log(record["file"], is_raw=record.get("source") is not None)

    @staticmethod
    def kept_sha256(record: Mapping[str, Any]) -> str:
        """Return the SHA-256 of the file that `kept` names."""
        source = record.get("source") or {}
        found: str = source["rows_sha256"] if "keep_raw" in source else record["file"]
        return found

    def mapped(self, source: str, name: str) -> Path:
        """Return where mapped rows of this name lie, that a source of this digest made."""
        return self.derived / source / f"{name}.parquet"

    def undated(self, file: str) -> Path:
        """Return where a log's quarantined rows of no usage date are kept; only where it has any."""
        return self.receipts / f"{file}.quarantine.parquet"

    def receipt_file(self, file: str) -> Path:
        """Return the receipt file of the log of this SHA-256."""
        return self.receipts / f"{file}.json"

    def folder_of(self, kind: str, day: date) -> Path:
        """Return the folder of everything of a kind of a usage date: of the journal's `SEALED`."""
        return self.parents[kind] / f"usage_date={day.isoformat()}"

    def in_force(self, kind: str, day: date) -> str:
        """Return the name of the folder of a kind that counts of a usage date; FileNotFoundError
        where none does."""
        return os.readlink(self.folder_of(kind, day) / "current")

    def act_names(self) -> list[str]:
        """Return the names of the acts of closing and reopening, in order."""
        names = os.listdir(self.closings) if self.closings.is_dir() else []
        return sorted(name for name in names if is_act(name))

    def date_folder(self, day: date) -> Path:
        """Return the folder of everything published about a usage date."""
        return self.reports / f"usage_date={day.isoformat()}"

    def blocked_folder(self, day: date) -> Path:
        """Return where the last attempt on a date is kept, where it was blocked."""
        return self.date_folder(day) / "blocked"

    def reviewed_file(self, day: date) -> Path:
        """Return the file with the digests of a version's inputs and of other inputs that gave it
        once more."""
        return self.date_folder(day) / "reviewed"

    def correction_folder(self, day: date) -> Path:
        """Return the folder of everything that was booked about a closed usage date."""
        return self.corrections / f"usage_date={day.isoformat()}"
