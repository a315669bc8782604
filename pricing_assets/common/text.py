"""Words that sentences are made of."""

from collections.abc import Iterable


def either(names: Iterable[str]) -> str:
    """Return names as a sentence gives a choice of them: `a, b or c`."""
    *rest, last = names
    return f"{', '.join(rest)} or {last}" if rest else last
