"""Commands over a home that lost something, or of which a file is another one: refused by name."""

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.cli import app, hints
from tests.support.command import creditmill
from tests.support.workspace import NOON, Workspace, row, write_card

DAY = NOON.date()


@pytest.fixture
def two_dates(workspace: Workspace) -> Workspace:
    workspace = replace(workspace, catalog=True)
    return workspace.begin(row(), row(event_id="b", event_time=NOON + timedelta(days=1)))


@pytest.fixture(scope="module")
def _restated(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("restated")
    workspace = Workspace(folder, (write_card(folder / "book"),), catalog=True)
    workspace.begin(row(), row(event_id="b", event_time=NOON + timedelta(days=1)))
    workspace.log("late.parquet", row(event_id="late"))
    workspace.run()
    return workspace


@pytest.fixture
def restated(_restated: Workspace, tmp_path: Path) -> Workspace:
    """The same, with a second version of the first date."""
    return _restated.copied(tmp_path)


def thaw(folder: Path) -> None:
    for one in (folder, *folder.rglob("*")):
        one.chmod(0o755)


def test_no_sum_is_shown_of_a_home_that_lost_a_date(two_dates: Workspace) -> None:
    """It would be a smaller bill, with exit 0."""
    folder = two_dates.home.date_folder(DAY)
    thaw(folder)
    shutil.rmtree(folder)
    for words in (
        *(("charges",), ("what-if", two_dates.books[0]), ("quarantine",), ("repeats",)),
        *(("explain", DAY, "--org", "acme"), ("diff", DAY)),
    ):
        done = creditmill(*words, "--home", two_dates.home.path, cwd=two_dates.folder)
        assert (done.returncode, done.stdout) == (1, b""), done
        assert f"version 1 of {DAY} is missing; `creditmill restore`".encode() in done.stderr


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("receipts/[0-9a-f]*.json", "the receipt of a.parquet is missing; `creditmill restore`"),
        ("logs/*", "the log of a.parquet is missing; `creditmill restore --from PATH`"),
        (
            "journal.jsonl",
            "is missing; restore it from a copy (`creditmill restore --from BACKUP`)",
        ),
    ],
)
def test_explain_names_what_is_missing_and_what_restores_it(
    two_dates: Workspace, name: str, said: str
) -> None:
    next(two_dates.home.path.glob(name)).unlink()
    words = ("explain", DAY, "--org", "acme", "--home", two_dates.home.path)
    done = creditmill(*words, cwd=two_dates.folder)
    assert (done.returncode, done.stdout) == (1, b"")
    assert said in done.stderr.decode()


@pytest.mark.parametrize("words", [("quarantine",), ("balance",), ("compare", DAY, DAY)])
def test_a_database_that_is_missing_is_told_with_what_makes_it(
    one_row: Workspace, words: tuple[str, ...]
) -> None:
    one_row.home.catalog.unlink(missing_ok=True)
    done = creditmill(*words, "--home", one_row.home.path, cwd=one_row.home.path)
    assert done.returncode == 1
    cure = f"credits.duckdb is missing; `creditmill refresh --home {one_row.home.path}` makes it"
    assert cure in done.stderr.decode()


def test_an_error_that_nobody_foresaw_names_what_is_damaged_in_the_home(
    restated: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And where nothing is, it is a bug, and stays as it is."""
    monkeypatch.setattr(hints, "opened", [restated.home.path])
    assert app._message_of(KeyError("usd")) is None
    folder = restated.home.date_folder(DAY) / "0002"
    thaw(folder)
    shutil.copyfile(folder / "own_key.parquet", folder / "charges.parquet")
    assert f"{DAY}/0002/charges.parquet: " in str(app._message_of(KeyError("usd")))


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("explain", str(DAY), "--org", "acme"), "charges.parquet"),
        (("quarantine",), "quarantine.parquet"),
        (("diff", str(DAY)), "charges.parquet"),
        (("refresh",), "daily_usage.parquet"),
    ],
)
def test_a_table_in_the_place_of_another_is_named(
    restated: Workspace, words: tuple[str, ...], name: str
) -> None:
    """Whatever error a library makes of columns that are not there."""
    folder = restated.home.date_folder(DAY) / "0002"
    thaw(folder)
    shutil.copyfile(folder / "own_key.parquet", folder / name)
    done = creditmill(*words, "--home", restated.home.path, cwd=restated.folder)
    assert done.returncode == 1, done
    assert f"{DAY}/0002/{name}: ".encode() in done.stderr
    assert b"restore" in done.stderr
