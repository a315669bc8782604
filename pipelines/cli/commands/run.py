"""`creditmill run`: take in, find what is stale, publish it, say what came of it."""

import time
from contextlib import closing
from datetime import date

from pipelines import execution, run_timeout
from pipelines.cli import output
from pipelines.cli.inbox_view import InboxView
from pipelines.cli.run_summary import Summary
from pipelines.cli.sample import logs_of_run
from pipelines.settings import Settings
from pricing_assets import flow
from pricing_assets.common.batching import batches
from pricing_assets.home.opening import open_home
from pricing_assets.intake import inbox_scan
from pricing_assets.report import publish as report


def run_once(
    settings: Settings,
    first: date | None,
    last: date | None,
    restate: bool,
    as_json: bool,
    sample: bool = False,
    nothing_said: bool = False,
) -> int:
    """Run once and return the exit code; `sample` and `nothing_said` as in `logs_of_run`."""
    place = settings.open_home()
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
        terms = open_home(place, given, restate, settings.limits())
        run = flow.Flow(
            place,
            terms,
            settings.limits(),
            settings.file_limits(),
            progress=steps,
            engine=engine,
            reading_until=times.reading_until,
        )
        view = InboxView(place)
        if logs is not None:
            steps("intake", str(logs))
            found = inbox_scan.scan(logs, place)
            arrivals = run.intake(found.logs, logs)
            view = InboxView(place, found, arrivals, terms.dimensions)
            rows = sum(log.rows for log in arrivals.taken)
            steps.done(
                f"{len(arrivals.taken):,} new logs, {rows:,} rows; {arrivals.known:,} known,"
                f" {len(arrivals.rejected):,} rejected"
            )
        stale = run.stale(first, last)
        published: list[report.Published] = []
        waiting: list[date] = []
        if stale:
            # Published as it goes: a year does not wait for its last date.
            for batch in batches({one.day: one.rows for one in stale}, flow.ROWS_AT_ONCE):
                for begin, end in execution.contiguous(batch):
                    if time.monotonic() > times.working_until:
                        waiting += [day for day in batch if begin <= day <= end]
                    else:
                        published += _publish(run, begin, end)
        else:
            run.refresh()
        if settings.pages:
            run.refresh_pages()  # once, however many batches were published
        steps.done()
        summary = Summary(run, view, published, first, last, waiting, settings.strict)
        return summary.tell(as_json)


def _publish(run: flow.Flow, first: date, last: date) -> list[report.Published]:
    """Bring a range of dates up to date; Dagster costs some 2 CPU seconds, and is imported only
    where it records the run."""
    if execution.is_recorded():
        from pipelines import jobs

        return jobs.materialize(run, first, last)
    return execution.publish(run, first, last)
