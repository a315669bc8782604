"""The grants of a home: those of `grants.csv`, and those that plans make month by month.

How lines are read belongs to `reading`.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from pricing_assets.ledger.inputs import PRIORITY, CreditLines, Grant, GrantPlan
from pricing_assets.ledger.reading import parse_date
from pricing_assets.rates.findings import Finding

LAST_DATE = date(9999, 12, 1)
"""The last month that a plan's credits can end with; what ends later never ends."""


def months_later(first: date, months: int) -> date | None:
    """Return the first of a later month; None where that is beyond all years."""
    count = first.year * 12 + first.month - 1 + months
    year, month = divmod(count, 12)
    return date(year, month + 1, 1) if year <= LAST_DATE.year else None


def grants_of_plan(plan: GrantPlan, through: date) -> Iterator[Grant]:
    """Yield a grant for the first of each month of a plan, through this date: `PLAN/2026-02`."""
    first = plan.first.replace(day=1)
    month = first if first == plan.first else months_later(first, 1)
    while month is not None and month <= through and (plan.until is None or month < plan.until):
        yield _of_month(plan, month)
        month = months_later(month, 1)


def all_grants(inputs: CreditLines, through: date) -> list[Grant]:
    """Return every grant: all lines of `grants.csv`, and those of plans through this date."""
    of_plans = [grant for plan in inputs.plans for grant in grants_of_plan(plan, through)]
    return [*inputs.grants, *of_plans]


def contradictions(inputs: CreditLines) -> list[Finding]:
    """Return the rules that lines break beside each other: an id of two grants, a void of no grant,
    of more than there was, or on a date on which the grant is not there.

    Grants of plans are found by their ids: a plan until the year 9999 makes 96,000 of them.
    """
    plans = {plan.plan_id: plan for plan in inputs.plans}
    by_id: dict[str, Grant] = {}
    found: list[Finding] = []
    for void in inputs.voids:
        if (of_plan := _of_id(plans, void.grant_id)) is not None:
            by_id[void.grant_id] = of_plan
    for grant in inputs.grants:
        by_id[grant.grant_id] = grant
        if (of_plan := _of_id(plans, grant.grant_id)) is not None:
            found.append(
                Finding(
                    grant.file,
                    grant.line,
                    "duplicate_grant",
                    f"{grant.grant_id!r} is the id of a grant that the plan in line"
                    f" {of_plan.line} of {of_plan.file.name} makes",
                )
            )
    found += _of_voids(inputs, by_id)
    return found


def _of_id(plans: Mapping[str, GrantPlan], grant_id: str) -> Grant | None:
    """Return the grant of this id that one of the plans makes, whenever that is."""
    plan_id, _, month = grant_id.rpartition("/")
    plan, first = plans.get(plan_id), parse_date(f"{month}-01")
    if plan is None or first is None or first < plan.first:
        return None
    return _of_month(plan, first) if plan.until is None or first < plan.until else None


def _of_month(plan: GrantPlan, month: date) -> Grant:
    return Grant(
        plan.file,
        plan.line,
        f"{plan.plan_id}/{month:%Y-%m}",
        plan.org_id,
        "plan",
        plan.credits,
        plan.usd,
        month,
        None if plan.months is None else months_later(month, 1 + plan.months),
        PRIORITY,
        (),
        plan.plan_id,
    )


def _of_voids(inputs: CreditLines, by_id: dict[str, Grant]) -> Iterable[Finding]:
    voided: dict[str, int] = {}
    refunded: dict[str, int] = {}
    for void in inputs.voids:
        grant = by_id.get(void.grant_id)
        what = f"void {void.void_id!r} of {void.grant_id!r}"
        if grant is None:
            yield Finding(
                void.file, void.line, "unknown_grant", f"{what}: there is no grant of this id"
            )
            continue
        is_over = grant.expires_date is not None and grant.expires_date <= void.date
        if void.date < grant.effective_date or is_over:
            until = f" until before {grant.expires_date}" if grant.expires_date else " on"
            yield Finding(
                void.file,
                void.line,
                "void_without_grant",
                f"{what} on {void.date}: the grant is there from {grant.effective_date}{until}",
            )
        voided[void.grant_id] = voided.get(void.grant_id, 0) + (void.credits or 0)
        refunded[void.grant_id] = refunded.get(void.grant_id, 0) + void.usd_refunded
        if void.credits is not None and voided[void.grant_id] > grant.credits:
            yield Finding(
                void.file, void.line, "void_too_large", f"{what} takes more than was granted"
            )
        if refunded[void.grant_id] > grant.usd_paid:
            yield Finding(
                void.file, void.line, "refund_too_large", f"{what} refunds more than was paid"
            )
