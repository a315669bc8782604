"""What pages are kept by: everything that makes one is part of the key, as a build of pages shows."""

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from pricing_assets.pages import assets
from tests.support.command import ROOT
from tests.support.workspace import Workspace

BUILD = """
import json, sys
read = set()
sys.addaudithook(lambda event, given: read.add(str(given[0])) if event == "open" else None)
from pathlib import Path
from pricing_assets.db.connection import Limits
from pricing_assets.home import Home
from pricing_assets.pages import assets, build
home = Home(Path(sys.argv[1]))
with home.lock():
    build.refresh(home, home.settings(), Limits())
modules = {module.__file__ for module in sys.modules.values() if getattr(module, "__file__", None)}
print(json.dumps({"read": sorted(read), "modules": sorted(modules), "key": assets.digest()}))
"""


def test_every_file_that_a_build_of_pages_reads_is_part_of_their_key(one_row: Workspace) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BUILD, str(one_row.home.path)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    built = json.loads(done.stdout)
    code = [ROOT / "pricing_assets", ROOT / "sql"]
    used = {
        path
        for path in map(Path, (*built["read"], *built["modules"]))
        if any(path.is_relative_to(folder) for folder in code)
        and path.suffix not in (".pyc", "")
        and "rate_cards" not in path.parts  # data: its digest is in the versions'
    }
    kinds = {path.suffix for path in used}
    assert {".py", ".sql", ".html", ".js", ".css"} <= kinds
    assert ROOT / "pricing_assets" / "common" / "file_names.py" in used
    assert used <= set(assets.sources())
    assert built["key"] == assets.digest()


@pytest.mark.parametrize("change", ["bytes", "another file", "a library"])
def test_any_change_is_another_key(change: str, tmp_path: Path) -> None:
    first, second = tmp_path / "page.html", tmp_path / "page.js"
    first.write_text("<p>")
    second.write_text("let total;")
    files, texts = [first, second], [f"jinja2 {version('jinja2')}"]
    before = assets.digest_of(files, texts)
    assert assets.digest_of(files, texts) == before
    if change == "bytes":
        second.write_text("let total ;")
    elif change == "another file":
        files.pop()
    else:
        texts = ["jinja2 0"]
    assert assets.digest_of(files, texts) != before
