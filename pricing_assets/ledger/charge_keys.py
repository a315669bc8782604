"""The keys of charges, in the order in which they burn, as whole numbers.

Which charges there are belongs to `booked`. Columns are ranked one by one, and rows by these ranks:
sorting millions of rows of texts would be most of a run's cost.
"""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

BURN_ORDER: Final = (
    "billing_type",
    "charge_date",
    "dimensions",
    "brand",
    "model",
    "key_mode",
    "meter",
    "per",
    "list_price",
    "price",
    "rate_card",
    "agreement",
)
"""The columns of a key, in the order in which they decide which of a date's charges burns first."""
SHOWN_ORDER: Final = ("charge_date", "dimensions", "billing_type", *BURN_ORDER[3:])
"""The same, in the order in which the burns of a date and organization are shown."""
_MOST: Final = 1 << 62


class Keys(NamedTuple):
    """One row per key of charges, in the order of their numbers from 1 on, which is that in which they
    burn; `shown_at` is the place of each among the burns of an organization and date."""

    columns: pa.Table
    shown_at: Any


def numbered(charges: pa.Table) -> tuple[Any, Keys]:
    """Return the number of each charge's key, and the keys; texts are compared by their bytes, what is
    null burns first, and is shown last."""
    ranks = {name: _ranks(charges[name], nulls_first=True) for name in BURN_ORDER}
    _, firsts, numbers = np.unique(
        _together(ranks[name] for name in BURN_ORDER), return_index=True, return_inverse=True
    )
    columns = charges.select(BURN_ORDER).take(firsts)
    shown = _together(_ranks(columns[name], nulls_first=False) for name in SHOWN_ORDER)
    shown_at = np.empty(len(shown), dtype=np.int64)
    shown_at[np.argsort(shown)] = np.arange(len(shown))
    keys = columns.append_column("key_id", pa.array(np.arange(1, len(firsts) + 1)))
    return numbers.reshape(-1) + 1, Keys(keys, shown_at)


def _ranks(column: pa.ChunkedArray, *, nulls_first: bool) -> Any:
    """Return the rank of each value, from 0 on; of structs, by their fields, in which nulls are last."""
    whole = column.combine_chunks()
    if pa.types.is_struct(whole.type):
        fields = whole.flatten()
        return _together(_ranks(pa.chunked_array([one]), nulls_first=False) for one in fields)
    encoded = whole.dictionary_encode()
    order = pc.sort_indices(encoded.dictionary).to_numpy()
    rank = np.empty(len(order) + 1, dtype=np.int64)
    rank[order] = np.arange(1, len(order) + 1)
    rank[-1] = 0 if nulls_first else len(order) + 1
    return rank[encoded.indices.fill_null(len(order)).to_numpy()]


def _together(columns: Iterable[Any]) -> Any:
    """Return one number per row that is in the order of these columns of ranks."""
    together, most = None, 1
    for ranks in columns:
        size = int(ranks.max(initial=0)) + 1
        if together is None:
            together, most = ranks, size
            continue
        if most * size >= _MOST:
            present, together = np.unique(together, return_inverse=True)
            most = len(present)
        together, most = together * size + ranks, most * size
    return together
