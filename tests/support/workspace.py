"""Small homes for tests: rows to logs, a tiny rate book, and the steps of a run in order.

What callers give the workspace belongs here, and how to look at what came out. What should have come
out does not.
"""

import atexit
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pricing_assets import flow
from pricing_assets.checks.verdict import Verdict
from pricing_assets.contract.billing import TOKEN_CLASSES
from pricing_assets.db import connection as duck
from pricing_assets.home import Home, presence
from pricing_assets.home.manifests import CHECKS
from pricing_assets.home.opening import RequestedSettings, open_home
from pricing_assets.home.version import Sealed
from pricing_assets.intake import reader
from pricing_assets.intake import take_in as intake
from pricing_assets.intake.arrivals import Arrivals, IngestOptions
from pricing_assets.report import changes as changed
from pricing_assets.report.outcome import DateOutcome
from pricing_assets.report.staleness import Stale
from tests.support.inbox_logs import list_logs

Row = dict[str, Any]

LENIENT = RequestedSettings(quarantine_limit="1")
"""No date is blocked, unless a test asks for STRICT: in homes of few rows one is soon half."""
STRICT = "0.05"
"""The contract's quarantine limit."""

NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)
RECEIVED = datetime(2026, 2, 10, tzinfo=UTC)
LIMITS = duck.Limits(memory=1_000_000_000, threads=1)
READER = reader.Reader()
"""One for all runs of a test process: a run by itself begins and ends its own."""
atexit.register(READER.close)

TEXTS = (
    *("event_id", "org_id", "billing_type", "brand", "model", "key_mode"),
    *("agent_id", "status", "knowledge_base_id", "team"),
)
QUANTITIES = (
    *("input_tokens", "output_tokens", "audio_ms"),
    *("characters", "requests", "stored_tokens"),
)
SCHEMA = pa.schema(
    [("event_time", pa.timestamp("us", "UTC"))]
    + [(column, pa.string()) for column in TEXTS]
    + [(column, pa.int64()) for column in QUANTITIES]
    + [("images", pa.list_(pa.struct([("width", pa.int64()), ("height", pa.int64())])))]
)
CLASSED = pa.schema(
    [*SCHEMA, *((name, pa.int64()) for name in TOKEN_CLASSES), ("tier", pa.string())]
)
"""The same with token classes and a tier."""
RATE_HEADER = "service,brand,model,key_mode,meter,credits,per\n"
RATES = """\
llm,Acme,Chat,platform,input_tokens,0.22,1000
llm,Acme,Chat,platform,output_tokens,0.88,1000
llm,Acme,Chat,own,input_tokens,0.02,1000
llm,Acme,Chat,own,output_tokens,0.08,1000
storage,,Vector Storage,any,stored_tokens,0.001,1000
tool,Acme,Search,any,requests,0.55,1
"""
CAP = '[own_key_cap.llm]\ninput_tokens = "0.01"\noutput_tokens = "0.1"\n'


def row(**changes: object) -> Row:
    """A row of 1000 input tokens at 0.22 credits, with changes."""
    plain: Row = dict.fromkeys(SCHEMA.names)
    plain |= {"event_id": "e1", "event_time": NOON, "org_id": "acme", "key_mode": "platform"}
    plain |= {"billing_type": "llm_text_chat", "brand": "Acme", "model": "Chat"}
    return plain | {"input_tokens": 1000} | changes


def of(billing_type: str, brand: str | None, model: str | None, **changes: object) -> Row:
    """A row of another billing type, without input tokens but for the changes."""
    kind: Row = {"billing_type": billing_type, "brand": brand, "model": model}
    return row(**(kind | {"input_tokens": None} | changes))


def next_day(*ids: str, **changes: object) -> list[Row]:
    """Rows of these ids of the date after, with changes."""
    return [row(event_id=one, event_time=NOON.replace(day=4), **changes) for one in ids]


def write_log(path: Path, rows: Sequence[Row], schema: pa.Schema = SCHEMA) -> Path:
    """Write rows as a usage log, which is returned."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:  # the path may be one that Arrow cannot spell
        pq.write_table(pa.Table.from_pylist(list(rows), schema), file)
    return path


def write_card(
    book: Path,
    rates: str = RATES,
    card_id: str = "first",
    effective_from: str = "2026-02-01T00:00:00Z",
    published_at: str = "2026-02-01T00:00:00Z",
    cap: str = CAP,
) -> Path:
    """Write one card into a book, which is returned."""
    folder = book / f"card {card_id}"
    folder.mkdir(parents=True)
    (folder / "card.toml").write_text(
        f'id = "{card_id}"\neffective_from = {effective_from}\npublished_at = {published_at}\n'
        f'source = "a test"\nusd_per_credit = "0.01"\n{cap}',
        encoding="utf-8",
    )
    (folder / "rates.csv").write_text(RATE_HEADER + rates, encoding="utf-8")
    return book


def write_aliases(book: Path, lines: str) -> None:
    """Write the aliases of a book."""
    (book / "aliases.csv").write_text("service,brand,alias,model\n" + lines, encoding="utf-8")


@dataclass(frozen=True)
class Ran:
    """What one run did."""

    arrivals: Arrivals
    stale: list[Stale]
    verdicts: dict[date, Verdict]
    published: list[DateOutcome]

    def states(self) -> dict[str, tuple[str, int | None]]:
        """Per ISO date, its state and version."""
        return {made.day.isoformat(): (made.state, made.version) for made in self.published}


@dataclass(frozen=True)
class Workspace:
    """A home with an inbox and rate books beside it, and the terms it is run under."""

    folder: Path
    books: tuple[Path, ...] = ()
    name: str = "home"
    given: RequestedSettings = LENIENT
    inbox_name: str = "inbox"
    pages: bool = False
    catalog: bool = False
    """Whether each run brings `credits.duckdb` up to date, a fifth of a small run: for tests that
    read it but by `sql` and `database`, which bring it up to date. Pages are made of it."""

    @property
    def home(self) -> Home:
        """The home."""
        return Home(self.folder / self.name)

    @property
    def inbox(self) -> Path:
        """Where usage logs arrive."""
        return self.folder / self.inbox_name

    def beside(self, name: str, inbox_name: str | None = None) -> "Workspace":
        """The same books and terms with another home, and another inbox if one is named."""
        return replace(self, name=name, inbox_name=inbox_name or self.inbox_name)

    def under(self, **given: Any) -> "Workspace":
        """The same home under other terms."""
        return replace(self, given=replace(self.given, **given))

    def log(self, name: str, *rows: Row) -> Path:
        """Put a usage log into the inbox."""
        return write_log(self.inbox / name, rows)

    def copied(self, folder: Path) -> "Workspace":
        """The same workspace in another folder, home and all, to go on from there."""
        shutil.copytree(self.folder, folder, symlinks=True, dirs_exist_ok=True)
        moved = self._moved_to(folder)
        moved._named_anew(self.folder)
        return moved

    def begin(self, *rows: Row) -> "Workspace":
        """Publish what lies in the inbox, with these rows as `a.parquet`, by a first run; what the
        same files and terms give is made once in a process, and copied. Returns the workspace."""
        if rows:
            self.log("a.parquet", *rows)
        assert not self.home.path.exists()
        digest = hashlib.sha256(repr(replace(self, folder=Path(), books=())).encode())
        for file in self._given_files():
            digest.update(hashlib.sha256(file.read_bytes()).digest())
            digest.update(os.fsencode(file.relative_to(self.folder)))
        begun = BEGUN.get(digest.digest())
        if begun is None:
            begun = BEGUN[digest.digest()] = self._moved_to(Path(tempfile.mkdtemp(dir=BEGUN_IN[0])))
            for given, copied in (
                (self.inbox, begun.inbox),
                *zip(self.books, begun.books, strict=True),
            ):
                shutil.copytree(given, copied)
            begun.run()
        shutil.copytree(begun.home.path, self.home.path, symlinks=True)
        self._named_anew(begun.folder)
        return self

    def _given_files(self) -> list[Path]:
        """What a first run goes by: the files of the inbox and of the books, in order."""
        return [
            file
            for folder in (self.inbox, *self.books)
            for file in sorted(folder.rglob("*"))
            if file.is_file()
        ]

    def _moved_to(self, folder: Path) -> "Workspace":
        """The same workspace in another folder, with nothing in it yet."""
        books = tuple(folder / book.relative_to(self.folder) for book in self.books)
        return replace(self, folder=folder, books=books)

    def _named_anew(self, folder: Path) -> None:
        """Let a home that was copied from that folder name this one."""
        for file in (self.home.settings_file, self.home.seen_file):
            text = file.read_text(encoding="utf-8")
            file.write_text(text.replace(str(folder), str(self.folder)), encoding="utf-8")

    def run(
        self,
        logs: Iterable[Path] | None = None,
        received_at: datetime = RECEIVED,
        restate: bool = False,
    ) -> Ran:
        """Take in the logs (all of the inbox, unless named) and bring every date up to date."""
        self.inbox.mkdir(exist_ok=True)
        home = self.home
        with home.lock():
            given = replace(self.given, books=tuple(str(book) for book in self.books))
            terms = open_home(home, given, restate=restate)
            found = list_logs(self.inbox, home) if logs is None else list(logs)
            arrivals = intake.take_in(
                home,
                found,
                terms,
                IngestOptions(limits=LIMITS, received_at=received_at, reader=READER),
                place=self.inbox,
            )
            kind = flow.Run if self.catalog or self.pages else WithoutCatalog
            return Ran(arrivals, *bring_up_to_date(kind(home, terms, LIMITS, pages=self.pages)))

    def database(self) -> Path:
        """`credits.duckdb`, brought up to date."""
        if not (self.catalog or self.pages):
            with self.home.lock():
                flow.Run(self.home, self.home.settings(), LIMITS).refresh()
        return self.home.catalog

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query over `credits.duckdb`, brought up to date."""
        with duckdb.connect(str(self.database()), read_only=True) as con:
            return con.sql(query).fetchall()

    def versions(self) -> dict[str, list[int]]:
        """Per ISO date, the numbers of its versions."""
        home = self.home
        return {
            day.isoformat(): [version.number for version in home.versions(day)]
            for day in home.dates()
        }

    def published_bytes(self) -> dict[str, str]:
        """SHA-256 of every Parquet and CSV of the versions in force, and of the receipts'."""
        home = self.home
        found = [
            file
            for day in home.dates()
            if (current := home.current(day)) is not None
            for file in current.folder.iterdir()
            if file.suffix in (".parquet", ".csv")
        ]
        kept = [*home.logs.iterdir(), *home.receipts.glob("*.parquet")]
        return {
            file.relative_to(home.path).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
            for file in (*found, *kept)
        }

    def outputs(self) -> dict[tuple[str, str], str]:
        """The published bytes by date and file, whatever the number of the version in force."""
        home = self.home
        return {
            (day.isoformat(), name): output["sha256"]
            for day in home.dates()
            if (current := home.current(day)) is not None
            for name, output in stored_manifest(current)["outputs"].items()
            if name not in (*changed.NAMES, CHECKS)  # they depend on what came before
        }


BEGUN: dict[bytes, Workspace] = {}
"""Homes after a first run, by the digest of what they were made of; never changed."""
BEGUN_IN: list[Path] = []
"""The folder in which they lie."""


class WithoutCatalog(flow.Run):
    """A run that leaves `credits.duckdb` out."""

    def refresh(self, *, anew: bool = False) -> None:
        """Look whether the home is whole, and no more."""
        presence.require_whole(self.home)


def stored_manifest(sealed: Sealed[Any]) -> dict[str, Any]:
    """The manifest of a version or booking, as its file holds it."""
    read: dict[str, Any] = json.loads((sealed.folder / "manifest.json").read_bytes())
    return read


def bring_up_to_date(
    steps: flow.Run,
) -> tuple[list[Stale], dict[date, Verdict], list[DateOutcome]]:
    """What is stale, judged and published, as a run does it."""
    stale = steps.stale()
    days = [found.day for found in stale]
    if not days:
        steps.refresh()
        return [], {}, []
    steps.reduce(days)
    steps.price(days)
    verdicts = steps.check(days)
    return stale, verdicts, steps.publish(days)


def spoil(file: Path) -> bytes:
    """Change every byte of a file but neither its size nor its time; gives what it was."""
    status, was = file.stat(), file.read_bytes()
    write_over(file, bytes(byte ^ 0xFF for byte in was), status.st_mtime_ns)
    return was


def write_over(file: Path, data: bytes, mtime_ns: int) -> None:
    """Write a file in place, as of another time."""
    file.chmod(0o644)
    file.write_bytes(data)
    os.utime(file, ns=(mtime_ns, mtime_ns))


def leftovers(home: Home) -> list[str]:
    """Every entry of a home that is not part of it, as a path inside it."""
    found = []
    for parent, folders, names in os.walk(home.path):
        for name in (*folders, *names):
            path = (Path(parent) / name).relative_to(home.path).as_posix()
            if not is_part_of_home(path, folders):
                found.append(path)
    return sorted(found)


def is_part_of_home(path: str, folders: Sequence[str]) -> bool:
    """Whether a home may hold this path when no run is under way."""
    top, _, rest = path.partition("/")
    match top:
        case (
            "home.toml"
            | "credits.duckdb"
            | ".lock"
            | "journal.jsonl"
            | "journal.checked"
            | "failed.json"
            | "published.json"
        ):
            return not rest
        case "logs":
            return not rest or (len(rest) == 72 and rest.endswith(".parquet"))
        case "receipts":
            stem = rest.partition(".")[0]
            return rest in ("", "seen.json", "listings.json") or len(stem) == 64
        case "rollups":
            return rest in ("", "index.jsonl") or rest.endswith(".parquet")
        case "catalogs":
            return not rest or rest.endswith(".duckdb")
        case "pages":
            folder, _, name = rest.partition("/")
            return rest in ("", "index.html") or (
                not name
                or (folder == "organizations" and name.endswith(".html"))
                or (folder == "events" and (name.count("/") == 0 or name.endswith(".js")))
                or folder == "assets"
            )
        case "closings" | "withdrawals":
            return not rest or (rest[:4].isdecimal() and rest.endswith(".json"))
        case "reports" | "corrections" | "ledger" | "standings":
            parts = rest.split("/")
            if len(parts) < 2:
                return True
            if parts[1] in ("current", "reviewed"):
                return len(parts) == 2
            return parts[1] == "blocked" or (parts[1].isdecimal() and len(parts[1]) >= 4)
    return False
