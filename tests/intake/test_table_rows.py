"""`sources check` and `sources map` of tables: what they read is what a run would."""

from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines.cli.app import main
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.intake.table_rows import named_by
from tests.support.lake_tables import Delta, Iceberg, Lake
from tests.support.workspace import row

MAKERS: list[Callable[[Path], Lake]] = [Delta, Iceberg]


@pytest.mark.parametrize("make", MAKERS, ids=["delta", "iceberg"])
def test_rows_that_a_table_deleted_are_not_mapped(
    make: Callable[[Path], Lake], tmp_path: Path
) -> None:
    table, target = make(tmp_path / "usage"), tmp_path / "rows.parquet"
    table.append(row(event_id="a"), row(event_id="b"))
    table.append(row(event_id="c"))
    table.delete("a")
    asked = ["sources", "map", str(table.root), "--source", "table", "--to", str(target)]
    assert main(asked) == 0
    assert sorted(pq.read_table(target)["event_id"].to_pylist()) == ["b", "c"]


def test_columns_that_only_the_log_of_a_table_has_are_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = Delta(tmp_path / "usage", ["org_id"])
    table.append(row(org_id="globex"))
    assert main(["sources", "check", str(table.root)]) == 0
    out, err = capsys.readouterr()
    assert "a table of Delta Lake at version 0, with 1 file" in err
    assert "globex" in out


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("gone.csv", "is not a file"),
        ("folder", "is a folder, and no table"),
        ("s3://bucket/usage", "is an address: copy it"),
    ],
)
def test_what_is_neither_a_file_nor_a_table_is_named(
    path: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    with pytest.raises(ConfigurationError, match=message):
        named_by(Path(path))
