"""A home as Dagster opens it: for a run, for a look by schedule or sensor, and for other assets.

What a run does is in `assets`; when one is asked for, in `jobs` and `sensors`.
"""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import dagster as dg
from pydantic import Field

from pipelines import run_timeout
from pipelines.jobs import HOME_TAG, tag_of
from pipelines.names import Names
from pipelines.partitions import DATES
from pipelines.runs import run_of
from pipelines.settings import Settings, load, unknown_variables
from pipelines.unknown_settings import no_setting
from pricing_assets.checks import own_rules
from pricing_assets.common.errors import ConfigurationError, CreditmillError
from pricing_assets.contract.usage_dates import FIRST_DATE
from pricing_assets.db.connection import open_catalog
from pricing_assets.flow import Run
from pricing_assets.home import Home
from pricing_assets.home.check_rule import Rule
from pricing_assets.home.opening import open_home

if TYPE_CHECKING:
    import duckdb

PathLike = str | os.PathLike[str]
CONFIGURE = (
    "There is no home yet and no folder of usage logs is configured. Set CREDITMILL_LOGS (and"
    " CREDITMILL_HOME), or `logs` and `home` in creditmill.toml, and start Dagster again."
)
BUSY = "A run is under way in this home; the next look comes when it is over."


class CreditmillHome(dg.ConfigurableResource):  # type: ignore[type-arg]
    """A home and what its runs go by.

    `options` are settings by the names that they have in `creditmill.toml`; what is not given comes
    from the environment, `creditmill.toml` and the defaults.
    """

    home: str | None = None
    logs: str | None = None
    options: dict[str, Any] = Field(default={})

    def settings(self) -> Settings:
        """Return the settings; ConfigurationError names what is wrong with them."""
        found = self.process_config_and_initialize()
        return load(**{**found.options, "home": found.home, "logs": found.logs})

    @contextmanager
    def connect(self) -> Iterator["duckdb.DuckDBPyConnection"]:
        """Yield a connection to `credits.duckdb`, read-only: every table that analysts have."""
        home = self.settings().open_home().require()
        with open_catalog(home.catalog, home.path) as con:
            yield con


def given_home(
    home: PathLike | None, logs: PathLike | None, options: dict[str, Any]
) -> CreditmillHome:
    """Return the home that parameters name; ConfigurationError where one is not a setting, or a secret:
    Dagster shows what its resources are made with."""
    for name in options:
        field = Settings.model_fields.get(name)
        if field is None:
            message = no_setting(name, Settings.model_fields)
            known = ", ".join(sorted(Settings.model_fields))
            raise ConfigurationError(f"definitions: {message} (there are {known})")
        if "SecretStr" in str(field.annotation):
            raise ConfigurationError(
                f"definitions: {name} is a secret, and Dagster would show it; set"
                f" CREDITMILL_{name.upper()} in the environment, or {name} in creditmill.toml"
            )
    return CreditmillHome(
        home=None if home is None else os.fspath(home),
        logs=None if logs is None else os.fspath(logs),
        options=options,
    )


class Foreseen(NamedTuple):
    """What definitions go by before anything runs: the first usage date, the dimensions, and a team's
    own rules."""

    first: date = FIRST_DATE
    dimensions: tuple[str, ...] = ("agent_id",)
    own_rules: tuple[Rule, ...] = ()


def foresee(resource: CreditmillHome) -> Foreseen:
    """Return what is known of a home; of one that is not there or cannot be read, every date."""
    try:
        settings = resource.settings()
        home = settings.open_home()
        if not home.exists():
            dimensions = settings.dimensions or Foreseen().dimensions
            return Foreseen(dimensions=dimensions, own_rules=_own_rules(settings, ""))
        home_settings = home.settings()
        return Foreseen(
            first_date(home), home_settings.dimensions, _own_rules(settings, home_settings.checks)
        )
    except CreditmillError:
        return Foreseen()  # a run and a look say what is wrong


def _own_rules(settings: Settings, checks: str) -> tuple[Rule, ...]:
    """Return a team's own rules by the folder that is set, or that a home holds; none where they
    cannot be read, which a run says."""
    try:
        return own_rules.rules_of(settings.requested_settings().checks or checks)
    except CreditmillError:
        return ()


def first_date(home: Home) -> date:
    """Return the first usage date that a log touches, or ever touched."""
    logs = home.journal.named.receipts.values()
    days = [min(log["dates"]) for log in logs if log["dates"]]
    return min((date.fromisoformat(day) for day in days), default=FIRST_DATE)


def flow(names: Names) -> dg.ResourceDefinition:
    """Return the resource of a run: its locked home."""

    @dg.resource(
        required_resource_keys={names.of("creditmill")},
        description="One run over the locked home, after another run of it has ended.",
    )
    def opened(context: dg.InitResourceContext) -> Iterator[Run]:
        # Of what the sensor asks for only `ingest` ingests, and what still arrives is the sensor's to
        # wait for; a run that publishes what it finds leaves that, too.
        home: CreditmillHome = getattr(context.resources, names.of("creditmill"))
        settings, run = home.settings(), context.run
        tags = run.tags if run else {}

        def say(message: str) -> None:
            if context.log:
                context.log.info(message)

        opened = settings.open_home()
        with (
            opened.lock(say),
            run_timeout.ended_after(settings.max_run_seconds) as times,
            closing(settings.open_engine()) as engine,
        ):
            if (
                run and context.instance and HOME_TAG not in tags
            ):  # as of one that is asked for by hand
                context.instance.add_run_tags(run.run_id, {HOME_TAG: tag_of(opened)})
            home_settings = open_home(
                opened, settings.requested_settings(), limits=settings.limits()
            )
            yield replace(
                run_of(settings, opened, home_settings, times.reading_until),
                run_id=run.run_id if run else "run",
                progress=lambda step, detail: say(f"{step}: {detail}"),
                inboxes=() if "dagster/sensor_name" in tags else settings.inboxes,
                engine=engine,
                settle_seconds=settings.settle_seconds if DATES in tags else 0,
            )

    return opened


@contextmanager
def look(resource: CreditmillHome) -> Iterator[tuple[Settings, Run] | str]:
    """Yield the settings and a run over the home, locked for the moment; or why there is no look."""
    settings = resource.settings()
    home = settings.open_home()
    if not settings.inboxes and not home.exists():
        yield "; ".join([*unknown_variables(), CONFIGURE])
        return
    with home.try_lock() as is_free:
        if not is_free:
            yield BUSY
            return
        home_settings = open_home(home, settings.requested_settings(), limits=settings.limits())
        yield settings, replace(run_of(settings, home, home_settings), inboxes=settings.inboxes)
