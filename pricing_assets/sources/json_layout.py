"""How a file of JSON is laid out: a document on each line, or one document in all.

Reading either belongs to `raw_files`.
"""

import json
from typing import Final

_LINES: Final = 20
"""Lines that are looked at where the first is not a document."""


def is_by_lines(head: bytes) -> bool:
    """Return whether lines are documents of their own: a pretty-printed one, or an array of records, is
    read whole. The first line may be cut short where another one is a document."""
    first, newline, rest = head.lstrip().partition(b"\n")
    if first[:1] == b"[":  # arrays on lines of their own, as senders of batches write
        return bool(rest.strip()) and _is_document(first)
    if not newline or _is_document(first):
        return True
    if first.strip() not in (b"{", b"") and first.rstrip().endswith(b"}"):
        return True
    return any(
        line[:1] == b"{" and _is_document(line) for line in rest.split(b"\n", _LINES)[:_LINES]
    )


def _is_document(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True
