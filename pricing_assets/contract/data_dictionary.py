"""The data dictionary and the worked queries of `docs/`, as text: made, so that they cannot be stale.

Meanings come from `tables` and `contract`, results from a `credits.duckdb`; no meaning is written here.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from pricing_assets.contract import billing as contract
from pricing_assets.contract.ledger_tables import all_tables
from pricing_assets.contract.outcomes import EXCLUDED, QUARANTINE
from pricing_assets.contract.table_columns import Table
from pricing_assets.contract.usage_log import LOG_COLUMNS, REQUIRED_COLUMNS, Column

if TYPE_CHECKING:
    import duckdb

DIMENSIONS = ("agent_id",)
QUERY = re.compile(r"(```sql\n(.*?)```\n)(\n```text\n.*?```\n)?", re.DOTALL)
"""A query of a page, and the result below it, which may be missing still."""

_HEAD = """\
# Data dictionary

Made by `make docs` from the modules of `pricing_assets/contract/`, from which the DDL, the schema
gates and the comments in `credits.duckdb` come too (`comment` in `duckdb_tables()`, `duckdb_views()` and
`duckdb_columns()`). A stale page fails the tests. Columns that stand for the reporting dimensions
are shown for the default, `agent_id`.

Credits have 9 decimals, dollars 11, both exact; times are UTC; an id, a name or a dimension is
text as logged unless it says otherwise. [queries.md](queries.md) has worked queries.
"""


def page() -> str:
    """Return `docs/dictionary.md`: every table, column, outcome and meter with its meaning."""
    by_name = all_tables(DIMENSIONS)
    parts = [_HEAD, "## Usage log\n\n" + _log()]
    parts += ["## Tables of `credits.duckdb`\n", *map(_table, by_name.values())]
    parts += ["## Outcomes, in the order of decision\n\n" + _outcomes()]
    parts += ["## Billing types and meters\n\n" + _billing_types()]
    return "\n".join(parts)


def markdown(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _columns(columns: Iterable[Column]) -> str:
    rows = [(f"`{one.name}`", f"`{one.type}`", one.meaning) for one in columns]
    return markdown(("column", "type", "meaning"), rows)


def _table(table: Table) -> str:
    return f"### `{table.name}`\n\nOne row per {table.grain}.\n\n{_columns(table.columns)}"


def _log() -> str:
    required = ", ".join(f"`{name}`" for name in REQUIRED_COLUMNS)
    head = f"One row per metered call or storage snapshot. Required: {required}.\n\n"
    return head + _columns(LOG_COLUMNS)


def _outcomes() -> str:
    rows = [("`rated`", "charged, at zero credits too")]
    rows += [(f"`{name}`", "excluded: accounted for, not charged") for name in EXCLUDED]
    rows += [(f"`{name}`", f"quarantined. {cure}") for name, cure in QUARANTINE.items()]
    return markdown(("outcome", "what it is"), rows)


def _billing_types() -> str:
    rows = []
    for billing_type, name in contract.BILLING_TYPES.items():
        meters = ", ".join(f"`{meter}`" for meter in contract.SERVICES[name].meters)
        rows.append((f"`{billing_type}`", f"`{name}`", meters))
    meters = markdown(
        ("meter", "what it counts", "a price buys"),
        [
            (f"`{meter}`", contract.METER[meter].meaning, f"{contract.PER[priced_as]:,}")
            for meter, priced_as in contract.PRICED_AS.items()
        ],
    )
    classes = markdown(
        ("token class", "what it counts", "a part of", "as a card prints it"),
        [
            (f"`{one.name}`", one.logged, f"`{one.whole}`", f"`{one.meter}`")
            for one in contract.TOKEN_CLASSES.values()
        ],
    )
    types = markdown(("billing type", "service", "meters"), rows)
    return "\n".join((types, meters, classes))


def worked(text: str, con: "duckdb.DuckDBPyConnection") -> str:
    """Return the page with each query's result below it, as this database gives it."""

    def answered(found: re.Match[str]) -> str:
        relation = con.sql(found[2])
        shown = "\n".join(_shown(relation.columns, relation.fetchall()))
        return f"{found[1]}\n```text\n{shown}\n```\n"

    return QUERY.sub(answered, text)


def _shown(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    """Yield aligned lines; numbers stand on the right."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    numeric = [
        any(isinstance(row[place], int | Decimal) for row in rows) for place in range(len(columns))
    ]
    for line in (columns, *cells):
        aligned = [
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(line, widths, numeric, strict=True)
        ]
        yield "  ".join(aligned).rstrip()


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
