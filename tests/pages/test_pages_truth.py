"""What a page leads its reader to believe: filters, totals, dates that are blocked, colors, paper.

Exact figures and their drill-down are in `test_browser`; which pages are written in `test_build`.
"""

import csv
import json
import random
import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from pricing_assets.home import closings
from pricing_assets.pages import build as pages
from pricing_assets.pages import data
from tests.support.browser import ONLY_CHROMIUM, Visitor
from tests.support.command import creditmill
from tests.support.many_sides import DAY, MODELS, many_sides
from tests.support.workspace import NOON, Workspace, row, write_card

ORGS = ("acme", "globex", "initech")
FILLS = (
    "[...new Set([...document.querySelectorAll('#chart .part')].map(p => p.getAttribute('fill')))]"
)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return many_sides(tmp_path_factory.mktemp("mixed"))


@pytest.fixture
def visit(browser: Browser) -> Iterator[Any]:
    opened: list[Visitor] = []

    def to(org: str | None, at: Workspace, **options: Any) -> Any:
        file = pages.index_file(at.home) if org is None else pages.organization_file(at.home, org)
        opened.append(Visitor(browser, file, **options))
        return opened[-1].page

    yield to
    for one in opened:
        one.close()


@pytest.fixture(scope="module")
def opened(mixed: Workspace, browser: Browser) -> Iterator[Any]:
    """Opens each page of the mixed home once."""
    visitors: dict[str | None, Visitor] = {}

    def to(org: str | None) -> Any:
        if org not in visitors:
            file = pages.organization_file(mixed.home, org) if org else pages.index_file(mixed.home)
            visitors[org] = Visitor(browser, file)
        return visitors[org].page

    yield to
    for one in visitors.values():
        one.close()


@pytest.fixture
def look(opened: Any) -> Any:
    """A page of the mixed home as its address `hash` makes it."""

    def at(org: str | None, address: str = "") -> Any:
        page = opened(org)
        page.emulate_media(media="screen")
        page.evaluate(
            """hash => new Promise((done) => {
              document.getElementById("drill")?.close();
              document.getElementById("reset")?.click();
              if (location.hash.slice(1) === hash) return done();
              addEventListener("hashchange", () => setTimeout(done), { once: true });
              location.hash = hash;
            })""",
            address,
        )
        return page

    return at


def data_of(file: Path) -> dict[str, Any]:
    """What a page carries."""
    text = file.read_text(encoding="utf-8").partition('id="data">')[2]
    found: dict[str, Any] = json.loads(text.partition("</script>")[0])
    return found


def cells(page: Any, table: str, column: str) -> list[str]:
    """The texts of a column of a table, by its title."""
    found: list[str] = page.evaluate(
        """([table, title]) => {
          const heads = [...document.querySelectorAll(`#${table} thead th`)];
          const place = heads.findIndex((one) => one.innerText.trim() === title);
          return [...document.querySelectorAll(`#${table} tbody tr`)].map((one) => one.cells[place]?.innerText ?? "");
        }""",
        [table, column],
    )
    return found


STALE = {
    "model=Gone&brand=X": ("model", "Model: X · Gone"),
    "model.X=Gone": ("model", "Model: X · Gone"),
    "type=tts_generation": ("type", "Billing type: TTS generation"),
    "key=own": ("key", "Key mode: own"),
    "by.agent_id=a9": ("by.agent_id", "Agent: a9"),
    "by.agent_id=": ("by.agent_id", "Agent: (empty)"),
    "brand=Acmee&brand=Acme": ("brand", "Brand: 2 of 2"),
}
LEFT_OUT = (
    *("by.team=x", "from=yesterday", "to=2026-02-31", "group=color", "a=b", "period=8d"),
    *("unit=miles", "vs=last", "then=type", "unit=tokens"),
)


def test_a_stale_link_shows_what_it_asks_for(look: Any) -> None:
    for address, (dimension, said) in STALE.items():
        page = look("acme", address)
        page.wait_for_selector("#notice >> text=/Nothing on this page is of/")
        menu = f"[data-filter='{dimension}']"
        assert page.inner_text(f"{menu} summary") == said
        assert "(not on this page)" in page.text_content(f"{menu} .stale")
        is_partly = "Acme" in address.split("=")
        assert (page.inner_text("#credits") == "0.00") != is_partly
        page.click("#reset")
        assert "Nothing on this page" not in page.inner_text("#notice")
        assert page.locator(f"{menu} input:checked").count() == 0
    page = look("acme", "unit=credits&" + "&".join(LEFT_OUT))
    page.wait_for_selector("#notice >> text=/Not understood/")
    for part in LEFT_OUT:
        assert part in page.inner_text("#notice")
    assert page.text_content("#credits .digits") == "50.225500000"
    for dates in ("from=2020-01-01", "to=2030-01-01", "from=2030-01-01", "to=2020-01-01"):
        page = look("acme", dates)
        page.wait_for_selector("#notice >> text=/are not all on this page, which shows Feb 3/")
    page = look("acme", "from=2026-02-05&to=2026-02-04")
    page.wait_for_selector("#notice >> text=/The first date is after the last/")
    # a period of which the page has nothing, one beside dates, and one of which nothing is published
    page = look("acme", "period=last-month")
    page.wait_for_selector("#notice >> text=/are not all on this page, which shows Feb 3/")
    assert (page.input_value("#from"), page.input_value("#to")) == ("2026-01-01", "2026-01-31")
    page = look("acme", "period=7d&from=2026-02-06")
    page.wait_for_selector("#notice >> text=/left out: period=7d/")
    assert page.inner_text("#credits-below").split("\n")[1] == "None of these dates is published"


@pytest.mark.slow
@ONLY_CHROMIUM
def test_a_page_has_sums_of_all_dates_and_charges_of_the_newest(
    visit: Any, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "MOST_DAYS", 2)
    workspace = replace(workspace, pages=True)
    workspace.log("a.parquet", *(row(event_id=f"{n}", event_time=NOON + n * DAY) for n in range(4)))
    workspace.run()
    index = visit(None, workspace)
    assert cells(index, "organizations", "Credits") == ["0.88"]
    page = visit("acme", workspace)
    assert page.inner_text("#credits") == "0.88"
    assert page.inner_text("#total-credits") == "0.880000000"
    assert page.locator("#chart .part").count() == 4
    assert page.inner_text("#lines tfoot td:nth-child(7)") == "0.44"
    assert page.text_content("#adds").count("✓") == 5
    assert "2 usage dates by day and billing type only" in page.inner_text("footer")
    page.click("#group [data-value=model]")
    assert "Before Feb 5, 2026 this page has sums by day" in page.inner_text("#notice")
    assert page.inner_text("#credits") == "0.88"
    assert "Not kept by model" in page.inner_text("#tree")
    page.click("#units [data-value=requests]")
    assert page.inner_text("#tree tfoot td:nth-child(3)") == "4"
    # an older date that changes changes its sum, on a page that has no charges of it
    workspace.log("late.parquet", row(event_id="late"))
    workspace.run()
    page = visit("acme", workspace)
    assert page.inner_text("#credits") == page.inner_text("#total-credits")[:4] == "1.10"
    page.click("#presets [data-value='7d']")
    page.fill("#to", "2026-02-04")
    assert page.inner_text("#credits") == "0.66"
    page.click("#presets [data-value=all]")
    page.click(".share summary")
    for what, first, credits in (
        ("charges", "2026-02-05", "0.44"),
        ("daily", "2026-02-03", "1.10"),
    ):
        with page.expect_download() as caught:
            page.click(f"[data-export={what}]")
        assert caught.value.suggested_filename.endswith(f"_acme_{first}_2026-02-06.csv")
        with Path(caught.value.path()).open(encoding="utf-8", newline="") as text:
            assert sum(Decimal(line["credits"]) for line in csv.DictReader(text)) == Decimal(
                credits
            )


def test_amounts_are_rounded_and_not_cut(visit: Any, mixed: Workspace) -> None:
    page = visit("initech", mixed, viewport={"width": 390, "height": 844})
    assert page.inner_text("#credits") == "0.00594"
    assert page.inner_text("#credits-below").split("\n")[0] == "$0.0000594"
    assert page.inner_text("#lines tfoot td:nth-child(7)") == "0.00594"
    page.check("#exact")
    assert page.inner_text("#credits") == "0.005940000"
    assert page.url.endswith("#exact=1")
    lot = random.Random(3)
    asked = {
        "16.995",
        "16.985",
        "0.006",
        "0.995",
        "0.9949",
        "0",
        "-0.0065",
        "0.000000005",
        "-2.675",
    }
    asked |= {f"{lot.randrange(-(10**15), 10**15)}e-{lot.randrange(12)}" for _ in range(200)}
    given = [f"{Decimal(one):.11f}" for one in sorted(asked)]
    said = page.evaluate(
        "all => all.map(text => creditmill.exact.shortDecimal(creditmill.exact.units(text, 11), 11))",
        given,
    )
    for text, found in zip(given, said, strict=True):
        exact = Decimal(text)
        places = 2 if exact == 0 or abs(exact) >= Decimal("0.01") else 3 - exact.adjusted()
        rounded = exact.quantize(Decimal(1).scaleb(-min(places, 11)), ROUND_HALF_EVEN)
        assert Decimal(found) == rounded, text
        assert re.fullmatch(r"-?\d+\.\d\d(\d*[1-9])?", found), found
        assert (Decimal(found) == 0) == (exact == 0)


def test_a_search_changes_the_totals(look: Any) -> None:
    page = look("acme", "exact=1")
    page.fill("#lines-card input[type=search]", "M0")
    assert page.inner_text("#lines tfoot td:nth-child(2)") == "10 of 68 lines"
    found = [Decimal(one) for one in cells(page, "lines", "Credits")]
    assert page.inner_text("#lines tfoot td:nth-child(7)") == f"{sum(found):f}"
    page.fill("#lines-card input[type=search]", "")
    assert page.inner_text("#lines tfoot td:nth-child(7)") == "50.005500000"


def test_the_index_says_first_what_needs_attention(look: Any, mixed: Workspace) -> None:
    page = look(None)
    first = page.evaluate("document.querySelector('main > :not(header, noscript)').id")
    assert first == "attention"
    said = page.locator("#attention-list .said").all_inner_texts()
    assert len(said) == 4
    assert "broken.parquet" in said[0]
    assert "Feb 6, 2026 is blocked" in said[1]
    assert said[1].endswith("Nothing of it is published.")
    assert said[2].endswith("Version 1 stays in force.")
    ((at_risk,),) = mixed.sql("select sum(most_credits) from at_risk")
    assert (
        said[3]
        == f"Acme · gone of 2 organizations has no price: up to {at_risk:,.2f} credits are not charged"
    )
    commands = page.locator("#attention-list .command code").all_inner_texts()
    assert commands[1:] == [
        "creditmill quarantine 2026-02-06",
        "creditmill quarantine 2026-02-05",
        "creditmill names propose",
    ]
    page.click("#attention-list .copy >> nth=3")
    page.wait_for_selector("#attention-list .copy:has-text('Copied')")
    assert "1 file rejected" in page.inner_text("#facts")
    # whose rows they are, and where they are booked
    assert "acme, globex" in cells(page, "quarantined-rows", "Organizations")
    assert "no organization" in cells(page, "quarantined-rows", "Organizations")
    assert "var(--corrections)" in page.evaluate(FILLS)
    assert "Corrections" in page.inner_text("#legend")
    page.click(".as-table summary")
    days = list(
        zip(cells(page, "days", "Billing type"), cells(page, "days", "Credits"), strict=True)
    )
    assert ("Corrections", "0.22") in days
    assert days.count(("Blocked", "—")) == 2
    assert page.locator("#chart text", has_text="blocked").count() == 2
    # rows of blocked attempts apart from those that are published
    adds = dict(line.split("\t") for line in page.inner_text("#adds").split("\n"))
    blocked = [name for name in adds if name.endswith("on blocked dates, not published")]
    assert "rated on blocked dates, not published" in blocked
    states = dict(zip(cells(page, "dates", "State"), cells(page, "dates", "Credits"), strict=True))
    assert states["blocked"] == "—"


def test_the_index_says_what_its_address_asks_for_in_vain(look: Any) -> None:
    look(None)  # with its parts closed
    page = look(None, "period=7D&org=acme&period=7d")
    assert page.inner_text("#notice").endswith("and left out: period=7D, org=acme.")
    assert page.locator("#presets [aria-pressed=true]").inner_text() == "7 days"
    assert not look(None, "period=7d").is_visible("#notice")
    said = look(None, "show=proof&sort.dates=9a&open=[1]&model.OpenAI=gpt-9").inner_text("#notice")
    assert "left out: open=[1], model.OpenAI=gpt-9." in said
    assert said.endswith("which its address would open: show=proof, sort.dates=9a.")


def test_the_index_keeps_in_its_address_what_its_reader_set(look: Any) -> None:
    def shown() -> tuple[Any, ...]:
        is_open = page.is_visible("#days")
        return cells(page, "dates", "Usage date"), page.inner_text("#credits"), is_open

    page = look(None)
    given = shown()
    page.click("#presets [data-value='7d']")
    page.check("#exact")
    page.click(".as-table summary")
    page.click("#dates th:has-text('Usage date')")
    page.wait_for_selector("#dates th.dt-ordering-asc")
    link, found = page.url.partition("#")[2], shown()
    assert set(link.split("&")) == {"period=7d", "exact=1", "show=days", "sort.dates=0a"}
    page = look(None)
    assert shown() == given
    page = look(None, link)
    assert shown() == found
    assert all(now != then for now, then in zip(found, given, strict=True))
    assert page.is_checked("#exact")
    assert not page.is_visible("#notice")
    page.click("#presets [data-value='30d']")
    assert "period" not in page.url.partition("#")[2]


@pytest.mark.slow
def test_the_index_leads_to_the_dates_that_it_shows(look: Any) -> None:
    page = look(None, "period=7d")
    links = page.locator("#organizations tbody a")
    shown = {
        org: (link.get_attribute("href"), credits)
        for org, link, credits in zip(
            cells(page, "organizations", "Organization"),
            links.all(),
            cells(page, "organizations", "Credits"),
            strict=True,
        )
    }
    assert shown["initech"][0] == "organizations/initech.html#from=2026-02-03&to=2026-02-03"
    for org, (link, credits) in shown.items():
        there = look(org, link.partition("#")[2])
        assert there.inner_text("#credits") == credits
        assert "not all on this page" not in there.inner_text("#notice")
    assert (
        look(None, "period=all")
        .get_attribute("#organizations tbody a", "href")
        .endswith("#period=all")
    )


@pytest.mark.slow
def test_the_index_tells_ids_that_look_alike(workspace: Workspace, visit: Any) -> None:
    workspace = replace(workspace, pages=True)
    workspace.log(
        "a.parquet",
        *(row(event_id=org, org_id=org) for org in ("acme", "\u0430cme", "globex")),
    )
    workspace.run()
    shown = visit(None, workspace).locator("#organizations tbody tr td:first-child")
    assert sorted(shown.all_inner_texts()) == [
        "acme\n'acme' looks like '\\u0430cme'",
        "globex",
        "\u0430cme\n'\\u0430cme' looks like 'acme'",
    ]


@pytest.mark.slow
def test_a_file_that_is_rejected_or_gone_changes_the_index(workspace: Workspace) -> None:
    workspace = replace(workspace, pages=True)
    workspace.log("a.parquet", row())
    workspace.run()
    index = pages.index_file(workspace.home)

    def rejected() -> list[str]:
        return [one["path"] for one in data_of(index)["rejected"]]

    assert rejected() == []
    broken = workspace.inbox / "broken\udcff.parquet"
    broken.write_bytes(b"no parquet")
    workspace.run()
    (said,) = rejected()
    assert said.endswith(r"broken\xff.parquet")
    assert pages.are_current(workspace.home)
    broken.unlink()
    assert not pages.are_current(workspace.home)
    workspace.run()
    assert rejected() == []


@pytest.mark.slow
def test_a_blocked_attempt_that_changed_reaches_the_page(mixed: Workspace, tmp_path: Path) -> None:
    copy = mixed.copied(tmp_path / "copy")
    file = pages.organization_file(copy.home, "acme")

    def reasons() -> set[tuple[str, str]]:
        left = data_of(file)["quarantined_rows"]
        return {(one["reason"], one["rows"]) for one in left if one["usage_date"] == "2026-02-06"}

    assert reasons() == {("no_rate", "9")}
    rates = "llm,Acme,gone,platform,input_tokens,-,1000\n"
    write_card(copy.books[0], rates, "second", "2026-02-06T00:00:00Z")
    copy.run()
    assert reasons() == {("not_offered", "9")}


def test_a_blocked_date_is_said_to_each_organization(look: Any) -> None:
    for org in ORGS:
        page = look(org)
        assert page.inner_text("#notice").split("\n\n") == [
            "Feb 5, 2026 is blocked: newer usage has not passed its checks; version 1 is shown, and"
            " stays until it has.",
            "Feb 6, 2026 is blocked: it has not passed its checks, and none of its usage is charged"
            " yet.",
        ]
        assert page.locator("#chart text", has_text="blocked").count() == 2
        assert page.locator("#chart rect.missing").count() == 1
        shown = list(
            zip(cells(page, "versions", "State"), cells(page, "versions", "Credits"), strict=True)
        )
        assert shown[0] == ("blocked", "—")
        assert "newer usage blocked" in shown[1][0]
    look("acme", "to=2026-02-04").wait_for_selector("#notice", state="hidden")


@pytest.mark.slow
def test_closed_through_is_one_date_on_every_page(
    look: Any, visit: Any, mixed: Workspace, tmp_path: Path
) -> None:
    for org in (None, *ORGS):
        assert " through Feb 3, 2026" in look(org).inner_text("#facts")
    copy = mixed.copied(tmp_path / "copy")
    with copy.home.lock():
        closings.close(copy.home, (NOON + DAY).date(), "invoiced", [])
    copy.run()
    for org in (None, "globex"):  # globex has no usage on that date
        assert " through Feb 4, 2026" in visit(org, copy).inner_text("#facts")
    with copy.home.lock():
        closings.reopen(copy.home, NOON.date(), "all again")
    copy.run()
    for org in ORGS:
        about = data_of(pages.organization_file(copy.home, org))
        assert about["closed_through"] == "2026-02-02"
        assert not any(one["closed"] for one in about["dates"])
    assert not any(one["closed"] for one in data_of(pages.index_file(copy.home))["reports"])


@pytest.mark.slow
def test_one_number_of_quarantined_rows_on_every_screen(look: Any, mixed: Workspace) -> None:
    home = mixed.home.path
    by_date = dict(
        mixed.sql("select coalesce(cast(usage_date as varchar), 'none'), count(*) from quarantine group by 1")
    )  # fmt: skip
    of_org = dict(mixed.sql("select coalesce(org_id, ''), count(*) from quarantine group by 1"))
    assert by_date == {"2026-02-03": 4, "2026-02-05": 61, "2026-02-06": 9, "none": 1}
    total = sum(by_date.values())
    index = look(None)
    assert index.inner_text("#largest") == str(total)
    assert sum(int(one) for one in cells(index, "quarantined-rows", "Rows")) == total
    assert sum(int(one) for one in cells(index, "dates", "Quarantined") if one != "—") == total - 1
    assert cells(index, "organizations", "Quarantined") == [str(of_org.get(org, 0)) for org in ORGS]
    assert "1 more row in quarantine" in index.inner_text("#organizations-card .hint")
    for org in ORGS:
        page = look(org)
        assert page.text_content("#adds tr:last-child td") == str(of_org.get(org, 0))
        assert sum(
            int(one) for one in cells(page, "quarantined-rows", "Rows") if one
        ) == of_org.get(org, 0)
    said = f"{total} rows are in quarantine, none of them charged (1 of no usage date)"
    asked = {
        "status": ("status", "--home", home),
        "run": ("run", "--logs", mixed.inbox, "--home", home, "--no-pages"),
        "quarantine": ("quarantine", "--home", home),
        "export": ("export", "2026-02", "--to", mixed.folder / "out", "--home", home),
    }
    for name, arguments in asked.items():
        done = creditmill(*arguments, cwd=mixed.folder)
        told = " ".join((done.stdout + done.stderr).decode().split())
        assert said in told, name
        if name == "export":
            assert "4 quarantined rows in the exported versions, 74 today" in told
    status = json.loads(creditmill("status", "--home", home, "--json", cwd=mixed.folder).stdout)
    dates = {one["usage_date"]: one["quarantined"] for one in status["dates"]}
    assert {day: rows for day, rows in dates.items() if rows} | {"none": 1} == by_date
    assert status["quarantined"] == {"rows": total, "undated": 1}


def test_each_color_of_the_chart_stands_for_one_model(look: Any) -> None:
    page = look("acme", "group=model")
    names = page.evaluate(
        "[...document.querySelectorAll('button.legend, .legend:has(.dot[style])')].map(one => one.innerText.trim())"
    )
    dots = page.evaluate(
        "[...document.querySelectorAll('.legend .dot[style]')].map(one => one.style.background)"
    )
    assert len(names) == len(dots) == len(set(dots)) == 8
    assert names[-2:] == [f"{MODELS + 1 - 6} others", "Corrections"]
    page.locator(f'#chart .part[fill="{dots[-2]}"]').first.click()
    assert f"{MODELS + 1 - 6} charges" in page.inner_text("#drill-notes")
    page.keyboard.press("Escape")
    page.click("#tree [data-row=others]")  # each by name
    assert page.locator("#tree tbody tr").count() == MODELS + 1
    # a name keeps its color, whatever else is shown
    colors = dict(zip(names, dots, strict=True))
    chosen = [names[3], "Acme · M05", names[5]]
    asked = "&".join(f"model.Acme={one.rpartition(' · ')[2]}" for one in chosen)
    page = look("acme", f"group=model&{asked}")
    shown = page.evaluate(
        "[...document.querySelectorAll('button.legend')].map(one => [one.innerText.trim(), one.firstChild.style.background])"
    )
    assert sorted(name for name, _ in shown) == sorted(chosen)
    assert all(color == colors[name] for name, color in shown if name in colors)
    assert len({color for _, color in shown}) == 3


def test_figures_and_axes_are_of_one_locale(visit: Any, sample: Path) -> None:
    large = Workspace(sample)
    page = visit("northwind-clinics", large, locale="de-DE")
    assert page.inner_text("#credits") == "4,172.66"
    assert page.text_content("#credits .digits") == "4,172.658708833"
    axis = page.evaluate("[...document.querySelectorAll('#chart text')].map(t => t.textContent)")
    assert {"Feb 1", "Feb 2", "Feb 3", "1,000"} <= set(axis)


@ONLY_CHROMIUM
def test_paper_names_period_and_filter_on_each_sheet_and_totals_once(look: Any) -> None:
    page = look("acme", "from=2026-02-04&model=M05&brand=Acme&key=platform")
    assert not page.is_visible("#printed")
    page.emulate_media(media="print")
    assert re.fullmatch(
        r"Usage dates Feb 4, 2026 – Feb 6, 2026 \(UTC\) · Model: Acme · M05 · Key mode: platform"
        r" · Final through Feb 3, 2026 · data [0-9a-f]{16}",
        page.inner_text("#printed"),
    )
    rule = page.evaluate("document.adoptedStyleSheets.at(-1).cssRules[0].cssText")
    assert "@top-left" in rule
    assert "M05" in rule
    assert "Feb 4" in rule
    assert page.evaluate("getComputedStyle(document.querySelector('#lines tfoot')).display") == (
        "table-row-group"
    )
    assert page.evaluate("document.getElementById('lines').lastElementChild.tagName") == "TFOOT"
    page.evaluate("document.getElementById('reset').click()")
    assert "(UTC) · no filter: all usage of these dates · " in page.inner_text("#printed")
    index = look(None)
    index.emulate_media(media="print")
    assert "Feb 3, 2026 – Feb 6, 2026 (UTC)" in index.inner_text("#printed")
    assert index.is_visible("#organizations-card .hint")  # of rows that none of them has
    assert not index.is_visible("#dates-card .hint")


def test_a_customer_s_page_names_no_command_no_path_and_no_way_up(
    look: Any, mixed: Workspace
) -> None:
    page = look("acme")
    page.click("#lines tbody tr:first-child button")
    drilled = page.inner_text("#drill")
    page.click("#drill-table tbody tr:first-child button")
    page.wait_for_selector("#drill-notes .good")
    told = "\n".join((page.inner_text("main"), drilled, page.inner_text("#drill")))
    assert not re.search(r"creditmill|\.duckdb|rates\.csv|--|\w/\w|append|rate book", told)
    assert "The price list has no price under this name." in told
    assert page.locator("a[href]").count() == 0
    ((calls,),) = mixed.sql(
        "select count(*) from quarantine where org_id = 'acme' and reason in ('no_rate', 'not_offered')"
    )
    assert (
        f"{calls} calls of gone could not be priced yet; you have not been charged for them."
        in told
    )
    assert page.inner_text("#waiting") == f"{calls} rows"
