"""`creditmill quarantine`: rows that were not charged, why, and how to fix them."""

from datetime import date

from pipelines.cli import advice, hints, output
from pipelines.cli.options import HomeOption, Json, home_of
from pricing_assets.analysis import conflicts, known, quarantine, quarantined, unpriced
from pricing_assets.contract.outcomes import QUARANTINE
from pricing_assets.home import Home, presence
from pricing_assets.report import HomeView


def command(day: date | None = None, /, *, home: HomeOption = None, json: Json = False) -> int:
    """Show rows that were not charged: why, an example of each, how to fix it.

    For example:
        creditmill quarantine 2026-02-03

    Parameters
    ----------
    day
        Only this usage date.
    """
    return show_quarantine(home_of(home), day, as_json=json)


def show_quarantine(home: Home, day: date | None, *, as_json: bool) -> int:
    """Show counts by date and reason, with an example each and how to fix it."""
    presence.require_whole(home)
    if day is not None:
        known.require_tried(home, day)
    run = HomeView(home, home.settings())
    found = quarantine.reasons(home, run.rates, day)
    names = unpriced.find_unpriced(home, run.settings, run.rates)
    risks = quarantine.at_risk(home, None if day is None else [day])
    held = quarantined.of_home(home, run.receipts)
    if as_json:
        output.print_json(
            {
                "quarantined": held.as_json(),
                "at_risk": [risk.__dict__ for risk in risks],
                "quarantine": [{**row.__dict__, "fix": row.fix} for row in found],
                "unpriced": [name.as_json() for name in names],
            }
        )
        return 0
    if not found:
        output.OUT.print("No row is in quarantine.")
        return 0
    columns = ("Date", "Reason", "Rows", "At risk", "File", "Row", "Example")
    rows = [
        (
            row.usage_date or "none",
            row.reason,
            output.number(row.rows),
            output.number(row.credits_at_stake),
            row.file_name,
            row.row_number,
            row.example,
        )
        for row in found
    ]
    output.OUT.print(output.table(columns, rows, right=("Rows", "At risk", "Row")))
    if day is None:
        output.OUT.print(f"\n{held.sentence()}.")
    else:
        of_date = output.counted(held.by_date.get(day, 0), "row")
        output.OUT.print(
            f"\n{of_date} of {day} in quarantine; of all dates and of none: {held.rows:,}."
        )
    output.OUT.print("\nHow to fix it:")
    seen = {row.reason for row in found}
    fixes = [
        (reason, hints.with_home(QUARANTINE[reason])) for reason in QUARANTINE if reason in seen
    ]
    output.OUT.print(output.table(("Reason", "What to do"), fixes))
    for conflict in conflicts.conflicts(home):
        for line in conflict.lines(hints.home_option(home.path)):
            output.OUT.print(output.harmless(line), soft_wrap=line.startswith(" "))
    if risks:
        _show_at_risk(risks)
    advice.show_advice(run, names, advice.NAMES_SHOWN, output.OUT)
    return 0


def _show_at_risk(risks: list[quarantine.AtRisk]) -> None:
    output.OUT.print("\nUsage without a price, between the cheapest and the dearest of its kind:")
    columns = (
        *("Date", "Billing type", "Brand", "Model", "Key mode", "Reason", "Quantities"),
        *("Least credits", "Most credits"),
    )
    rows = [
        (
            *(risk.usage_date, risk.billing_type, risk.brand, risk.model, risk.key_mode),
            *(risk.reason, risk.quantities),
            output.number(risk.least_credits),
            output.number(risk.most_credits),
        )
        for risk in risks
    ]
    output.OUT.print(output.table(columns, rows, right=columns[7:]))
    output.OUT.print()
