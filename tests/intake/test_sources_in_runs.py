"""Raw logs in a run: the raw file is the log, its source's rows are what counts, and all is kept.

How records become rows is tested in `tests/sources`.
"""

import gzip
import random
import shutil
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pricing_assets import flow
from pricing_assets.common import files
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.home import (
    Home,
    Receipt,
    closings,
    derived,
    presence,
    settings_file,
    withdrawals,
)
from pricing_assets.home.manifests import Correction
from pricing_assets.home.opening import open_home
from pricing_assets.home.settings import HomeSettings, PinnedSource
from pricing_assets.intake import inboxes
from pricing_assets.intake.arrivals import IngestOptions
from pricing_assets.intake.inboxes import Inbox
from pricing_assets.intake.other_source import other_source
from pricing_assets.repair import withdrawn_logs
from pricing_assets.report.states import was_elsewhere
from pricing_assets.sources import catalog, kept
from pricing_assets.verify import mapped_rows
from pricing_assets.verify.recompute import recompute_dates
from tests.support.journals import note_entries
from tests.support.lake_tables import Delta, Iceberg
from tests.support.logged import CALL, NAMES, Logged, logged, write_lines
from tests.support.workspace import LIMITS, row

SAMPLES = Path(__file__).parents[1] / "sources" / "samples"


@pytest.mark.slow
def test_every_record_of_a_raw_log_has_one_outcome(tmp_path: Path) -> None:
    records = [
        CALL,
        CALL | {"id": "c2", "status": "failure"},
        "no JSON",
        CALL | {"id": "c3", "prompt_tokens": 2.5},
        CALL | {"id": "c4", "cache_hit": True},
        CALL | {"id": "c5", "total_tokens": 7},
        CALL,
        CALL | {"id": "c6", "startTime": None},
        CALL | {"id": "c7", "startTime": None, "status": "failure"},
        CALL | {"id": "c8", "model": "unknown"},
    ]
    made = logged(tmp_path, a=records)
    (log,) = made.run().taken
    assert made.account() == {
        "rated": 1,
        "failed": 2,
        "unreadable_record": 1,
        "not_an_integer": 1,
        "gateway_cache": 1,
        "usage_does_not_add_up": 1,
        "duplicate": 1,
        "missing_event_time": 1,
        "no_rate": 1,
    }
    assert sum(made.account().values()) == log.rows == len(records)
    assert made.credits() == Decimal("0.81")
    quarantine = made.workspace.sql(
        "select reason, file_name, row_number from quarantine order by row_number"
    )
    assert quarantine == [
        ("unreadable_record", "a.jsonl", 2),
        ("not_an_integer", "a.jsonl", 3),
        ("usage_does_not_add_up", "a.jsonl", 5),
        ("missing_event_time", "a.jsonl", 7),
        ("no_rate", "a.jsonl", 9),
    ]
    assert made.differences() == []


def test_the_raw_file_is_the_log_and_counts_once(tmp_path: Path) -> None:
    made = logged(tmp_path, a=[CALL])
    (log,) = made.run().taken
    home, raw = made.workspace.home, made.workspace.inbox / "a.jsonl"
    assert home.log(log.file, is_raw=True).read_bytes() == raw.read_bytes()
    assert (log.file, log.file_name, log.bytes) == (
        files.sha256_of(raw),
        "a.jsonl",
        raw.stat().st_size,
    )
    assert log.source is not None
    assert log.source["sha256"] == kept.kept_for("litellm_s3", tmp_path).digest
    shutil.copy(raw, made.workspace.inbox / "again.log")
    assert [Path(path).name for path in made.run().redelivered] == ["again.log"]
    assert made.credits() == Decimal("0.81")
    assert made.workspace.versions() == {"2026-02-02": [1]}


@pytest.mark.slow
@pytest.mark.parametrize("many", [pytest.param(1, marks=pytest.mark.slow), 5])
def test_mapped_rows_may_be_deleted_and_are_made_again(tmp_path: Path, many: int) -> None:
    made = logged(tmp_path, **{f"f{n}": [CALL | {"id": f"c{n}"}] for n in range(many)})
    made.run()
    home = made.workspace.home
    rows = sorted(path.relative_to(home.path) for path in home.derived.rglob("*.parquet"))
    before = [files.sha256_of(home.path / path) for path in rows]
    assert len(rows) == 1  # small files share one
    shutil.rmtree(home.derived)
    assert made.differences() == []
    assert [files.sha256_of(home.path / path) for path in rows] == before
    (home.path / rows[0]).write_bytes(b"damaged")
    assert any("mapped rows" in one for one in made.differences())
    derived.ensure(made.workspace.home, made.workspace.home.all_receipts())
    assert made.differences() == []


def test_a_file_without_the_records_of_its_source_is_rejected(tmp_path: Path) -> None:
    """But not one that says that there was nothing, or has no line: exporters write such."""
    of = logged(tmp_path, "otel_genai", other=[{"a": 1}], quiet=[{"resourceSpans": []}])
    shutil.copy(SAMPLES / "otel_genai.jsonl", of.workspace.inbox)
    (of.workspace.inbox / "none.jsonl").write_bytes(b"")
    (of.workspace.inbox / "none.jsonl.gz").write_bytes(gzip.compress(b"\n"))
    arrived = of.run()
    rejected = {Path(one.path).name: one.detail for one in arrived.rejected}
    assert rejected.keys() == {"other.jsonl"}
    assert "nothing in it is named resourceSpans" in rejected["other.jsonl"]
    assert sorted(log.rows for log in arrived.taken) == [0, 0, 0, 8]


def test_a_line_without_the_records_of_its_source_has_an_outcome(tmp_path: Path) -> None:
    of = logged(tmp_path, "otel_genai")
    spans = (SAMPLES / "otel_genai.jsonl").read_text().splitlines()
    write_lines(of.workspace.inbox / "a.jsonl", spans[0], {"resourceMetrics": []}, *spans[1:])
    (log,) = of.run().taken
    assert of.account()["unreadable_record"] == 1
    assert sum(of.account().values()) == log.rows


@pytest.mark.slow
def test_a_changed_source_restates_with_cause_mapping(tmp_path: Path) -> None:
    made = logged(tmp_path, a=[CALL, CALL | {"id": "c2"}], b=[CALL | {"id": "c3"}])
    made.run()
    assert made.credits() == 3 * Decimal("0.81")
    text = (catalog.FOLDER / "litellm_s3.toml").read_text()
    own = tmp_path / "own.toml"
    own.write_text(
        text.replace('{ path = "completion_tokens"', '{ path = "no_tokens"')
        .replace(', of = ["input_tokens", "output_tokens"]', ', of = ["input_tokens"]')
        .replace('total = "total_tokens"', 'total = "prompt_tokens"')
    )
    mended = Logged(made.workspace, (Inbox(made.workspace.inbox, str(own)),))
    assert mended.run().taken == []
    assert made.credits() == 3 * Decimal("0.36")
    changes = made.workspace.sql("select cause, sum(credits) from changes group by 1")
    assert [(cause, Decimal(sum_)) for cause, sum_ in changes] == [
        ("mapping", 3 * Decimal("-0.45"))
    ]
    (version,) = made.workspace.sql("select version, reason from reports where state = 'current'")
    assert version == (2, "source own reads its logs otherwise")
    assert made.differences() == []
    mended.run()
    assert made.workspace.versions() == {"2026-02-02": [1, 2]}
    with made.workspace.home.lock():
        closings.close(made.workspace.home, date(2026, 2, 2), "the month is over", [])
    made.run()  # by the preset again: what is closed is booked
    booked = made.workspace.sql("select reason, sum(credits) from corrections group by 1")
    assert booked == [("source litellm_s3 reads its logs otherwise", 3 * Decimal("0.45"))]
    assert made.credits() == 3 * Decimal("0.36")
    assert made.differences() == []


@pytest.mark.slow
def test_rows_that_a_changed_source_takes_off_their_date_are_not_withdrawn(tmp_path: Path) -> None:
    """Nor late where it puts them, also on a date that was published before their log came."""
    first, second = date(2026, 2, 1), date(2026, 2, 2)
    before = CALL["startTime"] - 86400
    made = logged(tmp_path, a=[CALL | {"id": "a", "startTime": before}])
    made.run()
    calls = [CALL | {"id": id_, "endTime": before} for id_ in ("b", "c")]
    write_lines(made.workspace.inbox / "b.jsonl", *calls)
    made.run()
    home = made.workspace.home
    with home.lock():
        closings.close(home, second, "the month is over", [])
    own = tmp_path / "own.toml"
    text = (catalog.FOLDER / "litellm_s3.toml").read_text()
    own.write_text(text.replace('path = "startTime"', 'path = "endTime"'))
    ended = Logged(made.workspace, (Inbox(made.workspace.inbox, str(own)),))
    assert [one.file_name for one in ended.run().mostly_undated(HomeSettings())] == ["a.jsonl"]

    def booked(day: date) -> tuple[str, dict[str, Decimal]]:
        (*_, last) = home.all_corrections(day)
        assert isinstance(last.manifest, Correction)
        causes = (last.manifest.changes or {}).items()
        return last.manifest.reason, {cause: sums.credits for cause, sums in causes}

    why = "source own reads its logs otherwise"
    assert booked(first) == (why, {"mapping": Decimal("0.81")})
    assert booked(second) == (why, {"mapping": Decimal("-1.62")})
    with home.lock():
        withdrawals.withdraw(home, "b.jsonl", "staging")
    ended.run()
    assert booked(first) == ("withdrawn: 2 rows of b.jsonl", {"withdrawn": Decimal("-1.62")})
    assert made.differences() == []


def test_a_log_that_came_with_rows_of_other_dates_alone_was_elsewhere(tmp_path: Path) -> None:
    """Whatever else has read it since, and unless it was ingested anew."""
    home, day = Home(tmp_path / "home"), date(2026, 2, 1)

    def log(source: str, came: str, *days: str) -> Receipt:
        dates = dict.fromkeys(days, 1)
        found = Receipt("f" * 64, "a", came, 2, 9, dates, {}, [], source={"sha256": source})
        home.journal.named.take("receipt", {"receipt": found.record()})
        return found

    came, again = "2026-02-03T00:00:00+00:00", "2026-02-05T00:00:00+00:00"
    assert not was_elsewhere(home, log("1", came, "2026-02-02"), day, "")
    moved = log("2", came, "2026-02-01", "2026-02-02")
    assert was_elsewhere(home, moved, day, "")
    assert not was_elsewhere(home, moved, date(2026, 2, 2), "2026-02-03T00:00:00+00:00")
    assert was_elsewhere(home, moved, date(2026, 2, 2), "2026-02-04T00:00:00+00:00")
    assert was_elsewhere(home, log("1", came, "2026-02-01"), day, "")
    assert not was_elsewhere(home, log("2", again, "2026-02-01"), day, "")


@pytest.mark.slow
def test_a_newer_mapping_restates_with_cause_mapping(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = logged(tmp_path, a=[CALL, CALL | {"id": "c2"}])
    made.run()
    old = f"mapping {kept.MAPPING_VERSION} of creditmill"
    new = f"mapping {kept.MAPPING_VERSION + 1}"
    monkeypatch.setattr(kept, "MAPPING_VERSION", kept.MAPPING_VERSION + 1)
    stamped = kept._stamped

    def mended(toml: str) -> str:
        """Stand for code that takes other tokens for the output by the same TOML."""
        text = toml.replace('{ path = "completion_tokens"', '{ path = "no_tokens"')
        text = text.replace(', of = ["input_tokens", "output_tokens"]', ', of = ["input_tokens"]')
        return stamped(text.replace('total = "total_tokens"', 'total = "prompt_tokens"'))

    monkeypatch.setattr(kept, "_stamped", mended)
    said = made.differences()
    assert len(said) == 1
    assert f"made by {old}, and this version has {new}" in said[0]
    same = Logged(made.workspace, (Inbox(made.workspace.inbox, None),))
    same.run()  # by the pinned source
    assert made.credits() == 2 * Decimal("0.36")
    changes = made.workspace.sql("select cause, sum(credits) from changes group by 1")
    assert [(cause, Decimal(sum_)) for cause, sum_ in changes] == [
        ("mapping", 2 * Decimal("-0.45"))
    ]
    assert made.differences() == []
    home = made.workspace.home
    versions = list(recompute_dates(home, home.dates()))
    assert [old in "".join(one.given_up) for one in versions] == [True, False]
    made.run()
    assert made.workspace.versions() == {"2026-02-02": [1, 2]}


@pytest.mark.slow
def test_a_withdrawn_log_of_an_older_mapping_comes_back_as_it_is_mapped_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = logged(tmp_path, a=[CALL])
    made.run()
    home = made.workspace.home
    with home.lock():
        withdrawals.withdraw(home, "a.jsonl", "a test", None)
        monkeypatch.setattr(kept, "MAPPING_VERSION", kept.MAPPING_VERSION + 1)
        withdrawn_logs.ingest_anew(flow.Run(home, home.settings(), LIMITS), "a.jsonl", "a test")
    (log,) = home.all_receipts()
    assert log.source is not None
    assert derived.source_of(home, log.source["sha256"]).mapping_version == kept.MAPPING_VERSION
    assert list(mapped_rows.differences(home)) == []


@pytest.mark.slow
def test_a_source_that_reads_a_known_log_no_more_changes_nothing(tmp_path: Path) -> None:
    made = logged(tmp_path, a=[CALL])
    made.run()
    other = Logged(made.workspace, (Inbox(made.workspace.inbox, "dify"),))
    (made.workspace.inbox / "apps.csv").write_text("id,tenant_id\n")
    with pytest.raises(ConfigurationError, match=r"does not read a\.jsonl.*Nothing was changed"):
        other.run()
    (made.workspace.inbox / "apps.csv").unlink()
    assert made.run().rejected == []
    assert made.differences() == []


@pytest.mark.slow
def test_without_a_source_the_one_of_the_last_run_reads_an_inbox(tmp_path: Path) -> None:
    made = logged(tmp_path, a=[CALL])
    made.run()
    write_lines(made.workspace.inbox / "b.jsonl", CALL | {"id": "c2"})
    again = Logged(made.workspace, (Inbox(made.workspace.inbox),))
    assert [log.file_name for log in again.run().taken] == ["b.jsonl"]


def test_a_source_that_read_no_log_yet_is_there_for_the_next_run(tmp_path: Path) -> None:
    """And a home that noted one without its text, as a run that broke off left it, says what to do."""
    made = logged(tmp_path)
    own = tmp_path / "own.toml"
    own.write_text((catalog.FOLDER / "litellm_s3.toml").read_text() + "# own\n")
    home, inbox = made.workspace.home, made.workspace.inbox
    with home.lock():
        terms = open_home(
            home, replace(made.workspace.given, books=(str(made.workspace.books[0]),))
        )
        opened, _ = inboxes.open_inbox(home, Inbox(inbox, str(own)), terms, IngestOptions())
        assert inboxes.source_of(home, Inbox(inbox)) == opened
        other = PinnedSource(str(inbox), "other", "0" * 64)
        settings_file.write(home, replace(home.settings(), sources=(other,)))
        with pytest.raises(
            ConfigurationError, match=r"read by the source other.*name the source once"
        ):
            inboxes.source_of(home, Inbox(inbox))


@pytest.mark.slow
def test_the_latest_of_an_updated_record_counts(tmp_path: Path) -> None:
    record = {
        "id": "o1",
        "type": "GENERATION",
        "start_time": "2026-02-02T08:15:02Z",
        "updated_at": "2026-02-02T08:15:03Z",
        "provided_model_name": "gpt-4o-2024-08-06",
        "metadata": {"org_id": "acme"},
        "usage_details": {"input": 1200, "output": 300, "total": 1500},
    }
    later = record | {
        "updated_at": "2026-02-02T09:00:00.000001Z",
        "usage_details": {"input": 2000, "output": 0, "total": 2000},
    }
    empty = record | {"updated_at": "2026-02-02T08:15:01Z", "usage_details": {}}
    made = logged(tmp_path, "langfuse", a=[empty, record, later], b=[later, record | {"id": "o2"}])
    made.run()
    assert made.account() == {"rated": 2, "superseded_record": 2, "duplicate": 1}
    assert made.credits() == Decimal("0.6") + Decimal("0.81")
    write_lines(
        made.workspace.inbox / "c.jsonl",
        later | {"usage_details": {"input": 1, "output": 0, "total": 1}},
    )
    made.run()
    assert made.account() == {
        "rated": 1, "superseded_record": 2, "conflicting_duplicate": 3,
    }  # fmt: skip
    assert made.differences() == []


@pytest.mark.slow
def test_a_withdrawn_log_takes_its_rows_out_of_those_that_share_a_file(tmp_path: Path) -> None:
    made = logged(tmp_path, **{f"f{n}": [CALL | {"id": f"c{n}"}] for n in range(3)})
    made.run()
    with made.workspace.home.lock():
        withdrawals.withdraw(made.workspace.home, "f1.jsonl", "a test", None)
    made.run()
    assert made.credits() == 2 * Decimal("0.81")
    assert made.differences() == []


@pytest.mark.slow
def test_a_lost_raw_log_comes_back_with_the_same_bytes(tmp_path: Path) -> None:
    made = logged(tmp_path, a=[CALL])
    (log,) = made.run().taken
    raw = made.workspace.home.log(log.file, is_raw=True)
    raw.unlink()
    (loss,) = presence.losses(made.workspace.home)
    assert loss.path == raw
    assert [Path(path).name for path in made.run().healed] == ["a.jsonl"]
    assert made.differences() == []


@pytest.mark.slow
def test_a_withdrawn_raw_log_is_ingested_anew_by_its_source(tmp_path: Path) -> None:
    made = logged(tmp_path, a=[CALL], b=[CALL | {"id": "c2"}])
    made.run()
    home = made.workspace.home
    with home.lock():
        withdrawals.withdraw(home, "a.jsonl", "a test", None)
    made.run()
    assert made.credits() == Decimal("0.81")
    with home.lock():
        withdrawn_logs.ingest_anew(flow.Run(home, home.settings(), LIMITS), "a.jsonl", "a test")
    made.run()
    assert made.credits() == 2 * Decimal("0.81")
    assert made.differences() == []


def test_a_digest_vouches_for_a_raw_log(tmp_path: Path) -> None:
    made = logged(tmp_path, a=[CALL], b=[CALL | {"id": "c2"}])
    inbox = made.workspace.inbox
    digests = {name: files.sha256_of(inbox / name) for name in ("a.jsonl", "b.jsonl")}
    (inbox / "a.jsonl.sha256").write_text(digests["a.jsonl"])
    (inbox / "b.jsonl.sha256").write_text(digests["a.jsonl"])
    arrivals = made.run()
    assert [(log.file_name, log.integrity) for log in arrivals.taken] == [("a.jsonl", "digest")]
    assert [one.reason for one in arrivals.rejected] == ["wrong_digest"]


def test_raw_logs_are_durable_before_they_are_committed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = logged(tmp_path, a=[CALL], b=[CALL | {"id": "c2"}])
    happened: list[str] = []
    real = files.sync_file_system

    def sync(path: Path) -> None:
        kept = {raw.suffix for raw in made.workspace.home.logs.iterdir()}
        happened.append(f"made durable: {kept}")
        real(path)

    monkeypatch.setattr(files, "sync_file_system", sync)
    note_entries(monkeypatch, happened)
    made.run()
    durable = happened.index("made durable: {'.raw'}")
    assert "receipt" in happened
    assert durable < happened.index("receipt")


TRAPS: dict[str, Any] = {
    "rated": {},
    "not_an_integer": {"prompt_tokens": 2.5},
    "failed": {"status": "failure", "prompt_tokens": "many"},
    "gateway_cache": {"cache_hit": "True"},
    "usage_does_not_add_up": {"total_tokens": 1},
    "no_usage_reported": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
    "missing_org_id": {"metadata": {}},
    "missing_event_time": {"startTime": "noon"},
    "no_rate": {"model": "nobody's"},
    "unreadable_record": None,
    "bad_quantity": {
        "metadata": CALL["metadata"] | {"usage_object": {"cache_creation_input_tokens": -1}}
    },
}
"""What is changed in a call, or that it is not JSON, by where its record ends."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("seed", "count"),
    [(0, 80), *(pytest.param(seed, 5000, marks=pytest.mark.slow) for seed in range(1, 5))],
)
def test_random_records_hold_the_laws_in_any_split_order_and_repetition(
    tmp_path: Path, seed: int, count: int
) -> None:
    rng = random.Random(seed)
    ends = [rng.choice(list(TRAPS)) for _ in range(count)]
    records = [
        f'{{"cut short": {n}'  # a file that begins with another text is not a file of JSON
        if TRAPS[end] is None
        else CALL | {"id": f"c{n}", "prompt_tokens": n, "total_tokens": n + 300} | TRAPS[end]
        for n, end in enumerate(ends)
    ]
    one = logged(tmp_path / "one", a=records)
    one.run()
    assert one.account() == Counter(ends)
    shuffled = rng.sample(records, len(records))
    parts = {f"part{n}": shuffled[n::7] for n in range(7)}
    many = logged(tmp_path / "many", **parts, again=parts["part3"])
    packed = many.workspace.inbox / "part0.jsonl"
    packed.write_bytes(gzip.compress(packed.read_bytes()))
    many.run()
    assert many.account() == Counter(ends)
    charged = "select * exclude (rate_card) from charges order by all"
    assert one.workspace.sql(charged) == many.workspace.sql(charged)
    rated = [n for n, end in enumerate(ends) if end == "rated"]
    assert one.credits() == sum((Decimal(n * 3 + 4500) / 10_000 for n in rated), Decimal(0))
    if count > 1000:
        assert one.differences() == many.differences() == []


SAME_CALL = {
    "litellm_s3": "litellm_s3.jsonl",
    "litellm_spendlogs": "litellm_spendlogs.csv",
    "langfuse": "langfuse.jsonl",
    "otel_genai": "otel_genai.jsonl",
}
EVENT = {
    "specversion": "1.0",
    "source": "gateway",
    "subject": "org_acme",
    "time": "2026-02-02T10:15:02+02:00",
    "type": "tokens",
}
WRITTEN_CALL: dict[str, list[Any]] = {
    "bedrock": [
        {
            "timestamp": "2026-02-02T08:15:02Z",
            "requestId": "r1",
            "operation": "Converse",
            "modelId": f"arn:aws:bedrock:us-east-1:1:inference-profile/{NAMES[0]}",
            "input": {
                "inputTokenCount": 86,
                "cacheReadInputTokenCount": 17817,
                "cacheWriteInputTokenCount": 0,
            },
            "output": {"outputTokenCount": 188},
            "requestMetadata": {"org_id": "org_acme"},
        }
    ],
    "openmeter": [
        EVENT | {"id": kind, "data": {"tokens": str(tokens), "model": NAMES[0], "type": kind}}
        for kind, tokens in (("input", 17903), ("output", 188))
    ],
    "dify": [
        "id,app_id,model_provider,model_id,message_tokens,answer_tokens,status,workflow_run_id,created_at",
        f"m1,app1,langgenius/anthropic/anthropic,{NAMES[0]},17903,188,normal,,2026-02-02 08:15:02",
    ],
    "azure_apim": [
        "TimeGenerated,CorrelationId,SequenceNumber,ModelName,DeploymentName,PromptTokens,"
        "CompletionTokens,TotalTokens,ProductId",
        f"2026-02-02T08:15:02Z,c1,0,{NAMES[0]},d1,17903,188,18091,org_acme",
        "2026-02-02T08:15:02Z,c1,1,,d1,,,,org_acme",
    ],
    "table": [
        "event_id,event_time,org_id,billing_type,brand,model,key_mode,input_tokens,output_tokens",
        f"e1,2026-02-02 08:15:02,org_acme,llm_text_chat,anthropic,{NAMES[0]},platform,17903.0,188.0",
    ],
}
"""The call as the sources write it of which there is no sample."""
TABLES = {"delta": Delta, "iceberg": Iceberg}
CALL_OF_A_TABLE = {"brand": "anthropic", "model": NAMES[0]} | {
    "event_time": datetime(2026, 2, 2, 8, 15, 2, tzinfo=UTC),
    "input_tokens": 17903,
    "output_tokens": 188,
}


def test_the_one_call_is_one_charge_from_every_source(tmp_path: Path) -> None:
    """By one run of as many inboxes, each with an organization of its own."""
    made = logged(tmp_path)
    inboxes = []
    for source in catalog.ORDER:
        inbox = made.workspace.inbox / source
        inboxes.append(Inbox(inbox, source))
        if source in TABLES:
            TABLES[source](inbox).append(row(**CALL_OF_A_TABLE, org_id=f"org_{source}"))
            continue
        if source in SAME_CALL:
            file = inbox / SAME_CALL[source]
            inbox.mkdir()
            shutil.copy(SAMPLES / file.name, file)
        else:
            file = write_lines(inbox / "a.log", *WRITTEN_CALL[source])
        file.write_text(file.read_text().replace("org_acme", f"org_{source}"))
        if source == "dify":
            (inbox / "apps.csv").write_text(f"id,tenant_id\napp1,org_{source}\n")
    Logged(made.workspace, tuple(inboxes)).run()
    found = made.workspace.sql(
        "select org_id, billing_type, model, meter, quantity, credits from charges"
        " where quantity in (17903, 188) order by all"
    )
    call = ("llm_text_chat", NAMES[0])
    assert found == [
        (f"org_{source}", *call, *charged)
        for source in sorted(catalog.ORDER)
        for charged in (
            ("input_tokens", 17903, Decimal("5.370900000")),
            ("output_tokens", 188, Decimal("0.282000000")),
        )
    ]
    assert made.differences() == []


@pytest.mark.slow
def test_a_join_reads_the_table_beside_the_logs(tmp_path: Path) -> None:
    made = logged(tmp_path, "dify")
    header = "id,app_id,created_at,status,workflow_run_id,model_provider,model_id,message_tokens,answer_tokens\n"
    line = (
        "m1,app1,2026-02-02 08:15:02,normal,,langgenius/openai/openai,gpt-4o-2024-08-06,1200,300\n"
    )
    (made.workspace.inbox / "messages.csv").write_text(header + line)
    (made.workspace.inbox / "apps.csv").write_text("id,tenant_id\napp2,other\n")
    made.run()
    assert made.account() == {"missing_org_id": 1}
    (made.workspace.inbox / "apps.csv").write_text("id,tenant_id\napp2,other\napp1,acme\n")
    made.run()
    assert made.account() == {"rated": 1}
    assert made.workspace.sql("select distinct org_id from charges") == [("acme",)]
    assert made.differences() == []


@pytest.mark.slow
def test_a_table_has_columns_in_its_path(tmp_path: Path) -> None:
    made = logged(tmp_path, "table")
    header = "event_id,event_time,billing_type,brand,model,key_mode,input_tokens\n"
    line = f",2026-02-02 08:15:02,llm_text_chat,openai,{NAMES[1]},platform,1000\n"
    for n, org in enumerate(("acme", "big%20corp")):
        folder = made.workspace.inbox / f"org_id={org}" / f"hr={n}"
        folder.mkdir(parents=True)
        (folder / "part.csv").write_text(header + f"e{n}{line}")
    made.run()
    query = "select org_id, credits from charges order by all"
    expected = [("acme", Decimal("0.3")), ("big corp", Decimal("0.3"))]
    assert made.workspace.sql(query) == expected
    assert made.differences() == []
    shutil.rmtree(made.workspace.home.derived)
    assert made.differences() == []
    # the same bytes of another organization are not a redelivery
    other = made.workspace.inbox / "org_id=other" / "part.csv"
    other.parent.mkdir()
    shutil.copy(made.workspace.inbox / "org_id=acme" / "hr=0" / "part.csv", other)
    (rejected,) = made.run().rejected
    assert "its path says org_id 'other'" in rejected.detail
    home = made.workspace.home
    big = next(log for log in home.all_receipts() if log.source and "big" in str(log.source))
    with home.lock():
        withdrawals.withdraw(home, big.file, "a test", None)
        withdrawn_logs.ingest_anew(flow.Run(home, home.settings(), LIMITS), big.file, "a test")
    made.run()
    assert made.workspace.sql(query) == expected
    other.rename(made.workspace.inbox / "org_id=acme" / "again.csv")
    assert made.run().rejected == []
    assert made.workspace.sql(query) == expected


def test_bytes_that_came_by_another_source_say_which_reads_them(tmp_path: Path) -> None:
    first = {"file_name": "a.jsonl", "source": {"name": "a", "sha256": "1", "inbox": "/in"}}
    here, there = kept.KeptSource("a", ""), kept.KeptSource("b", "")
    assert list(other_source("/in/b.jsonl", first, here)) == []
    assert list(other_source("/in/b.jsonl", None, here)) == []
    assert list(other_source("/other/b.jsonl", first, there)) == [
        "/other/b.jsonl: the same bytes came as a.jsonl in /in, read by the source a, and count once;"
        " so this file is not read by the source b"
    ]
    (said,) = other_source("/other/b.parquet", {"file_name": "a.parquet"}, there)
    assert "came as a.parquet, read in the usage log's own columns" in said
