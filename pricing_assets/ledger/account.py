"""The ledger itself: which credits each charge burns, date by date, and what is left at each end.

Rows come in and entries go out; where rows come from and entries are kept does not belong here. A
date's work costs what happens on it, however long the history.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from operator import attrgetter
from typing import Final

from pricing_assets.common.errors import ConfigurationError
from pricing_assets.ledger.amounts import decimal_of
from pricing_assets.ledger.entries import (
    BURNED,
    COVERED,
    EXPIRED,
    GRANTED,
    ONE_DAY,
    REPAID,
    RESTORED,
    UNCOVERED,
    VOIDED,
    Burn,
    Carried,
    Charge,
    LedgerEntry,
    Org,
)
from pricing_assets.ledger.inputs import Grant, Void
from pricing_assets.ledger.purses import Account, Overdrawn, Purse

_IN_ORDER: Final = attrgetter("billing_type", "key")


class Ledger:
    """Every organization's account as it stands at the end of a date, which `advance` moves on."""

    def __init__(
        self,
        grants: Iterable[Grant],
        voids: Iterable[Void],
        organizations: Mapping[str, Org] | None = None,
        carried: Carried | None = None,
    ) -> None:
        """`organizations` names the organizations of grants as charges do, where that differs;
        `carried` is how things stood at the end of an earlier date."""
        carried = carried or Carried()
        through = carried.through or date.min
        self._accounts: dict[Org, Account] = defaultdict(Account)
        self._purses: dict[str, Purse] = {}
        self._orgs: dict[str, Org] = {}
        self._opening: dict[date, list[Purse]] = {}
        self._ending: dict[date, list[Purse]] = {}
        self._voids: dict[date, list[Void]] = {}
        self._keeps_all = carried.burns is None
        for grant in grants:
            is_open = grant.effective_date <= through
            left = carried.left.get(grant.grant_id, 0) if is_open else grant.credits
            purse = Purse(grant, left)
            org = grant.org_id if organizations is None else organizations[grant.org_id]
            self._purses[grant.grant_id], self._orgs[grant.grant_id] = purse, org
            if not is_open:
                self._opening.setdefault(grant.effective_date, []).append(purse)
            elif purse.left:
                self._accounts[org].open(purse)
            if grant.expires_date is not None and grant.expires_date - ONE_DAY > through:
                self._ending.setdefault(grant.expires_date - ONE_DAY, []).append(purse)
        for void in voids:
            self._voids.setdefault(void.date, []).append(void)
        for charge in carried.overdraft:
            owed = Overdrawn(charge.billing_type, charge.credits)
            self._accounts[charge.org].overdraft[charge.charge_date, charge.key] = owed
        for (org, *place), burns in (carried.burns or {}).items():
            self._accounts[org].burns[place[0], place[1]] = list(burns)

    def left(self) -> dict[str, int]:
        """Return what is left of each grant, in billionths."""
        return {name: purse.left for name, purse in self._purses.items()}

    def advance(self, day: date, charges: Iterable[Charge]) -> list[LedgerEntry]:
        """Return every entry of a date, each organization's in order; the date is the next one on
        which anything happens. ConfigurationError where a void takes more than is left."""
        entries: list[LedgerEntry] = []
        opened = self._open(day, entries)
        self._void(day, entries)
        for org in opened:
            self._repay(org, entries)
        given_back = []
        for charge in sorted(charges, key=_IN_ORDER):
            if charge.credits > 0:
                self._burn(charge, entries)
            elif charge.credits < 0:
                given_back.append(charge)
        restored = dict.fromkeys(charge.org for charge in given_back)
        for charge in given_back:
            self._unwind(day, charge, entries)
        for org in restored:
            self._repay(org, entries)
        self._expire(day, entries)
        return entries

    def _open(self, day: date, entries: list[LedgerEntry]) -> Iterable[Org]:
        opened: dict[Org, None] = {}
        for purse in sorted(self._opening.pop(day, ()), key=lambda one: one.order):
            grant = purse.grant
            org = self._orgs[grant.grant_id]
            self._accounts[org].open(purse)
            entries.append(
                LedgerEntry(org, GRANTED, grant.grant_id, None, None, grant.credits, grant.usd_paid)
            )
            opened[org] = None
        return opened

    def _void(self, day: date, entries: list[LedgerEntry]) -> None:
        voids = self._voids.pop(day, [])
        for void in sorted(voids, key=lambda one: (one.credits is None, one.void_id.encode())):
            purse = self._purses[void.grant_id]
            credits = purse.left if void.credits is None else void.credits
            if credits > purse.left:
                raise ConfigurationError(
                    f"{void.file}:{void.line}: void {void.void_id!r} takes"
                    f" {decimal_of(credits):f} credits of {void.grant_id!r} on {day}, and"
                    f" {decimal_of(purse.left):f} are left; write 'all' for what is left. Where it was"
                    " used already, and usage of dates before it came since, append a grant that"
                    " burns first and covers that usage: of an earlier date and a lower priority"
                )
            org = self._orgs[void.grant_id]
            usd = purse.take(credits)
            entries.append(LedgerEntry(org, VOIDED, void.grant_id, None, None, -credits, -usd))

    def _repay(self, org: Org, entries: list[LedgerEntry]) -> None:
        account = self._accounts[org]
        overdraft = account.overdraft
        if not overdraft:
            return
        for place in sorted(
            overdraft, key=lambda one: (one[0], overdraft[one].billing_type, one[1])
        ):
            owed = overdraft[place]
            if owed.credits <= 0:
                continue
            charge = Charge(org, owed.billing_type, *place, owed.credits)
            paid = self._take(charge, account, REPAID, owed.credits, entries)
            if paid:
                entries.append(LedgerEntry(org, COVERED, None, *place, paid, 0))
                owed.credits -= paid
                if not owed.credits:
                    del overdraft[place]

    def _burn(self, charge: Charge, entries: list[LedgerEntry]) -> None:
        org, billing_type, charge_date, key, credits = charge
        account = self._accounts[org]
        if account.overdraft:
            credits -= self._net(charge, account, entries)
        if credits:
            credits -= self._take(charge, account, BURNED, credits, entries)
        if credits:
            entries.append(LedgerEntry(org, UNCOVERED, None, charge_date, key, -credits, 0))
            owed = account.overdraft.setdefault((charge_date, key), Overdrawn(billing_type, 0))
            owed.credits += credits

    def _net(self, charge: Charge, account: Account, entries: list[LedgerEntry]) -> int:
        """Return how much of a charge was taken back before it was booked."""
        org, _, charge_date, key, credits = charge
        owed = account.overdraft.get((charge_date, key))
        if owed is None or owed.credits >= 0:
            return 0
        netted = min(credits, -owed.credits)
        entries.append(LedgerEntry(org, UNCOVERED, None, charge_date, key, -netted, 0))
        owed.credits += netted
        if not owed.credits:
            del account.overdraft[charge_date, key]
        return netted

    def _take(
        self, charge: Charge, account: Account, entry: str, amount: int, entries: list[LedgerEntry]
    ) -> int:
        """Burn up to so many credits for a charge; return how many there were."""
        org, billing_type, charge_date, key, _ = charge
        burns: list[Burn] | None = None
        if self._keeps_all:
            burns = account.burns.setdefault((charge_date, key), [])
        elif account.burns:
            burns = account.burns.get((charge_date, key))
        taken = 0
        for purse, part in account.draw(billing_type, amount):
            usd = -purse.take(part)
            entries.append(LedgerEntry(org, entry, purse.grant_id, charge_date, key, -part, usd))
            taken += part
            if burns is not None:
                burns.append(Burn(purse.grant_id, part))
            if not purse.left:
                account.close(purse)
        return taken

    def _unwind(self, day: date, charge: Charge, entries: list[LedgerEntry]) -> None:
        """Take a charge back in part: what no grant covered, then its burns in reverse."""
        org, billing_type, charge_date, key, _ = charge
        credits, place = -charge.credits, (charge_date, key)
        account = self._accounts[org]
        overdraft = account.overdraft
        owed = overdraft.get(place)
        covered = min(credits, max(owed.credits, 0)) if owed is not None else 0
        credits -= covered
        burns = account.burns.get(place, [])
        returned: list[tuple[str, int]] = []
        while credits and burns:
            grant_id, burned = burns.pop()
            part = min(credits, burned)
            if part < burned:
                burns.append(Burn(grant_id, burned - part))
            returned.append((grant_id, part))
            credits -= part
        covered += credits  # more than was booked: held against what is booked for it later
        if covered:
            entries.append(LedgerEntry(org, COVERED, None, charge_date, key, covered, 0))
            owed = overdraft.setdefault(place, Overdrawn(billing_type, 0))
            owed.credits -= covered
            if not owed.credits:
                del overdraft[place]
        for grant_id, part in returned:
            purse = self._purses[grant_id]
            entries.append(LedgerEntry(org, RESTORED, grant_id, *place, part, -purse.take(-part)))
            if purse.expires <= day:
                entries.append(
                    LedgerEntry(org, EXPIRED, grant_id, *place, -part, -purse.take(part))
                )
            else:
                account.open(purse)

    def _expire(self, day: date, entries: list[LedgerEntry]) -> None:
        for purse in sorted(self._ending.pop(day, ()), key=lambda one: one.order):
            grant_id, credits = purse.grant_id, purse.left
            org = self._orgs[grant_id]
            self._accounts[org].close(purse)
            if credits:
                usd = purse.take(credits)
                entries.append(LedgerEntry(org, EXPIRED, grant_id, None, None, -credits, -usd))
