"""`creditmill balance`: what organizations have left."""

from datetime import date
from typing import Annotated

from cyclopts import Parameter

from pipelines.cli import output
from pipelines.cli.options import HomeOption, Json, home_of
from pricing_assets.analysis import balances
from pricing_assets.home import Home, presence


def command(
    org: str | None = None,
    /,
    *,
    on: Annotated[
        date | None, Parameter(help="At the end of this usage date. [default: the newest]")
    ] = None,
    home: HomeOption = None,
    json: Json = False,
) -> int:
    """Show what organizations have left, who runs out first.

    For example:
        creditmill balance
        creditmill balance acme --on 2026-02-28

    Of one organization it shows each grant.

    Parameters
    ----------
    org
        Only this organization, with its grants in the order in which they burn.
    """
    return show_balance(home_of(home), org, on, as_json=json)


def show_balance(home: Home, org_id: str | None, on: date | None, *, as_json: bool) -> int:
    """Print balances at the end of a date, and the grants of one organization."""
    presence.require_whole(home)
    found = balances.balances(home, org_id, on)
    grants = [] if org_id is None else balances.left(home, org_id, on)
    if as_json:
        shown = {"balances": [one.__dict__ for one in found]}
        output.print_json(
            shown if org_id is None else {**shown, "grants": [one.__dict__ for one in grants]}
        )
        return 0
    columns = (
        *("Organization", "Left", "Overdraft", "Promo", "Plan", "Paid", "Adjustment"),
        *("Days left", "Runs out", "Ends unused"),
    )
    rows = [
        (
            one.org_id,
            output.number(one.closing),
            output.number(one.overdraft or None),
            output.number(one.closing_promo or None),
            output.number(one.closing_plan or None),
            output.number(one.closing_paid or None),
            output.number(one.closing_adjustment or None),
            output.number(one.days_left),
            one.exhausts_on or "",
            output.number(one.expires_unused or None),
        )
        for one in found
    ]
    output.OUT.print(output.table(columns, rows, right=(*columns[1:8], columns[9])))
    if grants:
        heads = ("Grant", "Kind", "Granted", "Left", "From", "Ends", "Priority", "For")
        lines = [
            (
                one.grant_id,
                one.kind,
                output.number(one.credits),
                output.number(one.left),
                one.effective_date,
                one.expires_date or "",
                one.priority,
                one.billing_types.replace("|", ", "),
            )
            for one in grants
        ]
        output.OUT.print()
        output.OUT.print(output.table(heads, lines, right=(*heads[2:4], heads[6])))
    output.OUT.print(f"At the end of {found[0].usage_date}.")
    return 0
