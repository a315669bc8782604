"""Lines of names that reports use: what is lost of `aliases.csv` and `brands.csv` stops a run by name,
and comes back from the journal, `valid_from` and all."""

from pathlib import Path

import pytest

from tests.support.command import creditmill
from tests.support.workspace import RATES, Workspace, row, write_aliases, write_card

DATED = "service,brand,alias,model,valid_from\nllm,Acme,Talk-YYYYMMDD,Chat,2026-02-01T00:00:00Z\n"


@pytest.mark.slow
def test_lost_lines_of_names_come_back(tmp_path: Path) -> None:
    book = write_card(tmp_path / "book", RATES)
    (book / "aliases.csv").write_text(DATED)
    (book / "brands.csv").write_text("service,alias,brand\nllm,gate,Acme\n")
    workspace = Workspace(tmp_path, (book,))
    workspace.log("a.parquet", row(event_id="1", brand="Gate", model="talk-20260101"))
    workspace.run()
    home = workspace.home.path
    (book / "brands.csv").unlink()
    write_aliases(book, "# a line of names without an end\nllm,Acme,Other,Chat")
    done = creditmill("verify", "--recompute", "--home", home, cwd=tmp_path)
    assert done.returncode == 1
    done = creditmill("run", "--home", home, "--logs", workspace.inbox, cwd=tmp_path)
    assert done.returncode == 2
    assert b"alias line llm,gate,Acme was used and is gone" in done.stderr
    assert b"alias line llm,Acme,Talk-YYYYMMDD,Chat,2026-02-01T00:00:00Z was used" in done.stderr
    done = creditmill("restore", "--home", home, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (book / "brands.csv").read_text() == "service,alias,brand\nllm,gate,Acme\n"
    assert (book / "aliases.csv").read_text() == (
        "service,brand,alias,model,valid_from\n# a line of names without an end\n"
        "llm,Acme,Other,Chat\nllm,Acme,Talk-YYYYMMDD,Chat,2026-02-01T00:00:00Z\n"
    )
    done = creditmill("verify", "--recompute", "--home", home, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
