"""The calculators: the page's own examples, golden estimates, and the laws of budgets."""

import hashlib
import json
import shlex
import socket
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from pipelines.cli.app import main
from pricing_assets.common.decimals import BIGINT_MAX, exact_sum
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.estimate import offer as estimate
from pricing_assets.estimate import tokens
from pricing_assets.rates import BUILT_IN, Rates, book_folder, load
from tests.support.workspace import CAP, NOON, RATES, Workspace, of, row, write_aliases, write_card

ROOT = Path(__file__).parents[2]
PAGE = load([book_folder(BUILT_IN[0])])
BUDGET = Decimal(1000)
METERS = st.sampled_from([("Chat", "input_tokens"), ("Ear", "audio_ms"), ("Search", "requests")])
PRICES = st.decimals("0.000000001", "999999999.999999999", places=9)
BUDGETS = st.decimals(0, 10**12, places=11)


def of_page(model: str, **named: Any) -> estimate.Offer:
    return estimate.offer(PAGE, model, at=named.pop("at", NOON), **named)


def credits(lines: tuple[estimate.CostLine, ...]) -> Decimal:
    return exact_sum(line.credits for line in lines)


def no_network(*_: object, **__: object) -> NoReturn:
    raise AssertionError("something reached for the network")


# The page's own examples.


def test_1000_credits_are_10_dollars_are_4545454_input_tokens() -> None:
    gpt = of_page("GPT-4.1-1M", brand="OpenAI")
    assert credits(gpt.cost({"input_tokens": 1000})) == Decimal("0.22")
    assert gpt.buys("input_tokens", Decimal(1000)) == 4_545_454
    assert gpt.buys("input_tokens", Decimal(10), in_usd=True) == 4_545_454


def test_an_image_of_2000_by_500_px_has_4_tiles_and_765_tokens() -> None:
    assert tokens.image_tokens(2000, 500) == (4, 765)


@pytest.mark.parametrize(
    "name, unit, least, most",
    [  # as the page prints them, for 4,545,454 tokens
        ("English", "characters", 18_000_000, 18_000_000),
        ("English", "words", 3_500_000, 3_500_000),
        ("Chinese", "characters", 3_000_000, 4_500_000),
        ("Japanese", "characters", 3_000_000, 4_500_000),
        ("Korean", "characters", 3_000_000, 4_500_000),
        ("Thai", "characters", 3_000_000, 4_500_000),
        ("French", "words", 3_800_000, 3_800_000),
        ("German", "words", 3_800_000, 3_800_000),
        ("Russian", "words", 3_800_000, 3_800_000),
        ("Arabic", "words", 3_800_000, 3_800_000),
    ],
)
def test_the_conversion_table_is_within_2_percent_of_the_page(
    name: str, unit: str, least: int, most: int
) -> None:
    held = tokens.language(name).holds(unit, 4_545_454)
    assert held is not None
    for ours, printed in zip(held, (least, most), strict=True):
        assert abs(ours - printed) * 100 <= 2 * printed


def test_where_the_table_of_the_page_prints_no_words_there_are_none() -> None:
    for name in ("Chinese", "Japanese", "Korean", "Thai"):
        assert tokens.language(name).holds("words", 4_545_454) is None


# Golden estimates.


@pytest.mark.parametrize(
    "model, named, quantities, total",
    [
        ("GPT-4o-128k", {"brand": "OpenAI"}, {"input_tokens": 10, "output_tokens": 3}, "0.00555"),
        ("GPT-4o-128k", {"brand": "Azure"}, {"image_tokens": 765}, "0.172125"),
        # own key: 0.02 a thousand input tokens is capped at 0.01, 0.08 for output is not
        (
            "GPT-4.1-1M",
            {"brand": "OpenAI", "key_mode": "own"},
            {"input_tokens": 1000, "output_tokens": 1000, "image_tokens": 1000},
            "0.1",
        ),
        ("Whisper Large-V3", {}, {"audio_ms": 90_000}, "1.32"),
        ("Azure-Speech", {}, {"audio_ms": 1}, "0.000069443"),  # 4.1666 / 60000 = 0.0000694433…
        ("CosyVoice", {"type": "tts_generation"}, {"characters": 1}, "0.00044"),
        ("text-embedding-3-small", {}, {"input_tokens": 1}, "0.0000024"),
        ("Jina-Reranker-m0", {"key_mode": "own"}, {"input_tokens": 15}, "0.0000015"),
        ("Omni-moderation", {}, {"requests": 7}, "0.0007"),
        ("Vector Storage", {"key_mode": "own"}, {"stored_tokens": 2_000_000}, "2"),
        ("ERNIE-Speed-128K", {}, {"input_tokens": BIGINT_MAX}, "0"),  # a price of 0 is a price
        ("  ＧＰＴ-4.1-mini-1m", {"brand": "openai"}, {"output_tokens": 1000}, "0.176"),  # folded
        ("GPT-Mini-Audio", {}, {"input_tokens": 1000}, "1.1"),  # an alias of the misprinted name
        ("Gemma-3-27b", {"key_mode": "own"}, {"output_tokens": 5}, "0"),
        # zero is a quantity, and costs nothing where another one is not offered
        ("Gemma-3-27b", {"key_mode": "own"}, {"input_tokens": 0, "output_tokens": 0}, "0"),
    ],
)
def test_quantities_cost_what_the_page_says(
    model: str, named: dict[str, str], quantities: dict[str, int], total: str
) -> None:
    named = {"service" if name == "type" else name: value for name, value in named.items()}
    lines = of_page(model, **named).cost(quantities)
    assert credits(lines) == Decimal(total)
    assert exact_sum(line.usd for line in lines) == Decimal(total) / 100


@pytest.mark.parametrize(
    "quantity, total",
    [(499, 0), (500, 0), (501, 1), (1500, 2), (2500, 2), (2501, 3), (3500, 4)],  # billionths
)
def test_an_estimate_rounds_half_to_even_once(tmp_path: Path, quantity: int, total: int) -> None:
    book = write_card(tmp_path / "book", "llm,Acme,Chat,any,input_tokens,0.000000001,1000\n")
    lines = estimate.offer(load([book]), "chat", at=NOON).cost({"input_tokens": quantity})
    assert credits(lines) == Decimal(total).scaleb(-9)


def test_an_estimate_is_the_charge(workspace: Workspace) -> None:
    cases = [
        ("input_tokens", row(input_tokens=12_345_678_901)),
        ("output_tokens", of("llm_text_chat", "ACME", "chat", output_tokens=7, key_mode="own")),
        ("stored_tokens", of("knowledge_storage", None, None, stored_tokens=999_999_937)),
        ("requests", of("tools_invocation", "Acme", "Search", requests=3)),
    ]
    workspace.log("a.parquet", *(made | {"event_id": meter} for meter, made in cases))
    workspace.run()
    charged = {
        meter: rest for meter, *rest in workspace.sql("select meter, credits, usd from charges")
    }
    rates = load(workspace.books)
    for meter, made in cases:
        offer = estimate.offer(
            rates,
            made["model"] or "Vector Storage",
            at=made["event_time"],
            brand=made["brand"] or "",
            service=made["billing_type"],
            key_mode=made["key_mode"],
        )
        (line,) = offer.cost({meter: made[meter]})
        assert [line.credits, line.usd] == charged[meter]


def test_the_card_in_force_at_the_instant_decides(tmp_path: Path) -> None:
    book = write_card(tmp_path / "book")
    dearer = RATES.replace("platform,input_tokens,0.22", "platform,input_tokens,0.33")
    write_card(book, dearer, "second", effective_from="2026-02-03T12:00:00Z")
    rates = load([book])
    for at, card, price in [
        (datetime(2026, 2, 3, 11, 59, 59, 999_999, tzinfo=UTC), "first", "0.22"),
        (datetime.fromisoformat("2026-02-03T12:00:00"), "second", "0.33"),  # no zone: UTC
        (datetime.fromisoformat("2026-02-03T13:30:00+02:00"), "first", "0.22"),
    ]:
        offer = estimate.offer(rates, "Chat", at=at)
        assert offer.card.id == card
        assert offer.prices["input_tokens"].price == Decimal(price)


def test_an_alias_of_the_book_names_the_printed_model(tmp_path: Path) -> None:
    book = write_card(tmp_path / "book")
    write_aliases(book, "llm,Acme,Talk,Chat\n")
    offer = estimate.offer(load([book]), "TALK", at=NOON)
    assert (offer.brand, offer.model) == ("Acme", "Chat")


# What cannot be estimated says why.


@pytest.mark.parametrize(
    "model, named, quantities, said",
    [
        (
            "GPT-4.1-2M",
            {"brand": "OpenAI"},
            {},
            "Z prints 'OpenAI GPT-4.1-2M'; the nearest printed name is OpenAI GPT-4.1-1M",
        ),
        ("Wisper Large-V3", {}, {}, "the nearest printed name is OpenAI Whisper Large-V3"),
        ("GPT-4.1-1M", {}, {}, "llm Azure GPT-4.1-1M, llm OpenAI GPT-4.1-1M; give the brand"),
        ("GPT-4.1-1M", {"service": "chat"}, {}, "type 'chat' must be llm, asr"),
        ("GPT-4.1-1M", {"key_mode": "Own"}, {}, "must be platform or own"),
        (
            "GPT-4.1-1M",
            {"at": datetime(2026, 1, 31, microsecond=5, tzinfo=UTC)},
            {},
            "in force at 2026-01-31T00:00:00Z; the first begins at 2026-02-01T00:00:00Z",
        ),
        (
            "Gemma-3-27b",
            {},
            {"input_tokens": 1},
            "not offered (printed -) in key mode platform of card 2026-02-01;"
            " the nearest with a price is Google Gemini-3.0-Flash",
        ),
        ("Gemma-3-27b", {}, {"input_tokens": 0}, "not offered"),
        ("CosyVoice", {}, {"input_tokens": 1}, "tts meters characters, not input_tokens"),
        ("CosyVoice", {}, {}, "no quantity is given; tts meters characters"),
        ("CosyVoice", {}, {"characters": -1}, "characters is an integer from 0"),
        ("CosyVoice", {}, {"characters": 1.0}, "characters is an integer from 0"),
        ("CosyVoice", {}, {"characters": BIGINT_MAX + 1}, "characters is an integer from 0"),
    ],
)
def test_what_has_no_price_is_a_clear_error(
    model: str, named: dict[str, Any], quantities: dict[str, int], said: str
) -> None:
    with pytest.raises(ConfigurationError) as error:
        of_page(model, **named).cost(quantities)
    assert said in str(error.value)


def test_a_meter_without_a_row_has_no_price(tmp_path: Path) -> None:
    book = write_card(tmp_path / "book", "llm,Acme,Chat,own,input_tokens,1,1000\n")
    offer = estimate.offer(load([book]), "Chat", at=NOON, key_mode="own")
    with pytest.raises(ConfigurationError, match="output_tokens of Acme Chat has no price in key"):
        offer.cost({"input_tokens": 1, "output_tokens": 1})


def test_a_budget_that_cannot_be_spent_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="0 or more"):
        of_page("CosyVoice").buys("characters", Decimal(-1))
    book = write_card(tmp_path / "book")
    card = book / "card first" / "card.toml"
    card.write_text(card.read_text().replace('"0.01"', '"0"', 1))
    offer = estimate.offer(load([book]), "Chat", at=NOON)
    with pytest.raises(ConfigurationError, match=r"a credit costs \$0 in card first"):
        offer.buys("input_tokens", BUDGET, in_usd=True)
    assert offer.buys("input_tokens", BUDGET) == 4_545_454


def test_a_price_of_zero_has_no_limit() -> None:
    assert of_page("ERNIE-Speed-128K").buys("input_tokens", BUDGET) is None


# The laws of budgets.


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Rates:
    rates = RATES + "asr,Acme,Ear,any,audio_ms,1,60000\n"
    return load([write_card(tmp_path_factory.mktemp("book") / "book", rates, cap=CAP)])


def offer_at(rates: Rates, model: str, price: Decimal, usd_per_credit: str) -> estimate.Offer:
    """The model at another price, and a credit at another worth."""
    book = rates.books[0]
    card = book.cards[0]
    priced = tuple(replace(rate, credits=price) for rate in card.rates)
    card = replace(card, rates=priced, usd_per_credit=Decimal(usd_per_credit))
    return estimate.offer(Rates((replace(book, cards=(card,)),)), model, at=NOON)


# 1500 tokens would be 1.5 billionths, which round to 2: above a budget of 1.
@example(("Chat", "input_tokens"), Decimal("1E-9"), Decimal("1E-9"), "0.01", False)
@example(("Chat", "input_tokens"), Decimal("1E-9"), Decimal("2E-9"), "0.01", False)
@example(("Chat", "input_tokens"), Decimal("1E-9"), Decimal(0), "0.01", True)
@settings(deadline=None)
@given(
    meter=METERS,
    price=PRICES,
    budget=BUDGETS,
    usd_per_credit=st.sampled_from(["0.01", "0.0095", "0.03", "0.333333333", "7"]),
    in_usd=st.booleans(),
)
def test_what_a_budget_buys_is_within_it_and_one_unit_more_is_not(
    small: Rates,
    meter: tuple[str, str],
    price: Decimal,
    budget: Decimal,
    usd_per_credit: str,
    in_usd: bool,
) -> None:
    model, name = meter
    offer = offer_at(small, model, price, usd_per_credit)
    units = offer.buys(name, budget, in_usd=in_usd)
    assert units is not None
    assume(units < BIGINT_MAX)
    (within,), (beyond,) = offer.cost({name: units}), offer.cost({name: units + 1})
    assert (within.usd if in_usd else within.credits) <= budget
    assert (beyond.usd if in_usd else beyond.credits) > budget


@settings(deadline=None)
@given(
    meter=METERS,
    price=PRICES,
    quantity=st.integers(0, BIGINT_MAX),
)
def test_a_cost_is_the_rounded_product(
    small: Rates, meter: tuple[str, str], price: Decimal, quantity: int
) -> None:
    model, name = meter
    (line,) = offer_at(small, model, price, "0.01").cost({name: quantity})
    wide = Context(prec=100, rounding=ROUND_HALF_EVEN)
    exact = wide.divide(wide.multiply(Decimal(quantity), price), Decimal(line.per))
    assert line.credits == exact.quantize(Decimal("1E-9"), context=wide)
    assert line.usd == wide.multiply(line.credits, Decimal("0.01"))


# Tokens of text.


@pytest.mark.parametrize(
    "name, unit, count, least, most",
    [
        ("English", "characters", 4000, 1000, 1000),
        ("en", "characters", 5, 2, 2),  # a part of a token counts whole
        ("ENGLISH", "words", 1000, 1300, 1300),
        ("Chinese", "characters", 3000, 3000, 4500),
        ("ja", "characters", 1, 1, 2),
        ("Korean", "characters", 10, 10, 15),
        ("th", "characters", 10, 10, 15),
        ("French", "characters", 1200, 300, 400),
        ("Spanish", "characters", 1200, 300, 400),
        ("German", "characters", 1200, 300, 400),
        ("Russian", "characters", 1200, 300, 400),
        ("Arabic", "characters", 1200, 300, 400),
        ("Hebrew", "characters", 1200, 300, 400),
        ("French", "words", 1000, 1200, 1200),
        ("de", "words", 1000, 1200, 1200),
        ("Russian", "words", 5, 6, 6),
        ("ar", "words", 10**18, 12 * 10**17, 12 * 10**17),  # exact: no float in between
    ],
)
def test_tokens_of_text_follow_the_page(
    name: str, unit: str, count: int, least: int, most: int
) -> None:
    assert tokens.language(name).tokens(unit, count) == (least, most)


@pytest.mark.parametrize("name", ["Chinese", "Japanese", "Korean", "Thai", "Spanish", "Hebrew"])
def test_words_without_a_rule_are_an_error_that_names_what_the_page_gives(name: str) -> None:
    said = f"no tokens per word of {name}, only of English, French, German, Russian or Arabic"
    with pytest.raises(ConfigurationError, match=f"{said}; for {name} give characters"):
        tokens.language(name).tokens("words", 1)


def test_a_language_without_a_rule_is_an_error_that_names_what_the_page_gives() -> None:
    with pytest.raises(ConfigurationError, match=r"'Italian'; the page gives English \(en\), Chin"):
        tokens.language("Italian")


@pytest.mark.parametrize("sides", [(0, 1), (1, 0), (-1, 512), (1_000_001, 1)])
def test_an_image_without_a_side_is_an_error(sides: tuple[int, int]) -> None:
    with pytest.raises(ConfigurationError, match="sides are 1 to 1,000,000 px"):
        tokens.image_tokens(*sides)


# tiktoken, which is not a dependency.

TIKTOKEN = """
class Encoding:
    def __init__(self, name, *, pat_str, mergeable_ranks, special_tokens):
        self.ranks = mergeable_ranks
    def encode_ordinary(self, text):
        return [self.ranks[letter.encode()] for letter in text]
"""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """tiktoken stands installed, with this cache for its data, and there is no network."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "tiktoken.py").write_text(TIKTOKEN)
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.delitem(sys.modules, "tiktoken", raising=False)
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(socket, "socket", no_network)
    (tmp_path / "cache").mkdir()
    return tmp_path / "cache"


def test_text_is_counted_by_tiktoken_where_its_data_is_at_hand(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = b"YQ== 0\nYg== 1\n"
    monkeypatch.setattr(tokens, "O200K_SHA256", hashlib.sha256(data).hexdigest())
    (cache / "fb374d419588a4632f3f557e76b4b70aebbca790").write_bytes(data)
    assert tokens.count_tokens("abba") == 4


def test_text_is_not_counted_where_the_data_is_missing_or_broken(cache: Path) -> None:
    assert tokens.count_tokens("abba") is None
    assert not list(cache.iterdir())
    broken = cache / "fb374d419588a4632f3f557e76b4b70aebbca790"
    broken.write_bytes(b"YQ== 0\n")
    assert tokens.count_tokens("abba") is None
    assert broken.read_bytes() == b"YQ== 0\n"


def test_text_is_not_counted_without_tiktoken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tiktoken", None)
    monkeypatch.setattr(socket, "socket", no_network)
    assert tokens.count_tokens("abba") is None


# The command.


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a letter to count, and no data of tiktoken at hand."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "none"))
    (tmp_path / "letter.txt").write_text("Chère Claire, la facture est payée.\n", encoding="utf-8")
    return tmp_path


def examples() -> list[tuple[str, str]]:
    """Every command of the page of documentation, with what the page says that it prints."""
    page = (ROOT / "docs" / "estimate.md").read_text(encoding="utf-8")
    blocks = [block.split("```")[0] for block in page.split("```console\n")[1:]]
    return [
        (command.strip(), said.rstrip())
        for block in blocks
        for command, _, said in (part.partition("\n") for part in block.split("$ ")[1:])
    ]


def test_the_documentation_shows_what_is_printed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = examples()
    assert {command.split()[2] for command, _ in shown} == {"credits", "budget", "tokens"}
    for command, said in shown:
        code = main(shlex.split(command)[1:])
        printed = capsys.readouterr()
        lines = [line.rstrip() for line in (printed.out + printed.err).splitlines()]
        assert "\n".join(lines) == said, command
        assert code == (2 if "✗" in said else 0), command


def test_the_python_of_the_documentation_says_what_it_gives(folder: Path) -> None:
    import doctest

    page = ROOT / "docs" / "estimate.md"
    found = doctest.testfile(str(page), module_relative=False, encoding="utf-8")
    assert found.attempted
    assert not found.failed


@pytest.mark.parametrize(
    "arguments, said",
    [
        ("credits CosyVoice --characters 1.5", "--characters '1.5': write a whole number"),
        ("credits CosyVoice --characters 0x10", "--characters '0x10': write a whole number"),
        ("credits CosyVoice --characters -1", "--characters '-1': write a whole number"),
        ("credits CosyVoice --at yesterday", "--at 'yesterday' is not an instant; write it like"),
        ("credits CosyVoice --at 0001-01-01T00:00+12:00", "outside the years 1 to 9999"),
        ("credits GPT-Audio --brand Azure --image 2000*500", "write width x height in px"),
        ("credits CosyVoice --rates no/such/book", "'no/such/book' is not a folder"),
        ("budget CosyVoice", "give the budget as --credits or as --usd"),
        ("budget CosyVoice --credits 1 --usd 1", "give the budget as --credits or as --usd"),
        ("budget CosyVoice --usd 1e3", "budget '1e3': write a plain decimal"),
        (
            "budget CosyVoice --usd 0.123456789012",
            "at most 18 digits before and 11 after the point",
        ),
        ("budget CosyVoice --usd NaN", "budget 'NaN': write a plain decimal"),
        ("budget CosyVoice --usd 1 --languages", "--languages needs a price of input tokens"),
        ("tokens", "give --characters, --words, --text or --image"),
        ("tokens --words 5", "words: add their --language"),
        ("tokens --text letter.txt", "characters of letter.txt: add their --language"),
        ("tokens --text no.txt", "--text no.txt: not a UTF-8 file to read"),
    ],
)
def test_wrong_usage_exits_2_and_says_what_to_write(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: str, said: str
) -> None:
    assert main(["estimate", *arguments.split()]) == 2
    printed = capsys.readouterr()
    assert said in printed.err
    assert not printed.out


def test_json_holds_decimals_as_digits(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["estimate", "credits", "CosyVoice", "--characters", "0", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["total"] == {"credits": "0.000000000", "usd": "0.00000000000"}
    assert main(["estimate", "budget", "ERNIE-Speed-128K", "--usd", "1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [line["units"] for line in found["buys"]] == [None, None]


def test_estimates_load_nothing_heavy() -> None:
    code = (
        "import sys; from pipelines.cli.app import main;"
        " main('estimate budget CosyVoice --usd 1'.split());"
        " print({'duckdb', 'polars', 'dagster', 'pyarrow', 'pandas'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == "set()", done.stderr
