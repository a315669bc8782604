"""`creditmill sources check`: what it says of names without a price."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.cli.app import main
from pricing_assets.estimate.unpriced_names import find_unpriced
from pricing_assets.rates import BUILT_IN, load_named
from tests.support.cases import few_in_short
from tests.support.records import OBSERVATION
from tests.support.workspace import RATES, write_card

MODELS = (
    RATES
    + """\
llm,Google,Flash 2,platform,input_tokens,1,1000
llm,Google,Lite 2,platform,input_tokens,2,1000
llm,Anthropic,Claude-4.5-Sonnet,platform,input_tokens,3,1000
llm,OpenAI,GPT-4o-128k,platform,input_tokens,4,1000
llm,Azure,GPT-4o-128k,platform,input_tokens,4,1000
"""
)
SAMPLE = Path(__file__).parents[2] / "sources" / "samples" / "langfuse.jsonl"


def test_a_name_without_a_brand_is_found_by_the_brands_that_print_it() -> None:
    names = [
        ("llm_text_chat", "", "claude-sonnet-4-5-20250929"),
        ("llm_text_chat", None, "gpt-4o"),
        ("llm_text_chat", "", "no such model"),
        ("llm_text_chat", "anthropic", "claude-sonnet-4-5-20250929"),
    ]
    found = find_unpriced(names, load_named(BUILT_IN[:1]), datetime(2026, 2, 10, tzinfo=UTC))
    assert sorted((one.model, one.brand, one.found.with_brand) for one in found) == [
        ("claude-sonnet-4-5-20250929", "", (("Anthropic", "Claude-4.5-Sonnet-200k"),)),
        ("claude-sonnet-4-5-20250929", "anthropic", ()),
        ("gpt-4o", "", (("OpenAI", "GPT-4o-128k"), ("Azure", "GPT-4o-128k"))),
        ("no such model", "", ()),
    ]


def test_what_check_says_to_write_loads_and_prices_the_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each line once, a new file with its header; a line that the book has is not asked for again."""
    monkeypatch.chdir(tmp_path)
    book = write_card(Path("book"), MODELS)
    log = Path("a.jsonl")
    names = [
        ("gemini", "flash 2"),
        ("gemini", "lite 2"),
        ("bedrock", "anthropic.claude-4-5-sonnet"),
    ]
    names += [
        ("Google", "FLASH-2@20260101"),
        ("Google", "flash-2@20260101"),
        ("openrouter", "gpt-4o"),
    ]
    log.write_text("".join(f"{json.dumps(call(*name))}\n" for name in names))
    command = ["sources", "check", str(log), "--source", "litellm_s3", "--rates", str(book)]
    assert main(command) == 0
    said = capsys.readouterr().err
    assert "openrouter gpt-4o without a price; nearest printed name: GPT-4o-128k (is it the" in said
    files = written_as_said(said)
    assert files == {
        "book/aliases.csv": [
            "service,brand,alias,model",
            "llm,Google,FLASH-2@20260101,Flash 2",
            "llm,Anthropic,anthropic.claude-4-5-sonnet,Claude-4.5-Sonnet",
        ],
        "book/brands.csv": ["service,alias,brand", "llm,gemini,Google", "llm,bedrock,Anthropic"],
    }
    Path("book/aliases.csv").write_text("\n".join(files["book/aliases.csv"]) + "\n")
    assert main(command) == 0
    left = {"book/brands.csv": files["book/brands.csv"]}
    assert written_as_said(capsys.readouterr().err) == left
    Path("book/brands.csv").write_text("\n".join(files["book/brands.csv"]) + "\n")
    assert main(command) == 0
    said = capsys.readouterr().err
    assert written_as_said(said) == {}
    assert said.count("without a price") == 1


def call(brand: str, model: str) -> dict[str, Any]:
    """A call as LiteLLM logs it."""
    tokens = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    return {
        **{"id": f"{brand} {model}", "call_type": "acompletion", "status": "success"},
        **{"custom_llm_provider": brand, "model": model, "startTime": 1770020102, **tokens},
        "metadata": {"user_api_key_org_id": "acme"},
    }


def written_as_said(said: str) -> dict[str, list[str]]:
    """The lines that are said to be written to each file."""
    files: dict[str, list[str]] = {}
    file = ""
    for line in said.splitlines():
        if line.startswith("    write ") or line.startswith("    append to "):
            file = line.removesuffix(":").split()[-1]
        elif line.startswith("        "):
            files.setdefault(file, []).append(line.strip())
    return files


def test_of_many_names_those_with_most_rows_are_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [("llm_text_chat", "OpenAI", "gpt-4o")]
    names += [("llm_text_chat", "OpenAI", f"nobody's {n}") for n in range(150) for _ in range(2)]
    found = find_unpriced(names, load_named(BUILT_IN[:1]), datetime(2026, 2, 10, tzinfo=UTC))
    assert [one.rows for one in found] == [2] * 150 + [1]
    assert found[-1].found.offer is not None
    monkeypatch.setattr("pricing_assets.estimate.unpriced_names.LOOKED_AT", 150)
    found = find_unpriced(names, load_named(BUILT_IN[:1]), datetime(2026, 2, 10, tzinfo=UTC))
    assert (found[-1].looked_up, found[-1].as_json()["looked_at"]) == (None, False)
    assert len({one.model for one in found}) == 151


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
    ("changed", "said", "status"),
    few_in_short(
        [
            (
                {"start_time": "2 Feb 2026"},
                "event_time is blank or no instant in 1 of 1 row (made of `start_time`), which a run"
                " quarantines: missing_event_time",
                1,
            ),
            (
                {"metadata": {"org_id": " "}},
                "org_id is blank in 1 of 1 row (made of `metadata.org_id`)",
                1,
            ),
            ({"id": ""}, "event_id is blank in 1 of 2 rows (made of `id`)", 0),
            ({"type": "NEW"}, "billing_type is not one of the 11 billing types in 1 of 2 rows", 0),
        ],
        2,
    ),
)
def test_check_says_which_columns_that_each_row_needs_are_not_read(
    changed: dict[str, Any],
    said: str,
    status: int,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    log = tmp_path / "a.jsonl"
    good = f"{json.dumps(OBSERVATION)}\n" if "of 2" in said else ""
    log.write_text(good + json.dumps(OBSERVATION | changed) + "\n")
    assert main(["sources", "check", str(log), "--source", "langfuse"]) == status
    assert said in " ".join(capsys.readouterr().err.split())


def test_check_says_which_values_a_map_does_not_list(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a row that reads no key mode, none is missing."""
    log, own = tmp_path / "a.jsonl", tmp_path / "own.toml"
    own.write_text(
        'format = "ndjson"\n[columns]\nevent_id.path = "id"\nevent_time = { path = "t", zone = "UTC" }\n'
        'org_id.const = "acme"\ninput_tokens.path = "i"\nrequests.path = "n"\n'
        'billing_type = { path = "kind", map = { chat = "llm_text_chat", tool = "tools_invocation" } }\n'
        'key_mode = { first = ["key", { path = "byok", map = { true = "own" } }] }\n'
    )
    base = {"t": "2026-02-02T08:00:00Z", "i": 5, "kind": "chat", "key": "own"}
    changes: list[dict[str, Any]] = [{}, {"kind": "voice"}, {"key": None, "byok": "maybe"}]
    changes += [{"key": None}, {"key": None, "kind": "tool", "i": None, "n": 1}]
    rows = [base | {"id": str(n)} | change for n, change in enumerate(changes)]
    log.write_text("".join(f"{json.dumps(one)}\n" for one in rows))
    assert main(["sources", "check", str(log), "--source", str(own)]) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert (
        "billing_type is not one of the 11 billing types in 1 of 5 rows (made of `kind`), since its"
        " map does not list 'voice', which a run quarantines: unknown_billing_type" in said
    )
    assert (
        "key_mode is not platform or own in 2 of 5 rows (made of `key`, `byok`), since its map does"
        " not list 'maybe', a missing value, which a run quarantines: unknown_key_mode" in said
    )


def test_check_says_where_tokens_are_not_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A source without a rule for them would charge none, or quarantine the row."""
    log, own = tmp_path / "a.jsonl", tmp_path / "own.toml"
    text = (
        'format = "ndjson"\n[columns]\nevent_id.path = "id"\nevent_time = { path = "t", zone = "UTC" }\n'
        'org_id.const = "acme"\nbilling_type.path = "kind"\nkey_mode.const = "own"\n'
    )
    kinds = ("llm_text_chat", "knowledge_indexing", "asr_recognition")
    rows = [{"id": k, "t": "2026-02-02T08:00:00Z", "kind": k, "i": 5} for k in kinds]
    log.write_text("".join(f"{json.dumps(one)}\n" for one in rows))
    all_blank = (
        "every quantity of its billing type is blank in {} of 3 rows, which a run quarantines"
    )
    no_rule = "output_tokens is made by no rule in 1 of 3 rows, of which a run charges none"
    for columns, status, said, unsaid in (
        ("", 1, all_blank.format(3), "made by no rule"),
        ('input_tokens.path = "i"\n', 0, all_blank.format(1), "input_tokens is made"),
        ('input_tokens.path = "i"\n', 0, no_rule, "input_tokens is made"),
    ):
        own.write_text(text + columns)
        assert main(["sources", "check", str(log), "--source", str(own)]) == status
        err = " ".join(capsys.readouterr().err.split())
        assert said in err
        assert unsaid not in err


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
