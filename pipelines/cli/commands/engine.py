"""`creditmill engine`: check an engine before it is trusted with a bill."""

from cyclopts import App

from pipelines.cli.options import EngineOption, HomeOption, Json, settings_of

app = App(
    name="engine",
    help="Check that a Spark cluster gives the same bytes as DuckDB.",
    help_format="plaintext",
)


@app.command(name="check")
def check(*, engine: EngineOption = None, home: HomeOption = None, json: Json = False) -> int:
    """Compare an engine with the default one, byte by byte, on 20,000 rows of every kind.

    Run it on your own cluster before you trust it with a bill; nothing of the home is touched
    but its scratch folder, which the workers must see.
    """
    from pipelines.cli.commands.engine_output import show_check

    return show_check(settings_of(home=home, engine=engine or "spark"), json)
