"""`creditmill status`: every usage date, its version in force, and whether a run would change it."""

from pipelines.cli import hints, output
from pipelines.cli.inbox_view import undated
from pipelines.cli.options import HomeOption, Json, inboxes_of, named_home, settings_of
from pipelines.cli.rejected_view import show_rejections, show_unread, show_wrong_digests
from pipelines.cli.sample import credits_of
from pipelines.settings import Settings
from pricing_assets.analysis import balances
from pricing_assets.analysis.changed_sources import changed_sources
from pricing_assets.analysis.date_status import HomeStatus, status_of
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.delivery import record
from pricing_assets.home import Home
from pricing_assets.ledger import folder as credits_folder
from pricing_assets.ledger.behind import dates_behind
from pricing_assets.report import HomeView


def command(*, home: HomeOption = None, json: Json = False) -> int:
    """Show every usage date, what is stale and why, and rejected files.

    For example:
        creditmill status --home /data/home

    Exit 1 as long as a file is there that is rejected or that a run left unread,
    a digest is stated that is not its log's, a date is blocked or failed in its
    last run, a source cannot be loaded, or credits.duckdb is missing or behind.
    A stale date is one that the next run brings up to date: exit 0.
    """
    settings = settings_of(home=home)
    found = named_home(settings).require()
    view = HomeView(found, found.settings())
    changed = changed_sources(found, inboxes_of(settings), view.receipts)
    status, behind = status_of(view, changed), _behind(found, settings)
    unpublished = record.behind(found, settings.publish_to)
    if json:
        output.print_json({**_as_json(view, status, behind), "publish_behind": unpublished})
    else:
        _show(view, status)
        if behind:
            output.warn(behind)
        for place in unpublished:
            output.warn(
                f"what is published in {place} is behind; `creditmill publish --to {place}` brings it"
                " up to date"
            )
    return int(status.needs_attention)


def _behind(home: Home, settings: Settings) -> str:
    """Return why the ledger of credits is not what reports and grants say now; '' where it is."""
    folder = credits_of(home, settings)
    try:
        days = dates_behind(home, None if folder is None else credits_folder.load(folder))
    except ConfigurationError as error:
        return f"the ledger of credits stays as it is: {error}"
    if not days:
        return ""
    cure = "`creditmill run` brings it up to date"
    if folder is None:
        cure = "name the folder of grants (setting `credits`), and run"
    return f"the ledger of credits is behind from {days[0]} on; {cure}"


def _as_json(view: HomeView, status: HomeStatus, behind: str) -> dict[str, object]:
    more: dict[str, object] = {}
    if view.home.ledger.is_dir():
        warned = balances.warned(view.home)
        more = {"overdrawn": warned.overdrawn, "ending_soon": warned.ending, "ledger": behind}
    return {
        "home": str(view.home.path),
        "terms": {
            name: setting
            for name, setting in vars(view.settings).items()
            if setting or name != "sources"
        },
        "closed_through": view.closed_through,
        "logs": len(view.receipts),
        "withdrawn": status.withdrawn,
        "dates": [one.as_json() for one in status.dates],
        "quarantined": status.quarantined.as_json(),
        "rejected": [rejection.__dict__ for rejection in status.rejected],
        "waiting": status.waiting,
        "wrong_digests": [wrong.__dict__ for wrong in status.wrong_digests],
        "database": status.catalog,
        "faulty_sources": status.faulty_sources,
        "mostly_undated": [log.file_name for log in status.mostly_undated],
        **more,
    }


def _show(view: HomeView, status: HomeStatus) -> None:
    about = f", closed through {view.closed_through}" if view.closed_through else ""
    if status.withdrawn:
        about += f", {output.counted(len(status.withdrawn), 'log')} withdrawn"
    output.say(
        f"{output.harmless(view.home.path)}: {output.counted(len(view.receipts), 'log')},"
        f" time zone {view.settings.timezone}{about}"
    )
    columns = (
        *("Date", "State", "Version", "Events", "Credits", "Corrections", "Quarantined"),
        *("If published", "Why"),
    )
    rows = [
        (
            one.usage_date,
            output.with_quarantine(one.state, one.quarantined, one.rows),
            one.version or "",
            output.number(one.events),
            output.number(one.credits),
            output.signed(one.corrections),
            output.number(one.quarantined),
            output.signed(one.credits_at_stake),
            one.why,
        )
        for one in status.dates
    ]
    output.OUT.print(output.table(columns, rows, right=columns[2:8]))
    show_rejections(status.rejected, still=True)
    show_unread(status.waiting)
    show_wrong_digests(status.wrong_digests)
    for fault in status.faulty_sources:
        output.problem(fault)
    for change in status.remapped:
        output.warn(change)
    if status.catalog:
        output.problem(status.catalog)
    if status.quarantined.rows:
        output.warn(status.quarantined.sentence())
    warned = balances.warned(view.home)
    for org_id, overdraft in warned.overdrawn:
        output.warn(f"{org_id} is overdrawn by {output.number(overdraft)} credits")
    for org_id, grant_id, left, end in warned.ending:
        output.warn(f"{org_id}: {output.number(left)} credits of {grant_id} end on {end}")
    for log in status.mostly_undated:
        output.warn(undated(log))
    if status.stale:
        run = output.harmless(hints.command("run", view.home.path))
        stale = output.counted(status.stale, "date is stale", "dates are stale")
        them = "it" if status.stale == 1 else "them"
        output.say(f"{stale}; [bold]{run}[/] brings {them} up to date")
