"""Logs as Spark reads them: by an explicit schema from each footer, or as a copy by DuckDB.

A log of which `supported_types` does not know that Spark reads it as the contract says is written anew by
DuckDB in the canonical schema first. Never is a file left to Spark's own guess.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pricing_assets.contract.usage_log import LOG_COLUMNS
from pricing_assets.logs import relation as events
from pricing_assets.logs import schema as log_schema
from pricing_assets.logs.mapped_rows import MappedLog
from pricing_assets.usage.spark.supported_types import Shape, shape_of

if TYPE_CHECKING:
    import duckdb
    from pyspark.sql import Column, DataFrame, SparkSession
    from pyspark.sql.types import DataType, StructType

COPY: Shape = "copy"
"""The shape of a log that DuckDB wrote anew."""

SPARK_TYPES = {"VARCHAR": "string", "BIGINT": "bigint", "TIMESTAMP": "timestamp_ntz"}
FLOATS = ("double", "float")
IMAGES = "array<struct<width:bigint,height:bigint>>"
_ROWS = "_metadata"  # the column by which Spark names files and rows


@dataclass(frozen=True)
class LogPart:
    """Logs of one shape and one latest allowed instant."""

    shape: Shape
    until: datetime | None
    paths: tuple[Path, ...]


def parts(
    con: "duckdb.DuckDBPyConnection",
    logs: Iterable[tuple[Path, log_schema.Schema, datetime | None] | MappedLog],
    dimensions: tuple[str, ...],
    scratch: Path,
) -> list[LogPart]:
    """Return the logs by shape; copies of those that Spark cannot be trusted with are in
    `scratch`."""
    groups: dict[tuple[Shape, datetime | None], list[Path]] = {}
    mapped: dict[datetime | None, list[MappedLog]] = {}
    for log in logs:
        if isinstance(log, MappedLog):
            mapped.setdefault(log.until, []).append(log)
            continue
        path, schema, until = log
        elsewhere = any(kind and not log_schema.is_in_file(kind) for _, kind in schema)
        shape: Shape | None = None if elsewhere else shape_of(path, schema)
        if shape is None or _ROWS in dimensions:
            shape = COPY
            path = _copied(con, path, schema, dimensions, scratch)
        groups.setdefault((shape, until), []).append(path)
    for until, of_sources in mapped.items():
        target = scratch / f"mapped-{len(groups)}.parquet"
        _copy(con, of_sources, dimensions, target)
        groups.setdefault((COPY, until), []).append(target)
    return [LogPart(shape, until, tuple(paths)) for (shape, until), paths in groups.items()]


def _copied(
    con: "duckdb.DuckDBPyConnection",
    path: Path,
    schema: log_schema.Schema,
    dimensions: tuple[str, ...],
    scratch: Path,
) -> Path:
    target = scratch / path.name
    _copy(con, [(path, schema, None)], dimensions, target)
    return target


def _copy(
    con: "duckdb.DuckDBPyConnection",
    logs: "Sequence[tuple[Path, log_schema.Schema, None] | MappedLog]",
    dimensions: tuple[str, ...],
    target: Path,
) -> None:
    rows = events.relation_of(con, logs, dimensions)
    rows.write_parquet(str(target), compression="zstd")


def functions(session: "SparkSession") -> Any:
    """Return Spark's functions, of the kind that the columns of this Spark session are."""
    from importlib import import_module

    connected = "connect" in type(session).__module__
    return import_module(f"pyspark.sql{'.connect' if connected else ''}.functions.builtin")


def read(
    session: "SparkSession",
    part: LogPart,
    uris: list[str],
    dimensions: tuple[str, ...],
    between: tuple[datetime, datetime],
) -> "DataFrame":
    """Return one row per row of the part's files, as `projection.project` makes it, between two
    instants."""
    F = functions(session)
    if part.shape == COPY:
        frame = session.read.schema(_copy_schema(dimensions)).parquet(*uris)
    else:
        frame = _projected(session, F, part, uris, dimensions, between)
    frame = frame.filter(F.col("event_time") >= _instant(F, between[0]))
    frame = frame.filter(F.col("event_time") < _instant(F, between[1]))
    if part.until is not None:
        frame = frame.filter(F.col("event_time") <= _instant(F, part.until))
    return frame


def _instant(F: Any, at: datetime) -> "Column":
    micros = (at.replace(tzinfo=None) - datetime(1970, 1, 1)) // (datetime.resolution)
    return F.timestamp_micros(F.lit(micros).cast("bigint")).cast("timestamp_ntz")


def _copy_schema(dimensions: tuple[str, ...]) -> "StructType":
    from pyspark.sql.types import BooleanType, LongType, StringType, StructField, StructType

    struct = StructType([StructField(name, StringType()) for name in dimensions])
    columns = [StructField(column.name, _type(column.type)) for column in LOG_COLUMNS]
    columns += [StructField("dimensions", struct), StructField("bad_float", BooleanType())]
    columns += [StructField("file", StringType())]
    columns += [StructField("row_number", LongType()), StructField("record_code", LongType())]
    return StructType([*columns, StructField("record_updated_at", _type("TIMESTAMP"))])


def _type(duckdb_type: str) -> "DataType":
    return _parsed(SPARK_TYPES.get(duckdb_type, IMAGES))


def _parsed(kind: str) -> "DataType":
    from pyspark.sql.types import (
        ArrayType,
        DecimalType,
        DoubleType,
        FloatType,
        LongType,
        StringType,
        StructField,
        StructType,
        TimestampNTZType,
        TimestampType,
    )

    plain: dict[str, DataType] = {
        "string": StringType(),
        "bigint": LongType(),
        "decimal(20,0)": DecimalType(20, 0),
        "double": DoubleType(),
        "float": FloatType(),
        "timestamp_ltz": TimestampType(),
        "timestamp_ntz": TimestampNTZType(),
    }
    if kind in plain:
        return plain[kind]
    sides = kind.removeprefix("array<struct<").removesuffix(">>").split(",height:")
    width, height = sides[0].removeprefix("width:"), sides[1]
    struct = [StructField("width", plain[width]), StructField("height", plain[height])]
    return ArrayType(StructType(struct))


def _projected(
    session: "SparkSession",
    F: Any,
    part: LogPart,
    uris: list[str],
    dimensions: tuple[str, ...],
    between: tuple[datetime, datetime],
) -> "DataFrame":
    from pyspark.sql.types import StructField, StructType

    kinds = dict(part.shape)  # type: ignore[arg-type]
    schema = StructType([StructField(name, _parsed(kind)) for name, kind in kinds.items()])
    frame = session.read.schema(schema).parquet(*uris)
    at = F.col(_quoted("event_time"))
    if kinds["event_time"] != "bigint":
        # on the file's own column: whole row groups are left out by their statistics
        for holds in (at >= _same(F, between[0], kinds), at < _same(F, between[1], kinds)):
            frame = frame.filter(holds)

    def value(name: str, wanted: str) -> "Column":
        kind = kinds.get(name)
        if kind is None:
            return F.lit(None).cast(_type(wanted))
        column = F.col(_quoted(name))
        if wanted == "TIMESTAMP" and kind == "bigint":
            return F.call_function("floor_to_microsecond", column)
        if kind == "timestamp_ltz":
            return F.call_function("utc_instant", column)
        if kind == "decimal(20,0)":
            return F.call_function("at_most_bigint", column)
        if kind in FLOATS:
            return F.call_function("whole_of_float", column.cast("double"))
        if "decimal" in kind:
            return F.transform(column, lambda image: _sides(F, image))
        return column

    columns = [
        (
            F.lit(None).cast(_type(column.type))
            if column.name == "tier" and "tier" in dimensions
            else value(column.name, column.type)
        ).alias(column.name)
        for column in LOG_COLUMNS
    ]
    struct = F.struct(*(value(name, "VARCHAR").alias(name) for name in dimensions))
    file = F.call_function("sha256_of_log", F.col("_metadata.file_path"))
    row_number = F.col("_metadata.row_index")
    bad_float = F.lit(0) == 1
    for name, kind in kinds.items():
        if kind in FLOATS:
            column = F.col(_quoted(name)).cast("double")
            bad_float = bad_float | F.call_function("is_bad_float", column)
    return frame.select(
        *columns,
        struct.alias("dimensions"),
        bad_float.alias("bad_float"),
        file.alias("file"),
        row_number.alias("row_number"),
        F.lit(0).cast("bigint").alias("record_code"),
        F.lit(None).cast("timestamp_ntz").alias("record_updated_at"),
    )


def _same(F: Any, at: datetime, kinds: dict[str, str]) -> "Column":
    instant = _instant(F, at)
    return instant.cast("timestamp_ltz") if kinds["event_time"] == "timestamp_ltz" else instant


def _sides(F: Any, image: "Column") -> "Column":
    def side(name: str) -> "Column":
        stored, most = image.getField(name).cast("decimal(20,0)"), F.lit(2**63 - 1)
        return F.when(stored > most, most).otherwise(stored.cast("bigint"))

    struct = F.struct(side("width").alias("width"), side("height").alias("height"))
    return F.when(image.isNotNull(), struct)


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
