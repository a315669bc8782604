"""Logs whose instants not every reader can hold, as a stream that DuckDB scans: numbers as stored.

Only `event_time` is made here, from its numbers; the other columns go through as they are.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets.logs import stored_instants
from pricing_assets.logs.parquet_footer import open_stored

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH = 32_768
MADE = ("event_time_raw", "file", "row_number")
"""What follows the columns that are read: the stored number where `event_time` is null for it, the
log's SHA-256, and the row from 0."""


class RawLogs:
    """Logs of one schema as an Arrow stream, begun anew by each scan of it."""

    def __init__(self, paths: Sequence[Path], columns: Sequence[str], kind: str) -> None:
        self._paths, self._columns, self._kind = paths, columns, kind
        with open_stored(paths[0], columns, stored_instants.COLUMN) as parquet:
            stored = parquet.schema_arrow
        self._schema = _read_schema(stored, columns)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Begin a scan."""
        import pyarrow as pa

        reader = pa.RecordBatchReader.from_batches(self._schema, self._batches())
        return reader.__arrow_c_stream__(requested_schema)

    def _batches(self) -> Iterator["pa.RecordBatch"]:
        import numpy as np
        import pyarrow as pa

        for path in self._paths:
            first = 0
            with open_stored(path, self._columns, stored_instants.COLUMN) as parquet:
                for batch in parquet.iter_batches(_BATCH, columns=list(self._columns)):
                    columns = [
                        batch.column(batch.schema.get_field_index(name)) for name in self._columns
                    ]
                    at = self._columns.index(stored_instants.COLUMN)
                    columns[at], raw = split(columns[at], stored_instants.unit_of(self._kind))
                    rows = np.arange(first, first + len(batch))
                    file = pa.array([path.name.removesuffix(".parquet")]).take(
                        pa.array(np.zeros(len(batch), "int64"))
                    )
                    columns = [*columns, raw, file, pa.array(rows, pa.int64())]
                    yield pa.record_batch(
                        [
                            _as(column, field.type)
                            for column, field in zip(columns, self._schema, strict=True)
                        ],
                        schema=self._schema,
                    )
                    first += len(batch)


def _read_schema(stored: "pa.Schema", columns: Sequence[str]) -> "pa.Schema":
    import pyarrow as pa

    fields = []
    for name in columns:
        kind = stored.field(stored.get_field_index(name)).type
        if name == stored_instants.COLUMN:
            kind = pa.timestamp("us")
        elif pa.types.is_float16(kind):
            kind = pa.float32()
        elif pa.types.is_binary(kind):  # a text with an annotation that Arrow does not know
            kind = pa.string()
        fields.append(pa.field(name, kind))
    kinds = (pa.decimal128(38, 0), pa.string(), pa.int64())
    return pa.schema([*fields, *(pa.field(*one) for one in zip(MADE, kinds, strict=True))])


def _as(column: "pa.Array", kind: "pa.DataType") -> "pa.Array":
    """Return the column in a type that holds all its values; ArrowInvalid where a text is not
    UTF-8."""
    if column.type != kind:
        column = column.cast(kind)
    column.validate(full=True)
    return column


def split(column: "pa.Array", unit: str) -> tuple["pa.Array", "pa.Array"]:
    """Return the instants of 1970 to 9999, floored to the microsecond, and every other stored
    number; each is null where the other is not. Of 96 bits that number is in nanoseconds."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if unit == "int96":
        return _split_96_bits(column)
    least, most = (
        pa.scalar(0, pa.int64()),
        min(stored_instants.END * stored_instants.A_SECOND[unit] - 1, 2**63 - 1),
    )
    inside = pc.and_(pc.greater_equal(column, least), pc.less_equal(column, most))
    null = pa.scalar(None, pa.int64())
    micros = pc.if_else(inside, column, null)
    if unit == "ms":
        micros = pc.multiply(micros, 1000)
    elif unit == "ns":
        micros = pc.divide(micros, 1000)  # not below 0: cut is floored
    raw = pc.if_else(inside, null, column)
    return micros.cast(pa.timestamp("us")), raw.cast(pa.decimal128(38, 0))


def _split_96_bits(column: "pa.Array") -> tuple["pa.Array", "pa.Array"]:
    import numpy as np
    import pyarrow as pa

    days, nanos = stored_instants.parts_of_96_bits(column)
    a_second = stored_instants.A_SECOND["ns"]
    day = stored_instants.DAY_SECONDS * a_second
    most = stored_instants.END // stored_instants.DAY_SECONDS
    valid = column.is_valid().to_numpy(zero_copy_only=False)
    since = days - stored_instants.EPOCH_DAY
    plain = valid & (since >= 0) & (since < most) & (nanos >= 0) & (nanos < day)
    micros = np.where(plain, since, 0) * (day // 1000) + np.where(plain, nanos, 0) // 1000
    raw: list[Decimal | None] = [None] * len(column)
    for place in np.flatnonzero(valid & ~plain):
        # exact in Python: 96 bits are beyond every integer of Arrow's
        number = int(since[place]) * day + int(nanos[place])
        if 0 <= number < stored_instants.END * a_second:
            micros[place], plain[place] = number // 1000, True
        else:
            raw[place] = Decimal(number)
    instant = pa.array(micros, pa.int64(), mask=~plain).cast(pa.timestamp("us"))
    return instant, pa.array(raw, pa.decimal128(38, 0))
