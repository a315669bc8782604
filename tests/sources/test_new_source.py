"""A source to edit, made from the fields of a file."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pricing_assets.sources import catalog, new_source
from tests.support.raw_logs import mapped_rows

USAGE = {
    "object": "page",
    "data": [
        {
            "start_time": 1770020102,
            "results": [
                {"input_tokens": 1200, "output_tokens": 300, "project_id": "p", "model": "m"}
            ],
        }
    ],
}
"""Usage as OpenAI's API reports it: records in arrays."""


def test_records_in_arrays_are_found_and_their_parents_named(tmp_path: Path) -> None:
    log, target = tmp_path / "usage.json", tmp_path / "own.toml"
    log.write_text(json.dumps(USAGE, indent=2))
    new_source.write("own", log, target)
    text = target.read_text()
    assert 'records = "data[].results[]"' in text
    assert 'event_time = { path = "up1.start_time"' in text
    text = text.replace('"up1.start_time", zone = "UTC"', '"up1.start_time", epoch = "s"')
    target.write_text(text.replace('"EDIT"', '"project_id"'))
    (row,) = mapped_rows(log, str(target))
    assert (row["event_id"], row["input_tokens"], row["output_tokens"]) == ("p", 1200, 300)
    assert str(row["event_time"]) == "2026-02-02 08:15:02"


def test_arrays_of_a_record_are_no_records(tmp_path: Path) -> None:
    log, target = tmp_path / "usage.jsonl", tmp_path / "own.toml"
    log.write_text(json.dumps({"input_tokens": 1, "choices": [{"output_tokens": 2}]}) + "\n")
    new_source.write("own", log, target)
    assert "records" not in target.read_text()
    assert 'input_tokens = { path = "input_tokens" }' in target.read_text()


NAMES = ["event.id", "event.timestamp", "tenant.org_id"]


@pytest.mark.parametrize("kind", ["csv", "parquet", "json", "nested"])
def test_names_that_paths_are_made_of_stand_in_quotes(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog, "fits", lambda _: [])
    log, target = tmp_path / "log", tmp_path / "own.toml"
    row = dict(zip(NAMES, ["e", "2026-02-02T08:00:00Z", "acme"], strict=True))
    if kind == "csv":
        log.write_text(f"{','.join(row)}\n{','.join(row.values())}\n")
    elif kind == "parquet":
        pq.write_table(pa.table({name: [one] for name, one in row.items()}), log)
    elif kind == "json":
        odd = {"a\nformat = 1": 1, 'say "id"': 2, "\ud800id": 3, "up1": {"x": 4}, "*": 5}
        log.write_text(json.dumps(odd | row) + "\n")
    else:
        log.write_text(json.dumps({"the calls": [row | {"input_tokens": 1}]}) + "\n")
    new_source.write("own", log, target)
    (mapped,) = mapped_rows(log, str(target))
    assert (mapped["event_id"], mapped["org_id"]) == ("e", "acme")
    assert str(mapped["event_time"]) == "2026-02-02 08:00:00"


TIMES = {"id": "1", "time": "2026-02-02T08:00:00Z", "org_id": "acme", "model": "m"}


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ({"TokensIn": 5, "TokensOut": 2}, (5, 2)),
        ({"tokens_prompt": 5, "tokens_completion": 2, "native_tokens_prompt": 9}, (5, 2)),
        ({"usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 2}}, (5, 2)),
        (
            {
                "usageMetadata": {
                    "promptTokenCount": 5,
                    "candidatesTokenCount": 2,
                    "thoughtsTokenCount": 7,
                }
            },
            (5, 9),
        ),
        (
            {"usage": {"input_tokens": 5, "cache_read_input_tokens": 90, "output_tokens": 2}},
            (95, 2),
        ),
        ({"usage": {"promptTokens": 5, "completionTokens": 2}}, (5, 2)),
        ({"how_much": 5}, (None, None)),
    ],
)
def test_fields_of_tokens_are_known_by_their_names_or_asked_for(
    usage: dict[str, Any], tokens: tuple[int | None, int | None], tmp_path: Path
) -> None:
    log, target = tmp_path / "log.jsonl", tmp_path / "own.toml"
    log.write_text(json.dumps(TIMES | usage) + "\n")
    new_source.write("own", log, target)
    asked = [f'{name} = {{ path = "EDIT" }}  # edit' for name in ("input_tokens", "output_tokens")]
    assert [one in target.read_text() for one in asked] == [tokens == (None, None)] * 2
    (row,) = mapped_rows(log, str(target))
    assert (row["input_tokens"], row["output_tokens"]) == tokens
    assert row["outcome"] == ("no_usage_reported" if None in tokens else None)
