"""Two homes in one deployment, from object storage to object storage: killed, retried, and the same bytes."""

import hashlib
import json
import os
import signal
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.deployment import Deployment, deployment, example_settings
from tests.support.object_server import Bucket, Request, environment
from tests.support.postgres import require_postgres, wait
from tests.support.workspace import NOON, Workspace, row, write_card, write_log

RUNS = """{ runsOrError { ... on Runs { results {
    runId status jobName parentRunId repositoryOrigin { repositoryLocationName } } } } }"""
RETRY = """mutation { launchRunReexecution(reexecutionParams: {parentRunId: "%s", strategy: FROM_FAILURE}) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""


def logs_of(place: str) -> dict[str, list[dict[str, object]]]:
    """Three dates of a home, with an id that is delivered twice and a model that has no price."""
    made = {}
    for n in range(3):
        at = NOON + timedelta(days=n)
        rows = [
            row(event_id=f"{place}{n}-{i % 190}", event_time=at, org_id=f"{place}-{i % 7}")
            for i in range(200)
        ]
        rows.append(row(event_id=f"{place}{n}-odd", event_time=at, model="Nobody"))
        made[f"dt={at:%F}/{n}.parquet"] = rows
    return made


@pytest.mark.slow
def test_runs_that_are_killed_as_they_publish_are_retried_or_asked_for_again(
    tmp_path: Path, objects: Bucket
) -> None:
    """Somebody retries that of the first home; that of the second is left to the sensor. What is in the
    bucket and in the homes is what local runs over the same logs made."""
    require_postgres()
    book = write_card(tmp_path / "book")
    local = {}
    for place in ("eu", "us"):
        local[place] = Workspace(tmp_path / place, (book,))
        for name, rows in logs_of(place).items():
            path = write_log(tmp_path / place / "inbox" / name, rows)
            objects.put(f"logs/{place}/{name}", path)
    local["us"] = local["us"].under(timezone="America/New_York")

    common = example_settings() | environment(objects.server.url)
    common |= {"CREDITMILL_RATES": str(book), "CREDITMILL_QUARANTINE_LIMIT": "1"}
    of_place = {
        place: common
        | {
            "CREDITMILL_LOGS": f"s3://{objects.name}/logs/{place}",
            "CREDITMILL_PUBLISH_TO": f"s3://{objects.name}/out/{place}",
        }
        for place in ("eu", "us")
    }
    of_place["us"] |= {
        "CREDITMILL_HOME": "/data/us",
        "CREDITMILL_PREFIX": "us",
        "CREDITMILL_TIMEZONE": "America/New_York",
    }
    killed: dict[str, int] = {}

    def kill(request: Request) -> None:
        """As the database of a home travels, its run ends, as by a lack of memory."""
        for place, home in (("eu", "home"), ("us", "us")):
            travels = f"/out/{place}/catalogs/" in request.path
            if request.method in ("PUT", "POST") and travels and place not in killed:
                holder = json.loads((tmp_path / "data" / home / ".lock").read_bytes())
                killed[place] = holder["pid"]
                os.kill(holder["pid"], signal.SIGKILL)

    objects.server.watch(before=kill)
    settings = {"code": of_place["eu"], "code-us": of_place["us"]}
    with deployment(tmp_path, settings) as services:
        services.begin("code", "code-us", "webserver", "daemon")
        daemon = services.log("daemon")
        wait("a run is killed", lambda: "eu" in killed, daemon, 600)
        failed = {"status": "FAILURE", "jobName": "daily"}
        wait("it failed", lambda: runs(services, **failed), daemon)
        (first,) = runs(services, **failed)
        assert objects.contents()["out/eu/latest.json"]
        answer = services.ask(RETRY % first["runId"])["launchRunReexecution"]
        assert answer["__typename"] == "LaunchRunSuccess", answer
        retry = answer["run"]["runId"]
        wait(
            "the retry is over", lambda: runs(services, runId=retry, status="SUCCESS"), daemon, 600
        )
        wait("the second home is in the bucket", lambda: is_whole(objects, "us"), daemon, 600)
        wait("nothing is under way", lambda: not runs(services, status="STARTED"), daemon, 600)
        ended = runs(services)
    where = {(one["repositoryOrigin"]["repositoryLocationName"], one["jobName"]) for one in ended}
    assert where == {
        *(("creditmill", name) for name in ("ingest", "daily")),
        *(("creditmill-us", f"us_{name}") for name in ("ingest", "daily")),
    }
    assert sorted(one["jobName"] for one in ended if one["status"] == "FAILURE") == [
        "daily",
        "us_daily",
    ]
    for place, home in (("eu", "home"), ("us", "us")):
        local[place].run()
        assert is_whole(objects, place)
        expected = local[place].outputs()
        assert len({day for day, _ in expected}) == 3
        assert Workspace(tmp_path / "data", (book,), name=home).outputs() == expected
        assert in_bucket(objects, place) == expected


def runs(services: Deployment, **like: str) -> list[dict[str, object]]:
    """The runs of the instance that are like that."""
    try:
        found = services.ask(RUNS)["runsOrError"]["results"]
    except OSError:
        return []
    return [one for one in found if like.items() <= one.items()]


def is_whole(objects: Bucket, place: str) -> bool:
    """Whether a home is published, and nobody writes."""
    latest = objects.contents().get(f"out/{place}/latest.json")
    if latest is None:
        return False
    told = json.loads(latest)
    return told["publication"] is not None and told["writing"] is None


def in_bucket(objects: Bucket, place: str) -> dict[tuple[str, str], str]:
    """The bytes of every version in force in the bucket, by date and file, as `Workspace.outputs`."""
    there = objects.contents()
    told = json.loads(there[f"out/{place}/latest.json"])
    named = json.loads(there[f"out/{place}/publications/{told['publication']}.json"])
    return {
        (day, key.rpartition("/")[2]): hashlib.sha256(data).hexdigest()
        for day, folder in named["in_force"].items()
        for key, data in there.items()
        if key.startswith(f"out/{place}/{folder}/")
        and not key.endswith(("manifest.json", "checks.json"))
    }
