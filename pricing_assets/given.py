"""What a user asks of a home, held against the terms that it was made with."""

from dataclasses import asdict, dataclass, replace

from pricing_assets import rates
from pricing_assets.errors import ConfigurationError
from pricing_assets.home import Home
from pricing_assets.terms import Terms


@dataclass(frozen=True)
class Given:
    """What a user asked of a home; None where nothing was said."""

    timezone: str | None = None
    dimensions: tuple[str, ...] | None = None
    books: tuple[str, ...] | None = None
    quarantine_limit: str | None = None
    quarantine_floor: int | None = None


def open_home(home: Home, given: Given, restate: bool = False) -> Terms:
    """The terms of the home: those it was made with, held against what is asked now.

    Makes the home where there is none. The quarantine limits may differ from run to run; another
    time zone or other dimensions are refused, other books unless `restate`. The home must be
    locked by the caller.
    """
    asked = {key: value for key, value in asdict(given).items() if value is not None}
    if given.books is not None:
        asked["books"] = tuple(rates.book_name(rates.book_folder(name)) for name in given.books)
    if not home.exists():
        asked.setdefault("books", rates.BUILT_IN[:1])
        terms = Terms(**asked).checked()
        rates.load([rates.book_folder(name) for name in terms.books])
        home.write_terms(terms)
        return terms
    terms = home.terms()
    for name, what in (("timezone", "time zone"), ("dimensions", "dimensions")):
        old, new = getattr(terms, name), asked.get(name, getattr(terms, name))
        if new != old:
            raise ConfigurationError(
                f"{home.path} was made with {what} {_said(old)}, not {_said(new)}: its reports"
                f" would not compare; use another --home, or leave the option out"
            )
    if asked.get("books", terms.books) != terms.books:
        if not restate:
            raise ConfigurationError(
                f"{home.path} goes by the rate books {_said(terms.books)}, not"
                f" {_said(asked['books'])}; add --restate to price all its dates anew"
            )
        terms = replace(terms, books=asked["books"])
        rates.load([rates.book_folder(name) for name in terms.books])
        home.write_terms(terms)
    limits = {key: asked[key] for key in asked if key.startswith("quarantine_")}
    return replace(terms, **limits).checked()


def _said(value: object) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)
