"""A Spark of one machine for tests: master, workers and a Connect server from the pyspark package.

Every process is started here, on loopback ports, and ended by its own id.
"""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyspark

SPARK = Path(pyspark.__file__).parent
LOOPBACK = "127.0.0.1"
PATIENCE = 90.0


@dataclass(frozen=True)
class Standalone:
    """A master's address and page, and the ids of its workers' processes."""

    master: str
    page: str
    workers: tuple[int, ...]

    def state(self) -> dict[str, object]:
        """What the master says of its workers and applications; nothing while its page starts."""
        try:
            with urllib.request.urlopen(f"{self.page}/json/", timeout=10) as answer:
                found: dict[str, object] = json.load(answer)
        except urllib.error.URLError:
            return {}
        return found


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def process(log: Path, *command: str) -> Iterator[int]:
    """One process of Spark; its id. It is ended with all that it started."""
    env = os.environ | {"SPARK_LOCAL_IP": LOOPBACK, "SPARK_HOME": str(SPARK)}
    with log.open("wb") as said:
        child = subprocess.Popen(
            command,
            env=env,
            stdout=said,
            stderr=said,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            yield child.pid
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGTERM)
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()


@contextmanager
def standalone(folder: Path, workers: int = 2, memory: str = "1g") -> Iterator[Standalone]:
    """A master and workers of one core each."""
    spark_class, port, page = str(SPARK / "bin" / "spark-class"), free_port(), free_port()
    address = f"spark://{LOOPBACK}:{port}"
    deploy = "org.apache.spark.deploy"
    with ExitStack() as stack:
        stack.enter_context(
            process(
                folder / "master.log",
                spark_class,
                f"{deploy}.master.Master",
                "--host",
                LOOPBACK,
                "--port",
                str(port),
                "--webui-port",
                str(page),
            )
        )
        _wait(lambda: _listens(port) and _listens(page), folder / "master.log")
        ids = [
            stack.enter_context(
                process(
                    folder / f"worker-{n}.log",
                    spark_class,
                    f"{deploy}.worker.Worker",
                    "--host",
                    LOOPBACK,
                    "--webui-port",
                    "0",
                    "-c",
                    "1",
                    "-m",
                    memory,
                    "-d",
                    str(folder / f"work-{n}"),
                    address,
                )
            )
            for n in range(workers)
        ]
        cluster = Standalone(address, f"http://{LOOPBACK}:{page}", tuple(ids))
        _wait(lambda: cluster.state().get("aliveworkers") == workers, folder / "worker-0.log")
        yield cluster


@contextmanager
def connect(folder: Path, master: str) -> Iterator[str]:
    """A Spark Connect server in front of a master; its address."""
    port = free_port()
    with process(
        folder / "connect.log", str(SPARK / "bin" / "spark-submit"),
        "--class", "org.apache.spark.sql.connect.service.SparkConnectServer",
        "--master", master, "--driver-memory", "1g",
        "--conf", f"spark.connect.grpc.binding.port={port}",
        "--conf", f"spark.connect.grpc.binding.address={LOOPBACK}",
        "--conf", f"spark.driver.host={LOOPBACK}",
        "--conf", f"spark.driver.bindAddress={LOOPBACK}",
        "--conf", "spark.executor.memory=600m",
        "--conf", f"spark.ui.port={free_port()}",
        "--conf", f"spark.sql.warehouse.dir={folder / 'warehouse'}",
        "spark-internal",
    ):  # fmt: skip
        _wait(lambda: _listens(port), folder / "connect.log")
        yield f"sc://{LOOPBACK}:{port}"


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0


def _wait(ready: Callable[[], bool], log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while not ready():
        if time.monotonic() > until:
            raise TimeoutError(log.read_text(errors="replace")[-2000:])
        time.sleep(0.2)
