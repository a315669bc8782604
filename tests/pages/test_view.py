"""What an organization's page shows of its usage: any period beside the one before, by any dimension, in any
unit, each figure as `credits.duckdb` has it; and why two periods differ, as `creditmill compare` says.
"""

import random
import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from pricing_assets.analysis import compare
from pricing_assets.charges.compared_lines import Split
from pricing_assets.common.periods import Period
from pricing_assets.pages import build as pages
from tests.support.browser import AXE, Visitor
from tests.support.long_use import CLOSED, FIRST, LAST, NO_LOG, ORG, long_use
from tests.support.workspace import Workspace

DAY = timedelta(days=1)
NEWEST, OLDEST = LAST.date(), FIRST.date()
PERIODS = {
    "7d": (NEWEST - 6 * DAY, NEWEST, NEWEST - 13 * DAY, NEWEST - 7 * DAY),
    "14d": (NEWEST - 13 * DAY, NEWEST, NEWEST - 27 * DAY, NEWEST - 14 * DAY),
    "30d": (NEWEST - 29 * DAY, NEWEST, NEWEST - 59 * DAY, NEWEST - 30 * DAY),
    "mtd": (date(2026, 2, 1), NEWEST, date(2026, 1, 1), date(2026, 1, 10)),
    "last-month": (date(2026, 1, 1), date(2026, 1, 31), date(2025, 12, 1), date(2025, 12, 31)),
    "all": (OLDEST, NEWEST, None, None),
}
"""Each preset: its dates, and those before."""
COLUMNS = {"type": "billing_type", "model": "[brand, model]", "brand": "brand", "by.agent_id": "agent_id",
           "key": "key_mode", "meter": "meter"}  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return long_use(tmp_path_factory.mktemp("long"))


@pytest.fixture(scope="module")
def opened(home: Workspace, browser: Browser) -> Iterator[Page]:
    seen = Visitor(browser, pages.organization_file(home.home, ORG))
    yield seen.page
    seen.close()


@pytest.fixture
def look(opened: Page) -> Any:
    def at(address: str) -> Page:
        opened.evaluate(
            """hash => new Promise((done) => {
              if (location.hash.slice(1) === hash) return done();
              addEventListener("hashchange", () => setTimeout(done), { once: true });
              location.hash = hash;
            })""",
            address,
        )
        return opened

    return at


def credits_of(
    home: Workspace, first: date | None, last: date | None, more: str = "true"
) -> Decimal:
    """Usage and corrections of a period's usage dates."""
    ((found,),) = home.sql(
        "select coalesce(sum(credits), 0) from (select usage_date, org_id, billing_type, brand, model, agent_id,"
        " key_mode, meter, credits from charges union all select usage_date, org_id, billing_type, brand, model,"
        f" agent_id, key_mode, meter, credits from corrections) where org_id = '{ORG}'"
        f" and usage_date between '{first}' and '{last}' and {more}"
    )
    return Decimal(found)


def published(home: Workspace, first: date | None, last: date | None) -> int:
    """How many dates of a period are published."""
    between = f"usage_date between '{first}' and '{last}'"
    ((count,),) = home.sql(f"select count(*) from reports where state = 'current' and {between}")
    return int(count)


def exactly(page: Page, selector: str, nth: int = 0) -> Decimal:
    return Decimal(page.locator(f"{selector} .digits").nth(nth).text_content().replace(",", ""))  # type: ignore[union-attr]


def percent(now: Decimal, before: Decimal) -> str:
    change = ((now - before) / before * 100).quantize(Decimal("0.1"), ROUND_HALF_EVEN)
    return f"{'▲ ' if change > 0 else '▼ ' if change < 0 else ''}{abs(change)}%"


@pytest.mark.parametrize("preset", PERIODS)
def test_a_preset_shows_its_period_beside_the_one_before(
    look: Any, home: Workspace, preset: str
) -> None:
    page = look(f"period={preset}")
    first, last, before_first, before_last = PERIODS[preset]
    assert page.get_attribute(f"#presets [data-value='{preset}']", "aria-pressed") == "true"
    assert (page.input_value("#from"), page.input_value("#to")) == (str(first), str(last))
    credits = credits_of(home, first, last)
    assert exactly(page, "#credits") == credits
    assert page.locator("#chart .bar").count() == (
        10 if preset == "all" else (last - first).days + 1
    )
    if before_first is None:
        assert page.is_hidden("#changed-card")
        assert page.locator("#chart .tick").count() == 0
        return
    before = credits_of(home, before_first, before_last)
    assert exactly(page, "#credits-below", 1) == before
    dates = [published(home, first, last), published(home, before_first, before_last)]
    assert percent(credits * dates[1], before * dates[0]) in page.inner_text("#credits-below")
    assert ("a day vs" in page.inner_text("#credits-below")) == (dates[0] != dates[1])
    assert page.locator("#chart .tick").count() > 0
    foot = page.inner_text("#tree tfoot")
    assert percent(credits * dates[1], before * dates[0]) in foot


def test_the_operator_s_page_shows_each_period_beside_the_one_before(
    browser: Browser, home: Workspace
) -> None:
    seen = Visitor(browser, pages.index_file(home.home))
    for preset, (first, last, before_first, before_last) in PERIODS.items():
        seen.page.evaluate("hash => { location.hash = hash; }", f"period={preset}")
        seen.page.wait_for_selector(f"#presets [data-value='{preset}'][aria-pressed=true]")
        between = f"filter (usage_date between '{first}' and '{last}')"
        earlier = f"filter (usage_date between '{before_first}' and '{before_last}')"
        if before_first is None:
            earlier = "filter (false)"
        rows = home.sql(
            f"select org_id, coalesce(sum(credits) {between}, 0), coalesce(sum(credits) {earlier}, 0) from"
            " (select usage_date, org_id, credits from daily_usage union all"
            " select usage_date, org_id, credits from corrections) group by org_id order by org_id"
        )
        now, before = (sum((row[place] for row in rows), Decimal(0)) for place in (1, 2))
        assert exactly(seen.page, "#credits") == now
        shown = seen.page.eval_on_selector_all(
            "#organizations tbody tr",
            "all => all.map(one => [one.cells[0].innerText, one.cells[2].querySelector('.digits').textContent,"
            " one.querySelector('.change')?.innerText])",
        )
        assert sorted((org, Decimal(credits.replace(",", ""))) for org, credits, _ in shown) == [
            row[:2] for row in rows
        ]
        length = 10 if preset == "all" else (last - first).days + 1
        assert seen.page.locator("#chart .bar").count() == length
        if before_first is None:
            assert [change for *_, change in shown] == [None, None]
            continue
        dates = [published(home, first, last), published(home, before_first, before_last)]
        assert exactly(seen.page, "#credits-below", 1) == before
        assert percent(now * dates[1], before * dates[0]) in seen.page.inner_text("#credits-below")
        assert {org: change for org, _, change in shown} == {
            org: percent(after * dates[1], was * dates[0]) for org, after, was in rows
        }
        assert seen.page.locator("#chart .tick").count() > 0
    seen.page.click("#presets [data-value='14d']")
    assert seen.page.url.endswith("#period=14d")
    seen.close()


def test_any_dates_sum_as_the_tables_do_and_are_kept_in_the_address(
    look: Any, home: Workspace
) -> None:
    lot = random.Random(8)
    for _ in range(8):
        first, last = sorted(OLDEST + lot.randrange(63) * DAY for _ in range(2))
        page = look(f"from={first}&to={last}&group={lot.choice(list(COLUMNS))}")
        length = last - first + DAY
        assert (
            exactly(page, "#credits")
            == exactly(page, "#tree tfoot")
            == credits_of(home, first, last)
        )
        if first - length >= OLDEST:
            assert exactly(page, "#credits-below", 1) == credits_of(
                home, first - length, first - DAY
            )
    page = look("from=2026-02-01&to=2026-02-03")
    page.fill("#to", "2026-02-07")
    assert page.url.partition("#")[2] == "from=2026-02-01&to=2026-02-07"
    page.click("#presets [data-value='14d']")
    assert page.url.partition("#")[2] == "period=14d"
    page.select_option("#vs", label="nothing")
    assert "vs=none" in page.url
    assert page.is_hidden("#changed-card")


def test_long_periods_are_drawn_by_week_and_ticks_are_of_the_same_weekday(
    look: Any, home: Workspace
) -> None:
    page = look(f"from={OLDEST}&to={NEWEST}")
    assert page.inner_text("#chart-title") == "Credits per week"
    mondays = page.eval_on_selector_all("#chart .bar", "all => all.map(one => one.dataset.day)")
    assert all(date.fromisoformat(day).weekday() == 0 for day in mondays[1:])
    assert mondays[0] == str(OLDEST)
    page = look("from=2026-02-02&to=2026-02-08")
    ticks = page.evaluate("page.chart.bars.map((bar) => String(bar.tick))")
    expected = [
        credits_of(home, day, day) for day in (date(2026, 1, 26) + n * DAY for n in range(7))
    ]
    assert [Decimal(tick).scaleb(-9) for tick in ticks] == expected


CROSSED = """() => [...document.querySelectorAll("#chart .bar")].filter((bar) => {
  const [total, tick] = [bar.querySelector(".total"), bar.querySelector(".tick")];
  if (!total || !tick) return false;
  const [{ y, height }, line] = [total.getBBox(), Number(tick.getAttribute("y1"))];
  return line > y + 1 && line < y + height - 3;
}).length"""
"""How many numbers above bars the tick of the period before goes through."""


def test_no_tick_goes_through_a_number(look: Any) -> None:
    for first in (date(2026, 1, 20) + n * DAY for n in range(14)):
        page = look(f"from={first}&to={first + 6 * DAY}")
        assert page.evaluate(CROSSED) == 0


def test_what_is_final_provisional_and_not_published_is_drawn_apart(look: Any) -> None:
    page = look("from=2026-01-28&to=2026-02-09")
    states = dict(
        page.eval_on_selector_all(
            "#chart .bar", "all => all.map(one => [one.dataset.day, one.classList[1]])"
        )
    )
    assert states[str(CLOSED)] == "final"
    assert states[str(CLOSED + DAY)] == "provisional"
    assert states[str(NO_LOG)] == "missing"
    assert page.locator("#chart .missing rect.missing").count() == 1
    legend = page.inner_text("#legend")
    for said in ("lighter: provisional", "not published", "same weekday, 2 weeks before"):
        assert said in legend
    page.hover("#chart rect.missing")
    assert "Not published: no usage of this date has come" in page.inner_text("#tip")
    page.hover("#chart .bar >> nth=1 >> .part >> nth=0")
    tip = page.inner_text("#tip")
    assert "Thu, Jan 29, 2026" in tip
    assert "Final" in tip
    assert "2 weeks before:" in tip


@pytest.mark.parametrize("by", COLUMNS)
def test_usage_by_any_dimension_beside_the_period_before(
    look: Any, home: Workspace, by: str
) -> None:
    page = look(f"from=2026-01-28&to=2026-02-03&group={by}")
    page.evaluate("document.querySelector('#tree [data-row=others]')?.click()")
    shown = page.evaluate(
        """() => [...document.querySelectorAll("#tree tbody tr")].map((one) => [
          one.cells[0].innerText.replace(/^[▸▾] /, ""), one.cells[2].querySelector(".digits").textContent, one.cells[4].innerText])"""
    )
    column = COLUMNS[by]
    rows = home.sql(
        f"select {column} as name, sum(credits) filter (usage_date >= '2026-01-28') as credits,"
        " sum(credits) filter (usage_date < '2026-01-28') as earlier"
        " from (select usage_date, org_id, billing_type, brand, model, agent_id, key_mode, meter, credits from charges"
        " union all select usage_date, org_id, billing_type, brand, model, agent_id, key_mode, meter, credits from"
        f" corrections) where org_id = '{ORG}' and usage_date between '2026-01-21' and '2026-02-03' group by name"
    )
    expected = sorted(
        (now or Decimal(0), percent(now or Decimal(0), before) if before else "new")
        for _, now, before in rows
    )
    assert (
        sorted((Decimal(credits.replace(",", "")), change) for _, credits, change in shown)
        == expected
    )


def test_rows_open_down_to_quantity_times_price(look: Any, home: Workspace) -> None:
    page = look("from=2026-02-02&to=2026-02-08&group=model&then=by.agent_id")
    page.click("#tree button:has-text('Acme · Chat')")
    page.click("#tree .level-1 button >> nth=0")
    agent = page.inner_text("#tree .level-1 td:first-child >> nth=0").removeprefix("▾ ")
    found = page.eval_on_selector_all(
        "#tree .price-line",
        "all => all.map(one => [one.cells[1].innerText, one.querySelector('.digits').textContent])",
    )
    rows = home.sql(
        f"select sum(quantity), price, sum(credits) from charges where org_id = '{ORG}' and model = 'Chat'"
        f" and usage_date between '2026-02-02' and '2026-02-08' and coalesce(agent_id, '—') = '{agent}'"
        " group by key_mode, meter, price order by sum(credits) desc"
    )
    assert len(found) == len(rows) > 1
    for (said, credits), (quantity, price, total) in zip(found, rows, strict=True):
        assert said.startswith(f"{quantity:,} × {price.normalize():f} / 1K tokens = ")
        assert Decimal(credits.replace(",", "")) == total
    page.click("#tree .price-line button >> nth=0")
    assert "✓ Their sum is equal." in page.inner_text("#drill-notes")
    page.keyboard.press("Escape")


def test_a_drawer_leaves_the_page_in_use(look: Any) -> None:
    page = look("from=2026-02-02&to=2026-02-08&group=model")
    titles = []
    for place in (0, 1):
        page.click(f"#chart .bar >> nth={place} >> .part >> nth=0")
        titles.append(page.inner_text("#drill-title").partition(" · ")[0])
    assert titles == ["Mon, Feb 2, 2026", "Tue, Feb 3, 2026"]
    page.click("#group [data-value=brand]")
    assert page.is_hidden("#drill")
    assert "group=brand" in page.url


def test_each_unit_is_that_of_the_tables(look: Any, home: Workspace) -> None:
    of = f"from charges where org_id = '{ORG}' and usage_date between '2026-02-02' and '2026-02-08'"
    ((usd, tokens),) = home.sql(
        f"select sum(usd), sum(quantity) filter (meter like '%_tokens') {of}"
    )
    ((events,),) = home.sql(f"select sum(events) {of.replace('charges', 'daily_usage')}")
    page = look("from=2026-02-02&to=2026-02-08&unit=dollars")
    assert exactly(page, "#tree tfoot") == usd
    assert (
        look("from=2026-02-02&to=2026-02-08&unit=tokens").inner_text("#tree tfoot td:nth-child(3)")
        == f"{tokens:,}"
    )
    page = look("from=2026-02-02&to=2026-02-08&unit=requests&group=model")
    assert (
        page.inner_text("#tree tfoot td:nth-child(3)")
        == page.inner_text("#events")
        == f"{events:,}"
    )
    assert page.inner_text("#chart-title") == "Requests per day"
    page = look("from=2026-02-02&to=2026-02-08&unit=requests&group=meter")
    assert "Requests are not counted by meter" in page.inner_text("#tree")


def test_several_values_of_a_filter_are_found_by_search(look: Any, home: Workspace) -> None:
    page = look("period=all")
    menu = "[data-filter=model]"
    page.click(f"{menu} summary")
    page.fill(f"{menu} input[type=search]", "zeta")
    assert page.locator(f"{menu} .options label:visible").count() == 5
    page.get_by_role("checkbox", name="Zeta · M02").check()
    page.get_by_role("checkbox", name="Zeta · M04").check()
    page.keyboard.press("Escape")
    expected = credits_of(home, OLDEST, NEWEST, "model in ('M02', 'M04')")
    assert exactly(page, "#credits") == expected
    assert "model.Zeta=M02&model.Zeta=M04" in page.url
    assert page.inner_text(f"{menu} summary") == "Model: 2 of 11"
    page.click("#legend button")
    page.click("#reset")
    assert page.url.partition("#")[2] == ""


def test_what_changed_is_what_compare_says(look: Any, home: Workspace) -> None:
    """In exact decimals, by every dimension, over periods of like and unlike numbers of dates."""
    lot = random.Random(4)
    columns = {
        "type": ["billing_type"],
        "model": ["brand", "model"],
        "by.agent_id": ["agent_id"],
        "meter": ["meter"],
        "key": ["key_mode"],
    }
    seen: dict[str, int] = {}
    for turn in range(10):
        by = lot.choice(list(columns))
        days = lot.choice([3, 7, 14, 30])
        last = NEWEST - lot.randrange(12 if turn else 1) * DAY
        first = last - (days - 1) * DAY
        page = look("" if turn else "period=mtd")
        page = look(f"from={first}&to={last}&group={by}")
        periods = [Period("a", first - days * DAY, first - DAY), Period("b", first, last)]
        expected = compare.compare(home.home, *periods, columns[by], ORG)
        found = page.evaluate(
            """() => {
              const text = (value) => creditmill.exact.decimal(value);
              const plain = (one) => ({ key: one.key, before: text(one.before), after: text(one.after),
                parts: Object.fromEntries(Object.entries(one.parts).map(([name, value]) => [name, text(value)])) });
              return { total: plain(page.compared.total), groups: page.compared.groups.map(plain), dates: page.dates, isPerDay: page.compared.isPerDay };
            }"""
        )
        assert (tuple(found["dates"]), found["isPerDay"]) == (expected.dates, expected.is_per_day)

        def plain(one: Split) -> tuple[Any, ...]:
            return (
                f"{one.before:f}",
                f"{one.after:f}",
                {name: f"{part:f}" for name, part in one.parts.items()},
            )

        assert (
            found["total"]["before"],
            found["total"]["after"],
            found["total"]["parts"],
        ) == plain(expected.total)
        by_key = {
            tuple(_values(one["key"])): (one["before"], one["after"], one["parts"])
            for one in found["groups"]
        }
        assert by_key == {one.keys: plain(one) for one in expected.groups}
        for name, part in expected.total.parts.items():
            seen[name] = seen.get(name, 0) + bool(part)
        total = expected.total
        said = page.text_content("#changed-says")
        assert f"{total.difference:+,f}" in said
        shown = [exactly(page, f"#change-parts tr:nth-child({place + 1})") for place in range(7)]
        assert sum(map(abs, shown[:6])) == sum(map(abs, total.parts.values()))
        assert shown[6] == abs(total.difference)
    assert all(seen[name] for name in ("volume", "mix", "price", "new", "gone", "corrections")), (
        seen
    )


def _values(key: str) -> list[Any]:
    import json

    value = json.loads(key)
    return value if isinstance(value, list) else [value]


def test_the_pace_leads_to_the_end_of_the_month_within_a_range(look: Any, home: Workspace) -> None:
    page = look("")
    by_day = {day: credits_of(home, day, day) for day in (NEWEST - n * DAY for n in range(28))}
    so_far = credits_of(home, date(2026, 2, 1), NEWEST)
    weeks = [
        sum((by_day[end - n * DAY] for n in range(7)), Decimal(0))
        for end in sorted(by_day)[6:]
        if not end - 6 * DAY <= NO_LOG <= end
    ]
    ends = [(so_far + week * 18 / 7).quantize(Decimal("0.000000001")) for week in weeks]
    assert page.inner_text(".figure:has(#pace) h2") == "On track for February 2026"
    said = [exactly(page, "#pace"), *(exactly(page, "#pace-below", n) for n in range(3))]
    assert said == [ends[-1], min(ends), max(ends), so_far]


def test_corrections_count_on_their_booking_date_where_asked(look: Any, home: Workspace) -> None:
    ((usage_date, booked_on, credits),) = home.sql(
        "select usage_date, booked_on, credits from corrections"
    )
    assert usage_date <= CLOSED < booked_on
    for day, by in ((usage_date, ""), (booked_on, "&booked=later")):
        page = look(f"from={day}&to={day}{by}")
        usage = home.sql(
            f"select sum(credits) from daily_usage where org_id = '{ORG}' and usage_date = '{day}'"
        )[0][0]
        assert exactly(page, "#credits") == (usage or 0) + credits


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_axe_finds_nothing(browser: Browser, home: Workspace, scheme: str) -> None:
    file = pages.organization_file(home.home, ORG)
    seen = Visitor(browser, file, "#period=14d&group=model", color_scheme=scheme)
    seen.page.click("#tree tbody button >> nth=0")
    seen.page.click("[data-filter=model] summary")
    found = Axe().run(seen.page, options=AXE).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found] == []
    assert not re.search(r"undefined|NaN|\[object", seen.page.inner_text("main"))
    seen.close()


@pytest.mark.slow
def test_a_chinese_reader_has_chinese_words_and_the_same_figures(
    browser: Browser, home: Workspace
) -> None:
    file = pages.organization_file(home.home, ORG)
    english = Visitor(browser, file, "#period=7d")
    chinese = Visitor(browser, file, "#period=7d", locale="zh-CN")
    assert chinese.page.get_attribute("html", "lang") == "zh"
    for place in ("#credits", "#tree tfoot", "#change-parts"):
        digits = [one.page.eval_on_selector_all(f"{place} .digits", "all => all.map(one => one.textContent)")
                  for one in (english, chinese)]  # fmt: skip
        assert digits[0] == digits[1] != []
    text = chinese.page.inner_text("main")
    assert {"积分", "变化原因", "花在哪里"} <= set(re.split(r"[\n\t ]", text))
    words = set(re.findall(r"[A-Za-z]{3,}", text)) - {
        "any",
        "ChatAcme",
        "SearchAcme",
        "acme",
        "Acme",
        "Zeta",
        "Chat",
        "Search",
        "UTC",
        "English",
        "CSV",
        "LLM",
    }
    assert {
        one for one in words if not re.match("M0|first|second|platform|own|daily|usage", one)
    } == set()
    chinese.page.click("#language")
    chinese.page.wait_for_selector("text=What changed")
    assert "lang=en" in chinese.page.url
    english.close()
    chinese.close()
