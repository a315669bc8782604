"""`creditmill run`: ingest logs, find what is stale, publish it, show what came of it."""

from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import date

from pipelines import execution, run_timeout
from pipelines.cli import output
from pipelines.cli.inbox_view import InboxView
from pipelines.cli.options import Json, named_home, settings_of
from pipelines.cli.run_options import (
    DATES,
    HOW,
    NEW_HOME,
    SOURCE,
    NewHome,
    RunDates,
    RunMode,
    RunSource,
)
from pipelines.cli.run_summary import RunSummary, show_so_far
from pipelines.cli.sample import credits_of_run, logs_of_run
from pipelines.cli.steps import steps_shown
from pipelines.runs import run_of
from pipelines.settings import Settings, unknown_variables
from pricing_assets.checks import own_rules
from pricing_assets.common.errors import ConfigurationError, CreditmillError
from pricing_assets.flow import Run
from pricing_assets.home.opening import open_home
from pricing_assets.intake import inbox_scan
from pricing_assets.intake.inboxes import source_of


@dataclass(frozen=True)
class Request:
    """A run as it was asked for; `sample` is the option, `nothing_said` whether neither options,
    environment nor creditmill.toml say anything."""

    settings: Settings
    first: date | None
    last: date | None
    restate: bool
    at_first_open: bool
    sample: bool
    nothing_said: bool


def command(
    *,
    source: RunSource = SOURCE,
    dates: RunDates = DATES,
    new_home: NewHome = NEW_HOME,
    how: RunMode = HOW,
    json: Json = False,
) -> int:
    """Ingest new logs and bring every date they touch up to date.

    For example:
        creditmill run --sample
        creditmill run --logs /data/usage --home /data/home
        creditmill run --logs exports/ --source litellm_s3 --home /data/home
        creditmill run --logs s3://acme-usage/gateway --home /data/home
        creditmill run --home /data/home --day 2026-02-03

    Without logs it brings the home's dates up to date. Where options,
    CREDITMILL_* variables and creditmill.toml say nothing at all, it ingests the
    sample data into ./home. A second run publishes nothing new.

    Exit 1 where a file is rejected (now, or by an earlier run and still there),
    where the folder of logs never held one, or where a date is blocked or failed;
    with --strict also where any row is quarantined. With the setting publish_to
    it ends by `creditmill publish`, and exits 1 where that fails.
    """
    first, last = dates.ends()
    if source.sample and source.logs is not None:
        raise ConfigurationError("give --logs or --sample, not both")
    options = {**asdict(source), **asdict(new_home), **asdict(how)}
    for name in ("sample", "restate", "at_first_open"):  # of this run alone
        del options[name]
    settings = settings_of(**options)
    nothing_said = not (
        settings.model_fields_set or unknown_variables() or how.restate or first or last
    )
    request = Request(
        settings,
        first,
        last,
        restate=how.restate,
        at_first_open=how.at_first_open,
        sample=source.sample,
        nothing_said=nothing_said,
    )
    return run_once(request, as_json=json)


def run_once(request: Request, *, as_json: bool) -> int:
    """Run once, show what came of it, and return the exit code."""
    settings = request.settings
    place = named_home(settings)
    requested, inboxes = logs_of_run(
        place, settings, sample=request.sample, nothing_said=request.nothing_said
    )
    for inbox in inboxes:  # before a home is made for them
        inbox_scan.require(inbox.path, has_source=source_of(place, inbox) is not None)
    if requested.checks is not None:
        own_rules.load(requested.checks)
    engine = settings.open_engine()
    with (
        closing(engine),
        steps_shown() as steps,
        place.lock(),
        run_timeout.ended_after(settings.max_run_seconds) as times,
    ):
        home_settings = open_home(
            place, requested, restate=request.restate, limits=settings.limits()
        )
        run = replace(
            run_of(settings, place, home_settings, times.reading_until),
            progress=steps,
            engine=engine,
            credits=credits_of_run(place, settings, inboxes),
            at_first_open=request.at_first_open,
            pages=False,  # once at the end, however many batches are published
        )
        run.ledger.require_usable()
        own_rules.require(home_settings)
        looks = []
        for inbox in inboxes:
            steps("intake", str(inbox.path))
            found, arrivals = run.ingest(inbox)
            looks.append(found)
            rows = sum(log.rows for log in arrivals.taken)
            steps.done(
                f"{output.counted(len(arrivals.taken), 'new log')}, {output.counted(rows, 'row')};"
                f" {arrivals.known:,} known,"
                f" {len(arrivals.rejected):,} rejected"
            )
        view = InboxView(place, looks, run.arrivals, home_settings.dimensions)
        stale = run.stale(request.first, request.last)
        try:
            published, waiting = run.publish_stale(stale, times.working_until, execution.recorder())
            if not stale:
                run.bring_ledger_up_to_date()
                run.refresh()
        except Exception:
            steps.done()
            show_so_far(run.outcomes, as_json=as_json)
            raise
        if run.credits is None and place.ledger.is_dir():
            output.warn(
                "no folder of grants (setting `credits`) is named, so balances stay as they are"
            )
        if settings.pages:
            run.refresh_pages()
        steps.done()
        summary = RunSummary(
            run, view, published, (request.first, request.last), waiting, strict=settings.strict
        )
        not_brought = _deliver(run)
        code = summary.show(as_json=as_json)
        if not_brought:
            output.problem(not_brought)
        return code or int(bool(not_brought))


def _deliver(run: Run) -> str:
    """Bring what is published to where the settings say; returns why it was not, '' where it was. What is
    published in the home stays so."""
    try:
        run.deliver()
    except CreditmillError as error:
        return f"not brought to object storage: {error}"
    return ""
