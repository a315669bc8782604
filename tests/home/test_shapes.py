"""What a home stores as JSON or TOML, each value of another type: a clean end, never a traceback.

Manifests, whose values all have declared types, belong to `test_manifests`.
"""

import contextlib
import io
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.cli.app import main
from pipelines.memory import Memory
from pricing_assets.common import json_files
from pricing_assets.common.errors import CreditmillError
from pricing_assets.home import Home, closings
from pricing_assets.home import settings as home_settings
from pricing_assets.home.checked import CheckedFolders
from pricing_assets.intake import inbox
from tests.support.shapes import reshaped
from tests.support.workspace import NOON, RECEIVED, Workspace, row, write_card

DAY = NOON.date()


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A home with an act of closing, and a file that was rejected for the digest beside it."""
    folder = tmp_path_factory.mktemp("closed")
    workspace = Workspace(folder, (write_card(folder / "book"),))
    workspace.log("a.parquet", row())
    workspace.log("wrong.parquet", row(event_id="w"))
    (workspace.inbox / "wrong.parquet.sha256").write_text("0" * 64)
    workspace.run()
    with workspace.home.lock():
        closings.close(workspace.home, DAY, "month end", [], RECEIVED + timedelta(days=2))
    return workspace


@pytest.fixture
def lived(closed: Workspace, tmp_path: Path) -> Workspace:
    """A copy of that home, to spoil."""
    return closed.copied(tmp_path)


READERS: dict[str, Callable[[Home], object]] = {
    "closings/0001.json": closings.closed_through,
    "receipts/seen.json": inbox.rejected_before,
    "journal.checked": lambda home: CheckedFolders.read(home.checked_file),
}


@pytest.mark.parametrize("name", READERS)
def test_a_record_of_another_shape_ends_in_a_named_error(lived: Workspace, name: str) -> None:
    file = lived.home.path / name
    was = json_files.read_json(file)
    for one in [*(one.record for one in reshaped(was)), 1e999, [[]] * 3]:
        write(file, json.dumps(one).encode())
        with contextlib.suppress(CreditmillError):
            READERS[name](lived.home)
    write(file, b"[" * 100_000)
    with contextlib.suppress(CreditmillError):
        READERS[name](lived.home)
    write(file, json_files.to_json(was))
    READERS[name](lived.home)


@pytest.mark.parametrize(
    "value",
    [*('"x"', "5", "-1", "1.5", "nan", "true", "[]", "[1]", '["a"]', "{}", "2026-01-01"), '"nan"'],
)
def test_settings_of_another_type_are_damage(lived: Workspace, value: str) -> None:
    """A text is not a list of dimensions, a truth value not a number of rows."""
    file = lived.home.settings_file
    was = file.read_text()
    right = home_settings.read(file)
    for line in was.splitlines():
        key, equals, _ = line.partition(" = ")
        if equals and not line.startswith("#"):
            write(file, was.replace(line, f"{key} = {value}").encode())
            try:
                read = home_settings.read(file)
            except CreditmillError:
                continue
            assert type(getattr(read, key)) is type(getattr(right, key)), line
            assert not isinstance(getattr(read, key), tuple) or value.startswith("[")
    write(file, b"format = " + b"[" * 100_000)
    with pytest.raises(CreditmillError, match="nested too deeply"):
        home_settings.read(file)


def test_the_cursor_of_another_version_begins_anew() -> None:
    memory = Memory({"/a": [1, 2]}, {"2026-02-03": ("digest", 1, 2)}, [3], {"check": "digest"})
    record = memory.__dict__
    assert Memory.read(json.dumps(record)) == memory
    assert Memory.read(None) == Memory()
    for one in reshaped(json.loads(json.dumps(record))):
        if one.now not in ([], {}):
            assert Memory.read(json.dumps(one.record)) == Memory(), one


@pytest.mark.slow
def test_commands_over_a_ledger_of_another_shape(worked: Workspace, tmp_path: Path) -> None:
    workspace = worked.copied(tmp_path)
    file = max(workspace.home.ledger.glob("usage_date=*/0001/manifest.json"))
    was = file.read_bytes()
    for record in ([], {"a": 1}, json.loads(was) | {"outputs": []}, json.loads(was) | {"chain": 1}):
        write(file, json_files.to_json(record))
        for words in (("verify",), ("balance",)):
            said = io.StringIO()
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                code = main([*words, "--home", str(workspace.home.path)])
            assert code in (0, 1, 2), said.getvalue()
            assert words != ("verify",) or code == 1, said.getvalue()
    write(file, was)


def write(file: Path, data: bytes) -> None:
    file.chmod(0o644)
    file.write_bytes(data)
