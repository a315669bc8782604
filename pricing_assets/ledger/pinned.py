"""Lines that were used: what a date's ledger says of the grants and voids that it began with, and
what becomes of lines that are changed, taken away, or dated into dates that are closed.

Reading the lines belongs to `reading`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pricing_assets.common.errors import ConfigurationError
from pricing_assets.ledger.amounts import decimal_of, parse_credits, parse_usd
from pricing_assets.ledger.inputs import ALL, Grant, Plan, Void

if TYPE_CHECKING:
    import pyarrow as pa

    from pricing_assets.ledger.grant_columns import GrantColumns

Record = dict[str, Any]
"""A line as a manifest holds it: text, but for the priority."""


@dataclass(frozen=True)
class Pins:
    """Every line that published dates were made with, by id, as their manifests hold it."""

    grants: Mapping[str, Record]
    voids: Mapping[str, Record]


@dataclass(frozen=True)
class Lines:
    """The grants and voids that the ledger goes by, with the dates that they count on."""

    grants: tuple[Grant, ...]
    voids: tuple[Void, ...]

    @cached_property
    def columns(self) -> "GrantColumns":
        """The grants as arrays."""
        from pricing_assets.ledger.grant_columns import GrantColumns

        return GrantColumns(self.grants)

    @cached_property
    def known_grants(self) -> "pa.Table":
        """One row per grant."""
        from pricing_assets.ledger.grant_columns import known_grants

        return known_grants(self.grants)


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


def lines_of(pins: Pins, file: Path) -> Lines:
    """Return the lines that pins hold; the file is where errors say they are."""
    return Lines(
        tuple(grant_of(record, file) for record in pins.grants.values()),
        tuple(void_of(record, file) for record in pins.voids.values()),
    )


def of_plan(plan: Plan) -> Record:
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


def plan_of(record: Mapping[str, Any], file: Path) -> Plan:
    """Return the plan that a record holds; the file is where errors say it is."""
    return Plan(
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


def settle(
    grants: Iterable[Grant],
    voids: Iterable[Void],
    pins: Pins,
    closed: date | None,
    *,
    at_first_open: date | None,
) -> Lines:
    """Return the lines with the dates that they count on: those of lines that were used stay.

    ConfigurationError, which names each, where a used line was changed or taken away, or a new one
    is dated into a closed date of the ledger (`closed` is the last). With `at_first_open` such a
    line counts on that date instead.
    """
    faults: list[str] = []
    grants, voids = list(grants), list(voids)
    faults += _gone("grant", pins.grants, {grant.grant_id for grant in grants})
    faults += _gone("void", pins.voids, {void.void_id for void in voids})
    limits = (closed, at_first_open)
    settled: list[Grant] = []
    for grant in grants:
        used: tuple[date, bool] | None = None
        if (record := pins.grants.get(grant.grant_id)) is not None:
            on = date.fromisoformat(record["effective_date"])
            same = of_grant(replace(grant, effective_date=on), grant.effective_date) == record
            used = on, same
        what = f"grant {grant.grant_id!r} of {grant.org_id!r}"
        day = _day(what, grant, grant.effective_date, used, limits, faults)
        if grant.expires_date is None or day < grant.expires_date:
            settled.append(replace(grant, effective_date=day))
        else:
            faults.append(
                f"{_place(grant)}: {what} is gone on {grant.expires_date}, before the first open"
                f" date, {day}"
            )
    moved: list[Void] = []
    for void in voids:
        used = None
        if (record := pins.voids.get(void.void_id)) is not None:
            on = date.fromisoformat(record["date"])
            used = on, of_void(replace(void, date=on), void.date) == record
        what = f"void {void.void_id!r} of {void.grant_id!r}"
        day = _day(what, void, void.date, used, limits, faults)
        moved.append(replace(void, date=day))
    if faults:
        raise ConfigurationError("\n".join(faults))
    return Lines(tuple(settled), tuple(moved))


def _day(
    what: str,
    line: Grant | Void,
    written: date,
    used: tuple[date, bool] | None,
    limits: tuple[date | None, date | None],
    faults: list[str],
) -> date:
    """Return the date on which a line counts; add what is wrong with it."""
    closed, at_first_open = limits
    if used is not None:
        used_on, is_same = used
        if not is_same:
            faults.append(
                f"{_place(line)}: {what} was used from {used_on} on and is changed: the balances from"
                " that date on would be false. Put the line back, and append a new one"
            )
        return used_on
    if closed is None or written > closed:
        return written
    if at_first_open is None:
        faults.append(
            f"{_place(line)}: {what} is dated {written}, and dates through {closed} are closed with"
            " their balances; give it a later date, or run with --at-first-open"
        )
        return written
    return at_first_open


def _gone(what: str, pinned: Mapping[str, Record], found: set[str]) -> Iterable[str]:
    for name, record in pinned.items():
        if name not in found:
            used_on = record.get("effective_date") or record.get("date")
            yield (
                f"{what} {name!r} was used from {used_on} on and is not in the folder of credits any"
                f" more: the balances of {record.get('org_id') or record['grant_id']} from that date on"
                " would be false. Put the line back"
            )


def _place(line: Grant | Void) -> str:
    return f"{line.file}:{line.line}"


def _text(amount: int) -> str:
    return f"{decimal_of(amount):f}"
