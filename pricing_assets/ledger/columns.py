"""Decimals of DuckDB as whole billionths in Python, and back: column by column, without a float.

An amount is 128 bits wide there; nearly all need 64, and millions of them come and go at a time.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pricing_assets.common.decimals import BIGINT_MAX

if TYPE_CHECKING:
    import pyarrow as pa

WORD = 1 << 64


def amounts_of(column: "pa.ChunkedArray") -> Any:
    """Return the values of a DECIMAL(38,9) column without nulls, times 10^9: an array of 64 bits where
    each has that many, else of objects."""
    import numpy as np

    parts = []
    for chunk in column.chunks:
        words = np.frombuffer(chunk.buffers()[1], dtype="<i8").reshape(-1, 2)
        words = words[chunk.offset : chunk.offset + len(chunk)]
        low, high = words[:, 0], words[:, 1]
        if bool((high == low >> 63).all()):
            parts.append(low)
        else:
            pairs = zip(low.tolist(), high.tolist(), strict=True)
            wide = [high_word * WORD + low_word % WORD for low_word, high_word in pairs]
            parts.append(np.array(wide, dtype=object))
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)


def billionths(column: "pa.ChunkedArray") -> list[int]:
    """Return the values of a DECIMAL(38,9) column without nulls, times 10^9."""
    found: list[int] = amounts_of(column).tolist()
    return found


def amounts(values: Sequence[int]) -> Any:
    """Return whole numbers as an array: of 64 bits where each has that many, else of objects."""
    import numpy as np

    fits = all(-BIGINT_MAX <= value <= BIGINT_MAX for value in values)
    return np.array(values, dtype=np.int64 if fits else object)


def decimals(values: Any) -> "pa.Array":
    """Return whole billionths, a sequence or an array, as a DECIMAL(38,9) column."""
    import numpy as np
    import pyarrow as pa

    numbers = values if isinstance(values, np.ndarray) else amounts(values)
    words: Any = np.empty((len(numbers), 2), dtype="<i8")
    if numbers.dtype == np.int64:
        words[:, 0] = numbers
        words[:, 1] = numbers >> 63
    else:
        words[:, 0] = [(number + WORD // 2) % WORD - WORD // 2 for number in numbers]
        words[:, 1] = [number // WORD for number in numbers]
    buffer = pa.py_buffer(words.tobytes())
    return pa.Array.from_buffers(pa.decimal128(38, 9), len(numbers), [None, buffer])
