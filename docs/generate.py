"""`python -m docs.generate DOCS HOME`: write the pages of `docs/` that are made.

What they say is in `data_dictionary` and `finance.focus_columns`.
"""

import re
import sys
from pathlib import Path

from pricing_assets.contract import data_dictionary
from pricing_assets.db import connection as duck
from pricing_assets.finance import focus_columns
from pricing_assets.home import Home


def document(docs: Path, home: Home) -> None:
    """Write the data dictionary, FOCUS's columns, and the results of the worked queries on this
    home."""
    (docs / "dictionary.md").write_text(data_dictionary.page(), encoding="utf-8")
    queries = docs / "queries.md"
    with duck.open_catalog(home.catalog, home.path) as con:
        text = data_dictionary.worked(queries.read_text(encoding="utf-8"), con)
    queries.write_text(text, encoding="utf-8")
    page = docs / "focus.md"
    columns = re.compile(r"^\| column \| type \|.*?(?=^[^|]|\Z)", re.DOTALL | re.MULTILINE)
    text = columns.sub(lambda _: focus_columns.columns_page(), page.read_text(encoding="utf-8"))
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    document(Path(sys.argv[1]), Home(Path(sys.argv[2])).require())
