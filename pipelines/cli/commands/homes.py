"""Commands that bring a home up to date, look at it and keep it."""

from datetime import date
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pipelines.cli.options import EngineOption, HomeOption, Json, home_of, settings_of
from pricing_assets.common.errors import ConfigurationError


def run(
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
        bool, Parameter(negative="", help="Price all dates anew by other rate books.")
    ] = False,
    pages: Annotated[
        bool | None,
        Parameter(help="Update HOME/pages too; --no-pages leaves them as they are. [default: yes]"),
    ] = None,
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
    from pipelines.cli.commands.run import run_once
    from pipelines.settings import unknown_variables

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
    return run_once(settings, day or first, day or last, restate, json, sample, nothing_said)


def status(*, home: HomeOption = None, json: Json = False) -> int:
    """Show every usage date, what is stale and why, and rejected files (exit 1 while one is there)."""
    from pipelines.cli.commands.status import show_status

    return show_status(home_of(home), json)


def verify(
    day: date | None = None,
    /,
    *,
    recompute: Annotated[
        bool,
        Parameter(negative="", help="Make every version again from what its manifest pins."),
    ] = False,
    rates: Annotated[
        list[str] | None,
        Parameter(help="One more book to look for pinned cards in; repeatable.", negative=""),
    ] = None,
    home: HomeOption = None,
    json: Json = False,
) -> int:
    """Compare every published byte and total with the manifests; any difference is named.

    With --recompute also the numbers themselves: each version, superseded ones too, is made again
    in a temporary place from the logs, cards and settings that its manifest pins, and every file
    compared.

    Parameters
    ----------
    day
        Only this usage date.
    """
    from pipelines.cli.commands.status import show_verify

    settings = settings_of(home=home)
    place = settings.open_home().require()
    return show_verify(place, day, json, recompute, rates, settings.limits())


def prune(
    *,
    versions: Annotated[
        bool,
        Parameter(negative="", help="Superseded versions, too; their manifests stay."),
    ] = False,
    grace_days: Annotated[
        int | None,
        Parameter(help="Keep versions superseded less than this many days ago. [default: 7]"),
    ] = None,
    yes: Annotated[
        bool, Parameter(negative="", help="Do it; else only say what it frees.")
    ] = False,
    home: HomeOption = None,
    json: Json = False,
) -> int:
    """Say what superseded files may go and what that frees; with --yes let them go.

    Older credits.duckdb files, and with --versions the files of superseded versions. Never a
    version in force, nor one of a date that was ever closed; logs and receipts stay.
    """
    from pipelines.cli.commands.prune import show_prune

    return show_prune(settings_of(home=home, grace_days=grace_days), versions, yes, json)


def restore(
    *,
    source: Annotated[
        Path | None,
        Parameter(name="--from", help="A copy of the home, or a folder that holds its logs."),
    ] = None,
    accept_loss: Annotated[
        str | None,
        Parameter(help="Give up for good what nothing can restore; the reason stays on record."),
    ] = None,
    home: HomeOption = None,
    json: Json = False,
) -> int:
    """Bring back what the home has lost: receipts, logs, versions, bookings, closings, prices.

    The journal of the home names everything that was ever in it, with its digest. What is missing,
    rolled back or replaced comes from the journal itself, from the files that the logs came from,
    from a copy (--from), or is made again from logs and rate cards; its digest proves it.
    """
    from pipelines.cli.commands.prune import restore as bring_back

    return bring_back(settings_of(home=home), source, accept_loss, json)


def withdraw(
    log: str | None = None,
    /,
    *,
    reason: Annotated[str | None, Parameter(help="Why; it stays in the record.")] = None,
    by: Annotated[
        str | None, Parameter(help="The log that takes its place: file name, SHA-256 or path.")
    ] = None,
    restore: Annotated[
        bool, Parameter(negative="", help="Ingest a withdrawn log anew, as received now.")
    ] = False,
    home: HomeOption = None,
) -> int:
    """Withdraw a log that should not have come: its rows count nowhere; its bytes are kept.

    For staging data, an hour that was written again, or one of two files whose rows conflict. Its
    dates become stale, and the next run restates them, or books the difference where they are
    closed, with the cause `withdrawn`. The same bytes are ingested again only with --restore, which
    also gives a log a new time of arrival where the machine's clock was wrong. Without LOG: the
    record of withdrawals.

    Parameters
    ----------
    log
        File name, SHA-256 (8 digits or more), or path of a file of the same bytes.
    """
    from pipelines.cli.commands.prune import withdraw as take_back

    return take_back(settings_of(home=home), log, reason, by, restore)


def refresh(*, home: HomeOption = None) -> int:
    """Build credits.duckdb anew from the folders, as after the home was moved."""
    from pipelines.cli.commands.prune import refresh as rebuild

    return rebuild(settings_of(home=home))


def open_page(
    *,
    org: Annotated[str | None, Parameter(help="The page of this organization.")] = None,
    home: HomeOption = None,
    browser: Annotated[
        bool, Parameter(help="Open it in the browser; --no-browser prints the path only.")
    ] = True,
) -> int:
    """Open the pages: dates, totals and organizations, and a page of usage for each of these.

    Prints the page's path and the total that it shows. The pages need no server and no network.
    """
    from pipelines.cli.commands.open import open_pages

    return open_pages(settings_of(home=home), org, browser)
