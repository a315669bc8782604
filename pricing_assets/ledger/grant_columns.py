"""All grants as arrays, made once for all dates that are computed, and what their dollars are worth.

What happens to grants belongs to `account` and `streams`.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import numpy as np
import pyarrow as pa

from pricing_assets.ledger.amounts import half_even
from pricing_assets.ledger.columns import decimals
from pricing_assets.ledger.inputs import Grant
from pricing_assets.ledger.purses import burn_order

MOST: Final = 1 << 62
"""Amounts of 64 bits are below this, and so is what is added up of them."""
_EPOCH: Final = date(1970, 1, 1).toordinal()


def day_of(day: date) -> int:
    """Return the number of a date: days since 1970."""
    return day.toordinal() - _EPOCH


def date_of(day: int) -> date:
    """Return the date of a number."""
    return date.fromordinal(day + _EPOCH)


class GrantColumns:
    """Grants in the order of their lines; dates are days since 1970, the end of one that never ends is
    after all. `place` is where a grant stands, `rank` and `by_name` its place among all in the order in
    which they burn and by the bytes of their ids. `granted` and `paid` are billionths where `is_small`
    (below `MOST`), else 0."""

    def __init__(self, grants: Sequence[Grant]) -> None:
        self.names = [grant.grant_id for grant in grants]
        self.place = {name: place for place, name in enumerate(self.names)}
        self.orgs = [grant.org_id for grant in grants]
        count = len(grants)
        self.opens = np.array([day_of(grant.effective_date) for grant in grants], dtype=np.int64)
        self.ends = np.array(
            [day_of(grant.expires_date or date.max) for grant in grants], dtype=np.int64
        )
        orders = [burn_order(grant) for grant in grants]
        self.rank = np.empty(count, dtype=np.int64)
        self.rank[sorted(range(count), key=orders.__getitem__)] = np.arange(count)
        self.by_name = np.empty(count, dtype=np.int64)
        self.by_name[sorted(range(count), key=lambda one: orders[one][-1])] = np.arange(count)
        self.is_scoped = np.array([bool(grant.billing_types) for grant in grants], dtype=bool)
        small = [max(grant.credits, grant.usd_paid) < MOST for grant in grants]
        self.is_small = np.array(small, dtype=bool)
        self.granted, self.paid = (
            np.array(
                [
                    getattr(grant, name) if one else 0
                    for grant, one in zip(grants, small, strict=True)
                ],
                dtype=np.int64,
            )
            for name in ("credits", "usd_paid")
        )
        common = np.maximum(np.gcd(self.paid, self.granted), 1)
        self._over, self._under = self.paid // common, np.maximum(self.granted // common, 1)
        self._is_exact = self._over <= MOST // np.maximum(self.granted, 1)

    def worth(self, place: Any, gone: Any) -> Any:
        """Return the dollars of so many credits of small grants that are gone: `usd_paid` x gone /
        `credits`, rounded half to even, in billionths."""
        over, under = self._over[place], self._under[place]
        fits = self._is_exact[place]
        whole, rest = np.divmod(np.where(fits, over * gone, 0), under)
        rest *= 2
        worth = whole + ((rest > under) | ((rest == under) & (whole % 2 == 1)))
        for one in np.flatnonzero(~fits).tolist():
            paid, granted = int(self.paid[place[one]]), int(self.granted[place[one]])
            worth[one] = half_even(paid * int(gone[one]), granted)
        return worth

    def dollars(self, place: Any, changes: Any, is_granted: Any, left: Any) -> Any:
        """Return the dollars that each change of a small grant is worth, with sign; `place` is the grant
        (below 0: none, and no dollars), changes of each are in order, `left` what was left before
        of each grant that was open."""
        dollars = np.zeros(len(place), dtype=np.int64)
        order = np.argsort(place, kind="stable")
        order = order[np.searchsorted(place[order], 0) :]
        of = place[order]
        moved = np.where(is_granted[order], 0, -changes[order])
        firsts = np.flatnonzero(np.diff(of, prepend=-1))
        upto = np.cumsum(moved)
        before = (upto - moved)[firsts]
        gone = upto - np.repeat(before, np.diff(firsts, append=len(of))) + (self.granted - left)[of]
        worth = self.worth(of, gone)
        dollars[order] = self.worth(of, gone - moved) - worth
        opened = np.flatnonzero(is_granted)
        dollars[opened] = self.paid[place[opened]]
        return dollars


def known_grants(grants: Sequence[Grant]) -> pa.Table:
    """Return one row per grant, as its line says it."""

    def column(name: str, kind: Any) -> pa.Array:
        return pa.array([getattr(grant, name) for grant in grants], kind)

    return pa.table(
        {
            **{
                name: column(name, pa.string())
                for name in ("grant_id", "org_id", "kind", "reference")
            },
            **{name: column(name, pa.date32()) for name in ("effective_date", "expires_date")},
            "priority": column("priority", pa.int32()),
            "billing_types": pa.array(
                ["|".join(grant.billing_types) for grant in grants], pa.string()
            ),
            "credits": decimals([grant.credits for grant in grants]),
            "usd_paid": decimals([grant.usd_paid for grant in grants]),
        }
    )
