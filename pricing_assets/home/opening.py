"""What a user asks of a home, compared with the settings that it was made with."""

from dataclasses import asdict, dataclass, replace

from pricing_assets.common.errors import ConfigurationError
from pricing_assets.common.text import counted
from pricing_assets.contract import zones
from pricing_assets.db import connection as duck
from pricing_assets.home import pinned_inputs, recount, settings_file
from pricing_assets.home.asked_books import load_asked
from pricing_assets.home.held_books import note_moved, require_used
from pricing_assets.home.home import Home
from pricing_assets.home.settings import HomeSettings
from pricing_assets.home.used_prices import other_books
from pricing_assets.rates import books as rates
from pricing_assets.rates.book_names import BUILT_IN, book_folder, book_name, is_there


@dataclass(frozen=True)
class RequestedSettings:
    """What a user asked of a home; None where nothing was said."""

    timezone: str | None = None
    dimensions: tuple[str, ...] | None = None
    books: tuple[str, ...] | None = None
    quarantine_limit: str | None = None
    quarantine_floor: int | None = None
    checks: str | None = None


def open_home(
    home: Home,
    requested: RequestedSettings,
    *,
    restate: bool = False,
    limits: duck.Limits | None = None,
) -> HomeSettings:
    """Return the settings of the home: those it was made with, held against what is asked now.

    Makes the home where there is none; until its first log is ingested all may be asked anew. Then
    the quarantine limits may differ from run to run, and the folder of own rules is the one that was
    named last; another time zone or other dimensions are
    refused, other prices unless `restate`, and changed rules of the time zone where they touch a
    closed date. The home must be locked by the caller.
    ConfigurationError where something is refused.
    """
    asked = {key: value for key, value in asdict(requested).items() if value is not None}
    if requested.books is not None:
        asked["books"] = tuple(book_name(book_folder(name)) for name in requested.books)
    home.require_settings()
    held = home.settings() if home.exists() else None
    if held is None or home.is_empty():
        settings = replace(held or HomeSettings(books=BUILT_IN[:1]), **asked).checked()
        settings = replace(settings, zone_rules=zones.rules_of(settings.timezone))
        if settings != held:
            rates.load_named(settings.books)
            settings_file.write(home, settings)
        return settings
    for name, what in (("timezone", "time zone"), ("dimensions", "dimensions")):
        old, new = getattr(held, name), asked.get(name, getattr(held, name))
        if new != old:
            raise ConfigurationError(
                f"{home.path} was made with {what} {_said(old)}, not {_said(new)}: its reports"
                f" would not compare; use another --home, or leave the option out"
            )
    if "books" not in asked:
        require_used(home, held)
    settings = replace(
        held, books=asked.get("books", held.books), checks=asked.get("checks", held.checks)
    )
    if settings.books != held.books:
        asked_books = settings.books
        prices = rates.load_named(asked_books) if restate else load_asked(home, asked_books)
        others = [] if restate else _others(home, held, settings, prices)
        if others:
            require_used(home, held)
            raise ConfigurationError(
                f"{home.path} uses the rate books {_said(held.books)}, not {_said(settings.books)},"
                f" which hold other prices: {others[0].partition(';')[0]}"
                f"{f' (and {len(others) - 1} more)' if others[1:] else ''}; add --restate to"
                " price all its dates again"
            )
        if restate:
            other_books(home, settings.books)
        note_moved(home, prices)
    settings = recount.hold(home, settings, limits)
    settings_file.keep(home, settings)
    asked_limits = {key: asked[key] for key in asked if key.startswith("quarantine_")}
    return replace(settings, **asked_limits).checked()


def _others(home: Home, held: HomeSettings, asked: HomeSettings, prices: rates.Rates) -> list[str]:
    """Say what makes the asked books others than those that the home goes by, wherever they lie."""
    if len(asked.books) > len(held.books):
        return [f"{counted(len(asked.books), 'book')}, where there were {len(held.books)}"]
    there = [book_folder(name) for name in held.books if is_there(name)]
    known, _ = rates.read(there)
    return pinned_inputs.lacking(home, known.books, prices.books)


def _said(value: object) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)
