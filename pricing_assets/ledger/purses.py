"""Purses: what is left of each grant, and in which order an organization's grants burn.

When they burn belongs to `account`.
"""

from bisect import insort
from datetime import date
from typing import Any

from pricing_assets.ledger.amounts import half_even
from pricing_assets.ledger.inputs import KINDS, Grant


class Purse:
    """A grant and what is left of it; `worth` is the dollars of all that is gone."""

    __slots__ = ("expires", "grant", "is_listed", "left", "order", "scope", "worth")

    def __init__(self, grant: Grant, left: int) -> None:
        self.grant, self.left = grant, left
        self.expires = grant.expires_date or date.max
        self.scope = frozenset(grant.billing_types) or None
        self.order = (
            grant.priority,
            self.expires,
            KINDS.index(grant.kind),
            grant.effective_date,
            grant.grant_id.encode(),
        )
        self.worth = self._worth_of(grant.credits - left)
        self.is_listed = False

    def _worth_of(self, gone: int) -> int:
        return half_even(self.grant.usd_paid * gone, self.grant.credits)

    def take(self, amount: int) -> int:
        """Take credits out (below 0: put them back); return the dollars that they are worth."""
        self.left -= amount
        before, self.worth = self.worth, self._worth_of(self.grant.credits - self.left)
        return self.worth - before


class Overdrawn:
    """What no grant covered of one charge; below 0 where more was taken back than was booked."""

    __slots__ = ("billing_type", "credits")

    def __init__(self, billing_type: str, amount: int) -> None:
        self.billing_type, self.credits = billing_type, amount


class Account:
    """One organization: its purses in the order in which they burn, and its overdraft by charge."""

    __slots__ = ("overdraft", "purses")

    def __init__(self) -> None:
        self.purses: list[Purse] = []
        self.overdraft: dict[tuple[date, Any], Overdrawn] = {}

    def open(self, purse: Purse) -> None:
        """Let a purse be burned from, if it is not yet."""
        if not purse.is_listed:
            purse.is_listed = True
            insort(self.purses, purse, key=lambda one: one.order)

    def close(self, purse: Purse) -> None:
        """Let a purse be burned from no more."""
        if purse.is_listed:
            purse.is_listed = False
            self.purses.remove(purse)

    def draw(self, billing_type: str, amount: int) -> list[tuple[Purse, int]]:
        """Return how much of an amount each purse in scope gives, in order."""
        drawn: list[tuple[Purse, int]] = []
        for purse in self.purses:
            if purse.left and (purse.scope is None or billing_type in purse.scope):
                part = min(purse.left, amount)
                drawn.append((purse, part))
                amount -= part
                if not amount:
                    break
        return drawn
