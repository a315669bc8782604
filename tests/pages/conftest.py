"""What the pages' tests have in common: both browsers, and a way to visit."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from pricing_assets.home import Home
from pricing_assets.pages import build as pages
from tests.support.browser import BOTH, Visitor

ORG = "northwind-clinics"


@pytest.fixture(scope="module", params=BOTH)
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    with request.param() as made:
        yield made


@pytest.fixture
def visit(browser: Browser, home: Home) -> Iterator[Any]:
    """Opens an organization's page, or the index; what went wrong on any fails the test."""
    opened: list[Visitor] = []

    def to(org: str | None = ORG, address: str = "", at: Home = home, **options: Any) -> Visitor:
        file = pages.index_file(at) if org is None else pages.organization_file(at, org)
        opened.append(Visitor(browser, file, address, **options))
        return opened[-1]

    yield to
    for one in opened:
        one.close()
