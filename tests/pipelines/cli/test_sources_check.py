"""`creditmill sources check`: what it says of names without a price."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.cli.app import main
from pricing_assets.estimate.unpriced_names import find_unpriced
from pricing_assets.rates import BUILT_IN, load_named
from tests.support.records import OBSERVATION

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


@pytest.mark.slow
def test_check_says_where_the_brand_of_a_log_without_one_is_written(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["sources", "check", str(SAMPLE)]) == 0
    out, err = capsys.readouterr()
    assert "Source: langfuse" in out
    assert (
        "1 row of llm claude-sonnet-4-5-20250929 without a price; the log names no brand, and cards print it"
        " as Anthropic Claude-4.5-Sonnet-200k; let its writer say which, or its source: brand = { path = …, map ="
        ' { "claude-sonnet-4-5-20250929" = "Anthropic" } }'
    ) in " ".join(err.split())


@pytest.mark.parametrize(
    ("changed", "status"),
    [({"type": "SPAN"}, 1), ({"usage_details": {"other": 1}}, 1), ({}, 0)],
)
def test_check_ends_1_where_no_record_becomes_a_row(
    changed: dict[str, Any], status: int, tmp_path: Path
) -> None:
    log = tmp_path / "a.jsonl"
    log.write_text(json.dumps(OBSERVATION | changed) + "\n")
    assert main(["sources", "check", str(log), "--source", "langfuse"]) == status


@pytest.mark.parametrize(
    ("content", "said"), [(b"PK\x03\x04 sheet", "is a ZIP archive"), (b" \n\n", "holds no record")]
)
def test_a_source_of_ones_own_is_no_advice_where_none_can_be_made(
    content: bytes, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.log").write_bytes(content)
    assert main(["sources", "check", str(tmp_path / "a.log")]) == 1
    err = capsys.readouterr().err
    assert said in " ".join(err.split())
    assert "sources new" not in err
