"""What `deploy/` starts: the services as processes over a real Postgres, and what files must agree."""

import os
import re
import shlex
import subprocess
import time
from pathlib import Path
from shutil import which
from typing import Any

import pytest
import yaml

from pricing_assets.home import Home
from tests.support.command import ROOT
from tests.support.deployment import (
    DEPLOY,
    Deployment,
    compose,
    deployment,
    postgres,
    server_programs,
    wait,
)
from tests.support.workspace import NOON, Workspace, row, write_card, write_log

RUNS = "{ runsOrError { ... on Runs { results { status jobName } } } }"


def read(name: str) -> dict[str, Any]:
    made: dict[str, Any] = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
    return made


def test_the_instance_is_that_of_one_machine_with_records_in_postgres() -> None:
    deployed, plain = read("deploy/dagster.yaml"), read("pipelines/instance/dagster.yaml")
    added = {"storage", "compute_logs", "local_artifact_storage"}
    assert {key: deployed[key] for key in deployed.keys() - added} == plain
    assert "password: {env: " in (DEPLOY / "dagster.yaml").read_text(encoding="utf-8")


def test_services_of_the_image_write_nothing_but_their_volume() -> None:
    services = compose()["services"]
    assert set(services) == {"postgres", "code", "webserver", "daemon"}
    for name in ("code", "webserver", "daemon"):
        service = services[name]
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["tmpfs"] == ["/tmp"], name
    dockerfile = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    assert re.findall(r"^USER (.*)$", dockerfile, re.MULTILINE) == ["10001:10001"]
    assert re.findall(r"^VOLUME (.*)$", dockerfile, re.MULTILINE) == ["/data"]


def test_every_variable_that_the_instance_reads_is_given_to_each_service() -> None:
    text = "".join(
        (DEPLOY / name).read_text(encoding="utf-8") for name in ("dagster.yaml", "workspace.yaml")
    )
    asked = set(re.findall(r"\{env: (\w+)\}", text))
    for name in ("code", "webserver", "daemon"):
        assert asked <= set(compose()["services"][name]["environment"]), name


def test_the_image_has_the_versions_that_were_tested() -> None:
    image, runtime, dev = (
        set(re.findall(r"^\S+==\S+", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))
        for name in ("deploy/requirements.lock", "requirements.lock", "requirements-dev.lock")
    )
    assert runtime < image < dev
    names = {one.partition("==")[0] for one in image - runtime}
    assert names == {"dagster-postgres", "psycopg2-binary"}


def test_units_are_well_formed() -> None:
    if not which("systemd-analyze"):
        if os.environ.get("CI"):
            pytest.fail("systemd-analyze (Debian: systemd) is not installed")
        pytest.skip("systemd-analyze (Debian: systemd) is not installed")
    units = sorted((DEPLOY / "systemd").iterdir())
    done = subprocess.run(
        ["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False
    )
    said = [
        line
        for line in done.stderr.splitlines()
        if "deploy/systemd" in line and "is not executable" not in line
    ]
    assert not said


def test_the_line_of_cron_prints_only_what_needs_somebody(tmp_path: Path) -> None:
    line = (DEPLOY / "creditmill.cron").read_text(encoding="utf-8").splitlines()[-1]
    minute, hour, *_, user = line.split()[:6]
    assert (minute, hour, user) == ("17", "*", "creditmill")
    command = line.split(maxsplit=6)[6]
    for code, printed in ((0, ""), (1, "a blocked date\n")):
        program = tmp_path / "creditmill"
        program.write_text(f"#!/bin/sh\necho a blocked date\nexit {code}\n", encoding="utf-8")
        program.chmod(0o755)
        words = command.replace("/opt/creditmill/bin/creditmill", shlex.quote(str(program)))
        words = words.replace("/etc/creditmill", shlex.quote(str(tmp_path)))
        done = subprocess.run(["sh", "-c", words], capture_output=True, text=True, check=False)
        assert done.stdout == printed


@pytest.fixture
def services(tmp_path: Path) -> Any:
    if server_programs() is None:
        if os.environ.get("CI"):
            pytest.fail("Debian's postgresql is not installed")
        pytest.skip("Debian's postgresql is not installed")
    settings = {
        "CREDITMILL_RATES": str(write_card(tmp_path / "book")),
        "CREDITMILL_SETTLE_SECONDS": "1",
    }
    with (
        postgres() as database,
        deployment(tmp_path, database, settings) as made,
    ):
        yield made


@pytest.mark.slow
def test_a_log_is_published_though_the_code_is_killed_in_its_run(
    services: Deployment, tmp_path: Path
) -> None:
    """The service comes back, the date is asked for again, and the bytes are those of a local run."""
    home = Home(services.home)
    services.begin("code", "webserver", "daemon")
    write_log(services.inbox / "a.parquet", [row(event_id=f"{n}") for n in range(1000)])
    daemon = services.log("daemon")
    wait("a run of the date is under way", lambda: ("STARTED", "daily") in runs(services), daemon)
    services.kill("code")
    killed = home.current(NOON.date()) is None
    time.sleep(2)
    services.begin("code")
    wait("the date is published", lambda: home.current(NOON.date()), daemon, 600)
    wait("its run is over", lambda: ("SUCCESS", "daily") in runs(services), daemon)
    if killed:
        assert ("FAILURE", "daily") in runs(services)
    undisturbed = Workspace(tmp_path, (tmp_path / "book",), name="undisturbed")
    undisturbed.run()
    deployed = Workspace(services.folder, (tmp_path / "book",))
    assert deployed.outputs() == undisturbed.outputs()
    # records are in Postgres: of the container's own files only what steps printed
    files = {path.suffix for path in (services.folder / "dagster").rglob("*") if path.is_file()}
    assert files <= {".err", ".out", ".complete"}


def runs(services: Deployment) -> list[tuple[str, str]]:
    try:
        found = services.ask(RUNS)["runsOrError"]["results"]
    except OSError:
        return []
    return sorted((run["status"], run["jobName"]) for run in found)
