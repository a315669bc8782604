"""The oracle against numbers worked out by hand, and the random logs against what they promise.

What the pipeline itself computes is compared elsewhere; here are only cases small enough to check
on paper.
"""

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.oracle import (
    OUTCOMES,
    Charge,
    Log,
    Reading,
    read,
    read_rows,
    tokens_of_image,
    usage_date,
)
from tests.support.random_logs import (
    EXTRA_DIMENSION,
    QUANTITIES,
    TEXTS,
    WIDE,
    random_books,
    random_rows,
    received_at,
    write_logs,
)

Row = dict[str, Any]

MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)
RECEIVED = datetime(2026, 2, 4, tzinfo=UTC)
IMAGE = {"width": 2000, "height": 500}

SCHEMA = pa.schema(
    [("event_time", pa.timestamp("us", "UTC"))]
    + [(column, pa.string()) for column in TEXTS]
    + [(column, pa.int64()) for column in QUANTITIES]
    + [("images", pa.list_(pa.struct([("width", pa.int32()), ("height", pa.int32())])))]
)
RATES = """\
llm,OpenAI,GPT-4.1-1M,platform,input_tokens,0.22,1000
llm,OpenAI,GPT-4.1-1M,platform,output_tokens,0.88,1000
llm,OpenAI,GPT-4.1-1M,own,input_tokens,0.02,1000
llm,OpenAI,GPT-4.1-1M,own,output_tokens,0.08,1000
llm,OpenAI,No output,platform,input_tokens,0.22,1000
llm,OpenAI,No output,platform,output_tokens,-,1000
llm,OpenAI,Only in,platform,input_tokens,0.22,1000
llm,OpenAI,Tiny,platform,input_tokens,0.0000005,1000
llm,OpenAI,Tiny,any,output_tokens,0.5,1000
llm,OpenAI,Mixed,any,input_tokens,0.5,1000
llm,OpenAI,Mixed,platform,input_tokens,-,1000
llm,OPENAI,MIXED,own,output_tokens,0,1000
asr,OpenAI,Whisper,platform,audio_ms,0.6,60000
tts,Azure,Straße HD,any,characters,1.5,1000
embedding,OpenAI,Small,platform,input_tokens,0.0022,1000
rerank,Jina,m0,own,input_tokens,0.005,1000
storage,,Vector Storage,any,stored_tokens,0.001,1000
tool,Google,Search,any,requests,0.55,1
moderation,OpenAI,Omni,platform,requests,0.25,1
"""
CAP = '[own_key_cap.llm]\ninput_tokens = "0.01"\noutput_tokens = "0.1"\n'


def write_card(
    book: Path,
    rates: str = RATES,
    card_id: str = "2026-02-01",
    effective_from: str = "2026-02-01T00:00:00Z",
    published_at: str = "2026-02-01T00:00:00Z",
    cap: str = CAP,
    aliases: str = "",
) -> Path:
    """Write one card into a book, which is returned."""
    folder = book / f"card {card_id}"
    folder.mkdir(parents=True)
    (folder / "card.toml").write_text(
        f'id = "{card_id}"\neffective_from = {effective_from}\npublished_at = {published_at}\n'
        f'source = "a test"\nusd_per_credit = "0.01"\n{cap}',
        encoding="utf-8",
    )
    header = "service,brand,model,key_mode,meter,credits,per\n"
    (folder / "rates.csv").write_text(header + rates, encoding="utf-8")
    if aliases:
        (book / "aliases.csv").write_text("service,brand,alias,model\n" + aliases, encoding="utf-8")
    return book


def row(**changes: object) -> Row:
    """A row of 1000 input tokens of the first model of the card, with changes."""
    plain: Row = dict.fromkeys(SCHEMA.names)
    plain |= {"event_id": "e1", "event_time": NOON, "org_id": "acme", "key_mode": "platform"}
    plain |= {"billing_type": "llm_text_chat", "brand": "OpenAI", "model": "GPT-4.1-1M"}
    return plain | {"input_tokens": 1000} | changes


def of(billing_type: str, brand: str | None, model: str | None, **changes: object) -> Row:
    """A row of another billing type, without input tokens but for the changes."""
    kind: Row = {"billing_type": billing_type, "brand": brand, "model": model}
    return row(**(kind | {"input_tokens": None} | changes))


def log(path: Path, rows: list[Row], received: datetime = RECEIVED) -> Log:
    """Write rows as a usage log."""
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), path)
    return Log(path, received)


def read_one(folder: Path, *rows: Row, book: Path | None = None, zone: str = "UTC") -> Reading:
    """Read the rows as one file under one book."""
    return read([log(folder / "log.parquet", list(rows))], [book or write_card(folder / "b")], zone)


def ends(reading: Reading) -> list[str]:
    """The outcomes of one file in its order."""
    return [outcome for _, (_, outcome) in sorted(reading.outcomes.items())]


def the_charge(reading: Reading) -> Charge:
    """The only charge."""
    (charge,) = reading.charges.values()
    return charge


STORED = of("knowledge_storage", "any", "thing", stored_tokens=1000, key_mode=None)
SEARCH = of("tools_invocation", "Google", "Search", requests=1, key_mode="nobody's")

CREDITS = [
    (row(), "0.22"),
    (row(input_tokens=None, output_tokens=1), "0.00088"),
    (row(brand="\u3000" + "openai".translate(WIDE) + "\x85", model="gpt-4.1-1m\x1f"), "0.22"),
    (row(key_mode="own"), "0.01"),  # 0.02 is over the cap
    (row(key_mode="own", input_tokens=None, output_tokens=1000), "0.08"),  # under it
    (row(input_tokens=None, images=[IMAGE]), "0.1683"),  # 765 tokens
    (row(key_mode="own", input_tokens=None, images=[IMAGE]), "0.00765"),
    (row(model="Mixed", key_mode="own"), "0.01"),  # `any`, capped too
    (of("asr_recognition", "OpenAI", "Whisper", audio_ms=1000), "0.01"),
    (of("tts_generation", "azure", "STRASSE  hd", characters=2, key_mode="own"), "0.003"),
    (of("knowledge_indexing", "OpenAI", "Small", input_tokens=1), "0.0000022"),
    (of("knowledge_reranking", "Jina", "m0", input_tokens=1000, key_mode="own"), "0.005"),
    (STORED, "0.001"),
    (SEARCH, "0.55"),
    (SEARCH | {"status": "success"}, "0.55"),
    (of("content_moderation", "OpenAI", "Omni", requests=3), "0.75"),
    (row(model="Tiny", input_tokens=1), "0"),  # 0.0000000005, half to even
    (row(model="Tiny", input_tokens=2), "0.000000001"),
    (row(model="Tiny", input_tokens=3), "0.000000002"),
    (row(model="Tiny", input_tokens=5), "0.000000002"),
    (row(model="Mixed", key_mode="own", input_tokens=None, output_tokens=9), "0"),
]


@pytest.mark.parametrize(("logged", "credits_due"), CREDITS)
def test_the_oracle_charges_one_row(tmp_path: Path, logged: Row, credits_due: str) -> None:
    reading = read_one(tmp_path, logged)
    assert ends(reading) == ["rated"]
    charge = the_charge(reading)
    assert charge.credits == Decimal(credits_due)
    assert charge.credits.as_tuple().exponent == -9
    assert charge.usd == Decimal(credits_due).scaleb(-2)
    assert charge.usd.as_tuple().exponent == -11


def test_a_line_is_summed_before_it_is_rounded(tmp_path: Path) -> None:
    rows = [
        row(event_id="a", model="tiny", input_tokens=1, output_tokens=0),
        row(event_id="b", model="TINY", input_tokens=2, images=[{"width": 512, "height": 513}]),
        row(event_id="c", model="Tiny", input_tokens=0, agent_id=""),
    ]
    reading = read_one(tmp_path, *rows)
    key = (date(2026, 2, 3), "acme", (None,), "llm_text_chat", "OpenAI", "Tiny", "platform")
    named, unnamed = (*key, "2026-02-01"), (*key[:2], ("",), *key[3:], "2026-02-01")
    nothing = {"audio_ms": 0, "characters": 0, "requests": 0, "stored_tokens": 0}
    assert reading.usage == {
        named: {"events": 2, "input_tokens": 3, "output_tokens": 0, "image_tokens": 425} | nothing,
        unnamed: {"events": 1, "input_tokens": 0, "output_tokens": 0, "image_tokens": 0} | nothing,
    }
    tiny = Decimal("0.0000005")
    assert reading.charges == {
        (*named, "input_tokens"): Charge(
            3, 1000, tiny, tiny, Decimal("0.000000002"), Decimal("0.00000000002")
        ),
        (*named, "image_tokens"): Charge(
            425, 1000, tiny, tiny, Decimal("0.000000212"), Decimal("0.00000000212")
        ),
    }
    group = (date(2026, 2, 3), "acme", "llm_text_chat")
    assert reading.daily_usage == {
        group: (3, Decimal("0.000000214"), Decimal("0.00000000214")),
    }


def test_a_rated_row_without_a_charge_is_in_the_daily_usage(tmp_path: Path) -> None:
    reading = read_one(tmp_path, row(input_tokens=0))
    assert reading.charges == {}
    assert list(reading.daily_usage.values()) == [(1, Decimal(0), Decimal(0))]


@pytest.mark.parametrize(
    ("width", "height", "tokens"),
    [(1, 1, 255), (512, 512, 255), (513, 512, 425), (2000, 500, 765), (2000, 2000, 2805)],
)
def test_tokens_of_image(width: int, height: int, tokens: int) -> None:
    assert tokens_of_image(width, height) == tokens


ONE_ROW = [
    ("missing_event_time", row(event_time=None)),
    ("missing_event_time", row(event_time=EPOCH - MICROSECOND)),
    ("no_rate_card", row(event_time=EPOCH)),
    ("event_time_in_future", row(event_time=datetime(9999, 12, 31, 23, tzinfo=UTC))),
    ("event_time_in_future", row(event_time=RECEIVED + timedelta(days=1) + MICROSECOND)),
    ("rated", row(event_time=RECEIVED + timedelta(days=1))),
    ("missing_event_id", row(event_id=None)),
    ("missing_event_id", row(event_id=" \u3000\x85\x1f")),
    ("rated", row(event_id="\u200b")),  # no white space to Python
    ("missing_org_id", row(org_id="")),
    ("unknown_billing_type", row(billing_type="LLM_text_chat")),
    ("unknown_billing_type", row(billing_type=None)),
    ("unknown_key_mode", row(key_mode="any")),
    ("unknown_key_mode", row(key_mode=None)),
    ("bad_quantity", row(output_tokens=-1)),
    ("bad_quantity", row(requests=10**12 + 1)),
    ("rated", row(input_tokens=10**12)),
    ("bad_quantity", row(images=[None])),
    ("bad_quantity", row(images=[IMAGE, {"width": None, "height": 1}])),
    ("bad_quantity", row(images=[{"width": 0, "height": 1}])),
    ("bad_quantity", SEARCH | {"images": [{"width": 1, "height": 10**6 + 1}]}),
    ("unexpected_quantity", row(requests=1)),
    ("rated", row(requests=0)),
    ("unexpected_quantity", SEARCH | {"images": [IMAGE]}),
    ("rated", SEARCH | {"images": []}),
    ("missing_quantity", row(input_tokens=None)),
    ("missing_quantity", row(input_tokens=None, images=[], requests=0)),
    ("not_billable", SEARCH | {"status": ""}),
    ("not_billable", SEARCH | {"status": "failed"}),
    ("rated", row(status="failed")),  # read for tools only
    ("not_offered", row(model="No output", output_tokens=1)),
    ("rated", row(model="No output", output_tokens=0)),
    ("not_offered", row(model="No output", input_tokens=None, output_tokens=0)),
    ("not_offered", row(model="Mixed")),  # the exact row wins over `any`, `-` too
    ("not_offered", row(model="Mixed", output_tokens=1)),  # the first that fails
    ("no_rate", row(model="Mixed", input_tokens=0, output_tokens=1)),
    ("no_rate", row(model="Only in", output_tokens=1)),
    ("rated", row(model="Only in", output_tokens=0)),
    ("no_rate", row(model=None)),
    ("no_rate", row(model="GPT-4.1 -1M")),
    ("no_rate", of("asr_recognition", "OpenAI", "Whisper", audio_ms=1, key_mode="own")),
]


@pytest.mark.parametrize(("outcome", "logged"), ONE_ROW)
def test_the_oracle_gives_one_row_its_outcome(tmp_path: Path, outcome: str, logged: Row) -> None:
    assert ends(read_one(tmp_path, logged)) == [outcome]


def test_outcomes_are_decided_in_order(tmp_path: Path) -> None:
    """A row with every fault, mended one after the other."""
    mended = SEARCH | {"event_time": None, "event_id": "", "org_id": " ", "billing_type": "?"}
    mended |= {"status": "failed", "requests": -1, "characters": 1, "model": "Maps"}
    steps: list[tuple[str, Row]] = [
        ("missing_event_time", {"event_time": NOON.replace(year=2027)}),
        ("event_time_in_future", {"event_time": NOON.replace(year=2025)}),
        ("missing_event_id", {"event_id": "e1"}),
        ("missing_org_id", {"org_id": "acme"}),
        ("unknown_billing_type", {"billing_type": "content_moderation"}),
        ("unknown_key_mode", {"billing_type": "tools_invocation"}),
        ("bad_quantity", {"requests": None}),
        ("unexpected_quantity", {"characters": 0}),
        ("missing_quantity", {"requests": 1}),
        ("not_billable", {"status": None}),
        ("no_rate_card", {"event_time": NOON}),
        ("no_rate", {"model": "Search"}),
        ("rated", {}),
    ]
    book = write_card(tmp_path / "b")
    for outcome, mending in steps:
        assert ends(read_one(tmp_path, mended, book=book)) == [outcome]
        mended |= mending


COPIES: list[tuple[list[str], Row, Row]] = [
    (["rated", "duplicate"], row(), {}),
    (["rated", "duplicate"], row(), {"images": []}),
    (["conflicting_duplicate"] * 2, row(), {"input_tokens": 1001}),
    (["conflicting_duplicate"] * 2, row(), {"event_time": NOON + MICROSECOND}),
    (["conflicting_duplicate"] * 2, row(), {"knowledge_base_id": ""}),
    (["conflicting_duplicate"] * 2, row(), {"output_tokens": 0}),
    (["conflicting_duplicate"] * 2, row(), {"agent_id": "a"}),
    (["conflicting_duplicate"] * 2, row(), {"model": "gpt-4.1-1m"}),
    (["conflicting_duplicate"] * 2, SEARCH, {"status": "success"}),
    (["conflicting_duplicate"] * 2, SEARCH, {"key_mode": None}),
    (["rated", "duplicate"], row(), {"team": "red"}),  # no dimension, no column of the contract
    (["rated", "rated"], row(), {"org_id": "Acme"}),
    (["rated", "rated"], row(), {"event_time": NOON + timedelta(hours=12)}),  # another date
    (["rated", "bad_quantity"], row(), {"requests": -1}),  # not left after step 3
    (["rated", "unknown_key_mode"], row(), {"key_mode": "Own"}),
]


@pytest.mark.parametrize(("outcomes", "first", "difference"), COPIES)
def test_the_oracle_tells_duplicates_from_conflicts(
    tmp_path: Path, outcomes: list[str], first: Row, difference: Row
) -> None:
    assert ends(read_one(tmp_path, first, first | difference)) == outcomes


def test_one_unlike_copy_makes_all_conflict(tmp_path: Path) -> None:
    rows = [row(), row(), row(brand="Azure")]
    assert ends(read_one(tmp_path, *rows)) == ["conflicting_duplicate"] * 3


def test_a_dimension_tells_copies_apart(tmp_path: Path) -> None:
    logs = [log(tmp_path / "log.parquet", [row(team=None), row(team="")])]
    books = [write_card(tmp_path / "b")]
    assert ends(read(logs, books, dimensions=("agent_id",))) == ["rated", "duplicate"]
    assert ends(read(logs, books, dimensions=("team",))) == ["conflicting_duplicate"] * 2


def test_the_copy_of_the_least_file_counts_whatever_the_order(tmp_path: Path) -> None:
    logs = [
        log(tmp_path / f"{n}.parquet", [row(event_id=f"of {n}", input_tokens=n), row()])
        for n in range(4)
    ]
    books = [write_card(tmp_path / "b")]
    reading = read(logs, books)
    counted = [key for key, (_, end) in reading.outcomes.items() if key[1] == 1 and end == "rated"]
    assert counted == [(min(file for file, _ in reading.outcomes), 1)]
    assert reading == read(logs[::-1], books)
    day = date(2026, 2, 3)
    assert sum(reading.account().values()) == 8
    assert reading.account()[day, counted[0][0], "rated"] == 2


def test_the_same_bytes_count_once_from_their_first_receipt_on(tmp_path: Path) -> None:
    rows = [row(event_time=RECEIVED + timedelta(days=1))]
    logs = [log(tmp_path / f"{n}.parquet", rows, RECEIVED - n * MICROSECOND) for n in range(2)]
    assert ends(read(logs, [write_card(tmp_path / "b")])) == ["event_time_in_future"]
    assert ends(read(logs[:1], [tmp_path / "b"])) == ["rated"]


def test_only_the_last_snapshot_of_a_day_counts(tmp_path: Path) -> None:
    rows = [
        STORED | {"event_id": "a", "event_time": NOON + MICROSECOND, "key_mode": "x"},
        STORED | {"event_id": "\uff5e"},
        STORED | {"event_id": "\U00010000"},  # after it in UTF-8, before it in UTF-16
        STORED | {"event_id": "c", "knowledge_base_id": ""},
        STORED | {"event_id": "d", "org_id": "other"},
        STORED | {"event_id": "e", "event_time": NOON - timedelta(days=1)},
        STORED | {"event_id": "\uff5e", "org_id": "tied"},
        STORED | {"event_id": "\U00010000", "org_id": "tied"},
    ]
    outcomes = ["rated", *["superseded"] * 2, *["rated"] * 3, "superseded", "rated"]
    assert ends(read_one(tmp_path, *rows)) == outcomes


def test_a_snapshot_is_superseded_by_a_later_one_without_a_rate(tmp_path: Path) -> None:
    later = "2026-02-03T12:00:00Z"
    book = write_card(tmp_path / "b")
    write_card(book, "tool,Google,Search,any,requests,1,1\n", "later", later, later)
    rows = [STORED | {"event_time": NOON - MICROSECOND}, STORED | {"event_id": "e2"}]
    assert ends(read_one(tmp_path, *rows, book=book)) == ["superseded", "no_rate"]


def test_a_conflicting_snapshot_supersedes_nothing(tmp_path: Path) -> None:
    late = STORED | {"event_id": "late", "event_time": NOON + MICROSECOND}
    rows = [STORED, late, late | {"stored_tokens": 1}]
    assert ends(read_one(tmp_path, *rows)) == ["rated", *["conflicting_duplicate"] * 2]


IN_FORCE = [  # microseconds after noon, when `b` and `c` take effect
    (-1, "a"),
    (0, "c"),  # published after `b`
    (3600 * 10**6 - 1, "c"),
    (3600 * 10**6, "e"),  # published with `d`, of the greater id
]


@pytest.mark.parametrize(("after", "card_id"), IN_FORCE)
def test_the_oracle_takes_the_card_in_force(tmp_path: Path, after: int, card_id: str) -> None:
    book = tmp_path / "b"
    write_card(book, card_id="a", published_at="2026-12-01T00:00:00Z")
    write_card(book, card_id="c", effective_from="2026-02-03T13:00:00+01:00")
    write_card(
        book,
        card_id="b",
        effective_from="2026-02-03T12:00:00Z",
        published_at="2026-01-31T00:00:00Z",
    )
    write_card(book, card_id="e", effective_from="2026-02-03T13:00:00Z")
    write_card(book, card_id="d", effective_from="2026-02-03T13:00:00Z")
    reading = read_one(tmp_path, row(event_time=NOON + after * MICROSECOND), book=book)
    assert [key[7] for key in reading.usage] == [card_id]


def test_a_card_replaces_its_predecessor_whole_and_books_stand_side_by_side(tmp_path: Path) -> None:
    book = write_card(tmp_path / "b")
    write_card(book, "llm,OpenAI,New,any,input_tokens,1,1000\n", "new", "2026-02-03T12:00:00Z")
    other = write_card(tmp_path / "o", "llm,Own,Mine,any,input_tokens,2,1000\n", "other", cap="")
    rows = [
        row(event_id="a", event_time=NOON - MICROSECOND),
        row(event_id="b"),
        row(event_id="c", model="new"),
        row(event_id="d", brand="own", model="mine", key_mode="own"),
    ]
    reading = read([log(tmp_path / "log.parquet", rows)], [book, other])
    assert ends(reading) == ["rated", "no_rate", "rated", "rated"]
    assert {key[4:8]: charge.credits for key, charge in reading.charges.items()} == {
        ("OpenAI", "GPT-4.1-1M", "platform", "2026-02-01"): Decimal("0.22"),
        ("OpenAI", "New", "platform", "new"): Decimal(1),
        ("Own", "Mine", "own", "other"): Decimal(2),
    }


ALIASES = """\
llm,openai,Latest,gpt-4.1-1m
llm,OpenAI,Twice removed,Latest
llm,OpenAI,Tiny,GPT-4.1-1M
llm,OpenAI,Only in,GPT-4.1-1M
"""
NAMES = [
    ("LATEST".translate(WIDE), "rated", "GPT-4.1-1M"),
    ("Twice removed", "no_rate", None),  # one step
    ("tiny", "rated", "Tiny"),  # what the card prints wins
    ("Only in", "no_rate", None),  # by name, not by row
]


@pytest.mark.parametrize(("model", "outcome", "printed"), NAMES)
def test_the_oracle_goes_by_aliases_of_the_same_service(
    tmp_path: Path, model: str, outcome: str, printed: str | None
) -> None:
    book = write_card(tmp_path / "b", aliases=ALIASES)
    reading = read_one(tmp_path, row(model=model, output_tokens=1), book=book)
    assert ends(reading) == [outcome]
    assert [key[5] for key in reading.usage] == ([] if printed is None else [printed])
    asr = of("asr_recognition", "OpenAI", "Latest", audio_ms=1)  # an alias of another service
    assert ends(read_one(tmp_path, asr, book=book)) == ["no_rate"]


DATES = [
    ("Europe/Berlin", "2026-03-28T22:59:59.999999", "2026-03-28"),
    ("Europe/Berlin", "2026-03-28T23:00:00", "2026-03-29"),  # 23 hours
    ("Europe/Berlin", "2026-03-29T21:59:59.999999", "2026-03-29"),
    ("Europe/Berlin", "2026-03-29T22:00:00", "2026-03-30"),
    ("Europe/Berlin", "2026-10-24T22:00:00", "2026-10-25"),  # 25 hours
    ("Europe/Berlin", "2026-10-25T22:59:59.999999", "2026-10-25"),
    ("Europe/Berlin", "2026-10-25T23:00:00", "2026-10-26"),
    ("Asia/Kathmandu", "2026-02-02T18:15:00", "2026-02-03"),
    ("America/St_Johns", "2010-11-07T02:30:00", "2010-11-07"),  # for one minute,
    ("America/St_Johns", "2010-11-07T02:31:00", "2010-11-06"),  # then back to 23:01
    ("America/New_York", "1970-01-01T00:00:00", "1969-12-31"),
]


@pytest.mark.parametrize(("zone", "instant", "day"), DATES)
def test_the_oracle_dates_an_instant_in_its_zone(
    tmp_path: Path, zone: str, instant: str, day: str
) -> None:
    at = datetime.fromisoformat(instant).replace(tzinfo=UTC)
    assert usage_date(at, zone) == date.fromisoformat(day)
    reading = read_one(tmp_path, row(event_time=at, org_id=None), zone=zone)
    late = at > RECEIVED + timedelta(days=1)
    assert [day for day, _ in reading.outcomes.values()] == [None if late else usage_date(at, zone)]


INSTANTS = [
    ("s", 5, 5_000_000),
    ("ms", -1, -1000),
    ("ms", 2**63 - 1, (2**63 - 1) * 1000),
    ("us", -1, -1),
    ("ns", 1999, 1),
    ("ns", -1, -1),  # the floor
    ("ns", -1001, -2),
]


@pytest.mark.parametrize("zone", [None, "Asia/Tokyo"])
@pytest.mark.parametrize(("unit", "count", "instant"), INSTANTS)
def test_instants_of_any_unit(
    tmp_path: Path, zone: str | None, unit: str, count: int, instant: int
) -> None:
    column = pa.array([count, None], pa.int64()).cast(pa.timestamp(unit, zone))
    pq.write_table(pa.table({"event_time": column}), tmp_path / "log.parquet")
    rows = read_rows([Log(tmp_path / "log.parquet", RECEIVED)], ())
    assert [row.instant for row in rows] == [instant, None]


@pytest.mark.parametrize("seed", range(3))
def test_random_logs_reach_every_outcome(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    books = random_books(rng, tmp_path / "books")
    rows = random_rows(rng, 5000, "Asia/Tokyo")
    paths = write_logs(rng, rows, tmp_path / "logs", 6)
    logs = [Log(path, received_at()) for path in paths]
    reading = read(logs, books, "Asia/Tokyo")
    assert len(paths) == 6
    assert len(reading.outcomes) == sum(reading.account().values()) == 5000
    assert {outcome for _, outcome in reading.outcomes.values()} == set(OUTCOMES)
    assert sum(sums["events"] for sums in reading.usage.values()) == sum(
        outcome == "rated" for _, outcome in reading.outcomes.values()
    )
    assert len({key[7] for key in reading.usage}) > 1


@pytest.mark.parametrize("seed", range(20))
def test_random_files_hold_the_rows_they_were_given(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    rows = random_rows(rng, 60)
    paths = write_logs(rng, rows, tmp_path, 5)
    found = read_rows([Log(path, RECEIVED) for path in paths], (EXTRA_DIMENSION,))
    assert Counter(
        repr(
            [
                row.instant,
                *(getattr(row, column) for column in TEXTS[:-1]),
                *row.dimensions,
                *(row.quantities[column] for column in QUANTITIES),
                list(row.images),
            ]
        )
        for row in found
    ) == Counter(
        repr(
            [
                None if row["event_time"] is None else row["event_time"] // 1000,
                *(row[column] for column in (*TEXTS, *QUANTITIES)),
                [image and (image["width"], image["height"]) for image in row["images"] or ()],
            ]
        )
        for row in rows
    )
