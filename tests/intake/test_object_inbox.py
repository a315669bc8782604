"""Logs in a bucket: found, copied once, judged as any log; and what a store does in between."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pricing_assets.common import files
from pricing_assets.common.errors import ConfigurationError, StoreFailed
from pricing_assets.home.opening import open_home
from pricing_assets.intake import inbox, inbox_scan, listings
from pricing_assets.intake import take_in as intake
from pricing_assets.intake.arrivals import Arrivals, IngestOptions
from pricing_assets.intake.inboxes import Inbox, source_of
from pricing_assets.objects import Address, client
from tests.support.logged import CALL
from tests.support.object_server import Bucket, Request
from tests.support.workspace import LIMITS, READER, RECEIVED, Workspace, row

NEW = datetime(2026, 3, 1, tzinfo=UTC)


def ingest(workspace: Workspace, where: Address, source: str | None = None) -> Arrivals:
    """Ingest what is new under an address."""
    home = workspace.home
    with home.lock():
        given = workspace.given
        from dataclasses import replace

        terms = open_home(home, replace(given, books=tuple(map(str, workspace.books))))
        kept = source_of(home, Inbox(where, source))
        found = inbox_scan.scan(where, home, kept)
        how = IngestOptions(limits=LIMITS, received_at=RECEIVED, reader=READER, source=kept)
        return intake.take_in(home, found.names, terms, how, inbox_scan.place_of(found))


def log(workspace: Workspace, event: str = "e1", **columns: object) -> bytes:
    """The bytes of a log of one row."""
    file = workspace.log("made.parquet", row(event_id=event, **columns))
    data = file.read_bytes()
    file.unlink()
    return data


def names(arrivals: Arrivals) -> list[str]:
    return sorted(one.file_name for one in arrivals.taken)


def rejected(arrivals: Arrivals) -> dict[str, str]:
    return {one.path.rpartition("/")[2]: one.detail for one in arrivals.rejected}


def test_logs_of_a_bucket_are_ingested_once_byte_for_byte(
    workspace: Workspace, objects: Bucket
) -> None:
    first, second = log(workspace), log(workspace, "e2")
    objects.put("logs/dt=2026-02-03/a.parquet", first)
    objects.put("logs/dt=2026-02-03/b c+%ä.parquet", second)
    objects.put("logs/_temporary/c.parquet", b"half")
    objects.put("logs/dt=2026-02-03/.hidden.parquet", b"half")
    objects.put("logs/notes.csv", b"a,b")
    objects.put("logs/", b"")
    objects.put("logsother/d.parquet", b"of others")
    where = objects.address("logs")
    arrivals = ingest(workspace, where)
    assert names(arrivals) == ["a.parquet", "b c+%ä.parquet"]
    assert not arrivals.rejected
    kept = {file.read_bytes() for file in workspace.home.logs.iterdir()}
    assert kept == {first, second}
    found = inbox_scan.scan(where, workspace.home)
    assert (found.hidden_folders, found.hidden_files) == (
        ["_temporary"],
        ["dt=2026-02-03/.hidden.parquet"],
    )
    assert found.other_files == {".csv": 1}
    objects.server.watch()
    again = ingest(workspace, where)
    assert again.known == 2
    assert not again.taken
    assert objects.asked(beginning="logs") == []


def test_a_single_object_and_a_pattern_name_logs(workspace: Workspace, objects: Bucket) -> None:
    for key in ("x/2026-02-03/a.parquet", "x/2026-02-04/b.parquet", "x/2026-02-04/deep/c.parquet"):
        objects.put(key, log(workspace, key))
    one = ingest(workspace, objects.address("x/2026-02-03/a.parquet"))
    assert names(one) == ["a.parquet"]
    assert names(ingest(workspace, objects.address("x/*/*.parquet"))) == ["b.parquet"]
    assert names(ingest(workspace, objects.address("x/2026-02-0?/**/c.*"))) == ["c.parquet"]


def test_an_overwritten_object_is_a_new_log_and_told(workspace: Workspace, objects: Bucket) -> None:
    first = log(workspace)
    objects.put("logs/a.parquet", first)
    ingest(workspace, objects.address("logs"))
    objects.put("logs/a.parquet", log(workspace, "e2"))
    arrivals = ingest(workspace, objects.address("logs"))
    assert names(arrivals) == ["a.parquet"]
    (told,) = arrivals.warnings
    assert told.startswith(f"s3://{objects.name}/logs/a.parquet: the object was overwritten")
    assert files.sha256_bytes(first)[:16] in told
    objects.put("logs/a.parquet", first)  # back again: nothing new
    back = ingest(workspace, objects.address("logs"))
    assert not back.taken
    assert back.redelivered == [f"s3://{objects.name}/logs/a.parquet"]


def test_what_changes_or_goes_while_it_is_read_is_tried_again(
    workspace: Workspace, objects: Bucket
) -> None:
    for name in ("a", "b", "c"):
        objects.put(f"logs/{name}.parquet", log(workspace, name))
    home = workspace.home
    acts: dict[str, Callable[[], None]] = {
        "a": lambda: objects.put("logs/a.parquet", log(workspace, "a2")),
        "b": lambda: objects.delete("logs/b.parquet"),
    }

    def act(request: Request) -> None:
        name = Path(request.path).stem
        if request.method == "GET" and request.path.endswith(".parquet") and name in acts:
            acts.pop(name)()

    objects.server.watch(before=act)
    arrivals = ingest(workspace, objects.address("logs"))
    assert names(arrivals) == ["c.parquet"]
    assert rejected(arrivals) == {
        "a.parquet": "unsettled: it was overwritten while it was read",
        "b.parquet": "unsettled: it was removed while it was read",
    }
    assert len(inbox.rejected_before(home)) == 2
    objects.server.watch()
    again = ingest(workspace, objects.address("logs"))
    assert names(again) == ["a.parquet"]
    assert not again.rejected
    assert inbox.rejected_before(home) == []


def test_an_answer_of_too_few_bytes_is_no_log(workspace: Workspace, objects: Bucket) -> None:
    objects.put("logs/a.parquet", log(workspace))

    def cut(request: Request, body: bytes) -> bytes:
        return body[:-100] if request.path.endswith("a.parquet") else body

    objects.server.watch(change=cut)
    arrivals = ingest(workspace, objects.address("logs"))
    assert not arrivals.taken
    assert list(rejected(arrivals)) == ["a.parquet"]
    objects.server.watch()
    assert names(ingest(workspace, objects.address("logs"))) == ["a.parquet"]


def test_a_busy_store_is_asked_again_and_then_named(workspace: Workspace, objects: Bucket) -> None:
    for name in ("a", "b", "c", "d"):
        objects.put(f"logs/{name}.parquet", log(workspace, name))
    busy = ("503 Slow Down", b"<Error><Code>SlowDown</Code></Error>")

    def mostly(request: Request) -> tuple[str, bytes] | None:
        return busy if request.number % 2 else None

    objects.server.watch(before=mostly)
    assert len(ingest(workspace, objects.address("logs")).taken) == 4
    for name in ("e", "f", "g", "h"):
        objects.put(f"logs/{name}.parquet", log(workspace, name))
    objects.server.watch(before=lambda one: busy if one.path.endswith(".parquet") else None)
    with pytest.raises(StoreFailed, match=r"answered 503 SlowDown after 3 tries; run again later"):
        ingest(workspace, objects.address("logs"))
    assert len(objects.asked(beginning="logs/")) == 3 * 3  # three logs, three times each
    objects.server.watch()
    assert len(ingest(workspace, objects.address("logs")).taken) == 4


def test_an_entry_that_is_listed_twice_is_one_log(workspace: Workspace, objects: Bucket) -> None:
    objects.put("logs/a.parquet", log(workspace))
    objects.put("logs/b.parquet", log(workspace, "e2"))

    def doubled(request: Request, body: bytes) -> bytes:
        begin, end = body.find(b"<Contents>"), body.rfind(b"</Contents>") + len(b"</Contents>")
        return body[:end] + body[begin:end] + body[end:] if begin > 0 else body

    objects.server.watch(change=doubled)
    arrivals = ingest(workspace, objects.address("logs"))
    assert names(arrivals) == ["a.parquet", "b.parquet"]
    assert not arrivals.redelivered


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Buckets of more than two objects are not listed whole each time."""
    monkeypatch.setattr(listings, "SMALL", 2)


def dated(workspace: Workspace, objects: Bucket) -> None:
    """Ten objects, one a day, written on their days."""
    for day in range(1, 21):
        key = f"logs/2026-02-{day:02}/a.parquet"
        objects.put(key, log(workspace, f"e{day}"))
        objects.written_at(key, datetime(2026, 2, day, tzinfo=UTC))


@pytest.mark.usefixtures("small")
def test_a_look_lists_only_the_keys_of_late(workspace: Workspace, objects: Bucket) -> None:
    dated(workspace, objects)
    assert len(ingest(workspace, objects.address("logs")).taken) == 20
    held = listings.load(workspace.home)[str(objects.address("logs"))]
    assert held.after == "logs/2026-02-12/a.parquet"  # seven days before the newest
    objects.put("logs/2026-02-14/late.parquet", log(workspace, "late"))
    objects.server.watch()
    assert names(ingest(workspace, objects.address("logs"))) == ["late.parquet"]
    (query,) = objects.listings()
    assert "start-after=logs/2026-02-12/a.parquet" in query.replace("%2F", "/")


@pytest.mark.usefixtures("small")
def test_a_late_object_under_an_old_prefix_is_found_within_a_day(
    workspace: Workspace, objects: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    dated(workspace, objects)
    ingest(workspace, objects.address("logs"))
    objects.put("logs/2026-02-01/late.parquet", log(workspace, "late"))
    assert names(ingest(workspace, objects.address("logs"))) == []
    monkeypatch.setattr(listings, "WHOLE", timedelta(0))  # as when a day went by
    assert names(ingest(workspace, objects.address("logs"))) == ["late.parquet"]


@pytest.mark.usefixtures("small")
def test_a_look_begins_before_what_is_not_settled(workspace: Workspace, objects: Bucket) -> None:
    dated(workspace, objects)
    objects.put("logs/2026-02-03/bad.parquet", b"no Parquet")
    objects.written_at("logs/2026-02-03/bad.parquet", datetime(2026, 2, 3, tzinfo=UTC))
    assert list(rejected(ingest(workspace, objects.address("logs")))) == ["bad.parquet"]
    held = listings.load(workspace.home)[str(objects.address("logs"))]
    assert held.after == "logs/2026-02-03/a.parquet"
    objects.delete("logs/2026-02-03/bad.parquet")
    assert len(inbox.rejected_before(workspace.home)) == 1
    ingest(workspace, objects.address("logs"))
    assert inbox.rejected_before(workspace.home) == []


def test_small_buckets_are_listed_whole_each_time(workspace: Workspace, objects: Bucket) -> None:
    dated(workspace, objects)
    ingest(workspace, objects.address("logs"))
    objects.put("logs/2026-01-01/late.parquet", log(workspace, "late"))
    assert names(ingest(workspace, objects.address("logs"))) == ["late.parquet"]
    assert not workspace.home.listings_file.exists()


def test_digests_beside_objects_are_held_against_them(
    workspace: Workspace, objects: Bucket
) -> None:
    good, bad, summed, named, bare = (log(workspace, name) for name in ("g", "b", "s", "n", "a"))
    objects.put("logs/d/bare.parquet", bare)
    objects.put("logs/d/bare.sha256", ("0" * 64).encode())
    objects.put("logs/d/any.sha256", ("0" * 64).encode())
    objects.put("logs/d/good.parquet", good)
    objects.put("logs/d/good.parquet.sha256", files.sha256_bytes(good).encode())
    objects.put("logs/d/bad.parquet", bad)
    objects.put("logs/d/bad.parquet.sha256", ("0" * 64).encode())
    objects.put("logs/d/summed.parquet", summed)
    lines = f"{files.sha256_bytes(summed)}  d/summed.parquet\nnot a line\n"
    objects.put("logs/SHA256SUMS", lines.encode())
    objects.put("logs/d/named.parquet", named)
    objects.put("logs/d/list.sha256", f"{files.sha256_bytes(named)}  named.parquet\n".encode())
    arrivals = ingest(workspace, objects.address("logs"))
    assert {one.file_name: one.integrity for one in arrivals.taken} == {
        "good.parquet": "digest",
        "named.parquet": "digest",
        "summed.parquet": "digest",
    }
    assert (
        f"s3://{objects.name}/logs/d/bad.parquet.sha256 states" in rejected(arrivals)["bad.parquet"]
    )
    assert "d/bare.sha256 states" in rejected(arrivals)["bare.parquet"]
    assert any("SHA256SUMS:2" in one for one in arrivals.warnings)
    assert any("d/any.sha256:1: a SHA-256 without" in one for one in arrivals.warnings)
    assert ingest(workspace, objects.address("logs")).known == 5
    objects.put("logs/d/bad.parquet.sha256", files.sha256_bytes(bad).encode())
    assert names(ingest(workspace, objects.address("logs"))) == ["bad.parquet"]


def test_a_table_of_another_format_is_refused_by_name(
    workspace: Workspace, objects: Bucket
) -> None:
    objects.put("logs/events/_delta_log/00000.json", b"{}")
    objects.put("logs/events/part-0.parquet", log(workspace))
    objects.put("logs/a.parquet", log(workspace, "e2"))
    arrivals = ingest(workspace, objects.address("logs"))
    assert names(arrivals) == ["a.parquet"]
    assert "a table of Delta Lake" in rejected(arrivals)["events"]


def test_a_source_reads_a_bucket_with_its_side_table(workspace: Workspace, objects: Bucket) -> None:
    objects.put("raw/2026-02-02/one.json", json.dumps(CALL).encode())
    where = objects.address("raw")
    arrivals = ingest(workspace, where, "litellm_s3")
    (taken,) = arrivals.taken
    assert taken.source is not None
    assert taken.source["inbox"] == str(where)
    assert sum(taken.dates.values()) == 1


def test_columns_in_keys_are_read_as_in_folders(workspace: Workspace, objects: Bucket) -> None:
    table = pq.read_table(io.BytesIO(log(workspace))).drop_columns(["agent_id"])
    written = io.BytesIO()
    pq.write_table(table, written)
    objects.put("logs/agent_id=help%20desk/a.parquet", written.getvalue())
    (taken,) = ingest(workspace, objects.address("logs")).taken
    assert "help desk" in json.dumps(taken.record()["schema"])


REFUSALS = {
    "no_such_bucket": (
        ("404 Not Found", b"<Error><Code>NoSuchBucket</Code></Error>"),
        r"there is no bucket .*; make it, or correct the address",
    ),
    "no_permission": (
        ("403 Forbidden", b"<Error><Code>AccessDenied</Code></Error>"),
        r"no permission to list objects \(s3:ListBucket\)",
    ),
    "bad_credentials": (
        ("403 Forbidden", b"<Error><Code>InvalidAccessKeyId</Code></Error>"),
        r"the credentials are not accepted \(InvalidAccessKeyId\)",
    ),
    "expired": (
        ("400 Bad Request", b"<Error><Code>ExpiredToken</Code></Error>"),
        r"the credentials are not accepted \(ExpiredToken\); renew them",
    ),
    "other_region": (
        ("301 Moved Permanently", b"<Error><Code>PermanentRedirect</Code></Error>"),
        r"the bucket is in another region; set AWS_REGION",
    ),
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_refusal_says_what_to_do(refusal: str, workspace: Workspace, objects: Bucket) -> None:
    answer, message = REFUSALS[refusal]
    objects.server.watch(before=lambda request: answer)
    with pytest.raises(ConfigurationError, match=message) as raised:
        inbox_scan.require(objects.address("logs"))
    assert "AKIA" not in str(raised.value)
    assert "secret" not in str(raised.value)


def test_a_key_that_no_path_can_have_is_named(workspace: Workspace, objects: Bucket) -> None:
    objects.put("logs/../a.parquet", b"")
    with pytest.raises(ConfigurationError, match=r"the key '.*\.\./a.parquet' has an empty part"):
        inbox_scan.require(objects.address())


def test_a_store_that_nobody_serves_is_named(
    objects: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(
        StoreFailed, match=r"no store answers at http://127\.0\.0\.1:9 after 3 tries"
    ):
        inbox_scan.require(objects.address("logs"))


def test_a_store_that_says_nothing_is_named(
    objects: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    quick = client.PATIENCE._replace(retries=0, read_seconds=0.2)
    monkeypatch.setattr(client, "PATIENCE", quick)

    def slow(request: Request) -> None:
        time.sleep(0.6)

    objects.server.watch(before=slow)
    with pytest.raises(StoreFailed, match="took too long to answer"):
        inbox_scan.require(objects.address("logs"))


def test_no_credentials_are_said_to_be_missing(
    objects: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pricing_assets.objects.faults import StoreRequest, explained

    refused = RuntimeError("Error performing PUT http://169.254.169.254/latest/api/token in 2ms")
    told = str(explained(refused, StoreRequest("list", objects.address("logs"))))
    assert "no credentials are found" in told
    assert "AWS_PROFILE" in told
