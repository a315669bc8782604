"""The slow, plain-Python reading of the contract: one row at a time, exact numbers, no engine.

What an outcome, a usage line or a charge is belongs here, as an oracle for the real pipeline.
Anything the pipeline computes, checks, stores or publishes does not, and nothing of it is imported.
"""

import csv
import hashlib
import re
import tomllib
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

SERVICES = {
    "llm_text_chat": "llm",
    "llm_audio_chat": "llm",
    "database_processing": "llm",
    "question_recognition": "llm",
    "asr_recognition": "asr",
    "tts_generation": "tts",
    "knowledge_indexing": "embedding",
    "knowledge_reranking": "rerank",
    "knowledge_storage": "storage",
    "tools_invocation": "tool",
    "content_moderation": "moderation",
}
METERS = {  # in the order in which they are decided
    "llm": ("input_tokens", "output_tokens", "image_tokens"),
    "asr": ("audio_ms",),
    "tts": ("characters",),
    "embedding": ("input_tokens",),
    "rerank": ("input_tokens",),
    "storage": ("stored_tokens",),
    "tool": ("requests",),
    "moderation": ("requests",),
}
ALL_METERS = (
    "input_tokens",
    "output_tokens",
    "image_tokens",
    "audio_ms",
    "characters",
    "requests",
    "stored_tokens",
)
LOGGED = tuple(meter for meter in ALL_METERS if meter != "image_tokens")
WITHOUT_KEY_MODE = ("storage", "tool")
OUTCOMES = (
    "missing_event_time",
    "event_time_in_future",
    "missing_event_id",
    "missing_org_id",
    "unknown_billing_type",
    "unknown_key_mode",
    "bad_quantity",
    "unexpected_quantity",
    "missing_quantity",
    "duplicate",
    "conflicting_duplicate",
    "not_billable",
    "superseded",
    "no_rate_card",
    "not_offered",
    "no_rate",
    "rated",
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
DAY = 24 * 60 * 60 * 10**6  # in microseconds
END_OF_9999 = (datetime(9999, 12, 31, tzinfo=UTC) - EPOCH) // MICROSECOND + DAY
MOST = 10**12  # a quantity
MOST_PX = 10**6  # a side of an image

UsageKey: TypeAlias = tuple[date, str, tuple[str | None, ...], str, str, str, str, str]
ChargeKey: TypeAlias = tuple[date, str, tuple[str | None, ...], str, str, str, str, str, str]


@dataclass(frozen=True)
class Log:
    """One usage log, and the instant (with its zone) at which the home first took in its bytes."""

    path: Path
    received_at: datetime


@dataclass(frozen=True)
class Charge:
    """One meter of one usage line, priced; credits have 9 decimal places and usd 11."""

    quantity: int
    per: int
    list_price: Decimal
    price: Decimal
    credits: Decimal
    usd: Decimal


@dataclass
class Reading:
    """What a set of logs and rate books comes to.

    outcomes: (file, row_number) -> (usage_date, outcome), one per row, file as SHA-256 in hex.
    usage: (usage_date, org_id, dimensions, billing_type, brand, model, key_mode, rate_card) ->
        {"events": n, and each of the seven meters: its sum, 0 where nothing was measured}.
    charges: the same key + (meter,) -> Charge, where the quantity is not zero.
    daily_usage: (usage_date, org_id, billing_type) -> (events, credits, usd).
    """

    outcomes: dict[tuple[str, int], tuple[date | None, str]]
    usage: dict[UsageKey, dict[str, int]]
    charges: dict[ChargeKey, Charge]
    daily_usage: dict[tuple[date, str, str], tuple[int, Decimal, Decimal]]

    def account(self) -> dict[tuple[date | None, str, str], int]:
        """Rows per (usage_date, file, outcome)."""
        return dict(Counter((day, file, end) for (file, _), (day, end) in self.outcomes.items()))


@dataclass(frozen=True)
class Row:
    """One row of a usage log. Two rows are equal when all but where they stand is alike."""

    file: str = field(compare=False)
    row_number: int = field(compare=False)
    received: int = field(compare=False)  # microseconds since 1970, UTC
    instant: int | None  # microseconds since 1970, UTC
    event_id: str | None
    org_id: str | None
    billing_type: str | None
    brand: str | None
    model: str | None
    key_mode: str | None
    agent_id: str | None
    status: str | None
    knowledge_base_id: str | None
    quantities: dict[str, int | None]  # the logged ones
    images: tuple[tuple[int | None, int | None] | None, ...]  # (width, height); none and null: ()
    dimensions: tuple[str | None, ...]

    def service(self) -> str:
        """The service of a row whose billing type is known."""
        assert self.billing_type is not None
        return SERVICES[self.billing_type]

    def measured(self, meter: str) -> int | None:
        """The quantity of one meter, image tokens included; None where it was not measured."""
        if meter != "image_tokens":
            return self.quantities[meter]
        if not self.images:
            return None
        total = 0
        for image in self.images:
            assert image is not None
            width, height = image
            assert width is not None
            assert height is not None
            total += tokens_of_image(width, height)
        return total


@dataclass(frozen=True)
class Card:
    """One rate card, names folded; `printed` gives them back as the card prints them first."""

    id: str
    effective_from: int  # microseconds since 1970, UTC
    published_at: int
    usd_per_credit: Fraction
    caps: dict[tuple[str, str], Fraction]  # (service, meter) -> credits per 1000
    rates: dict[tuple[str, str, str, str, str], tuple[Fraction | None, int]]  # None: not offered
    printed: dict[tuple[str, str, str], tuple[str, str]]
    aliases: list[dict[str, str]]  # the lines of its book
    brands: list[dict[str, str]]


def tokens_of_image(width: int, height: int) -> int:
    """The tokens of an image of width x height px: 85, and 170 per started square of 512 px."""
    across = -(-width // 512)
    down = -(-height // 512)
    return 85 + 170 * across * down


def usage_date(instant: datetime, zone: str | tzinfo) -> date:
    """The calendar date of an instant (with its zone) in the billing time zone."""
    return instant.astimezone(ZoneInfo(zone) if isinstance(zone, str) else zone).date()


def fold(name: str | None) -> str:
    """A brand, model or alias as it is matched; null is the empty name."""
    return " ".join(unicodedata.normalize("NFKC", name or "").split()).casefold()


def is_blank(text: str | None) -> bool:
    """Whether a required text is null, empty or only white space."""
    return text is None or text == "" or text.isspace()


def microseconds(instant: datetime) -> int:
    """Microseconds since 1970, UTC, of an instant with its zone."""
    return (instant - EPOCH) // MICROSECOND


def exactly(value: Fraction, places: int) -> Decimal:
    """The number as a decimal of that many places, which it must fit."""
    scaled = value * 10**places
    assert scaled.denominator == 1, f"{value} has more than {places} places"
    return Decimal((int(scaled < 0), tuple(int(d) for d in str(abs(scaled.numerator))), -places))


# Usage logs


def read_rows(logs: Sequence[Log], dimensions: tuple[str, ...]) -> list[Row]:
    """Every row of the logs; bytes that are given twice count once, from their first receipt on."""
    content: dict[str, bytes] = {}
    received: dict[str, int] = {}
    for log in logs:
        data = log.path.read_bytes()
        file = hashlib.sha256(data).hexdigest()
        content[file] = data
        first = microseconds(log.received_at)
        received[file] = min(first, received.get(file, first))
    return [
        row
        for file, data in content.items()
        for row in rows_of(file, data, received[file], dimensions)
    ]


def rows_of(file: str, data: bytes, received: int, dimensions: tuple[str, ...]) -> Iterable[Row]:
    """The rows of one file in its order, numbered from 0."""
    table = pq.ParquetFile(pa.BufferReader(data)).read()

    def values(column: str) -> list[Any]:
        if column not in table.column_names:
            return [None] * table.num_rows
        found: list[Any] = table.column(column).to_pylist()
        return found

    instants = instants_of(table.column("event_time"))
    texts = {
        column: values(column)
        for column in (
            *("event_id", "org_id", "billing_type", "brand", "model", "key_mode"),
            *("agent_id", "status", "knowledge_base_id"),
        )
    }
    quantities = {meter: [whole(one) for one in values(meter)] for meter in LOGGED}
    images = values("images")
    named = [values(dimension) for dimension in dimensions]
    for n in range(table.num_rows):
        yield Row(
            file=file,
            row_number=n,
            received=received,
            instant=instants[n],
            **{column: texts[column][n] for column in texts},
            quantities={meter: quantities[meter][n] for meter in LOGGED},
            images=tuple(
                None if image is None else (image["width"], image["height"])
                for image in images[n] or ()
            ),
            dimensions=tuple(column[n] for column in named),
        )


def whole(quantity: int | float | None) -> int | None:
    """A quantity as it is, or as the whole number that a float is; -1, which is bad, for others."""
    if quantity is None or quantity != quantity:
        return None
    if isinstance(quantity, int):
        return quantity
    return int(quantity) if abs(quantity) <= 2**53 and quantity.is_integer() else -1


def instants_of(column: pa.ChunkedArray) -> list[int | None]:
    """A timestamp column as microseconds since 1970, UTC; finer units are floored."""
    counts = column.cast(pa.int64()).to_pylist()
    match column.type.unit:
        case "s":
            return [None if count is None else count * 10**6 for count in counts]
        case "ms":
            return [None if count is None else count * 10**3 for count in counts]
        case "us":
            return [None if count is None else count for count in counts]
        case "ns":
            return [None if count is None else count // 10**3 for count in counts]
    raise AssertionError(f"no such unit: {column.type}")


# Rate books


def load_cards(book: Path) -> list[Card]:
    """The rate cards of a valid book, each with the aliases and brands of the whole book."""
    aliases, brands = (
        lines_of(book / name) if (book / name).exists() else []
        for name in ("aliases.csv", "brands.csv")
    )
    return [load_card(path.parent, aliases, brands) for path in sorted(book.glob("*/card.toml"))]


def load_card(folder: Path, aliases: list[dict[str, str]], brands: list[dict[str, str]]) -> Card:
    """One rate card, from its folder."""
    head = tomllib.loads((folder / "card.toml").read_text(encoding="utf-8"))
    caps = {
        (service, meter): Fraction(cap)
        for service, meters in head.get("own_key_cap", {}).items()
        for meter, cap in meters.items()
    }
    rates: dict[tuple[str, str, str, str, str], tuple[Fraction | None, int]] = {}
    printed: dict[tuple[str, str, str], tuple[str, str]] = {}
    for line in lines_of(folder / "rates.csv"):
        name = (line["service"], fold(line["brand"]), fold(line["model"]))
        printed.setdefault(name, (line["brand"], line["model"]))
        price = None if line["credits"] == "-" else Fraction(line["credits"])
        rates[*name, line["key_mode"], line["meter"]] = (price, int(line["per"]))
    return Card(
        id=head["id"],
        effective_from=microseconds(head["effective_from"]),
        published_at=microseconds(head["published_at"]),
        usd_per_credit=Fraction(head["usd_per_credit"]),
        caps=caps,
        rates=rates,
        printed=printed,
        aliases=aliases,
        brands=brands,
    )


def lines_of(path: Path) -> list[dict[str, str]]:
    """The lines of a CSV file with a header."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def in_force(cards: Iterable[Card], instant: int) -> Card | None:
    """The card of one book that is in force at an instant."""
    begun = [card for card in cards if card.effective_from <= instant]
    return max(begun, key=lambda c: (c.effective_from, c.published_at, c.id), default=None)


# Outcomes


def first_fault(row: Row) -> str | None:
    """Steps 1 to 3: what is wrong with the row by itself, if anything."""
    return fault_of_time(row) or fault_of_names(row) or fault_of_quantities(row)


def fault_of_time(row: Row) -> str | None:
    """Step 1: the row belongs to no usage date."""
    if row.instant is None or row.instant < 0 or row.instant >= END_OF_9999:
        return "missing_event_time"
    if row.instant > row.received + DAY:
        return "event_time_in_future"
    return None


def fault_of_names(row: Row) -> str | None:
    """Step 2: who pays, and for what, is not known."""
    if is_blank(row.event_id):
        return "missing_event_id"
    if is_blank(row.org_id):
        return "missing_org_id"
    if row.billing_type not in SERVICES:
        return "unknown_billing_type"
    if row.service() not in WITHOUT_KEY_MODE and row.key_mode not in ("platform", "own"):
        return "unknown_key_mode"
    return None


def fault_of_quantities(row: Row) -> str | None:
    """Step 3: how much is not known."""
    for quantity in row.quantities.values():
        if quantity is not None and not 0 <= quantity <= MOST:
            return "bad_quantity"
    for image in row.images:
        if image is None:
            return "bad_quantity"
        for side in image:
            if side is None or not 0 < side <= MOST_PX:
                return "bad_quantity"
    meters = METERS[row.service()]
    for meter, quantity in row.quantities.items():
        if quantity is not None and quantity != 0 and meter not in meters:
            return "unexpected_quantity"
    if row.images and "image_tokens" not in meters:
        return "unexpected_quantity"
    if all(row.measured(meter) is None for meter in meters):
        return "missing_quantity"
    return None


def copies_of(rows: Iterable[tuple[date, Row]]) -> dict[tuple[str, int], str]:
    """Step 4: the rows that are copies and do not count."""
    groups: dict[tuple[date, str | None, str | None], list[Row]] = defaultdict(list)
    for day, row in rows:
        groups[day, row.org_id, row.event_id].append(row)
    ends = {}
    for copies in groups.values():
        alike = all(row == copies[0] for row in copies)
        counted = min(copies, key=lambda row: (row.file, row.row_number))
        for row in copies:
            if not alike:
                ends[row.file, row.row_number] = "conflicting_duplicate"
            elif row is not counted:
                ends[row.file, row.row_number] = "duplicate"
    return ends


def settled(rows: Iterable[tuple[date, Row]]) -> dict[tuple[str, int], str]:
    """Step 5: the rows that are not to be charged at all."""
    ends = {}
    snapshots: dict[tuple[date, str | None, str | None], list[Row]] = defaultdict(list)
    for day, row in rows:
        if row.service() == "tool" and row.status not in (None, "success"):
            ends[row.file, row.row_number] = "not_billable"
        if row.service() == "storage":
            snapshots[day, row.org_id, row.knowledge_base_id].append(row)
    for group in snapshots.values():
        for row in sorted(group, key=age)[:-1]:
            ends[row.file, row.row_number] = "superseded"
    return ends


def age(row: Row) -> tuple[int, bytes]:
    """The order of storage snapshots, the last of which counts."""
    assert row.instant is not None
    assert row.event_id is not None
    return row.instant, row.event_id.encode("utf-8")


@dataclass(frozen=True)
class Line:
    """Where a rated row is counted: the card, its folded name there, and the usage line."""

    card: Card
    service: str
    name: tuple[str, str, str]
    key: UsageKey


def rate(day: date, row: Row, books: Sequence[Sequence[Card]]) -> tuple[str, Line | None]:
    """Steps 6 and 7: the outcome of a row that counts, and its usage line where it is rated."""
    assert row.instant is not None
    assert row.org_id is not None
    assert row.billing_type is not None
    cards = [card for book in books if (card := in_force(book, row.instant)) is not None]
    if not cards:
        return "no_rate_card", None
    service = row.service()
    key_mode = "any" if service in WITHOUT_KEY_MODE else row.key_mode
    assert key_mode is not None
    held = None
    for card in cards:
        name = name_in(card, service, row)
        if name is not None:
            assert held is None, f"{name} is in two books"
            held = (card, name)
    for meter in meters_to_decide(row):
        if held is None:
            return "no_rate", None
        found = rate_in(*held, key_mode, meter)
        if found is None:
            return "no_rate", None
        if found[0] is None:
            return "not_offered", None
    assert held is not None
    card, name = held
    printed = card.printed[name]
    key = (day, row.org_id, row.dimensions, row.billing_type, *printed, key_mode, card.id)
    return "rated", Line(card, service, name, key)


def name_in(card: Card, service: str, row: Row) -> tuple[str, str, str] | None:
    """The folded (service, brand, model) under which a card prints what was used, if it does."""
    if service == "storage":
        name = ("storage", "", fold("Vector Storage"))
    else:
        name = (service, fold(row.brand), fold(row.model))
    assert row.instant is not None
    own = name_of_brand(card, name, row.instant)
    if own is not None:
        return own
    found: dict[int, set[tuple[str, str, str]]] = {}
    for line in card.brands:
        if (line["service"], fold(line["alias"])) == name[:2] and begins(line) <= row.instant:
            there = name_of_brand(card, (service, fold(line["brand"]), name[2]), row.instant)
            if there is not None:
                found.setdefault(begins(line), set()).add(there)
    last = found[max(found)] if found else set()
    return last.pop() if len(last) == 1 else None


def name_of_brand(
    card: Card, name: tuple[str, str, str], instant: int
) -> tuple[str, str, str] | None:
    """The printed name of the same brand that a name stands for: itself, by an alias, by a pattern."""
    if name in card.printed:
        return name
    service, brand, model = name
    lines = [
        line
        for line in card.aliases
        if (line["service"], fold(line["brand"])) == (service, brand) and begins(line) <= instant
    ]
    about = [line for line in lines if fold(line["alias"]) == model]
    about = about or [line for line in lines if is_written_so(line["alias"], model)]
    if not about:
        return None
    target = (service, brand, fold(max(about, key=begins)["model"]))
    return target if target in card.printed else None


def begins(line: dict[str, str]) -> int:
    """When a line of names begins to hold; one that always holds before all others."""
    since = line.get("valid_from")
    return microseconds(datetime.fromisoformat(since)) if since else -(10**18)


def is_written_so(pattern: str, model: str) -> bool:
    """Whether a folded name is one of a pattern."""
    if pattern.endswith("*"):
        return model.startswith(fold(pattern[:-1]))
    begin, *ends = re.split(r"-(YYYYMMDD|YYYY-MM-DD|vN:N)(?=-|$)", pattern)
    digits = {"YYYYMMDD": r"-\d{8}", "YYYY-MM-DD": r"-\d{4}-\d\d-\d\d", "vN:N": r"-v\d+:\d+"}
    written = re.escape(fold(begin)) + "".join(digits.get(end, end) for end in ends)
    return bool(ends) and re.fullmatch(written, model) is not None


def meters_to_decide(row: Row) -> list[str]:
    """The meters with a quantity other than zero; where there is none, the first not null."""
    meters = METERS[row.service()]
    some = [meter for meter in meters if row.measured(meter) not in (None, 0)]
    return some or [meter for meter in meters if row.measured(meter) is not None][:1]


def rate_in(
    card: Card, name: tuple[str, str, str], key_mode: str, meter: str
) -> tuple[Fraction | None, int] | None:
    """The card's (credits or None for `-`, per) of a meter; None where it has no such row."""
    priced_as = "input_tokens" if meter == "image_tokens" else meter
    exact = card.rates.get((*name, key_mode, priced_as))
    return exact if exact is not None else card.rates.get((*name, "any", priced_as))


def charge(line: Line, meter: str, quantity: int) -> Charge:
    """The charge of one meter of a usage line, rounded here and nowhere else."""
    key_mode = line.key[6]
    found = rate_in(line.card, line.name, key_mode, meter)
    assert found is not None, f"{meter} of {line.key} was never decided"
    list_price, per = found
    assert list_price is not None, f"{meter} of {line.key} is not offered"
    price = list_price
    if key_mode == "own":
        priced_as = "input_tokens" if meter == "image_tokens" else meter
        price = min(list_price, line.card.caps.get((line.service, priced_as), list_price))
    charged = round(quantity * price / per, 9)  # of a Fraction: half to even, exact
    return Charge(
        quantity=quantity,
        per=per,
        list_price=exactly(list_price, 9),
        price=exactly(price, 9),
        credits=exactly(charged, 9),
        usd=exactly(round(charged * line.card.usd_per_credit, 11), 11),
    )


# All of it


def read(
    logs: Sequence[Log],
    books: Sequence[Path],
    zone: str = "UTC",
    dimensions: tuple[str, ...] = ("agent_id",),
) -> Reading:
    """Read every log under every book: the outcome of each row, and what the rated ones come to."""
    cards = [load_cards(book) for book in books]
    reading = Reading({}, {}, {}, {})
    left: list[tuple[date, Row]] = []
    for row in read_rows(logs, dimensions):
        fault = first_fault(row)
        day = None
        if fault not in ("missing_event_time", "event_time_in_future"):
            assert row.instant is not None
            day = usage_date(EPOCH + row.instant * MICROSECOND, zone)
        if fault is not None:
            reading.outcomes[row.file, row.row_number] = (day, fault)
        else:
            assert day is not None
            left.append((day, row))
    for step in (copies_of, settled):
        ends = step(left)
        for day, row in left:
            if (row.file, row.row_number) in ends:
                end = ends[row.file, row.row_number]
                reading.outcomes[row.file, row.row_number] = (day, end)
        left = [(day, row) for day, row in left if (row.file, row.row_number) not in ends]
    lines: dict[UsageKey, Line] = {}
    for day, row in left:
        outcome, line = rate(day, row, cards)
        reading.outcomes[row.file, row.row_number] = (day, outcome)
        if line is not None:
            lines[line.key] = line
            count(reading.usage, line.key, row)
    for key, line in lines.items():
        for meter in ALL_METERS:
            if reading.usage[key][meter] != 0:
                reading.charges[*key, meter] = charge(line, meter, reading.usage[key][meter])
    reading.daily_usage = daily_usage(reading.usage, reading.charges)
    return reading


def count(usage: dict[UsageKey, dict[str, int]], key: UsageKey, row: Row) -> None:
    """Add one rated row to its usage line."""
    sums = usage.setdefault(key, {"events": 0} | dict.fromkeys(ALL_METERS, 0))
    sums["events"] += 1
    for meter in METERS[row.service()]:
        sums[meter] += row.measured(meter) or 0


def daily_usage(
    usage: dict[UsageKey, dict[str, int]], charges: dict[ChargeKey, Charge]
) -> dict[tuple[date, str, str], tuple[int, Decimal, Decimal]]:
    """The usage lines and their charges per usage date, organization and billing type."""
    events: dict[tuple[date, str, str], int] = defaultdict(int)
    charged: dict[tuple[date, str, str], list[Charge]] = defaultdict(list)
    for key, sums in usage.items():
        events[key[0], key[1], key[3]] += sums["events"]
    for charge_key, one in charges.items():
        charged[charge_key[0], charge_key[1], charge_key[3]].append(one)
    return {
        group: (
            events[group],
            exactly(sum((Fraction(one.credits) for one in charged[group]), Fraction(0)), 9),
            exactly(sum((Fraction(one.usd) for one in charged[group]), Fraction(0)), 11),
        )
        for group in events
    }
