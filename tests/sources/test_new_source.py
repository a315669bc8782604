"""A source to edit, made from the fields of a file."""

import json
from pathlib import Path

from pricing_assets.sources import new_source
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
