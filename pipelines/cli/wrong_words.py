"""What is said of words that are not a command: what is not a date, an option that is missing.

What the words mean, and whether a home has it, is for the commands to say.
"""

import re
from datetime import date
from inspect import getdoc

from cyclopts import CoercionError, CycloptsError, MissingArgumentError

_KINDS = {date: "a date; write one like 2026-02-03", int: "a whole number; write one like 7"}
_EXAMPLE = re.compile(r"^For example:\n +(creditmill (?:\\\n|.)+)$", re.MULTILINE)


def said_of(error: CycloptsError) -> str:
    """Return what is wrong with the words of a command, and how to write it right."""
    if isinstance(error, CoercionError) and error.target_type in _KINDS and error.token:
        option = f"{error.token.keyword} " if error.token.keyword else ""
        return f"{option}{error.token.value!r} is not {_KINDS[error.target_type]}"
    if isinstance(error, MissingArgumentError) and error.argument and error.command_chain:
        words = " ".join(error.command_chain)
        name = error.argument.name
        lacks = f"{name} needs a value" if error.keyword else f"`creditmill {words}` needs {name}"
        found = _EXAMPLE.search(getdoc(error.target) or "")
        example = re.sub(r"\\\n *", "", found[1]) if found else ""
        return f"{lacks}; for example `{example}`" if example else lacks
    return str(error)
