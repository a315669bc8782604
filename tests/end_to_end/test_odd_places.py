"""Homes, inboxes, rate books and logs under odd names: each works whole, or is refused before
anything is published; and what cannot be written is replaced, never a traceback."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pricing_assets.common.errors import ConfigurationError
from pricing_assets.home import Home
from pricing_assets.home.opening import RequestedSettings, open_home
from pricing_assets.intake import inbox_scan
from pricing_assets.intake import take_in as intake
from pricing_assets.intake.arrivals import IngestOptions
from pricing_assets.rates import books as rates
from pricing_assets.rates.book_names import book_folder
from tests.support.command import BOOK, ROOT, creditmill, write_openai_log
from tests.support.workspace import LIMITS, READER, RECEIVED, Workspace, row, write_card, write_log

ODD = [
    *(
        "a b",
        " lead",
        "trail ",
        "it's",
        'q"uote',
        "st*r",
        "**",
        "[br]",
        "]",
        "{a,b}",
        "(x)",
        "null",
    ),
    *("new\nline", "tab\there", "\x1b[31mred", "\x7f", "per%20cent", "%s", "%", "$HOME", "${x}"),
    *(
        "semi;colon",
        "`id`",
        "&",
        "|",
        "<>",
        "#hash",
        "!",
        "-rf",
        "--home",
        "~",
        "~root",
        "a.parquet",
    ),
    *("é", "e\u0301", "用量", "🙂", "שלום", "\u202eevil", "\u2028", "a:b", "file:x", "=1+1", "@x"),
    *("a,b", "a=b", "usage_date=2026-01-01", "[bold]x[/]", "[/]", "x" * 200, ".hidden", "_under"),
]
NOT_TEXT = os.fsdecode(b"not \xff utf-8")
"""A name that is not UTF-8."""
# As a home; DuckDB, which opens its files, takes each for something else.
REFUSED = ["what?", NOT_TEXT, "back\\slash", "a\\", "C:\\x"]


def inside(folder: Path, name: str) -> Path:
    """A path whose last part is the name, as bytes, whatever it means elsewhere."""
    return Path(os.fsdecode(os.fsencode(folder) + b"/" + os.fsencode(name)))


def test_a_home_of_odd_names_is_published_and_read(workspace: Workspace) -> None:
    """All of them, one in the other."""
    workspace.log("a.parquet", row())
    workspace = replace(workspace, name="/".join(ODD))
    assert workspace.run().states() == {"2026-02-03": ("published", 1)}
    assert workspace.sql("select sum(credits)::varchar from charges") == [("0.220000000",)]


@pytest.mark.slow
@pytest.mark.parametrize("name", ODD)
def test_a_home_of_an_odd_name_is_published_and_read(workspace: Workspace, name: str) -> None:
    workspace.log("a.parquet", row())
    workspace = replace(workspace, name=name)
    assert workspace.run().states() == {"2026-02-03": ("published", 1)}
    assert workspace.sql("select sum(credits)::varchar from charges") == [("0.220000000",)]


@pytest.mark.parametrize("name", REFUSED)
def test_a_home_that_duckdb_cannot_open_is_refused_before_anything_is_made(
    tmp_path: Path, name: str
) -> None:
    write_openai_log(tmp_path / "inbox" / "a.parquet")
    for command in (("run", "--logs", "inbox"), ("status",), ("verify",), ("open",)):
        done = creditmill(*command, f"--home={name}", cwd=tmp_path)
        assert done.returncode == 2
        assert "name it differently" in done.stderr.decode()
    assert [path.name for path in tmp_path.iterdir()] == ["inbox"]


def test_inboxes_and_logs_of_odd_names_are_ingested(workspace: Workspace) -> None:
    """And met again, under the same names, from a home that is opened anew."""
    names = [*ODD, *REFUSED]
    for n, name in enumerate(names):
        shown = f"{name}.parquet" if len(name) < 200 else f"{name[:100]}.parquet"
        file = inside(inside(workspace.folder / "in", name), shown)
        write_log(file, [row(event_id=f"{n}")])
    home = workspace.home
    with home.lock():
        terms = open_home(home, RequestedSettings(books=(str(workspace.books[0]),)))
        logs = [inside(workspace.folder / "in", name) for name in names]
        found = [log for folder in logs for log in inbox_scan.scan(folder, home).names]
        assert len(found) == len([name for name in names if not name.startswith((".", "_"))])
        for _ in range(2):
            became = intake.take_in(
                home,
                found,
                terms,
                IngestOptions(limits=LIMITS, received_at=RECEIVED, reader=READER),
                workspace.folder / "in",
            )
            assert not became.rejected
        assert became.known == len(found) == len(home.all_receipts())


def test_books_of_odd_names_are_read_and_named_in_the_home(tmp_path: Path) -> None:
    for n, name in enumerate([*ODD, "back\\slash", "what?"]):
        book = write_card(inside(tmp_path / "books", name))
        home = Home(tmp_path / f"home {n}")
        with home.lock():
            open_home(home, RequestedSettings(books=(str(book),)))
        (named,) = home.settings().books
        assert book_folder(named) == book
        assert len(rates.load([book_folder(named)]).books) == 1
    with pytest.raises(ConfigurationError, match="not UTF-8 text"):
        book_folder(str(write_card(inside(tmp_path / "books", NOT_TEXT))))


@pytest.mark.slow
def test_every_command_works_in_a_home_of_odd_names(tmp_path: Path) -> None:
    """All of them, one in the other; with a book and an inbox so, too."""
    home = Path("home", *(f"./{name}" for name in ODD))
    logs = Path("in", *(f"./{name}" for name in ODD))
    book = shutil.copytree(BOOK, tmp_path / "book" / Path(*(f"./{name}" for name in ODD)))
    for n, name in enumerate(ODD):
        write_openai_log(tmp_path / logs / f"{n} {name[:100]}.parquet")
    write_openai_log(tmp_path / logs / "bad.parquet", model="nobody's", rows=1)
    run = ("run", f"--logs={logs}", f"--home={home}", f"--rates={book}")
    assert creditmill(*run, cwd=tmp_path).returncode == 0
    out = tmp_path / "out" / ODD[0] / ODD[12]
    for command in (
        *(("run",), ("status",), ("status", "--json"), ("verify", "--recompute"), ("quarantine",)),
        *(("export", "2026-03", f"--to={out}"), ("open", "--no-browser"), ("charges",)),
        *(("explain", "2026-03-02", "--org", "acme"), ("refresh",), ("closings",), ("repeats",)),
    ):
        done = creditmill(*command, f"--home={home}", cwd=tmp_path)
        assert done.returncode == 0, (command, done.stderr)


ENCODINGS = [
    {"PYTHONIOENCODING": "ascii"},
    pytest.param({"PYTHONIOENCODING": "latin-1"}, marks=pytest.mark.slow),
    pytest.param({"LC_ALL": "C"}, marks=pytest.mark.slow),
    # as on cron before Python 3.7
    pytest.param(
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, marks=pytest.mark.slow
    ),
]


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of names that few encodings can write, with rows to show and a rejected file."""
    folder = tmp_path_factory.mktemp("foreign")
    write_openai_log(folder / "inbox" / "用量 é🙂.parquet", model="модель", rows=2)
    write_openai_log(folder / "inbox" / "good.parquet", rows=30)
    (folder / "inbox" / NOT_TEXT).with_suffix(".parquet").write_bytes(b"")
    done = creditmill("run", "--logs", "inbox", "--no-pages", cwd=folder)
    assert done.returncode == 1
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("environment", ENCODINGS, ids=str)
def test_what_an_output_cannot_write_is_replaced(
    foreign: Path, environment: dict[str, str]
) -> None:
    env = {key: value for key, value in os.environ.items() if key not in ("LANG", "LC_ALL")}
    commands = "[['run', '--no-pages'], ['status'], ['quarantine'], ['status', '--json']]"
    script = (
        "import sys; from pipelines.cli import app as cli\n"
        "from tests.support.plain_judge import judged_plainly\n"
        f"with judged_plainly(): codes = [cli.main(command) for command in {commands}]\n"
        "sys.exit(codes != [1, 1, 0, 1])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=foreign,
        env=env | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    "encoding", [pytest.param(one, marks=pytest.mark.slow) for one in ("ascii", "latin-1")]
)
def test_json_is_whole_in_every_encoding(foreign: Path, encoding: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", "quarantine", "--json"],
        cwd=foreign,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=True,
    )
    (name,) = json.loads(done.stdout.decode(encoding))["unpriced"]
    assert name["model"] == "модель"
