"""`creditmill sources check`: which source a file fits, and what becomes of its records."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pipelines.cli import output, sources_view
from pipelines.cli.options import Json, settings_of
from pricing_assets.common.errors import ConfigurationError, RejectedLog
from pricing_assets.intake import table_rows
from pricing_assets.rates import BUILT_IN, load_named
from pricing_assets.sources import catalog, new_source
from pricing_assets.sources.mapped import MAPPED


def command(
    file: Path,
    /,
    *,
    source: Annotated[
        str | None,
        Parameter(help="Check against this preset or file. [default: the one that fits best]"),
    ] = None,
    rates: Annotated[
        list[str] | None,
        Parameter(help="Rate books to look names up in. [default: those of a run]", negative=""),
    ] = None,
    json: Json = False,
) -> int:
    """Say which source a log file fits, show five mapped rows, and count outcomes.

    For example:
        creditmill sources check exports/day.jsonl

    Exit 1 where no record becomes a row that could be charged, or the file cannot
    be read.

    Parameters
    ----------
    file
        A raw log file: JSON, CSV or Parquet, gzip or zstd or neither; or the folder of a table of Delta
        Lake or Iceberg, of which one file of its rows is looked at.
    """
    named = table_rows.named_by(file)
    first, *others = named.files
    if named.table is not None and not json:
        files = output.counted(1 + len(others), "file")
        output.say(output.harmless(f"{file} is {named.table}, with {files}; this is {first.name}."))
    if source is None:
        fits = catalog.fits(first, named.files)
        if not fits:
            try:
                new_source.fields_of(first)
            except (ConfigurationError, RejectedLog) as error:
                output.warn(str(error))
                return 1
            names = ", ".join(catalog.ORDER)
            output.warn(
                f"{file}: none of the sources {names} makes a row of it; write your own with"
                f" `creditmill sources new NAME --from {file}`"
            )
            return 1
        chosen = fits[0].source
    else:
        chosen = catalog.named(source)
    books = settings_of(rates=rates).rates or BUILT_IN[:1]
    prices = load_named(books)
    looked_at = sources_view.FileView.at(first, chosen, prices, named.files)
    if json:
        output.print_json(looked_at.as_json())
    else:
        looked_at.show()
    return 1 if looked_at.needed.is_none_left or not looked_at.account.outcomes[MAPPED] else 0
