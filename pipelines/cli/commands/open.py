"""`creditmill open`: the pages, in the browser."""

import webbrowser
from typing import Annotated

from cyclopts import Parameter

from pipelines.cli import output
from pipelines.cli.options import HomeOption, named_home, settings_of
from pipelines.settings import Settings
from pricing_assets import flow
from pricing_assets.common.errors import ConfigurationError, CreditmillError
from pricing_assets.pages import build as pages
from pricing_assets.pages import data


def command(
    *,
    org: Annotated[str | None, Parameter(help="The page of this organization.")] = None,
    home: HomeOption = None,
    browser: Annotated[
        bool, Parameter(help="Open it in the browser; --no-browser prints the path only.")
    ] = True,
) -> int:
    """Open the pages in the browser: totals, dates, organizations.

    For example:
        creditmill open
        creditmill open --org acme --no-browser

    Prints the page's path and the total that it shows. The pages need no server
    and no network.
    """
    return open_pages(settings_of(home=home), org, browser=browser)


def open_pages(settings: Settings, org: str | None, *, browser: bool) -> int:
    """Print the path of a page and the total it shows, and open it."""
    home = named_home(settings).require()
    if not home.dates():
        raise CreditmillError(f"nothing is published in {home.path} yet; `creditmill run` does it")
    if not pages.are_current(home):
        with home.lock():
            flow.Run(home, home.settings(), settings.limits(), pages=True).refresh()
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
