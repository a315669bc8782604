"""The site on disk: which pages are written, when, whole or not at all; and what hostile names leave.

What a page shows in a browser belongs to `test_browser`.
"""

import csv
import io
import json
import random
import re
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb
import pytest
from playwright.sync_api import Browser

from pricing_assets.common.visible_text import visible
from pricing_assets.db import connection as duck
from pricing_assets.db.statements import statement
from pricing_assets.home import Home, closings
from pricing_assets.pages import build as pages
from pricing_assets.pages import data
from pricing_assets.pages import events as page_events
from tests.support.browser import NEEDED, Visitor, chromium
from tests.support.command import creditmill
from tests.support.fault_injection import RENAME, Fault, Killer
from tests.support.hostile_names import NAMES
from tests.support.workspace import NOON, Workspace, leftovers, row, write_card, write_log

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Two organizations of one event each, published with pages."""
    folder = tmp_path_factory.mktemp("site")
    made = Workspace(folder, (write_card(folder / "book"),), pages=True)
    made.log("a.parquet", row(event_id="1"), row(event_id="1", org_id="globex"))
    made.run()
    return made


@pytest.fixture
def site(published: Workspace, tmp_path: Path) -> Workspace:
    """A copy of that home, to go on from there."""
    return published.copied(tmp_path / "copy")


def written(home: Home) -> dict[str, int]:
    """Each page and script, and which writing of it is there."""
    return {
        file.relative_to(home.pages).as_posix(): file.stat().st_ino
        for file in home.pages.rglob("*")
        if file.is_file()
    }


def bytes_of(home: Home) -> dict[str, bytes]:
    """Each page and script, less when its versions were published, and the last line of a page: it
    digests just that."""
    differs = re.compile(rb'"published_at": "[^"]+"|(?<=\n<!-- )[^\n]+(?= -->\n\Z)')
    return {name: differs.sub(b"", (home.pages / name).read_bytes()) for name in written(home)}


def data_of(home: Home, org_id: str) -> dict[str, Any]:
    text = pages.organization_file(home, org_id).read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text.partition('id="data">')[2].partition("</script>")[0])
    return found


def credits_of(home: Home, org_id: str) -> Decimal:
    days = [day for line in data_of(home, org_id)["lines"] for day in line["days"]]
    return sum((Decimal(day[2]) for day in days), Decimal(0))


def is_whole(workspace: Workspace) -> None:
    """Every page leads to what is there, and holds what the tables hold."""
    home = workspace.home
    assert pages.are_current(home)
    totals = dict(workspace.sql("select org_id, sum(credits) from daily_usage group by org_id"))
    names = {pages.organization_file(home, org_id).name for org_id in totals}
    assert names == {file.name for file in (home.pages / "organizations").iterdir()}
    for org_id, total in totals.items():
        assert credits_of(home, org_id) == total
        for script in data_of(home, org_id)["events"].values():
            assert (home.pages / "organizations" / script).is_file()
    for page in (home.pages / "index.html", *(home.pages / "organizations").iterdir()):
        text = page.read_text(encoding="utf-8")
        for link in re.findall(r'(?:src|href)="([^"]+)"', text.partition('id="data">')[0]):
            assert (page.parent / link).exists()
    assert leftovers(home) == []


def test_charges_of_equal_credits_stand_in_one_order(site: Workspace) -> None:
    agents = [f"agent-{number:02}" for number in range(40)]
    site.log("a.parquet", *(row(org_id="many", event_id=one, agent_id=one) for one in agents[::-1]))
    site.run()
    (script,) = (site.home.pages / "events").glob(f"{NOON.date()}*/many.js")
    found = re.findall(r"agent-\d\d", script.read_text(encoding="utf-8"))
    assert list(dict.fromkeys(found)) == agents


@pytest.mark.slow
def test_nothing_new_writes_nothing(site: Workspace) -> None:
    site.run()
    before = written(site.home)
    assert len(before) == 1 + 2 + 2 + 3
    assert site.run().stale == []
    assert written(site.home) == before
    is_whole(site)


@pytest.mark.slow
def test_only_pages_with_other_dates_are_written_again(site: Workspace) -> None:
    site.run()
    before = written(site.home)
    site.log("b.parquet", row(event_id="2", event_time=NOON + DAY))
    site.run()
    after = written(site.home)
    changed = {name for name in before if after.get(name) != before[name]}
    assert changed == {"index.html", "organizations/acme.html"}
    is_whole(site)


@pytest.mark.slow
def test_a_new_version_and_a_closing_reach_the_page(site: Workspace) -> None:
    site.log("late.parquet", row(event_id="2"))
    site.run()
    (dated,) = data_of(site.home, "acme")["dates"]
    assert (dated["version"], dated["closed"]) == (2, False)
    with site.home.lock():
        closings.close(site.home, NOON.date(), "month end", [])
    site.run()
    (dated,) = data_of(site.home, "acme")["dates"]
    assert dated["closed"]
    site.log("later.parquet", row(event_id="3"))
    site.run()
    (booked,) = data_of(site.home, "acme")["corrected"]
    assert (booked["quantity"], booked["credits"]) == ("1000", "0.220000000")
    assert booked["reason"] == "late usage"  # rows and files are those of all organizations
    is_whole(site)


REASONS = [
    ("late usage: 3 rows in a.parquet, b.parquet and 2 more", "late usage"),
    ("late usage: 1,234 rows in a.parquet; rate card x added", "late usage; rate card x added"),
    ("withdrawn: 1 row of a.parquet; withdrawn: 2 rows of b", "withdrawn; withdrawn"),
    ("rate card late usage added", "rate card late usage added"),
]


@pytest.mark.parametrize(("stored", "shown"), REASONS)
def test_a_page_says_why_something_was_booked_without_what_others_sent(
    stored: str, shown: str
) -> None:
    with duckdb.connect() as con:
        con.execute("create table shown as select 'acme' as org_id")
        con.execute(
            "create table corrections as select 'acme' as org_id, $reason as reason, * from"
            " (select null as usage_date, null as booked_on, null as correction,"
            " null as billing_type, null as brand, null as model, null as key_mode,"
            " null as dimensions, null as meter, null as quantity, null as per, null as price,"
            " null as credits, null as usd, null as rate_card)",
            {"reason": stored},
        )
        ((_, text),) = con.execute(statement("pages/corrected")).fetchall()
    assert [one["reason"] for one in json.loads(text)] == [shown]


@pytest.mark.slow
def test_a_late_file_of_another_organization_leaves_a_page_s_rows_as_they_are(
    site: Workspace,
) -> None:
    site.run()
    page = pages.organization_file(site.home, "acme")
    text = page.read_text(encoding="utf-8")
    page.write_text(text.replace("<main>", "<main><!-- as it was -->"), encoding="utf-8")
    site.log("late.parquet", row(event_id="2", org_id="globex"))
    site.run()
    assert [one["version"] for one in data_of(site.home, "acme")["dates"]] == [2]
    said_anew = page.read_text(encoding="utf-8")
    assert "<!-- as it was -->" in said_anew
    with site.home.lock():
        pages.refresh(site.home, site.home.settings(), duck.Limits(), anew=True)
    written_anew = page.read_text(encoding="utf-8")
    assert said_anew.replace("<!-- as it was -->", "") == written_anew
    site.log("later.parquet", row(event_id="3"))
    site.run()
    assert credits_of(site.home, "acme") == 2 * Decimal("0.22")
    is_whole(site)


def test_a_page_holds_its_own_organization_only(site: Workspace) -> None:
    for org_id, other in (("acme", "globex"), ("globex", "acme")):
        text = pages.organization_file(site.home, org_id).read_text(encoding="utf-8")
        assert org_id in text
        assert other not in text
        script = data_of(site.home, org_id)["events"][NOON.date().isoformat()]
        events = (site.home.pages / "organizations" / script).read_text(encoding="utf-8")
        assert other not in events


@pytest.mark.slow
def test_events_are_of_the_newest_dates_and_small_ones(
    site: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step in range(1, 5):
        site.log(f"{step}.parquet", row(event_id=f"n{step}", event_time=NOON + step * DAY))
    site.run()
    newest = [(NOON + step * DAY).date().isoformat() for step in (2, 3, 4)]
    assert list(data_of(site.home, "acme")["events"]) == newest
    assert len(list((site.home.pages / "events").iterdir())) == 3
    monkeypatch.setattr(page_events, "MOST_ROWS", 1)
    site.log("5.parquet", *(row(event_id=f"m{n}", event_time=NOON + 5 * DAY) for n in range(2)))
    site.run()
    assert list(data_of(site.home, "acme")["events"]) == newest[1:]
    is_whole(site)


@pytest.mark.slow
def test_old_dates_leave_the_page_and_are_counted(
    site: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "MOST_DAYS", 2)
    for step in range(1, 4):
        site.log(f"{step}.parquet", row(event_id=f"n{step}", event_time=NOON + step * DAY))
    site.run()
    found = data_of(site.home, "acme")
    assert found["older"] == 2
    assert len(found["dates"]) == 2
    assert credits_of(site.home, "acme") == Decimal("0.44")


@pytest.mark.slow
def test_a_page_holds_so_many_charges_and_says_what_it_leaves_out(
    site: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "MOST_CHARGES", 2)
    monkeypatch.setattr(data, "CHARGES_AT_ONCE", 1)
    for step in range(1, 4):
        site.log(f"{step}.parquet", row(event_id=f"n{step}", event_time=NOON + step * DAY))
    many = [
        row(event_id=f"m{n}", org_id="many", agent_id=f"{n}", event_time=NOON + DAY)
        for n in range(3)
    ]
    site.log("many.parquet", row(event_id="m", org_id="many"), *many)
    site.run()
    found = data_of(site.home, "acme")
    assert (found["older"], len(found["dates"])) == (2, 2)
    assert credits_of(site.home, "acme") == Decimal("0.44")
    found = data_of(site.home, "many")
    assert (found["older"], found["dates"], found["lines"], found["rated"]) == (2, [], [], [])


@pytest.mark.slow
def test_logs_that_are_gone_cost_the_events_only(site: Workspace) -> None:
    site.log("b.parquet", row(event_id="2", event_time=NOON + DAY))
    site.run()
    for log in site.home.logs.iterdir():
        log.unlink()
    for folder in (site.home.pages / "events").iterdir():
        for script in folder.iterdir():
            script.unlink()
        folder.rmdir()
    with site.home.lock():
        pages.refresh(site.home, site.home.settings(), duck.Limits(threads=1), anew=True)
    assert data_of(site.home, "acme")["events"] == {}
    is_whole(site)


class Tags(HTMLParser):
    """The tags of a page, with their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, list[tuple[str, str | None]]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, attrs))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """200 organizations with hostile names, which are also those of their agents."""
    folder = tmp_path_factory.mktemp("hostile")
    made = Workspace(folder, (write_card(folder / "book"),), pages=True)
    made.log(
        "a.parquet",
        *(row(event_id=f"{n}", org_id=name, agent_id=name) for n, name in enumerate(NAMES)),
        *(
            row(event_id=f"no{n}", org_id=name, brand=name, model=name)
            for n, name in enumerate(NAMES[:40])
        ),
    )
    made.under(quarantine_limit="1").run()
    return made


@pytest.mark.slow
def test_200_hostile_names_leave_200_pages_and_no_markup(hostile: Workspace) -> None:
    assert len(charged(hostile)) == 198  # blank ids are in quarantine
    no_markup(hostile)


def test_hostile_names_leave_no_markup(workspace: Workspace) -> None:
    made = replace(workspace, pages=True)
    rows = (row(event_id=name, org_id=name, agent_id=name) for name in NAMES if MARKUP.match(name))
    made.log("a.parquet", *rows)
    made.run()
    assert len(charged(made)) == 3
    no_markup(made)


MARKUP = re.compile("<img|</script>|\u202e")
"""How names begin that would be markup, or would turn what comes after them around."""


def no_markup(hostile: Workspace) -> None:
    is_whole(hostile)
    shapes = set()
    for org_id in charged(hostile):
        tags = Tags()
        text = pages.organization_file(hostile.home, org_id).read_text(encoding="utf-8")
        tags.feed(text)
        names = [tag for tag, _ in tags.found]
        assert names.count("script") == 3
        assert not {"img", "svg", "iframe", "b"} & set(names)
        assert [name for _, found in tags.found for name, _ in found if name.startswith("on")] == []
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", text.partition('id="data">')[0])
        shapes.add(tuple(names))
        assert data_of(hostile.home, org_id)["org_id"] == org_id
    assert len(shapes) == 1


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


def visited(hostile: Workspace, browser: Browser, names: list[str]) -> None:
    seen = Visitor(browser, pages.index_file(hostile.home))
    assert seen.page.inner_text("#organizations tfoot td") == "198 organizations"
    seen.close()
    for name in names:
        seen = Visitor(browser, pages.organization_file(hostile.home, name))
        title = seen.page.evaluate("document.querySelector('h1').textContent")
        assert title == visible(name)
        seen.page.click("#lines tbody tr:first-child button")
        agent = seen.page.inner_text("#drill-table tbody td:nth-child(2)")
        assert agent.split() == visible(name).split()
        seen.page.click("#drill-table tbody tr:first-child button")
        seen.page.wait_for_selector("text=The events sum to the charge exactly.")
        seen.close()


def charged(hostile: Workspace) -> list[str]:
    return [org for (org,) in hostile.sql("select distinct org_id from daily_usage order by 1")]


@pytest.mark.slow
@NEEDED
def test_hostile_names_are_text_in_the_browser(hostile: Workspace, browser: Browser) -> None:
    names = charged(hostile)
    shown = [name for name in names if re.search("^<img|^</script>|\u202e", name)]
    assert len(shown) == 3
    visited(hostile, browser, shown[:3])


@pytest.mark.slow
@NEEDED
def test_an_export_for_excel_leaves_no_formula(hostile: Workspace, browser: Browser) -> None:
    for name in ("=1+1", "\t=1+1"):
        seen = Visitor(browser, pages.organization_file(hostile.home, name))
        seen.page.click(".menu summary")
        cells = {}
        for what in ("charges", "charges-excel"):
            with seen.page.expect_download() as caught:
                seen.page.click(f"[data-export={what}]")
            text = Path(caught.value.path()).read_text(encoding="utf-8")
            (line,) = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
            assert text.startswith("\ufeff") == (what == "charges-excel")
            cells[what] = (line["org_id"], line["agent_id"], line["quantity"], line["credits"])
        numbers = ("1000", "0.220000000")
        assert cells["charges"] == (name, name, *numbers)
        assert cells["charges-excel"] == (f"'{name}", f"'{name}", *numbers)
        seen.close()


@NEEDED
@pytest.mark.slow
def test_all_hostile_names_are_text_in_the_browser(hostile: Workspace, browser: Browser) -> None:
    visited(hostile, browser, charged(hostile))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "between"),
    [
        ("kill before", None),  # the last one alone: the index is not what the other pages are
        *((f"kill {when}", 4) for when in ("before", "after")),
    ],
)
def test_a_killed_run_leaves_whole_pages_and_the_next_mends(
    site: Workspace, tmp_path: Path, kind: str, between: int | None
) -> None:
    site.log(
        "b.parquet", row(event_id="2", event_time=NOON + DAY), row(event_id="3", org_id="initech")
    )
    lot = random.Random(kind)
    undisturbed = site.copied(tmp_path / "undisturbed")
    with Killer() as killer:
        ended = killer.run(undisturbed)
        assert ended.code == 0, ended.said
        renames = [n for n, path in enumerate(ended.paths, 1) if "/home/pages/" in path]
        # events of two dates, three pages, the events of a version gone, the index
        assert len(renames) == 7
        index = renames[-1]
        assert ended.paths[index - 1].endswith("/index.html")
        expected = bytes_of(undisturbed.home)
        more = () if between is None else (renames[0], *lot.sample(renames[1:-1], between))
        for nth in sorted({*more, index}):
            copy = site.copied(tmp_path / f"{kind} {nth}")
            ended = killer.run(copy, Fault(RENAME, nth, kind))
            assert ended.code == -signal.SIGKILL
            for page in (
                *(copy.home.pages / "organizations").iterdir(),
                pages.index_file(copy.home),
            ):
                assert page.read_text(encoding="utf-8").endswith(" -->\n")
            assert killer.run(copy).code == 0
            is_whole(copy)
            assert bytes_of(copy.home) == expected


@pytest.mark.slow
def test_pages_are_left_out_and_caught_up_with(tmp_path: Path) -> None:
    write_log(tmp_path / "inbox" / "a.parquet", [row()])
    book = write_card(tmp_path / "book")
    asked = ("run", "--logs", "inbox", "--rates", book, "--json")
    assert creditmill(*asked, "--no-pages", cwd=tmp_path).returncode == 0
    home = Home(tmp_path / "home")
    assert not home.pages.exists()
    shown = creditmill("open", "--no-browser", "--org", "acme", cwd=tmp_path)
    assert shown.stdout.decode().splitlines() == [
        str(pages.organization_file(home, "acme")),
        "total: 0.220000000 credits",
    ]
    before = written(home)
    write_log(tmp_path / "inbox" / "b.parquet", [row(event_id="2")])
    assert creditmill(*asked, cwd=tmp_path, env={"CREDITMILL_PAGES": "no"}).returncode == 0
    assert written(home) == before
    assert not pages.are_current(home)
    assert creditmill(*asked, cwd=tmp_path).returncode == 0
    assert pages.are_current(home)
    assert credits_of(home, "acme") == Decimal("0.44")
    unknown = creditmill("open", "--no-browser", "--org", "acm", cwd=tmp_path)
    assert unknown.returncode == 2
    assert "'acm' has no page" in unknown.stderr.decode()
