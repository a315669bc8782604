"""The command `creditmill`: which commands there are, and how their errors are shown.

Each command is the function `command` of a module of its own, `commands/WORDS.py`, which is imported
when that command is asked for: `creditmill --help` imports none of them.
"""

import errno
import gc
import inspect
import sys
from collections.abc import Sequence
from pathlib import Path

from cyclopts import App, CycloptsError, Group

from pipelines.cli import ending, hints, signals, streams
from pipelines.cli.command_list import COMMANDS, GROUPS, SECTIONS
from pricing_assets.common.errors import ConfigurationError, CreditmillError


def _version() -> str:
    from pricing_assets.common.code_version import code_version

    return code_version()


def _on_one_line(text: str) -> str:
    """Return a text whose paragraphs are a line each, which any width wraps; indented lines stay."""
    lines: list[str] = []
    for line in inspect.cleandoc(text).splitlines():
        if lines and lines[-1] and line and " " not in (line[0], lines[-1][0]):
            lines[-1] += f" {line}"
        else:
            lines.append(line)
    return "\n".join(lines)


app = App(
    name="creditmill",
    help=_on_one_line("""AI usage logs in, exact credits out: every row accounted for, every price dated.

    Start with `creditmill run --sample`: it ingests invented logs and publishes their dates into
    ./home. Then `creditmill run --logs DIR --home DIR` with your own. Settings come from options,
    then CREDITMILL_* variables, then creditmill.toml, then defaults.

    Exit codes: 0 all is published, 1 a file is rejected, in this run or since an earlier one, or a
    date blocked or failed, 2 wrong usage or configuration, 128 and its number after a signal.
    """),
    help_format="plaintext",
    version=_version,
    version_flags=["--version"],
)
_sections: dict[str, Group] = {}
for place, (section, names) in enumerate(SECTIONS.items()):
    _sections |= dict.fromkeys(names, Group(section, sort_key=place))
for name, about in GROUPS.items():
    app.command(App(name=name, help=about, group=_sections[name]))
for words, summary in COMMANDS.items():
    *group, name = words.split()
    module = ".".join(("pipelines.cli.commands", *words.replace("-", "_").split()))
    if group:
        app[group[0]].command(f"{module}:command", name=name, help=summary)
    else:
        app.command(f"{module}:command", name=name, help=summary, group=_sections[name])
_shell = Group("Shell", sort_key=len(SECTIONS))
app["--help"].group = app["--version"].group = _shell
app.register_install_completion_command(
    help="Complete commands and options by the Tab key, in bash, zsh and fish.", group=_shell
)


def _load(arguments: Sequence[str]) -> None:
    """Import the command that is asked for: from here on its help is its docstring."""
    asked = app
    for word in arguments:
        if word.startswith("-") or word not in asked:
            return
        asked = asked[word]
        if asked.default_command is not None:
            about = inspect.getdoc(asked.default_command) or ""
            asked.help = _on_one_line(about.partition("\nParameters\n")[0])
            return


def main(arguments: list[str] | None = None) -> int:
    """Run the command; errors are shown without tracebacks."""
    from pipelines.cli.output import replace_what_cannot_be_written

    replace_what_cannot_be_written()
    hints.opened.clear()
    try:
        if sys.flags.optimize > 1:
            raise ConfigurationError(
                "python -OO (PYTHONOPTIMIZE=2) removes docstrings that libraries need; use -O"
            )
        Path.cwd()
        _load(sys.argv[1:] if arguments is None else arguments)
        code: int | None = app(
            arguments, exit_on_error=False, print_error=False, result_action="return_value"
        )
        return code or 0
    except CycloptsError as error:
        from pipelines.cli.output import problem
        from pipelines.cli.wrong_words import said_of

        problem(said_of(error))
        return 2
    except CreditmillError as error:
        from pipelines.cli.output import problem

        for line in str(error).splitlines():
            problem(line)
        return error.exit_code
    except Exception as error:
        from pipelines.cli.output import problem

        message = _message_of(error)
        if message is None:
            raise
        for line in message.splitlines():
            problem(line)
        return 2 if message == NOWHERE or _is_no_name(error) else 1


NOWHERE = "the working folder is gone; go to one that is there (cd), and try again"


def _message_of(error: Exception) -> str | None:
    """Return what to say of an error of the machine's or of a damaged home; None of any other, which
    is a bug."""
    from pipelines.cli import disk_errors
    from pricing_assets.common.damage import damage_of
    from pricing_assets.common.os_reasons import reason_of
    from pricing_assets.common.resources import is_out_of_memory

    if isinstance(error, FileNotFoundError) and not _is_somewhere():
        return NOWHERE
    what = reason_of(error)
    if _is_no_name(error):
        return what
    if disk_errors.failed(error):
        what = disk_errors.in_words(error)
        return f"{what}; what was published stays in force, run again when the disk is well"
    if is_out_of_memory(error):
        return (
            f"there is too little memory ({what}); what was published stays in force, run again"
            " with a larger memory_limit, or on a machine with more memory"
        )
    damage = damage_of(error) or _damage_of_home()
    if damage is None and isinstance(error, PermissionError):
        return (
            f"{error.filename} cannot be used: {error.strerror}; give the right to, or name another"
        )
    return None if damage is None else str(damage)


def _damage_of_home() -> CreditmillError | None:
    """Return what is damaged in the home that was opened last: a file that is another one may end in
    any error. None where all is as it was published: then the error is a bug."""
    from pricing_assets.home import Home
    from pricing_assets.verify import files as verify

    return verify.damage_in(Home(hints.opened[-1])) if hints.opened else None


def _is_no_name(error: Exception) -> bool:
    """Return whether a path that was given is none that a file can have: of links in a circle, or
    too long."""
    return isinstance(error, OSError) and error.errno in (errno.ELOOP, errno.ENAMETOOLONG)


def _is_somewhere() -> bool:
    try:
        Path.cwd()
    except FileNotFoundError:
        return False
    return True


def entry() -> None:
    """Run the command and exit with its code: the console script."""
    # Python looks for cycles at each 700 objects more: a third of a run over thousands of logs.
    gc.set_threshold(50_000, 20, 20)
    ending.prepare()
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
            signals.show()
            code = 128 + number
        wrong = streams.finish()
        if wrong:
            from pipelines.cli.output import problem

            problem(wrong)
            code = code or 1
        ending.end(code)
