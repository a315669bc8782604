"""Commands that ask what a number is made of, and why it is not what it was."""

from datetime import date
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pipelines.cli.options import By, From, HomeOption, Json, Out, To, home_of, settings_of


def charges(
    day: date | None = None,
    /,
    *,
    as_known_at: Annotated[
        str | None, Parameter(help="Go by the prices that were published by this instant.")
    ] = None,
    first: From = None,
    last: To = None,
    by: By = None,
    out: Out = None,
    home: HomeOption = None,
    json: Json = False,
) -> int:
    """Show charges by groups, as published, or as the prices known at an instant make them.

    `creditmill charges --as-known-at 2026-02-15` answers "what did we believe then?" from stored
    lines, whatever was published since.

    Parameters
    ----------
    day
        Only this usage date.
    """
    from pipelines.cli.commands.what_if import show_charges

    groups = by or ["org_id", "billing_type"]
    return show_charges(home_of(home), day or first, day or last, as_known_at, groups, out, json)


def explain(
    day: date,
    /,
    *,
    org: Annotated[str, Parameter(help="The organization, exactly as logged.")],
    billing_type: Annotated[
        str | None, Parameter(help="Only this billing type, like llm_text_chat.")
    ] = None,
    model: Annotated[
        str | None, Parameter(help="Only this model, as the rate card prints it, in any case.")
    ] = None,
    dimension: Annotated[
        list[str] | None,
        Parameter(help="Only where NAME=VALUE, like agent_id=a1; repeatable.", negative=""),
    ] = None,
    version: Annotated[int | None, Parameter(help="A superseded version.")] = None,
    out: Annotated[
        Path | None, Parameter(help="Write every event to this .csv or .parquet file.")
    ] = None,
    home: HomeOption = None,
    json: Json = False,
) -> int:
    """List the events behind each charge of an organization, with file and row, and their sum.

    Reads the logs that the version's manifest names; exits 1 where a charge is not the sum of its
    events.

    Parameters
    ----------
    day
        The usage date.
    """
    from pipelines.cli.commands.explain import pairs, show_explain
    from pricing_assets.analysis.explain import Wanted

    wanted = Wanted(org, billing_type, model, pairs(dimension or ()))
    return show_explain(settings_of(home=home), day, version, wanted, out, json)


def diff(
    day: date,
    before: str | None = None,
    after: str | None = None,
    /,
    *,
    out: Out = None,
    home: HomeOption = None,
    json: Json = False,
) -> int:
    """Show why a date's credits changed: by cause, largest first, and by organization.

    The parts sum to the difference exactly.

    Parameters
    ----------
    day
        The usage date.
    before
        A version of it, like 1, or what was booked for it, like c1. [default: the last but one]
    after
        The other one. [default: the last]
    """
    from pipelines.cli.commands.close import show_diff

    return show_diff(home_of(home), day, before, after, out, json)


def what_if(
    books: Annotated[list[str], Parameter(help="Rate books to go by instead.", negative="")],
    /,
    *,
    first: From = None,
    last: To = None,
    by: By = None,
    out: Out = None,
    home: HomeOption = None,
    json: Json = False,
) -> int:
    """Price stored usage again under other prices: credits now, credits then, difference.

    The given books replace those of the home that price the same names; no log is read, nothing
    is published.
    """
    from pipelines.cli.commands.what_if import show_what_if

    return show_what_if(home_of(home), books, first, last, by or ["org_id"], out, json)


def quarantine(day: date | None = None, /, *, home: HomeOption = None, json: Json = False) -> int:
    """Show rows that were not charged: why, an example each, and how to mend it.

    Parameters
    ----------
    day
        Only this usage date.
    """
    from pipelines.cli.commands.status import show_quarantine

    return show_quarantine(home_of(home), day, json)


def repeats(
    *,
    within: Annotated[int, Parameter(help="Days between the two uses, at most.")] = 7,
    first: From = None,
    last: To = None,
    out: Annotated[
        Path | None, Parameter(help="Write every repeat to this .csv or .parquet file.")
    ] = None,
    home: HomeOption = None,
    json: Json = False,
) -> int:
    """Show ids that an organization used again on another usage date; changes no outcome.

    Copies on one date count once; the same id on another date is another event and is charged.
    This names both rows and the credits at stake, so that a sender that repeats itself is found.
    """
    from pipelines.cli.commands.explain import show_repeats

    return show_repeats(settings_of(home=home), within, (first, last), out, json)
