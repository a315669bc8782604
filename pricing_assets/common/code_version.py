"""Which code this is: its release, and the commit that it comes from.

A checkout is asked by git, once for each process that shows or writes a version; an archive, an sdist
and a wheel carry what they were made from. Only Python's own library is used: the build runs this
file by itself.
"""

import os
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, PathDistribution, distribution
from pathlib import Path

RELEASE = "0.1.0"
UNKNOWN = f"{RELEASE}+unknown"
"""The version of code that nothing says the commit of."""
ARCHIVED = "$Format:%H$"
"""The commit: `git archive` writes it here, as .gitattributes asks."""
ROOT = Path(__file__).resolve().parents[2]
CODE = ("pipelines", "pricing_assets", "sql")
"""What makes a checkout dirty when it is edited: what results depend on."""


@cache
def code_version() -> str:
    """Return the release and the commit, as a version of PEP 440.

    >>> code_version()  # doctest: +SKIP
    '0.1.0+g1f3a5b7c9d0e'

    `.dirty` follows where code is edited or new since that commit. Edits of an archive, an sdist or a
    wheel are not seen; code that nothing says the commit of is `0.1.0+unknown`.
    """
    if (ROOT / ".git").exists():
        return _of_checkout()
    if not ARCHIVED.startswith("$"):
        return _named(ARCHIVED)
    return _of_built() or UNKNOWN


def _named(commit: str, *, is_dirty: bool = False) -> str:
    return f"{RELEASE}+g{commit[:12]}{'.dirty' if is_dirty else ''}"


def _of_checkout() -> str:
    """Return what git says of this checkout; `UNKNOWN` where git is missing or cannot say."""
    command = ["git", "--no-optional-locks", "-c", "core.fsmonitor=false", "-C", str(ROOT)]
    command += ["status", "--porcelain=v2", "--branch", "--untracked-files=normal", "--", *CODE]
    # A hook's or a caller's GIT_DIR is that of another repository.
    environment = {name: value for name, value in os.environ.items() if name[:4] != "GIT_"}
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return UNKNOWN
    lines = done.stdout.splitlines()
    commit = next((line.split()[2] for line in lines if line.startswith("# branch.oid ")), "")
    if not commit or commit.startswith("("):  # (initial): nothing is committed yet
        return UNKNOWN
    return _named(commit, is_dirty=any(not line.startswith("#") for line in lines))


def _of_built() -> str | None:
    """Return the version that an unpacked sdist or an installed wheel was built with; None where
    this code is neither."""
    if (ROOT / "PKG-INFO").is_file():
        return PathDistribution(ROOT).version
    try:
        installed = distribution("creditmill")
    except PackageNotFoundError:
        return None
    # An editable install, or a copy earlier on the path, is other code than what was installed.
    package = Path(str(installed.locate_file("pricing_assets"))).resolve()
    return installed.version if package == ROOT / "pricing_assets" else None
