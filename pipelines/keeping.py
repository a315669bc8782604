"""The commands that keep a home: prune what is superseded, rebuild `credits.duckdb`."""

from pipelines import show
from pipelines.settings import Settings
from pricing_assets import flow, prune


def show_prune(settings: Settings, versions: bool, yes: bool, as_json: bool) -> int:
    """What may go and what that frees; with `yes` it goes."""
    home = settings.open_home().require()
    with home.lock(lambda: show.say("a run is under way in this home; waiting for it")):
        found = prune.prunable(home, versions, settings.grace_days)
        freed = sum(one.bytes for one in found)
        if as_json:
            show.print_json(
                {
                    "pruned": yes,
                    "bytes": freed,
                    "prunable": [
                        {"what": one.what, "path": str(one.path), "bytes": one.bytes}
                        for one in found
                    ],
                }
            )
        elif not found:
            show.OUT.print("Nothing to prune.")
        else:
            rows = [
                (one.what, one.path.relative_to(home.path), len(one.files), show.number(one.bytes))
                for one in found
            ]
            columns = ("What", "Path", "Files", "Bytes")
            show.OUT.print(show.table(columns, rows, right=columns[2:]))
            show.OUT.print(f"{len(found):,} to prune, {freed:,} bytes to free.")
        if yes:
            prune.prune(home, found)
    if as_json or not found:
        return 0
    if yes:
        show.OUT.print(f"Pruned: {freed:,} bytes freed.")
    else:
        show.say("Nothing is pruned yet; add [bold]--yes[/] to do it.")
    return 0


def refresh(settings: Settings) -> int:
    """`credits.duckdb` and the pages, built anew from the folders."""
    home = settings.open_home().require()
    with home.lock(lambda: show.say("a run is under way in this home; waiting for it")):
        run = flow.Flow(home, home.terms(), settings.limits(), pages=settings.pages)
        run.refresh(anew=True)
    show.OUT.print(f"{home.catalog}: built anew from {show.counted(len(home.dates()), 'date')}.")
    return 0
