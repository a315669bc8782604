"""No network and no secret is needed at run time; dependencies are those that the lock names."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CUT = ["unshare", "--map-root-user", "--net"]
NO_SOCKETS = (
    "import runpy, socket, sys\n"
    "def refuse(*_): raise OSError('the network is cut')\n"
    "for name in ('connect', 'connect_ex', 'bind', 'sendto'): setattr(socket.socket, name, refuse)\n"
    "socket.getaddrinfo = refuse\n"
    "sys.argv = ['creditmill', *sys.argv[1:]]\n"
    "runpy.run_module('pipelines.cli', run_name='__main__')\n"
)


def can_cut() -> bool:
    """Whether this machine lets us have a network of our own, which is none."""
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*CUT, "true"], capture_output=True, check=False).returncode == 0


def test_a_run_needs_no_network_and_no_environment(tmp_path: Path) -> None:
    """Not even the loopback, where the system can take that away; no variable but the path."""
    python = [*CUT, sys.executable] if can_cut() else [sys.executable]
    for words in (["run", "--sample"], ["verify"], ["status"]):
        done = subprocess.run(
            [*python, "-c", NO_SOCKETS, *words, "--home", str(tmp_path / "home")],
            cwd=tmp_path,
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert "all as published" in done.stdout or "2026-02-03" in done.stdout


def test_every_dependency_is_locked_by_hash() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    entries = re.findall(r"^[^\s#].*?(?=^[^\s#]|\Z)", lock, flags=re.MULTILINE | re.DOTALL)
    assert len(entries) > 100
    for entry in entries:
        assert re.match(r"[a-zA-Z0-9._\[\],-]+==\S+", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry
    assert "://" not in lock
    assert "--require-hashes" in (ROOT / "Makefile").read_text(encoding="utf-8")


SECRETS = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}")


@pytest.mark.parametrize("package", ["pricing_assets", "pipelines", "sql", "sample_data"])
def test_no_secret_is_in_the_code(package: str) -> None:
    for path in sorted((ROOT / package).rglob("*")):
        if path.is_file() and path.suffix in (".py", ".sql", ".toml", ".csv", ".html", ".js"):
            assert not SECRETS.search(path.read_text(encoding="utf-8")), path
