"""The command `creditmill`. It reads options, calls the flow and shows what came of it.

Heavy libraries are imported where they are used: `--help` costs none of them.
"""

import sys

from cyclopts import App, CycloptsError

from pipelines.commands import engine, estimate, homes, numbers, periods, rates
from pricing_assets.errors import CreditmillError


def _version() -> str:
    from importlib.metadata import version

    return version("creditmill")


app = App(
    name="creditmill",
    help="""AI usage logs in, exact credits out: every row accounted for, every price dated.

    Start with `creditmill run --sample`: it ingests invented logs and publishes their dates into
    ./home. Then `creditmill run --logs DIR --home DIR` with your own. Settings come from options,
    then CREDITMILL_* variables, then creditmill.toml, then defaults.

    Exit codes: 0 all is published, 1 a file is rejected, in this run or since an earlier one, or a
    date blocked or failed, 2 wrong usage or configuration.
    """,
    help_format="plaintext",
    version=_version,
    version_flags=["--version"],
)
for group in (rates.app, engine.app, estimate.app):
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
    from pipelines.show import replace_what_cannot_be_written

    replace_what_cannot_be_written()
    try:
        code: int | None = app(
            arguments, exit_on_error=False, print_error=True, result_action="return_value"
        )
        return code or 0
    except CycloptsError:
        return 2
    except CreditmillError as error:
        from pipelines.show import problem

        for line in str(error).splitlines():
            problem(line)
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; what was published stays, run again to go on\n")
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except Exception as error:
        from pipelines.show import problem
        from pipelines.storage import failed

        if not failed(error):
            raise
        what = str(error).splitlines()[0]
        problem(f"{what}; what was published stays in force, run again when the disk is well")
        return 1


def entry() -> None:
    """The console script."""
    sys.exit(main())


if __name__ == "__main__":
    entry()
