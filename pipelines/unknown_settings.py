"""What is said of a setting that there is not: misspelt, or another tool's name for one of ours.

Which settings there are is in `settings`.
"""

import os
from collections.abc import Collection
from difflib import get_close_matches
from typing import Any

_PREFIX = "CREDITMILL_"
_IN_WORDS = {
    "path_type": "it is not a path",
    "is_instance_of": "it is not an address; write it like s3://bucket/prefix",
    "tuple_type": "it is not a text, nor a list of texts",
}
"""What Pydantic says in words of its own."""


def no_setting(name: str, known: Collection[str]) -> str:
    """Return that a name is not a setting, and which of those that there are it resembles."""
    near = get_close_matches(name, known, n=1)
    return f"{name} is not a setting{f'; did you mean {near[0]}?' if near else ''}"


def fault_of(fault: Any, known: Collection[str]) -> str:
    """Return what is wrong with a setting, by what Pydantic found."""
    name = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden" and len(fault["loc"]) == 1:
        return no_setting(name, known)
    message = _IN_WORDS.get(fault["type"], fault["msg"].removeprefix("Value error, "))
    return f"{name}: {message}" if name else message


def unknown_variables(known: Collection[str]) -> list[str]:
    """Return what to say of each variable of the environment that looks like a setting and is none."""
    variables = {f"{_PREFIX}{name.upper()}" for name in known}
    found = sorted(name for name in os.environ if name.startswith(_PREFIX))
    return [no_setting(name, variables) for name in found if name not in variables]
