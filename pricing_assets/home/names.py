"""How what a home holds is named; every other name in it is not its own, and is left alone.

Where these names lie belongs to `home`, what has them to the steps.
"""

import re
from datetime import date


def date_of(name: str) -> date | None:
    """Return the usage date whose folder has this name; None where the name is not ours."""
    try:
        day = date.fromisoformat(name.removeprefix("usage_date="))
    except ValueError:
        return None
    return day if name == f"usage_date={day.isoformat()}" else None


def number_of(name: str) -> int | None:
    """Return the number of a version or booking whose folder has this name."""
    return int(name) if re.fullmatch(r"[0-9]{4,}", name) else None


def log_of(name: str) -> str | None:
    """Return the SHA-256 in a receipt's file name; None where it is not one."""
    file = name.removesuffix(".json")
    # without a pattern: it is asked for each of thousands of names
    is_log = len(file) == 64 and len(name) == 69 and not file.strip("0123456789abcdef")
    return file if is_log else None


def is_act(name: str) -> bool:
    """Return whether a closing or a withdrawal has this name."""
    return re.fullmatch(r"[0-9]{4,}\.json", name) is not None


def is_database(name: str) -> bool:
    """Return whether a database in `catalogs` has this name."""
    return re.fullmatch(r"([0-9a-f]{32}|[0-9a-f]{16}-[0-9a-f]{16})\.duckdb", name) is not None
