"""The image of `deploy/Dockerfile`, built from the commit on a clean Debian, and run as it would be.

It needs Debian's buildah, crun and mmdebstrap, and root.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from tests.support.command import ROOT

PROGRAMS = ("buildah", "crun", "mmdebstrap")


def run(*words: object, **more: Any) -> str:
    done = subprocess.run([*map(str, words)], capture_output=True, text=True, check=False, **more)
    assert done.returncode == 0, (words, done.stdout[-2000:], done.stderr[-4000:])
    return done.stdout


class Buildah:
    """Images and containers of their own, in a folder of the test."""

    def __init__(self, folder: Path) -> None:
        self.words = ("buildah", "--root", folder / "store", "--runroot", folder / "run")
        self.env = os.environ | {"STORAGE_DRIVER": "vfs", "BUILDAH_ISOLATION": "chroot"}

    def __call__(self, *words: object) -> str:
        return run(*self.words, *words, env=self.env).strip()


def mounts() -> Iterator[str]:
    """What pip needs of this machine to find packages: its settings, and the files that they name."""
    said = run(sys.executable, "-m", "pip", "config", "list")
    named = {*re.findall(r"(?:file://)?(/[^\s']+)", said), "/etc/pip.conf", "/etc/ssl/certs"}
    for path in sorted(named):
        if Path(path).exists():
            yield from ("-v", f"{path}:{path}:ro")


@pytest.fixture(scope="module")
def container(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Buildah, str]]:
    missing = [name for name in PROGRAMS if not which(name)]
    if missing or os.geteuid():
        pytest.skip(f"needs root and Debian's {', '.join(missing or PROGRAMS)}")
    folder = tmp_path_factory.mktemp("image")
    buildah = Buildah(folder)
    debian, context = folder / "debian.tar", folder / "context"
    packages = "--include=python3,python3-venv,ca-certificates"
    run("mmdebstrap", "--variant=minbase", packages, "bookworm", debian)
    scratch = buildah("from", "scratch")
    buildah("add", scratch, debian, "/")
    buildah("commit", "-q", scratch, "localhost/debian")  # a name alone may be one of a registry
    context.mkdir()
    archive = subprocess.run(
        ["git", "archive", "HEAD"], cwd=ROOT, check=True, capture_output=True
    ).stdout
    subprocess.run(["tar", "x", "-C", context], input=archive, check=True)
    dockerfile = ROOT / "deploy" / "Dockerfile"
    base = "PYTHON=localhost/debian"
    buildah(
        "bud", "-q", "-t", "localhost/it", "--build-arg", base, *mounts(), "-f", dockerfile, context
    )
    yield buildah, buildah("from", "localhost/it")
    buildah("rm", "--all")


@pytest.mark.slow
def test_it_knows_its_commit_and_is_nobody(container: tuple[Buildah, str]) -> None:
    buildah, name = container
    commit = run("git", "rev-parse", "HEAD", cwd=ROOT).strip()
    assert buildah("run", name, "--", "creditmill", "--version").endswith(f"+g{commit[:12]}")
    assert buildah("run", name, "--", "id", "-u") == "10001"
    assert buildah("run", name, "--", "sh", "-c", "command -v pip pytest git make || true") == ""


@pytest.mark.slow
def test_it_publishes_into_its_volume_and_nowhere_else(container: tuple[Buildah, str]) -> None:
    buildah, name = container
    # the root is closed to the user, as a read-only one is
    words = "find / -xdev -writable -not -path '/proc/*' -not -path '/dev/*' -not -type l"
    writable = buildah("run", name, "--", "sh", "-c", f"{words} 2>/dev/null || true").split()
    assert {path.split("/")[1] for path in writable} <= {"data", "tmp", "var", "run"}
    said = buildah("run", name, "--", "sh", "-c", "creditmill run --sample 2>&1; echo exit $?")
    assert said.endswith("exit 0"), said
    assert buildah("run", name, "--", "creditmill", "verify").endswith("all as published.")


@pytest.mark.slow
def test_its_services_begin(container: tuple[Buildah, str]) -> None:
    """Every program that `deploy/compose.yaml` starts is in the image."""
    buildah, name = container
    for words in (
        ("dagster", "code-server", "start", "--help"),
        ("dagster-webserver", "--help"),
        ("dagster-daemon", "run", "--help"),
        ("python3", "-c", "import dagster_postgres, psycopg2, pipelines.run_launcher"),
    ):
        buildah("run", name, "--", *words)
