"""Time zones by name, and the rules that they hold: from the package `tzdata`, the same everywhere.

The machine's own zone files are never read. Which instants a date covers belongs to `usage_dates`, what
happens to a home when the rules change to `recount`.
"""

import hashlib
import io
import struct
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from pricing_assets.common.errors import ConfigurationError
from pricing_assets.common.os_reasons import reason_of

MACHINES_OWN: Final = ("Factory", "localtime", "posixrules")
"""Names that stand for no place: each machine means another zone by them, or none."""
_OTHER_DATA: Final = ("posix/", "right/")

_FOLDERS: list[Path] = []
"""At most one: the folder that is read in place of the package."""


def use(folder: Path | None) -> None:
    """Read zones from this folder, laid out as the package is; None: from the package again."""
    wanted = [] if folder is None else [folder]
    if wanted != _FOLDERS:
        _FOLDERS[:] = wanted
        for cached in (_names, _data, zone_of):
            cached.cache_clear()


def folder() -> Traversable:
    """Return the folder that zones are read from: `zones` (their names) and `zoneinfo/NAME`."""
    return _FOLDERS[0] if _FOLDERS else files("tzdata")


def release() -> str:
    """Return the release of the time zone database, like 2026f; '' where it does not say."""
    try:
        with (folder() / "zoneinfo" / "tzdata.zi").open(encoding="utf-8") as text:
            name, _, value = text.readline().removeprefix("# ").partition(" ")
    except OSError:
        return ""
    return value.strip() if name == "version" else ""


def package(of_release: str) -> str:
    """Return what `pip install` calls a release: 2026f is tzdata==2026.6."""
    year, letter = of_release[:4], of_release[4:]
    is_plain = year.isdecimal() and len(letter) == 1 and "a" <= letter <= "z"
    return f"tzdata=={year}.{ord(letter) - ord('a') + 1}" if is_plain else "tzdata"


@cache
def zone_of(name: str) -> ZoneInfo:
    """Return the IANA time zone; ConfigurationError where no place bears the name."""
    try:
        data = _data(name)
        if not data.endswith(b"\n"):
            raise ValueError("it is cut short")  # Python would read its last line for ever
        return ZoneInfo.from_file(io.BytesIO(data), key=name)
    except (ValueError, OSError, LookupError, AssertionError, struct.error) as error:
        raise ConfigurationError(
            f"time zone {name!r} cannot be read from the package tzdata: {reason_of(error)}; install it again"
        ) from error


def rules_of(name: str) -> str:
    """Return a zone's name and the SHA-256 of its data: where both are equal, so are all dates."""
    return f"{name} {hashlib.sha256(_data(name)).hexdigest()}"


@cache
def _data(name: str) -> bytes:
    if name in MACHINES_OWN or name.startswith((*_OTHER_DATA, "/")):
        raise ConfigurationError(
            f"time zone {name!r} does not mean the same on every machine; use an IANA name such"
            " as UTC or Europe/Berlin"
        )
    if name not in _names():
        meant = next((one for one in _names() if one.casefold() == name.strip().casefold()), None)
        hint = (
            f"the IANA name is {meant}"
            if meant
            else "use an IANA name such as UTC or Europe/Berlin"
        )
        raise ConfigurationError(f"time zone {name!r} is unknown; {hint}")
    return folder().joinpath("zoneinfo", *name.split("/")).read_bytes()


@cache
def _names() -> tuple[str, ...]:
    return tuple(folder().joinpath("zones").read_text(encoding="utf-8").split())
