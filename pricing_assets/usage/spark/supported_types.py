"""Shapes: what Spark is known to read as the contract says, by physical and logical type."""

import json
from pathlib import Path

from pricing_assets.logs import schema as log_schema

Shape = tuple[tuple[str, str], ...] | str
"""Per column that is read, its name and Spark type; or that it is a copy."""


def shape_of(path: Path, schema: log_schema.Schema) -> Shape | None:
    """Return the columns that are read and their Spark types; None where Spark is not known to agree, as on
    instants of 96 bits or beyond its own."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as parquet:
        leaves: dict[str, list[pq.ColumnSchema]] = {}
        for place in range(len(parquet.schema)):
            leaf = parquet.schema.column(place)
            leaves.setdefault(leaf.path, []).append(leaf)
    shape = []
    for name, kind in schema:
        if kind in ("", "null"):
            continue
        if kind.startswith("images "):
            found = _images(name, leaves)
        else:
            found = _flat(kind, leaves.get(name, []))
        if found is None:
            return None
        shape.append((name, found))
    return tuple(shape)


def _flat(kind: str, leaves: list[object]) -> str | None:
    if len(leaves) != 1 or leaves[0].max_repetition_level:  # type: ignore[attr-defined]
        return None
    physical, logical = _types(leaves[0])
    match kind, physical, logical.get("Type"):
        case "text", "BYTE_ARRAY", "String":
            return "string"
        case _, "INT32" | "INT64", "None" | "Int":
            return _integer(physical, logical)
        case "double" | "float", "DOUBLE" | "FLOAT", _:
            return kind
        case "us" | "ms" | "us utc" | "ms utc", "INT64", "Timestamp":
            return "timestamp_ltz" if logical["isAdjustedToUTC"] else "timestamp_ntz"
        case "ns" | "ns utc", "INT64", "Timestamp":
            return "bigint"
    return None


def _types(leaf: object) -> tuple[str, dict[str, object]]:
    return leaf.physical_type, json.loads(leaf.logical_type.to_json())  # type: ignore[attr-defined]


def _integer(physical: str, logical: dict[str, object]) -> str | None:
    if logical.get("Type") not in ("None", "Int"):
        return None
    unsigned = logical.get("isSigned") is False
    return "decimal(20,0)" if unsigned and logical.get("bitWidth") == 64 else "bigint"


def _images(name: str, leaves: dict[str, list[object]]) -> str | None:
    for element in ("element", "item"):
        sides = [leaves.get(f"{name}.list.{element}.{side}", []) for side in ("width", "height")]
        if all(len(side) == 1 for side in sides):
            kinds = []
            for (leaf,) in sides:
                physical, logical = _types(leaf)
                if physical not in ("INT32", "INT64") or leaf.max_repetition_level != 1:  # type: ignore[attr-defined]
                    return None
                kinds.append(_integer(physical, logical))
            if None not in kinds:
                return f"array<struct<width:{kinds[0]},height:{kinds[1]}>>"
    return None
