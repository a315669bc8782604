"""`creditmill close`: dates whose reports never change again."""

from dataclasses import replace
from datetime import date
from typing import Annotated

from cyclopts import Parameter

from pipelines.cli import output
from pipelines.cli.options import HomeOption, inboxes_of, named_home, settings_of
from pipelines.cli.sample import credits_of
from pipelines.runs import run_of
from pricing_assets.analysis import known
from pricing_assets.analysis.changed_sources import changed_sources
from pricing_assets.analysis.date_status import unfinished
from pricing_assets.home import closings
from pricing_assets.pages import build as pages


def command(
    *,
    through: Annotated[date, Parameter(help="The last date to close.")],
    reason: Annotated[str, Parameter(help="Why; it stays in the record.")],
    home: HomeOption = None,
) -> int:
    """Close dates: their reports never change again.

    For example:
        creditmill close --through 2026-02-28 --reason "February is invoiced"

    What comes later for a closed date is booked in the table `corrections`.
    Every date up to the given one must be up to date: not stale, not blocked,
    and in the ledger of credits where there is one.
    """
    settings = settings_of(home=home)
    found = named_home(settings).require()
    with found.lock():
        run = replace(
            run_of(settings, found, found.settings()),
            pages=pages.index_file(found).exists(),
            credits=credits_of(found, settings),
        )
        changed = changed_sources(found, inboxes_of(settings), run.receipts)
        left = unfinished(run, run.ledger.lines, changed)
        act = closings.close(found, through, reason, left)
        run.refresh()
        days = found.dates()
    output.OUT.print(
        f"Closed through {act.closed_through} by {output.harmless(act.who)}: reports of these dates"
        " never change again; what comes later is booked in corrections."
    )
    if not known.between(days, None, through):
        output.warn(
            known.none_between(days, None, through, "has logs")
            + "; if another date was meant, `creditmill reopen` takes this back"
        )
    return 0
