"""`creditmill open`: the pages, in the browser."""

import webbrowser
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pipelines.cli import output
from pipelines.cli.options import HomeOption, named_home, settings_of
from pipelines.runs import run_of
from pipelines.settings import Settings
from pricing_assets.catalog import build
from pricing_assets.common.errors import ConfigurationError, CreditmillError
from pricing_assets.home import Home
from pricing_assets.pages import build as pages
from pricing_assets.pages import data
from pricing_assets.pages import single as one_file


def command(
    *,
    org: Annotated[str | None, Parameter(help="The page of this organization.")] = None,
    single: Annotated[
        Path | None, Parameter(help="Write that page as one file that carries its own proof.")
    ] = None,
    home: HomeOption = None,
    browser: Annotated[
        bool, Parameter(help="Open it in the browser; --no-browser prints the path only.")
    ] = True,
) -> int:
    """Open the pages in the browser: totals, dates, organizations.

    For example:
        creditmill open
        creditmill open --org acme --no-browser
        creditmill open --org acme --single acme.html

    Prints the page's path and the total that it shows. The pages need no server
    and no network. A page in one file can be mailed; `creditmill verify --page`
    proves one that came back.
    """
    settings = settings_of(home=home)
    if single is None:
        return open_pages(settings, org, browser=browser)
    if org is None:
        raise ConfigurationError("--single needs --org: a page in one file is of one organization")
    place = _current_pages(settings)
    make = partial(one_file.made, build=build.write_as_of, limits=settings.limits())
    one_file.write(place, org, single, make)
    output.OUT.print(output.harmless(str(single)))
    return 0


def _current_pages(settings: Settings) -> Home:
    """Return the home, with its pages brought up to date."""
    home = named_home(settings).require()
    home_settings = home.settings()
    if not home.dates():
        raise CreditmillError(f"nothing is published in {home.path} yet; `creditmill run` does it")
    if not pages.are_current(home):
        with home.lock():
            replace(run_of(settings, home, home_settings), pages=True).refresh()
    return home


def open_pages(settings: Settings, org: str | None, *, browser: bool) -> int:
    """Print the path of a page and the total it shows, and open it.
    ConfigurationError where an organization has none."""
    home = _current_pages(settings)
    page = pages.index_file(home) if org is None else pages.organization_file(home, org)
    if not page.is_file():
        raise ConfigurationError(f"{org!r} has no page in {home.path}; `creditmill open` lists all")
    with data.catalog(home, home.settings().dimensions, settings.limits()) as con:
        credits = data.total(con, org)
    output.OUT.print(output.harmless(str(page)))
    output.OUT.print(f"total: {output.number(credits)} credits")
    if browser:
        webbrowser.open(page.as_uri())
    return 0
