"""`creditmill withdraw`: a log that should not have come, taken back."""

from dataclasses import replace
from typing import Annotated

from cyclopts import Parameter

from pipelines.cli import hints, output
from pipelines.cli.options import HomeOption, Json, named_home, settings_of
from pipelines.runs import run_of
from pipelines.settings import Settings
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.home import Home, withdrawals
from pricing_assets.pages import build as pages
from pricing_assets.repair import withdrawn_logs


def command(
    log: str | None = None,
    /,
    *,
    reason: Annotated[str | None, Parameter(help="Why; it stays in the record.")] = None,
    by: Annotated[
        str | None, Parameter(help="The log that takes its place: file name, SHA-256 or path.")
    ] = None,
    restore: Annotated[
        bool, Parameter(negative="", help="Ingest a withdrawn log again, as received now.")
    ] = False,
    home: HomeOption = None,
    json: Json = False,
) -> int:
    """Withdraw a log that should not have come: its rows count nowhere.

    For example:
        creditmill withdraw day.parquet --reason "staging data"
        creditmill withdraw day.parquet --restore --reason "it was right"
        creditmill withdraw --json

    For staging data, an hour that was written again, or one of two files whose
    rows conflict. Its bytes are kept. Its dates become stale: the next run
    restates them, or books the difference where they are closed, with the cause
    `withdrawn`. The same bytes are ingested again only with --restore, which also
    gives a log a new time of arrival where the machine's clock was wrong.
    Without LOG it lists all withdrawals.

    Parameters
    ----------
    log
        File name, SHA-256 (8 digits or more), or path of a file of the same bytes.
    """
    settings = settings_of(home=home)
    if log is None:
        return _show_withdrawals(named_home(settings).require(), as_json=json)
    if json:
        raise ConfigurationError("--json is for the list: creditmill withdraw --json, without LOG")
    return withdraw(settings, log, reason, by, restored=restore)


def withdraw(
    settings: Settings, log: str, reason: str | None, by: str | None, *, restored: bool
) -> int:
    """Take a log back, or ingest one anew that was taken back.
    ConfigurationError where no reason is given."""
    home = named_home(settings).require()
    if reason is None:
        raise ConfigurationError("say why: add --reason TEXT; it stays in the record")
    with home.lock():
        run = replace(
            run_of(settings, home, home.settings()), pages=pages.index_file(home).exists()
        )
        if restored:
            done = withdrawn_logs.restore(run, log, reason)
        else:
            done = withdrawn_logs.withdraw(run, log, reason, by)
    act = done.act
    what = "ingested again" if restored else "withdrawn"
    output.OUT.print(output.harmless(f"{act.file_name} ({act.file[:16]}) is {what} by {act.who}."))
    extent = withdrawals.extent_of(home, act.file)
    output.OUT.print(f"{'Counted again' if restored else 'Taken back'}: {extent}.")
    if not done.is_whole:
        cure = output.harmless(hints.command("restore", home.path))
        output.say(f"more is lost: [bold]{cure}[/] does what it can")
    if done.stale:
        output.say(
            f"{output.counted(len(done.stale), 'date')} of it to bring up to date:"
            f" [bold]{output.harmless(hints.command('run', home.path))}[/]"
        )
    return 0


def _show_withdrawals(home: Home, *, as_json: bool) -> int:
    done = withdrawals.acts(home)
    if as_json:
        output.print_json({"withdrawals": [act.__dict__ for act in done]})
        return 0
    if not done:
        output.OUT.print("No log was ever withdrawn.")
        return 0
    columns = ("Nr", "Act", "Log", "SHA-256", "By", "At (UTC)", "Reason")
    rows = [
        (act.number, act.act, act.file_name, act.file[:16], act.who, act.at[:19], act.reason)
        for act in done
    ]
    output.OUT.print(output.table(columns, rows, right=columns[:1]))
    return 0
