"""What every page loads in the browser: tables, script and style, one folder for all pages.

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
from pricing_assets.contract.outcomes import EXCLUDED, NO_PRICE_REASONS, QUARANTINE
from pricing_assets.db.statements import data_folder
from pricing_assets.home import Home
from pricing_assets.pages import colors

SCRIPTS = (
    *(
        "words",
        "exact",
        "text",
        "period",
        "svg",
        "dimensions",
        "address",
        "tables",
        "chart",
        "files",
    ),
    *("paper", "filters", "drill", "compare", "figures", "changed", "days", "tree", "sections"),
    *("balance", "organization", "index_period", "index"),
)
"""The pages' own script, in the order of its parts."""
LIBRARIES = ("confusable-homoglyphs", "duckdb", "jinja2")
"""What formats or fills a page beside this code."""
DATATABLES = "datatables.net-3.1.5/dataTables.min.js"


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
        "excluded": list(EXCLUDED),
        "noPrice": list(NO_PRICE_REASONS),
        "colors": len(colors.NAMES),
        "words": json.loads(_template("words.json"))["zh"],
    }


def folder_of(home: Home) -> Path:
    """Return where the assets of this code are, or would be."""
    return home.pages / "assets" / digest()


def texts() -> dict[str, str]:
    """Return the files of the folder, by name."""
    return {
        "tables.js": _vendored(DATATABLES),
        "page.js": scoped(_script()),
        "page.css": style(),
    }


def write(home: Home) -> None:
    """Write the folder, whole, where it is not there yet."""
    target = folder_of(home)
    if target.is_dir():
        return
    with files.scratch_folder(home.scratch, "assets-") as scratch:
        building = scratch / "assets"
        building.mkdir()
        for name, text in texts().items():
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
    lines = [
        f"  --color-{name}: light-dark({light}, {dark});\n"
        for name, (light, dark) in (*enumerate(colors.NAMES), ("others", colors.OTHERS))
    ]
    return ":root {\n" + "".join(lines) + "}\n"


@cache
def _script() -> str:
    constants = f"const GIVEN = {json.dumps(_words(), sort_keys=True)};"
    return "\n".join(['"use strict";', constants, *(_template(f"{name}.js") for name in SCRIPTS)])
