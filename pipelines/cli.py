"""The command `creditmill`. It reads options, calls the flow and shows what came of it.

Heavy libraries are imported where they are used: `--help` costs none of them.
"""

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import App, CycloptsError, Parameter

from pipelines.estimating import app as estimate_app
from pipelines.pricing import app as rates_app
from pricing_assets.errors import ConfigurationError, CreditmillError

if TYPE_CHECKING:
    from pipelines.settings import Settings
    from pricing_assets.home import Home


def _version() -> str:
    from importlib.metadata import version

    return version("creditmill")


app = App(
    name="creditmill",
    help="""AI usage logs in, exact credits out: every row accounted for, every price dated.

    Start with `creditmill run`: it takes in the sample logs and publishes their dates into ./home.
    Then `creditmill run --logs DIR` with your own. Settings come from options, then CREDITMILL_*
    variables, then creditmill.toml, then defaults.

    Exit codes: 0 all is published, 1 a file was rejected or a date blocked or failed, 2 wrong
    usage or configuration.
    """,
    help_format="plaintext",
    version=_version,
    version_flags=["--version"],
)
app.command(rates_app)
engine_app = App(
    name="engine",
    help="Check that a Spark cluster gives the same bytes as DuckDB.",
    help_format="plaintext",
)
app.command(engine_app)
app.command(estimate_app)

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


def _settings(**options: Any) -> "Settings":
    from pipelines import settings, show

    for name in settings.unknown_variables():
        show.warn(f"{name} is no setting of creditmill; is it misspelt?")
    return settings.load(**options)


def _home(home: Path | None) -> "Home":
    return _settings(home=home).open_home().require()


@app.command
def run(
    *,
    logs: Annotated[
        Path | None,
        Parameter(help="Take in every *.parquet under this folder, at any depth."),
    ] = None,
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
        Parameter(help="Block a date with a larger share of quarantined rows. [default: 0.05]"),
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
    """Take in new logs and bring every date they touch up to date.

    Without options: the sample data, into ./home. Running again publishes nothing new.
    """
    from pipelines.running import run_once

    if day is not None and (first is not None or last is not None):
        raise ConfigurationError("give --day or --from/--to, not both")
    if first is not None and last is not None and first > last:
        raise ConfigurationError(f"--from {first} lies after --to {last}")
    settings = _settings(
        logs=logs,
        rates=rates,
        home=home,
        timezone=timezone,
        dimensions=dimensions,
        quarantine_limit=quarantine_limit,
        memory_limit=memory_limit,
        engine=engine,
        pages=pages,
    )
    return run_once(settings, day or first, day or last, restate, json)


@app.command
def status(*, home: HomeOption = None, json: Json = False) -> int:
    """Show every usage date, what is stale and why, and files that were rejected."""
    from pipelines.looking import show_status

    return show_status(_home(home), json)


@app.command
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
    from pipelines.looking import show_verify

    settings = _settings(home=home)
    place = settings.open_home().require()
    return show_verify(place, day, json, recompute, rates, settings.limits())


@app.command
def diff(
    day: date,
    before: str | None = None,
    after: str | None = None,
    /,
    *,
    out: Out = None,
    home: HomeOption = None,
    json: Json = False,
) -> int:
    """Show why a date's credits changed: by cause, largest first, and by organization.

    The parts sum to the difference exactly.

    Parameters
    ----------
    day
        The usage date.
    before
        A version of it, like 1, or what was booked for it, like c1. [default: the last but one]
    after
        The other one. [default: the last]
    """
    from pipelines.closing_dates import show_diff

    return show_diff(_home(home), day, before, after, out, json)


@app.command
def close(
    *,
    through: Annotated[date, Parameter(help="The last date to close.")],
    reason: Annotated[str, Parameter(help="Why; it stays in the record.")],
    home: HomeOption = None,
) -> int:
    """Close dates: their reports change no more, what comes later is booked in `corrections`.

    Every date through the given one must be up to date, neither stale nor blocked.
    """
    from pipelines.closing_dates import close_dates

    return close_dates(_home(home), through, reason)


@app.command
def reopen(
    *,
    first: Annotated[date, Parameter(name="--from", help="This date and all after it reopen.")],
    reason: Annotated[str, Parameter(help="Why; it stays in the record.")],
    home: HomeOption = None,
) -> int:
    """Reopen closed dates: the next run makes versions that hold what was booked for them."""
    from pipelines.closing_dates import reopen_dates

    return reopen_dates(_home(home), first, reason)


@app.command
def closings(*, home: HomeOption = None, json: Json = False) -> int:
    """Show who closed or reopened dates, when and why."""
    from pipelines.closing_dates import show_closings

    return show_closings(_home(home), json)


@app.command
def quarantine(day: date | None = None, /, *, home: HomeOption = None, json: Json = False) -> int:
    """Show rows that were not charged: why, an example each, and how to mend it.

    Parameters
    ----------
    day
        Only this usage date.
    """
    from pipelines.looking import show_quarantine

    return show_quarantine(_home(home), day, json)


@app.command
def charges(
    day: date | None = None,
    /,
    *,
    as_known_at: Annotated[
        str | None, Parameter(help="Go by the prices that were published by this instant.")
    ] = None,
    first: From = None,
    last: To = None,
    by: By = None,
    out: Out = None,
    home: HomeOption = None,
    json: Json = False,
) -> int:
    """Show charges by groups, as published, or as the prices known at an instant make them.

    `creditmill charges --as-known-at 2026-02-15` answers "what did we believe then?" from stored
    lines, whatever was published since.

    Parameters
    ----------
    day
        Only this usage date.
    """
    from pipelines.asking import show_charges

    groups = by or ["org_id", "billing_type"]
    return show_charges(_home(home), day or first, day or last, as_known_at, groups, out, json)


@app.command
def explain(
    day: date,
    /,
    *,
    org: Annotated[str, Parameter(help="The organization, exactly as logged.")],
    billing_type: Annotated[
        str | None, Parameter(help="Only this billing type, like llm_text_chat.")
    ] = None,
    model: Annotated[
        str | None, Parameter(help="Only this model, as the rate card prints it, in any case.")
    ] = None,
    dimension: Annotated[
        list[str] | None,
        Parameter(help="Only where NAME=VALUE, like agent_id=a1; repeatable.", negative=""),
    ] = None,
    version: Annotated[int | None, Parameter(help="A superseded version.")] = None,
    out: Annotated[
        Path | None, Parameter(help="Write every event to this .csv or .parquet file.")
    ] = None,
    home: HomeOption = None,
    json: Json = False,
) -> int:
    """List the events behind each charge of an organization, with file and row, and their sum.

    Reads the logs that the version's manifest names; exits 1 where a charge is not the sum of its
    events.

    Parameters
    ----------
    day
        The usage date.
    """
    from pipelines.explaining import pairs, show_explain
    from pricing_assets.explain import Wanted

    wanted = Wanted(org, billing_type, model, pairs(dimension or ()))
    return show_explain(_settings(home=home), day, version, wanted, out, json)


@app.command
def repeats(
    *,
    within: Annotated[int, Parameter(help="Days between the two uses, at most.")] = 7,
    first: From = None,
    last: To = None,
    out: Annotated[
        Path | None, Parameter(help="Write every repeat to this .csv or .parquet file.")
    ] = None,
    home: HomeOption = None,
    json: Json = False,
) -> int:
    """Show ids that an organization used again on another usage date; changes no outcome.

    Copies on one date count once; the same id on another date is another event and is charged.
    This names both rows and the credits at stake, so that a sender that repeats itself is found.
    """
    from pipelines.explaining import show_repeats

    return show_repeats(_settings(home=home), within, (first, last), out, json)


@app.command(name="what-if")
def what_if(
    books: Annotated[list[str], Parameter(help="Rate books to go by instead.", negative="")],
    /,
    *,
    first: From = None,
    last: To = None,
    by: By = None,
    out: Out = None,
    home: HomeOption = None,
    json: Json = False,
) -> int:
    """Price stored usage again under other prices: credits now, credits then, difference.

    The given books replace those of the home that price the same names; no log is read, nothing
    is published.
    """
    from pipelines.asking import show_what_if

    return show_what_if(_home(home), books, first, last, by or ["org_id"], out, json)


@app.command
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
    from pipelines.keeping import show_prune

    return show_prune(_settings(home=home, grace_days=grace_days), versions, yes, json)


@app.command
def refresh(*, home: HomeOption = None) -> int:
    """Build credits.duckdb anew from the folders, as after the home was moved."""
    from pipelines.keeping import refresh as rebuild

    return rebuild(_settings(home=home))


@app.command
def export(
    *periods: str,
    to: Annotated[Path | None, Parameter(help="The folder to hand periods on in.")] = None,
    excel: Annotated[
        bool,
        Parameter(negative="", help="CSV for Excel, too, in which no text can run as a formula."),
    ] = False,
    duckdb: Annotated[
        Path | None,
        Parameter(help="Instead: a new database file that holds all rows itself, no views."),
    ] = None,
    home: HomeOption = None,
    json: Json = False,
) -> int:
    """Write what is published as files to hand on: months or dates for finance, or a database.

    `creditmill export 2026-02 --to out` writes out/2026-02/0001: daily usage, charges and
    corrections, FOCUS 1.2, a statement per organization, and last manifest.json, which says that
    all is there. Again, it writes a new revision only where something changed.

    Parameters
    ----------
    periods
        Months like 2026-02, or dates like 2026-02-03.
    """
    from pipelines.handing_on import export as hand_on

    return hand_on(_settings(home=home), periods, to, excel, duckdb, json)


@app.command(name="open")
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
    from pipelines.opening import open_pages

    return open_pages(_settings(home=home), org, browser)


@engine_app.command(name="check")
def engine_check(
    *, engine: EngineOption = None, home: HomeOption = None, json: Json = False
) -> int:
    """Compare an engine with the default one, byte by byte, on 20,000 rows of every kind.

    Run it on your own cluster before you trust it with a bill; nothing of the home is touched
    but its scratch folder, which the workers must see.
    """
    from pipelines.looking_at_engine import show_check

    return show_check(_settings(home=home, engine=engine or "spark"), json)


@rates_app.command(name="diff")
def rates_diff(
    old: str,
    new: str,
    /,
    *,
    first: From = None,
    last: To = None,
    by: By = None,
    home: HomeOption = None,
    json: Json = False,
) -> int:
    """List what differs between two cards, and what it makes of published usage.

    Parameters
    ----------
    old
        A card: its folder, its book's folder (the newest card), or its id in the home's books.
    new
        The other card, likewise.
    """
    from pipelines.asking import show_diff

    place = _settings(home=home).open_home()
    return show_diff(place, old, new, first, last, by or ["org_id", "billing_type"], json)


@rates_app.command(name="init")
def rates_init(folder: Path, /) -> int:
    """Copy the built-in price list into a new folder, to edit.

    Parameters
    ----------
    folder
        Where to; must not exist yet.
    """
    from pipelines.looking import copy_book

    return copy_book(folder)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; errors are told without tracebacks."""
    try:
        code: int | None = app(
            arguments, exit_on_error=False, print_error=True, result_action="return_value"
        )
        return code or 0
    except CycloptsError:
        return 2
    except CreditmillError as error:
        from pipelines.show import problem

        for line in str(error).splitlines():
            problem(line)
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; what was published stays, run again to go on\n")
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except Exception as error:
        from pipelines.show import problem
        from pipelines.storage import failed

        if not failed(error):
            raise
        what = str(error).splitlines()[0]
        problem(f"{what}; what was published stays in force, run again when the disk is well")
        return 1


def entry() -> None:
    """The console script."""
    sys.exit(main())


if __name__ == "__main__":
    entry()
