"""What is published, in object storage: all of it, only what changed, and never a mixture."""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import obstore
import pytest

from pricing_assets.common import json_files
from pricing_assets.common.errors import (
    ConfigurationError,
    CreditmillError,
    DamagedHome,
    StoreFailed,
)
from pricing_assets.delivery import claim, record
from pricing_assets.delivery.claim import LostRace
from pricing_assets.delivery.send import Delivered, publish
from pricing_assets.home import Home
from pricing_assets.objects import Address, Store, client
from tests.support.object_server import Bucket, Request
from tests.support.rights import read_only
from tests.support.workspace import Workspace, row, write_card

BUSY = ("503 Slow Down", b"<Error><Code>SlowDown</Code></Error>")


def deliver(home: Home, to: Address, **how: object) -> Delivered:
    with home.lock():
        return publish(home, to, **how)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def _shown(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("shown")
    workspace = Workspace(folder, (write_card(folder / "book"),), pages=True)
    workspace.log("a.parquet", row())
    workspace.run()
    return workspace


@pytest.fixture(scope="session")
def _grown(_shown: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = _shown.copied(tmp_path_factory.mktemp("grown"))
    grow(workspace)
    return workspace


@pytest.fixture
def shown(_shown: Workspace, tmp_path: Path) -> Workspace:
    """A home of one date with pages."""
    return _shown.copied(tmp_path / "shown")


@pytest.fixture
def grown(_grown: Workspace, tmp_path: Path) -> Workspace:
    """The same home on another machine, where it went on: a second version of the date."""
    return _grown.copied(tmp_path / "grown")


def grow(workspace: Workspace, event: str = "e9") -> None:
    """One row more on the date: its next version, and another page."""
    workspace.log(f"{event}.parquet", row(event_id=event, org_id="zed"))
    workspace.run()


def latest(objects: Bucket, prefix: str = "out") -> dict[str, object]:
    read: dict[str, object] = json.loads(objects.contents()[f"{prefix}/latest.json"])
    return read


def download(objects: Bucket, prefix: str, folder: Path) -> Path:
    for key, data in objects.contents().items():
        if key.startswith(f"{prefix}/"):
            file = folder / key.removeprefix(f"{prefix}/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
    return folder


@pytest.mark.slow
def test_what_is_in_the_store_answers_as_the_home_does(
    grown: Workspace, objects: Bucket, tmp_path: Path
) -> None:
    done = deliver(grown.home, objects.address("out"))
    assert done.is_new
    assert done.objects + 2 == len(objects.contents())  # latest.json, and what it names
    folder = download(objects, "out", tmp_path / "copy")
    moved_away = grown.home.path.rename(tmp_path / "elsewhere")
    with duckdb.connect(str(folder / "credits.duckdb"), read_only=True) as con:
        con.execute(f"set variable creditmill_home = '{folder}'")
        there = con.sql("from charges order by all").fetchall()
        con.execute(f"set variable creditmill_home = '{moved_away}'")
        assert there == con.sql("from charges order by all").fetchall()
    assert len(there) == 2
    told = json.loads((folder / "latest.json").read_bytes())
    named = json.loads((folder / "publications" / f"{told['publication']}.json").read_bytes())
    assert named["in_force"] == {"2026-02-03": "reports/usage_date=2026-02-03/0002"}
    assert set(named["versions"]) == {f"reports/usage_date=2026-02-03/000{n}" for n in (1, 2)}
    assert (folder / "pages" / "index.html").read_bytes() == (
        moved_away / "pages" / "index.html"
    ).read_bytes()
    assert told["writing"] is None


@pytest.mark.slow
def test_only_what_changed_travels(shown: Workspace, grown: Workspace, objects: Bucket) -> None:
    to = objects.address("out")
    deliver(shown.home, to)
    before = objects.contents()
    objects.server.watch()
    again = deliver(shown.home, to)
    assert not again.is_new
    assert again.known == len(before) - 2
    assert objects.asked("PUT") == []
    objects.server.watch()
    deliver(grown.home, to)
    sent = objects.asked("PUT")
    assert not [key for key in sent if "/0001/" in key]
    assert [key for key in sent if key.startswith("out/reports/")][-1].endswith("manifest.json")
    assert sent[0] == sent[-1] == "out/latest.json"  # the claim, and what is in force
    same = {key for key, data in objects.contents().items() if before.get(key) == data}
    assert not same.intersection(sent)


def test_a_manifest_comes_after_what_it_names_and_the_index_after_its_pages(
    shown: Workspace, objects: Bucket
) -> None:
    deliver(shown.home, objects.address("out"))
    sent = objects.asked("PUT")
    place = {key.removeprefix("out/"): n for n, key in enumerate(sent)}
    version = [n for key, n in place.items() if key.startswith("reports/")]
    assert place["reports/usage_date=2026-02-03/0001/manifest.json"] == max(version)
    stable = {key: n for key, n in place.items() if key.startswith("pages/")}
    assert stable.pop("pages/index.html") > max(stable.values())
    assert place["credits.duckdb"] > max(version)
    assert sent[-1] == "out/latest.json"


def test_of_two_who_publish_one_loses_by_name_and_nothing_is_mixed(
    shown: Workspace, objects: Bucket, grown: Workspace
) -> None:
    """The other one, of the same home on another machine, begins and ends before some request."""
    deliver(shown.home, objects.address("trial"))
    total = len(objects.server.requests)
    deliver(grown.home, objects.address("whole"))
    wanted = contents(objects, "whole")
    lost = [number for number in range(2, total + 1, 7) if loses(shown, objects, grown, number)]
    assert lost
    for number in range(2, total + 1, 7):
        deliver(grown.home, objects.address(f"at{number}"))
        assert contents(objects, f"at{number}") == wanted


def loses(shown: Workspace, objects: Bucket, grown: Workspace, number: int) -> bool:
    """Whether one loses when another publishes before its request of this number; then what is there is
    the other's alone."""
    begun, to = [True], objects.address(f"at{number}")

    def both(request: Request) -> None:
        if request.number == number and begun:
            begun.pop()
            with objects.server.unwatched(), suppress(LostRace):
                deliver(grown.home, to)

    objects.server.watch(before=both)
    try:
        deliver(shown.home, to)
    except LostRace:
        assert contents(objects, to.key) == contents(objects, "whole")
        return True
    finally:
        objects.server.watch()
    return False


def contents(objects: Bucket, prefix: str) -> dict[str, bytes]:
    """What is under a prefix, but for publications that are not in force any more, and the database of
    the one before."""
    found = {
        key.removeprefix(f"{prefix}/"): data
        for key, data in objects.contents().items()
        if key.startswith(f"{prefix}/")
    }
    publication = f"publications/{json.loads(found['latest.json'])['publication']}.json"
    named = {publication, *json.loads(found[publication])["files"]}
    return {
        key: data
        for key, data in found.items()
        if not key.startswith(("publications/", "catalogs/")) or key in named
    }


def test_who_writes_is_waited_for_and_not_for_ever(
    shown: Workspace, objects: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = objects.address("out")
    deliver(shown.home, to)
    there = json_files.from_json(objects.contents()["out/latest.json"])
    writing = {"by": "other:/srv/home", "since": "2026-03-01T10:00:00+00:00", "token": "t"}
    objects.put("out/latest.json", json_files.to_json({**there, "writing": writing}))
    monkeypatch.setattr(claim, "LEASE", timedelta(days=100_000))
    before = objects.contents()
    with pytest.raises(LostRace, match=r"other:/srv/home publishes there since 2026-03-01T10:00"):
        deliver(shown.home, to)
    assert objects.contents() == before
    monkeypatch.setattr(claim, "LEASE", timedelta(hours=1))
    assert deliver(shown.home, to).is_new
    assert latest(objects) == there


def test_who_was_overtaken_loses_and_what_it_wrote_is_noticed(
    shown: Workspace, objects: Bucket, grown: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One stops for hours at its first page; another takes over, publishes, and the first goes on."""
    to = objects.address("out")
    deliver(grown.home, objects.address("whole"))
    begun = [True]

    def stop(request: Request) -> None:
        if request.method == "PUT" and "/pages/" in request.path and begun:
            begun.pop()
            with objects.server.unwatched():
                monkeypatch.setattr(claim, "LEASE", timedelta(0))
                deliver(grown.home, to)

    objects.server.watch(before=stop)
    with pytest.raises(LostRace):
        deliver(shown.home, to)
    objects.server.watch()
    deliver(grown.home, to)
    assert contents(objects, "out") == contents(objects, "whole")


def test_another_home_and_an_older_state_are_refused(
    shown: Workspace, grown: Workspace, workspace: Workspace, objects: Bucket
) -> None:
    to = objects.address("out")
    deliver(grown.home, to)
    before = objects.contents()
    with pytest.raises(ConfigurationError, match="or a later state of this one"):
        deliver(shown.home, to)
    stranger = workspace.begin(row(event_id="other"))
    with pytest.raises(ConfigurationError, match="holds what another home published"):
        deliver(stranger.home, to)
    objects.put("else/latest.json", b"{}")
    with pytest.raises(ConfigurationError, match="is not what creditmill writes there"):
        deliver(shown.home, objects.address("else"))
    objects.delete("else/latest.json")
    assert objects.contents() == before


def test_of_a_home_that_lost_something_nothing_is_published(
    grown: Workspace, objects: Bucket
) -> None:
    shutil.rmtree(grown.home.path / "receipts")
    with pytest.raises(DamagedHome, match="receipts"):
        deliver(grown.home, objects.address("out"))
    assert objects.contents() == {}


def test_a_version_of_other_bytes_is_never_overwritten(shown: Workspace, objects: Bucket) -> None:
    key = "out/reports/usage_date=2026-02-03/0001/manifest.json"
    objects.put(key, b"{}")
    with pytest.raises(CreditmillError, match="is of another version"):
        deliver(shown.home, objects.address("out"))
    assert objects.contents() == {key: b"{}"}


@contextmanager
def dead_after(objects: Bucket, number: int, *, answered: bool) -> Iterator[None]:
    """Let nothing reach the store after so many requests; the last of them is done, and its answer is
    lost, or not."""

    def before(request: Request) -> tuple[str, bytes] | None:
        return BUSY if request.number > number else None

    def change(request: Request, body: bytes) -> bytes:
        if request.number == number and not answered:
            raise ConnectionError
        return body

    objects.server.watch(before=before, change=change)
    try:
        yield
    finally:
        objects.server.watch()


def die_at(shown: Workspace, grown: Workspace, objects: Bucket, step: int) -> int:
    """Publish with a death at each `step`th request, and again: the same objects. Returns how many
    requests a whole publication takes."""
    deliver(shown.home, objects.address("first"))
    earlier = dict(objects.contents())
    objects.server.watch()
    deliver(grown.home, objects.address("first"))
    total = len(objects.server.requests)
    wanted = contents(objects, "first")
    for number in range(1, total, step):
        prefix = f"at{number}"
        for key, data in earlier.items():
            objects.put(key.replace("first", prefix, 1), data)
        with dead_after(objects, number, answered=bool(number % 2)), suppress(CreditmillError):
            deliver(grown.home, objects.address(prefix))
        in_force = json.loads(objects.contents()[f"{prefix}/latest.json"])["publication"]
        assert f"{prefix}/publications/{in_force}.json" in objects.contents()
        deliver(grown.home, objects.address(prefix))
        assert contents(objects, prefix) == wanted, number
    return total


@pytest.fixture
def impatient(objects: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """No request is tried again."""
    monkeypatch.setattr(client, "PATIENCE", client.PATIENCE._replace(retries=0))


@pytest.mark.slow
@pytest.mark.usefixtures("impatient")
def test_a_death_at_some_requests_leaves_what_is_in_force_and_the_rerun_ends_alike(
    shown: Workspace, grown: Workspace, objects: Bucket
) -> None:
    assert die_at(shown, grown, objects, 13) > 20


@pytest.mark.slow
@pytest.mark.usefixtures("impatient")
def test_a_death_at_every_request_leaves_what_is_in_force_and_the_rerun_ends_alike(
    shown: Workspace, grown: Workspace, objects: Bucket
) -> None:
    die_at(shown, grown, objects, 1)


@pytest.mark.slow
def test_a_killed_command_is_ended_by_the_next(shown: Workspace, objects: Bucket) -> None:
    """SIGKILL, from outside, while the store has a request of it."""
    deliver(shown.home, objects.address("calm"))
    total, wanted = len(objects.server.requests), contents(objects, "calm")
    for number in range(2, total, 6):
        words = ["publish", "--to", str(objects.address(f"at{number}")), "--home", shown.home.path]
        began: list[subprocess.Popen[bytes]] = []

        def kill(request: Request, at: int = number, began: list[Any] = began) -> None:
            if request.number == at and began:
                began.pop().kill()

        objects.server.watch(before=kill)
        process = subprocess.Popen([sys.executable, "-m", "pipelines.cli", *words])
        began.append(process)
        assert process.wait() == -signal.SIGKILL
        objects.server.watch()
        deliver(shown.home, objects.address(f"at{number}"))
        assert contents(objects, f"at{number}") == wanted


def test_a_busy_store_is_asked_again(shown: Workspace, objects: Bucket) -> None:
    deliver(shown.home, objects.address("calm"))
    objects.server.watch(before=lambda one: BUSY if one.number % 3 == 0 else None)
    deliver(shown.home, objects.address("busy"))
    assert contents(objects, "busy") == contents(objects, "calm")


def test_a_store_that_fails_leaves_what_is_in_force(
    shown: Workspace, grown: Workspace, objects: Bucket
) -> None:
    to = objects.address("out")
    deliver(shown.home, to)
    in_force = latest(objects)["publication"]
    objects.server.watch(before=lambda one: BUSY if "credits.duckdb" in one.path else None)
    with pytest.raises(StoreFailed, match="answered 503 SlowDown after 3 tries"):
        deliver(grown.home, to)
    assert latest(objects)["publication"] == in_force
    with pytest.raises(LostRace, match="publishes there since"):
        deliver(shown.home, to)  # the other machine may go on
    objects.server.watch()
    deliver(grown.home, to)
    assert latest(objects)["writing"] is None


def test_nothing_is_written_by_a_dry_run(shown: Workspace, objects: Bucket) -> None:
    with read_only(shown.home.path):
        done = publish(shown.home, objects.address("out"), dry_run=True)
    assert done.objects > 10
    assert objects.contents() == {}
    assert record.behind(shown.home, objects.address("out")) == [f"s3://{objects.name}/out"]


def test_files_for_finance_come_with_their_manifest_last(
    shown: Workspace, objects: Bucket, tmp_path: Path
) -> None:
    folder = tmp_path / "exports" / "2026-02" / "0001"
    folder.mkdir(parents=True)
    for name in ("manifest.json", "zz.csv", ".hidden", "charges.csv"):
        (folder / name).write_text(name)
    deliver(shown.home, objects.address("out"), exports=tmp_path / "exports")
    sent = [key for key in objects.asked("PUT") if "exports" in key]
    assert set(sent[:-1]) == {
        f"out/exports/2026-02/0001/{name}" for name in ("charges.csv", "zz.csv")
    }
    assert sent[-1] == "out/exports/2026-02/0001/manifest.json"


def test_pages_are_pages_and_go_with_their_organization(shown: Workspace, objects: Bucket) -> None:
    to = objects.address("out")
    deliver(shown.home, to)
    page = obstore.get(Store.open(to).client, "out/pages/index.html")
    assert page.attributes["Content-Type"] == "text/html"
    (file,) = (shown.home.pages / "organizations").glob("*.html")
    key = f"out/pages/organizations/{file.name}"
    assert key in objects.contents()
    file.unlink()
    deliver(shown.home, to)
    assert key not in objects.contents()


@pytest.mark.slow
def test_the_database_before_stays_and_older_ones_go(
    shown: Workspace, grown: Workspace, objects: Bucket
) -> None:
    to = objects.address("out")
    names: list[str] = []
    for one in (shown, grown, grown):
        if names[1:]:
            grow(one, "e3")
        deliver(one.home, to)
        names.append(one.home.catalog.resolve().name)
    there = {key.rpartition("/")[2] for key in objects.contents() if "/catalogs/" in key}
    assert there == set(names[1:])


@pytest.mark.slow
def test_status_says_what_is_behind(shown: Workspace, objects: Bucket) -> None:
    to = objects.address("out")
    assert record.behind(shown.home) == []
    deliver(shown.home, to)
    assert record.behind(shown.home, to) == []
    grow(shown)
    assert record.behind(shown.home) == [str(to)]
    deliver(shown.home, to)
    assert record.behind(shown.home) == []
    shown.home.published_file.write_text("[]")
    assert record.behind(shown.home, to) == [str(to)]


def test_nothing_is_published_of_an_empty_home(workspace: Workspace, objects: Bucket) -> None:
    workspace.run()
    with pytest.raises(ConfigurationError, match="nothing is published in"):
        deliver(workspace.home, objects.address("out"))
