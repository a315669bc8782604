"""Lines of the journal: records of JSON, each with the digest of the line before.

What they say belongs to `entries`, which of them count to `journal`.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from pricing_assets.home.entries import RECEIPT

_TEXT = ("utf-8", "surrogateescape")
_SCHEMA = b'"schema":[['
"""How a log's schema begins in its line: within a text of JSON, a quote bears a backslash."""
_DIGEST = ',"digest":"'
_TAIL = len(_DIGEST) + 64 + len('"}')


def chained(previous: str, body: bytes) -> str:
    """Return the digest of a line, which covers the one before."""
    return hashlib.sha256(previous.encode() + body).hexdigest()


def chain_of(lines: Sequence[bytes]) -> list[str]:
    """Return the digest of each line, up to the first whose own digest is another."""
    found: list[str] = []
    digest = ""
    for line in lines:
        digest = chained(digest, line[:-_TAIL])
        if not line.endswith(tail(digest).encode()):
            break
        found.append(digest)
    return found


def records_of(lines: Sequence[bytes]) -> list[Any]:
    """Return what each line says but for its digest, up to the first that is not JSON.

    All are read in one, twice as fast as one by one, and a schema that many logs have once: it is
    most of a line. Those logs then share one list.
    """
    numbers: dict[bytes, int] = {}
    parts = [b"["]
    for line in lines:
        before, found, rest = line[:-_TAIL].partition(_SCHEMA)
        parts.append(before)
        if found:
            schema, ends, rest = rest.partition(b"]]")
            number = numbers.setdefault(found + schema + ends, len(numbers))
            parts.append(b'"schema":%d' % number)
            parts.append(rest)
        parts.append(b"},")
    parts[-1] = b"}]" if lines else b"[]"
    try:
        records: list[Any] = json.loads(b"".join(parts).decode(*_TEXT))
        known: list[Any] = [json.loads(text[len(_SCHEMA) - 2 :].decode(*_TEXT)) for text in numbers]
        for one in records:
            if one["kind"] == RECEIPT:
                receipt = one["receipt"]
                if type(receipt["schema"]) is int:
                    receipt["schema"] = known[receipt["schema"]]
        if len(records) == len(lines):
            return records
    except (ValueError, RecursionError, LookupError, TypeError):
        pass
    return _records_one_by_one(lines)


def _records_one_by_one(lines: Sequence[bytes]) -> list[Any]:
    found = []
    for line in lines:
        try:
            found.append(json.loads((line[:-_TAIL] + b"}").decode(*_TEXT)))
        except (ValueError, RecursionError):
            break
    return found


def tail(digest: str) -> str:
    """Return how a line of this digest ends."""
    return f'{_DIGEST}{digest}"}}'
