"""Lines of the folder of grants: grants, voids and plans, with the columns of their files.

How lines are read belongs to `reading`, which grants a plan makes to `plans`, what happens to a grant
to `account`.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

GRANT_COLUMNS: Final = (
    "grant_id",
    "org_id",
    "kind",
    "credits",
    "usd_paid",
    "effective_date",
    "expires_date",
    "priority",
    "billing_types",
    "reference",
)
VOID_COLUMNS: Final = ("void_id", "grant_id", "date", "credits", "usd_refunded", "reason")
PLAN_COLUMNS: Final = ("plan_id", "org_id", "from", "to", "credits", "usd", "rollover")
KINDS: Final = ("promo", "plan", "paid", "adjustment")
"""Every kind of grant, in the order in which they burn where all before it is alike."""
PRIORITY: Final = 100
"""The priority of a grant that names none."""
MOST_PRIORITY: Final = 1000
MOST_ROLLOVER: Final = 120
"""The most months that a plan's credits may be carried on: ten years."""
ALL: Final = "all"
NOTHING: Final = "none"


@dataclass(frozen=True)
class Grant:
    """Credits that an organization may burn from `effective_date` until before `expires_date`
    (None: for ever). Credits and dollars are whole billionths; `billing_types` is empty for all."""

    file: Path
    line: int
    grant_id: str
    org_id: str
    kind: str
    credits: int
    usd_paid: int
    effective_date: date
    expires_date: date | None
    priority: int
    billing_types: tuple[str, ...]
    reference: str


@dataclass(frozen=True)
class Void:
    """Credits that are taken out of a grant on a date, in billionths (None: all that is left)."""

    file: Path
    line: int
    void_id: str
    grant_id: str
    date: date
    credits: int | None
    usd_refunded: int
    reason: str


@dataclass(frozen=True)
class GrantPlan:
    """A grant on the first of each month from `first` until before `until` (None: no end). `months`
    is how many further months its credits are good for (None: for ever)."""

    file: Path
    line: int
    plan_id: str
    org_id: str
    first: date
    until: date | None
    credits: int
    usd: int
    months: int | None


class CreditLines(NamedTuple):
    """What a folder of grants holds, in the order of its lines."""

    grants: tuple[Grant, ...] = ()
    voids: tuple[Void, ...] = ()
    plans: tuple[GrantPlan, ...] = ()
