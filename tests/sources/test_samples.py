"""Records of four tools, made up with their real field names, and the rows that they are.

The call of 17,903 input and 188 output tokens is in each: one call is one usage from every source.
"""

import csv
import gzip
from datetime import datetime
from pathlib import Path

import pytest

from pricing_assets.sources import catalog
from tests.support.cases import few_in_short
from tests.support.raw_logs import rows_of

SAMPLES = Path(__file__).with_name("samples")
FILES = {
    "litellm_s3": "litellm_s3.jsonl",
    "litellm_spendlogs": "litellm_spendlogs.csv",
    "langfuse": "langfuse.jsonl",
    "otel_genai": "otel_genai.jsonl",
}


def text(value: object) -> str:
    return "" if value is None else str(value)


@pytest.mark.parametrize("source", FILES)
def test_a_sample_maps_to_the_rows_expected(source: str, tmp_path: Path) -> None:
    rows = rows_of((SAMPLES / FILES[source]).read_bytes(), source, tmp_path)
    with (SAMPLES / f"expected_{source}.csv").open(newline="") as lines:
        expected = list(csv.DictReader(lines))
    for row in expected:
        row["event_time"] = str(datetime.fromisoformat(row["event_time"]))
    found = [
        {name: text(row["outcome" if name == "excluded" else name]) for name in expected[0]}
        for row in rows
    ]
    assert found == expected
    assert [row["row_number"] for row in rows] == list(range(len(rows)))


@pytest.mark.parametrize("source", few_in_short(FILES))
def test_the_one_call_is_the_same_usage_from_every_source(source: str, tmp_path: Path) -> None:
    rows = rows_of((SAMPLES / FILES[source]).read_bytes(), source, tmp_path)
    (call,) = (row for row in rows if row["input_tokens"] == 17903)
    assert (call["output_tokens"], call["model"]) == (188, "claude-sonnet-4-5-20250929")
    assert (call["org_id"], call["billing_type"]) == ("org_acme", "llm_text_chat")
    assert call["outcome"] is None
    assert call["cached_input_tokens"] == 17817 or source == "litellm_spendlogs"


@pytest.mark.parametrize(
    "source", few_in_short(["litellm_spendlogs", "otel_genai", "litellm_s3", "langfuse"], 2)
)
def test_a_sample_is_recognized(source: str) -> None:
    assert catalog.fits(SAMPLES / FILES[source])[0].source.name == source


@pytest.mark.parametrize("source", few_in_short(FILES))
def test_compression_goes_by_the_bytes_and_changes_no_row(source: str, tmp_path: Path) -> None:
    plain = (SAMPLES / FILES[source]).read_bytes()
    rows = rows_of(plain, source, tmp_path)
    for row, other in zip(rows, rows_of(gzip.compress(plain), source, tmp_path), strict=True):
        same = row.keys() - {"file"}
        assert {name: row[name] for name in same} == {name: other[name] for name in same}
