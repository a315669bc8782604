"""Files as they really arrive: each state of a file has a verdict, and none is waited for.

`docs/arrivals.md` states these verdicts; what files hold belongs to `test_take_in` and `test_schema_verdicts`.
"""

import hashlib
import os
import socket
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pricing_assets.common import files
from pricing_assets.common.errors import DamagedFile, RejectedLog
from pricing_assets.home.settings import HomeSettings
from pricing_assets.intake import digest_lines, inbox, stated_digests
from pricing_assets.intake import take_in as intake
from pricing_assets.intake.arrivals import Arrivals, IngestOptions
from pricing_assets.logs.parquet_footer import FileLimits
from tests.support.inbox_logs import list_logs
from tests.support.workspace import (
    LIMITS,
    READER,
    RECEIVED,
    Workspace,
    row,
    stored_manifest,
    write_log,
)


def take_in(workspace: Workspace, logs: list[Path] | None = None, **limits: int) -> Arrivals:
    """Take in the inbox, or files of it."""
    home = workspace.home
    with home.lock():
        return intake.take_in(
            home,
            list_logs(workspace.inbox, home) if logs is None else logs,
            HomeSettings(),
            IngestOptions(
                limits=LIMITS, received_at=RECEIVED, file_limits=FileLimits(**limits), reader=READER
            ),
            place=workspace.inbox,
        )


def verdicts(found: Arrivals) -> dict[str, str]:
    """Every file by its name, and what became of it."""
    made = {log.file_name: f"taken {log.integrity}" for log in found.taken}
    made |= {Path(path).name: "redelivered" for path in found.redelivered}
    return made | {Path(one.path).name: one.reason for one in found.rejected}


def log_at(path: Path, event_id: str = "e1") -> Path:
    return write_log(path, [row(event_id=event_id)])


def half(path: Path) -> None:
    data = log_at(path).read_bytes()
    path.write_bytes(data[: len(data) // 2])


def no_permission(path: Path) -> None:
    log_at(path).chmod(0)


def a_socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # a socket's path is short
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(path.name)
    os.chdir(here)


def link_inside(path: Path) -> None:
    log_at(path.parent / "sub" / "target.parquet", "inside")
    path.symlink_to("sub/target.parquet")


def link_outside(path: Path) -> None:
    path.symlink_to(log_at(path.parent.parent / "outside.parquet", "outside"))


def link_to_a_link_outside(path: Path) -> None:
    (path.parent / "step").symlink_to(log_at(path.parent.parent / "beyond.parquet", "beyond"))
    path.symlink_to("step")


def folder(path: Path) -> None:
    path.mkdir()
    log_at(path / "part-0.parquet", "part")


def folder_by_link(path: Path) -> None:
    log_at(path.parent.parent / "other" / "elsewhere.parquet", "elsewhere")
    path.symlink_to("../other")


# What is in the inbox under the name `x.parquet`, and what becomes of it (None: nothing is said).
STATES: list[tuple[Callable[[Path], object], dict[str, str]]] = [
    (log_at, {"x.parquet": "taken unverified"}),
    (lambda path: path.write_bytes(b""), {"x.parquet": "empty_file"}),
    (half, {"x.parquet": "unreadable"}),
    (folder, {"part-0.parquet": "taken unverified"}),
    (os.mkfifo, {"x.parquet": "not_a_file"}),
    (a_socket, {"x.parquet": "not_a_file"}),
    (lambda path: path.symlink_to("x.parquet"), {"x.parquet": "unreadable"}),
    (lambda path: path.symlink_to("nowhere"), {"x.parquet": "unreadable"}),
    (lambda path: path.symlink_to("/dev/zero"), {"x.parquet": "not_a_file"}),
    (link_inside, {"x.parquet": "redelivered", "target.parquet": "taken unverified"}),
    (link_outside, {"x.parquet": "outside_inbox"}),
    (link_to_a_link_outside, {"x.parquet": "outside_inbox"}),
    (folder_by_link, {}),
]


def test_a_folder_that_cannot_be_looked_into_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").mkdir()
    with pytest.raises(RejectedLog, match="a folder has this name, or cannot be looked into"):
        inbox.set_aside(tmp_path / "a.parquet", tmp_path / "copy", None, 10)


@pytest.mark.parametrize(("make", "expected"), STATES)
def test_what_is_no_whole_file(
    workspace: Workspace, make: Callable[[Path], object], expected: dict[str, str]
) -> None:
    """Beside a good log, which is taken in whatever the other is."""
    workspace.log("a.parquet", row(event_id="good"))
    make(workspace.inbox / "x.parquet")
    assert verdicts(take_in(workspace)) == expected | {"a.parquet": "taken unverified"}


@pytest.mark.skipif(os.geteuid() != 0, reason="takes root, to be someone else for a moment")
def test_what_may_not_be_read(workspace: Workspace) -> None:
    """The file and the folder are named, and nothing else is lost."""
    workspace.log("a.parquet", row())
    take_in(workspace)  # whatever is imported late, is now
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        others = Workspace(Path(folder))
        others.log("a.parquet", row(event_id="good"))
        no_permission(others.inbox / "x.parquet")
        log_at(others.inbox / "closed" / "y.parquet")
        (others.inbox / "closed").chmod(0)
        others.folder.chmod(0o777)
        os.seteuid(65534)
        try:
            found = verdicts(take_in(others))
        finally:
            os.seteuid(0)
    assert found == {
        "a.parquet": "taken unverified",
        **{"closed": "not_a_file", "x.parquet": "unreadable"},
    }


# What changes while a file is copied


@dataclass
class Meanwhile:
    """Something that happens to a file while it is read."""

    act: Callable[[Path], object]

    def __call__(self, monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
        whole = files.copy_with_digest

        def copy(read: object, target: Path, most: int) -> tuple[str, int]:
            made = whole(read, target, most)  # type: ignore[arg-type]
            self.act(path)
            return made

        monkeypatch.setattr(files, "copy_with_digest", copy)


def grown(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def replaced(path: Path) -> None:
    """By a file of the same size and time."""
    status = path.stat()
    other = path.with_name("other")
    other.write_bytes(bytes(status.st_size))
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    os.replace(other, path)


def rewritten(path: Path) -> None:
    """In place, in the same size."""
    path.write_bytes(path.read_bytes())
    os.utime(path, (1, 1))


MEANWHILE = [grown, replaced, rewritten, Path.unlink, lambda path: path.rename(f"{path}.done")]


@pytest.mark.parametrize("act", MEANWHILE)
def test_what_changes_meanwhile_is_unsettled_and_tried_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, act: Callable[[Path], object]
) -> None:
    log = workspace.log("x.parquet", row())
    data = log.read_bytes()
    with monkeypatch.context() as patched:
        Meanwhile(act)(patched, log)
        assert verdicts(take_in(workspace)) == {"x.parquet": "unsettled"}
    log.write_bytes(data)
    assert verdicts(take_in(workspace)) == {"x.parquet": "taken unverified"}


@dataclass
class Growing:
    """A file that grows by as much as each read takes, up to an end that no copy should reach."""

    read_from: files.Readable
    path: Path
    reads: int = 0

    def read(self, size: int) -> bytes:
        self.reads += 1
        if self.reads < 50:
            with self.path.open("ab") as file:
                file.write(bytes(size))
        return self.read_from.read(size)


def test_a_file_that_never_ends_is_not_copied_to_its_end(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It grows as fast as it is read."""
    log = workspace.log("x.parquet", row())
    whole, growing = files.copy_with_digest, list[Growing]()

    def copy(read: files.Readable, target: Path, most: int) -> tuple[str, int]:
        growing.append(Growing(read, log))
        return whole(growing[0], target, most)

    monkeypatch.setattr(files, "copy_with_digest", copy)
    assert verdicts(take_in(workspace)) == {"x.parquet": "unsettled"}
    assert growing[0].reads < 5


def test_a_pipe_that_takes_a_file_s_place_is_not_waited_for(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = workspace.log("x.parquet", row())
    opened = files.open_regular

    def swap(path: Path) -> object:
        if path == log and log.is_file():
            log.unlink()
            os.mkfifo(log)
        return opened(path)

    monkeypatch.setattr(files, "open_regular", swap)
    assert verdicts(take_in(workspace)) == {"x.parquet": "unreadable"}


def test_a_file_beyond_the_limit_is_not_copied(workspace: Workspace) -> None:
    size = workspace.log("x.parquet", row()).stat().st_size
    assert verdicts(take_in(workspace, file_bytes=size - 1)) == {"x.parquet": "resource_limit"}
    os.utime(workspace.inbox / "x.parquet", (1, 1))
    assert verdicts(take_in(workspace, file_bytes=size)) == {"x.parquet": "taken unverified"}


# Names


NAMES = [
    "a'b.parquet",
    'a"b.parquet',
    "[a-z]*?.parquet",
    "new\nline.parquet",
    "tab\tand\x1b[31mred.parquet",
    "\u202etxt.parquet",
    "n" * 247 + ".parquet",
    os.fsdecode(b"not \xff utf-8.parquet"),
    "; drop table logs; --.parquet",
    " .parquet",
]


def test_names_are_bytes_and_nothing_else(workspace: Workspace) -> None:
    for n, name in enumerate(NAMES):
        log_at(Path(os.fsdecode(os.fsencode(workspace.inbox) + b"/" + os.fsencode(name))), f"{n}")
    assert verdicts(take_in(workspace)) == dict.fromkeys(NAMES, "taken unverified")


# What was met before


def same_size_and_time(path: Path, data: bytes) -> None:
    """Other bytes under the old size and time, as `rsync -t` and reproducible writers leave them."""
    status = path.stat()
    assert len(data) == status.st_size
    path.write_bytes(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def in_its_place(path: Path, data: bytes) -> None:
    """The same by a new file that takes the old one's place."""
    status = path.stat()
    other = path.with_name("other")
    other.write_bytes(data)
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    os.replace(other, path)


@pytest.mark.parametrize("change", [same_size_and_time, in_its_place])
def test_other_bytes_of_the_same_size_and_time_are_read(
    workspace: Workspace, change: Callable[[Path, bytes], None]
) -> None:
    one = log_at(workspace.inbox / "x.parquet", "e1").read_bytes()
    other = log_at(workspace.folder / "other", "e2").read_bytes()
    assert verdicts(take_in(workspace)) == {"x.parquet": "taken unverified"}
    change(workspace.inbox / "x.parquet", other)
    assert verdicts(take_in(workspace)) == {"x.parquet": "taken unverified"}
    change(workspace.inbox / "x.parquet", one)
    assert verdicts(take_in(workspace)) == {"x.parquet": "redelivered"}
    same = take_in(workspace)
    assert (same.known, verdicts(same)) == (1, {})


@pytest.mark.parametrize("change", [same_size_and_time, in_its_place])
def test_a_rejected_file_of_the_same_size_and_time_is_tried_again(
    workspace: Workspace, change: Callable[[Path, bytes], None]
) -> None:
    whole = log_at(workspace.inbox / "x.parquet").read_bytes()
    os.utime(workspace.inbox / "x.parquet", (1, 1))
    change(workspace.inbox / "x.parquet", whole[:-4] + b"PAR0")
    assert verdicts(take_in(workspace)) == {"x.parquet": "unreadable"}
    assert verdicts(take_in(workspace)) == {}
    change(workspace.inbox / "x.parquet", whole)
    assert verdicts(take_in(workspace)) == {"x.parquet": "taken unverified"}
    assert inbox.rejected_before(workspace.home) == []


def test_the_same_bytes_under_a_new_inode_are_known_and_not_copied(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An inbox that was copied, backed up by hard links or given to another owner."""
    log = log_at(workspace.inbox / "x.parquet")
    take_in(workspace)
    in_its_place(log, log.read_bytes())
    log.chmod(0o600)
    monkeypatch.setattr(inbox, "set_aside", None)
    found = take_in(workspace)
    assert (found.known, verdicts(found)) == (1, {})
    monkeypatch.setattr(inbox, "is_same_content", None)
    assert take_in(workspace).known == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="takes root, to be someone else for a moment")
def test_what_may_not_be_read_is_listed_until_it_may(workspace: Workspace) -> None:
    workspace.log("a.parquet", row())
    take_in(workspace)  # whatever is imported late, is now
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        others = Workspace(Path(folder))
        no_permission(others.inbox / "x.parquet")
        log_at(others.inbox / "closed" / "y.parquet", "y")
        (others.inbox / "closed").chmod(0)
        others.folder.chmod(0o777)
        os.seteuid(65534)
        try:
            for _ in range(2):
                take_in(others)
                assert len(inbox.rejected_before(others.home)) == 2
        finally:
            os.seteuid(0)
        (others.inbox / "closed").chmod(0o755)
        (others.inbox / "x.parquet").chmod(0o644)
        assert set(verdicts(take_in(others)).values()) == {"taken unverified"}
        assert inbox.rejected_before(others.home) == []


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"/a": 1}', '{"/a": [[], ""]}', '{"file": "abc"}', "null"]
)
def test_a_damaged_record_of_files_is_told(workspace: Workspace, text: str) -> None:
    with workspace.home.lock():
        workspace.home.seen_file.write_text(text)
    with pytest.raises(DamagedFile, match=r"seen\.json is damaged.* restore it from a copy"):
        inbox.rejected_before(workspace.home)


# Digests beside a log

A, B = "a" * 64, "b" * 64
WAYS: list[tuple[str, str]] = [
    ("sha256sum", "{hex}  {name}\n"),
    ("sha256sum --binary", "{hex} *{name}\n"),
    ("sha256sum --tag", "SHA256 ({name}) = {hex}\n"),
    ("sha256sum --zero", "{hex}  {name}\0"),
    ("sha256sum ./NAME", "{hex}  ./{name}\n"),
    ("sha256sum --tag ./NAME", "SHA256 (./{name}) = {hex}\n"),
    ("sha256sum /an/absolute/NAME", "{hex}  /somewhere/else/{name}\n"),
    ("sha256sum --tag /an/absolute/NAME", "SHA256 (/somewhere/else/{name}) = {hex}\n"),
    ("shasum -a 256 --UNIVERSAL", "{hex} U{name}\n"),
    ("shasum -a 256 --01", "{hex} ^{name}\n"),
    ("sha256 -r of BSD", "{hex} {name}\n"),
    ("openssl dgst -sha256", "SHA2-256({name})= {hex}\n"),
    ("openssl 1.1 dgst -sha256", "SHA256({name})= {hex}\n"),
    ("openssl dgst -sha256 -c", "SHA2-256({name})= {colons}\n"),
    ("openssl dgst -sha256 -r", "{hex} *{name}\n"),
    ("in capitals", "{HEX}  {name}\n"),
    ("CRLF", "{hex}  {name}\r\n"),
    ("a byte-order mark", "\ufeff{hex}  {name}\n"),
    ("a byte-order mark and BSD", "\ufeffSHA256 ({name}) = {hex}\r\n"),
    ("a comment and blank lines before it", "# by hand\n\n  {hex}  {name}"),
    ("a tab", "{hex}\t{name}\n"),
    ("Windows", "{hex} *C:\\out\\{name}\r\n"),
]
"""What the common tools write of a log, in `NAME.sha256` and in `SHA256SUMS`."""
SUMS = ("x.parquet.sha256", "SHA256SUMS", "sha256sums.txt", "CHECKSUMS", "x.sha256")


def written(text: str, right: str, name: str = "x.parquet") -> str:
    pairs = ":".join(right[n : n + 2] for n in range(0, 64, 2))
    return text.format(hex=right, HEX=right.upper(), colons=pairs, name=name)


@pytest.mark.parametrize(("tool", "text"), WAYS, ids=[tool for tool, _ in WAYS])
def test_every_spelling_of_a_digest_is_read(tmp_path: Path, tool: str, text: str) -> None:
    log = tmp_path / "x.parquet"
    for name in SUMS:
        (tmp_path / name).write_bytes(written(text, A).encode())
        found = stated_digests.stated(log)
        assert found == stated_digests.Stated(A, tmp_path / name)
        assert stated_digests.warnings(log) == []
        (tmp_path / name).unlink()


def test_the_tools_themselves_write_digests_that_are_read(workspace: Workspace) -> None:
    """sha256sum of this machine, with names that it escapes."""
    for n, name in enumerate(
        ("x.parquet", "a\\b.parquet", "new\nline.parquet", "U x (1) = 2.parquet")
    ):
        log = log_at(workspace.inbox / f"{n}" / name, f"{n}")
        right = hashlib.sha256(log.read_bytes()).hexdigest()
        for given in ((), ("--binary",), ("--tag",), ("--zero",)):
            for path in (name, f"./{name}", str(log)):
                said = subprocess.run(
                    ["sha256sum", *given, "--", path],
                    cwd=log.parent,
                    capture_output=True,
                    check=True,
                )
                (log.parent / "SHA256SUMS").write_bytes(said.stdout)
                assert stated_digests.stated(log) == stated_digests.Stated(
                    right, log.parent / "SHA256SUMS"
                )
    assert set(verdicts(take_in(workspace)).values()) == {"taken digest"}


STATED: list[tuple[dict[str, str], str]] = [
    ({"x.parquet.sha256": "{right}  x.parquet\n"}, "taken digest"),
    ({"x.parquet.sha256": "{right}"}, "taken digest"),
    ({"x.parquet.sha256": "{RIGHT} *some/where/x.parquet"}, "taken digest"),
    ({"x.parquet.sha256": f"{A}  x.parquet"}, "wrong_digest"),
    ({"x.parquet.sha256": f"SHA256 (x.parquet) = {A}"}, "wrong_digest"),
    ({"x.parquet.sha256": f"{A}  other.parquet\n{{right}}  x.parquet\n"}, "taken digest"),
    ({"x.parquet.sha256": "not yet"}, "wrong_digest"),
    ({"x.parquet.sha256": ""}, "wrong_digest"),
    ({"SHA256SUMS": f"{A}  other.parquet\n{{right}}  x.parquet\n"}, "taken digest"),
    ({"SHA256SUMS": f"{A}  x.parquet\n"}, "wrong_digest"),
    ({"SHA256SUMS": f"{A}  ./x.parquet\n"}, "wrong_digest"),
    ({"SHA256SUMS": f"{A}  other.parquet\n"}, "taken unverified"),
    ({"SHA256SUMS": f"{A}  sub/x.parquet\n"}, "taken unverified"),
    ({"SHA256SUMS": f"{A}  xx.parquet\n"}, "taken unverified"),
    ({"SHA256SUMS": f"{A}  x.parquet\n{{right}}  x.parquet\n"}, "taken digest"),
    ({"SHA256SUMS": f"{{right}}  x.parquet\n{A}  x.parquet\n"}, "wrong_digest"),
    ({"SHA256SUMS": f"{A}  x.parquet\n", "x.parquet.sha256": "{right}"}, "taken digest"),
    ({"x.sha256": "{right}  -\n"}, "taken digest"),
    ({"x.sha256": f"{A}\n"}, "wrong_digest"),
    ({"x.sha256": f"{A}  -\n"}, "wrong_digest"),
    ({"x.SHA256": f"{A} *"}, "wrong_digest"),
    ({"x.sha256": f"{A}", "x.csv": "a"}, "taken unverified"),
    ({"x.parquet.sha256.txt": f"{A}"}, "wrong_digest"),
    ({"x.sha256.txt": "{right}  x.parquet"}, "taken digest"),
]


def test_a_line_that_is_no_digest_is_told_with_its_place(workspace: Workspace) -> None:
    log = workspace.log("x.parquet", row())
    right = hashlib.sha256(log.read_bytes()).hexdigest()
    sums = workspace.inbox / "SHA256SUMS"
    sums.write_text(f"{right}  x.parquet\nMD5 (x.parquet) = abc\nsomething else\n")
    (workspace.inbox / "y.parquet.sha256").write_text("pending\n")
    workspace.log("y.parquet", row(event_id="e2"))
    found = take_in(workspace)
    assert verdicts(found) == {"x.parquet": "taken digest", "y.parquet": "wrong_digest"}
    (first, second) = found.warnings
    assert first.startswith(
        f"{sums}:2: 'MD5 (x.parquet) = abc' is not a SHA-256 with a name, nor 1 "
    )
    assert second.startswith(f"{workspace.inbox / 'y.parquet.sha256'}:1: 'pending'")
    (rejection,) = found.rejected
    assert f"{workspace.inbox / 'y.parquet.sha256'}:1: 'pending'" in rejection.detail


WASTED = [
    "{a}\n",
    "{a}  -\n",
    "SHA2-256(stdin)= {a}\n",
    "{a}  out/x.parquet\n",
    "{a}  ~/x.parquet\n",
    "{a}  ../in/x.parquet\n",
    "{a}  X.Parquet\n",
    '{a}  "x.parquet"\n',
    "{a}  other.parquet\nSHA256 (out/x.parquet) = {a}\n",
]
"""Lines about a log, to its writer, that name another file or none."""


@pytest.mark.parametrize("text", WASTED)
def test_a_digest_that_names_no_log_as_it_lies_is_told(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "in"
    log = log_at(folder / "x.parquet")
    (folder / "SHA256SUMS").write_text(text.format(a=A))
    assert stated_digests.stated(log, folder) is None
    (told,) = stated_digests.warnings(log, folder)
    assert told.startswith(f"{folder / 'SHA256SUMS'}:{text.count(chr(10))}: ")


@pytest.mark.parametrize(
    ("file", "more"),
    [("all.sha256", ""), ("x.sha256", "x.csv"), ("x.sha256", "x.sha256sum/x"), ("x.sha256", "x/y")],
)
def test_a_digest_without_a_name_is_told_where_it_may_be_of_several(
    tmp_path: Path, file: str, more: str
) -> None:
    log, is_clear = log_at(tmp_path / "x.parquet"), more.startswith("x.sha256sum")
    if more:
        (tmp_path / more).parent.mkdir(exist_ok=True)
        (tmp_path / more).write_text("")
    (tmp_path / file).write_text(f"{A}\n")
    told = stated_digests.warnings(log, tmp_path)
    assert (stated_digests.stated(log, tmp_path) is not None, told == []) == (is_clear, is_clear)
    assert all(f"{tmp_path / file}:1: a SHA-256 without the name" in one for one in told)


def test_a_line_about_a_file_that_lies_elsewhere_or_not_yet_is_none_of_a_log(
    tmp_path: Path,
) -> None:
    log, right = log_at(tmp_path / "x.parquet"), "b" * 64
    log_at(tmp_path / "sub" / "x.parquet", "e2")
    text = f"{A}  sub/x.parquet\n{A}  out/y.parquet\n{right}  x.parquet\n"
    (tmp_path / "SHA256SUMS").write_text(text)
    assert stated_digests.warnings(log, tmp_path) == []
    (tmp_path / "SHA256SUMS").write_text(f"{A}  sub/x.parquet\n")
    assert stated_digests.warnings(log, tmp_path) == []


def test_a_list_of_any_name_states_digests_and_letters_may_be_composed(tmp_path: Path) -> None:
    composed, decomposed = "b\u00fcro.parquet", "bu\u0308ro.parquet"
    log = log_at(tmp_path / composed)
    (tmp_path / "2026-02.sha256").write_text(f"{A}  {decomposed}\n")
    (tmp_path / "folder.sha256").mkdir()
    assert stated_digests.stated(log) == stated_digests.Stated(A, tmp_path / "2026-02.sha256")
    assert stated_digests.warnings(log) == []


@pytest.mark.parametrize("name", ["SHA256SUMS", "x.parquet.sha256", "x.sha256", "all.sha256"])
def test_a_folder_states_no_digest(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    assert stated_digests.stated(tmp_path / "x.parquet", tmp_path) is None
    assert stated_digests.warnings(tmp_path / "x.parquet", tmp_path) == []


def test_digests_of_a_whole_tree_lie_at_its_root(workspace: Workspace) -> None:
    """As `find . -name '*.parquet' -exec sha256sum {} +` writes them."""
    right = hashlib.sha256(log_at(workspace.inbox / "a" / "x.parquet").read_bytes()).hexdigest()
    log_at(workspace.inbox / "b" / "x.parquet", "e2")
    sums = workspace.inbox / "SHA256SUMS"
    sums.write_text(f"{right}  ./a/x.parquet\n{A}  ./b/x.parquet\n")
    found = take_in(workspace)
    assert [one.file_name for one in found.taken] == ["x.parquet"]
    assert [one.integrity for one in found.taken] == ["digest"]
    assert [one.path for one in found.rejected] == [str(workspace.inbox / "b" / "x.parquet")]
    assert take_in(workspace).known == 2
    sums.write_text(f"{right}  ./a/x.parquet\n")
    assert verdicts(take_in(workspace)) == {"x.parquet": "taken unverified"}


def test_the_32_bytes_of_a_digest_are_one(workspace: Workspace) -> None:
    """`openssl dgst -sha256 -binary`."""
    log = workspace.log("x.parquet", row())
    digest = hashlib.sha256(log.read_bytes()).digest()
    (workspace.inbox / "x.parquet.sha256").write_bytes(digest)
    assert verdicts(take_in(workspace)) == {"x.parquet": "taken digest"}
    assert digest_lines.parse("not yet".ljust(32, "x").encode()).lines == []


@pytest.mark.parametrize(("beside", "verdict"), STATED)
def test_a_digest_beside_a_log_is_held_against_it(
    workspace: Workspace, beside: dict[str, str], verdict: str
) -> None:
    right = hashlib.sha256(workspace.log("x.parquet", row()).read_bytes()).hexdigest()
    for name, text in beside.items():
        said = text.replace("{right}", right).replace("{RIGHT}", right.upper())
        (workspace.inbox / name).write_text(said)
    assert verdicts(take_in(workspace)) == {"x.parquet": verdict}


def test_a_log_is_tried_again_when_its_digest_changes(workspace: Workspace) -> None:
    log = workspace.log("x.parquet", row())
    stated = workspace.inbox / "x.parquet.sha256"
    stated.write_text(A)
    assert verdicts(take_in(workspace)) == {"x.parquet": "wrong_digest"}
    assert take_in(workspace).known == 1
    assert [one.reason for one in inbox.rejected_before(workspace.home)] == ["wrong_digest"]
    stated.write_text(hashlib.sha256(log.read_bytes()).hexdigest())
    assert verdicts(take_in(workspace)) == {"x.parquet": "taken digest"}


def test_no_flipped_bit_passes_a_digest(workspace: Workspace) -> None:
    data = workspace.log("x.parquet", row()).read_bytes()
    right = hashlib.sha256(data).hexdigest()
    (workspace.inbox / "x.parquet").unlink()
    for bit in range(0, len(data) * 8, 1009):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        (workspace.inbox / f"{bit}.parquet").write_bytes(changed)
        (workspace.inbox / f"{bit}.parquet.sha256").write_text(right)
    assert set(verdicts(take_in(workspace)).values()) == {"wrong_digest"}


def test_what_vouches_for_a_log_is_told(workspace: Workspace) -> None:
    """In the receipt, the manifest and the table `logs`."""
    log = workspace.log("x.parquet", row())
    digest = hashlib.sha256(log.read_bytes()).hexdigest()
    (workspace.inbox / "x.parquet.sha256").write_text(digest)
    workspace.log("y.parquet", row(event_id="e2"))
    workspace.run()
    expected = {"x.parquet": "digest", "y.parquet": "unverified"}
    assert {one.file_name: one.integrity for one in workspace.home.all_receipts()} == expected
    assert dict(workspace.sql("select file_name, integrity from logs")) == expected
    (day,) = workspace.home.dates()
    current = workspace.home.current(day)
    assert current is not None
    assert {one["name"]: one["integrity"] for one in stored_manifest(current)["inputs"]} == expected


def test_other_rules_look_once_more_at_what_was_rejected(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new version may accept what an earlier one did not; also of a home that named no rules."""
    (workspace.inbox).mkdir()
    (workspace.inbox / "bad.parquet").write_bytes(b"no log")
    assert len(workspace.run().arrivals.rejected) == 1
    assert workspace.run().arrivals.known == 1
    monkeypatch.setattr(inbox, "READ_BY", "rules 2, reader 1")
    assert len(workspace.run().arrivals.rejected) == 1
    assert workspace.run().arrivals.known == 1
    file = workspace.home.seen_file
    file.write_text(file.read_text().replace(', "rules 2, reader 1"]', "]"))
    assert len(workspace.run().arrivals.rejected) == 1
    assert workspace.run().arrivals.known == 1
