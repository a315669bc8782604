"""`creditmill run`: ingest logs, find what is stale, publish it, show what came of it."""

import time
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pipelines import execution, run_timeout
from pipelines.cli import output
from pipelines.cli.inbox_view import InboxView
from pipelines.cli.options import EngineOption, HomeOption, Json, named_home, settings_of
from pipelines.cli.run_summary import Summary
from pipelines.cli.sample import credits_of_run, logs_of_run
from pipelines.settings import Settings, unknown_variables
from pricing_assets import flow
from pricing_assets.common.batching import batches, contiguous
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.home.opening import open_home
from pricing_assets.intake import inbox_scan
from pricing_assets.report import DateOutcome


def command(
    *,
    logs: Annotated[
        Path | None,
        Parameter(
            help="Ingest every *.parquet under this folder, at any depth, but for names that begin"
            " with _ or .; one file, or a pattern in quotes, will do."
        ),
    ] = None,
    sample: Annotated[
        bool,
        Parameter(negative="", help="Ingest the sample data: invented rows, to try it out."),
    ] = False,
    rates: Annotated[
        list[str] | None,
        Parameter(help="A folder of rate cards; repeat it for several books.", negative=""),
    ] = None,
    home: HomeOption = None,
    day: Annotated[date | None, Parameter(help="Bring only this usage date up to date.")] = None,
    first: Annotated[
        date | None, Parameter(name="--from", help="Only usage dates from this one on.")
    ] = None,
    last: Annotated[
        date | None, Parameter(name="--to", help="Only usage dates up to this one.")
    ] = None,
    timezone: Annotated[
        str | None, Parameter(help="Billing time zone of a new home, an IANA name. [default: UTC]")
    ] = None,
    dimensions: Annotated[
        list[str] | None,
        Parameter(
            help="Reporting dimension of a new home; repeatable. [default: agent_id]", negative=""
        ),
    ] = None,
    quarantine_limit: Annotated[
        str | None,
        Parameter(
            help="Block a date with a larger share of quarantined rows, if these are more than the"
            " floor or more than half. [default: 0.05]"
        ),
    ] = None,
    quarantine_floor: Annotated[
        int | None,
        Parameter(
            help="So many quarantined rows block no date, unless they are more than half."
            " [default: 20]"
        ),
    ] = None,
    strict: Annotated[
        bool | None,
        Parameter(
            negative="",
            help="Exit 1 as long as any row of these dates is quarantined. [default: no]",
        ),
    ] = None,
    memory_limit: Annotated[
        str | None, Parameter(help="Memory to use, like 4GB. [default: 60 %, at most 8GB]")
    ] = None,
    engine: EngineOption = None,
    restate: Annotated[
        bool, Parameter(negative="", help="Price all dates again, by other rate books.")
    ] = False,
    pages: Annotated[
        bool | None,
        Parameter(help="Update HOME/pages too; --no-pages leaves them as they are. [default: yes]"),
    ] = None,
    at_first_open: Annotated[
        bool,
        Parameter(
            negative="",
            help="Let grants and voids that are dated into closed dates count on the first open one.",
        ),
    ] = False,
    json: Json = False,
) -> int:
    """Ingest new logs and bring every date they touch up to date.

    Without logs: brings a home's dates up to date. Where neither options, CREDITMILL_* variables
    nor creditmill.toml say anything, the sample data is ingested into ./home, as with --sample.
    Running again publishes nothing new.

    Exit code 1 where a file is rejected, in this run or an earlier one and still there, where no
    log was ever in the inbox, or where a date is blocked or failed; with --strict also where any row
    is quarantined.
    """
    if day is not None and (first is not None or last is not None):
        raise ConfigurationError("give --day or --from/--to, not both")
    if first is not None and last is not None and first > last:
        raise ConfigurationError(f"--from {first} lies after --to {last}")
    if sample and logs is not None:
        raise ConfigurationError("give --logs or --sample, not both")
    settings = settings_of(
        logs=logs,
        rates=rates,
        home=home,
        timezone=timezone,
        dimensions=dimensions,
        quarantine_limit=quarantine_limit,
        quarantine_floor=quarantine_floor,
        strict=strict,
        memory_limit=memory_limit,
        engine=engine,
        pages=pages,
    )
    nothing_said = not (
        settings.model_fields_set or unknown_variables() or restate or day or first or last
    )
    return run_once(
        settings, day or first, day or last, restate, json, sample, nothing_said, at_first_open
    )


def run_once(
    settings: Settings,
    first: date | None,
    last: date | None,
    restate: bool,
    as_json: bool,
    sample: bool = False,
    nothing_said: bool = False,
    at_first_open: bool = False,
) -> int:
    """Run once and return the exit code; `sample` and `nothing_said` as in `logs_of_run`."""
    place = named_home(settings)
    given, logs = logs_of_run(place, settings, sample, nothing_said)
    if logs is not None:
        inbox_scan.require(logs)  # before a home is made for them
    engine = settings.open_engine()
    with (
        closing(engine),
        output.steps() as steps,
        place.lock(),
        run_timeout.ended_after(settings.max_run_seconds) as times,
    ):
        terms = open_home(place, given, restate=restate, limits=settings.limits())
        run = flow.Run(
            place,
            terms,
            settings.limits(),
            settings.file_limits(),
            progress=steps,
            engine=engine,
            reading_until=times.reading_until,
            credits=credits_of_run(settings, logs),
            at_first_open=at_first_open,
        )
        run.require_grants()
        view = InboxView(place)
        if logs is not None:
            steps("intake", str(logs))
            found = inbox_scan.scan(logs, place)
            arrivals = run.take_in(found.names, logs)
            view = InboxView(place, found, arrivals, terms.dimensions)
            rows = sum(log.rows for log in arrivals.taken)
            steps.done(
                f"{output.counted(len(arrivals.taken), 'new log')}, {output.counted(rows, 'row')};"
                f" {arrivals.known:,} known,"
                f" {len(arrivals.rejected):,} rejected"
            )
        stale = run.stale(first, last)
        published: list[DateOutcome] = []
        waiting: list[date] = []
        if stale:
            # Published as it goes: a year does not wait for its last date.
            for batch in batches({one.day: one.rows for one in stale}, flow.ROWS_AT_ONCE):
                for begin, end in contiguous(batch):
                    if time.monotonic() > times.working_until:
                        waiting += [day for day in batch if begin <= day <= end]
                    else:
                        published += execution.publish(run, begin, end)
        else:
            run.bring_ledger_up_to_date()
            run.refresh()
        if settings.pages:
            run.refresh_pages()  # once, however many batches were published
        steps.done()
        summary = Summary(run, view, published, first, last, waiting, settings.strict)
        return summary.tell(as_json)
