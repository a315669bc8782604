"""`creditmill diff`: why a date's credits changed."""

from datetime import date
from pathlib import Path

from pipelines.cli import output
from pipelines.cli.options import HomeOption, Json, Out, home_of
from pricing_assets.analysis import diff
from pricing_assets.common.decimals import exact_sum
from pricing_assets.home import Home, presence
from pricing_assets.report import changes as changed


def command(
    day: date,
    before: str | None = None,
    after: str | None = None,
    /,
    *,
    out: Out = None,
    home: HomeOption = None,
    json: Json = False,
) -> int:
    """Show why a date's credits changed: by cause and by organization.

    For example:
        creditmill diff 2026-02-03
        creditmill diff 2026-02-03 1 3 --out changes.csv

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
    return show_diff(home_of(home), day, before, after, out, as_json=json)


def show_diff(
    home: Home, day: date, before: str | None, after: str | None, out: Path | None, *, as_json: bool
) -> int:
    """Show what made a date's credits change, by cause and by organization."""
    presence.require_whole(home)
    found = diff.compare(home, day, before, after, out)
    if as_json:
        output.print_json(
            {
                **{key: value for key, value in found.__dict__.items() if key != "causes"},
                "difference": found.difference,
                "causes": [
                    {key: value for key, value in part.__dict__.items() if key != "org_id"}
                    for part in found.causes
                ],
                "organizations": [part.__dict__ for part in found.organizations],
            }
        )
        return 0
    output.OUT.print(
        f"{day}, version {found.before} to {found.after}: {output.number(found.before_credits)} to"
        f" {output.number(found.after_credits)} credits, {output.signed(found.difference)}"
    )
    if not found.causes:
        output.OUT.print("No charge changed.")
        return 0
    total = (
        *("Total", "", output.signed(found.difference)),
        output.signed(exact_sum(part.usd for part in found.causes)),
    )
    columns = ("Cause", "Charges", "Credits", "USD", "What it means")
    rows = [
        (
            *(part.cause, output.number(part.charges), output.signed(part.credits)),
            *(output.signed(part.usd), changed.CAUSES[part.cause]),
        )
        for part in found.causes
    ]
    output.OUT.print(output.table(columns, [*rows, (*total, "")], right=columns[1:4]))
    output.OUT.print()
    columns = ("Organization", "Cause", "Charges", "Credits", "USD")
    rows = [
        (
            *(part.org_id or "", part.cause, output.number(part.charges)),
            *(output.signed(part.credits), output.signed(part.usd)),
        )
        for part in found.organizations
    ]
    output.OUT.print(output.table(columns, rows, right=columns[2:]))
    if out is not None:
        output.say(f"every change: {out}")
    return 0
