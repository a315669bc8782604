"""The command with the network cut and no variable but the path."""

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from tests.support.command import ROOT

CUT = ["unshare", "--map-root-user", "--net"]
NO_SOCKETS = (
    "import runpy, socket, sys\n"
    "def refuse(*_): raise OSError('the network is cut')\n"
    "for name in ('connect', 'connect_ex', 'bind', 'sendto'): setattr(socket.socket, name, refuse)\n"
    "socket.getaddrinfo = refuse\n"
    "sys.argv = ['creditmill', *sys.argv[1:]]\n"
    "runpy.run_module('pipelines.cli', run_name='__main__')\n"
)


@cache
def can_cut() -> bool:
    """Whether this machine lets us have a network of our own, which is none."""
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*CUT, "true"], capture_output=True, check=False).returncode == 0


def creditmill_offline(*words: str, cwd: Path) -> "subprocess.CompletedProcess[bytes]":
    """Run the command; not even the loopback is there, where the system can take that away."""
    python = [*CUT, sys.executable] if can_cut() else [sys.executable]
    return subprocess.run(
        [*python, "-c", NO_SOCKETS, *words],
        cwd=cwd,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
