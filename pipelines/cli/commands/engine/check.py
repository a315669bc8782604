"""`creditmill engine check`: an engine compared with the default one."""

from contextlib import closing

from pipelines.cli import output
from pipelines.cli.options import EngineOption, HomeOption, Json, named_home, settings_of
from pipelines.settings import Settings
from pricing_assets.common import files
from pricing_assets.usage import engine_check, golden_set


def command(*, engine: EngineOption = None, home: HomeOption = None, json: Json = False) -> int:
    """Compare an engine with DuckDB, byte by byte, on 20,000 rows of every kind.

    For example:
        creditmill engine check --engine spark

    Run it on your own cluster before you trust it with a bill. Of the home it
    uses only the scratch folder, which the workers must see.
    """
    return show_check(settings_of(home=home, engine=engine or "spark"), as_json=json)


def show_check(settings: Settings, *, as_json: bool) -> int:
    """Show one line per table; return 1 where a byte differs."""
    home = named_home(settings)
    engine = settings.open_engine()
    with (
        closing(engine),
        home.lock(),
        files.scratch_folder(home.scratch, "engine-") as scratch,
    ):
        scratch.chmod(0o755)
        compared, outcomes = engine_check.compare(scratch, engine, settings.limits())
        identity = engine.identity()
    alike = not any(table.different for table in compared)
    if as_json:
        output.print_json(
            {
                "alike": alike,
                "engine": identity,
                "outcomes": outcomes,
                "tables": [table.__dict__ for table in compared],
            }
        )
        return 0 if alike else 1
    rows = [
        (
            table.table,
            output.number(table.dates),
            output.number(table.rows),
            "same bytes" if not table.different else f"differs on {table.different[0]}",
        )
        for table in compared
    ]
    output.OUT.print(
        output.table(("Table", "Dates", "Rows", "Against DuckDB"), rows, right=("Dates", "Rows"))
    )
    for name, value in identity.items():
        output.say(f"  {name}: {value}")
    if alike:
        sentence = f"{golden_set.ROWS:,} rows, {len(outcomes)} outcomes: every byte is the same."
        output.OUT.print(sentence)
        return 0
    output.problem("the engine does not give the same bytes; do not bill by it (docs/scale_out.md)")
    return 1
