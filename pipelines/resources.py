"""A home as Dagster opens it: for a run, and for a look by schedule or sensor.

What a run does is in `definitions`; when one is asked for, in `jobs` and `sensors`.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import dagster as dg

from pipelines import run_timeout, settings
from pricing_assets.flow import Run
from pricing_assets.home.opening import open_home
from pricing_assets.usage.engine import Engine

CONFIGURE = (
    "There is no home yet and no folder of usage logs is configured. Set CREDITMILL_LOGS (and"
    " CREDITMILL_HOME), or `logs` and `home` in creditmill.toml, and start Dagster again."
)
BUSY = "A run is under way in this home; the next look comes when it is over."


@dg.resource(description="What reads single events: DuckDB here, or Spark where settings say so.")
def engine(context: dg.InitResourceContext) -> Iterator[Engine]:
    """Yield the run's engine; a session that it opened ends with the run."""
    engine = settings.load().open_engine()
    with closing(engine):
        yield engine


@dg.resource(
    required_resource_keys={"engine"},
    description="One run over the locked home that CREDITMILL_HOME names.",
)
def flow(context: dg.InitResourceContext) -> Iterator[Run]:
    """Yield the run over the locked home, after another run of it has ended.

    A run that the sensor asked for takes in nothing: the sensor did, and what still arrives is
    its to wait for.
    """
    given = settings.load()
    home = given.open_home()
    run = context.run
    with (
        home.lock(lambda message: _say_waiting(context, message)),
        run_timeout.ended_after(given.max_run_seconds) as times,
    ):
        yield Run(
            home,
            open_home(home, given.requested_settings(), limits=given.limits()),
            given.limits(),
            given.file_limits(),
            run_id=run.run_id if run else "run",
            inboxes=() if run and "dagster/sensor_name" in run.tags else given.inboxes,
            engine=context.resources.engine,
            pages=given.pages,
            reading_until=times.reading_until,
            credits=given.credits,
        )


def _say_waiting(context: dg.InitResourceContext, message: str) -> None:
    if context.log:
        context.log.info(message)


@contextmanager
def look() -> Iterator[tuple[settings.Settings, Run] | str]:
    """Yield the settings and a run over the home, locked for the moment; or why there is no look."""
    given = settings.load()
    home = given.open_home()
    if not given.inboxes and not home.exists():
        yield CONFIGURE
        return
    with home.try_lock() as is_free:
        if not is_free:
            yield BUSY
            return
        terms = open_home(home, given.requested_settings(), limits=given.limits())
        yield (
            given,
            Run(
                home,
                terms,
                given.limits(),
                given.file_limits(),
                inboxes=given.inboxes,
                credits=given.credits,
            ),
        )
