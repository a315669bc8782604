"""Pages for readers of every script, on every screen and on paper: names from right to left and of East Asia,
huge amounts, a home without usage; and what axe finds on them, by WCAG 2.2.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from pricing_assets.home import closings
from pricing_assets.pages import build as pages
from tests.support.browser import AXE, BOTH, Visitor
from tests.support.workspace import NOON, RATES, Workspace, row, write_card

ARABIC, HEBREW, CHINESE = "مؤسسة النور 7", "חברת אור (2026)", "北京智谱科技有限公司"
LONG = "wherever_a_name_has_no_blank_it_is_broken_" * 4
ORGS = (ARABIC, HEBREW, CHINESE, LONG)
SCREENS = {"phone": (390, 844), "desktop": (1280, 900), "tablet": (820, 1180)}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Two dates, of which the first is closed and corrected, the third is blocked; own keys under a cap."""
    folder = tmp_path_factory.mktemp("readers")
    names = ("وكيل أول", "通义千问-Max", "סוכן-3")
    more = "".join(f"llm,智谱清言,{name},platform,input_tokens,1.5,1000\n" for name in names)
    made = Workspace(folder, (write_card(folder / "book", RATES + more),), pages=True)
    made = made.under(quarantine_limit="0.2", quarantine_floor=0)
    made.log(
        "a.parquet",
        *(
            row(event_id=f"{org}{name}{day}", org_id=org, brand="智谱清言", model=name, agent_id=org,
                input_tokens=10**11 if org == CHINESE else 1234, event_time=NOON.replace(day=3 + day))
            for org in ORGS for name in names for day in range(2)
        ),
        *(row(event_id=f"own{org}", org_id=org, key_mode="own") for org in ORGS),
        row(event_id="no", org_id=ARABIC, model="gone"),
    )  # fmt: skip
    made.run()
    with made.home.lock():
        closings.close(made.home, NOON.date(), "invoiced", [])
    made.log("late.parquet", *(row(event_id=f"late{org}", org_id=org) for org in ORGS))
    made.log(
        "bad.parquet",
        *(
            row(event_id=f"bad{n}", org_id=ORGS[n], model="gone", event_time=NOON.replace(day=5))
            for n in range(4)
        ),
    )
    made.run()
    return made


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The operator's page of a home that has no usage yet."""
    folder = tmp_path_factory.mktemp("empty")
    made = Workspace(folder, (write_card(folder / "book"),), pages=True)
    made.inbox.mkdir(exist_ok=True)
    made.run()
    return pages.index_file(made.home)


@pytest.fixture(scope="module", params=BOTH)
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    with request.param() as made:
        yield made


@pytest.mark.slow
@pytest.mark.parametrize("screen", SCREENS)
def test_names_of_any_script_fit_every_screen(
    browser: Browser, home: Workspace, screen: str
) -> None:
    width, height = SCREENS[screen]
    totals = dict(
        home.sql(
            "select org_id, sum(credits) from (select org_id, credits from daily_usage union all"
            " select org_id, credits from corrections) group by org_id"
        )
    )
    for org in (None, *ORGS):
        file = pages.organization_file(home.home, org) if org else pages.index_file(home.home)
        seen = Visitor(
            browser, file, "#group=model", viewport={"width": width, "height": height}
        ) if org else Visitor(browser, file, viewport={"width": width, "height": height})  # fmt: skip
        page = seen.page
        room = page.evaluate("document.documentElement.clientWidth")  # Firefox's bar is beside it
        assert page.evaluate("document.documentElement.scrollWidth") == room
        assert not re.search(r"undefined|NaN|\[object", page.inner_text("main"))
        if org:
            assert page.text_content("h1") == org
            assert page.evaluate("document.querySelector('h1 bdi').matches(':dir(rtl)')") == (
                org in (ARABIC, HEBREW)
            )
            shown = page.text_content("#credits .digits")
            assert Decimal(shown.replace(",", "")) == totals[org]
            page.click("#tree tbody button >> nth=0")
            page.click("#lines tbody button >> nth=0")
            drawer = page.evaluate(
                "document.getElementById('drill').getBoundingClientRect().toJSON()"
            )
            assert (drawer["right"], drawer["width"]) == (room, min(860, room))
            assert page.evaluate("document.documentElement.scrollWidth") == room
        else:
            names = page.locator("#organizations tbody td:first-child bdi").all_inner_texts()
            assert set(names) == set(ORGS)
        seen.close()


@pytest.mark.slow
def test_a_printed_sheet_names_whose_it_is_in_any_script(browser: Browser, home: Workspace) -> None:
    for org in (ARABIC, CHINESE):
        seen = Visitor(browser, pages.organization_file(home.home, org), color_scheme="dark")
        seen.page.emulate_media(media="print")
        seen.page.set_viewport_size({"width": 703, "height": 1000})  # A4 within its margins
        assert seen.page.evaluate(
            "document.documentElement.scrollWidth === document.documentElement.clientWidth"
        )
        if browser.browser_type.name == "chromium":  # Firefox knows no boxes in a sheet's margin
            sheet = seen.page.evaluate(
                "[...document.adoptedStyleSheets.at(-1).cssRules[0].cssRules].map(one => one.style.content)"
            )
            assert sheet[0].startswith(f'"{org}')
            assert "Page " in sheet[1]
        said = seen.page.inner_text("#printed")
        for part in ("Feb 3, 2026", "(UTC)", "no filter", "Final through Feb 3, 2026", "data "):
            assert part in said
        seen.close()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_axe_finds_nothing(browser: Browser, home: Workspace, empty: Path, scheme: str) -> None:
    files = {
        "empty": empty,
        "index": pages.index_file(home.home),
        "page": pages.organization_file(home.home, ARABIC),
    }
    for name, file in files.items():
        seen = Visitor(browser, file, color_scheme=scheme)
        if name == "page":
            seen.page.click("#lines tbody button >> nth=0")
        found = Axe().run(seen.page, options=AXE).response["violations"]
        assert [(name, one["id"], one["nodes"][0]["html"]) for one in found] == []
        seen.close()
