"""The services of `deploy/compose.yaml` as processes of this machine, with a real Postgres.

Each is started with the entrypoint and the environment that stand in the file; only hosts, ports and
folders are those of the test. What is published in the end belongs to the tests.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import graphql
from tests.support.command import ROOT

DEPLOY = ROOT / "deploy"
SECONDS = 240
NOBODY = 65534
"""Postgres refuses to run as root."""


def compose() -> dict[str, Any]:
    """What `deploy/compose.yaml` says, its anchors resolved."""
    read: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    return read


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def server_programs() -> Path | None:
    """The folder of Debian's Postgres server; None where it is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


@dataclass
class Postgres:
    """A Postgres server of our own: where it listens."""

    port: int
    password: str


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A server with the user and database of `deploy/compose.yaml`, gone afterwards."""
    programs = server_programs()
    assert programs is not None
    user = NOBODY if os.geteuid() == 0 else os.geteuid()
    made = compose()["services"]["postgres"]["environment"]
    name = made["POSTGRES_USER"]
    server = Postgres(free_port(), "a secret of the test")
    # not below pytest's folders, into which nobody else may look
    with tempfile.TemporaryDirectory(prefix="postgres-", dir="/tmp") as parent:
        folder = Path(parent)
        words, data, log = folder / "password", folder / "data", folder / "log"
        words.write_text(server.password, encoding="utf-8")
        for path in (folder, words):
            os.chown(path, user, -1)
        initdb: list[str | Path] = [
            programs / "initdb",
            "-D",
            data,
            "-U",
            name,
            f"--pwfile={words}",
            "--no-sync",
        ]
        initdb += ["--auth=scram-sha-256", "--locale=C.UTF-8"]
        subprocess.run(initdb, cwd=folder, user=user, check=True, capture_output=True)
        begin: list[str | Path] = [
            programs / "postgres",
            "-D",
            data,
            "-p",
            str(server.port),
            "-h",
            "127.0.0.1",
        ]
        with log.open("wb") as said:
            process = subprocess.Popen(
                [*begin, "-k", folder], cwd=folder, user=user, stdout=said, stderr=said
            )
        try:
            wait("Postgres answers", lambda: _answers(programs, server.port), log)
            if made["POSTGRES_DB"] != "postgres":
                place = ("-h", "127.0.0.1", "-p", str(server.port))
                subprocess.run(
                    [str(programs / "createdb"), *place, "-U", name, made["POSTGRES_DB"]],
                    env=os.environ | {"PGPASSWORD": server.password},
                    check=True,
                )
            yield server
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)


def _answers(programs: Path, port: int) -> bool:
    asked: list[str | Path] = [programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
    return subprocess.run(asked, check=False).returncode == 0


def wait(what: str, is_so: Callable[[], object], log: Path, seconds: float = SECONDS) -> None:
    """Wait until something is so; fail with what was logged where it is not."""
    until = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > until:
            pytest.fail(f"{what}: not so after {seconds:g} s\n{log.read_text()[-6000:]}")
        time.sleep(0.5)


@dataclass
class Deployment:
    """The services over a folder, which stands for the volume `/data`, and an inbox for `/logs`."""

    folder: Path
    inbox: Path
    database: Postgres
    settings: dict[str, str]
    ports: dict[str, int] = field(
        default_factory=lambda: {"code": free_port(), "webserver": free_port()}
    )
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        """The home: that of the file, in the folder."""
        return self.folder / "home"

    def begin(self, *names: str) -> None:
        """Start services by their names in the file, in its order."""
        self._copy_files()
        for name in names:
            service = compose()["services"][name]
            words = [self._here(word, name) for word in service["entrypoint"]]
            words[0] = str(Path(sys.executable).parent / words[0])
            with self.log(name).open("ab") as log:
                self.processes[name] = subprocess.Popen(
                    words,
                    cwd=self.folder,
                    env=self._environment(service, name),
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    preexec_fn=_as_from_a_terminal,
                )
            if name == "code":
                wait("the code answers", self._code_answers, self.log(name))

    def log(self, name: str) -> Path:
        """What a service said."""
        return self.folder / f"{name}.log"

    def kill(self, name: str) -> None:
        """End a service and all that it began, as a machine that goes down does."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(60)

    def end(self) -> None:
        """Stop every service as `docker compose down` does, and kill what does not stop."""
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(30)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

    def ask(self, query: str) -> dict[str, Any]:
        """What the webserver answers to a question of GraphQL."""
        return graphql.ask(f"http://127.0.0.1:{self.ports['webserver']}", query)

    def _code_answers(self) -> bool:
        test = compose()["services"]["code"]["healthcheck"]["test"][1:]
        words = [self._here(word, "code") for word in test]
        words[0] = str(Path(sys.executable).parent / words[0])
        return (
            subprocess.run(list(map(str, words)), check=False, capture_output=True).returncode == 0
        )

    def _copy_files(self) -> None:
        """Lay the files that the image has in /opt/dagster where the services look for them."""
        target = self.folder / "opt"
        if target.exists():
            return
        target.mkdir(parents=True)
        for name in ("dagster.yaml", "workspace.yaml"):
            text = (DEPLOY / name).read_text(encoding="utf-8")
            text = text.replace("port: 4000", f"port: {self.ports['code']}")
            text = text.replace("poll_interval_seconds: 30", "poll_interval_seconds: 5")
            (target / name).write_text(text, encoding="utf-8")

    def _environment(self, service: dict[str, Any], name: str) -> dict[str, str]:
        given = {key: self._here(str(value), name) for key, value in service["environment"].items()}
        given |= {
            "DAGSTER_POSTGRES_HOST": "127.0.0.1",
            "DAGSTER_POSTGRES_PORT": str(self.database.port),
            "DAGSTER_POSTGRES_PASSWORD": self.database.password,
            "DAGSTER_LOCATION_HOST": "127.0.0.1",
        }
        if name == "code":
            given |= self.settings
        return {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LC_ALL": "C.UTF-8"} | given

    def _here(self, word: str, name: str) -> str:
        if word == "4000":
            return str(self.ports["code"])
        if word == "3000":
            return str(self.ports[name])
        word = word.replace("/opt/dagster", str(self.folder / "opt"))
        word = "127.0.0.1" if word == "0.0.0.0" else word
        if word.startswith("/data"):
            return word.replace("/data", str(self.folder), 1)
        return str(self.inbox) if word == "/logs" else word


def _as_from_a_terminal() -> None:
    """A shell's background job ignores these; Dagster's children would too, and never end."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


@contextmanager
def deployment(folder: Path, database: Postgres, settings: dict[str, str]) -> Iterator[Deployment]:
    """The services over a folder of a test, ended afterwards."""
    inbox = folder / "inbox"
    inbox.mkdir(parents=True)
    made = Deployment(folder / "data", inbox, database, settings)
    made.folder.mkdir()
    try:
        yield made
    finally:
        made.end()
        shutil.rmtree(made.folder / "opt", ignore_errors=True)
