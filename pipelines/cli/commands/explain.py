"""The commands that look at single events: what a charge consists of, and ids that came again."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from pipelines.cli import output
from pipelines.settings import Settings
from pricing_assets import flow
from pricing_assets.analysis import explain, repeats
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.report import corrections


def pairs(texts: Sequence[str]) -> dict[str, str]:
    """`NAME=VALUE` options as pairs."""
    found = {}
    for text in texts:
        name, is_pair, value = text.partition("=")
        if not is_pair:
            raise ConfigurationError(f"--dimension {text!r} must be NAME=VALUE, like agent_id=a1")
        found[name] = value
    return found


def show_explain(
    settings: Settings,
    day: date,
    number: int | None,
    wanted: explain.Wanted,
    out: Path | None,
    as_json: bool,
) -> int:
    """Each charge with its events; exit 1 where they do not sum to it."""
    home = settings.open_home().require()
    version = explain.version_of(home, day, number)
    examples = None if as_json and out is None else explain.MOST_EVENTS
    found = explain.explain(home, version, wanted, settings.limits(), out, examples)
    booked = corrections.standing(home, [day], wanted.org_id)
    if not found.charges:
        beside = "".join(
            f"; {output.number(credits)} credits are booked for it in corrections"
            for credits in booked.values()
        )
        raise ConfigurationError(
            f"no charge of {wanted.org_id!r} on {day}, version {version.number}, is like that;"
            f" `creditmill charges {day} --by org_id --by billing_type --by model` lists them"
            f"{beside}"
        )
    wrong = [charge for charge in found.charges if not charge.agrees]
    if as_json:
        output.print_json(
            {
                "usage_date": day,
                "version": found.version,
                "charges": [{**one.__dict__, "agrees": one.agrees} for one in found.charges],
                "not_rated": found.not_rated,
                "corrections": booked.get(day),
            }
        )
        return int(bool(wrong))
    for charge in found.charges:
        _show_charge(charge)
    rows = sum(charge.events for charge in found.charges)
    said = f"{len(found.charges):,} charges, {rows:,} events in them"
    if wrong:
        output.problem(f"{len(wrong):,} charges are not the sum of their events")
    else:
        output.OUT.print(f"{day} version {found.version}: {said}, which sum to them exactly.")
    if found.not_rated:
        counted = output.counts(found.not_rated)
        output.OUT.print(
            output.harmless(f"Rows of {wanted.org_id} that are not charged: {counted}.")
        )
    output.corrected(booked, f" for {wanted.org_id}")
    if out is not None:
        output.say(f"every event: {out}")
    return int(bool(wrong))


def _show_charge(charge: explain.Explained) -> None:
    named = ", ".join(f"{value}" for value in charge.key.values() if value)
    output.OUT.print(f"[bold]{output.harmless(named)}: {charge.meter}[/]")
    capped = "" if charge.price == charge.list_price else f", printed {charge.list_price:f}"
    output.OUT.print(
        f"  {output.number(charge.quantity)} x {charge.price:f} / {charge.per:,}"
        f" = {output.number(charge.credits)} credits{capped}"
    )
    output.OUT.print(output.harmless(f"  price: {charge.card_file}, line {charge.card_line}"))
    columns = ("Quantity", "Event", "At", "Logged model", "File", "Row")
    rows = [
        (
            output.number(event["quantity"]),
            event["event_id"],
            event["event_time"],
            " ".join(name for name in (event["logged_brand"], event["logged_model"]) if name),
            event["file_name"],
            event["row_number"],
        )
        for event in charge.examples
    ]
    left = charge.events - len(rows)
    if left:
        rows.append((f"+ {left:,} events", "--out FILE.csv writes them all", "", "", "", ""))
    sign = "=" if charge.agrees else "but the charge has another:"
    rows.append((f"{sign} {charge.quantity_of_events:,}", "sum of all events", "", "", "", ""))
    output.OUT.print(output.table(columns, rows, right=("Quantity", "Row")))
    output.OUT.print()


MOST_REPEATS = 20


def show_repeats(
    settings: Settings,
    within: int,
    between: tuple[date | None, date | None],
    out: Path | None,
    as_json: bool,
) -> int:
    """Ids that came again on another date, those with most credits at stake first."""
    home = settings.open_home().require()
    run = flow.Flow(home, home.terms(), settings.limits())
    found = repeats.repeats(
        home, run.receipts, run.rates, run.terms, within, between, settings.limits(), out
    )
    if as_json:
        output.print_json(
            {
                "within": within,
                "repeats": found.count,
                "credits_at_stake": found.credits_at_stake,
                "shown": [one.__dict__ for one in found.shown],
            }
        )
        return 0
    if not found.count:
        output.OUT.print(f"No id was used again within {within} days.")
        return 0
    columns = ("Organization", "Event", "Date", "File", "Row", "Again on", "File", "Row")
    rows = [
        (
            *(one.org_id, one.event_id, one.first_date, one.first_file_name, one.first_row),
            *(one.usage_date, one.file_name, one.row_number, one.outcome),
            output.number(one.credits_at_stake),
        )
        for one in found.shown[:MOST_REPEATS]
    ]
    heads = (*columns, "Outcome", "At stake")
    output.OUT.print(output.table(heads, rows, right=("Row", "At stake")))
    if found.count > len(rows):
        output.say(f"and {found.count - len(rows):,} more; --out FILE.csv writes them all")
    output.OUT.print(
        f"{found.count:,} ids used again within {within} days,"
        f" {output.number(found.credits_at_stake)} credits at stake; no outcome is changed."
    )
    if out is not None:
        output.say(f"every repeat: {out}")
    return 0
