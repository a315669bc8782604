"""The oldest DuckDB that the contract names, installed beside the one in use."""

import subprocess
import sys
from pathlib import Path

VERSION = "1.2.0"


def install(folder: Path) -> str | None:
    """Install its wheel into a folder to import from; return what pip says if it cannot."""
    options = ["--quiet", "--no-deps", "--only-binary=:all:", "--disable-pip-version-check"]
    install = [sys.executable, "-m", "pip", "install", *options, "--target", str(folder)]
    done = subprocess.run([*install, f"duckdb=={VERSION}"], capture_output=True, text=True)
    return done.stderr if done.returncode else None
