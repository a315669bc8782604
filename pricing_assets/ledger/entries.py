"""What comes into the ledger and goes out of it: charges, entries, and what is carried over dates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

GRANTED: Final = "granted"
BURNED: Final = "burned"
RESTORED: Final = "restored"
REPAID: Final = "repaid"
VOIDED: Final = "voided"
EXPIRED: Final = "expired"
UNCOVERED: Final = "uncovered"
COVERED: Final = "covered"
ENTRIES: Final = (GRANTED, VOIDED, REPAID, COVERED, BURNED, UNCOVERED, RESTORED, EXPIRED)
"""Every kind of entry. The last words of the sum: grants change by those that name a grant, the
overdraft by `uncovered` (below 0) and `covered` (above 0), which name none."""
ONE_DAY: Final = timedelta(days=1)

Org = Any
"""An organization, as the caller names it."""


class Charge(NamedTuple):
    """A charge that is booked: `key` names it for ever, and charges of one date burn in the order of
    their billing types and keys. `credits` are billionths, below 0 where they are taken back."""

    org: Org
    billing_type: str
    charge_date: date
    key: Any
    credits: int


class LedgerEntry(NamedTuple):
    """One row per change of a grant or of an overdraft on a date; credits and dollars are billionths
    with their sign. `charge_date` and `key` name the charge, where there is one."""

    org: Org
    entry: str
    grant_id: str | None
    charge_date: date | None
    key: Any
    credits: int
    usd: int


class Burn(NamedTuple):
    """Credits that a charge took from a grant, in billionths."""

    grant_id: str
    credits: int


@dataclass
class Carried:
    """What the ledger needs to know of the dates before: through which date, what is left of each
    grant, the overdraft of each charge (below 0: taken back before it was booked), and what each
    organization's charge that will be corrected burned, in the order in which it did (None: nothing
    is known of any, and all are remembered)."""

    through: date | None = None
    left: Mapping[str, int] = field(default_factory=dict)
    overdraft: Sequence[Charge] = ()
    burns: Mapping[tuple[Org, date, Any], list[Burn]] | None = None
