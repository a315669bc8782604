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
    example_settings,
    text_of,
)
from tests.support.postgres import require_postgres, wait
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


KEYS_OF_THE_CHART = {
    "": "dagster-user-deployments postgresql runLauncher dagsterDaemon telemetry",
    "dagster-user-deployments": "enabled deployments",
    "dagster-user-deployments.deployments": (
        "name image port codeServerArgs includeConfigInLaunchedRuns env envSecrets volumes volumeMounts"
        " podSecurityContext securityContext resources"
    ),
    "postgresql": "postgresqlScheme",
    "runLauncher": "type config",
    "runLauncher.config": "k8sRunLauncher",
    "runLauncher.config.k8sRunLauncher": "runK8sConfig",
    "runLauncher.config.k8sRunLauncher.runK8sConfig": "podSpecConfig containerConfig",
    "dagsterDaemon": "runCoordinator runMonitoring",
    "dagsterDaemon.runCoordinator": "enabled type config",
    "dagsterDaemon.runCoordinator.config": "queuedRunCoordinator",
    "dagsterDaemon.runCoordinator.config.queuedRunCoordinator": "maxConcurrentRuns",
    "telemetry": "enabled",
}
"""Of the schema of Dagster's chart: the parts that our values set, in which it forbids other keys."""


def test_values_of_the_chart_have_keys_that_it_knows() -> None:
    def held(path: str, found: object) -> None:
        for one in found if isinstance(found, list) else [found]:
            if path in KEYS_OF_THE_CHART and isinstance(one, dict):
                assert one.keys() <= {*KEYS_OF_THE_CHART[path].split()}, path
                for key, value in one.items():
                    held(f"{path}.{key}".lstrip("."), value)

    held("", read("deploy/helm-values.yaml"))


def test_the_chart_runs_the_image_as_the_services_do() -> None:
    values, instance = read("deploy/helm-values.yaml"), read("deploy/dagster.yaml")
    scheme = instance["storage"]["postgres"]["postgres_db"]["scheme"]
    assert values["postgresql"]["postgresqlScheme"] == scheme
    coordinator = values["dagsterDaemon"]["runCoordinator"]["config"]["queuedRunCoordinator"]
    assert (
        coordinator["maxConcurrentRuns"] == instance["concurrency"]["runs"]["max_concurrent_runs"]
    )
    (deployment,) = values["dagster-user-deployments"]["deployments"]
    words = compose()["services"]["code"]["entrypoint"]
    assert deployment["codeServerArgs"] == words[-2:]
    of_runs = values["runLauncher"]["config"]["k8sRunLauncher"]["runK8sConfig"]
    assert of_runs["podSpecConfig"]["securityContext"] == deployment["podSecurityContext"]
    assert of_runs["containerConfig"]["securityContext"] == deployment["securityContext"]
    # the chart gives a container arguments and no command: an entrypoint of the image would take them
    assert "ENTRYPOINT" not in (DEPLOY / "Dockerfile").read_text(encoding="utf-8")


def test_a_second_home_is_in_force_by_taking_comments_away() -> None:
    services = compose(second=True)["services"]
    assert set(services) == {*compose()["services"], "code-us"}
    differing = {
        key for key, value in services["code"].items() if services["code-us"].get(key) != value
    }
    assert differing == {"env_file"}
    places = yaml.safe_load(text_of("workspace.yaml", second=True))["load_from"]
    assert [one["grpc_server"]["location_name"] for one in places] == [
        "creditmill",
        "creditmill-us",
    ]
    assert places[1]["grpc_server"]["host"] == "code-us"
    # each home's service alone gets its settings, and credentials
    assert [name for name, one in services.items() if "env_file" in one] == ["code", "code-us"]


@pytest.fixture
def services(tmp_path: Path) -> Any:
    require_postgres()
    settings = {
        "CREDITMILL_RATES": str(write_card(tmp_path / "book")),
        "CREDITMILL_SETTLE_SECONDS": "1",
    }
    with deployment(tmp_path, {"code": example_settings() | settings}) as made:
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
