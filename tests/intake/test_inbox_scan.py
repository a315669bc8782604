"""Which files of an inbox are logs, and what is said of the others."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pricing_assets.common.errors import ConfigurationError
from pricing_assets.home import Home
from pricing_assets.intake import inbox, inbox_scan
from pricing_assets.intake.inbox_contents import InboxContents
from pricing_assets.intake.table_formats import DELTA, HUDI, ICEBERG
from pricing_assets.sources.kept import kept_for

COMMIT = "00000000000000000000.json"


def put(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("/"):
            (folder / name).mkdir()
        else:
            (folder / name).write_bytes(b"x")
    return folder


def scan(logs: Path) -> InboxContents:
    return inbox_scan.scan(logs, Home(logs.parent / "home"))


def names(found: InboxContents) -> list[str]:
    return [str(Path(name).relative_to(found.root)) for name in found.names]


def test_every_parquet_at_any_depth_but_hidden_and_temporary_ones(tmp_path: Path) -> None:
    logs = put(
        tmp_path / "inbox",
        *("a.parquet", "deep/er/b.parquet", "x.parquet/part-0.parquet", "a_b/c.parquet"),
        *(".x.parquet", "_x.parquet", "deep/.y.parquet", "_SUCCESS", ".a.parquet.crc"),
        *("_temporary/0/c.parquet", ".spark-staging-1/d.parquet", "deep/_committed/e.parquet"),
        *("_delta/f.parquet", ".git/objects/g.parquet"),
    )
    found = scan(logs)
    assert names(found) == [
        *("a.parquet", "a_b/c.parquet", "deep/er/b.parquet", "x.parquet/part-0.parquet")
    ]
    assert len(found.hidden_files) == 5
    assert sorted(found.hidden_folders) == [
        *(".git", ".spark-staging-1", "_delta", "_temporary", "deep/_committed")
    ]
    assert found.left_out() == [
        "5 files are hidden, by a name that begins with _ or .: .a.parquet.crc, .x.parquet, _SUCCESS"
        " and 2 more",
        "5 folders are hidden, by a name that begins with _ or .: .git, .spark-staging-1,"
        " _delta and 2 more",
    ]


def test_files_of_other_kinds_are_counted_by_their_endings(tmp_path: Path) -> None:
    logs = put(
        tmp_path / "inbox",
        *(f"{n}.csv" for n in range(10)),
        *("a.jsonl", "deep/b.jsonl.gz", "README", "a.PARQUET", "b.parq", "c.parquet.gz"),
        *("d.parquet.tmp", "e.Parquet", "x.parquet.sha256", "SHA256SUMS", "deep/sha256sums.txt"),
    )
    found = scan(logs)
    assert found.names == []
    assert found.left_out() == [
        "13 files are not Parquet: .csv, .jsonl, .jsonl.gz, no ending; see `creditmill sources check`",
        "5 files are not named *.parquet: .PARQUET, .Parquet, .parq, .parquet.gz, .parquet.tmp;"
        " decompress and rename what should be read",
    ]


def test_linked_folders_are_named_and_not_followed(tmp_path: Path) -> None:
    logs = put(tmp_path / "inbox", "a.parquet", "b/c.parquet")
    put(tmp_path / "elsewhere", "d.parquet")
    (logs / "link").symlink_to("../elsewhere")
    (logs / "link.parquet").symlink_to("b")
    (logs / "circle").symlink_to("circle")
    (logs / "file").symlink_to("a.parquet")
    found = scan(logs)
    assert names(found) == ["a.parquet", "b/c.parquet"]
    assert found.left_out() == [
        "2 files are not Parquet: no ending; see `creditmill sources check`",
        "2 folders are linked, and links to folders are not followed: link, link.parquet",
    ]


def test_a_home_in_its_inbox_is_no_part_of_it(tmp_path: Path) -> None:
    put(tmp_path, "a.parquet", "deep/home/logs/b.parquet")
    found = inbox_scan.scan(tmp_path, Home(tmp_path / "deep" / "home"))
    assert names(found) == ["a.parquet"]


OTHER_HOME = ("home.toml", "journal.jsonl", "receipts/", "logs/b.parquet", "reports/c.parquet")


@pytest.mark.parametrize("lost", [None, *OTHER_HOME])
def test_other_homes_in_an_inbox_are_named_and_not_read(tmp_path: Path, lost: str | None) -> None:
    """Also one that lost a part, and whatever a pattern names of it."""
    put(tmp_path / "in", "a.parquet")
    for home in ("in/old", "in/deep/er"):
        put(tmp_path / home, *(name for name in OTHER_HOME if name != lost))
    for logs in ("in", "in/*", "in/**", "in/**/*.parquet", "in/*/logs", "in/*/*/logs/*"):
        found = scan(tmp_path / logs)
        assert set(names(found)) <= {"a.parquet"}, logs
    assert sorted(scan(tmp_path / "in").homes) == ["deep/er", "old"]
    assert scan(tmp_path / "in" / "**").left_out() == [
        "2 folders are homes of creditmill, whose files are not usage logs that arrive: deep/er, old"
    ]
    with pytest.raises(ConfigurationError, match="old is a home of creditmill; give the folder in"):
        scan(tmp_path / "in" / "old")
    if lost != "logs/b.parquet":  # which may well be given by their own folder
        assert names(scan(tmp_path / "in" / "old" / "logs")) == ["b.parquet"]


def test_no_pattern_names_a_file_of_the_own_home(tmp_path: Path) -> None:
    put(tmp_path / "in", "a.parquet", "home/logs/b.parquet")
    for pattern in ("**/*.parquet", "*/*/*.parquet", "**"):
        found = inbox_scan.scan(tmp_path / "in" / pattern, Home(tmp_path / "in" / "home"))
        assert set(names(found)) <= {"a.parquet"}
        assert found.homes == []


def test_an_inbox_that_is_hidden_or_linked_itself_is_the_one_that_was_named(tmp_path: Path) -> None:
    logs = put(tmp_path / "_staging", "a.parquet")
    (tmp_path / "link").symlink_to("_staging")
    assert names(scan(logs)) == names(scan(tmp_path / "link")) == ["a.parquet"]


# A file, and a pattern


def test_a_single_file_is_an_inbox(tmp_path: Path) -> None:
    put(tmp_path, "deep/a.parquet", "deep/b.parquet", "c.csv", "_d.parquet")
    found = scan(tmp_path / "deep" / "a.parquet")
    assert (found.root, names(found)) == (tmp_path / "deep", ["a.parquet"])
    assert names(scan(tmp_path / "_d.parquet")) == ["_d.parquet"]  # by its name
    with pytest.raises(ConfigurationError, match=r"c\.csv is not named \*\.parquet; rename it"):
        scan(tmp_path / "c.csv")


PATTERNS = [
    ("in/*.parquet", ["a.parquet", "b.parquet"]),
    ("in/a*", ["a.parquet", "aa/d.parquet"]),
    ("in/?.parquet", ["a.parquet", "b.parquet"]),
    ("in/[ab].parquet", ["a.parquet", "b.parquet"]),
    ("in/**/*.parquet", ["a.parquet", "aa/d.parquet", "b.parquet", "c/e/f.parquet"]),
    ("in/**", ["a.parquet", "aa/d.parquet", "b.parquet", "c/e/f.parquet"]),
    ("in/c/*", ["e/f.parquet"]),
    ("in/nothing*", []),
    ("i*/*.parquet", ["in/a.parquet", "in/b.parquet"]),
]


@pytest.mark.parametrize(("pattern", "expected"), PATTERNS)
def test_a_pattern_is_an_inbox(tmp_path: Path, pattern: str, expected: list[str]) -> None:
    put(tmp_path / "in", "a.parquet", "b.parquet", "aa/d.parquet", "c/e/f.parquet", "x.csv")
    put(tmp_path / "in", "_h.parquet", "_t/g.parquet")
    (tmp_path / "in" / "link").symlink_to("aa")
    (tmp_path / "home").mkdir()
    assert names(scan(tmp_path / pattern)) == expected


def test_what_a_pattern_leaves_out_is_counted_once(tmp_path: Path) -> None:
    put(tmp_path / "in", "a.parquet", "x.csv", "deep/y.csv", "_h.parquet", "deep/_t/g.parquet")
    (tmp_path / "in" / "link").symlink_to("deep")
    found = scan(tmp_path / "in" / "**")
    assert found.other_files == {".csv": 2}
    assert (found.hidden_files, found.hidden_folders) == (["_h.parquet"], ["deep/_t"])
    assert found.linked_folders == ["link"]


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("zzz*.parquet", "the pattern matches nothing; 2 logs that it does not name lie in IN"),
        ("*.csv", "the pattern matches nothing; 2 logs that it does not name lie in IN"),
        ("*/none*", "the pattern matches nothing; 2 logs that it does not name lie in IN"),
        (".*/*.parquet", "1 folder is hidden, by a name that begins with _ or .: .hid; 2 logs"),
        ("lin*/**/*", "1 folder is linked, and links to folders are not followed: link; 2 logs"),
        ("deep/*.parquet", "the pattern matches nothing"),
    ],
)
def test_a_pattern_that_names_no_log_is_not_called_an_empty_folder(
    tmp_path: Path, pattern: str, why: str
) -> None:
    root = put(tmp_path / "in", "a.parquet", "b.parquet", ".hid/c.parquet", "deep/_t/d.parquet")
    (root / "link").symlink_to("deep")
    found = scan(root / pattern)
    assert (names(found), found.asked) == ([], str(root / pattern))
    assert found.why_none().startswith(why.replace("IN", str(root)))


def test_a_name_is_a_name_before_it_is_a_pattern(tmp_path: Path) -> None:
    put(tmp_path, "in[1]*/a.parquet", "in1/b.parquet")
    assert names(scan(tmp_path / "in[1]*")) == ["a.parquet"]


@pytest.mark.parametrize("logs", ["nowhere", "nowhere/*.parquet", "nowhere/a.parquet"])
def test_a_folder_of_logs_that_is_not_there_is_named(tmp_path: Path, logs: str) -> None:
    with pytest.raises(ConfigurationError, match="is not a folder; give the folder of usage logs"):
        scan(tmp_path / logs)


# Tables of other formats

TABLES: list[tuple[str, tuple[str, ...]]] = [
    (DELTA, ("part-0.parquet", f"_delta_log/{COMMIT}")),
    (DELTA, ("day=1/part-0.parquet", f"_delta_log/{COMMIT}")),
    (DELTA, ("part-0.parquet", "_delta_log/_last_checkpoint")),
    (ICEBERG, ("data/0.parquet", "metadata/v1.metadata.json")),
    (ICEBERG, ("data/0.parquet", "metadata/00000-1234.metadata.json")),
    (ICEBERG, ("data/0.parquet", "metadata/v1.gz.metadata.json")),
    (ICEBERG, ("data/0.parquet", "metadata/version-hint.text")),
    (ICEBERG, ("data/0.parquet", "metadata/snap-1-1-ab.avro")),
    (ICEBERG, ("data/0.parquet", "metadata/ab-m0.avro")),
    (ICEBERG, ("data/0.parquet", "metadata/")),
    (HUDI, ("2026/0.parquet", ".hoodie/hoodie.properties")),
    (HUDI, ("2026/0.parquet", ".hoodie/")),
    (DELTA, ("part-0.parquet", "_delta_log/")),
    (DELTA, ("part-0.parquet", "_delta_log/00000000000000000010.checkpoint.parquet")),
    (DELTA, ("part-0.parquet", "_delta_log/_commits/")),
]


@pytest.mark.parametrize(("name", "table"), TABLES)
def test_a_table_of_another_format_is_refused_by_name(
    tmp_path: Path, name: str, table: tuple[str, ...]
) -> None:
    """As an inbox, and by a folder, a file or a pattern inside of it."""
    put(tmp_path / "table", *table)
    data = tmp_path / "table" / table[0]
    for logs in (
        tmp_path / "table",
        data.parent,
        data,
        tmp_path / "table" / "*",
        data.parent / "*",
    ):
        with pytest.raises(ConfigurationError, match=f"it is a table of {name}\\b"):
            scan(logs)


@pytest.mark.parametrize(("name", "table"), TABLES)
def test_a_table_in_an_inbox_is_one_rejected_folder(
    tmp_path: Path, name: str, table: tuple[str, ...]
) -> None:
    put(tmp_path / "inbox", "a.parquet", *(f"deep/table/{file}" for file in table))
    found = scan(tmp_path / "inbox")
    assert names(found) == ["a.parquet", "deep/table"]
    with pytest.raises(inbox.RejectedLog, match=f"table_format: it is a table of {name}, "):
        inbox.set_aside(Path(found.names[1]), tmp_path / "copy", found.root, 10)


NO_TABLES: list[Callable[[Path], object]] = [
    lambda logs: put(logs, "metadata/notes.json", "_delta_log", ".hoodie"),
    lambda logs: put(logs, "metadata"),
    lambda logs: put(logs, "metadata/"),
    lambda logs: put(logs, "data/b.parquet", "metadata/notes.json"),
]


@pytest.mark.parametrize("make", NO_TABLES)
def test_a_folder_that_only_bears_such_a_name_is_no_table(
    tmp_path: Path, make: Callable[[Path], object]
) -> None:
    logs = put(tmp_path / "inbox", "a.parquet")
    make(logs)
    assert "a.parquet" in names(scan(logs))


def test_columns_in_paths_are_said(tmp_path: Path) -> None:
    logs = put(tmp_path / "inbox", "date=1/hour=2/agent_id=x/a.parquet", "org_id=y/b.parquet", "c")
    assert scan(logs).in_paths(("agent_id",)) == [
        "agent_id, org_id: read from the path where a file lacks it",
        "date, hour: not read from the path; what should be read belongs into the files",
    ]
    assert scan(logs / "org_id=y").in_paths(()) == [
        "org_id: read from the path where a file lacks it"
    ]
    assert scan(put(tmp_path / "plain", "a.parquet")).in_paths(("agent_id",)) == []


def test_a_table_that_logs_are_joined_with_is_named_once_it_is_another(tmp_path: Path) -> None:
    logs = put(tmp_path / "inbox", "messages.csv", "apps.csv")
    known = kept_for("dify", logs)
    found = inbox_scan.scan(logs, Home(tmp_path / "home"), known)
    assert (names(found), found.left_out()) == (["messages.csv"], [])
    (logs / "apps.csv").write_bytes(b"y")
    assert inbox_scan.scan(logs, Home(tmp_path / "home"), known).left_out() == [
        "the table that records are joined with, in its present version; name the source (--source) to read"
        " all logs anew by it"
    ]
