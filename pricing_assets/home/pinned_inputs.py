"""What a version's manifest pins: exactly the cards, aliases, agreements, cuts, settings and logs that
it was made from, whatever the books and the home have gained since.

What is no longer there, or no longer the same, is named; nothing is computed here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from pricing_assets.common.errors import CreditmillError
from pricing_assets.common.instants import parse_instant
from pricing_assets.contract.outcomes import RULES_VERSION
from pricing_assets.contract.usage_dates import Piece, Span, pieces_of, read_spans
from pricing_assets.contract.usage_log import FUTURE_ALLOWANCE
from pricing_assets.db import connection as duck
from pricing_assets.home import derived
from pricing_assets.home.home import Home
from pricing_assets.home.manifests import Contents, Input, PinnedPrices
from pricing_assets.home.receipt import Receipt, receipt_of
from pricing_assets.home.settings import HomeSettings
from pricing_assets.logs import both_readers, mapped_rows
from pricing_assets.logs import parquet_footer as footer
from pricing_assets.logs import schema as log_schema
from pricing_assets.rates import Rates
from pricing_assets.rates.book import Book
from pricing_assets.sources.packing import Raw


class NoLongerThere(CreditmillError):
    """What a manifest pins is gone or changed; `lost` says each, in words, and `given_up` each log
    that is gone because somebody decided so."""

    def __init__(self, lost: Sequence[str], given_up: Sequence[str] = ()) -> None:
        self.lost, self.given_up = list(lost), list(given_up)
        super().__init__("; ".join([*lost, *given_up]))


@dataclass(frozen=True)
class PinnedRates(Rates):
    """Books restricted to what a manifest pins, cut at the instants that it pins; the date covers
    the spans that it pins, whatever the rules of the time zone are by now."""

    instants: tuple[datetime, ...] = ()
    covered: tuple[Span, ...] = ()

    def price_boundaries(self) -> list[datetime]:
        """Return the instants at which the version's lines were cut."""
        return list(self.instants)

    def pieces(self, days: Iterable[date], zone: str) -> list[Piece]:
        """Return the parts of the version's date."""
        return pieces_of(dict.fromkeys(days, self.covered), self.price_boundaries())


def settings_of(manifest: Contents) -> HomeSettings:
    """Return the settings under which a version was made."""
    limits = manifest.quarantine_limits
    return HomeSettings(
        timezone=manifest.timezone,
        dimensions=manifest.dimensions,
        quarantine_limit=limits.share,
        quarantine_floor=limits.floor,
    )


def lacking(home: Home, held: Sequence[Book], books: Sequence[Book]) -> list[str]:
    """Say what the reports of the home depend on, or the books `held` so far, that these books lack
    or hold otherwise: a book is its cards, aliases and agreements, wherever it lies and whatever it
    has gained."""
    pins = [
        report.manifest.prices for day in home.dates() if (report := home.reported(day)) is not None
    ]
    pins += [
        PinnedPrices(
            {card.id: card.sha256 for card in book.cards},
            {deal.id: deal.sha256 for deal in book.agreements},
            frozenset(line.fields for line in book.name_lines),
        )
        for book in held
    ]
    return list(dict.fromkeys(line for one in pins for line in _missing(one, books)))


def rates_of(manifest: Contents, books: Sequence[Book]) -> PinnedRates:
    """Return the pinned cards, aliases and agreements out of the books; NoLongerThere names the
    rest."""
    lost = []
    if manifest.rules_version != RULES_VERSION:
        lost.append(
            f"it was made by rules {manifest.rules_version}, this code uses {RULES_VERSION};"
            f" recompute it with creditmill {manifest.code_version}"
        )
    pinned = manifest.prices
    lost += _missing(pinned, books)
    if lost:
        raise NoLongerThere(lost)
    return PinnedRates(
        tuple(
            replace(
                book,
                cards=tuple(card for card in book.cards if card.id in pinned.cards),
                aliases=tuple(alias for alias in book.aliases if alias.fields in pinned.aliases),
                brands=tuple(brand for brand in book.brands if brand.fields in pinned.aliases),
                agreements=tuple(deal for deal in book.agreements if deal.id in pinned.agreements),
            )
            for book in books
        ),
        tuple(parse_instant(instant) for instant in manifest.cuts),
        read_spans(manifest.spans),
    )


def _missing(pinned: PinnedPrices, books: Sequence[Book]) -> list[str]:
    """Return what of the pinned cards, agreements and aliases is in no book, or changed, in words."""
    lost = _lost(
        "rate card",
        pinned.cards,
        {card.id: card.sha256 for book in books for card in book.cards},
    )
    lost += _lost(
        "agreement",
        pinned.agreements,
        {deal.id: deal.sha256 for book in books for deal in book.agreements},
    )
    known = {line.fields for line in Rates(tuple(books)).name_lines}
    return lost + [
        f"alias {','.join(line)} is in no book any more" for line in sorted(pinned.aliases - known)
    ]


def _lost(what: str, pinned: Mapping[str, str], held: Mapping[str, str]) -> list[str]:
    changed = []
    for name, sha256 in pinned.items():
        if name not in held:
            changed.append(
                f"{what} {name} is in no book of this home any more; give the book that holds it"
                " with --rates"
            )
        elif held[name] != sha256:
            changed.append(
                f"{what} {name} was changed since: SHA-256 {held[name]}, pinned {sha256}"
            )
    return changed


def logs_of(home: Home, manifest: Contents) -> list[Receipt]:
    """Return the pinned logs as receipts of this date alone, read from their own footers;
    NoLongerThere names logs that are missing."""
    iso, dimensions = manifest.usage_date.isoformat(), manifest.dimensions
    lost: list[str] = []
    given_up: list[str] = []
    found = []
    raw: list[tuple[Input, dict[str, int]]] = []
    ends = [span.end for span in read_spans(manifest.spans)]
    for entry in manifest.inputs:
        file = home.log(entry.sha256, is_raw=entry.source is not None)
        if not file.is_file():
            decision = _decision(home, entry.sha256)
            if decision is None:
                lost.append(f"log {entry.name} ({entry.sha256}) is missing from {home.logs}")
            else:
                given_up.append(f"log {entry.name} ({entry.sha256[:16]}) was given up {decision}")
            continue
        received = parse_instant(entry.received_at)
        # Only a log that came before its date was over can hold rows of it from the future.
        early = bool(ends) and received + FUTURE_ALLOWANCE < ends[-1]
        undated = {"event_time_in_future": 1} if early else {}
        if entry.source is not None:
            raw.append((entry, undated))
            continue
        opened = _opened(home, file, dimensions)
        found.append(
            Receipt(
                file=entry.sha256,
                file_name=entry.name,
                received_at=entry.received_at,
                rows=opened.parquet.metadata.num_rows,
                bytes=file.stat().st_size,
                dates={iso: entry.rows},
                undated=undated,
                schema=log_schema.held(
                    file,
                    opened,
                    log_schema.schema_of(opened, dimensions, entry.path_columns),
                    trusted=True,
                ),
            )
        )
    if lost or given_up:
        raise NoLongerThere(lost, given_up)
    return found + _mapped(home, iso, raw)


def _mapped(home: Home, iso: str, raw: Sequence[tuple[Input, dict[str, int]]]) -> list[Receipt]:
    """Return pinned raw logs as receipts of this date alone, their rows as the pinned sources made
    them; where a log is read by another source by now, they are made again."""
    rows: dict[str, str] = {}
    others: dict[str, list[Raw]] = {}
    receipts = home.journal.named.receipts
    for entry, _ in raw:
        held = receipts.get(entry.sha256, {}).get("source")
        if held and held["sha256"] == entry.source_sha256:
            rows[entry.sha256] = held["rows"]
        else:
            log = Raw(entry.sha256, home.log(entry.sha256, is_raw=True))
            others.setdefault(str(entry.source_sha256), []).append(log)
    derived.ensure(home, [receipt_of(receipts[file]) for file in rows])
    for digest, logs in others.items():
        for made in derived.made_in(home, logs, digest, home.derived / digest):
            rows |= dict.fromkeys(made.records, made.path.stem)
    found = []
    for entry, undated in raw:
        source = {"sha256": str(entry.source_sha256), "rows": rows[entry.sha256]}
        path = home.mapped(source["sha256"], source["rows"])
        home.found_mapped.add(path)  # just made
        found.append(
            Receipt(
                file=entry.sha256,
                file_name=entry.name,
                received_at=entry.received_at,
                rows=entry.rows,
                bytes=home.log(entry.sha256, is_raw=True).stat().st_size,
                dates={iso: entry.rows},
                undated=undated,
                schema=mapped_rows.SCHEMA,
                source={"name": str(entry.source), **source},
            )
        )
    return found


def _decision(home: Home, file: str) -> str | None:
    """Say when, by whom and why the bytes of a log were given up; None where nobody decided so."""
    named = home.journal.require().named
    acts = [act for act in named.withdrawals if act["file"] == file]
    if file in named.withdrawn and acts:
        decided = acts[-1]
    elif file not in named.receipts and named.restart is not None:
        decided = named.restart
    else:
        return None
    return f"on {decided['at'][:10]} by {decided['who']}: {decided['reason']}"


def _opened(home: Home, file: Path, dimensions: tuple[str, ...]) -> footer.Opened:
    """Open a log as it was opened when it came: without columns that nobody reads where a reader
    does not understand one."""
    wanted = log_schema.wanted_columns(dimensions)
    opened = footer.open_file(file, wanted)
    if not opened.hidden and set(opened.parquet.schema_arrow.names) - wanted:
        with duck.connection(within=[home.logs]) as con:
            if both_readers.unopened(con, [file]):
                opened = footer.open_file(file, wanted, hide=True)
    return opened
