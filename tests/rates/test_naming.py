"""Which printed name a logged one stands for: aliases, patterns, brands, and from when on each holds."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from pricing_assets.db import connection as duck
from pricing_assets.db.relations import register
from pricing_assets.rates import books as rates
from pricing_assets.rates.lookup import LoggedName, forces_of, look_up
from pricing_assets.rates.naming import naming_of
from pricing_assets.rates.patterns import pattern_of
from pricing_assets.rates.rates_csv import name_of
from pricing_assets.rates.relations import load_prices
from pricing_assets.rates.resolution import resolve_names
from tests.support.workspace import RATE_HEADER, write_card

PRINTED = "".join(
    f"llm,{brand},{model},platform,input_tokens,{price},1000\n"
    for brand, model, price in [
        ("OpenAI", "GPT-4o-128k", 1),
        ("OpenAI", "GPT-4o-mini-128k", 2),
        ("Anthropic", "Claude-4.5-Sonnet-200k", 3),
        ("Anthropic", "Large", 4),
        ("Mistral", "Large", 5),
        ("Mistral", "Small", 6),
        ("Azure", "GPT-4o-128k", 7),
    ]
)
ALIASES = """\
service,brand,alias,model,valid_from
# a comment: "not a line", of the table
llm,OpenAI,gpt-4o,GPT-4o-128k
llm,OpenAI,gpt-4o-YYYY-MM-DD,GPT-4o-128k,
llm,OpenAI,gpt-4o-2024-05-13,GPT-4o-mini-128k,2026-03-01T00:00:00Z
llm,OpenAI,gpt-4o-2024-11-20,Not printed
llm,Anthropic,anthropic.claude-sonnet-4-5-YYYYMMDD-vN:N,Claude-4.5-Sonnet-200k
llm,Anthropic,claude-sonnet-4-5@YYYYMMDD,Claude-4.5-Sonnet-200k
llm,Mistral,mistral-small*,Small
"""
BRANDS = """\
service,alias,brand,valid_from
llm,bedrock,Anthropic
llm,bedrock,Mistral,
llm,azure,OpenAI,2026-03-01T00:00:00Z
"""
FEBRUARY, MARCH = datetime(2026, 2, 28, 23, 59, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
CASES = [
    ("OpenAI", "GPT-4O", "GPT-4o-128k", "an alias, in any case"),
    ("openai", "gpt-4o-2024-08-06", "GPT-4o-128k", "a pattern with a date"),
    ("OpenAI", "gpt-4o-2024-13-06", None, "no date has a month 13"),
    ("OpenAI", "gpt-4o-2024-08-06-batch", None, "anchored: nothing may follow"),
    ("OpenAI", "gpt-4o-mini-2024-08-06", None, "nor come between"),
    ("OpenAI", "my-gpt-4o-2024-08-06", None, "nor come before"),
    ("OpenAI", "gpt-4o-2024-11-20", None, "one name wins over a pattern, printed or not"),
    ("Anthropic", "anthropic.claude-sonnet-4-5-20250929-v1:0", "Claude-4.5-Sonnet-200k", "both"),
    ("Anthropic", "anthropic.claude-sonnet-4-5-20250929", None, "both or none"),
    ("Anthropic", "claude-sonnet-4-5@20250929", "Claude-4.5-Sonnet-200k", "Vertex"),
    ("Anthropic", "mistral-small-2503", None, "of another brand"),
    ("Mistral", "mistral-small-2503", "Small", "anything may follow"),
    ("Mistral", "Mistral-Small", "Small", "or nothing"),
    ("bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0", "Claude-4.5-Sonnet-200k", "a brand"),
    ("Bedrock", "mistral-small-latest", "Small", "its other brand"),
    ("bedrock", "Large", None, "both brands print it: none is guessed"),
    ("bedrock", "gpt-4o", None, "a brand that it does not stand for"),
    ("azure", "gpt-4o-128k", "GPT-4o-128k", "printed of its own brand"),
    ("azure", "gpt-4o", None, "not before March"),
    ("vertex", "Small", None, "an unknown brand"),
]


def book_of(folder: Path, aliases: str = ALIASES, brands: str = BRANDS) -> Path:
    book = write_card(folder, PRINTED)
    (book / "aliases.csv").write_text(aliases, encoding="utf-8")
    (book / "brands.csv").write_text(brands, encoding="utf-8")
    return book


@pytest.mark.parametrize(("brand", "model", "printed", "why"), CASES)
def test_a_logged_name_stands_for_a_printed_one(
    tmp_path: Path, brand: str, model: str, printed: str | None, why: str
) -> None:
    (book,) = rates.load([book_of(tmp_path / "book")]).books
    found = book.find(book.cards[0], name_of("llm", brand, model), FEBRUARY)
    assert (book.cards[0].printed[found][1] if found else None) == printed, why


def test_a_line_holds_from_its_instant_on(tmp_path: Path) -> None:
    loaded = rates.load([book_of(tmp_path / "book")])
    (book,) = loaded.books
    (card,) = book.cards
    dated, azure = name_of("llm", "OpenAI", "gpt-4o-2024-05-13"), name_of("llm", "Azure", "gpt-4o")
    openai = name_of("llm", "OpenAI", "GPT-4o-128k")
    assert book.find(card, dated, FEBRUARY) == openai  # by the pattern
    assert book.find(card, dated, MARCH) == name_of("llm", "OpenAI", "GPT-4o-mini-128k")
    assert [book.find(card, azure, at) for at in (FEBRUARY, MARCH)] == [None, openai]
    assert MARCH in loaded.price_boundaries()


@pytest.mark.parametrize("until", [FEBRUARY, MARCH], ids=["before", "also after"])
@pytest.mark.parametrize(
    ("brand", "model", "lines", "named"),
    [
        ("azure", "gpt-4o", "", "line 4 of brands.csv"),
        ("OpenAI", "best", "llm,OpenAI,best,GPT-4o-128k,2026-03-01T00:00:00Z\n", "line 10 of aliases.csv"),
        (
            "azure",
            "best",
            "llm,OpenAI,best,GPT-4o-128k,2026-03-01T00:00:00Z\n",
            "line 10 of aliases.csv and line 4 of brands.csv",
        ),
    ],
)  # fmt: skip
def test_a_line_that_holds_too_late_is_to_be_appended_with_an_earlier_instant(
    tmp_path: Path, brand: str, model: str, lines: str, named: str, until: datetime
) -> None:
    """No card lacks what the line stands for; and what is said prices the name."""
    book = book_of(tmp_path / "book", ALIASES + lines)
    asked = LoggedName("llm", brand, model, (FEBRUARY, until))
    held = look_up(asked, forces_of(rates.load([book]))).held
    since = "2026-02-28T23:59:00Z"
    assert held == (
        "card 'first' prints it, by lines of names that hold from a later instant on; append"
        f" {named} once more, with a valid_from of {since} or before"
    )
    for part in named.split(" and "):
        file = book / part.split()[-1]
        line = file.read_text().splitlines()[int(part.split()[1]) - 1]
        file.write_text(file.read_text() + line.rpartition(",")[0] + f",{since}\n")
    (loaded,) = rates.load([book]).books
    found = loaded.find(loaded.cards[0], name_of("llm", brand, model), FEBRUARY)
    assert found == name_of("llm", "OpenAI", "GPT-4o-128k")


def test_a_run_resolves_names_as_a_book_does(tmp_path: Path) -> None:
    """The statement for all names of a run, held against `Book.find`, name by name and instant by
    instant; and the lines that it names lead there."""
    loaded = rates.load([book_of(tmp_path / "book")])
    (book,) = loaded.books
    (card,) = book.cards
    instants = (FEBRUARY, MARCH)
    asked = [
        (at.replace(tzinfo=None), "llm", brand, model)
        for at in instants
        for brand, model, *_ in CASES
    ]
    with duck.connection() as con:
        load_prices(con, loaded)
        schema = {"rates_from": pl.Datetime("us")} | dict.fromkeys(
            ("service", "line_brand", "line_model"), pl.String
        )
        register(con, "name_requests", pl.DataFrame(asked, schema=schema, orient="row").unique())
        resolve_names(con)
        rows = con.sql(
            "select rates_from, brand, model, brand_key, model_key, name_lines from resolved_names"
        ).fetchall()
    found = {
        (at.replace(tzinfo=UTC), brand, model): ((brand_key, model_key), lines)
        for at, brand, model, brand_key, model_key, lines in rows
    }
    assert len(found) == len(rows)
    for at in instants:
        for brand, model, *_ in CASES:
            (brand_key, model_key), lines = found.get((at, brand, model), ((None, None), []))
            expected = book.find(card, name_of("llm", brand, model), at)
            assert (expected[1:] if expected else (None, None)) == (brand_key, model_key), model
            alone = naming_of(loaded.name_lines[line].fields for line in lines)
            assert alone.find(name_of("llm", brand, model), card.printed, at) == expected


FAULTS = [
    ("llm,OpenAI,gpt*4o,GPT-4o-128k", "has a '*' that is not its last character"),
    ("llm,OpenAI,*,GPT-4o-128k", "would match names of every model"),
    ("llm,OpenAI,-YYYYMMDD,GPT-4o-128k", "would match names of every model"),
    (
        "llm,OpenAI,gpt-4o-2024*,GPT-4o-mini-128k",
        "matches names that 'gpt-4o-YYYY-MM-DD' in line 4",
    ),
    ("llm,OpenAI,gpt-4o-new,GPT-4o-128k,March", "valid_from 'March' is not an instant"),
    ("llm,OpenAI,gpt-4o-new,GPT-4o-128k,2026-03-01T00:00:00", "has no offset"),
    ("llm,OpenAI,gpt-4o,GPT-4o-mini-128k", "already names 'GPT-4o-128k' in line 3"),
]


@pytest.mark.parametrize(("line", "message"), FAULTS)
def test_a_line_that_could_be_read_in_two_ways_stops_the_book(
    tmp_path: Path, line: str, message: str
) -> None:
    _, found = rates.read([book_of(tmp_path / "book", f"{ALIASES}{line}\n")])
    assert [finding.line for finding in found] == [10]
    assert message in str(found[0])


@pytest.mark.parametrize(
    ("one", "another", "overlap"),
    [
        ("a*", "ab*", True),
        ("ab*", "ac*", False),
        ("a-YYYYMMDD", "a-YYYY-MM-DD", False),
        ("a-YYYYMMDD", "a-YYYYMMDD-vN:N", False),
        ("a-YYYYMMDD", "a-2025*", True),
        ("a-YYYYMMDD", "a-1925*", False),
        ("a-vN:N", "a-v12*", True),
        ("a-20250929-vN:N", "a-YYYYMMDD-vN:N", True),
        ("a@YYYYMMDD", "a-YYYYMMDD", False),
    ],
)
def test_patterns_overlap_where_some_name_matches_both(
    one: str, another: str, overlap: bool
) -> None:
    patterns = [pattern_of(text) for text in (one, another)]
    assert patterns[0]
    assert patterns[1]
    assert patterns[0].overlaps(patterns[1]) is overlap
    assert patterns[1].overlaps(patterns[0]) is overlap


def test_two_books_may_not_hold_a_name_by_a_pattern_or_a_brand(tmp_path: Path) -> None:
    first = book_of(tmp_path / "a")
    for name, line in (
        ("pattern", "llm,OpenAI,gpt-4o-2024-08-06,platform,input_tokens,1,1000\n"),
        ("brand", "llm,bedrock,Small,platform,input_tokens,1,1000\n"),
    ):
        second = tmp_path / name
        (second / "card").mkdir(parents=True)
        (second / "card" / "card.toml").write_text(
            next(first.glob("*/card.toml")).read_text().replace("first", name)
        )
        (second / "card" / "rates.csv").write_text(RATE_HEADER + line)
        _, (finding,) = rates.read([first, second])
        assert finding.rule == "priced_by_two_books"
