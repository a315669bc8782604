"""`creditmill charges`: charges by groups."""

from datetime import date, datetime
from typing import Annotated

from cyclopts import Parameter

from pipelines.cli import output
from pipelines.cli.options import CHOSEN, Chosen, HomeOption, Json, Out, home_of
from pricing_assets.analysis import as_known_at as as_known
from pricing_assets.analysis import what_if
from pricing_assets.analysis.known import require_published
from pricing_assets.checks import lookalike_ids
from pricing_assets.common.decimals import exact_sum
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.common.instants import parse_instant
from pricing_assets.home import presence
from pricing_assets.report import HomeView, corrections


def command(
    day: date | None = None,
    /,
    *,
    as_known_at: Annotated[
        str | None, Parameter(help="Go by the prices that were published by this instant.")
    ] = None,
    chosen: Chosen = CHOSEN,
    out: Out = None,
    home: HomeOption = None,
    json: Json = False,
) -> int:
    """Show charges by groups, as published or by the prices known at an instant.

    For example:
        creditmill charges 2026-02-03 --by org_id --by model
        creditmill charges --as-known-at 2026-02-15

    The second answers "what did we believe then?" from stored lines: prices that
    were published after that instant do not count.

    Parameters
    ----------
    day
        Only this usage date.
    """
    if day is not None and (chosen.first is not None or chosen.last is not None):
        raise ConfigurationError("give a date or --from/--to, not both")
    view = HomeView(found := home_of(home), found.settings())
    presence.require_whole(found)  # what is gone would be a smaller bill
    if day is not None:
        require_published(found, day)
    by = chosen.by or ["org_id", "billing_type"]
    versions = what_if.versions_in_force(found, day or chosen.first, day or chosen.last)
    known = None
    if as_known_at is not None:
        known = view.rates.as_of(instant(as_known_at), as_known.learned(found))
    rows, unpriced = as_known.charges_as_of(found, view.settings, versions, known, by, out)
    width = len(by)
    booked = corrections.booked_credits(found, versions)
    if json:
        output.print_json(
            {
                "as_known_at": as_known_at,
                "dates": list(versions),
                "corrections": output.by_date(booked),
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
    total = exact_sum(row[width] for row in rows)
    output.OUT.print(f"{output.counted(len(versions), 'date')}, {output.number(total)} credits")
    output.corrected(booked)
    if unpriced:
        have = output.counted(unpriced, "event has", "events have")
        output.warn(f"{have} no price among those known at {as_known_at}")
    for place, column in enumerate(by):
        if column in ("org_id", *view.settings.dimensions):
            named = {row[place] for row in rows} - {None}
            for alike in lookalike_ids.among(named):
                output.warn(f"{column} {alike}")
    if out is not None:
        output.say(f"every charge: {out}")
    return 0


def instant(text: str) -> datetime:
    """Return an instant that a user wrote: a date, or a time with an offset; without one it is UTC.
    ConfigurationError where it is neither."""
    try:
        return parse_instant(text, naive_is_utc=True)
    except ValueError as error:
        raise ConfigurationError(
            f"{text!r} {error}; write 2026-03-01 or 2026-03-01T12:00:00Z"
        ) from error
