"""`creditmill sources check`: what it says of names without a price."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.cli.app import main
from pricing_assets.estimate.unpriced_names import find_unpriced
from pricing_assets.rates import BUILT_IN, load_named

SAMPLE = Path(__file__).parents[2] / "sources" / "samples" / "langfuse.jsonl"


def test_a_name_without_a_brand_is_found_by_the_brands_that_print_it() -> None:
    names = [
        ("llm_text_chat", "", "claude-sonnet-4-5-20250929"),
        ("llm_text_chat", None, "gpt-4o"),
        ("llm_text_chat", "", "no such model"),
        ("llm_text_chat", "anthropic", "claude-sonnet-4-5-20250929"),
    ]
    found = find_unpriced(names, load_named(BUILT_IN[:1]), datetime(2026, 2, 10, tzinfo=UTC))
    assert sorted((one.model, one.brand, one.with_brand) for one in found) == [
        ("claude-sonnet-4-5-20250929", "", (("Anthropic", "Claude-4.5-Sonnet-200k"),)),
        ("claude-sonnet-4-5-20250929", "anthropic", ()),
        ("gpt-4o", "", (("OpenAI", "GPT-4o-128k"), ("Azure", "GPT-4o-128k"))),
        ("no such model", "", ()),
    ]


def test_check_says_where_the_brand_of_a_log_without_one_is_written(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["sources", "check", str(SAMPLE)]) == 0
    out, err = capsys.readouterr()
    assert "Source: langfuse" in out
    assert (
        "1 row of llm claude-sonnet-4-5-20250929 without a price; the log names no brand, and cards print it"
        " as Anthropic Claude-4.5-Sonnet-200k; let the source say which: brand = { path = …, map ="
        ' { "claude-sonnet-4-5-20250929" = "Anthropic" } }'
    ) in " ".join(err.split())
