"""The pages in a second browser, of another make: Debian's Firefox. What each part of them shows belongs
to the tests over Chromium; here are those that lean on the browser: numbers, filters, keys, links, dialogs.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from pricing_assets.home import Home
from tests.support.browser import AXE, FIREFOX_NEEDED, Visitor, exactly, firefox, sql
from tests.support.command import creditmill

pytestmark = FIREFOX_NEEDED
ORG = "northwind-clinics"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with firefox() as made:
        yield made


@pytest.fixture(scope="module")
def home(sample: Path) -> Home:
    return Home(sample / "home")


def test_every_figure_is_that_of_the_tables(visit: Any, home: Home) -> None:
    index = visit(None)
    ((total,),) = sql(home, "select sum(credits) from daily_usage")
    assert exactly(index, "#credits") == total
    index.page.click(f"text={ORG}")
    index.page.wait_for_selector(f"h1:has-text('{ORG}')")
    ((credits, usd, events),) = sql(
        home,
        "select sum(credits), sum(usd), sum(events) from daily_usage where org_id = $1",
        ORG,
    )
    seen = visit()
    assert exactly(seen, "#credits") == exactly(seen, "#tree tfoot") == credits
    assert exactly(seen, "#credits-below") == usd
    assert seen.page.inner_text("#events") == f"{events:,}"
    assert seen.page.text_content("#adds").count("✓") == 5
    bars = seen.page.evaluate("page.chart.bars.length")
    assert seen.page.locator("#chart .bar").count() == bars == 3


@pytest.mark.slow
def test_filters_are_kept_in_the_address(visit: Any, home: Home) -> None:
    seen = visit()
    menu = "[data-filter=type]"
    seen.page.click(f"{menu} summary")
    seen.page.get_by_role("checkbox", name="LLM text chat", exact=True).check()
    seen.page.keyboard.press("Escape")
    seen.page.fill("#from", "2026-02-02")
    ((expected,),) = sql(
        home,
        "select sum(credits) from charges where org_id = $1 and billing_type = 'llm_text_chat'"
        " and usage_date >= '2026-02-02'",
        ORG,
    )
    assert exactly(seen, "#credits") == expected
    address = seen.page.url.partition("#")[2]
    assert {"from=2026-02-02", "type=llm_text_chat"} <= set(address.split("&"))
    assert exactly(visit(address=f"#{address}"), "#credits") == expected


@pytest.mark.slow
def test_a_keyboard_leads_to_events_and_back(visit: Any) -> None:
    page = visit().page
    page.focus("#lines tbody tr:first-child button")
    page.keyboard.press("Enter")
    assert page.is_visible("#drill")
    page.focus("#drill-table tbody tr:first-child button")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=The events sum to the charge exactly.")
    page.keyboard.press("Escape")
    assert not page.is_visible("#drill")
    assert page.evaluate("document.activeElement.closest('#lines') !== null")


@pytest.mark.slow
def test_axe_finds_nothing(visit: Any) -> None:
    for org in (None, ORG):
        seen = visit(org)
        found = Axe().run(seen.page, options=AXE).response["violations"]
        assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found] == []


@pytest.mark.slow
def test_a_phone_has_nothing_to_scroll_sideways(visit: Any) -> None:
    for org in (None, ORG):
        page = visit(org, viewport={"width": 500, "height": 844}).page
        assert page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )


@pytest.mark.slow
def test_a_page_in_one_file_runs_by_its_digests(
    browser: Browser, home: Home, tmp_path: Path
) -> None:
    file = tmp_path / "page.html"
    made = creditmill("open", "--org", ORG, "--single", file, "--home", home.path, cwd=tmp_path)
    assert made.returncode == 0
    seen = Visitor(browser, file)
    assert seen.page.text_content("#adds").count("✓") == 5
    assert seen.page.inner_text("#credits-below") != ""
    seen.close()
