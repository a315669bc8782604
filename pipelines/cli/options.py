"""Options that several commands take, and the settings that they make."""

import os
import stat
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from pipelines import settings
from pipelines.cli import hints, output
from pipelines.settings import Settings
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.home import Home
from pricing_assets.intake.inboxes import Inbox

HomeOption = Annotated[
    Path | None, Parameter(name="--home", help="The home of logs and reports. [default: home]")
]
EngineOption = Annotated[
    Literal["duckdb", "spark"] | None,
    Parameter(help="What sums the events: duckdb here, or a Spark cluster. [default: duckdb]"),
]
From = Annotated[date | None, Parameter(name="--from", help="Only usage dates from this one on.")]
To = Annotated[date | None, Parameter(name="--to", help="Only usage dates up to this one.")]
By = Annotated[
    list[str] | None,
    Parameter(
        help="Sum by this column of charges; repeatable, like --by org_id --by model.", negative=""
    ),
]
Out = Annotated[Path | None, Parameter(help="Write every row to this .csv or .parquet file.")]
Json = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON.")]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Chosen:
    """Which usage dates are asked about, and by which columns their charges are summed."""

    first: From = None
    last: To = None
    by: By = None

    def __post_init__(self) -> None:
        """Raise ConfigurationError where the first date lies after the last."""
        require_order(self.first, self.last)


def require_order(first: date | None, last: date | None) -> None:
    """Raise ConfigurationError where `--from` names a date after the one of `--to`."""
    if first is not None and last is not None and first > last:
        raise ConfigurationError(f"--from {first} lies after --to {last}")


CHOSEN = Chosen()


def settings_of(**options: Any) -> Settings:
    """Return the settings that the given options make, with a warning where a variable is misspelt."""
    for message in settings.unknown_variables():
        output.warn(message)
    return settings.load(**options)


def inboxes_of(settings: Settings) -> tuple[Inbox, ...]:
    """Return the inboxes that settings name; none where only the options of a run make them whole."""
    try:
        return settings.inboxes
    except ConfigurationError:
        return ()


def named_home(settings: Settings) -> Home:
    """Return the home that the settings name; who waits for it says so on the terminal.
    ConfigurationError where no home can be there."""
    _require_place(settings.home)
    home = settings.open_home(lambda message: output.say(output.harmless(message)))
    hints.opened.append(home.path)
    return home


def _require_place(path: Path) -> None:
    """Raise ConfigurationError where neither a folder is nor one can be made."""
    what = ""
    try:
        mode = path.stat().st_mode
        if not stat.S_ISDIR(mode):
            kind = "a file" if stat.S_ISREG(mode) else "not a folder"
            raise ConfigurationError(f"{path} is {kind}; --home names a folder")
    except FileNotFoundError:
        if path.is_symlink():
            what = f"it links to {path.readlink()}, which is not there"
    except OSError as error:
        what = os.strerror(error.errno or 0)
    if what:
        raise ConfigurationError(f"home {path} cannot be used: {what}; name another with --home")


def home_of(home: Path | None) -> Home:
    """Return the home that is asked for; ConfigurationError where there is none, or one of another
    format."""
    found = named_home(settings_of(home=home)).require()
    found.settings()
    return found
