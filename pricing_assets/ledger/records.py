"""Lines as manifests hold them: grants, voids and plans to records of text, and back.

Which of them were used, and what becomes of those that are changed, belongs to `pinned`.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from pricing_assets.ledger.amounts import decimal_of, parse_credits, parse_usd
from pricing_assets.ledger.inputs import ALL, Grant, GrantPlan, Void

Record = dict[str, Any]
"""A line as a manifest holds it: text, but for the priority."""


def of_grant(grant: Grant, written: date) -> Record:
    """Return the record of a grant; `written` is the date that its line names."""
    return {
        "grant_id": grant.grant_id,
        "org_id": grant.org_id,
        "kind": grant.kind,
        "credits": _text(grant.credits),
        "usd_paid": _text(grant.usd_paid),
        "effective_date": grant.effective_date.isoformat(),
        "written_date": written.isoformat(),
        "expires_date": grant.expires_date and grant.expires_date.isoformat(),
        "priority": grant.priority,
        "billing_types": "|".join(grant.billing_types),
        "reference": grant.reference,
    }


def of_void(void: Void, written: date) -> Record:
    """Return the record of a void; `written` is the date that its line names."""
    return {
        "void_id": void.void_id,
        "grant_id": void.grant_id,
        "date": void.date.isoformat(),
        "written_date": written.isoformat(),
        "credits": ALL if void.credits is None else _text(void.credits),
        "usd_refunded": _text(void.usd_refunded),
        "reason": void.reason,
    }


def grant_of(record: Mapping[str, Any], file: Path) -> Grant:
    """Return the grant that a record holds; the file is where errors say it is."""
    return Grant(
        file,
        0,
        record["grant_id"],
        record["org_id"],
        record["kind"],
        parse_credits(record["credits"]) or 0,
        parse_usd(f"{Decimal(record['usd_paid']):.2f}") or 0,
        date.fromisoformat(record["effective_date"]),
        record["expires_date"] and date.fromisoformat(record["expires_date"]),
        record["priority"],
        tuple(filter(None, record["billing_types"].split("|"))),
        record["reference"],
    )


def void_of(record: Mapping[str, Any], file: Path) -> Void:
    """Return the void that a record holds; the file is where errors say it is."""
    amount = record["credits"]
    return Void(
        file,
        0,
        record["void_id"],
        record["grant_id"],
        date.fromisoformat(record["date"]),
        None if amount == ALL else parse_credits(amount),
        parse_usd(f"{Decimal(record['usd_refunded']):.2f}") or 0,
        record["reason"],
    )


def of_plan(plan: GrantPlan) -> Record:
    """Return the record of a plan."""
    return {
        "plan_id": plan.plan_id,
        "org_id": plan.org_id,
        "from": plan.first.isoformat(),
        "to": plan.until and plan.until.isoformat(),
        "credits": _text(plan.credits),
        "usd": _text(plan.usd),
        "months": plan.months,
    }


def plan_of(record: Mapping[str, Any], file: Path) -> GrantPlan:
    """Return the plan that a record holds; the file is where errors say it is."""
    return GrantPlan(
        file,
        0,
        record["plan_id"],
        record["org_id"],
        date.fromisoformat(record["from"]),
        record["to"] and date.fromisoformat(record["to"]),
        parse_credits(record["credits"]) or 0,
        parse_usd(f"{Decimal(record['usd']):.2f}") or 0,
        record["months"],
    )


def _text(amount: int) -> str:
    return f"{decimal_of(amount):f}"
