"""How `creditmill estimate` shows what was found: a table for people, JSON for programs."""

from decimal import Decimal
from typing import Any

Row = dict[str, Any]


def show(found: Row, *, as_json: bool) -> int:
    """Print it as JSON; or what is text as a heading, and each list as a table, the `total` under
    `lines`."""
    from pipelines.cli import output

    if as_json:
        output.print_json(_plain(found))
        return 0
    texts = [
        f"{_title(name)} {value}"
        for name, value in found.items()
        if value and isinstance(value, str)
    ]
    if texts:
        output.OUT.print(output.harmless(", ".join(texts)))
    for name, rows in found.items():
        if isinstance(rows, list) and rows:
            cells = [[_shown(column, value) for column, value in row.items()] for row in rows]
            if name == "lines":
                total = ["total", *(found["total"].get(column, "") for column in list(rows[0])[1:])]
                cells.append([_shown("", value) for value in total])
            titles = [_title(column) for column in rows[0]]
            right = [title for title in titles[1:] if title != "how"]
            output.OUT.print(output.table(titles, cells, right=right))
    return 0


def _title(name: str) -> str:
    return "USD" if name == "usd" else name.replace("_", " ")


def _shown(name: str, value: object) -> str:
    from pipelines.cli.output import number

    if value is None:
        return "no limit" if name == "units" else "-"
    return number(value) if isinstance(value, int | Decimal) else str(value)


def _plain(value: Any) -> Any:
    """Return a value for JSON: decimals as digits, never in powers of ten."""
    if isinstance(value, dict):
        return {name: _plain(held) for name, held in value.items()}
    if isinstance(value, list):
        return [_plain(held) for held in value]
    return f"{value:f}" if isinstance(value, Decimal) else value
