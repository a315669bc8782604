"""Seeded random rate books and usage logs that reach every corner of the contract.

What callers feed to a pipeline belongs here, and the ways in which files may differ physically.
What should come out does not: no row here knows its outcome.
"""

import csv
import random
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

BASE_DAY = date(2026, 2, 2)
EXTRA_DIMENSION = "team"  # a column of every row that is not a column of the contract

TEXTS = (
    *("event_id", "org_id", "billing_type", "brand", "model", "key_mode"),
    *("agent_id", "status", "knowledge_base_id", EXTRA_DIMENSION),
)
QUANTITIES = (
    *("input_tokens", "output_tokens", "audio_ms"),
    *("characters", "requests", "stored_tokens"),
)
REQUIRED = ("event_id", "event_time", "org_id", "billing_type")
NS = {"us": 10**3, "s": 10**9, "ms": 10**6, "ns": 1}  # nanoseconds per unit
DAY_NS = 24 * 60 * 60 * 10**9

WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)} | {0x20: 0x3000}  # full-width

# What can be used: (service, brand, model). All models of a brand's service are in one book.
PRODUCTS = (
    ("llm", "OpenAI", "GPT-4.1-1M"),
    ("llm", "OpenAI", "GPT-4o-128k"),
    ("llm", "OpenAI", "GPT 5 Kelvin"),
    ("llm", "OpenAI", "Sunset-1"),
    ("llm", "OpenAI", 'Quoted "8k", with a comma'),
    ("llm", "Azure", "GPT-4.1-1M"),
    ("llm", "百度", "ERNIE-3.5-8K"),
    ("llm", "百度", "ERNIE".translate(WIDE) + " 4.0"),
    ("llm", "Mistral", "Straße-large"),
    ("llm", "Mistral", "ΣΊΓΜΑΣ small"),
    ("llm", "", "House model"),
    ("asr", "OpenAI", "Whisper"),
    ("asr", "Ali".translate(WIDE), "Paraformer v2"),
    ("tts", "Azure", "Alloy".translate(WIDE) + " HD"),
    ("tts", "Ångström", "\ufb01ne voice"),
    ("embedding", "OpenAI", "text-embedding-3-large"),
    ("embedding", "Jina", "v3"),
    ("rerank", "Jina", "reranker m0"),
    ("storage", "", "Vector Storage"),
    ("tool", "Google", "Search"),
    ("tool", "Google", "Maps".translate(WIDE)),
    ("tool", "Bing", "Search"),
    ("moderation", "OpenAI", "omni-moderation"),
)
ANCHOR = PRODUCTS[0]  # always printed, always at a price
SUNSET = PRODUCTS[3]  # always printed, never offered
# (service, brand, alias, model): plain ones, one that some cards print too, and a chain of two.
ALIASES = (
    ("llm", "OpenAI", "gpt four", "GPT-4.1-1M"),
    ("llm", "openai", "latest".translate(WIDE), "GPT-4.1-1M"),
    ("llm", "OpenAI", "GPT-4o-128k", "GPT-4.1-1M"),
    ("llm", "OpenAI", "omni", "GPT-4o-128k"),
    ("llm", "百度", "文心", "ernie-3.5-8k"),
    ("asr", "OpenAI", "whisper-1", "Whisper"),
    ("tts", "Azure", "Alloy Default", "alloy hd"),
    ("embedding", "Jina", "Jina Latest", "V3"),
    ("tool", "google", "Web Search", "Search"),
)
# (service, brand, pattern, model), and a name that matches.
PATTERNS = (
    (("llm", "OpenAI", "GPT-4.1-YYYY-MM-DD", "GPT-4.1-1M"), "gpt-4.1-2025-04-14"),
    (("llm", "OpenAI", "openai.gpt4o-YYYYMMDD-vN:N", "GPT-4o-128k"), "openai.gpt4o-20240806-v1:0"),
    (("llm", "百度", "ernie\u3000speed*", "ERNIE-3.5-8K"), "Ernie Speed 8k"),
    (("tts", "Azure", "alloy*", "Alloy HD"), "alloy-2"),
)
# (service, logged brand, brand): of one that some books print too, and of two brands.
BRANDS = (
    ("llm", "bedrock", "OpenAI"),
    ("llm", "Bedrock", "百度"),
    ("asr", "azure", "OpenAI"),
    ("tts", "Speech", "Azure"),
)
METERS = {
    "llm": ("input_tokens", "output_tokens"),
    "asr": ("audio_ms",),
    "tts": ("characters",),
    "embedding": ("input_tokens",),
    "rerank": ("input_tokens",),
    "storage": ("stored_tokens",),
    "tool": ("requests",),
    "moderation": ("requests",),
}
PER = {"audio_ms": 60000, "requests": 1}  # others: 1000
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
KEY_MODES = (  # those that a meter has rows of
    *(("platform", "own"), ("platform", "own"), ("platform", "own", "any"), ("any",)),
    *(("platform", "any"), ("own", "any"), ("platform",), ("own",)),
)
PRICES = (
    *("0", "0.22", "0.88", "0.1925", "1.1000", "0.001", "4.4", "12.3456785", "0.123456789"),
    *("0.0000005", "0.000000001", "0.0000015", "0.000000003", "0.00000003", "0.000000500"),
)
# Instants at which cards may take effect, counted from the start of the base day in UTC: two before
# it, then inside days, at midnights of several zones, and at one fraction of a second.
CARD_INSTANTS = (
    timedelta(days=-2, hours=18),
    timedelta(days=-1),
    timedelta(hours=7),
    timedelta(hours=15),
    timedelta(days=1),
    timedelta(days=1, hours=12, minutes=34, seconds=56, microseconds=789012),
    timedelta(days=2, hours=5),
    timedelta(days=3) - timedelta(microseconds=1),
)

ORGS = ("org-3", "Org-1", "org-1 ", "組織", "org-\u00e9", "org-e\u0301")  # all different

Row = dict[str, Any]


def received_at(days: int = 3, base: date = BASE_DAY) -> datetime:
    """An instant of receipt for rows of as many days: 24 hours before the end of what it allows."""
    return datetime.combine(base, time(), UTC) + timedelta(days=days)


# Rate books


def random_books(rng: random.Random, folder: Path, base: date = BASE_DAY) -> list[Path]:
    """Write one to three valid rate books into `folder` and return their folders.

    No two of them hold the same (service, brand, model), and ids are unique over all.
    """
    books = [folder / name for name in ("rates", "other rates", "third")[: rng.randint(1, 3)]]
    held: dict[tuple[str, str], Path] = {}
    for service, brand, _ in PRODUCTS:
        held.setdefault((service, brand), rng.choice(books))
    held["llm", "OpenAI"] = books[0]
    used_ids: set[str] = set()
    for book in set(books) - set(held.values()):
        books.remove(book)
    for book in books:
        products = [product for product in PRODUCTS if held[product[:2]] == book]
        printed = write_cards(rng, book, products, base, used_ids)
        write_aliases(rng, book, printed, base)
    return books


def write_aliases(
    rng: random.Random, book: Path, printed: set[tuple[str, str, str]], base: date
) -> None:
    """Write most aliases and patterns of what some card of the book prints, some from an instant on,
    and brands of it, unless there is none."""
    here = {(service, plain(brand), plain(model)) for service, brand, model in printed}
    lines = [
        (service, brand, alias, model)
        for service, brand, alias, model in ALIASES
        if (service, plain(brand), plain(model)) in here and rng.random() < 0.9
    ]
    lines += [
        line
        for line, _ in PATTERNS
        if (line[0], plain(line[1]), plain(line[3])) in here and rng.random() < 0.7
    ]
    since = [""] * 5 + [instant_of(rng, base) for _ in range(2)]
    dated: list[tuple[str, ...]] = [(*line, rng.choice(since)) for line in lines]
    # a later line about the same name takes its place
    models = sorted({line[3] for line in lines if line[:2] == ("llm", "OpenAI")})
    dated += [
        (*line[:3], rng.choice(models), instant_of(rng, base))
        for line in lines
        if line[:2] == ("llm", "OpenAI") and rng.random() < 0.3
    ]
    dated = list({(*line[:3], line[4]): line for line in dated}.values())
    if dated:
        write_csv(book / "aliases.csv", ("service", "brand", "alias", "model", "valid_from"), dated)
    brands = {name[:2] for name in here}
    crossed = [
        (*line, rng.choice(since))
        for line in BRANDS
        if (line[0], plain(line[2])) in brands and rng.random() < 0.7
    ]
    if crossed:
        write_csv(book / "brands.csv", ("service", "alias", "brand", "valid_from"), crossed)


def instant_of(rng: random.Random, base: date) -> str:
    """An instant within some days of the base."""
    midnight = datetime(base.year, base.month, base.day, tzinfo=UTC)
    return (midnight + timedelta(hours=rng.randint(-24, 72))).isoformat()


def plain(name: str) -> str:
    """A name of this module without width or case."""
    return unicodedata.normalize("NFKC", name).casefold()


def write_cards(
    rng: random.Random,
    book: Path,
    products: list[tuple[str, str, str]],
    base: date,
    used_ids: set[str],
) -> set[tuple[str, str, str]]:
    """Write two to five cards, some published late, some effective from the same instant.

    Returns the products that some card prints.
    """
    start = datetime.combine(base, time(), UTC)
    # The book of the anchor starts before or early on the base day, any other wherever it falls.
    first = rng.choice(CARD_INSTANTS[:3] if ANCHOR in products else CARD_INSTANTS)
    instants = [first, rng.choice(CARD_INSTANTS[3:7])]
    instants += rng.choices(CARD_INSTANTS, k=rng.randint(0, 2))
    if rng.random() < 0.5:
        instants.append(rng.choice(instants))
    printed: set[tuple[str, str, str]] = set()
    tied = (start, start)
    for n, after in enumerate(instants):
        effective = start + after
        published = effective + rng.choice((-5, 0, 0, 1, 9)) * timedelta(hours=7, minutes=n)
        if n > 1 and rng.random() < 0.2:
            effective, published = tied  # the id decides
        tied = (effective, published)
        day = f"{effective:%Y-%m-%d}"
        card_id = next(text for text in ids_like(rng, day) if text not in used_ids)
        used_ids.add(card_id)
        version = rng.choice((f"v{n}", f"{day} no {n}", card_id))
        drawn = [p for p in products if p in (ANCHOR, SUNSET) or rng.random() < 0.85] or products
        write_card(rng, book / version, card_id, effective, published, drawn)
        printed |= set(drawn)
    return printed


def ids_like(rng: random.Random, text: str) -> Iterable[str]:
    """Ids of cards, without end."""
    yield text
    while True:
        yield f"{text}{rng.choice('.-_')}{rng.choice('abcXYZ')}{rng.randint(1, 99)}"


def write_card(
    rng: random.Random,
    folder: Path,
    card_id: str,
    effective_from: datetime,
    published_at: datetime,
    products: list[tuple[str, str, str]],
) -> None:
    """Write one card.toml and its rates.csv."""
    folder.mkdir(parents=True)
    usd = rng.choice(("0.01", "0.01", "0.02", "0.0095", "1.25", "0.123456789"))
    lines = [
        f'id = "{card_id}"',
        f"effective_from = {toml_instant(rng, effective_from)}",
        f"published_at = {toml_instant(rng, published_at)}",
        'source = "drawn by lot"',
        f'usd_per_credit = "{usd}"',
    ]
    caps = [
        f'{meter} = "{rng.choice((*PRICES, "0.01", "0.1"))}"'
        for meter in METERS["llm"]
        if rng.random() < 0.6
    ]
    if caps:
        lines += ["[own_key_cap.llm]", *caps]
    (folder / "card.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    rates = [rate for product in products for rate in random_rates(rng, product)]
    rng.shuffle(rates)
    header = ("service", "brand", "model", "key_mode", "meter", "credits", "per")
    write_csv(folder / "rates.csv", header, rates)


def toml_instant(rng: random.Random, instant: datetime) -> str:
    """An instant as TOML writes it, at some offset."""
    if rng.random() < 0.5:
        return instant.isoformat().replace("+00:00", "Z")
    minutes = rng.choice((0, 60, 330, 540, -300, -210))
    return instant.astimezone(timezone(timedelta(minutes=minutes))).isoformat()


def random_rates(rng: random.Random, product: tuple[str, str, str]) -> list[tuple[str, ...]]:
    """The lines of one product: exact key modes, `any`, both, and some not offered."""
    service, brand, model = product
    if rng.random() < 0.3:
        brand, model = respell(rng, brand), respell(rng, model)
    lines: list[tuple[str, ...]] = []
    for meter in METERS[service]:
        if service in ("storage", "tool"):
            key_modes = ["any"]
        elif product in (ANCHOR, SUNSET):
            key_modes = ["platform", *rng.sample(("own", "any"), rng.randint(0, 2))]
        else:
            key_modes = list(rng.choice(KEY_MODES))
        for key_mode in key_modes:
            price = random_price(rng)
            if product == SUNSET or (product != ANCHOR and rng.random() < 0.12):
                price = "-"
            printed = (brand, model)
            if rng.random() < 0.05:
                printed = (respell(rng, brand), respell(rng, model))
            per = str(PER.get(meter, 1000))
            lines.append((service, *printed, key_mode, meter, price, per))
    if product not in (ANCHOR, SUNSET) and len(lines) > 1 and rng.random() < 0.1:
        lines.pop(rng.randrange(len(lines)))
    return lines


def random_price(rng: random.Random) -> str:
    """A plain decimal with at most 9 digits before and 9 after the point."""
    if rng.random() < 0.7:
        return rng.choice(PRICES)
    if rng.random() < 0.02:
        return "999999999.999999999"
    whole, places = rng.choice((0, 0, rng.randint(0, 50))), rng.randint(1, 9)
    return f"{whole}.{rng.randrange(10**places):0{places}}"


def write_csv(path: Path, header: Sequence[str], lines: Iterable[Sequence[str]]) -> None:
    """Write a CSV file with a header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(lines)


# Names


def respell(rng: random.Random, name: str) -> str:
    """The name spelt so that it should still match: other case, width or composition."""
    spellings: tuple[Callable[[str], str], ...] = (
        str.upper,
        str.lower,
        str.title,
        widen,
        lambda text: unicodedata.normalize("NFD", text),
        lambda text: unicodedata.normalize("NFKC", text),
        lambda text: text.replace("K", "\u212a"),  # the sign of the kelvin
        lambda text: text.replace("fi", "\ufb01"),
        lambda text: text.replace("ss", "ß"),
    )
    return rng.choice(spellings)(name)


def widen(text: str) -> str:
    """The same text in full-width characters, spaces included."""
    return text.translate(WIDE)


def respace(rng: random.Random, name: str) -> str:
    """The name with other white space, around it too, so that it should still match."""
    spaces = (" ", "  ", "\t", "\u3000", "\u0085", "\u00a0", "\u001f", "\u2028", "\r\n")
    text = name.replace(" ", rng.choice(spaces))
    return rng.choice(("", *spaces)) + text + rng.choice(("", *spaces))


def logged_name(rng: random.Random, name: str) -> str | None:
    """How a log may write a name: mostly as printed, or so that it matches, or just not."""
    kind = rng.random()
    if kind < 0.55:
        return name or rng.choice((None, ""))
    if kind < 0.75:
        return respell(rng, name)
    if kind < 0.92:
        return respace(rng, respell(rng, name))
    if kind < 0.97:
        return respace(rng, name)
    return rng.choice(
        (None, "", name + "\u200b", name.replace(" ", ""), name + "?", "\u0131" + name)
    )


# Rows


@dataclass(frozen=True)
class Pools:
    """The instants, in nanoseconds since 1970, from which rows draw theirs."""

    start: int
    end: int
    edges: tuple[int, ...]
    never: tuple[int | None, ...]
    late: tuple[int, ...]
    early: tuple[int, ...]


def nanoseconds(instant: datetime) -> int:
    """Nanoseconds since 1970, UTC, of an instant with its zone."""
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000


def pools(zone: str, days: int, base: date) -> Pools:
    """The instants that matter for as many usage dates of a zone."""
    dates = [base + timedelta(days=n) for n in range(days + 1)]
    folds = [time(fold=0, tzinfo=ZoneInfo(zone)), time(fold=1, tzinfo=ZoneInfo(zone))]
    midnights = {nanoseconds(datetime.combine(d, midnight)) for d in dates for midnight in folds}
    start, end = min(midnights), max(midnights)
    base_ns = nanoseconds(datetime.combine(base, time(), UTC))
    cards = {base_ns + timedelta_ns(after) for after in CARD_INSTANTS}
    marks = sorted(midnights | {card for card in cards if start <= card < end})
    edges = [mark + off for mark in marks for off in (-1000, -1, 0, 1, 999, 1000)]
    limit = nanoseconds(received_at(days, base)) + DAY_NS
    ten_thousand = 253_402_300_800 * 10**9
    return Pools(
        start=start,
        end=end,
        edges=tuple(edge for edge in edges if start <= edge < end),
        never=(
            *(None, None, -1, -1000, -(10**9), -(2**62), ten_thousand, ten_thousand + 10**9),
            *((2**63 - 1) * 1000, -(2**63 - 1) * 1000),
        ),
        late=(limit + 1000, limit + 3600 * 10**9, limit + 400 * DAY_NS, ten_thousand - 1000),
        early=(0, 1, 999, base_ns - 3 * DAY_NS, start - 1000, start - 1, limit, limit + 999),
    )


def timedelta_ns(span: timedelta) -> int:
    """A span in nanoseconds."""
    return span // timedelta(microseconds=1) * 1000


def random_rows(
    rng: random.Random, n: int, zone: str = "UTC", days: int = 3, base: date = BASE_DAY
) -> list[Row]:
    """Draw n rows for as many usage dates of `zone` from `base` on, and few outside.

    A row has the contract's columns and `team`; `event_time` is nanoseconds since 1970, UTC, of
    which a file of coarser units holds the floor; images are lists of {"width", "height"}.
    From 40 rows on they hold one of each kind of fault, whatever the rest comes to, for logs that
    are received at `received_at(days, base)`.
    """
    instants = pools(zone, days, base)
    faults = one_of_each(rng, instants) if n >= 40 else []
    rows: list[Row] = []
    while len(faults) + len(rows) < n:
        if rows and rng.random() < 0.12:
            rows += random_copies(rng, rng.choice(rows[-50:]))
        else:
            rows.append(random_row(rng, len(rows), instants))
    rows = (faults + rows)[:n]
    rng.shuffle(rows)
    return rows


def plain_row(number: int, event_time: int) -> Row:
    """A row without a fault, of the product that every set of books prices."""
    row: Row = dict.fromkeys((*TEXTS, *QUANTITIES, "images"))
    row |= {"event_id": f"plain-{number}", "event_time": event_time, "org_id": "org-1"}
    row |= {"billing_type": "llm_text_chat", "key_mode": "platform", "input_tokens": 1000}
    return row | {"brand": ANCHOR[1], "model": ANCHOR[2], "agent_id": "agent-1"}


def one_of_each(rng: random.Random, instants: Pools) -> list[Row]:
    """One row or pair for each outcome, late on the last day, when some card is in force."""
    at = instants.end - 3600 * 10**9
    storage: Row = {"billing_type": "knowledge_storage", "stored_tokens": 5, "input_tokens": None}
    tool: Row = {"billing_type": "tools_invocation", "requests": 1, "input_tokens": None}
    changes: list[Row] = [
        {},
        {"event_time": None},
        {"event_time": instants.late[2]},
        {"event_id": rng.choice((None, "", " \u3000\u0085"))},
        {"org_id": rng.choice((None, "", "\u2003\t"))},
        {"billing_type": rng.choice((None, "", "LLM_text_chat", "llm_text_chat "))},
        {"key_mode": rng.choice((None, "", "any", "Platform"))},
        {"input_tokens": rng.choice((-1, 10**12 + 1))},
        {"requests": 1},
        {"input_tokens": None, "images": rng.choice((None, []))},
        {"event_id": "twice"},
        {"event_id": "twice"},
        {"event_id": "two of it"},
        {"event_id": "two of it", "input_tokens": 1001},
        tool | {"status": "failed", "event_id": "no tool"},
        storage | {"event_id": "s\uff5e", "knowledge_base_id": "tied"},
        storage | {"event_id": "s\U00010000", "knowledge_base_id": "tied"},
        {"event_time": 0},
        {"model": SUNSET[2]},
        {"model": "nobody prints this"},
    ]
    return [plain_row(number, at) | change for number, change in enumerate(changes)]


def random_row(rng: random.Random, number: int, instants: Pools) -> Row:
    """One row: of a valid kind, with now and then a fault."""
    billing_type = rng.choice(tuple(SERVICES))
    service = SERVICES[billing_type]
    row: Row = dict.fromkeys((*TEXTS, *QUANTITIES, "images"))
    letter = rng.choice(("e", "E", "\u00e9", "e\u0301", "\uff5e", "\U0001f600"))
    row["event_id"] = f"{letter}{number}"
    row["event_time"] = random_instant(rng, instants, service)
    row["org_id"] = rng.choice(("org-1", "org-1", "org-1", "org-1", "org-2", rng.choice(ORGS)))
    row["billing_type"] = billing_type
    _, brand, model = rng.choice([product for product in PRODUCTS if product[0] == service])
    aliases = [alias[1:3] for alias in ALIASES if alias[0] == service]
    aliases += [(line[1], name) for line, name in PATTERNS if line[0] == service]
    if aliases and rng.random() < 0.25:
        brand, model = rng.choice(aliases)
    crossed = [line[1] for line in BRANDS if (line[0], line[2]) == (service, brand)]
    if crossed and rng.random() < 0.2:
        brand = rng.choice(crossed)
    if service == "storage" and rng.random() < 0.9:
        brand, model = rng.choice((("", ""), ("Qdrant", "hnsw"), ("", "Vector Storage")))
    row["brand"] = logged_name(rng, brand)
    row["model"] = logged_name(rng, model)
    row["key_mode"] = rng.choice(("platform", "platform", "own"))
    if service in ("storage", "tool"):
        row["key_mode"] = rng.choice((None, "", "any", "platform", "own", "nobody's"))
    row["agent_id"] = rng.choice(("agent-1", "agent-1", rng.choice(("Agent-1", "", None, " "))))
    row[EXTRA_DIMENSION] = rng.choice(("red", "red", "red", "blue", "", None))
    row["status"] = rng.choice((None, "success", "success", "success", "failed"))
    for meter in METERS[service]:
        row[meter] = random_quantity(rng, meter)
    if service == "llm":
        row["images"] = random_images(rng)
    if service == "storage":
        row["knowledge_base_id"] = rng.choice((None, "", "kb-1", "kb-2", *map(str, range(30))))
    elif rng.random() < 0.1:
        row["knowledge_base_id"] = "kb-1"
    for other in QUANTITIES:
        if row[other] is None and rng.random() < 0.1:
            row[other] = 0
    if rng.random() < 0.15:
        row |= random_fault(rng, instants)
    return row


def random_instant(rng: random.Random, instants: Pools, service: str) -> int:
    """An instant inside the days: on an edge, on a whole second, or anywhere."""
    kind = rng.random()
    if kind < 0.2:
        return rng.choice(instants.edges)
    if service == "storage" and kind < 0.5:
        return instants.start + (instants.end - instants.start) // 4 * rng.randrange(4)
    unit = rng.choice((10**9, 10**9, 10**6, 10**3, 1))
    return rng.randrange(instants.start, instants.end) // unit * unit


def random_quantity(rng: random.Random, meter: str) -> int | None:
    """A quantity that is allowed, often one that makes credits end on an exact half."""
    kind = rng.random()
    if kind < 0.06:
        return None
    if kind < 0.12:
        return 0
    if kind < 0.14:
        return rng.choice((10**12, 10**12 - 1))
    if meter == "audio_ms":
        return rng.randrange(1, 40) * rng.choice((30000, 30000, 6000, 1))
    if meter == "requests":
        return rng.choice((1, 1, 1, 2, 100))
    return rng.choice((1, 3, 5, 7, 500, 999, 1000, 1500, 2500, 127, 128, rng.randrange(10**6)))


def random_images(rng: random.Random) -> list[Any] | None:
    """Images that are allowed, an empty list, or none."""
    kind = rng.random()
    if kind < 0.6:
        return None
    if kind < 0.7:
        return []
    sides = (1, 511, 512, 513, 1024, 1025, 500, 2000, 10**6)
    return [
        {"width": rng.choice(sides), "height": rng.choice(sides)} for _ in range(rng.randint(1, 3))
    ]


def random_fault(rng: random.Random, instants: Pools) -> Row:
    """Columns to put into a row, most of which spoil it, and some only look as if."""
    blank = (None, "", " ", "\u3000", "\u0085", "\t\n", "\u001f", "\u2029")
    not_blank = ("\u200b", "\ufeff", " x ", "\u0000", "\u3000x")
    bad = (-1, 10**12 + 1, 2**63 - 1, -(2**63))
    side = (None, 0, -1, 10**6 + 1, 10**6)
    image = {"width": rng.choice(side), "height": rng.choice(side)}
    faults: tuple[Row, ...] = (
        {"event_time": rng.choice(instants.never)},
        {"event_time": rng.choice(instants.late)},
        {"event_time": rng.choice(instants.early)},
        {"event_id": rng.choice(blank)},
        {"event_id": rng.choice(not_blank)},
        {"org_id": rng.choice(blank)},
        {"org_id": rng.choice(not_blank)},
        {"billing_type": rng.choice((*blank, "LLM_text_chat", " llm_text_chat", "llm", "tool"))},
        {"key_mode": rng.choice((None, "", "any", "Platform", "own ", "OWN"))},
        {rng.choice(QUANTITIES): rng.choice(bad)},
        {rng.choice(QUANTITIES): 1},
        {"images": [image, {"width": 512, "height": 512}]},
        {"images": rng.choice(([None], [], [{"width": 1, "height": 1}, None]))},
        dict.fromkeys((*QUANTITIES, "images")),
        {"status": rng.choice(("failed", "", "Success", "success ", "timeout"))},
        {"model": rng.choice(("nobody prints this", SUNSET[2], None, "Vector Storage"))},
    )
    fault = dict(rng.choice(faults))
    if rng.random() < 0.2:  # two at once: the order of steps decides
        fault |= rng.choice(faults)
    return fault


def random_copies(rng: random.Random, row: Row) -> list[Row]:
    """One or two more rows with the event id of a row: alike, nearly alike, or of another day."""
    return [row | random_difference(rng, row) for _ in range(rng.choice((1, 1, 1, 2)))]


def random_difference(rng: random.Random, row: Row) -> Row:
    """The columns in which a copy differs from its row; none for a plain redelivery."""
    at = row["event_time"] if row["event_time"] is not None else 0
    differences: tuple[Row, ...] = (
        {"event_time": at // 1000 * 1000 + rng.randrange(1000)},
        {"event_time": at + rng.choice((-1000, 1000, 1, -1))},
        {"event_time": at + rng.choice((-DAY_NS, DAY_NS))},
        {"images": swapped(row["images"], [], None)},
        {"images": list(reversed(row["images"] or []))},
        {column: swapped(row[column], "", None) for column in ("brand", "agent_id")},
        {"status": swapped(row["status"], "success", None)},
        {"knowledge_base_id": swapped(row["knowledge_base_id"], "", None)},
        {EXTRA_DIMENSION: swapped(row[EXTRA_DIMENSION], "red", "blue")},
        {"brand": (row["brand"] or "").upper()},
        {"org_id": "another org"},
        {"output_tokens": swapped(row["output_tokens"], 0, None)},
        {rng.choice(QUANTITIES): rng.choice((-1, 7))},
        {"key_mode": swapped(row["key_mode"], "own", "platform")},
    )
    difference = {} if rng.random() < 0.5 else rng.choice(differences)
    if not -(2**63) <= difference.get("event_time", 0) // 1000 < 2**63:
        return {}
    return difference


def swapped(value: object, one: object, other: object) -> object:
    """The other of two values, where the value is one of them; any other value stays."""
    return other if value == one else one if value == other else value


# Files


def write_logs(
    rng: random.Random, rows: list[Row], folder: Path, files: int, *, spoil: bool = True
) -> list[Path]:
    """Write the rows into as many Parquet files, each of a physical schema of its own; `spoil` makes
    a few quantities bad that are written as floats."""
    shares: list[list[Row]] = [[] for _ in range(files)]
    plans = [(1, set(SERVICES)), *(random_plan(rng) for _ in range(files - 1))]
    for row in rows:
        fitting = [
            share
            for share, (unit, kinds) in zip(shares, plans, strict=True)
            if unit == 1 or ((row["event_time"] or 0) % unit == 0 and row["billing_type"] in kinds)
        ]
        rng.choice(fitting).append(row)
    paths = []
    for n, share in enumerate(shares):
        name = rng.choice((f"log-{n}", f"log [{n}]", f"sub/deep/log-{n}", f"it's 用量 {n}"))
        paths.append(folder / f"{name}.parquet")
        write_log(rng, share, paths[-1], spoil=spoil)
    return paths


def random_plan(rng: random.Random) -> tuple[int, set[str]]:
    """What a file holds: everything, or only instants on whole units and some billing types."""
    if rng.random() < 0.3:
        return 1, set(SERVICES)
    kinds = rng.sample(tuple(SERVICES), rng.randint(1, len(SERVICES)))
    return rng.choice((10**9, 10**9, 10**6, 10**3)), set(kinds)


def write_log(rng: random.Random, rows: list[Row], path: Path, *, spoil: bool = True) -> None:
    """Write one usage log of a random physical schema that holds the rows."""
    columns: dict[str, pa.Array] = {}
    for column in ("event_time", *TEXTS, *QUANTITIES, "images"):
        values = [row[column] for row in rows]
        empty = column not in REQUIRED and all(value is None for value in values)
        if empty and rng.random() < 0.35:
            continue
        if empty and rng.random() < 0.5:
            columns[column] = pa.nulls(len(rows))
        elif column == "event_time":
            columns[column] = random_timestamps(rng, values)
        elif column in TEXTS:
            columns[column] = random_strings(rng, values)
        elif column in QUANTITIES:
            columns[column] = random_quantities(rng, rows, column, spoil=spoil)
        else:
            columns[column] = random_lists(rng, values)
    columns |= random_extras(rng, len(rows), set(columns))
    names = list(columns)
    rng.shuffle(names)
    fields = [
        pa.field(
            name,
            columns[name].type,
            nullable=columns[name].null_count > 0 or not rows or rng.random() < 0.8,
        )
        for name in names
    ]
    table = pa.table([columns[name] for name in names], pa.schema(fields))
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(
        table,
        path,
        row_group_size=rng.choice((1 + len(rows) // 7, 1 + len(rows) // 2, 10**6)),
        compression=rng.choice(("none", "snappy", "gzip", "zstd", "lz4")),
        version="2.6",
        data_page_version=rng.choice(("1.0", "2.0")),
        use_dictionary=rng.random() < 0.7,
        write_statistics=rng.random() < 0.7,
        store_schema=rng.random() < 0.7,
        use_deprecated_int96_timestamps=rng.random() < 0.15 and in_nanoseconds(rows),
    )


def in_nanoseconds(rows: list[Row]) -> bool:
    """Whether 64 bits hold every instant in nanoseconds."""
    return all(-(2**63) < (row["event_time"] or 0) < 2**63 for row in rows)


def random_timestamps(rng: random.Random, values: list[int | None]) -> pa.Array:
    """Instants in a unit that holds them: exactly, or by their floor in microseconds."""
    known = [value for value in values if value is not None]
    units = ["us", "us"]
    if in_nanoseconds([{"event_time": value} for value in known]):
        units += ["ns", "ns"]
    units += [unit for unit in ("s", "ms") if all(value % NS[unit] == 0 for value in known)] * 2
    unit = rng.choice(units)
    counts = [None if value is None else value // NS[unit] for value in values]
    zone = rng.choice((None, None, "UTC", "Asia/Tokyo", "America/New_York", "+05:30"))
    return pa.array(counts, pa.int64()).cast(pa.timestamp(unit, zone))


def random_strings(rng: random.Random, values: list[str | None]) -> pa.Array:
    """Texts as one of Arrow's types of string."""
    kind = rng.choice((pa.string(), pa.string(), pa.large_string(), None))
    return (
        pa.array(values, pa.string()).dictionary_encode()
        if kind is None
        else pa.array(values, kind)
    )


def random_quantities(
    rng: random.Random, rows: list[Row], column: str, *, spoil: bool = True
) -> pa.Array:
    """Quantities as integers, or as the floats that pandas makes of them, a few of them no whole
    number: these rows then hold -1, which is as bad."""
    values = [row[column] for row in rows]
    if rng.random() < 0.8 or not all(-(2**53) <= (value or 0) <= 2**53 for value in values):
        return pa.array(values, random_integer(rng, values))
    null = rng.choice((None, float("nan")))
    floats = [null if value is None else float(value) for value in values]
    for n, row in enumerate(rows):
        if spoil and row[column] is not None and rng.random() < 0.01:
            floats[n] = rng.choice((0.5, float("inf"), -1e300, 2.0**53 + 2))
            row[column] = -1
    return pa.array(floats, pa.float64())


def random_integer(rng: random.Random, values: Iterable[int | None]) -> pa.DataType:
    """An integer type that holds the values."""
    known = [value for value in values if value is not None]
    least, most = min(known, default=0), max(known, default=0)
    fitting = [
        kind
        for bits, signed, unsigned in (
            (8, pa.int8(), pa.uint8()),
            (16, pa.int16(), pa.uint16()),
            (32, pa.int32(), pa.uint32()),
            (64, pa.int64(), pa.uint64()),
        )
        for kind, low, high in (
            (signed, -(2 ** (bits - 1)), 2 ** (bits - 1)),
            (unsigned, 0, 2**bits),
        )
        if low <= least and most < high
    ]
    return rng.choice([*fitting, pa.int64()])


def random_lists(rng: random.Random, values: list[list[Any] | None]) -> pa.Array:
    """Images as a list of structs, whose integers may be of any width that holds them."""
    images = [image for value in values for image in value or () if image is not None]
    sides = [
        pa.field(side, random_integer(rng, (image[side] for image in images)))
        for side in rng.choice((("width", "height"), ("width", "height"), ("height", "width")))
    ]
    listed = rng.choice((pa.list_, pa.list_, pa.large_list))
    return pa.array(values, listed(pa.struct(sides)))


def random_extras(rng: random.Random, rows: int, taken: set[str]) -> dict[str, pa.Array]:
    """Columns that mean nothing here, some with names that invite mistakes."""
    extras: dict[str, tuple[object, pa.DataType]] = {
        "latency": (0.25, pa.float64()),
        "credits": (1, pa.float32()),
        "row_number": (7, pa.int32()),
        "file_row_number": (7, pa.int64()),
        "received_at": (0, pa.timestamp("ns")),
        "payload": (b"\x00\xff", pa.binary()),
        "tags": ([{"k": "v"}], pa.list_(pa.struct([pa.field("k", pa.string())]))),
    }
    for name in ("filename", "file", "usage_date", "outcome", "reason", "Agent_ID", "EVENT_ID"):
        extras[name] = ("not this", pa.string())
    drawn = rng.sample(list(extras), rng.choice((0, 0, 1, 2, 4)))
    return {
        name: pa.array([extras[name][0]] * rows, extras[name][1])
        for name in drawn
        if name not in taken
    }
