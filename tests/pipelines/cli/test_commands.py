"""The command as a user runs it: what it prints, what it publishes, what it exits with."""

import errno
import json
import os
import re
import shutil
import subprocess
import sys
import time
import venv
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.command import BOOK, ROOT, creditmill, write_openai_log
from tests.support.workspace import NOON, STRICT, Workspace, row

HEAVY = {"dagster", "great_expectations", "polars", "duckdb", "pandas", "pyarrow"}
DAYS = ("2026-01-31", "2026-02-01", "2026-02-02", "2026-02-03")
TOTAL = "11835.023043129"


@pytest.fixture
def own(sample: Path, tmp_path: Path) -> Path:
    """A copy of that folder, to change."""
    shutil.copytree(sample, tmp_path / "own", symlinks=True)
    return tmp_path / "own"


def test_a_home_that_was_moved_works_where_it_is(sample: Path, own: Path) -> None:
    """The databases' views go by a variable: nothing has to be made anew first."""
    for words in (
        ("verify",),
        ("quarantine",),
        ("charges",),
        ("status",),
        ("open", "--no-browser"),
    ):
        done = creditmill(*words, cwd=own)
        assert done.returncode == 0, done.stderr.decode()
        assert (
            done.stdout.replace(bytes(own), bytes(sample)) == creditmill(*words, cwd=sample).stdout
        )
    assert creditmill("refresh", cwd=own).returncode == 0
    assert creditmill("verify", cwd=own).returncode == 0


def test_help_is_light_and_teaches(tmp_path: Path) -> None:
    script = (
        "import resource, sys; from pipelines.cli.app import main; main(['run', '--help']);"
        " print(sorted({name.split('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert not HEAVY & set(re.findall(r"'(\w+)'", done.stderr))
    for option in ("--logs", "--rates", "--home", "--day", "--from", "--to", "--timezone"):
        assert option in done.stdout


def test_a_run_with_nothing_new_imports_neither_dagster_nor_great_expectations(
    sample: Path,
) -> None:
    script = (
        "import sys; from pipelines.cli.app import main; code = main(['run']);"
        " print(sorted({name.split('.')[0] for name in sys.modules}), file=sys.stderr);"
        " sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=sample,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Nothing changed: 4 dates up to date, 17 logs known." in done.stdout
    assert not {"dagster", "great_expectations", "polars"} & set(
        re.findall(r"'(\w+)'", done.stderr)
    )


@pytest.mark.slow
def test_new_logs_that_touch_no_date_are_ingested_and_not_known(workspace: Workspace) -> None:
    """Nor is a date that was not asked for up to date."""

    def headline(*more: str) -> str:
        words = ("run", "--logs", workspace.inbox, "--home", workspace.home.path, *more)
        done = creditmill(*words, "--rates", workspace.books[0], cwd=workspace.folder)
        return done.stdout.decode().split("\n")[0]

    workspace.log("undated.parquet", row(event_time=None))
    assert headline() == (
        "No date changed: 0 dates up to date, 1 log ingested (without a usage date)."
    )
    assert headline() == "Nothing changed: 0 dates up to date, 1 log known."
    workspace.log("empty.parquet")
    workspace.log("dated.parquet", row())
    assert headline("--day", "2026-03-01") == (
        "No date changed: 0 dates up to date, 2 logs ingested (1 of them without a usage date),"
        " 1 log known."
    )


@pytest.mark.slow
def test_a_run_that_nobody_records_publishes_without_dagster(workspace: Workspace) -> None:
    workspace.log("a.parquet", row())
    words = ["run", "--logs", workspace.inbox, "--home", workspace.home.path]
    words += ["--rates", workspace.books[0], "--quarantine-limit", "1"]
    script = (
        "import sys; from pipelines.cli.app import main\n"
        "from tests.support.plain_judge import judged_plainly\n"
        f"with judged_plainly(): code = main({[str(w) for w in words]})\n"
        "print('dagster' in sys.modules, file=sys.stderr); sys.exit(code)"
    )
    env = {name: value for name, value in os.environ.items() if name != "DAGSTER_HOME"}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.endswith("False\n")
    assert workspace.versions() == {NOON.date().isoformat(): [1]}


def test_the_sample_gives_the_expected_files(sample: Path) -> None:
    for day in DAYS:
        version = sample / "home" / "reports" / f"usage_date={day}" / "current"
        assert os.readlink(version) == "0001"
        expected = ROOT / "tests" / "expected" / f"daily_usage-{day}.csv"
        assert (version / "daily_usage.csv").read_bytes() == expected.read_bytes()
    first = sample / "home" / "reports" / "usage_date=2026-02-01" / "0001" / "charges.csv"
    assert first.read_bytes() == (ROOT / "tests/expected/charges-2026-02-01.csv").read_bytes()


def test_every_planted_row_of_the_sample_ends_as_planted(sample: Path) -> None:
    with duckdb.connect(str(sample / "home" / "credits.duckdb"), read_only=True) as con:
        outcomes = dict(
            con.execute("select outcome, sum(rows)::int from account group by outcome").fetchall()
        )
    assert outcomes == {
        "rated": 29474,
        "duplicate": 144,
        "not_billable": 70,
        "superseded": 1,
        "missing_event_time": 6,
        "event_time_in_future": 3,
        "missing_event_id": 6,
        "missing_org_id": 6,
        "unknown_billing_type": 6,
        "unknown_key_mode": 6,
        "bad_quantity": 9,
        "unexpected_quantity": 6,
        "missing_quantity": 6,
        "conflicting_duplicate": 2,
        "no_rate_card": 6,
        "not_offered": 6,
        "no_rate": 12,
    }


def test_the_run_prints_dates_organizations_and_what_to_do(sample: Path) -> None:
    out, err = (sample / "out.txt").read_text(), (sample / "err.txt").read_text()
    assert re.search(r"2026-02-02 +published +1 +11,685 +4,628\.328181764 +100 +21", out)
    assert "11,835.023043129" in out
    assert "\x1b" not in out + err
    assert "missing_snapshot: lumen-education syllabus" in err
    assert "llm,OpenAI,gpt-4o,GPT-4o-128k" in err
    assert "creditmill quarantine" in err


def test_open_shows_the_total_of_the_tables(sample: Path) -> None:
    done = creditmill("open", "--no-browser", cwd=sample)
    page, total = done.stdout.decode().splitlines()
    assert total == f"total: {Decimal(TOTAL):,f} credits"
    shown = re.search(r'id="total-credits">([0-9.,]+)<', Path(page).read_text())
    assert shown
    assert shown[1] == f"{Decimal(TOTAL):,f}"
    assert "0E-" not in Path(page).read_text()


def test_status_and_its_json_say_the_same(sample: Path) -> None:
    out = creditmill("status", cwd=sample).stdout.decode()
    told = json.loads(creditmill("status", "--json", cwd=sample).stdout)
    assert [date["usage_date"] for date in told["dates"]] == list(DAYS)
    for date in told["dates"]:
        assert date["state"] == "current"
        assert re.search(
            rf"{date['usage_date']} +current(, \d+ % quarantined)? +1 .*"
            rf"{Decimal(date['credits']):,f}",
            out,
        )


def test_verify_names_a_changed_byte(own: Path) -> None:
    file = own / "home/reports/usage_date=2026-02-02/0001/charges.csv"
    file.chmod(0o644)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    done = creditmill("verify", "2026-02-02", cwd=own)
    assert done.returncode == 1
    assert str(file) in done.stderr.decode()
    other = creditmill("verify", "2026-02-01", cwd=own)  # what was here must be here, of all dates
    assert other.returncode == 1
    assert str(file) in other.stderr.decode()


@pytest.mark.slow
def test_quarantine_explains_each_reason(sample: Path) -> None:
    told = json.loads(creditmill("quarantine", "2026-02-03", "--json", cwd=sample).stdout)
    by_reason = {row["reason"]: row for row in told["quarantine"]}
    assert by_reason["conflicting_duplicate"]["rows"] == 2
    assert by_reason["bad_quantity"]["credits_at_stake"] is not None
    for entry in told["quarantine"]:
        assert entry["fix"]
        assert entry["file_name"].endswith(".parquet")
    everything = creditmill("quarantine", cwd=sample).stdout.decode()
    assert "event_time_in_future" in everything


@pytest.mark.slow
def test_good_files_are_published_and_bad_ones_named(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    write_openai_log(inbox / "good.parquet")
    write_openai_log(inbox / "deep" / "a [1] 'x'.parquet")
    whole = (inbox / "good.parquet").read_bytes()
    (inbox / "truncated.parquet").write_bytes(whole[: len(whole) // 2])
    (inbox / "empty.parquet").write_bytes(b"")
    pq.write_table(pa.table({"event_id": ["1"]}), inbox / "schema.parquet")
    arguments = ("run", "--logs", inbox, "--rates", BOOK, "--home", tmp_path / "h", "--no-pages")
    done = creditmill(*arguments, "--json", cwd=tmp_path)
    told = json.loads(done.stdout)
    assert done.returncode == 1
    assert {log["file_name"] for log in told["taken_in"]} == {"good.parquet", "a [1] 'x'.parquet"}
    assert {Path(bad["path"]).name: bad["reason"] for bad in told["rejected"]} == {
        "truncated.parquet": "unreadable",
        "empty.parquet": "empty_file",
        "schema.parquet": "wrong_schema",
    }
    assert [(date["state"], date["credits"]) for date in told["dates"]] == [
        ("published", "1.320000000")
    ]
    # The same files again: nothing new, and exit 1 as long as they lie there.
    again = creditmill(*arguments, cwd=tmp_path)
    assert "Nothing changed" not in again.stdout.decode()
    assert "3 files rejected" in again.stdout.decode()
    for said in (again, creditmill("status", "--home", "h", cwd=tmp_path)):
        assert said.returncode == 1
        assert "empty.parquet" in said.stderr.decode()
    assert creditmill("run", "--home", "h", cwd=tmp_path).returncode == 1  # wherever it looks
    told = json.loads(creditmill("status", "--home", "h", "--json", cwd=tmp_path).stdout)
    assert len(told["rejected"]) == 3
    # Sent again, moved away, renamed: nothing is left to fix.
    write_openai_log(inbox / "truncated.parquet", rows=1)
    (inbox / "empty.parquet").unlink()
    (inbox / "schema.parquet").rename(inbox / "_schema.parquet")
    assert creditmill(*arguments, cwd=tmp_path).returncode == 0
    again = creditmill(*arguments, cwd=tmp_path)
    assert again.returncode == 0
    assert "Nothing changed" in again.stdout.decode()
    assert "1 file is hidden" in again.stderr.decode()
    assert creditmill("status", "--home", "h", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("names", "says"),
    [
        ((), "it is empty"),
        (("a.csv", "b.jsonl", "deep/c.csv"), "3 files are not Parquet: .csv, .jsonl"),
        (("A.PARQUET", "b.parquet.gz"), "2 files are not named *.parquet: .PARQUET, .parquet.gz"),
        (("_a.parquet", ".b.parquet"), "2 files are hidden"),
        (("_temporary/0/a.parquet",), "1 folder is hidden"),
    ],
)
def test_an_inbox_without_a_log_is_never_nothing_changed(
    tmp_path: Path, names: tuple[str, ...], says: str
) -> None:
    (tmp_path / "inbox").mkdir()
    for name in names:
        (tmp_path / "inbox" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "inbox" / name).write_bytes(b"x")
    arguments = ("run", "--logs", "inbox", "--home", "h", "--no-pages")
    done = creditmill(*arguments, cwd=tmp_path)
    assert done.returncode == 1
    assert "Nothing changed" not in done.stdout.decode()
    assert says in re.sub(r"\s+", " ", done.stderr.decode())


def test_a_pattern_that_names_no_log_is_told_with_what_it_missed(tmp_path: Path) -> None:
    write_openai_log(tmp_path / "inbox" / "a.parquet")
    arguments = ("run", "--logs", "inbox/b*.parquet", "--home", "h", "--no-pages")
    done = creditmill(*arguments, cwd=tmp_path)
    assert done.returncode == 1
    assert (
        f"no usage log (*.parquet) in {tmp_path}/inbox/b*.parquet: the pattern matches nothing;"
        f" 1 log that it does not name lies in {tmp_path}/inbox"
    ) in re.sub(r"\s+", " ", done.stderr.decode())


def test_an_inbox_that_was_emptied_is_told_and_no_fault(tmp_path: Path) -> None:
    """Some move a log away once it was ingested."""
    write_openai_log(tmp_path / "inbox" / "a.parquet")
    arguments = ("run", "--logs", "inbox", "--home", "h", "--no-pages")
    assert creditmill(*arguments, cwd=tmp_path).returncode == 0
    (tmp_path / "inbox" / "a.parquet").unlink()
    done = creditmill(*arguments, cwd=tmp_path)
    assert done.returncode == 0
    assert "No usage log in" in done.stdout.decode()
    assert "it is empty" in done.stderr.decode()


@pytest.mark.slow
def test_a_relative_inbox_is_one_of_each_folder(tmp_path: Path) -> None:
    """Files of one name, size and time, and one home."""
    for n, folder in enumerate(("one", "two")):
        write_openai_log(tmp_path / folder / "inbox" / "a.parquet", rows=n + 1)
        bad = tmp_path / folder / "inbox" / "bad.parquet"
        bad.write_bytes(b"x" * (n + 3))
        os.utime(bad, (1, 1))
        arguments = ("run", "--logs", "inbox", "--home", "../h", "--json", "--no-pages")
        told = json.loads(creditmill(*arguments, cwd=tmp_path / folder).stdout)
        assert [log["rows"] for log in told["taken_in"]] == [n + 1]
        assert [bad["path"] for bad in told["rejected"]] == [str(bad)]
    told = json.loads(creditmill("status", "--home", "h", "--json", cwd=tmp_path).stdout)
    assert len(told["rejected"]) == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("run", "--timezone", "Europe/Berlin"), "was made with time zone UTC"),
        (("run", "--dimensions", "team"), "was made with dimensions agent_id"),
        (("run", "--rates", str(BOOK)), "--restate"),
        (("run", "--rates", "nowhere"), "is not a folder"),
        (("run", "--rates", "~nobody/rates"), "is not a folder"),
        (("run", "--logs", "nowhere"), "is not a folder"),
        (("run", "--logs", "nowhere", "--home", "new"), "is not a folder"),
        (("status", "--home", "new"), "is not a creditmill home yet"),  # none was made for no logs
        (("run", "--day", "2026-02-01", "--from", "2026-02-01"), "not both"),
        (("run", "--from", "2026-02-03", "--to", "2026-02-01"), "lies after"),
        (("run", "--quarantine-limit", "7"), "share from 0 to 1"),
        (("run", "--memory-limit", "many"), "is not a size"),
        (("run", "--example"), "Unknown option"),
        (("run", "--day", "2026-99-01"), "--day '2026-99-01' is not a date; write one like 2026"),
        (("explain", "2026-13-01"), "✗ '2026-13-01' is not a date; write one like 2026-02-03"),
        (("balance", "--on", "May"), "--on 'May' is not a date; write one like 2026-02-03"),
        (("repeats", "--within", "x"), "--within 'x' is not a whole number; write one like 7"),
        (("explain", "2026-02-03"), "`creditmill explain` needs --org; for example `creditmill ex"),
        (("close", "foo"), "needs --through; for example `creditmill close --through 2026-02-28 "),
        (("close", "--through"), "--through needs a value; for example `creditmill close --thr"),
        (
            ("rates", "check", "b1", "b2"),
            "✗ `creditmill rates check` takes BOOK and options; 'b2' is too much: leave it out, run",
        ),
        (
            ("run", "in", "out"),
            "`creditmill run` takes options alone; 'in', 'out' are too much: leave them out, write ",
        ),
        (("charges", "2020-01-01"), "2020-01-01 is not published; see `creditmill status`"),
        (("quarantine", "2020-01-01"), "2020-01-01 is not published; see `creditmill status`"),
        (("diff", "2020-01-01"), "2020-01-01 is not published; see `creditmill status`"),
        (
            ("charges", "--from", "2027-01-01"),
            "no date from 2027-01-01 on is published; published",
        ),
        (("what-if", str(BOOK), "--to", "2020-01-01"), "no date up to 2020-01-01 is published; pu"),
        (
            ("repeats", "--from", "2020-01-01", "--to", "2020-01-31"),
            "no date from 2020-01-01 to 2020-01-31 has logs; dates with logs: 2026-01-31 to 2026-02-",
        ),
        (
            ("rates", "diff", "2026-02-01", "2026-02-01", "--from", "2027-01-01"),
            "no date from 2027-01-01 on is published; published",
        ),
        (("charges", "2026-02-03", "--from", "2026-02-01"), "give a date or --from/--to, not both"),
        (("charges", "--from", "2026-02-03", "--to", "2026-02-01"), "--from 2026-02-03 lies after"),
        (("ledger", "org", "--from", "2026-02-03", "--to", "2026-02-01"), "lies after --to 2026"),
        (("repeats", "--from", "2026-02-03", "--to", "2026-02-01"), "lies after --to 2026-02-01"),
        (
            ("compare", "2026-02-01", "2026-02-03", "--org", "nobody"),
            "'nobody' is not an organization of",
        ),
        (
            ("explain", "2026-02-03", "--org", "nobody"),
            "'nobody' has no charge on 2026-02-03, version 1; `creditmill charges 2026-02-03 --by",
        ),
        (
            ("explain", "2026-02-03", "--org", "nobody", "--model", "x"),
            "on 2026-02-03, version 1, is l",
        ),
        (("what-if", "/nope"), "rate book '/nope' is not a folder; give the folder of a rate book"),
        (("rates", "new"), "--book my_rates --effective 2026-03-01T00:00:00Z --changes march.csv`"),
        (("run", "--sample", "--logs", "home"), "not both"),
        (("run", "--home", "prod"), "no usage logs are named, and"),
        (("status", "--home", "elsewhere"), "is not a creditmill home yet"),
        (("verify", "1999-01-01"), "has no report"),
        (("rates", "check", "nowhere"), "nowhere"),
        (("rates", "init", "home"), "there already"),
    ],
)
def test_wrong_usage_is_told_and_exits_2(
    sample: Path, arguments: tuple[str, ...], says: str
) -> None:
    done = creditmill(*arguments, cwd=sample)
    assert done.returncode == 2
    assert says in re.sub(r"\s+", " ", done.stderr.decode())


def test_a_date_without_logs_is_said_by_run_and_close(workspace: Workspace) -> None:
    home = workspace.begin(row()).home.path
    no_pages = {"CREDITMILL_PAGES": "false"}
    asked = ("--home", home, "--day", "2020-01-01")
    done = creditmill("run", *asked, cwd=workspace.folder, env=no_pages)
    said = " ".join(done.stderr.decode().split())
    assert done.returncode == 0
    assert "2020-01-01 is not a date that has logs; dates with logs: 2026-02-03" in said
    words = ("--home", home, "--through", "2020-01-31", "--reason", "a wrong year")
    done = creditmill("close", *words, cwd=workspace.folder, env=no_pages)
    said = " ".join(done.stderr.decode().split())
    assert (done.returncode, b"Closed through 2020-01-31" in done.stdout) == (0, True)
    assert "no date up to 2020-01-31 has logs; dates with logs: 2026-02-03" in said


def test_an_organization_that_used_nothing_then_is_known(sample: Path) -> None:
    periods = ("2026-01-31", "2026-01-31")
    done = creditmill("compare", *periods, "--org", "granite-bank", cwd=sample)
    assert (done.returncode, b"Nothing differs." in done.stdout) == (0, True)


def test_settings_come_from_options_then_environment_then_file(sample: Path) -> None:
    def home_of(*arguments: str, env: dict[str, str] | None = None) -> str:
        done = creditmill("status", "--json", *arguments, cwd=sample, env=env)
        return done.stderr.decode() + done.stdout.decode()

    (sample / "creditmill.toml").write_text('home = "from-file"\n')
    try:
        assert "from-file is not a creditmill home" in home_of()
        env = {"CREDITMILL_HOME": "from-environment"}
        assert "from-environment is not a creditmill home" in home_of(env=env)
        assert json.loads(home_of("--home", "home", env=env))["logs"] == 17
        (sample / "creditmill.toml").write_text('logs_uri = "s3://acme/usage"\n')
        assert "settings: logs_uri is not a setting; did you mean logs?" in home_of()
    finally:
        (sample / "creditmill.toml").unlink()
    misspelt = "CREDITMILL_HOEM is not a setting; did you mean CREDITMILL_HOME?"
    assert misspelt in home_of(env={"CREDITMILL_HOEM": "x"})


def test_a_broken_card_publishes_nothing(tmp_path: Path) -> None:
    shutil.copytree(BOOK, tmp_path / "book")
    rates = tmp_path / "book" / "2026-02-01" / "rates.csv"
    rates.write_text(rates.read_text().replace(",0.22,1000", ",0.22,1", 1))
    write_openai_log(tmp_path / "inbox" / "a.parquet")
    arguments = ("run", "--logs", "inbox", "--rates", "book", "--home", "h", "--no-pages")
    done = creditmill(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert re.search(r"rates\.csv:\d+: .*per '1' must be 1000", done.stderr.decode())
    assert not (tmp_path / "h" / "credits.duckdb").exists()
    assert creditmill("rates", "check", "book", cwd=tmp_path).returncode == 1


@pytest.mark.slow
def test_only_the_asked_dates_are_brought_up_to_date(tmp_path: Path) -> None:
    for day in (2, 3, 4):
        write_openai_log(tmp_path / "inbox" / f"{day}.parquet", day=day)
    arguments = ("run", "--logs", "inbox", "--home", "h", "--json", "--no-pages")
    first = json.loads(creditmill(*arguments, "--day", "2026-03-03", cwd=tmp_path).stdout)
    assert [date["usage_date"] for date in first["dates"]] == ["2026-03-03"]
    stale = json.loads(creditmill("status", "--home", "h", "--json", cwd=tmp_path).stdout)
    assert [date["state"] for date in stale["dates"]] == ["stale", "current", "stale"]
    rest = json.loads(creditmill(*arguments, cwd=tmp_path).stdout)
    assert [date["usage_date"] for date in rest["dates"]] == ["2026-03-02", "2026-03-04"]


@pytest.mark.slow
def test_a_blocked_date_exits_1_until_it_is_mended(tmp_path: Path) -> None:
    write_openai_log(tmp_path / "inbox" / "a.parquet", model="nobody knows", rows=200)
    arguments = ("run", "--logs", "inbox", "--home", "h", "--no-pages")
    for _ in range(2):
        done = creditmill(*arguments, cwd=tmp_path)
        assert done.returncode == 1
        assert "200 of 200 rows are quarantined" in done.stderr.decode()
    asked = ("2026-03-02", "--home", "h")  # it is known, and not published
    assert creditmill("charges", *asked, cwd=tmp_path).returncode == 2
    assert b"200 rows of 2026-03-02" in creditmill("quarantine", *asked, cwd=tmp_path).stdout
    done = creditmill(*arguments, "--quarantine-limit", "1", cwd=tmp_path)
    assert done.returncode == 0
    assert "published" in done.stdout.decode()


@pytest.mark.slow
def test_the_wheel_publishes_the_sample_from_another_folder(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    venv.create(tmp_path / "env", with_pip=False)
    python = tmp_path / "env" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python]
    subprocess.run(
        [*pip, "install", "--quiet", "--no-deps", "--no-index", wheel],
        check=True,
        capture_output=True,
    )
    # The locked dependencies, without the checkout that is installed beside them.
    site = Path(pa.__file__).parent.parent
    (own_site,) = (tmp_path / "env" / "lib").glob("python*/site-packages")
    (own_site / "locked.pth").write_text(f"{site}\n")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = subprocess.run(
        [tmp_path / "env" / "bin" / "creditmill", "run", "--json"],
        cwd=elsewhere,
        capture_output=True,
        timeout=120,
        env={"PATH": os.environ["PATH"]},
    )
    assert done.returncode == 0, done.stderr.decode()
    credits = [date["credits"] for date in json.loads(done.stdout)["dates"]]
    assert credits == ["0.000000000", "2528.352251362", "4628.328181764", "4678.342610003"]


@pytest.mark.slow
def test_two_runs_at_once_make_one_version_each(tmp_path: Path) -> None:
    write_openai_log(tmp_path / "inbox" / "a.parquet")
    plainly = [sys.executable, "-m", "tests.support.plain_judge"]
    command = [*plainly, "run", "--logs", "inbox", "--home", "h", "--no-pages"]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    running = [
        subprocess.Popen(
            command, cwd=tmp_path, env=env, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        for _ in range(2)
    ]
    until = time.monotonic() + 100
    assert [process.wait(until - time.monotonic()) for process in running] == [0, 0]
    (folder,) = (tmp_path / "h" / "reports").iterdir()
    assert sorted(path.name for path in folder.iterdir()) == ["0001", "current"]


def test_a_bug_is_no_failing_disk(sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is raised, to be reported with where it was."""

    def broken(*_: object, **__: object) -> int:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("pipelines.cli.commands.status.status_of", broken)
    with pytest.raises(ZeroDivisionError, match="a bug"):
        creditmill("status", cwd=sample)


def test_a_path_that_is_denied_is_told(sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object, **__: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied", f"/{'x' * 300}/a.csv")

    monkeypatch.setattr("pipelines.cli.commands.status.status_of", denied)
    done = creditmill("status", cwd=sample)
    assert (done.returncode, b"x/a.csv cannot be used: Permission" in done.stderr) == (1, True)


def test_a_home_of_no_reports_has_no_pages(own: Path) -> None:
    """One that has lost its database has: both are made anew."""
    (own / "home" / "credits.duckdb").unlink()
    done = creditmill("open", "--no-browser", cwd=own)
    assert done.returncode == 0, done.stderr.decode()
    (own / "none").mkdir()
    (own / "none" / "home.toml").write_bytes((own / "home" / "home.toml").read_bytes())
    done = creditmill("open", "--no-browser", "--home", "none", cwd=own)
    assert done.returncode == 1
    assert "nothing is published in" in done.stderr.decode()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("status", "--home", "circle"), "home circle cannot be used: Too many levels of symbolic"),
        (("status", "--home", "link"), "home link cannot be used: it links to gone, which is not"),
        (("run", "--sample", "--home", "file.csv"), "file.csv is a file; --home names a folder"),
        (("status", "--home", "/dev/null"), "/dev/null is not a folder; --home names a folder"),
        (("run", "--sample", "--home", "file.csv/h"), "file.csv/h cannot be used: Not a directory"),
        (("run", "--sample", "--home", "x" * 300), "cannot be used: File name too long"),
        (("run", "--logs", "circle", "--home", "h"), "--logs circle links to circle, which is not"),
        (("run", "--logs", "link", "--home", "h"), "--logs link links to gone, which is not there"),
        (("run", "--logs", "x" * 300, "--home", "h"), "File name too long: "),
        (("rates", "check", "circle"), "rate book 'circle' is not a folder"),
        (("rates", "check", "x" * 300), "File name too long: "),
        (("charges", "--out", "folder.csv"), "--out folder.csv cannot be written: Is a directory"),
        (("charges", "--out", "link.csv"), "link.csv cannot be written: it links to gone.csv, wh"),
        (("charges", "--out", "x" * 300 + ".csv"), "cannot be written: File name too long"),
        (("charges", "--out", "home/logs/a.csv"), "--out home/logs/a.csv lies in the home; name a"),
        (("what-if", "price-list", "--out", "in/a.csv"), "--out in/a.csv lies in the home; name a"),
        (
            ("what-if", "book", "--out", "book/2026/rates.csv"),
            "is a file of the rate book book; name",
        ),
        (("open", "--org", "acme", "--single", "in/p.html"), "--single in/p.html lies in the home"),
    ],
)
def test_a_path_that_cannot_be_is_told(own: Path, words: tuple[str, ...], said: str) -> None:
    for name, target in (
        ("circle",) * 2,
        ("link", "gone"),
        ("link.csv", "gone.csv"),
        ("in", "home/logs"),
    ):
        (own / name).symlink_to(target)
    (own / "file.csv").write_text("")
    (own / "folder.csv").mkdir()
    (own / "book/2026").mkdir(parents=True)
    (own / "book/2026/rates.csv").write_text("")
    done = creditmill(*words, cwd=own)
    assert done.returncode == 2, done.stdout
    assert said in " ".join(done.stderr.decode().split())
    assert not list(own.glob("gone*"))


def test_a_dimension_without_a_value_is_told(sample: Path) -> None:
    done = creditmill(
        "explain", "2026-02-03", "--org", "acme", "--dimension", "agent_id", cwd=sample
    )
    assert done.returncode == 2
    assert "--dimension 'agent_id' must be NAME=VALUE" in done.stderr.decode()


def test_quarantine_shows_in_the_state_blocks_above_half_and_fails_a_strict_run(
    workspace: Workspace,
) -> None:
    workspace = workspace.under(quarantine_limit=STRICT).begin(row())
    home = ("--home", workspace.home.path)

    def run(*more: str, env: dict[str, str] | None = None) -> tuple[int, str]:
        arguments = ("run", "--logs", workspace.inbox, *home, "--no-pages")
        done = creditmill(*arguments, *more, cwd=workspace.folder, env=env)
        return done.returncode, done.stdout.decode() + done.stderr.decode()

    bad = [row(event_id=f"{n}", model="no such model") for n in range(4)]
    assert run("--strict")[0] == 0
    workspace.log("b.parquet", row(event_id="b1"), row(event_id="b2"), *bad[:2])
    code, said = run()
    assert code == 0
    assert "published, 40 % quarantined" in said
    assert "2 rows are in quarantine, none of them charged" in said
    for more, env in (("--strict", {}), ("--json", {"CREDITMILL_STRICT": "true"})):
        assert run(more, env=env)[0] == 1  # also where nothing changed
    assert (
        "current, 40 % quarantined"
        in creditmill("status", *home, cwd=workspace.folder).stdout.decode()
    )
    workspace.log("c.parquet", *bad[2:])
    code, said = run()
    assert code == 1
    assert "blocked, 57 % quarantined" in said
    code, said = run()
    assert (code, said.split("\n")[0]) == (
        1,
        "No date changed: 0 dates up to date, 1 blocked, 3 logs known.",
    )
    status = creditmill("status", *home, cwd=workspace.folder)
    assert status.returncode == 1  # as of a run
    assert "blocked, 57 % quarantined" in status.stdout.decode()
    assert run("--quarantine-limit", "0.6")[0] == 0
    told = creditmill("run", "--help", cwd=workspace.folder).stdout.decode()
    for word in ("--quarantine-limit", "--quarantine-floor", "--strict", "0.05", "20"):
        assert word in told
        assert word in (ROOT / "README.md").read_text() + (ROOT / "docs/data.md").read_text()


def test_equal_rejections_are_told_once_with_their_cure(tmp_path: Path) -> None:
    write_openai_log(tmp_path / "inbox" / "good.parquet")
    good = pq.read_table(tmp_path / "inbox" / "good.parquet")
    for place in range(48):
        tokens = pa.array([f"{place}"] * len(good))
        bad = good.append_column("output_tokens", tokens)
        bad = bad.set_column(bad.column_names.index("input_tokens"), "input_tokens", tokens)
        pq.write_table(bad, tmp_path / "inbox" / f"bad {place:02}.parquet")
    (tmp_path / "inbox" / "empty.parquet").write_bytes(b"")
    arguments = ("run", "--logs", "inbox", "--rates", BOOK, "--home", "h", "--no-pages")
    told = (
        "rejected 48 files in inbox (bad 00.parquet, bad 01.parquet, bad 02.parquet and 45 more):"
        " wrong_schema: columns 'input_tokens', 'output_tokens' are string, where an integer belongs (cast"
        " quantities to int64)"
    )
    for words, said in (
        (arguments, told),
        (arguments, f"still {told}"),
        (("status", "--home", "h"), f"still {told}"),
    ):
        done = creditmill(*words, cwd=tmp_path)
        assert done.returncode == 1
        lines = [
            line
            for line in done.stderr.decode().replace(f"{tmp_path}/", "").split("\u2717 ")
            if "rejected" in line
        ]
        assert len(lines) == 2, lines
        assert re.sub(r"\s+", " ", lines[0]).startswith(said), lines[0]
        assert "empty.parquet: empty_file: the file has no bytes" in lines[1]
