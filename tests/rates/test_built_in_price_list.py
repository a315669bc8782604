"""The price list as it is printed: counts, texts and names, read with the standard library only.
How cards are validated, matched and applied is tested elsewhere."""

import csv
import tomllib
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from unicodedata import normalize

import pytest

BOOK = Path(__file__).parents[2] / "pricing_assets" / "rate_cards"
CARD = BOOK / "2026-02-01"
CAP = {"input_tokens": Decimal("0.01"), "output_tokens": Decimal("0.1")}


def lines(path: Path) -> list[str]:
    """The file's lines, from strict UTF-8 with LF line ends."""
    text = path.read_bytes().decode("utf-8")
    assert text.endswith("\n")
    assert "\r" not in text
    assert not text.startswith("\ufeff")
    return text.removesuffix("\n").split("\n")


def rows(path: Path) -> list[dict[str, str]]:
    """One dict per line below the header."""
    return list(csv.DictReader(lines(path), strict=True))


def fold(name: str) -> str:
    """A name as it is compared."""
    return " ".join(normalize("NFKC", name).split()).casefold()


RATES = rows(CARD / "rates.csv")


def test_the_files_have_their_headers() -> None:
    assert lines(CARD / "rates.csv")[0] == "service,brand,model,key_mode,meter,credits,per"
    assert lines(BOOK / "aliases.csv")[0] == "service,brand,alias,model"


def test_the_card_says_since_when_and_from_where() -> None:
    card = tomllib.loads("\n".join(lines(CARD / "card.toml")))
    assert card.pop("source").count("Service, Credit & Pricing") == 1
    assert card == {
        "id": "2026-02-01",
        "effective_from": datetime(2026, 2, 1, tzinfo=UTC),
        "published_at": datetime(2026, 2, 1, tzinfo=UTC),
        "usd_per_credit": "0.01",
        "own_key_cap": {"llm": {"input_tokens": "0.01", "output_tokens": "0.1"}},
    }


def test_every_price_of_the_page_is_a_row() -> None:
    assert len(RATES) == 431
    assert Counter(row["service"] for row in RATES) == {
        "llm": 98 * 4,
        "embedding": 5 * 2,
        "rerank": 3 * 2,
        "asr": 5 * 2,
        "tts": 5 * 2,
        "moderation": 1 * 2,
        "storage": 1,
    }


def test_sections_follow_the_page() -> None:
    order = list(dict.fromkeys(row["service"] for row in RATES))
    assert order == ["llm", "embedding", "rerank", "asr", "tts", "moderation", "storage"]


def test_llm_models_per_brand() -> None:
    models = {(row["brand"], row["model"]) for row in RATES if row["service"] == "llm"}
    assert Counter(brand for brand, _ in models) == {
        "OpenAI": 14,
        "Azure": 12,
        "百度": 3,
        "Meta": 5,
        "Ali": 11,
        "Mistral": 5,
        "智谱": 7,
        "Anthropic": 10,
        "Tencent": 4,
        "Google": 10,
        "日日新": 1,
        "DeepSeek": 2,
        "月之暗面": 5,
        "xAI": 5,
        "Seed": 4,
    }


def test_each_section_has_its_meter_unit_and_key_modes() -> None:
    found = {(r["service"], r["key_mode"], r["meter"], r["per"]) for r in RATES}
    both = ("platform", "own")
    assert found == {
        *(("llm", mode, meter, "1000") for mode in both for meter in CAP),
        *(("embedding", mode, "input_tokens", "1000") for mode in both),
        *(("rerank", mode, "input_tokens", "1000") for mode in both),
        *(("asr", mode, "audio_ms", "60000") for mode in both),
        *(("tts", mode, "characters", "1000") for mode in both),
        *(("moderation", mode, "requests", "1") for mode in both),
        ("storage", "any", "stored_tokens", "1000"),
    }


@pytest.mark.parametrize(
    "line",
    [
        "llm,OpenAI,GPT-4.1-1M,platform,input_tokens,0.22,1000",  # the FAQ's own example
        "llm,OpenAI,GPT-5.0-Mini-400k,platform,output_tokens,0.2200,1000",  # trailing zeros stay
        "llm,OpenAI,GPT-5.0-Mini-400k,own,input_tokens,0.0125,1000",  # above the cap, as printed
        "llm,OpenAI,GPT-Mini-Auido,own,output_tokens,0.1,1000",  # misspelled, as printed
        "llm,Azure,GPT-5.2-400k,own,input_tokens,0.002500,1000",
        "llm,Azure,Computer-Use Agent,platform,output_tokens,1.32,1000",  # a model of two words
        "llm,百度,ERNIE-Speed-128K,platform,input_tokens,0,1000",  # a price of 0 is a price
        "llm,Mistral,mistral-large-latest,platform,input_tokens,0.880,1000",
        "llm,智谱,GLM-5.0-Thingking-200K,platform,output_tokens,0.3457,1000",
        "llm,Google,Gemini-3.0-Pro-Image,platform,output_tokens,13.2,1000",  # the highest price
        "llm,Google,Gemma-3-27b,platform,input_tokens,-,1000",  # not offered
        "llm,Google,Gemma-3-27b,own,input_tokens,0,1000",  # but free with an own key
        "llm,Seed,Seed-1.6-Flash-Thinking-256K,own,output_tokens,0.003,1000",  # the last LLM
        "embedding,OpenAI,text-embedding-ada-002,platform,input_tokens,0.0120,1000",
        "embedding,Ali,text-embedding-v3,own,input_tokens,0.0007,1000",
        "rerank,NetEase BCE,BCE-Rerank,platform,input_tokens,0.0012,1000",  # a brand of two words
        "rerank,Baai BGE,BGE-Rerank,own,input_tokens,0.0001,1000",
        "asr,OpenAI,Whisper Large-V2,platform,audio_ms,0.66,60000",
        "asr,Azure,Azure-Speech,platform,audio_ms,4.1666,60000",
        "tts,Azure,Speech,platform,characters,1.65,1000",
        "tts,Minimax,Voice,own,characters,0.044,1000",
        "moderation,OpenAI,Omni-moderation,platform,requests,0.0001,1",
        "storage,,Vector Storage,any,stored_tokens,0.001,1000",
    ],
)
def test_each_line_checked_by_hand_is_printed_once(line: str) -> None:
    assert lines(CARD / "rates.csv").count(line) == 1


def test_the_four_prices_of_a_model_follow_the_page() -> None:
    start = lines(CARD / "rates.csv").index(
        "llm,OpenAI,GPT-4o-128k,platform,input_tokens,0.225,1000"
    )
    assert lines(CARD / "rates.csv")[start : start + 4] == [
        "llm,OpenAI,GPT-4o-128k,platform,input_tokens,0.225,1000",
        "llm,OpenAI,GPT-4o-128k,platform,output_tokens,1.1,1000",
        "llm,OpenAI,GPT-4o-128k,own,input_tokens,0.0225,1000",
        "llm,OpenAI,GPT-4o-128k,own,output_tokens,0.11,1000",
    ]


def test_own_key_prices_above_the_cap_are_kept_as_printed() -> None:
    own = [
        (row["meter"], Decimal(row["credits"]))
        for row in RATES
        if row["service"] == "llm" and row["key_mode"] == "own"
    ]
    assert sum(credits > CAP[meter] for meter, credits in own) == 56


def test_only_gemma_on_the_platform_key_is_not_offered() -> None:
    missing = [row for row in RATES if row["credits"] == "-"]
    assert {row["key_mode"] for row in missing} == {"platform"}
    assert Counter(row["model"] for row in missing) == {
        "Gemma-3-27b": 2,
        "Gemma-3-12b": 2,
        "Gemma-3-4b": 2,
    }


def test_only_two_platform_models_are_free() -> None:
    free = {
        (row["brand"], row["model"])
        for row in RATES
        if row["key_mode"] == "platform" and row["credits"] != "-" and not Decimal(row["credits"])
    }
    assert free == {("百度", "ERNIE-Speed-128K"), ("Tencent", "hunyuan-lite-4k")}


def test_no_key_is_printed_twice() -> None:
    keys = Counter(
        (row["service"], fold(row["brand"]), fold(row["model"]), row["key_mode"], row["meter"])
        for row in RATES
    )
    assert [key for key, count in keys.items() if count > 1] == []


def test_names_carry_no_stray_space() -> None:
    for row in RATES:
        for name in (row["brand"], row["model"]):
            assert name == " ".join(name.split())


def test_aliases_lead_from_a_right_spelling_to_the_printed_one() -> None:
    printed = {(row["service"], row["brand"], row["model"]) for row in RATES}
    folded = {(service, fold(brand), fold(model)) for service, brand, model in printed}
    aliases = rows(BOOK / "aliases.csv")
    assert [(row["brand"], row["alias"], row["model"]) for row in aliases] == [
        ("OpenAI", "GPT-Mini-Audio", "GPT-Mini-Auido"),
        ("智谱", "GLM-5.0-Thinking-200K", "GLM-5.0-Thingking-200K"),
        ("智谱", "GLM-4.7-Thinking-200K", "GLM-4.7-Thingking-200K"),
    ]
    for row in aliases:
        assert (row["service"], row["brand"], row["model"]) in printed
        assert (row["service"], fold(row["brand"]), fold(row["alias"])) not in folded
