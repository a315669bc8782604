"""A Postgres server of our own, from Debian's package."""

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

SECONDS = 240
NOBODY = 65534
"""Postgres refuses to run as root."""


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


def require_postgres() -> None:
    """Skip the test where there is no Postgres; in CI it fails."""
    if server_programs() is None:
        if os.environ.get("CI"):
            pytest.fail("Debian's postgresql is not installed")
        pytest.skip("Debian's postgresql is not installed")


@dataclass
class Postgres:
    """A Postgres server of our own: where it listens."""

    port: int
    password: str


@contextmanager
def postgres(name: str, database: str) -> Iterator[Postgres]:
    """A server with a user and a database, gone afterwards."""
    programs = server_programs()
    assert programs is not None
    user = NOBODY if os.geteuid() == 0 else os.geteuid()
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
            if database != "postgres":
                place = ("-h", "127.0.0.1", "-p", str(server.port))
                subprocess.run(
                    [str(programs / "createdb"), *place, "-U", name, database],
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
