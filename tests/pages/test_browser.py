"""The pages in a real browser: every figure is that of `credits.duckdb`, and everything works
without a server, a network, a mouse or light.

Which pages are written and when belongs to `test_build`.
"""

import csv
import io
import random
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from pricing_assets.home import Home, closings
from pricing_assets.pages import build as pages
from tests.support.browser import AXE, ONLY_CHROMIUM, Visitor, exactly, sql
from tests.support.workspace import NOON, Workspace, row

ORG = "northwind-clinics"
BARS = "#chart .part"
SHOWN = "[...document.querySelectorAll('#{} tbody tr')].length"


@pytest.fixture(scope="module")
def home(sample: Path) -> Home:
    return Home(sample / "home")


def credits_on(seen: Visitor) -> Decimal:
    return exactly(seen, "#credits")


def filtered(seen: Visitor, dimension: str, *values: str) -> None:
    """Choose values of a dimension in its menu."""
    menu = f"[data-filter='{dimension}']"
    seen.page.click(f"{menu} summary")
    for value in values:
        seen.page.get_by_role("checkbox", name=value, exact=True).check()
    seen.page.keyboard.press("Escape")


@pytest.mark.parametrize("only", [(0, -1), pytest.param((), marks=pytest.mark.slow)])
def test_every_organization_shows_its_total(visit: Any, home: Home, only: tuple[int, ...]) -> None:
    """In short that of the least and of the most credits."""
    totals = sql(
        home,
        "select org_id, sum(credits), sum(usd), sum(events) from daily_usage group by org_id"
        " order by 2",
    )
    assert len(totals) == 8
    totals = [totals[place] for place in only] or totals
    for org_id, credits, usd, events in totals:
        seen = visit(org_id)
        assert credits_on(seen) == credits
        assert exactly(seen, "#credits-below") == usd
        assert seen.page.inner_text("#events") == f"{events:,}"
        assert exactly(seen, "#lines tfoot td:nth-child(7)") == credits
        assert exactly(seen, "#tree tfoot") == credits
        assert "✗" not in seen.page.text_content("#proof")
        assert seen.page.text_content("#adds").count("✓") == 5


def test_the_index_shows_the_total_and_each_organization(visit: Any, home: Home) -> None:
    seen = visit(None)
    ((total,),) = sql(home, "select sum(credits) from daily_usage")
    assert credits_on(seen) == total
    assert seen.page.inner_text("#total-credits") == f"{total:,f}"
    for org_id, credits in sql(
        home, "select org_id, sum(credits) from daily_usage group by org_id"
    ):
        line = seen.page.locator("#organizations tbody tr", has_text=org_id)
        assert line.locator("td").nth(2).locator(".digits").text_content() == f"{credits:,f}"
    assert "✓" in seen.page.inner_text("#adds")
    assert "29,769" in seen.page.inner_text("#adds")
    seen.page.click(f"text={ORG}")
    seen.page.wait_for_selector(f"h1:has-text('{ORG}')")


def test_export_links_lead_to_the_files_of_the_version_in_force(visit: Any, home: Home) -> None:
    seen = visit(None)
    links = seen.page.eval_on_selector_all("#dates .files a", "all => all.map(one => one.href)")
    assert len(links) == 20
    for link in links:
        file = Path(link.removeprefix("file://"))
        day = date.fromisoformat(file.parent.parent.name.removeprefix("usage_date="))
        current = home.current(day)
        assert current
        assert file.is_file()
        assert file.parent == current.folder


def test_filters_are_exact_and_kept_in_the_address(visit: Any, home: Home) -> None:
    seen = visit()
    seen.page.fill("#from", "2026-02-02")
    filtered(seen, "type", "LLM text chat")
    filtered(seen, "model", "OpenAI · GPT-4o-128k")
    filtered(seen, "by.agent_id", "intake-forms")
    seen.page.click("#group [data-value=model]")
    ((expected, lines),) = sql(
        home,
        "select sum(credits), count(distinct meter) from charges where org_id = $1"
        " and usage_date >= '2026-02-02' and billing_type = 'llm_text_chat'"
        " and model = 'GPT-4o-128k' and agent_id = 'intake-forms'",
        ORG,
    )
    assert expected > 0
    assert credits_on(seen) == expected
    assert seen.page.evaluate(SHOWN.format("lines")) == lines
    address = seen.page.url.partition("#")[2]
    for part in (
        "from=2026-02-02",
        "type=llm_text_chat",
        "by.agent_id=intake-forms",
        "group=model",
    ):
        assert part in address
    again = visit(address=f"#{address}")
    assert credits_on(again) == expected
    assert again.page.inner_text("[data-filter=model] summary") == "Model: OpenAI · GPT-4o-128k"
    again.page.click("#reset")
    assert credits_on(again) > expected
    assert again.page.url.partition("#")[2] == "group=model"


@pytest.mark.slow
def test_a_link_shows_what_its_sender_saw(visit: Any) -> None:
    """With what is open and how tables are set: rows, parts, the drawer, its charge."""
    seen = visit(address="#group=model&then=by.agent_id&unit=dollars")
    page = seen.page
    page.click("#tree .level-0 button >> nth=0")
    page.click("#tree .level-1 button >> nth=0")
    page.fill("[aria-label='Search in Usage lines']", "GPT")
    page.click("#proof summary")
    page.click(".chart-card .as-table summary")
    page.click("#lines th:has-text('Credits')")  # by which they are sorted at first, downwards
    looks = ("#tree .price-line button >> nth=0", "#drill-table th:has-text('Quantity')",
             "#drill-table tbody button >> nth=0", "#drill-table th:has-text('Event')",
             "#chart .part >> nth=0", "#drill-close")  # fmt: skip
    for look in looks:
        page.click(look)
        page.mouse.move(0, 0)
        page.wait_for_timeout(200)  # what is loaded of events is said
        again = visit(address=f"#{page.url.partition('#')[2]}").page
        assert again.is_visible("#drill") == page.is_visible("#drill") == (look != "#drill-close")
        if look != "#drill-close":
            drawer = page.inner_text("#drill")
            expect(again.locator("#drill")).to_have_text(drawer, use_inner_text=True)
        assert again.inner_text("main") == page.inner_text("main")
        assert again.is_hidden("#notice")
        assert again.url == page.url
    assert page.locator("#tree .price-line").count() > 0
    for part in ("open=", "find.lines=GPT", "sort.lines=6a", "show=days", "show=proof"):
        assert part in page.url


def test_what_a_link_opens_that_is_gone_is_named(visit: Any) -> None:
    gone = {
        "open": '["\\"gone\\""]', "drawer": '["bar","1999-01-01","others"]', "charge": '["1999-01-01"]',
        "page.lines": "99", "sort.lines": "77a",
    }  # fmt: skip
    unknown = {"find.nothing": "x", "show": "nothing", "sort.days": "first"}
    page = visit(address=f"#{urlencode(gone | unknown)}").page
    said, left_out = page.locator("#notice p").all_inner_texts()[::-1]
    for parts, text in ((gone, said), (unknown, left_out)):
        for name, value in parts.items():
            assert f"{name}={value}" in text
    assert page.is_hidden("#drill")
    plain = visit().page
    for shown in ("#credits", "#tree", "#lines"):
        assert page.inner_text(shown) == plain.inner_text(shown)


def test_any_filters_sum_as_the_tables_do(visit: Any, home: Home) -> None:
    """Each filter alone and several at once, by the address alone."""
    lot = random.Random(5)
    org = "granite-bank"  # its usage is on both kinds of keys
    names = ("usage_date", "billing_type", "brand", "model", "agent_id", "key_mode")
    charges = sql(home, f"select {', '.join(names)}, credits from charges where org_id = $1", org)
    address = dict(
        zip(names, ("from", "type", "brand", "model", "by.agent_id", "key"), strict=True)
    )
    seen = visit(org)
    page = seen.page
    sums = set()
    for number in range(24):
        picked = lot.choice(charges)
        kept = [lot.choice(names)] if number < 12 else lot.sample(names, 3)
        kept += ["brand"] if "model" in kept else []
        kept = [name for name in kept if name != "brand" or "model" in kept]
        asked = {name: str(picked[names.index(name)]) for name in kept}
        # The page draws in the event that follows a change of the address.
        page.evaluate(
            """hash => new Promise((done) => {
              if (location.hash.slice(1) === hash) return done();
              addEventListener("hashchange", () => setTimeout(done), { once: true });
              location.hash = hash;
            })""",
            urlencode({address[name]: value for name, value in asked.items()}),
        )
        expected = sum(
            (
                charge[-1]
                for charge in charges
                if all(
                    str(charge[names.index(name)]) >= value
                    if name == "usage_date"
                    else charge[names.index(name)] == value
                    for name, value in asked.items()
                )
            ),
            Decimal(0),
        )
        assert credits_on(seen) == expected
        sums.add(expected)
    assert len(sums) > 8


def test_a_bar_tells_its_credits_and_leads_to_charges_and_events(visit: Any, home: Home) -> None:
    seen = visit(address="#exact=1")
    page = seen.page
    page.hover(f"{BARS} >> nth=0")
    ((expected, charges),) = sql(
        home,
        "select sum(credits), count(*) from charges where org_id = $1"
        " and usage_date = '2026-02-01' and billing_type = 'llm_text_chat'",
        ORG,
    )
    assert page.is_visible("#tip")
    assert f"LLM text chat\t{expected:,f}\t" in page.inner_text("#tip table")
    page.click(f"{BARS} >> nth=0")
    assert f"{charges} charges of {expected:,f} credits. ✓" in page.inner_text("#drill-notes")
    assert page.evaluate(SHOWN.format("drill-table")) == charges
    page.wait_for_selector("#drill-notes >> text=/Rows of this organization .* rated/")
    page.click("#drill-table tbody tr:first-child button")
    page.wait_for_selector("text=The events sum to the charge exactly.")
    assert page.evaluate(SHOWN.format("drill-table")) == 10
    listed = page.eval_on_selector_all(
        "#drill-table tbody td:nth-child(5)", "all => all.map(one => one.textContent)"
    )
    below = page.inner_text(".sums dd >> nth=0")
    assert f"{sum(int(one.replace(',', '')) for one in listed):,} input tokens" == below
    page.click("#drill-back")
    assert page.evaluate(SHOWN.format("drill-table")) == charges


def test_every_charge_of_a_day_is_the_sum_of_its_events(visit: Any) -> None:
    seen = visit("harbor-logistics", "#from=2026-02-03")
    found = seen.page.evaluate(
        """async () => {
          const shown = page.shown;
          page.drill.charges("all", shown, page.total);
          const wrong = [];
          for (const charge of shown) {
            await page.drill.events(charge);
            if (!document.getElementById("drill-notes").textContent.includes("exactly")) wrong.push(charge);
          }
          return [shown.length, wrong.length];
        }"""
    )
    assert found[0] > 30
    assert found[1] == 0


def test_a_keyboard_does_all(visit: Any) -> None:
    page = visit().page
    page.focus("#lines tbody tr:first-child button")
    page.keyboard.press("Enter")
    assert page.is_visible("#drill")
    page.keyboard.press("Escape")
    assert not page.is_visible("#drill")
    assert page.evaluate("document.activeElement.closest('#lines') !== null")
    page.focus(".as-table summary")
    page.keyboard.press("Enter")
    page.focus("#days tbody tr:first-child button")
    page.keyboard.press("Enter")
    assert page.is_visible("#drill")
    page.keyboard.press("Escape")
    page.focus("#legend button")
    page.keyboard.press("Enter")
    assert "type=llm_text_chat" in page.url


@ONLY_CHROMIUM
def test_exports_hold_what_is_shown(visit: Any, home: Home) -> None:
    page = visit(address="#type=tts_generation").page
    page.click(".menu summary")
    with page.expect_download() as caught:
        page.click("[data-export=charges]")
    assert caught.value.suggested_filename == f"charges_{ORG}_2026-02-01_2026-02-03.csv"
    text = Path(caught.value.path()).read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    names = "usage_date, agent_id, model, meter, quantity, price, credits, usd, rate_card"
    expected = sql(
        home,
        f"select {names} from charges where org_id = $1 and billing_type = 'tts_generation'",
        ORG,
    )
    found = [tuple(line[name] for name in names.split(", ")) for line in rows]
    assert sorted(found) == sorted(tuple(str(value) for value in line) for line in expected)
    daily = "usage_date, org_id, billing_type, events, credits, usd"
    for address, kept in (
        ("#period=all", sql(home, f"select {daily} from daily_usage where org_id = $1", ORG)),
        (
            "#brand=OpenAI",
            sql(
                home,
                "select usage_date, org_id, billing_type, max(events.of_group), sum(credits), sum(usd)"
                " from charges join (select usage_date, org_id, billing_type, sum(events) as of_group"
                " from usage where brand = 'OpenAI' group by all) as events"
                " using (usage_date, org_id, billing_type)"
                " where org_id = $1 and brand = 'OpenAI' group by all",
                ORG,
            ),
        ),
    ):
        page = visit(address=address).page
        page.click(".share summary")
        with page.expect_download() as caught:
            page.click("[data-export=daily]")
        with Path(caught.value.path()).open(encoding="utf-8", newline="") as text:
            found = [
                tuple(line[name] for name in daily.split(", ")) for line in csv.DictReader(text)
            ]
        assert found == sorted(tuple(str(value) for value in line) for line in kept)
        assert found


@ONLY_CHROMIUM
def test_nothing_but_the_site_s_own_scripts_runs(visit: Any) -> None:
    seen = visit()
    assert seen.page.get_attribute("meta[http-equiv=Content-Security-Policy]", "content") == (
        "default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none';"
        " form-action 'none'"
    )
    ran = seen.page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.ran = 1";
          document.body.append(script);
          return window.ran;
        }"""
    )
    assert ran is None
    assert len(seen.wrong) == 1
    assert "Content Security Policy" in seen.wrong.pop()


@ONLY_CHROMIUM
def test_dark_print_and_phone(visit: Any) -> None:
    backgrounds = set()
    for scheme in ("light", "dark"):
        seen = visit(color_scheme=scheme)
        backgrounds.add(seen.page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(backgrounds) == 2
    paper = visit(color_scheme="dark")
    lines = paper.page.evaluate(
        "new Set(page.charges.map(c => JSON.stringify("
        "[c.billing_type, c.brand, c.model, c.key_mode, c.meter, c.per, c.price]))).size"
    )
    assert paper.page.evaluate(SHOWN.format("lines")) == 15 < lines
    paper.page.evaluate(
        "window.addEventListener('beforeprint', () => { window.printed = "
        f"{SHOWN.format('lines')}; }})"
    )
    assert paper.page.pdf(format="A4").startswith(b"%PDF")
    assert paper.page.evaluate("window.printed") == lines
    paper.page.emulate_media(media="print")
    assert paper.page.evaluate("getComputedStyle(document.body).colorScheme") == "light"
    assert not paper.page.is_visible(".filters")
    paper.page.set_viewport_size({"width": 703, "height": 1000})  # A4 within its margins
    assert paper.page.evaluate("document.documentElement.scrollWidth") == 703
    for org in (ORG, None):
        phone = visit(org, viewport={"width": 390, "height": 844})
        assert phone.page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_axe_finds_nothing(visit: Any, scheme: str) -> None:
    for org in (None, ORG):
        seen = visit(org, color_scheme=scheme)
        charge, event = (
            f"#{name} tbody tr:first-child button" for name in ("lines", "drill-table")
        )
        looks: list[tuple[str, ...]] = [()]
        if org:
            looks += [(charge, event)] if scheme == "light" else [(charge,), (event,)]
        for presses in looks:
            for press in presses:
                seen.page.click(press)
            found = Axe().run(seen.page, options=AXE).response["violations"]
            said = [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found]
            assert said == []


@ONLY_CHROMIUM
def test_without_a_script_the_total_and_a_table_stand_there(browser: Browser, home: Home) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(pages.organization_file(home, ORG).as_uri())
    expected = sql(
        home,
        "select cast(usage_date as varchar), billing_type, cast(events as varchar), cast(credits as varchar),"
        " cast(usd as varchar) from daily_usage where org_id = $1 order by 1 desc, 2 desc",
        ORG,
    )
    total = sum(Decimal(row[3]) for row in expected)
    assert page.inner_text("#total-credits") == f"{total:,f}"
    rows = page.locator(".plain-card tbody tr").all_inner_texts()
    assert [tuple(row.split("\t")) for row in rows] == expected
    assert not page.is_visible(".filters")
    page.goto(pages.index_file(home).as_uri())
    assert page.locator(".plain-card tbody tr").count() == 8
    context.close()


def test_amounts_are_exact(visit: Any) -> None:
    lot = random.Random(7)
    asked = [
        (
            str(lot.randrange(10 ** lot.randrange(1, 19))),
            f"{lot.randrange(10 ** lot.randrange(1, 13))}e-9",
            lot.choice([1, 1000, 60000]),
        )
        for _ in range(300)
    ]
    given = [(quantity, f"{Decimal(price):.9f}", per) for quantity, price, per in asked]
    said = visit().page.evaluate(
        "all => all.map(([quantity, price, per]) => "
        "creditmill.exact.decimal(creditmill.exact.creditsOf(quantity, price, per)))",
        given,
    )
    for (quantity, price, per), found in zip(given, said, strict=True):
        whole, rest = divmod(int(quantity) * int(Decimal(price) * 10**9), per)
        whole += 2 * rest > per or (2 * rest == per and whole % 2 == 1)
        assert int(found.replace(".", "")) == whole


@pytest.mark.slow
def test_closed_dates_read_as_a_statement(workspace: Workspace, visit: Any) -> None:
    workspace = replace(workspace, pages=True)
    workspace.begin(row(event_id="1"))
    with workspace.home.lock():
        closings.close(workspace.home, NOON.date(), "month end", [])
    workspace.log("late.parquet", row(event_id="2", input_tokens=500))
    workspace.run()
    seen = visit("acme", at=workspace.home)
    assert credits_on(seen) == Decimal("0.33")
    assert seen.page.inner_text("#credits-below").split("\n") == [
        "$0.0033",
        "No published date before to compare with",
        "Usage 0.22, corrections +0.11",
    ]
    assert seen.page.inner_text("#statement") == (
        "Usage as closed 0.220000000 + corrections +0.110000000 = 0.330000000 credits."
    )
    booked = seen.page.inner_text("#corrections")
    assert "late usage" in booked  # the customer's own, by no name of a file
    assert "late.parquet" not in booked
    assert "Final through Feb 3, 2026" in seen.page.inner_text("#facts")
    assert seen.page.text_content("#adds").count("✓") == 5


def test_what_does_not_add_up_is_said(workspace: Workspace, visit: Any) -> None:
    workspace = replace(workspace, pages=True)
    workspace.begin(row(event_id="1"))
    home = workspace.home
    (script,) = (home.pages / "events").glob("*/acme.js")
    for file, said, other in (
        (script, '"quantity":"1000"', '"quantity":"999"'),
        (pages.organization_file(home, "acme"), '"1","0.220000000"', '"1","0.230000000"'),
    ):
        text = file.read_text(encoding="utf-8")
        assert said in text
        file.write_text(text.replace(said, other), encoding="utf-8")
    seen = visit("acme", at=home)
    assert seen.page.inner_text("#adds").count("✗") == 3
    assert seen.page.is_visible("#proof-fails")
    seen.page.click("#lines tbody tr:first-child button")
    assert "✓ Their sum is equal." in seen.page.inner_text("#drill-notes")
    seen.page.click("#drill-table tbody tr:first-child button")
    seen.page.wait_for_selector("text=The events do not sum to the charge.")
