"""What `creditmill run` reads: logs, dates, what a new home is made with, and how it goes about it.

What a run does with them belongs to `commands/run`.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pipelines.cli.options import EngineOption, HomeOption, require_order
from pricing_assets.common.errors import ConfigurationError


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class RunSource:
    """What is ingested, where to, and by which prices."""

    logs: Annotated[
        Path | None,
        Parameter(
            help="Ingest every *.parquet under this folder, at any depth, but for names that begin"
            " with _ or .; with --source every file. One file, or a pattern in quotes, will do; and the"
            " same in object storage: s3://BUCKET/PREFIX, gs://…, az://…."
        ),
    ] = None
    source: Annotated[
        str | None,
        Parameter(
            help="The source that reads these logs, where they are not Parquet with the columns of"
            " the usage log: a preset of `creditmill sources list`, or a file NAME.toml."
        ),
    ] = None
    sample: Annotated[
        bool,
        Parameter(negative="", help="Ingest the sample data: invented rows, to try it out."),
    ] = False
    rates: Annotated[
        list[str] | None,
        Parameter(help="A folder of rate cards; repeat it for several books.", negative=""),
    ] = None
    home: HomeOption = None


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class RunDates:
    """Which usage dates are brought up to date."""

    day: Annotated[date | None, Parameter(help="Bring only this usage date up to date.")] = None
    first: Annotated[
        date | None, Parameter(name="--from", help="Only usage dates from this one on.")
    ] = None
    last: Annotated[
        date | None, Parameter(name="--to", help="Only usage dates up to this one.")
    ] = None

    def ends(self) -> tuple[date | None, date | None]:
        """Return the first and the last of them; ConfigurationError where they are none."""
        if self.day is not None and (self.first is not None or self.last is not None):
            raise ConfigurationError("give --day or --from/--to, not both")
        require_order(self.first, self.last)
        return self.day or self.first, self.day or self.last


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class NewHome:
    """What a new home is made with, and when a date of it is blocked."""

    timezone: Annotated[
        str | None, Parameter(help="Billing time zone of a new home, an IANA name. [default: UTC]")
    ] = None
    dimensions: Annotated[
        list[str] | None,
        Parameter(
            help="Reporting dimension of a new home; repeatable. [default: agent_id]", negative=""
        ),
    ] = None
    quarantine_limit: Annotated[
        str | None,
        Parameter(
            help="Block a date with a larger share of quarantined rows, if these are more than the"
            " floor or more than half. [default: 0.05]"
        ),
    ] = None
    quarantine_floor: Annotated[
        int | None,
        Parameter(
            help="So many quarantined rows block no date, unless they are more than half."
            " [default: 20]"
        ),
    ] = None
    checks: Annotated[
        Path | None,
        Parameter(
            help="The folder of your own rules: NAME.sql and NAME.suite.json; the home uses it from"
            " now on."
        ),
    ] = None


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class RunMode:
    """How the run goes about it."""

    strict: Annotated[
        bool | None,
        Parameter(
            negative="",
            help="Exit 1 as long as any row of these dates is quarantined. [default: no]",
        ),
    ] = None
    memory_limit: Annotated[
        str | None, Parameter(help="Memory to use, like 4GB. [default: 60 %, at most 8GB]")
    ] = None
    engine: EngineOption = None
    restate: Annotated[
        bool, Parameter(negative="", help="Price all dates again, by other rate books.")
    ] = False
    pages: Annotated[
        bool | None,
        Parameter(help="Update HOME/pages too; --no-pages leaves them as they are. [default: yes]"),
    ] = None
    at_first_open: Annotated[
        bool,
        Parameter(
            negative="",
            help="Let grants and voids that are dated into closed dates count on the first open one.",
        ),
    ] = False


SOURCE, DATES, NEW_HOME, HOW = RunSource(), RunDates(), NewHome(), RunMode()
