"""Sizes in bytes as people write them, like `4GB` or `512 MiB`, and numbers that are above zero."""

import re
from typing import Annotated

from pydantic import BeforeValidator, Field

_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_UNITS |= {"KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}


def bytes_of(size: str) -> int:
    """Return bytes of a size like `4GB` or `512 MiB`."""
    match = re.fullmatch(r"([0-9]+)\s*([a-zA-Z]*)", size.strip())
    unit = _UNITS.get(match[2].upper()) if match else None
    if match is None or unit is None or int(match[1]) == 0:
        raise ValueError(f"{size!r} is not a size; write it like 4GB or 512MiB")
    return int(match[1]) * unit


def no_truth(value: object) -> object:
    """Return a value; ValueError where it is true or false, of which Pydantic would make 1 or 0."""
    if isinstance(value, bool):
        raise ValueError(f"it is a number, not {str(value).lower()}")
    return value


Whole = Annotated[int, BeforeValidator(no_truth)]
"""A whole number."""
Bytes = Annotated[
    Whole,
    BeforeValidator(lambda size: bytes_of(size) if isinstance(size, str) else size),
    Field(gt=0),
]
"""A size; as text with a unit, like 4GB."""
Most = Annotated[Whole, Field(gt=0)]
