"""What is said of words that are not a command: what is not a date, an option that is missing, a
word too many.

What the words mean, and whether a home has it, is for the commands to say.
"""

import re
from datetime import date
from inspect import Parameter, getdoc, signature

from cyclopts import CoercionError, CycloptsError, MissingArgumentError, UnusedCliTokensError

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
        return f"{lacks}{_example(error)}"
    if isinstance(error, UnusedCliTokensError) and error.unused_tokens and error.command_chain:
        return f"{_too_many(error, list(error.unused_tokens))}{_example(error)}"
    return str(error)


def _too_many(error: CycloptsError, unused: list[str]) -> str:
    """Return which words a command has no use for, and what to do with them."""
    names = signature(error.target).parameters.values() if error.target else ()
    taken = [one.name.upper() for one in names if one.kind is Parameter.POSITIONAL_ONLY]
    are, it = ("is", "it") if len(unused) == 1 else ("are", "them")
    takes = f"{' '.join(taken)} and options" if taken else "options alone"
    cure = "run the command for each" if taken else f"write the option that takes {it} before {it}"
    return (
        f"`creditmill {' '.join(error.command_chain or ())}` takes {takes};"
        f" {', '.join(map(repr, unused))} {are} too much: leave {it} out, {cure}, or put a text with"
        " blanks in quotes"
    )


def _example(error: CycloptsError) -> str:
    """Return the first example of the command's help, as the end of a sentence; '' where it has none."""
    found = _EXAMPLE.search(getdoc(error.target) or "")
    example = re.sub(r"\\\n *", "", found[1]) if found else ""
    return f"; for example `{example}`" if example else ""
