"""The sample: invented usage logs to try a run with, and the homes that they may come into.

They are ingested only where the user asks for them, or names neither logs nor a home; never into a home
of other logs, and never into one that was named without logs.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pipelines.cli import output
from pipelines.settings import Settings
from pricing_assets import rates
from pricing_assets.common import files
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.db.statements import data_folder
from pricing_assets.home import Home
from pricing_assets.home.opening import RequestedSettings
from pricing_assets.intake.inboxes import Inbox

BOOK = "sample_data/rate_cards"


def logs_of_run(
    home: Home, settings: Settings, *, sample: bool, nothing_said: bool
) -> tuple[RequestedSettings, tuple[Inbox, ...]]:
    """Return what is asked of the home, and the inboxes to ingest (none: it has its logs already).

    `sample` is the option, `nothing_said` whether neither options, environment nor creditmill.toml
    say anything. ConfigurationError where the sample is asked for in a home of other logs, or where
    a home without logs is given none.
    """
    requested, inboxes = settings.requested_settings(), settings.inboxes
    has_logs, has_sample = not home.is_empty(), _holds_sample(home)
    if sample:
        if has_logs and not has_sample:
            raise ConfigurationError(
                f"{home.path} holds usage logs that are not the sample's; --sample would put"
                " invented rows beside them: name another --home"
            )
        return _with_sample(home, requested)
    if inboxes:
        if has_sample:
            output.warn(
                f"{home.path} holds the sample's invented rows; give logs of your own another --home"
            )
        return requested, inboxes
    if nothing_said and (has_sample or (not has_logs and _is_the_samples(home))):
        return _with_sample(home, requested)
    if not has_logs:
        raise ConfigurationError(
            f"no usage logs are named, and {home.path} has none yet: give --logs DIR (or"
            f" CREDITMILL_LOGS, or logs in creditmill.toml), or --sample to try the sample data"
        )
    return requested, ()


def credits_of(home: Home, settings: Settings) -> Path | None:
    """Return the folder of grants that a home goes by: the sample's where none is named, and its
    ledger came with the sample."""
    if settings.credits is None and home.ledger.is_dir() and _holds_sample(home):
        return data_folder("sample_data") / "credits"
    return settings.credits


def credits_of_run(home: Home, settings: Settings, inboxes: Sequence[Inbox]) -> Path | None:
    """Return the folder of grants that a run goes by, which may be the first to ingest the sample."""
    if settings.credits is None and Inbox(_logs()) in inboxes:
        return data_folder("sample_data") / "credits"
    return credits_of(home, settings)


def _with_sample(
    home: Home, requested: RequestedSettings
) -> tuple[RequestedSettings, tuple[Inbox, ...]]:
    if not home.exists() and requested.books is None:
        requested = replace(requested, books=rates.BUILT_IN)
    return requested, (Inbox(_logs()),)


def _logs() -> Path:
    return data_folder("sample_data") / "logs"


def _holds_sample(home: Home) -> bool:
    """Return whether a log of the sample was ingested."""
    return home.receipts.is_dir() and any(
        home.receipt_file(files.sha256_of(log)).exists() for log in _logs().glob("*.parquet")
    )


def _is_the_samples(home: Home) -> bool:
    """Return whether a home is yet to be made, or was made for the sample by a run that was cut
    short."""
    return not home.exists() or BOOK in home.settings().books
