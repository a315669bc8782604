"""`creditmill explain`: the events behind each charge."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pipelines.cli import output
from pipelines.cli.options import HomeOption, Json, named_home, settings_of
from pipelines.settings import Settings
from pricing_assets.analysis import explain
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.home import presence
from pricing_assets.report import corrections


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Which:
    """Which charges are explained, as typed."""

    org: Annotated[str, Parameter(help="The organization, exactly as logged.")]
    billing_type: Annotated[
        str | None, Parameter(help="Only this billing type, like llm_text_chat.")
    ] = None
    model: Annotated[
        str | None, Parameter(help="Only this model, as the rate card prints it, in any case.")
    ] = None
    dimension: Annotated[
        list[str] | None,
        Parameter(help="Only where NAME=VALUE, like agent_id=a1; repeatable.", negative=""),
    ] = None

    def wanted(self) -> explain.ChargeRequest:
        """Return the same with the dimensions as pairs; ConfigurationError where one is none."""
        dimensions = pairs(self.dimension or ())
        return explain.ChargeRequest(self.org, self.billing_type, self.model, dimensions)


def command(
    day: date,
    /,
    *,
    which: Which,
    version: Annotated[int | None, Parameter(help="A superseded version.")] = None,
    out: Annotated[
        Path | None, Parameter(help="Write every event to this .csv or .parquet file.")
    ] = None,
    home: HomeOption = None,
    json: Json = False,
) -> int:
    """List the events behind each charge of an organization, with file and row.

    For example:
        creditmill explain 2026-02-03 --org acme --model GPT-4.1-1M

    Reads the logs that the version's manifest names. Exit 1 where a charge is not
    the sum of its events.

    Parameters
    ----------
    day
        The usage date.
    """
    return show_explain(settings_of(home=home), day, version, which.wanted(), out, as_json=json)


def pairs(texts: Sequence[str]) -> dict[str, str]:
    """Return options like agent_id=a1 as pairs; ConfigurationError names one that is none."""
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
    wanted: explain.ChargeRequest,
    out: Path | None,
    *,
    as_json: bool,
) -> int:
    """Show each charge with its events; return 1 where they do not sum to it.
    ConfigurationError where nothing is charged."""
    home = named_home(settings).require()
    presence.require_whole(home)
    version = explain.version_of(home, day, number)
    examples = None if as_json and out is None else explain.MOST_EVENTS
    found = explain.explain(home, version, wanted, settings.limits(), out, examples)
    booked = corrections.booked_credits(home, [day], wanted.org_id)
    if not found.charges:
        beside = "".join(
            f"; {output.number(credits)} credits are booked for it in corrections"
            for credits in booked.values()
        )
        if wanted == explain.ChargeRequest(wanted.org_id, dimensions={}):
            none = f"{wanted.org_id!r} has no charge on {day}, version {version.number}"
            lists = f"`creditmill charges {day} --by org_id` lists who has"
        else:
            none = (
                f"no charge of {wanted.org_id!r} on {day}, version {version.number}, is like that"
            )
            lists = (
                f"`creditmill charges {day} --by org_id --by billing_type --by model` lists them"
            )
        raise ConfigurationError(f"{none}; {lists}{beside}")
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
    sentence = (
        f"{output.counted(len(found.charges), 'charge')}, {output.counted(rows, 'event')} in them"
    )
    if wrong:
        are = output.counted(len(wrong), "charge is", "charges are")
        output.problem(f"{are} not the sum of their events")
    else:
        output.OUT.print(f"{day} version {found.version}: {sentence}, which sum to them exactly.")
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
        f" = {output.exact(charge.credits)} credits{capped}"
    )
    output.OUT.print(output.harmless(f"  price: {charge.card_file}, line {charge.card_line}"))
    for place in sorted({event["named_by"] for event in charge.examples} - {None}):
        output.OUT.print(output.harmless(f"  named by: {place}"))
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
        rows.append(
            (f"+ {output.counted(left, 'event')}", "--out FILE.csv writes them all", "", "", "", "")
        )
    sign = "=" if charge.agrees else "but the charge has another:"
    rows.append((f"{sign} {charge.quantity_of_events:,}", "sum of all events", "", "", "", ""))
    output.OUT.print(output.table(columns, rows, right=("Quantity", "Row")))
    output.OUT.print()
