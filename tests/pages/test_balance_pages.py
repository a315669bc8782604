"""Balances in a real browser: every figure is that of `credits.duckdb`; with overdraft, with credits
that nobody used yet, and where nobody was granted any. What a balance is belongs to `tests/ledger`.
"""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from pricing_assets.analysis import balances
from pricing_assets.pages import build as pages
from tests.support.browser import AXE, Visitor
from tests.support.ledgers import append, bring_up_to_date, used, workspace
from tests.support.workspace import LIMITS, Workspace

GRANTS = """A,acme,paid,400,4,2026-02-01,,,,
B,acme,promo,50,0,2026-02-01,2026-02-20,200,,
C,acme,promo,7.5,0,2026-02-03,2026-02-05,200,tts_generation,
O,owing,paid,30,1,2026-02-01,,,,
S,stopped,paid,5,1,2026-02-01,,,,
N,new one,paid,1000,10,2026-02-01,2027-02-01,,,"""


def write_pages(made: Workspace) -> bool:
    home = made.home
    with home.lock():
        return pages.refresh(home, home.settings(), LIMITS)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """14 dates on which acme used 10 to 16 credits, owing more than it has, and `no grant` some;
    stopped did so on the third."""
    made = workspace(tmp_path_factory.mktemp("balances"), grants=GRANTS)
    rows = [used(f"02-{day:02}", 10 + day % 5, f"a{day}") for day in range(1, 15)]
    rows += [used(f"02-{day:02}", 4, f"o{day}", "owing") for day in range(1, 15)]
    made.log(
        "a.parquet", *rows, used("02-14", 3, "n", "no grant"), used("02-03", 7, "s", "stopped")
    )
    bring_up_to_date(made)
    write_pages(made)
    return made


@pytest.fixture
def visit(browser: Browser, site: Workspace) -> Iterator[Any]:
    """Opens an organization's page, or the index; what went wrong on any fails the test."""
    opened: list[Visitor] = []

    def to(org: str | None, **options: Any) -> Visitor:
        home = site.home
        file = pages.index_file(home) if org is None else pages.organization_file(home, org)
        opened.append(Visitor(browser, file, **options))
        return opened[-1]

    yield to
    for one in opened:
        one.close()


def digits(seen: Visitor, selector: str) -> Decimal:
    """The amount of an element."""
    return Decimal(seen.page.text_content(f"{selector} .digits").replace(",", ""))


def day_text(day: date) -> str:
    return f"{day:%b} {day.day}, {day.year}"


def cells(seen: Visitor, table: str) -> list[list[str]]:
    return seen.page.eval_on_selector_all(  # type: ignore[no-any-return]
        f"#{table} tbody tr", "all => all.map(tr => [...tr.cells].map(td => td.textContent))"
    )


def test_a_page_shows_what_is_left_until_when_and_what_ends_unused(
    visit: Any, site: Workspace
) -> None:
    (forecast,) = site.sql(
        "select exhausts_on, exhausts_from, exhausts_to, expires_unused, expires_on, closing"
        " from forecast join balances using (org_id)"
        " where org_id = 'acme' and usage_date = as_of"
    )
    on, first, last, unused, gone_on, closing = forecast
    assert first <= on <= last
    seen = visit("acme")
    assert digits(seen, "#balance-left") == closing
    assert seen.page.inner_text("#balance-left-below") == "At the end of Feb 14, 2026"
    assert seen.page.inner_text("#balance-ends") == day_text(on)
    assert seen.page.inner_text("#balance-ends-below").endswith(
        f"between {day_text(first)} and {day_text(last)}"
    )
    assert digits(seen, "#balance-unused") == unused == 50
    assert seen.page.inner_text("#balance-unused-below") == (
        f"The first are gone on {day_text(gone_on)}"
    )
    assert digits(seen, "#balance-owed") == 0
    granted = site.sql(
        "select grant_id, \"left\", coalesce(expires_date, date '9999-01-01') from grants"
        " where org_id = 'acme' order by 3, 1"
    )
    assert [(row[0], row[6].partition(".")[0]) for row in cells(seen, "grants")] == [
        (name, str(int(left))) for name, left, _ in granted
    ]
    assert digits(seen, "#grants tfoot td:nth-child(7)") == closing
    seen.page.click("#balance-card summary")
    days = site.sql(
        "select usage_date, granted, burned, expired, closing, overdraft from balances"
        " where org_id = 'acme' order by usage_date desc"
    )
    shown = cells(seen, "balance-days")
    assert [row[0] for row in shown] == [day_text(day) for day, *_ in days]
    exact = re.compile(r"[0-9,]+\.[0-9]{9}")
    assert [[exact.match(cell)[0] for cell in row[1:]] for row in shown] == [  # type: ignore[index]
        [f"{amount:,f}" for amount in amounts] for _, *amounts in days
    ]
    seen.page.wait_for_selector("#burn-down[data-drawn='14']")
    for drawn, count in (("range", 1), ("usual", 1), ("left", 1), ("left-day", 14)):
        assert seen.page.locator(f"#burn-down .{drawn}").count() == count


def test_overdraft_credits_of_nobody_s_usage_and_no_credits_at_all(visit: Any) -> None:
    owing = visit("owing")
    assert digits(owing, "#balance-owed") == 26
    assert digits(owing, "#balance-left") == 0
    unused = visit("new one")
    assert digits(unused, "#balance-left") == 1000
    assert unused.page.inner_text("#balance-ends") == "—"
    assert "nothing is used on most days" in unused.page.inner_text("#balance-ends-below")
    assert digits(unused, "#balance-unused") == 1000
    assert unused.page.inner_text("#credits") == "0.00"
    assert not visit("no grant").page.locator("#balance-card").is_visible()


def test_the_index_lists_first_who_runs_out_first(visit: Any, site: Workspace) -> None:
    seen = visit(None)
    assert [row[1] for row in cells(seen, "balances")] == ["owing", "stopped", "acme", "new one"]
    by_command = balances.balances(site.home, None, None)
    assert [one.org_id for one in by_command] == ["owing", "stopped", "acme", "new one"]
    assert by_command[1].exhausts_on is None
    for org, closing, overdraft in site.sql(
        "select org_id, closing, overdraft from balances where usage_date = '2026-02-14'"
    ):
        line = seen.page.locator("#balances tbody tr", has_text=org)
        texts = [line.locator("td").nth(place).locator(".digits") for place in (2, 3)]
        assert [one.text_content() for one in texts] == [f"{closing:,f}", f"{overdraft:,f}"]
    seen.page.click("#balances a:has-text('acme')")
    seen.page.wait_for_selector("h1:has-text('acme')")


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_axe_finds_nothing_in_balances(visit: Any, scheme: str) -> None:
    for org in ("acme", "new one", None):
        seen = visit(org, color_scheme=scheme)
        if org:
            seen.page.wait_for_selector("#burn-down[data-drawn]")
        found = Axe().run(seen.page, options=AXE).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []


@pytest.mark.slow
def test_a_grant_alone_writes_the_page_of_its_organization(site: Workspace) -> None:
    assert not write_pages(site)
    page = pages.organization_file(site.home, "owing")
    other = pages.organization_file(site.home, "no grant")
    before = page.read_bytes(), other.stat().st_mtime_ns
    append(site, "grants", "P,owing,paid,1000,10,2026-02-14,,,,")
    bring_up_to_date(site)
    assert write_pages(site)
    assert b'"closing": "974.000000000"' in page.read_bytes().replace(b'":"', b'": "')
    assert page.read_bytes() != before[0]
    assert other.stat().st_mtime_ns == before[1]
