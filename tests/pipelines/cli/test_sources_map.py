"""`creditmill sources map`: what it writes, and over what it does not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.cli.app import main
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
