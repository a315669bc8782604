"""A page in one file: it shows what the page shows, loads nothing, and `verify --page` proves it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.support.browser import ONLY_CHROMIUM, Visitor
from tests.support.command import creditmill
from tests.support.many_sides import many_sides
from tests.support.workspace import Workspace, row


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return many_sides(tmp_path_factory.mktemp("mixed"))


@pytest.fixture(scope="module")
def single(mixed: Workspace) -> Path:
    file = mixed.folder / "acme.html"
    done = creditmill(
        "open", "--org", "acme", "--single", file, "--home", mixed.home.path, cwd=mixed.folder
    )
    assert (done.returncode, done.stdout.decode().strip()) == (0, str(file))
    return file


def verified(mixed: Workspace, file: Path) -> tuple[int, dict[str, Any], str]:
    arguments = ("verify", "--page", file, "--home", mixed.home.path)
    said = creditmill(*arguments, cwd=mixed.folder)
    as_json = creditmill(*arguments, "--json", cwd=mixed.folder)
    assert said.returncode == as_json.returncode
    return said.returncode, json.loads(as_json.stdout), (said.stdout + said.stderr).decode()


@ONLY_CHROMIUM
def test_a_page_in_one_file_shows_all_and_loads_nothing(
    browser: Browser, single: Path, tmp_path: Path
) -> None:
    moved = tmp_path / "mailed.html"
    moved.write_bytes(single.read_bytes())
    seen = Visitor(browser, moved)
    assert seen.page.text_content("#credits .digits") == "50.225500000"
    assert seen.page.text_content("#adds").count("✓") == 5
    assert len(seen.requests) == 1
    seen.close()
    html = single.read_text(encoding="utf-8")
    assert "unsafe" not in html.partition("<title>")[0]
    assert re.findall(r'(?:src|href)="', html.partition("<style>")[0]) == []


def test_a_page_that_came_back_is_proved(mixed: Workspace, single: Path) -> None:
    code, found, said = verified(mixed, single)
    assert (code, found["differences"], found["notes"]) == (0, [], [])
    charges = mixed.sql("select count(*) from charges where org_id = 'acme'")[0][0]
    assert (found["org_id"], found["versions"], found["charges"]) == ("acme", 3, charges)
    assert said.endswith(f"acme, 3 versions, {charges} charges: as published.\n")


def test_every_kind_of_usage_is_proved_what_costs_nothing_too(sample: Path, tmp_path: Path) -> None:
    of = ("--home", sample / "home")
    file = tmp_path / "northwind.html"
    assert (
        creditmill(
            "open", "--org", "northwind-clinics", "--single", file, *of, cwd=sample
        ).returncode
        == 0
    )
    done = creditmill("verify", "--page", file, *of, cwd=sample)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().endswith(
        "northwind-clinics, 3 versions, 226 charges: as published.\n"
    )


@pytest.mark.parametrize(
    ("was", "is_now", "differs"),
    [
        ('"0.500000000"', '"0.400000000"', "2026-02-04: its charges are not those of version 1"),
        ('"correction": 1', '"correction": 2', "2026-02-03: the home has not booked its correction"),
        ("<main>", "<main> ", "its text, style or script is not what"),
        ("halfEven(n, d) {", "halfEven(n, d) { return 0n;", "its text, style or script is not what"),
        ('"output_digest": "', '"output_digest": "0', "the home has no version 1 with the digest"),
        ('"total": {"credits": "50', '"total": {"credits": "51', "it says 51.225500000 credits"),
    ],
)  # fmt: skip
def test_a_page_that_was_changed_is_found_out(
    mixed: Workspace, single: Path, tmp_path: Path, was: str, is_now: str, differs: str
) -> None:
    html = single.read_text(encoding="utf-8")
    assert was in html
    file = tmp_path / "changed.html"
    file.write_text(html.replace(was, is_now, 1), encoding="utf-8")
    code, found, said = verified(mixed, file)
    assert code == 1
    assert any(differs in one for one in found["differences"]), found
    assert differs in " ".join(said.split())


@pytest.mark.slow
def test_a_page_of_versions_that_others_took_the_place_of_is_still_proved(
    mixed: Workspace, single: Path, tmp_path: Path
) -> None:
    copy = mixed.copied(tmp_path / "copy")
    copy.log(
        "much.parquet", *(row(event_id=f"z{n}", event_time=row()["event_time"]) for n in range(3))
    )
    copy.run()
    code, found, _ = verified(copy, single)
    assert (code, found["differences"]) == (0, [])
    assert found["notes"] == ["1 correction booked since"]


def test_what_is_no_such_page_is_told(mixed: Workspace, tmp_path: Path) -> None:
    for file, said in (
        (mixed.home.pages / "index.html", "is no page in one file"),
        (tmp_path / "gone", "cannot be read"),
    ):
        done = creditmill("verify", "--page", file, "--home", mixed.home.path, cwd=tmp_path)
        assert done.returncode == 2
        assert said in " ".join(done.stderr.decode().split())
    for arguments, said in (
        (("--single", tmp_path / "a"), "needs --org"),
        (("--org", "x", "--single", tmp_path / "a"), "has no page"),
    ):
        done = creditmill("open", *arguments, "--home", mixed.home.path, cwd=tmp_path)
        assert done.returncode == 2
        assert said in " ".join(done.stderr.decode().split())
