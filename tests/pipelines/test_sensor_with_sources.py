"""The sensor and the schedule over logs of other tools, and over tables."""

from pathlib import Path

import pytest

from pipelines.partitions import DATES, TO_BE_FOUND
from tests.support.lake_tables import Delta
from tests.support.logged import CALL, write_lines
from tests.support.watch import Watch, files_of, log_of_days
from tests.support.workspace import NOON, row


def test_raw_logs_are_asked_for_as_plain_ones_are(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDITMILL_SOURCE", "litellm_s3")
    write_lines(watch.workspace.inbox / "calls.jsonl", CALL)
    assert watch.tick() == []  # met
    assert watch.tick() == ["2026-02-02"]
    assert watch.tick() == []
    (log,) = watch.workspace.home.all_receipts()
    assert (log.shown_name, log.has_raw) == ("calls.jsonl", True)
    write_lines(watch.workspace.inbox / "more.jsonl", CALL | {"id": "c2", "startTime": 1770192902})
    (request,) = watch.look_at_night()
    assert request.tags[DATES] == TO_BE_FOUND


def test_a_changed_source_is_asked_for_once(
    watch: Watch, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = 'format = "ndjson"\n[columns]\nevent_id = { path = "id" }\n'
    text += 'event_time = { path = "startTime", epoch = "s" }\norg_id = { const = "acme" }\n'
    text += (
        'billing_type = { const = "llm_text_chat" }\ninput_tokens = { path = "prompt_tokens" }\n'
    )
    source = tmp_path / "own.toml"
    source.write_text(text)
    monkeypatch.setenv("CREDITMILL_SOURCE", str(source))
    write_lines(watch.workspace.inbox / "calls.jsonl", CALL)
    watch.tick()
    assert watch.tick() == ["2026-02-02"]
    watch.end()
    source.write_text(text.replace("acme", "globex"))
    assert watch.look()[0].job_name == "ingest"


@pytest.mark.slow
def test_a_table_is_asked_for_where_it_has_new_rows(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDITMILL_SOURCE", "delta")
    log_of_days(watch.workspace.inbox, "of no table", 7)
    table = Delta(watch.workspace.inbox / "usage")
    table.append(row(event_id="a", event_time=NOON.replace(day=3)))
    watch.tick()
    (request,) = watch.look()
    assert [Path(file).parent.name for file in files_of(request)] == ["usage"]
    watch.state = None
    watch.tick()
    assert watch.tick() == ["2026-02-03"]
    table.append(row(event_id="b", event_time=NOON.replace(day=5)))
    watch.tick()
    assert watch.tick() == ["2026-02-05"]
    watch.end()
    table.compact()
    assert (watch.tick(), watch.tick(), watch.tick()) == ([], [], [])
    assert {(log.source or {}).get("name") for log in watch.workspace.home.all_receipts()} == {
        "delta"
    }
