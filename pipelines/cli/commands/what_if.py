"""The commands that ask what prices make of stored usage: charges, what-if, rates diff.

They publish nothing; what they compute is in `what_if` and `card_diff`.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from pipelines.cli import output
from pricing_assets import flow, rates
from pricing_assets.analysis import as_known_at as as_known
from pricing_assets.analysis import what_if
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.common.instants import parse_instant
from pricing_assets.contract import billing as contract
from pricing_assets.db import connection as duck
from pricing_assets.home import Home
from pricing_assets.rates import card_diff
from pricing_assets.report import corrections


def instant(text: str) -> datetime:
    """An instant as a user writes it: a date, or a time with an offset; without one it is UTC."""
    try:
        return parse_instant(text, naive_is_utc=True)
    except ValueError as error:
        raise ConfigurationError(
            f"{text!r} {error}; write 2026-03-01 or 2026-03-01T12:00:00Z"
        ) from error


def show_charges(
    home: Home,
    first: date | None,
    last: date | None,
    as_known_at: str | None,
    by: Sequence[str],
    out: Path | None,
    as_json: bool,
) -> int:
    """Charges by groups, as published, or as the prices known at an instant make them."""
    run = flow.Flow(home, home.terms())
    versions = what_if.versions_in_force(home, first, last)
    known = None
    if as_known_at is not None:
        known = run.rates.known_at(instant(as_known_at), as_known.learned(home))
    rows, unpriced = as_known.known_at(home, run.terms, versions, known, by, out)
    width = len(by)
    booked = corrections.standing(home, versions)
    if as_json:
        output.print_json(
            {
                "as_known_at": as_known_at,
                "dates": list(versions),
                "corrections": _by_date(booked),
                "unpriced_events": unpriced,
                "groups": [
                    {
                        **dict(zip(by, row, strict=False)),
                        "credits": row[width],
                        "usd": row[width + 1],
                    }
                    for row in rows
                ],
            }
        )
        return 0
    columns = (*by, "credits", "usd")
    shown = [
        (*row[:width], output.number(row[width]), output.number(row[width + 1])) for row in rows
    ]
    output.OUT.print(output.table(columns, shown, right=columns[width:]))
    total = contract.exact_sum(row[width] for row in rows)
    output.OUT.print(f"{output.counted(len(versions), 'date')}, {output.number(total)} credits")
    output.corrected(booked)
    if unpriced:
        output.warn(f"{unpriced:,} events have no price among those known at {as_known_at}")
    if out is not None:
        output.say(f"every charge: {out}")
    return 0


def show_what_if(
    home: Home,
    books: Sequence[str],
    first: date | None,
    last: date | None,
    by: Sequence[str],
    out: Path | None,
    as_json: bool,
) -> int:
    """Credits now and then, by groups, if these books had been in force."""
    run = flow.Flow(home, home.terms())
    given = rates.load([rates.book_folder(name) for name in books])
    then = what_if.replaced(run.rates, given)
    versions = what_if.versions_in_force(home, first, last)
    found = what_if.compare(home, run.terms, versions, then, by)
    told = {"books": [str(book.path) for book in then.books]}
    return _tell(found, told, corrections.standing(home, versions), out, as_json)


def show_diff(
    home: Home,
    old: str,
    new: str,
    first: date | None,
    last: date | None,
    by: Sequence[str],
    as_json: bool,
) -> int:
    """Prices that differ between two cards, and what the difference makes of real usage."""
    run = flow.Flow(home, home.terms()) if home.exists() else None
    own = run.rates if run else None
    old_book, old_card = card_diff.find_card(old, own)
    new_book, new_card = card_diff.find_card(new, own)
    changes = card_diff.changed_prices(old_card, new_card)
    told: dict[str, Any] = {
        "old": old_card.id,
        "new": new_card.id,
        "changes": [{**change.__dict__, "kind": change.kind} for change in changes],
    }
    if not as_json:
        rows = [
            (
                change.kind,
                change.service,
                change.brand,
                change.model,
                change.key_mode,
                change.meter,
                change.old or "",
                change.new or "",
                "" if change.change is None else f"{change.change * 100:+.2f} %",
            )
            for change in changes
        ]
        columns = ("", "Service", "Brand", "Model", "Key mode", "Meter", "Old", "New", "Change")
        output.OUT.print(output.table(columns, rows, right=columns[6:]))
        output.OUT.print(f"{len(changes):,} prices differ between {old_card.id} and {new_card.id}.")
    if run is None:
        if as_json:
            output.print_json(told)
        else:
            output.say(f"no usage in {home.path}: no impact is told; give --home")
        return 0
    versions = what_if.versions_in_force(home, first, last)
    before = what_if.replaced(run.rates, what_if.always(old_book, old_card))
    after = what_if.replaced(run.rates, what_if.always(new_book, new_card))
    found = what_if.compare(home, run.terms, versions, after, by, before)
    return _tell(found, told, corrections.standing(home, versions), None, as_json)


def _by_date(booked: Mapping[date, Decimal]) -> dict[str, Decimal]:
    return {day.isoformat(): credits for day, credits in booked.items()}


def _tell(
    found: what_if.Comparison,
    told: dict[str, Any],
    booked: Mapping[date, Decimal],
    out: Path | None,
    as_json: bool,
) -> int:
    if out is not None:
        write_groups(found, out)
    if as_json:
        output.print_json(
            told
            | {
                "by": found.by,
                "now": found.now,
                "then": found.then,
                "difference": found.difference,
                "unpriced_events_now": found.unpriced_now,
                "unpriced_events_then": found.unpriced_then,
                "corrections": _by_date(booked),
                "groups": [
                    {
                        **dict(zip(found.by, group.keys, strict=True)),
                        "now": group.now,
                        "then": group.then,
                        "difference": group.difference,
                    }
                    for group in found.groups
                ],
            }
        )
        return 0
    columns = (*found.by, "Credits now", "Credits then", "Difference")
    rows: list[tuple[object, ...]] = [
        (
            *group.keys,
            output.number(group.now),
            output.number(group.then),
            output.signed(group.difference),
        )
        for group in found.groups
    ]
    rows.append(
        (
            "Total",
            *[""] * (len(found.by) - 1),
            output.number(found.now),
            output.number(found.then),
            output.signed(found.difference),
        )
    )
    output.OUT.print(output.table(columns, rows, right=columns[len(found.by) :]))
    if found.unpriced_now or found.unpriced_then:
        output.warn(
            f"events without a price, charged in neither: {found.unpriced_now:,} now,"
            f" {found.unpriced_then:,} then"
        )
    output.corrected(booked)
    return 0


def write_groups(found: what_if.Comparison, out: Path) -> None:
    """The groups as CSV or Parquet, decimals exact."""
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet as pq

    duck.checked_out(out)
    exact = pa.decimal128(38, 9)
    columns: dict[str, Any] = {
        name: pa.array(
            [None if group.keys[i] is None else str(group.keys[i]) for group in found.groups],
            pa.string(),
        )
        for i, name in enumerate(found.by)
    }
    for name in ("now", "then", "difference"):
        columns[f"credits_{name}" if name != "difference" else name] = pa.array(
            [getattr(group, name) for group in found.groups], exact
        )
    table = pa.table(columns)
    if out.suffix == ".csv":
        pyarrow.csv.write_csv(table, out)
    else:
        pq.write_table(table, out)
