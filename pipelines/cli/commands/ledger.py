"""`creditmill ledger`: what changed an organization's credits."""

from datetime import date

from pipelines.cli import output
from pipelines.cli.options import From, HomeOption, Json, To, home_of, require_order
from pricing_assets.analysis import balances
from pricing_assets.home import Home, presence


def command(
    org: str,
    /,
    *,
    first: From = None,
    last: To = None,
    home: HomeOption = None,
    json: Json = False,
) -> int:
    """List every change of an organization's credits, and by which charge.

    For example:
        creditmill ledger acme --from 2026-02-01

    Changes are credits that were granted, burned or expired.

    Parameters
    ----------
    org
        The organization.
    """
    require_order(first, last)
    return show_ledger(home_of(home), org, first, last, as_json=json)


def show_ledger(
    home: Home, org_id: str, first: date | None, last: date | None, *, as_json: bool
) -> int:
    """Print the ledger of an organization, oldest entry first."""
    presence.require_whole(home)
    entries = balances.entries(home, org_id, first, last)
    if as_json:
        output.print_json({"org_id": org_id, "entries": entries})
        return 0
    columns = (
        "Date",
        "Entry",
        "Grant",
        "Credits",
        "USD",
        "Charge of",
        "Billing type",
        "Model",
        "Meter",
    )
    rows = [
        (
            one["usage_date"],
            one["entry"],
            one["grant_id"],
            output.signed(one["credits"]),
            output.signed(one["usd"]) if one["usd"] else "",
            one["charge_date"] or "",
            one["billing_type"],
            " ".join(filter(None, (one["brand"], one["model"]))),
            one["meter"],
        )
        for one in entries
    ]
    output.OUT.print(output.table(columns, rows, right=columns[3:5]))
    return 0
