"""The command `creditmill`. It reads options, calls the flow and shows what came of it.

Heavy libraries are imported where they are used: `--help` costs none of them.
"""

import gc
import sys
from pathlib import Path

from cyclopts import App, CycloptsError

from pipelines.cli import signals, streams
from pipelines.cli.commands import engine, estimate, grants, homes, numbers, periods, rates
from pricing_assets.common.errors import ConfigurationError, CreditmillError


def _version() -> str:
    from pricing_assets.common.code_version import code_version

    return code_version()


app = App(
    name="creditmill",
    help="""AI usage logs in, exact credits out: every row accounted for, every price dated.

    Start with `creditmill run --sample`: it ingests invented logs and publishes their dates into
    ./home. Then `creditmill run --logs DIR --home DIR` with your own. Settings come from options,
    then CREDITMILL_* variables, then creditmill.toml, then defaults.

    Exit codes: 0 all is published, 1 a file is rejected, in this run or since an earlier one, or a
    date blocked or failed, 2 wrong usage or configuration, 128 and its number after a signal.
    """,
    help_format="plaintext",
    version=_version,
    version_flags=["--version"],
)
for group in (rates.app, engine.app, estimate.app, grants.app):
    app.command(group)
for command in (
    homes.run,
    homes.status,
    homes.verify,
    numbers.diff,
    periods.close,
    periods.reopen,
    periods.closings,
    numbers.quarantine,
    numbers.charges,
    numbers.explain,
    numbers.repeats,
    numbers.what_if,
    homes.prune,
    homes.refresh,
    homes.restore,
    homes.withdraw,
    periods.export,
):
    app.command(command)
app.command(homes.open_page, name="open")


def main(arguments: list[str] | None = None) -> int:
    """Run the command; errors are told without tracebacks."""
    from pipelines.cli.output import replace_what_cannot_be_written

    replace_what_cannot_be_written()
    try:
        if sys.flags.optimize > 1:
            raise ConfigurationError(
                "python -OO (PYTHONOPTIMIZE=2) takes away texts that libraries need; -O does well"
            )
        Path.cwd()
        code: int | None = app(
            arguments, exit_on_error=False, print_error=True, result_action="return_value"
        )
        return code or 0
    except CycloptsError:
        return 2
    except CreditmillError as error:
        from pipelines.cli.output import problem

        for line in str(error).splitlines():
            problem(line)
        return error.exit_code
    except Exception as error:
        from pipelines.cli.output import problem

        said = _told(error)
        if said is None:
            raise
        problem(said)
        return 2 if said == NOWHERE else 1


NOWHERE = "the working folder is gone; go to one that is there (cd), and try again"


def _told(error: Exception) -> str | None:
    """Return what to say of an error of the machine's or of a damaged home; None of any other, which
    is a bug."""
    from pipelines.cli.disk_errors import failed
    from pricing_assets.common.damage import damage_of
    from pricing_assets.common.resources import is_out_of_memory

    if isinstance(error, FileNotFoundError) and not _is_somewhere():
        return NOWHERE
    what = (str(error).splitlines() or [type(error).__name__])[0]
    if failed(error):
        return f"{what}; what was published stays in force, run again when the disk is well"
    if is_out_of_memory(error):
        return (
            f"there is too little memory ({what}); what was published stays in force, run again"
            " with more (memory_limit), or where there is more"
        )
    damage = damage_of(error)
    return None if damage is None else str(damage)


def _is_somewhere() -> bool:
    try:
        Path.cwd()
    except FileNotFoundError:
        return False
    return True


def entry() -> None:
    """The console script."""
    # Python looks for cycles at each 700 objects more: a third of a run over thousands of logs.
    gc.set_threshold(50_000, 20, 20)
    streams.make_whole()
    with signals.handled():
        try:
            code = main()
        except BaseException:
            if signals.received() is None:
                raise
            code = 1
        number = signals.received(0)
        if number is not None:
            signals.tell()
            code = 128 + number
        wrong = streams.finish()
        if wrong:
            from pipelines.cli.output import problem

            problem(wrong)
            code = code or 1
        sys.exit(code)
