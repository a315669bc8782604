"""Records of the other presets: the traps of each, and the one call that is the same in all."""

import gzip
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from pricing_assets.common.errors import ConfigurationError, RejectedLog
from pricing_assets.db import connection as duck
from pricing_assets.sources import packing
from pricing_assets.sources.kept import kept_for
from tests.support.raw_logs import rows_of
from tests.support.records import BEDROCK, CALL, openmeter


def usage(row: dict[str, Any]) -> tuple[Any, ...]:
    return (row["outcome"], row["org_id"], row["model"], row["input_tokens"], row["output_tokens"])


EMBEDDING = BEDROCK | {
    "requestId": "r2",
    "operation": "InvokeModel",
    "modelId": "amazon.titan-embed-text-v2:0",
    "input": {"inputTokenCount": 7},
    "output": {},
}
FAILED = BEDROCK | {
    "requestId": "r3",
    "errorCode": "ThrottlingException",
    "input": {},
    "output": {},
}


def test_bedrock_adds_what_was_read_from_a_cache_and_takes_the_model_out_of_an_arn(
    tmp_path: Path,
) -> None:
    log = gzip.compress("\n".join(map(json.dumps, (BEDROCK, EMBEDDING, FAILED))).encode())
    rows = rows_of(log, "bedrock", tmp_path)
    model = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
    assert [usage(row) for row in rows] == [
        (None, "acme", model, 17903, 188),
        (None, "acme", "amazon.titan-embed-text-v2:0", 7, None),
        ("failed", "acme", model, None, None),
    ]
    assert [row["billing_type"] for row in rows[:2]] == ["llm_text_chat", "knowledge_indexing"]
    assert rows[0]["cached_input_tokens"] == 17817
    assert rows[0]["event_time"] == datetime(2026, 2, 2, 8, 16, 40)


def test_openmeter_knows_an_event_by_its_source_and_id(tmp_path: Path) -> None:
    output = {"tokens": "188", "model": "claude-sonnet-4-5", "type": "output"}
    log = "\n".join(
        (openmeter(), openmeter(source="gateway-b", data=output), openmeter(data={"model": "m"}))
    )
    rows = rows_of(log, "openmeter", tmp_path)
    assert [usage(row) for row in rows] == [
        (None, "acme", "claude-sonnet-4-5", 17903, None),
        (None, "acme", "claude-sonnet-4-5", None, 188),
        ("not_usage", "acme", "m", None, None),
    ]
    assert [row["event_id"] for row in rows[:2]] == ["gateway-a/1", "gateway-b/1"]
    assert rows[0]["event_time"] == datetime(2026, 2, 2, 8, 16, 40, 5)


DIFY = (
    "id,app_id,model_provider,model_id,message_tokens,answer_tokens,status,workflow_run_id,created_at\n"
    "m1,app1,langgenius/anthropic/anthropic,claude-sonnet-4-5,17903,188,normal,,2026-02-02 08:16:40.000005\n"
    "m2,app1,,,17903,188,normal,wf1,2026-02-02 08:16:40\n"
    "m3,gone,openai,gpt-4o,5,1,normal,,2026-02-02 08:16:40\n"
    "m4,app1,openai,gpt-4o,5,0,error,,2026-02-02 08:16:40\n"
)


def test_dify_finds_who_pays_through_the_app_and_skips_sums_of_a_workflow(tmp_path: Path) -> None:
    (tmp_path / "apps.csv").write_text("id,tenant_id,name\napp1,acme,Help\napp2,globex,Shop\n")
    rows = rows_of(DIFY, "dify", tmp_path)
    assert [usage(row) for row in rows] == [
        (None, "acme", "claude-sonnet-4-5", 17903, 188),
        ("rollup", "acme", "", 17903, 188),
        (None, None, "gpt-4o", 5, 1),
        ("failed", "acme", "gpt-4o", 5, 0),
    ]
    assert (rows[0]["brand"], rows[0]["agent_id"]) == ("anthropic", "app1")


def test_a_side_table_that_is_not_there_or_names_a_key_twice_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"apps\.csv: the source dify joins this file"):
        rows_of(DIFY, "dify", tmp_path)
    (tmp_path / "apps.csv").write_text("id,tenant_id\napp1,acme\napp1,globex\n")
    with pytest.raises(ConfigurationError, match="id app1 comes twice"):
        rows_of(DIFY, "dify", tmp_path)


def test_a_wrong_table_beside_the_logs_is_why_they_are_rejected(tmp_path: Path) -> None:
    (tmp_path / "messages.csv").write_text(DIFY)
    for apps, why in (
        ("id,tenant_id\na,b\na,c\n", "apps.csv: id a comes twice"),
        ("key,tenant_id\na,b\n", "apps.csv: it has no column id"),
        ('id,tenant_id\na,"b\nc,d\n', "apps.csv ends within a quoted cell"),
    ):
        (tmp_path / "apps.csv").write_text(apps)
        logs, kept = [packing.Raw("0" * 64, tmp_path / "messages.csv")], kept_for("dify", tmp_path)
        packed, rejected = packing.pack(logs, kept, tmp_path, duck.Limits(threads=1))
        assert packed == []
        assert rejected["0" * 64].detail.startswith(why)


def test_of_a_message_of_azure_only_the_part_with_tokens_is_usage(tmp_path: Path) -> None:
    log = (
        "TimeGenerated,CorrelationId,SequenceNumber,ModelName,DeploymentName,PromptTokens,"
        "CompletionTokens,TotalTokens,ProductId\n"
        "2026-02-02T08:16:40.1234567Z,c1,0,gpt-4o,d1,17903,188,18091,acme\n"
        "2026-02-02T08:16:40Z,c1,1,,d1,,,,acme\n"
        "2026-02-02T08:16:40Z,c2,0,gpt-4o,d1,5,1,7,acme\n"
    )
    rows = rows_of(log, "azure_apim", tmp_path)
    assert [usage(row) for row in rows] == [
        (None, "acme", "gpt-4o", 17903, 188),
        ("not_usage", "acme", "d1", None, None),
        ("usage_does_not_add_up", "acme", "gpt-4o", 5, 1),
    ]
    assert rows[0]["event_id"] == "c1/0"
    assert rows[0]["event_time"] == datetime(2026, 2, 2, 8, 16, 40, 123456)


@pytest.mark.parametrize("end", ["\n", ""])
def test_an_id_of_parts_has_each_of_them_and_is_no_other_events(end: str, tmp_path: Path) -> None:
    parts = [("a/b", "c"), ("a", "b/c"), ("a", "b%2Fc"), ("", "1"), ("a", " "), ("a", None)]
    log = "\n".join(openmeter(source=source, id=name) for source, name in parts) + end
    ids = [row["event_id"] for row in rows_of(log, "openmeter", tmp_path)]
    assert ids == ["a/b/c", "a/b%2Fc", "a/b%252Fc", None, None, None]
    log = (
        "TimeGenerated,CorrelationId,SequenceNumber,PromptTokens,CompletionTokens,ModelName,ProductId\n"
        "2026-02-02T08:16:40Z,,0,100,20,gpt-4o,acme\n2026-02-02T08:16:40Z,,0,100,20,gpt-4o,acme\n"
    )
    assert [row["event_id"] for row in rows_of(log, "azure_apim", tmp_path)] == [None, None]


def test_a_file_of_another_format_is_refused_by_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(RejectedLog, match="is text, and the source reads ndjson, json"):
        rows_of("a,b\n1,2\n", "litellm_s3", tmp_path)
    with pytest.raises(RejectedLog, match="its compressed data ends early"):
        rows_of(gzip.compress(json.dumps(BEDROCK).encode())[:-9], "bedrock", tmp_path)


@pytest.mark.parametrize("source", ["openmeter", "azure_apim"])
def test_a_record_of_another_tool_is_not_skipped_as_one_without_usage(
    source: str, tmp_path: Path
) -> None:
    """It is quarantined, and not silently left out."""
    (row,) = rows_of(json.dumps(CALL), source, tmp_path)
    assert (row["outcome"], row["event_time"]) == ("no_usage_reported", None)


def test_tokens_of_openmeter_that_are_neither_input_nor_output_are_not_left_out(
    tmp_path: Path,
) -> None:
    datas = [{"tokens": "123456", "type": "reasoning"}, {"tokens": 123456}, {"tokens": 0}]
    log = "\n".join(openmeter(data=data, time="2026-02-02t08:15:02z") for data in datas)
    rows = rows_of(log, "openmeter", tmp_path)
    unknown = "unknown_usage_keys"
    assert [row["outcome"] for row in rows] == [unknown, unknown, "no_usage_reported"]
    assert {row["event_time"] for row in rows} == {datetime(2026, 2, 2, 8, 15, 2)}


def span(**attributes: Any) -> str:
    """Return a document with one span; a key that ends in `_` comes again."""
    pairs = [
        {"key": name.rstrip("_").replace("__", "."), "value": {"stringValue": value}}
        for name, value in attributes.items()
    ]
    one = {"traceId": "t", "spanId": "s", "startTimeUnixNano": "1", "attributes": pairs}
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [one]}]}]})


def test_an_attribute_that_comes_twice_leaves_no_reading(tmp_path: Path) -> None:
    read = {"gen_ai__operation__name": "chat", "gen_ai__usage__input_tokens": "10"}
    twice = [{"gen_ai__usage__input_tokens_": "99"}, {"gen_ai__operation__name_": "chat"}]
    other = {"note": "a", "note_": "b"}
    log = "\n".join(span(**read, **more) for more in [{}, *twice, other])
    unreadable = "unreadable_record"
    rows = rows_of(log, "otel_genai", tmp_path)
    assert [row["outcome"] for row in rows] == [None, unreadable, unreadable, None]


def test_an_older_span_of_an_embedding_is_one(tmp_path: Path) -> None:
    system = {"gen_ai__system": "OpenAI", "gen_ai__usage__prompt_tokens": "10"}
    kinds: list[dict[str, str]] = [
        {"llm__request__type": "embedding"}, {"llm__request__type": "chat"}, {},
        {"llm__request__type": "embedding", "gen_ai__operation__name": "chat"},
    ]  # fmt: skip
    rows = rows_of("\n".join(span(**system, **kind) for kind in kinds), "otel_genai", tmp_path)
    chat = "llm_text_chat"
    assert [row["billing_type"] for row in rows] == ["knowledge_indexing", chat, chat, chat]


@pytest.mark.parametrize("call", ["generate_content_stream"])
def test_a_call_of_litellm_is_a_chat(call: str, tmp_path: Path) -> None:
    (row,) = rows_of(json.dumps(CALL | {"call_type": call}), "litellm_s3", tmp_path)
    assert (row["billing_type"], row["outcome"]) == ("llm_text_chat", None)


def test_opentelemetry_names_the_parts_of_the_tokens(tmp_path: Path) -> None:
    parts = {
        "input_tokens": 900,
        "output_tokens": 300,
        "cache_read.input_tokens": 700,
        "cache_creation.input_tokens": 100,
        "reasoning.output_tokens": 200,
    }
    attributes = [
        {"key": f"gen_ai.usage.{name}", "value": {"intValue": str(one)}}
        for name, one in parts.items()
    ]
    attributes.append({"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}})
    span = {"traceId": "t", "spanId": "s", "startTimeUnixNano": "1", "attributes": attributes}
    document = {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}
    (row,) = rows_of(json.dumps(document), "otel_genai", tmp_path)
    names = ("cached_input_tokens", "cache_write_tokens", "reasoning_tokens")
    assert [row[name] for name in names] == [700, 100, 200]
    assert (row["input_tokens"], row["output_tokens"], row["outcome"]) == (900, 300, None)
