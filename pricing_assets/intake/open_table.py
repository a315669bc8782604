"""Opening a table by the package that reads its format, where that is installed.

What a table is once it is open, `table_state` says.
"""

from pathlib import Path

from pricing_assets.common.errors import RejectedLog
from pricing_assets.intake.table_formats import DELTA, ICEBERG, refusal
from pricing_assets.intake.table_state import REASON, TableState
from pricing_assets.sources.kept import KeptSource

EXTRAS = {DELTA: "delta", ICEBERG: "iceberg"}
"""The extra of this package that reads a format; it is also what a source's `format` calls it."""


def open_table(root: Path, format_: str, state: Path | None = None) -> TableState:
    """Return a table as it is now, or as a file of its state says. RejectedLog where it cannot be read
    as it says, or the extra that reads it is not installed."""
    if format_ not in EXTRAS:
        raise RejectedLog(REASON, refusal(format_))
    try:
        if format_ == DELTA:
            from pricing_assets.intake.delta_table import open_table as opened
        else:
            from pricing_assets.intake.iceberg_table import open_table as opened
    except ImportError as error:
        extra = EXTRAS[format_]
        raise RejectedLog(
            REASON,
            f"it is a table of {format_}, which this installation does not read ({error}):"
            f" install creditmill[{extra}]",
        ) from error
    return opened(root, state)


def require_read_by(source: KeptSource | None, format_: str) -> None:
    """Raise RejectedLog where a source does not read files of such a table."""
    formats = ("parquet",) if source is None else source.source.formats
    if source is not None and format_ in EXTRAS and not {"parquet", EXTRAS[format_]} & {*formats}:
        raise RejectedLog(
            REASON,
            f"it is a table of {format_}, and the source {source.name} reads {', '.join(formats)}",
        )
