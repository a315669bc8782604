"""`creditmill sources map`: what it writes, and over what it does not."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.cli.app import main
from tests.support.records import CALL
from tests.support.workspace import row, write_log


@pytest.mark.parametrize("link", [None, Path.symlink_to, Path.hardlink_to])
def test_a_file_that_is_read_is_not_written_over(
    link: Callable[[Path, Path], None] | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = target = tmp_path / "a.parquet"
    write_log(log, [row()])
    before = log.read_bytes()
    if link is not None:
        target = tmp_path / "b.parquet"
        link(target, log)
    asked = ["sources", "map", str(log), "--source", "table", "--to", str(target)]
    assert main(asked) == 2
    assert f"--to {target} is {log}, which is read" in " ".join(capsys.readouterr().err.split())
    assert (log.read_bytes(), target.read_bytes()) == (before, before)


def test_what_it_wrote_is_no_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Records that the source skipped are rows there, and would be charged."""
    raw, rows = tmp_path / "raw.jsonl", tmp_path / "in" / "rows.parquet"
    rows.parent.mkdir()
    raw.write_text("".join(json.dumps(CALL | more) + "\n" for more in ({}, {"status": "failure"})))
    assert main(["sources", "map", str(raw), "--source", "litellm_s3", "--to", str(rows)]) == 0
    said = "written by `creditmill sources map`"
    for more in ([], ["--source", "table"]):
        home = tmp_path / f"home{len(more)}"
        capsys.readouterr()
        assert main(["run", "--logs", str(rows.parent), "--home", str(home), *more]) == 1
        assert said in " ".join(capsys.readouterr().err.split())
        assert not [*(home / "logs").iterdir()]
    assert main(["sources", "check", str(rows), "--source", "table"]) == 1
