"""Golden cases: what becomes of a row, and what it costs, worked out by hand.

Every case is a usage log of its own, with an organization of its own, in one run over the page's
book and a small one; so each shows by itself in the account, the quarantine and the charges.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import combinations
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from pricing_assets.contract import billing as contract
from pricing_assets.contract.outcomes import OUTCOMES, QUARANTINE
from pricing_assets.home.opening import RequestedSettings
from pricing_assets.rates import BUILT_IN
from tests.support.workspace import (
    CAP,
    NOON,
    RECEIVED,
    SCHEMA,
    Row,
    Workspace,
    of,
    row,
    write_aliases,
    write_card,
    write_log,
)

MICROSECOND = timedelta(microseconds=1)
WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)} | {0x20: 0x3000}
OLD = datetime(2025, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)  # before any card

RATES = """\
llm,Acme,No output,platform,input_tokens,0.22,1000
llm,Acme,No output,platform,output_tokens,-,1000
llm,Acme,Only in,platform,input_tokens,0.22,1000
llm,Acme,Free,any,input_tokens,0,1000
llm,Acme,Free,any,output_tokens,0.000000000,1000
llm,Acme,Mixed,any,input_tokens,0.5,1000
llm,Acme,Mixed,platform,input_tokens,-,1000
llm,ACME,MIXED,own,output_tokens,0.1000,1000
llm,Acme,Ｓtraße  7,platform,input_tokens,1,1000
asr,Acme,Ear,any,audio_ms,0.6,60000
tool,Acme,Search,any,requests,0.55,1
tool,Acme,Maps,any,requests,-,1
"""
ALIASES = """\
llm,acme,Latest,free
llm,Acme,Twice removed,Latest
llm,Acme,Only in,Free
"""
IMAGE = {"width": 2000, "height": 500}  # 85 + 170 x 4 x 1 = 765 tokens
GPT: Row = {"brand": "OpenAI", "model": "GPT-4.1-1M"}  # 0.22 in, 0.88 out; own 0.02, 0.08
SEARCH = of("tools_invocation", "Acme", "Search", requests=1, key_mode=None)
STORED = of("knowledge_storage", None, None, stored_tokens=2000, key_mode=None)


@dataclass(frozen=True)
class Case:
    """Rows of one log: why they end so, the outcome of each, and the credits of all, if charged."""

    why: str
    outcomes: str
    credits: str | None
    rows: tuple[Row, ...]


def case(why: str, outcomes: str, due: str | None, *rows: Row) -> Case:
    assert len(outcomes.split()) == len(rows), why
    return Case(why, outcomes, due, rows)


def chat(**changes: object) -> Row:
    """A text chat of the page's GPT-4.1-1M with 1000 input tokens, with changes."""
    return row(**(GPT | changes))


def acme(model: str | None, **changes: object) -> Row:
    """A text chat of a model of the small book."""
    return row(brand="Acme", model=model, **changes)


BILLING_TYPES = [
    case("1000 x 0.22 / 1000", "rated", "0.22", chat()),
    case("1000 in and 500 out", "rated", "0.66", chat(output_tokens=500)),
    case("own key: 0.02 in, over the cap of 0.01", "rated", "0.01", chat(key_mode="own")),
    case(
        "own key: 0.08 out, under the cap of 0.1",
        *("rated", "0.08"),
        chat(key_mode="own", input_tokens=None, output_tokens=1000),
    ),
    case("audio chat", "rated", "0.22", chat(billing_type="llm_audio_chat")),
    case("database", "rated", "0.22", chat(billing_type="database_processing")),
    case("questions", "rated", "0.22", chat(billing_type="question_recognition")),
    case(
        "one second of a minute at 0.66, no rounding up",
        *("rated", "0.011"),
        of("asr_recognition", "OpenAI", "Whisper Large-V2", audio_ms=1000),
    ),
    case(
        "a minute with the own key at 0.1: 90 s",
        *("rated", "0.15"),
        of("asr_recognition", "Azure", "Azure-Speech", audio_ms=90_000, key_mode="own"),
    ),
    case(
        "two characters at 1.65 a thousand",
        *("rated", "0.0033"),
        of("tts_generation", "Azure", "Speech", characters=2),
    ),
    case(
        "one token at 0.0024 a thousand",
        *("rated", "0.0000024"),
        of("knowledge_indexing", "OpenAI", "text-embedding-3-small", input_tokens=1),
    ),
    case(
        "50 thousand tokens at 0.0022",
        *("rated", "0.11"),
        of("knowledge_reranking", "Jina", "Jina-Reranker-m0", input_tokens=50_000),
    ),
    case("2000 tokens stored a day, at 0.001 a thousand", "rated", "0.002", STORED),
    case("one call at 0.55", "rated", "0.55", SEARCH),
    case(
        "three requests at 0.0001",
        *("rated", "0.0003"),
        of("content_moderation", "OpenAI", "Omni-moderation", requests=3),
    ),
]
IMAGES = [
    case("765 x 0.22 / 1000", "rated", "0.1683", chat(input_tokens=None, images=[IMAGE])),
    case(
        "the own key's cap holds for images: 765 x 0.01 / 1000",
        *("rated", "0.00765"),
        chat(input_tokens=None, images=[IMAGE], key_mode="own"),
    ),
    case(
        "1 x 1 px is a square, 513 is two: (255 + 425) x 0.22 / 1000",
        *("rated", "0.1496"),
        chat(input_tokens=0, images=[{"width": 1, "height": 512}, {"width": 512, "height": 513}]),
    ),
    case(
        "the largest: 85 + 170 x 1954 x 1954 = 649,079,805 tokens",
        *("rated", "142797.5571"),
        chat(input_tokens=None, images=[{"width": 10**6, "height": 10**6}]),
    ),
]
PRICES = [
    case("a price of zero is a price", "rated", "0", acme("Free", output_tokens=7)),
    case("the exact key mode wins over any, `-` too", "not_offered", None, acme("Mixed")),
    case("any is read where there is no exact row, and capped", "rated", "0.01",
         acme("Mixed", key_mode="own")),
    case("a model's rows may be spelled in two ways", "rated", "0.11",
         acme("Mixed", key_mode="own", output_tokens=1000)),
    case("a cap is of its service only", "rated", "0.6",
         of("asr_recognition", "Acme", "Ear", audio_ms=60_000, key_mode="own")),
    case("zero is not a use of a meter that is not offered", "rated", "0.22",
         acme("No output", output_tokens=0)),
    case("not offered", "not_offered", None, acme("No output", output_tokens=1)),
    case("all zero: the first meter that is not null", "rated", None,
         acme("No output", input_tokens=0, output_tokens=0)),
    case("all zero: here that one is not offered", "not_offered", None,
         acme("No output", input_tokens=None, output_tokens=0)),
    case("the first meter that fails names the row", "not_offered", None,
         acme("Mixed", output_tokens=1)),
    case("no such row for this meter", "no_rate", None, acme("Only in", output_tokens=1)),
    case("no such row for this key mode", "no_rate", None, acme("Only in", key_mode="own")),
    case("no such model", "no_rate", None, acme("Chat")),
    case("a null model is an empty name", "no_rate", None, acme(None)),
    case("the model of another service", "no_rate", None, acme("Ear")),
    case("a tool that is not offered", "not_offered", None, SEARCH | {"model": "Maps"}),
    case("before any card", "no_rate_card", None, chat(event_time=OLD)),
]  # fmt: skip
NAMES = [
    case("another case", "rated", "0.22", chat(brand="OPENAI", model="gpt-4.1-1m")),
    case("full width, white space around and inside", "rated", "0.22",
         chat(brand="\u3000" + "openai".translate(WIDE) + "\x85", model="\tGPT-4.1-1M\u2028")),
    case("the card's own name in full width, with a sharp s", "rated", "1",
         acme("STRASSE\u00a07")),
    case("no blank is not a single blank", "no_rate", None, acme("Straße7")),
    case("a zero-width space is not white space", "no_rate", None, chat(model="GPT-4.1-1M\u200b")),
    case("an alias, in any spelling", "rated", "0", acme("LATEST".translate(WIDE))),
    case("an alias is one step", "no_rate", None, acme("Twice removed")),
    case("a printed name wins over an alias, even where it has no such row", "no_rate", None,
         acme("Only in", output_tokens=1)),
    case("an alias is of one service", "no_rate", None,
         of("asr_recognition", "Acme", "Latest", audio_ms=1)),
    case("the page's own misspelling", "rated", "0.0176",
         row(brand="OpenAI", model="gpt-mini-audio", input_tokens=16)),
    case("names do not matter for storage", "rated", "0.002",
         STORED | {"brand": "Qdrant", "model": "hnsw"}),
    case("ids, billing types and key modes are never folded", "unknown_billing_type", None,
         chat(billing_type="LLM_text_chat")),
    case("nor trimmed", "unknown_key_mode", None, chat(key_mode="own ")),
]  # fmt: skip
SINGLE_ROWS = [
    case("an id that only looks blank", "rated", "0.22", chat(event_id="\u200b")),
    case("null", "missing_event_id", None, chat(event_id=None)),
    case("blanks", "missing_event_id", None, chat(event_id=" \u3000\x85\x1f\u2029")),
    case("empty", "missing_org_id", None, chat(org_id="")),
    case("blanks", "missing_org_id", None, chat(org_id="\u2003\t")),
    case("null", "unknown_billing_type", None, chat(billing_type=None)),
    case("a service is not a billing type", "unknown_billing_type", None, chat(billing_type="llm")),
    case("any is for cards only", "unknown_key_mode", None, chat(key_mode="any")),
    case("not read for storage", "rated", "0.002", STORED | {"key_mode": "nobody's"}),
    case("not read for tools", "rated", "0.55", SEARCH | {"key_mode": "Own"}),
    case("the most that is allowed", "rated", "220000000", chat(input_tokens=10**12)),
    case("one more", "bad_quantity", None, chat(input_tokens=10**12 + 1)),
    case("below zero", "bad_quantity", None, chat(output_tokens=-1)),
    case("bad where the service does not meter it", "bad_quantity", None, chat(requests=-1)),
    case("an image that is null", "bad_quantity", None, chat(images=[IMAGE, None])),
    case("a side that is null", "bad_quantity", None,
         chat(images=[{"width": None, "height": 1}])),
    case("a side of zero", "bad_quantity", None, chat(images=[{"width": 0, "height": 1}])),
    case("a side too long", "bad_quantity", None,
         chat(images=[{"width": 1, "height": 10**6 + 1}])),
    case("a bad image where none is metered", "bad_quantity", None, SEARCH | {"images": [None]}),
    case("a quantity of another service", "unexpected_quantity", None, chat(requests=1)),
    case("zero of another service", "rated", "0.22", chat(requests=0, stored_tokens=0)),
    case("output of a service that has none", "unexpected_quantity", None,
         of("knowledge_reranking", "Jina", "BGE", input_tokens=1, output_tokens=1)),
    case("an image where none is metered", "unexpected_quantity", None,
         SEARCH | {"images": [IMAGE]}),
    case("an empty list of them", "rated", "0.55", SEARCH | {"images": []}),
    case("nothing measured", "missing_quantity", None, chat(input_tokens=None)),
    case("zero of another service and no image", "missing_quantity", None,
         chat(input_tokens=None, images=[], requests=0)),
    case("all zero is measured, and charged nothing", "rated", None, chat(input_tokens=0)),
    case("a tool that failed", "not_billable", None, SEARCH | {"status": "failed"}),
    case("empty is not null", "not_billable", None, SEARCH | {"status": ""}),
    case("success", "rated", "0.55", SEARCH | {"status": "success"}),
    case("status is read for tools only", "rated", "0.22", chat(status="failed")),
]  # fmt: skip
LATER: Row = {"event_time": NOON + MICROSECOND}
SEVERAL_ROWS = [
    case("redelivered twice", "rated duplicate duplicate", "0.22", chat(), chat(), chat()),
    case("an empty list of images is null", "rated duplicate", "0.22", chat(), chat(images=[])),
    case("another quantity", "conflicting_duplicate " * 2, None, chat(), chat(input_tokens=1)),
    case("another instant", "conflicting_duplicate " * 2, None, chat(), chat(**LATER)),
    case("null is not zero", "conflicting_duplicate " * 2, None, chat(), chat(output_tokens=0)),
    case("null is not ''", "conflicting_duplicate " * 2, None, chat(), chat(knowledge_base_id="")),
    case("contents are not folded", "conflicting_duplicate " * 2, None,
         chat(), chat(model="gpt-4.1-1m")),
    case("images in another order", "conflicting_duplicate " * 2, None,
         chat(images=[IMAGE, {"width": 1, "height": 1}]),
         chat(images=[{"width": 1, "height": 1}, IMAGE])),
    case("a dimension differs", "conflicting_duplicate " * 2, None, chat(), chat(agent_id="a")),
    case("a column that is none of the contract's differs", "rated duplicate", "0.22",
         chat(), chat(team="red")),
    case("one unlike copy spoils all", "conflicting_duplicate " * 3, None,
         chat(), chat(), chat(brand=None)),
    case("ids are not trimmed", "rated rated", "0.44", chat(), chat(event_id="e1 ")),
    case("another date", "rated rated", "0.44", chat(),
         chat(event_time=NOON + timedelta(hours=12))),
    case("a row that was taken out is not a copy", "rated bad_quantity", "0.22",
         chat(), chat(requests=-1)),
    case("copies are found before prices", "no_rate duplicate", None,
         acme("Chat"), acme("Chat")),
    case("and before failed calls: of these one counts", "not_billable duplicate", None,
         SEARCH | {"status": "failed"}, SEARCH | {"status": "failed"}),
    case("null and success are charged alike, and are not alike", "conflicting_duplicate " * 2,
         None, SEARCH, SEARCH | {"status": "success"}),
    case("a failed call of an unknown tool", "not_billable", None,
         SEARCH | {"status": "failed", "model": "?"}),
    case("the last snapshot counts", "superseded rated", "0.001",
         STORED, STORED | LATER | {"event_id": "e2", "stored_tokens": 1000}),
    case("whichever comes first in the file", "rated superseded", "0.002",
         STORED | LATER | {"event_id": "e2"}, STORED),
    case("tied: the greater id by its UTF-8 bytes, not by UTF-16 ones", "superseded rated",
         "0.001", STORED | {"event_id": "\uff5e"},
         STORED | {"event_id": "\U00010000", "stored_tokens": 1000}),
    case("null is a knowledge base, '' another", "rated rated superseded", "0.004",
         STORED | LATER | {"event_id": "e2"}, STORED | {"knowledge_base_id": ""},
         STORED | {"event_id": "e3"}),
    case("a conflicting snapshot supersedes nothing",
         "rated conflicting_duplicate conflicting_duplicate", "0.002", STORED,
         STORED | LATER | {"event_id": "e2"},
         STORED | LATER | {"event_id": "e2", "stored_tokens": 1}),
    case("a bad snapshot supersedes nothing", "rated missing_quantity", "0.002", STORED,
         STORED | LATER | {"event_id": "e2", "stored_tokens": None}),
    case("a snapshot of the date before stands", "rated rated", "0.004", STORED,
         STORED | {"event_id": "e2", "event_time": NOON - timedelta(days=1)}),
    case("superseded before any price is looked for", "superseded no_rate_card", None,
         STORED | {"event_time": OLD - MICROSECOND},
         STORED | {"event_time": OLD, "event_id": "e2"}),
    case("each row by itself",
         "missing_event_id missing_quantity rated", "0.22",
         chat(event_id=None), chat(input_tokens=None), chat()),
]  # fmt: skip
CASES = [*BILLING_TYPES, *IMAGES, *PRICES, *NAMES, *SINGLE_ROWS, *SEVERAL_ROWS]

FAULTS: list[tuple[str, Row]] = [  # in the order in which they are decided
    ("missing_event_time", {"event_time": None}),
    ("event_time_in_future", {"event_time": RECEIVED + timedelta(days=1) + MICROSECOND}),
    ("missing_event_id", {"event_id": "\u3000"}),
    ("missing_org_id", {"org_id": None}),
    ("unknown_billing_type", {"billing_type": "LLM"}),
    ("unknown_key_mode", {"key_mode": "Own"}),
    ("bad_quantity", {"output_tokens": -1}),
    ("unexpected_quantity", {"requests": 1}),
    ("missing_quantity", {"input_tokens": None}),
    ("no_rate_card", {"event_time": OLD}),
    ("no_rate", {"model": "?"}),
]
PAIRS = [
    (earlier, later, first | second)
    for (earlier, first), (later, second) in combinations(FAULTS, 2)
    if not first.keys() & second.keys()
]


@dataclass(frozen=True)
class Golden:
    """All cases in one home: what it holds, by file name and by organization."""

    workspace: Workspace
    account: dict[str, Counter[str]]
    quarantine: dict[str, list[tuple[int, str]]]
    charged: dict[str, tuple[Decimal, Decimal]]


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Golden:
    folder = tmp_path_factory.mktemp("golden")
    book = write_card(folder / "book", RATES, "acme", "2026-01-01T00:00:00Z", cap=CAP)
    write_aliases(book, ALIASES)
    given = RequestedSettings(quarantine_limit="1")
    workspace = Workspace(folder, (Path(BUILT_IN[0]), book), given=given)
    for n, one in enumerate(CASES):
        workspace.log(f"{n}.parquet", *(of_case(n, logged) for logged in one.rows))
    pairs = [chat(event_id=f"pair {n}") | faults for n, (_, _, faults) in enumerate(PAIRS)]
    workspace.log("pairs.parquet", *pairs)
    ran = workspace.run()
    assert not ran.arrivals.rejected
    assert {made.state for made in ran.published} == {"published"}
    made = Golden(workspace, defaultdict(Counter), defaultdict(list), {})
    for name, outcome, rows in workspace.sql("select file_name, outcome, rows from account"):
        made.account[name][outcome] += rows
    for name, *place in workspace.sql(
        "select file_name, row_number, reason from quarantine order by all"
    ):
        made.quarantine[name].append(tuple(place))
    for org_id, *sums in workspace.sql(
        "select org_id, sum(credits), sum(usd) from charges group by 1"
    ):
        made.charged[org_id] = tuple(sums)
    return made


def of_case(n: int, logged: Row) -> Row:
    """The row with an organization of its case's own, unless that is what the case is about."""
    return logged | ({"org_id": f"org {n}"} if logged["org_id"] == "acme" else {})


@pytest.mark.parametrize("n", range(len(CASES)), ids=lambda n: f"{n} {CASES[n].why}")
def test_outcomes_and_credits(golden: Golden, n: int) -> None:
    name, expected = f"{n}.parquet", CASES[n].outcomes.split()
    assert golden.account[name] == Counter(expected)
    assert golden.quarantine[name] == [
        (at, end) for at, end in enumerate(expected) if end in QUARANTINE
    ]
    due = CASES[n].credits
    charged = None if due is None else (Decimal(due), Decimal(due) / 100)
    assert golden.charged.get(f"org {n}") == charged


def test_every_outcome_and_billing_type_has_a_case() -> None:
    outcomes = {outcome for one in CASES for outcome in one.outcomes.split()}
    assert outcomes | {earlier for earlier, _, _ in PAIRS} == set(OUTCOMES)
    types = {logged["billing_type"] for one in BILLING_TYPES for logged in one.rows}
    assert types == contract.BILLING_TYPES.keys()


def test_a_row_with_two_faults_has_the_earlier_reason(golden: Golden) -> None:
    found = golden.quarantine["pairs.parquet"]
    assert {PAIRS[n][:2]: reason for n, reason in found} == {
        (earlier, later): earlier for earlier, later, _ in PAIRS
    }


def test_charges_carry_the_card_s_spelling_and_its_prices(golden: Golden) -> None:
    line = "brand, model, key_mode, meter, quantity, per, list_price, price, rate_card"
    found = set(golden.workspace.sql(f"select distinct {line} from charges where brand = 'Acme'"))
    zero, cap = Decimal(0), Decimal("0.01")
    assert found >= {
        # as the card prints a name first
        (
            "Acme",
            "Mixed",
            "own",
            "output_tokens",
            1000,
            1000,
            Decimal("0.1"),
            Decimal("0.1"),
            "acme",
        ),
        ("Acme", "Mixed", "own", "input_tokens", 1000, 1000, Decimal("0.5"), cap, "acme"),
        (
            "Acme",
            "Ｓtraße  7",
            "platform",
            "input_tokens",
            1000,
            1000,
            Decimal(1),
            Decimal(1),
            "acme",
        ),
        ("Acme", "Free", "platform", "input_tokens", 1000, 1000, zero, zero, "acme"),
        ("Acme", "Search", "any", "requests", 1, 1, Decimal("0.55"), Decimal("0.55"), "acme"),
    }


def test_a_rated_row_without_a_charge_is_in_the_daily_usage(golden: Golden) -> None:
    (n,) = (n for n, one in enumerate(CASES) if one.why.startswith("all zero is measured"))
    found = golden.workspace.sql(
        f"select events, credits, usd from daily_usage where org_id = 'org {n}'"
    )
    assert found == [(1, 0, 0)]


def test_copies_in_two_files_count_in_the_file_of_the_least_digest(workspace: Workspace) -> None:
    for n in range(4):
        workspace.log(f"{n}.parquet", row(), row(event_id=f"of file {n}"))
    workspace.run()
    found = workspace.sql("select file, outcome, rows from account order by all")
    files = sorted({file for file, _, _ in found})
    assert found == sorted(
        [(files[0], "rated", 2)]
        + [(file, outcome, 1) for file in files[1:] for outcome in ("duplicate", "rated")]
    )


CUT = "2026-02-03T12:00:00.000001"  # when the second card takes effect
LIMIT = "2026-02-11T00:00:00.000000"  # 24 hours after receipt
# (instant in UTC, to the microsecond), nanoseconds more, usage date in Berlin, card or reason
INSTANTS: list[tuple[str, int, str | None, str]] = [
    ("2026-02-03T12:00:00.000000", 0, "2026-02-03", "first"),
    ("2026-02-03T12:00:00.000000", 999, "2026-02-03", "first"),  # cut, never rounded
    (CUT, 0, "2026-02-03", "second"),
    (CUT, 999, "2026-02-03", "second"),
    ("2026-02-02T22:59:59.999999", 999, "2026-02-02", "first"),  # Berlin's midnight
    ("2026-02-02T23:00:00.000000", 0, "2026-02-03", "first"),
    ("2026-02-03T22:59:59.999999", 0, "2026-02-03", "second"),
    ("2026-02-03T23:00:00.000000", 1, "2026-02-04", "second"),
    ("2026-01-31T23:59:59.999999", 999, "2026-02-01", "no_rate_card"),
    ("2026-02-01T00:00:00.000000", 0, "2026-02-01", "first"),
    (LIMIT, 0, "2026-02-11", "second"),
    (LIMIT, 999, "2026-02-11", "second"),
    ("2026-02-11T00:00:00.000001", 0, None, "event_time_in_future"),
    ("1970-01-01T00:00:00.000000", 0, "1970-01-01", "no_rate_card"),
    ("1970-01-01T00:00:00.000000", -1, None, "missing_event_time"),
    ("1969-12-31T23:59:59.999999", 0, None, "missing_event_time"),
]


@pytest.fixture(scope="module", params=["ns", "us"])
def instants(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """One row per instant, in nanoseconds, or the same cut to microseconds."""
    folder = tmp_path_factory.mktemp("instants")
    book = write_card(folder / "book")
    write_card(book, card_id="second", effective_from=f"{CUT}Z")
    counts = [nanoseconds(text) + more for text, more, _, _ in INSTANTS]
    kind = pa.timestamp(request.param)
    column = pa.array([n if kind.unit == "ns" else n // 1000 for n in counts], pa.int64())
    rows = [row(event_time=None, event_id=f"{n}") for n in range(len(counts))]
    table = pa.Table.from_pylist(rows, SCHEMA).set_column(0, "event_time", column.cast(kind))
    workspace = Workspace(
        folder, (book,), given=RequestedSettings(timezone="Europe/Berlin", quarantine_limit="1")
    )
    write_log(workspace.inbox / "log.parquet", table.to_pylist(), table.schema)
    workspace.run()
    return workspace


def nanoseconds(text: str) -> int:
    since = datetime.fromisoformat(text).replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return since // MICROSECOND * 1000


def test_instants_fall_on_dates_and_cards_to_the_microsecond(instants: Workspace) -> None:
    rated = [(day, end) for _, _, day, end in INSTANTS if end in ("first", "second")]
    found = instants.sql("select cast(usage_date as varchar), rate_card, events from usage")
    assert Counter({(day, card): events for day, card, events in found}) == Counter(rated)
    quarantined = instants.sql(
        "select row_number, cast(usage_date as varchar), reason from quarantine order by all"
    )
    assert quarantined == [
        (at, day, end)
        for at, (_, _, day, end) in enumerate(INSTANTS)
        if end not in ("first", "second")
    ]


def test_a_quantity_beyond_bigint_fails_its_date_by_name(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a bound that small logs reach; the slow test below reaches the real one."""
    monkeypatch.setattr("pricing_assets.usage.staging.BIGINT_MAX", 1999)
    workspace.log("a.parquet", row(), row(event_id="e2"), row(event_id="e3", **yesterday()))
    workspace.log("b.parquet", row(event_id="e4", org_id="other"))
    beyond_bigint(workspace, "input_tokens of 'acme', llm_text_chat, Acme Chat sum up to 2000,")
    monkeypatch.undo()
    assert workspace.run().states() == {
        "2026-02-03": ("published", 1)
    }  # tried again, not forgotten


def yesterday() -> Row:
    return {"event_time": NOON - timedelta(days=1)}


def beyond_bigint(workspace: Workspace, said: str) -> None:
    """One date fails and says why; the other is published."""
    ran = workspace.run()
    assert ran.states() == {"2026-02-02": ("published", 1), "2026-02-03": ("failed", None)}
    (reason,) = (made.reason for made in ran.published if made.state == "failed")
    assert reason.startswith(said)
    assert workspace.sql("select distinct cast(usage_date as varchar) from charges") == [
        ("2026-02-02",)
    ]


@pytest.mark.slow
def test_ten_million_rows_of_the_most_beyond_bigint(workspace: Workspace) -> None:
    workspace.inbox.mkdir()
    workspace.log("yesterday.parquet", row(**yesterday()))
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        con.execute(
            "copy (select cast(n as varchar) as event_id, timestamp '2026-02-03 12:00:00' as"
            " event_time, 'acme' as org_id, 'llm_text_chat' as billing_type, 'Acme' as brand,"
            " 'Chat' as model, 'platform' as key_mode, 1000000000000 as input_tokens"
            " from range(9223373) as numbers (n)) to $file (format parquet)",
            {"file": str(workspace.inbox / "huge.parquet")},
        )
    beyond_bigint(
        workspace, f"input_tokens of 'acme', llm_text_chat, Acme Chat sum up to {9223373 * 10**12},"
    )
