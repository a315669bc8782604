"""The statements of `sql/`, written out for every meter of the contract.

A line of a statement that names one of `_EACH` stands for one such line per name: `each_meter` and
`each_quantity` (what logs have a column of) with token classes, `each_main_meter` and
`each_main_quantity` without, `each_part` a token class, `each_whole` what it is a part of. A comma
stands between them where the line has none. Lines below it that are indented deeper belong to it. What is computed stands in `sql/` alone,
the contract's values that it names in `contract_functions`.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets.contract.billing import METER, METERS, QUANTITIES, TOKEN_CLASSES

if TYPE_CHECKING:
    import duckdb

_PACKAGE = Path(__file__).resolve().parents[1]
_EACH = {
    "each_meter": (*METERS, *TOKEN_CLASSES),
    "each_quantity": (*QUANTITIES, *TOKEN_CLASSES),
    "each_main_meter": METERS,
    "each_main_quantity": QUANTITIES,
    "each_part": tuple(TOKEN_CLASSES),
}
_BETWEEN = re.compile(r",$|^\s*(?:and|or|when|\+) ")
"""What separates lines of a list: a comma at the end, or a word at the beginning."""


def data_folder(name: str) -> Path:
    """Return a folder that travels with the code (`sql`, `sample_data`), in a wheel or a checkout."""
    if name.startswith("pricing_assets/"):
        return _PACKAGE.parent / name
    in_wheel = _PACKAGE / "data" / name
    return in_wheel if in_wheel.is_dir() else _PACKAGE.parent / name


@cache
def statement(name: str) -> str:
    """Return the one statement of `sql/NAME.sql`, written out for every meter."""
    return written_out((data_folder("sql") / f"{name}.sql").read_text(encoding="utf-8"))


_PARSED: dict[str, "list[duckdb.Statement]"] = {}


def run(con: "duckdb.DuckDBPyConnection", text: str) -> "duckdb.DuckDBPyConnection":
    """Run statements that the code spells, and return the connection with the last one's rows; each
    text is parsed once, which takes as long as planning does."""
    if text not in _PARSED:
        _PARSED[text] = con.extract_statements(text)
    for one in _PARSED[text]:
        con.execute(one)
    return con


def written_out(text: str) -> str:
    """Return a statement with one line per name for each line that names one of `_EACH`;
    `each_weight` is 4, `each_bit` 2, to the power of the meter's digit.

    `sum(each_meter) as each_meter` becomes `sum(input_tokens) as input_tokens,` and so on.
    """
    return "\n".join(_lines(text.split("\n")))


def _lines(lines: Sequence[str]) -> Iterator[str]:
    place = 0
    while place < len(lines):
        block = [lines[place]]
        place += 1
        word = next((word for word in _EACH if word in block[0]), None)
        if word is None:
            yield block[0]
            continue
        while place < len(lines) and _indent(lines[place]) > _indent(block[0]):
            block.append(lines[place])
            place += 1
        item = "\n".join(block)
        comma = "" if _BETWEEN.search(item) else ","
        yield f"{comma}\n".join(_of_meter(item, word, meter) for meter in _EACH[word])


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _of_meter(item: str, word: str, meter: str) -> str:
    if meter in TOKEN_CLASSES:
        return item.replace(word, meter).replace("each_whole", TOKEN_CLASSES[meter].whole)
    digit = METER[meter].digit
    return (
        item.replace(word, meter)
        .replace("each_weight", str(4**digit))
        .replace("each_bit", str(2**digit))
    )
