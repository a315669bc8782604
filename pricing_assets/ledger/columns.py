"""Decimals of DuckDB as whole billionths in Python, and back: column by column, without a float.

An amount is 128 bits wide there; nearly all need 64, and millions of them come and go at a time.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pricing_assets.common.decimals import BIGINT_MAX

if TYPE_CHECKING:
    import pyarrow as pa

WORD = 1 << 64


def shared_values(column: "pa.ChunkedArray") -> list[Any]:
    """Return the values of a column of few values, each of which is one object in Python."""
    found: list[Any] = []
    for chunk in column.dictionary_encode(null_encoding="encode").chunks:
        values = chunk.dictionary.to_pylist()
        found += map(values.__getitem__, chunk.indices.to_pylist())
    return found


def billionths(column: "pa.ChunkedArray") -> list[int]:
    """Return the values of a DECIMAL(38,9) column without nulls, times 10^9."""
    import numpy as np

    found: list[int] = []
    for chunk in column.chunks:
        words = np.frombuffer(chunk.buffers()[1], dtype="<i8").reshape(-1, 2)
        words = words[chunk.offset : chunk.offset + len(chunk)]
        low, high = words[:, 0], words[:, 1]
        if bool((high == low >> 63).all()):
            found += low.tolist()
        else:
            pairs = zip(low.tolist(), high.tolist(), strict=True)
            found += [high_word * WORD + low_word % WORD for low_word, high_word in pairs]
    return found


def decimals(amounts: Sequence[int]) -> "pa.Array":
    """Return whole billionths as a DECIMAL(38,9) column."""
    import numpy as np
    import pyarrow as pa

    words: Any = np.empty((len(amounts), 2), dtype="<i8")
    if all(-BIGINT_MAX <= amount <= BIGINT_MAX for amount in amounts):
        words[:, 0] = amounts
        words[:, 1] = words[:, 0] >> 63
    else:
        words[:, 0] = [(amount + WORD // 2) % WORD - WORD // 2 for amount in amounts]
        words[:, 1] = [amount // WORD for amount in amounts]
    buffer = pa.py_buffer(words.tobytes())
    return pa.Array.from_buffers(pa.decimal128(38, 9), len(amounts), [None, buffer])
