"""A page in one file: it shows what the page shows, loads nothing, and `verify --page` proves it."""

import json
import re
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from pricing_assets.catalog import build
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.db import connection as duck
from pricing_assets.home import closings, prune
from pricing_assets.home.as_of import HomeAsOf, Moment
from pricing_assets.pages import proof
from pricing_assets.pages import single as single_page
from pricing_assets.pages.organization import DATA
from pricing_assets.pages.single import Make
from tests.support.browser import ONLY_CHROMIUM, Visitor
from tests.support.command import creditmill
from tests.support.many_sides import FEB_4, many_sides
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


@pytest.fixture(scope="module")
def make() -> Make:
    """Makes each page of a state of a home once."""
    pages: dict[str, bytes | None] = {}

    def made(then: HomeAsOf, org_id: str) -> bytes | None:
        state = f"{then.path} {org_id} {Moment.of(then)}"
        if state not in pages:
            pages[state] = single_page.made(
                then, org_id, build=build.write_as_of, limits=duck.Limits()
            )
        return pages[state]

    return made


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
        ('"0.500000000"', '"0.400000000"', 'is "0.400000000", where the home had "0.500000000"'),
        ('"correction":1', '"correction":2', "corrected[0].correction is 2, where the home had 1"),
        ('"closed_through": "2026-02-03"', '"closed_through": "2026-02-04"', "closed_through is"),
        ("<style>", "<style> ", "its text, style or script is not what"),
        ("<main>", "<main> ", "its text, style or script is not what"),
        ("halfEven(n, d) {", "halfEven(n, d) { return 0n;", "its text, style or script is not what"),
        ('"output_digest": "', '"output_digest": "0', "versions[0].output_digest is"),
        ('"digest": "', '"digest": "0', "digest is"),
        ('"line": ', '"line": 1', "the home's journal has no line"),
        ('"events": {}', '"events":  {}', "its data is not written as"),
    ],
)  # fmt: skip
def test_a_page_that_was_changed_is_found_out(
    mixed: Workspace, make: Make, single: Path, tmp_path: Path, was: str, is_now: str, differs: str
) -> None:
    html = single.read_text(encoding="utf-8")
    assert was in html
    file = tmp_path / "changed.html"
    file.write_text(html.replace(was, is_now, 1), encoding="utf-8")
    found = proof.prove(mixed.home, file, make)
    assert any(differs in one for one in found.differences), found


def test_the_command_names_what_differs(mixed: Workspace, single: Path, tmp_path: Path) -> None:
    file = tmp_path / "changed.html"
    html = single.read_text(encoding="utf-8")
    file.write_text(html.replace('"quarantined": ', '"quarantined": 9', 1), encoding="utf-8")
    code, found, said = verified(mixed, file)
    assert (code, len(found["differences"])) == (1, 1)
    assert found["differences"][0].startswith("total.quarantined is 9")
    assert found["differences"][0] in " ".join(said.split())
    assert "acme, 3 versions, 69 charges: 1 difference.\n" in said


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of each value that holds no other."""
    below = value.items() if isinstance(value, dict) else enumerate(value)
    for name, one in below:
        if isinstance(one, dict | list) and one:
            yield from leaves(one, (*path, name))
        else:
            yield *path, name


def other(value: Any) -> Any:
    """A value of the same kind that is another."""
    if isinstance(value, bool) or value is None:
        return not value
    return value + 1 if isinstance(value, int) else f"{value}0" if isinstance(value, str) else [1]


@pytest.mark.parametrize(
    ("org_id", "sizes"),
    [("initech", (1, 1)), pytest.param("acme", (3, 69), marks=pytest.mark.slow)],
)
def test_no_value_of_a_page_can_be_changed_or_left_out(
    mixed: Workspace, make: Make, tmp_path: Path, org_id: str, sizes: tuple[int, int]
) -> None:
    """Each value of a small page, and one of each kind of a large one."""
    file = tmp_path / "page.html"
    single_page.write(mixed.home, org_id, file, make)
    assert proof.prove(mixed.home, file, make) == proof.Proof(org_id, *sizes)
    before, data, rest = file.read_text(encoding="utf-8").partition(DATA.decode())
    text, end, after = rest.partition("</script>")
    shown = json.loads(text)
    paths = {
        tuple(name if isinstance(name, str) or org_id == "initech" else 0 for name in path): path
        for path in leaves(shown)
    }
    assert len(paths) > 60
    for path in paths.values():
        for change in (other, None):
            changed = json.loads(text)
            at = changed
            for name in path[:-1]:
                at = at[name]
            if change is None:
                del at[path[-1]]
            else:
                at[path[-1]] = change(at[path[-1]])
            written = json.dumps(changed, ensure_ascii=False)
            file.write_text(before + data + written + end + after, encoding="utf-8")
            try:
                found = proof.prove(mixed.home, file, make)
            except ConfigurationError:
                assert path[0] in ("as_of", "org_id")
            else:
                is_plain = path[0] not in ("as_of", "org_id")
                name = str(path[0])
                assert found.differences or found.unproved, path
                assert any(name in one for one in found.differences) or not is_plain, path


def test_what_is_not_there_any_more_is_not_proved(
    mixed: Workspace, make: Make, single: Path, tmp_path: Path
) -> None:
    """A blocked attempt that another took the place of is in no record; what is closed is."""
    html = single.read_text(encoding="utf-8")
    named = re.search(r'"blocked": \{"2026-02-05": "(\w+)"', html)
    assert named is not None
    for change, differences in (
        ((), 0),
        (('"closed_through": "2026-02-03"', '"closed_through": null'), 1),
        (("<style>", "<style> "), 1),
    ):
        file = tmp_path / "page.html"
        text = html.replace(named[1], "0" * 64)
        file.write_text(text.replace(*change) if change else text, encoding="utf-8")
        found = proof.prove(mixed.home, file, make)
        assert len(found.differences) == differences, found
        assert found.unproved[0] == "2026-02-05: the blocked attempt that the page names is gone"
        assert "quarantined_rows" in found.unproved[-1]


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
    assert found["notes"][0] == "1 correction booked since"
    assert found["notes"][1].startswith("credits: 50.225500000 on the page, ")
    with copy.home.lock():
        closings.close(copy.home, date(2026, 2, 4), "invoiced", [])
    code, found, _ = verified(copy, single)
    assert (code, found["differences"], found["unproved"]) == (0, [], [])
    assert found["notes"][-1] == "closed through: 2026-02-03 on the page, 2026-02-04 today"


@pytest.mark.slow
def test_a_page_of_a_version_that_was_pruned_is_not_proved(
    mixed: Workspace, single: Path, tmp_path: Path
) -> None:
    copy = mixed.copied(tmp_path / "copy")
    copy.log("more.parquet", row(event_id="more", event_time=FEB_4))
    copy.run()
    fresh = partial(single_page.made, build=build.write_as_of, limits=duck.Limits())
    found = proof.prove(copy.home, single, fresh)
    assert (found.differences, found.unproved) == ([], [])
    since = "2026-02-04: version 2 has taken the place of version 1 since"
    assert since in found.notes
    with copy.home.lock():
        prune.prune(copy.home, prune.prunable(copy.home, versions=True, grace_days=-1))
    found = proof.prove(copy.home, single, fresh)
    assert found.differences == []
    assert found.unproved[0] == "2026-02-04: the version of then was pruned"
    assert "daily" in found.unproved[-1]


def test_what_is_no_such_page_is_told(mixed: Workspace, tmp_path: Path) -> None:
    for file, said in (
        (mixed.home.pages / "index.html", "is not a page in one file"),
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
