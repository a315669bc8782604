"""`creditmill run`: take in, find what is stale, materialize it in-process, say what came of it."""

from contextlib import closing
from datetime import date
from pathlib import Path

from pipelines import limit, show
from pipelines.inbox_view import InboxView
from pipelines.settings import Settings
from pipelines.summary import Summary
from pricing_assets import duck, flow, home, inbox_scan, rates, report
from pricing_assets.batches import batches
from pricing_assets.given import Given, open_home

SAMPLE = "sample_data/rate_cards"


def run_once(
    settings: Settings, first: date | None, last: date | None, restate: bool, as_json: bool
) -> int:
    """One run; returns the exit code."""
    place = settings.open_home()
    engine = settings.open_engine()
    with (
        closing(engine),
        show.steps() as steps,
        place.lock(lambda: show.say("another run is under way in this home; waiting for it")),
        limit.ended_after(settings.max_run_seconds),
    ):
        given, logs = _sample(place, settings)
        terms = open_home(place, given, restate)
        run = flow.Flow(
            place,
            terms,
            settings.limits(),
            settings.file_limits(),
            progress=steps,
            engine=engine,
        )
        view = InboxView(place)
        if logs is not None:
            steps("intake", str(logs))
            found = inbox_scan.scan(logs, place)
            arrivals = run.intake(found.logs, logs)
            view = InboxView(place, found, arrivals)
            rows = sum(log.rows for log in arrivals.taken)
            steps.done(
                f"{len(arrivals.taken):,} new logs, {rows:,} rows; {arrivals.known:,} known,"
                f" {len(arrivals.rejected):,} rejected"
            )
        stale = run.stale(first, last)
        published: list[report.Published] = []
        if stale:
            # Dagster is imported only where there is something to run.
            from pipelines import daily

            # Published as it goes: a year does not wait for its last date.
            for batch in batches({one.day: one.rows for one in stale}, flow.ROWS_AT_ONCE):
                for begin, end in daily.contiguous(batch):
                    published += daily.materialize(run, begin, end)
        else:
            run.refresh()
        if settings.pages:
            run.refresh_pages()  # once, however many batches were published
        steps.done()
        return Summary(run, view, published, first, last).tell(as_json)


def _sample(place: home.Home, settings: Settings) -> tuple[Given, Path | None]:
    """What to take in: the given logs, or the sample where a home is new or made with it."""
    given, logs = settings.given(), settings.logs
    if logs is not None:
        return given, logs
    if not place.exists():
        books = given.books if given.books is not None else rates.BUILT_IN
        return Given(**{**given.__dict__, "books": books}), _sample_logs()
    with_sample = SAMPLE in place.terms().books
    return given, _sample_logs() if with_sample else None


def _sample_logs() -> Path:
    return duck.data_folder("sample_data") / "logs"
