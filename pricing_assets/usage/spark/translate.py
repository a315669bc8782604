"""The statements that both engines run: held to the subset in which they agree, and translated.

What each statement computes stands in `sql/`; nothing is written for Spark but its prelude. The
subset and the reason for each exclusion are in docs/scale_out.md.
"""

from functools import cache
from typing import TYPE_CHECKING

from pricing_assets.common.errors import CreditmillError
from pricing_assets.db.contract_functions import NUMBERS
from pricing_assets.db.contract_functions import for_spark as with_numbers
from pricing_assets.db.statements import statement

if TYPE_CHECKING:
    from sqlglot import exp

SHARED = (
    "usage/dated_rows",
    "usage/log_rows",
    "usage/rollups",
    "usage/file_totals",
    "usage/units/row_ids",
    "usage/units/asked_rows",
)
"""In the order in which they read each other; all that is done to single events on a cluster."""

CANDIDATES = ("usage/units/asked_rows",)
"""Statements that may hash: they find rows to look at, and any superset gives the same result."""

PRELUDE = {
    *("whole_div", "utc_day", "tokens_of_images", "images_are_bad", "is_blank"),
    *("floor_to_microsecond", "utc_instant", "at_most_bigint", "sha256_of_log"),
    *("whole_of_float", "is_bad_float", "is_counted", "counted", "state_digit", "has_images"),
    *("is_bad_part", "tier_code"),
}
"""Functions that each engine's prelude spells its own way."""

_NODES = frozenset(
    [
        "Select",
        "From",
        "Join",
        "Table",
        "TableAlias",
        "Identifier",
        "Column",
        "Star",
        "Where",
        "Group",
        "Alias",
        "Subquery",
        "Paren",
        "Case",
        "If",
        "And",
        "Or",
        "Not",
        "EQ",
        "NEQ",
        "GT",
        "GTE",
        "LT",
        "LTE",
        "Is",
        "Null",
        "In",
        "Between",
        "Add",
        "Sub",
        "Mul",
        "Mod",
        "Neg",
        "Literal",
        "Cast",
        "DataType",
        "DataTypeParam",
        "Sum",
        "Count",
        "Coalesce",
        "Chr",
        "With",
        "CTE",
        "Union",
    ]
)
_TYPES = frozenset(["DECIMAL", "BIGINT", "INT", "VARCHAR", "TEXT", "DATE", "TIMESTAMP", "BOOLEAN"])


class OutsideTheSubset(CreditmillError):
    """A statement uses what the two engines do not do alike."""


def parsed(name: str) -> "exp.Expr":
    """Return the statement as a tree."""
    import sqlglot

    return sqlglot.parse_one(statement(name), read="duckdb")


def findings(tree: "exp.Expr", *, may_hash: bool = False) -> list[str]:
    """Return what in the statement is outside the subset: only what is known to agree is inside."""
    from sqlglot import exp

    found = []
    for node in tree.walk():
        text = node.sql(dialect="duckdb")
        kind = type(node).__name__
        if isinstance(node, exp.Anonymous):
            name = str(node.this).lower()
            if name not in {*PRELUDE, *NUMBERS} and not (may_hash and name == "hash"):
                found.append(f"{text}: {name} is not a function of the preludes")
        elif kind not in _NODES:
            found.append(f"{text}: {kind} is outside the subset")
        elif isinstance(node, exp.DataType) and node.this.name not in _TYPES:
            found.append(f"{text}: no type that both engines have alike")
        elif isinstance(node, exp.Literal) and not node.is_string and not node.this.isdecimal():
            found.append(f"{text}: a number that is not an integer")
        elif isinstance(node, exp.Cast) and (kind != "Cast" or node.args.get("format")):
            found.append(f"{text}: a cast that does not fail aloud")
        elif isinstance(node, exp.Sum) and not _is_exact(node):
            found.append(f"{text}: sums are cast(sum(cast(… as decimal(28, 0))) as decimal(38, 0))")
    return found


def _is_exact(node: "exp.Sum") -> bool:
    from sqlglot import exp

    outer = node.parent
    casts = [part for part in node.this.find_all(exp.Cast) if _is_decimal(part, 28)]
    return isinstance(outer, exp.Cast) and _is_decimal(outer, 38) and bool(casts)


def _is_decimal(cast: "exp.Cast", width: int) -> bool:
    return cast.to.sql(dialect="duckdb").replace(" ", "") == f"DECIMAL({width},0)"


@cache
def for_spark(name: str) -> str:
    """Return a shared statement as Spark reads it. OutsideTheSubset where it must not be translated."""
    from sqlglot import exp

    tree = parsed(name)
    found = findings(tree, may_hash=name in CANDIDATES)
    if found:
        raise OutsideTheSubset(f"sql/{name}.sql: " + "; ".join(found))

    def spelled(node: "exp.Expr") -> "exp.Expr":
        if isinstance(node, exp.Anonymous) and str(node.this).lower() == "hash":
            return exp.Anonymous(this="xxhash64", expressions=node.expressions)
        if isinstance(node, exp.DataType) and node.this == exp.DataType.Type.TIMESTAMP:
            return exp.DataType.build("timestamp_ntz", dialect="spark")
        return node

    return with_numbers(tree.transform(spelled).sql(dialect="spark"))


@cache
def prelude() -> tuple[str, ...]:
    """Return the statements of `sql/prelude/spark.sql`, one by one: Spark takes no more at a time."""
    lines = [
        line
        for line in with_numbers(statement("prelude/spark")).splitlines()
        if not line.lstrip().startswith("--")
    ]
    return tuple(part.strip() for part in "\n".join(lines).split(";\n") if part.strip(" \n;"))
