"""Purses: what is left of each grant, and in which order an organization's grants burn.

When they burn belongs to `account`.
"""

from bisect import insort
from datetime import date
from typing import Any

from pricing_assets.ledger.amounts import half_even
from pricing_assets.ledger.entries import Burn
from pricing_assets.ledger.inputs import KINDS, Grant


def burn_order(grant: Grant) -> tuple[int, date, int, date, bytes]:
    """Return what the grants of an organization burn in the order of: priority, end, kind, beginning
    and id."""
    return (
        grant.priority,
        grant.expires_date or date.max,
        KINDS.index(grant.kind),
        grant.effective_date,
        grant.grant_id.encode(),
    )


class Purse:
    """A grant and what is left of it; `worth` is the dollars of all that is gone."""

    __slots__ = ("expires", "grant", "grant_id", "is_listed", "left", "order", "scope", "worth")

    def __init__(self, grant: Grant, left: int) -> None:
        self.grant, self.grant_id, self.left = grant, grant.grant_id, left
        self.expires = grant.expires_date or date.max
        self.scope = frozenset(grant.billing_types) or None
        self.order = burn_order(grant)
        self.worth = half_even(grant.usd_paid * (grant.credits - left), grant.credits)
        self.is_listed = False

    def take(self, amount: int) -> int:
        """Take credits out (below 0: put them back); return the dollars that they are worth."""
        grant = self.grant
        self.left = left = self.left - amount
        before = self.worth
        self.worth = worth = half_even(grant.usd_paid * (grant.credits - left), grant.credits)
        return worth - before


class Overdrawn:
    """What no grant covered of one charge; below 0 where more was taken back than was booked."""

    __slots__ = ("billing_type", "credits")

    def __init__(self, billing_type: str, amount: int) -> None:
        self.billing_type, self.credits = billing_type, amount


class Account:
    """One organization: its purses in the order in which they burn, its overdraft by charge, and what
    charges that may be taken back burned, in order."""

    __slots__ = ("burns", "overdraft", "purses")

    def __init__(self) -> None:
        self.purses: list[Purse] = []
        self.overdraft: dict[tuple[date, Any], Overdrawn] = {}
        self.burns: dict[tuple[date, Any], list[Burn]] = {}

    def open(self, purse: Purse) -> None:
        """Let a purse be burned from, if it is not yet."""
        if not purse.is_listed:
            purse.is_listed = True
            insort(self.purses, purse, key=lambda one: one.order)

    def close(self, purse: Purse) -> None:
        """Close a purse: no later charge uses it."""
        if purse.is_listed:
            purse.is_listed = False
            self.purses.remove(purse)

    def draw(self, billing_type: str, amount: int) -> list[tuple[Purse, int]]:
        """Return how much of an amount each purse in scope gives, in order."""
        drawn: list[tuple[Purse, int]] = []
        for purse in self.purses:
            left = purse.left
            if left and (purse.scope is None or billing_type in purse.scope):
                if left >= amount:
                    drawn.append((purse, amount))
                    break
                drawn.append((purse, left))
                amount -= left
        return drawn
