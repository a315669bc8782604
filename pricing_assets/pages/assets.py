"""What every page loads in the browser: charts, tables, script and style, one folder for all pages.

The folder is named after its contents and never changes; nothing of a home's data is in it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path

from pricing_assets.common import files
from pricing_assets.contract import billing as contract
from pricing_assets.contract import customer_words, spreadsheets
from pricing_assets.contract.outcomes import QUARANTINE, SETTLED
from pricing_assets.db.statements import data_folder
from pricing_assets.home import Home

SCRIPTS = (
    *("exact", "text", "address", "tables", "chart", "files", "paper", "drill"),
    *("sections", "bars", "balance", "organization", "index"),
)
"""The pages' own script, in the order of its parts."""
LIBRARIES = ("altair", "confusable-homoglyphs", "duckdb", "jinja2", "vl-convert-python")
"""What draws, formats or fills a page beside this code."""
DATATABLES = "datatables.net-3.1.5/dataTables.min.js"
VEGA = (
    "vega-6.2.0/vega.min.js",
    "vega-lite-6.4.1/vega-lite.min.js",
    "vega-embed-7.0.2/vega-embed.min.js",
)
"""What draws charts in the browser, in the order in which each finds the one before it: the versions
that draw them in statements (`vl-convert-python`). To bundle these anew took a third of the fixed cost
of a first run."""


def _template(name: str) -> str:
    return (data_folder("pricing_assets/pages/templates") / name).read_text(encoding="utf-8")


@cache
def digest() -> str:
    """Return what pages are made by, in 16 digits: all code of this package, and its libraries."""
    return digest_of(sources(), [f"{name} {version(name)}" for name in LIBRARIES])


def digest_of(files_read: Sequence[Path], texts: Sequence[str]) -> str:
    """Return 16 digits that differ where a file's bytes, their order or a text does."""
    digest = hashlib.sha256()
    for part in (*(text.encode() for text in texts), *(one.read_bytes() for one in files_read)):
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()[:16]


def sources() -> list[Path]:
    """Return every file that a page could be made by, in order: modules, statements, templates and
    what is vendored. Which of them one page needs is not asked: a list of these would be kept by
    hand, and a page would stay as it was where the list is wrong."""
    package = data_folder("pricing_assets/pages").parent
    pages = package / "pages"
    found = {*package.rglob("*.py"), *data_folder("sql").rglob("*.sql")}
    found |= {*pages.joinpath("templates").iterdir(), *pages.joinpath("vendor").rglob("*")}
    return sorted(file for file in found if file.is_file())


def _words() -> Mapping[str, object]:
    """Return what the script knows of the contract, and of spreadsheets."""
    return {
        "billingTypes": list(contract.BILLING_TYPES),
        "fix": dict(QUARANTINE),
        "meaning": dict(customer_words.MEANING),
        "spreadsheets": dict(spreadsheets.PATTERNS),
        "settled": list(SETTLED),
    }


def folder_of(home: Home) -> Path:
    """Return where the assets of this code are, or would be."""
    return home.pages / "assets" / digest()


def write(home: Home) -> None:
    """Write the folder, whole, where it is not there yet."""
    target = folder_of(home)
    if target.is_dir():
        return
    texts = {
        "vega.js": "\n".join(map(_vendored, VEGA)),
        "tables.js": _vendored(DATATABLES),
        "page.js": scoped(_script()),
        "page.css": style(),
    }
    with files.scratch_folder(home.scratch, "assets-") as scratch:
        building = scratch / "assets"
        building.mkdir()
        for name, text in texts.items():
            (building / name).write_text(text, encoding="utf-8")
        files.move_folder(building, target)


def style() -> str:
    """Return the style of all pages."""
    return _colors() + _template("page.css")


def scoped(script: str) -> str:
    """Return a script whose names stay its own."""
    return f"(function () {{\n{script}\n}})();\n"


def _vendored(name: str) -> str:
    return (data_folder("pricing_assets/pages/vendor") / name).read_text(encoding="utf-8")


def _colors() -> str:
    from pricing_assets.pages import charts

    lines = [
        f"  --color-{place}: light-dark({light}, {dark});\n"
        for place, (light, dark) in enumerate(charts.COLORS)
    ]
    return ":root {\n" + "".join(lines) + "}\n"


@cache
def _script() -> str:
    from pricing_assets.pages import charts

    places = [place for place in range(len(charts.COLORS)) if place != charts.GREY]
    given = {**_words(), "modelColors": places}
    given |= {"daily": charts.daily_specification(), "burnDown": charts.burn_down_specification()}
    parts = [f"const GIVEN = {json.dumps(given, sort_keys=True)};"]
    return "\n".join(['"use strict";', *parts, *(_template(f"{name}.js") for name in SCRIPTS)])
