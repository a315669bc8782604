"""Words that sentences are made of."""

from collections.abc import Iterable


def either(names: Iterable[str]) -> str:
    """Return names as a sentence gives a choice of them: `a, b or c`."""
    *rest, last = names
    return f"{', '.join(rest)} or {last}" if rest else last


def counted(count: int, one: str, many: str = "") -> str:
    """Return how many of a thing: `1 row`, `2,000 rows`; `many` where it is not an s more.

    >>> counted(1, "log"), counted(2000, "log"), counted(2, "file is", "files are")
    ('1 log', '2,000 logs', '2 files are')
    """
    return f"{count:,} {one}" if count == 1 else f"{count:,} {many or one + 's'}"
