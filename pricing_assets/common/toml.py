"""TOML as text, read: the one place that does.

What its keys mean belongs to whoever reads it.
"""

import tomllib
from typing import Any


def loads(text: str) -> dict[str, Any]:
    """Return what a text of TOML holds; ValueError where it is none."""
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
