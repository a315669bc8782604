"""Reading the folder of grants: `grants.csv`, `voids.csv` and `plans.csv`, and every rule a line can
break by itself.

What lines may not say beside each other belongs to `plans`; what is odd but can be read is the
linter's.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Final

from pricing_assets.common.text import either
from pricing_assets.contract.billing import BILLING_TYPES
from pricing_assets.contract.usage_dates import FIRST_DATE
from pricing_assets.ledger.amounts import parse_credits, parse_usd
from pricing_assets.ledger.inputs import (
    ALL,
    GRANT_COLUMNS,
    KINDS,
    MOST_PRIORITY,
    MOST_ROLLOVER,
    NOTHING,
    PLAN_COLUMNS,
    PRIORITY,
    VOID_COLUMNS,
    CreditLines,
    Grant,
    GrantPlan,
    Void,
)
from pricing_assets.rates.findings import Finding, csv_rows

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read_lines(folder: Path) -> tuple[CreditLines, list[Finding]]:
    """Return the lines that can be read, and every broken rule."""
    findings: list[Finding] = []
    if not folder.is_dir():
        found = "no folder of grants is here; it holds grants.csv, voids.csv and plans.csv"
        return CreditLines(), [Finding(folder, None, "missing_folder", found)]
    files = [folder / name for name in ("grants.csv", "voids.csv", "plans.csv")]
    if not any(file.exists() for file in (files[0], files[2])):
        found = "neither grants.csv nor plans.csv is here: nobody would have credits"
        return CreditLines(), [Finding(folder, None, "missing_file", found)]
    grants = list(_grants(files[0], findings)) if files[0].exists() else []
    voids = list(_voids(files[1], findings)) if files[1].exists() else []
    plans = list(_plans(files[2], findings)) if files[2].exists() else []
    findings += _repeated("duplicate_grant", [(grant, grant.grant_id) for grant in grants])
    findings += _repeated("duplicate_void", [(void, void.void_id) for void in voids])
    findings += _repeated("duplicate_plan", [(plan, plan.plan_id) for plan in plans])
    return CreditLines(tuple(grants), tuple(voids), tuple(plans)), findings


def parse_date(text: str) -> date | None:
    """Return the date of a text like 2026-02-01; None where it is written in any other way."""
    if not _DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _grants(file: Path, findings: list[Finding]) -> Iterator[Grant]:
    for line, row in csv_rows(file, GRANT_COLUMNS, findings):
        grant_id, org_id, kind, credits, usd, effective, expires, priority, types, reference = row
        faults = _Faults(file, line, findings)
        faults.require_text("grant_id", grant_id)
        faults.require_text("org_id", org_id)
        if kind not in KINDS:
            faults.add("unknown_kind", f"kind {kind!r} must be {either(KINDS)}")
        granted = faults.credits(credits)
        paid = faults.usd("usd_paid", usd)
        since = faults.date("effective_date", effective)
        until = faults.date("expires_date", expires) if expires else None
        if since and until and until <= since:
            faults.add(
                "ends_before_it_begins",
                f"expires_date {until} must lie after effective_date {since}: it is the first date"
                " on which the credits are gone",
            )
        rank = int(priority) if priority.isascii() and priority.isdecimal() else 0
        if priority and not (len(priority) <= 4 and 1 <= rank <= MOST_PRIORITY):
            faults.add("bad_priority", f"priority {priority!r} must be 1 to {MOST_PRIORITY}")
        scope = tuple(types.split("|")) if types else ()
        faults.require_billing_types(scope)
        if faults.none and granted is not None and paid is not None and since is not None:
            yield Grant(
                file,
                line,
                grant_id,
                org_id,
                kind,
                granted,
                paid,
                since,
                until,
                rank or PRIORITY,
                scope,
                reference,
            )


def _voids(file: Path, findings: list[Finding]) -> Iterator[Void]:
    for line, row in csv_rows(file, VOID_COLUMNS, findings):
        void_id, grant_id, day, credits, usd, reason = row
        faults = _Faults(file, line, findings)
        faults.require_text("void_id", void_id)
        faults.require_text("grant_id", grant_id)
        on = faults.date("date", day)
        taken = None if credits == ALL else faults.credits(credits)
        refunded = faults.usd("usd_refunded", usd)
        if faults.none and on is not None and refunded is not None:
            yield Void(file, line, void_id, grant_id, on, taken, refunded, reason)


def _plans(file: Path, findings: list[Finding]) -> Iterator[GrantPlan]:
    for line, row in csv_rows(file, PLAN_COLUMNS, findings):
        plan_id, org_id, first, last, credits, usd, rollover = row
        faults = _Faults(file, line, findings)
        faults.require_text("plan_id", plan_id)
        faults.require_text("org_id", org_id)
        since = faults.date("from", first)
        until = faults.date("to", last) if last else None
        if since and until and until <= since:
            faults.add(
                "ends_before_it_begins",
                f"to {until} must lie after from {since}: it is the first date without the plan",
            )
        granted = faults.credits(credits)
        paid = faults.usd("usd", usd)
        months = {NOTHING: 0, ALL: None}.get(rollover, -1)
        if months == -1 and rollover.isascii() and rollover.isdecimal() and len(rollover) <= 3:
            months = int(rollover) or -1
        if months is not None and not 0 <= months <= MOST_ROLLOVER:
            faults.add(
                "bad_rollover",
                f"rollover {rollover!r} must be none, all, or how many further months the credits"
                f" are good for, 1 to {MOST_ROLLOVER}",
            )
        if faults.none and since is not None and granted is not None and paid is not None:
            yield GrantPlan(file, line, plan_id, org_id, since, until, granted, paid, months)


class _Faults:
    """The broken rules of one line; `none` says whether it has none."""

    def __init__(self, file: Path, line: int, findings: list[Finding]) -> None:
        self._file, self._line, self._findings = file, line, findings
        self.none = True

    def add(self, rule: str, message: str) -> None:
        """Add a broken rule."""
        self._findings.append(Finding(self._file, self._line, rule, message))
        self.none = False

    def require_text(self, name: str, text: str) -> None:
        """Add a fault where an id is blank."""
        if not text.strip():
            self.add("blank_id", f"{name} is blank")

    def require_billing_types(self, scope: tuple[str, ...]) -> None:
        """Add a fault where a scope names what is not a billing type, or one twice."""
        for name in scope:
            if name not in BILLING_TYPES:
                self.add(
                    "unknown_billing_type",
                    f"billing_types names {name!r}; separate them with '|', out of"
                    f" {either(BILLING_TYPES)}",
                )
        if len(set(scope)) < len(scope):
            self.add("unknown_billing_type", "billing_types names one billing type twice")

    def credits(self, text: str) -> int | None:
        """Return credits above 0, in billionths; None, with a fault, where there are none."""
        found = parse_credits(text)
        if not found:
            self.add(
                "bad_credits",
                f"credits {text!r} must be a plain decimal above 0 with at most 18 digits before and"
                " 9 after the point",
            )
        return found

    def usd(self, name: str, text: str) -> int | None:
        """Return dollars, in billionths; None, with a fault, where there are none."""
        found = parse_usd(text)
        if found is None:
            self.add(
                "bad_usd",
                f"{name} {text!r} must be dollars and cents like 0 or 10.50, with at most 15 digits"
                " before and 2 after the point",
            )
        return found

    def date(self, name: str, text: str) -> date | None:
        """Return a date; None, with a fault, where there is none."""
        found = parse_date(text)
        if found is None:
            self.add("bad_date", f"{name} {text!r} must be a date like 2026-02-01")
        elif found < FIRST_DATE:
            self.add("bad_date", f"{name} {text!r} lies before {FIRST_DATE}, the first usage date")
            return None
        return found


def _repeated(
    rule: str, named: Iterable[tuple[Grant | Void | GrantPlan, str]]
) -> Iterator[Finding]:
    """Yield a finding for each line whose id an earlier one bears."""
    first: dict[str, Grant | Void | GrantPlan] = {}
    for one, name in named:
        earlier = first.setdefault(name, one)
        if earlier is not one:
            yield Finding(
                one.file,
                one.line,
                rule,
                f"{name!r} is also in line {earlier.line}; lines are never changed, so what is new"
                " needs an id of its own",
            )
