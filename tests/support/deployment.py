"""The services of `deploy/compose.yaml` as processes of this machine.

Each is started with the entrypoint and the environment that stand in the file; only hosts, ports and
folders are those of the test. What is published in the end belongs to the tests.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support import graphql
from tests.support.command import ROOT
from tests.support.postgres import Postgres, free_port, postgres, wait

DEPLOY = ROOT / "deploy"


def compose(*, second: bool = False) -> dict[str, Any]:
    """What `deploy/compose.yaml` says, its anchors resolved; with its second home, where asked."""
    read: dict[str, Any] = yaml.safe_load(text_of("compose.yaml", second=second))
    return read


def text_of(name: str, *, second: bool) -> str:
    """Return a file of `deploy/`; with what a person puts in force who wants a second home."""
    text = (DEPLOY / name).read_text(encoding="utf-8")
    if second:

        def in_force(block: re.Match[str]) -> str:
            return block[1] + re.sub(r"^( *)# ", r"\1", block[2], flags=re.MULTILINE)

        shown = r"^( *# A second home: .*\n)((?: *# .*\n)+)"
        text = re.sub(shown, in_force, text, flags=re.MULTILINE)
    return text


def example_settings() -> dict[str, str]:
    """What stands in `deploy/example.home.env`, which a person copies."""
    text = (DEPLOY / "example.home.env").read_text(encoding="utf-8")
    return dict(re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE))


@dataclass
class Deployment:
    """The services over a folder, which stands for the volume `/data`, and an inbox for `/logs`;
    `settings` are what stands in each home's file of settings, by its service."""

    folder: Path
    inbox: Path
    database: Postgres
    settings: dict[str, dict[str, str]]
    ports: dict[str, int] = field(
        default_factory=lambda: {name: free_port() for name in ("code", "code-us", "webserver")}
    )
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        """The home: that of the file, in the folder."""
        return self.folder / "home"

    @property
    def has_second(self) -> bool:
        """Whether the second home is in force."""
        return "code-us" in self.settings

    def begin(self, *names: str) -> None:
        """Start services by their names in the file, in its order."""
        self._copy_files()
        for name in names:
            service = compose(second=self.has_second)["services"][name]
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
            if name in self.settings:
                wait("the code answers", lambda name=name: self._answers(name), self.log(name))  # type: ignore[misc]

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

    def _answers(self, name: str) -> bool:
        test = compose()["services"]["code"]["healthcheck"]["test"][1:]
        words = [self._here(word, name) for word in test]
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
            text = text_of(name, second=self.has_second)
            text = text.replace("port: 4000", f"port: {self.ports['code']}", 1)
            text = text.replace("host: code-us", "host: 127.0.0.1")
            text = text.replace("port: 4000", f"port: {self.ports['code-us']}")
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
        for key, value in self.settings.get(name, {}).items():
            given[key] = self._here(value, name)
        return {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LC_ALL": "C.UTF-8"} | given

    def _here(self, word: str, name: str) -> str:
        if word == "4000":
            return str(self.ports[name])
        if word == "3000":
            return str(self.ports[name])
        word = word.replace("/opt/dagster", str(self.folder / "opt"))
        word = "127.0.0.1" if word == "0.0.0.0" else word
        if word.startswith("/data"):
            return word.replace("/data", str(self.folder), 1)
        return word.replace("/logs", str(self.inbox), 1) if word.startswith("/logs") else word


def _as_from_a_terminal() -> None:
    """A shell's background job ignores these; Dagster's children would too, and never end."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


@contextmanager
def deployment(folder: Path, settings: dict[str, dict[str, str]]) -> Iterator[Deployment]:
    """The services over a folder of a test, with a Postgres of their own, ended afterwards."""
    inbox = folder / "inbox"
    inbox.mkdir(parents=True, exist_ok=True)
    named = compose()["services"]["postgres"]["environment"]
    with postgres(named["POSTGRES_USER"], named["POSTGRES_DB"]) as database:
        made = Deployment(folder / "data", inbox, database, settings)
        made.folder.mkdir()
        try:
            yield made
        finally:
            made.end()
            shutil.rmtree(made.folder / "opt", ignore_errors=True)
