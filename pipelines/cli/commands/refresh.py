"""`creditmill refresh`: `credits.duckdb` and the pages, built anew."""

from pipelines.cli import output
from pipelines.cli.options import HomeOption, named_home, settings_of
from pipelines.runs import run_of
from pipelines.settings import Settings


def command(*, home: HomeOption = None) -> int:
    """Build credits.duckdb and the pages again from the folders.

    What was made of logs and is missing or damaged is made again, too.

    For example:
        creditmill refresh --home /data/home
    """
    return refresh(settings_of(home=home))


def refresh(settings: Settings) -> int:
    """Build `credits.duckdb` and the pages again from the folders."""
    home = named_home(settings).require()
    with home.lock():
        run = run_of(settings, home, home.settings())
        run.refresh(anew=True)
        run.reduce_logs()
    output.OUT.print(
        f"{home.catalog}: built again from {output.counted(len(home.dates()), 'date')}."
    )
    return 0
