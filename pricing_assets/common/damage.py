"""What is wrong with a file of a home, from the error of the system or of a library.

Only an error that names something in a home is damage: every other one is a bug, and stays one.
Whether bytes are those that were published belongs to `verify`.
"""

import os
import re
import sys
from pathlib import Path

from pricing_assets.common.errors import DamagedFile
from pricing_assets.common.os_reasons import SHAPES

SETTINGS = "home.toml"
_REBUILT = ("credits.duckdb", "catalogs", "pages")
"""What `refresh` builds anew from the rest."""
_ITS = ("receipts", "reports")
_QUOTED = re.compile(r"""["'](/[^"']*)["']""")


def damage_of(error: BaseException) -> DamagedFile | None:
    """Return the error to show where a file of a home is missing, unreadable or another file; None
    where the error is about anything else."""
    if isinstance(error, OSError):
        names = [name for name in (error.filename2, error.filename) if name is not None]
        what = SHAPES.get(error.errno or 0, error.strerror or str(error))
    else:
        duckdb = sys.modules.get("duckdb")  # where it was never loaded, it raised nothing
        arrow = sys.modules.get("pyarrow")
        kinds = (
            *((duckdb.IOException, duckdb.InvalidInputException) if duckdb else ()),
            *((duckdb.SerializationException, duckdb.PermissionException) if duckdb else ()),
            *((arrow.lib.ArrowInvalid,) if arrow else ()),
        )
        if not isinstance(error, kinds):
            return None
        what = str(error).splitlines()[0]
        names = _QUOTED.findall(str(error))
    for name in names:
        path = Path(os.fsdecode(name))
        home = home_of(path)
        if home is not None:
            return damaged(home, path, what)
    return None


def home_of(path: Path) -> Path | None:
    """Return the home that a path lies in, if any."""
    for folder in path.parents:  # `Path.is_file` raises where nobody may look
        if os.path.isfile(folder / SETTINGS) or all(  # noqa: PTH113
            os.path.isdir(folder / name)  # noqa: PTH112
            for name in _ITS
        ):
            return folder
    return None


def damaged(home: Path, path: Path, what: str) -> DamagedFile:
    """Return the error that names a damaged file of the home, and what to do."""
    if path.is_relative_to(home) and path.relative_to(home).parts[0] in _REBUILT:
        is_folder = path.is_dir() and not path.is_symlink() and path.name.endswith(".duckdb")
        first = "move it away, then " if is_folder else ""
        cure = f"{first}`creditmill refresh` rebuilds it"
    else:
        cure = (
            "`creditmill restore` brings it back, with --from BACKUP from a copy; `creditmill verify` names"
            " what else is damaged"
        )
    return DamagedFile(f"{path} cannot be used: {what}; {cure}")
