"""`creditmill sources map`: the rows that a source makes of raw files, without a home."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pipelines.cli import output, sources_view
from pipelines.cli.options import Json
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.common.files import require_writable
from pricing_assets.intake import table_rows
from pricing_assets.sources import catalog, mapped


def command(
    files: list[Path],
    /,
    *,
    source: Annotated[
        str, Parameter(help="A preset of `creditmill sources list`, or a file NAME.toml.")
    ],
    to: Annotated[Path, Parameter(help="The .parquet file to write.")],
    json: Json = False,
) -> int:
    """Write the rows that a source makes of raw logs, and count all records.

    For example:
        creditmill sources map day.jsonl --source litellm_s3 --to rows.parquet

    One row per record: the usage log's columns, token classes, `outcome` (null
    where the record became a row), file, file name and record number (from 0).

    Parameters
    ----------
    files
        The raw files; of a folder that is a table of Delta Lake or Iceberg, the files of its rows.
    """
    if to.suffix != ".parquet" or not to.absolute().parent.is_dir():
        raise ConfigurationError(f"--to {to} must be a .parquet file in a folder that exists")
    require_writable("--to", to)
    named: dict[Path, table_rows.InPath | None] = {}
    for file in files:
        named |= table_rows.named_by(file).files
    if same := [file for file in named if to.exists() and file.exists() and to.samefile(file)]:
        raise ConfigurationError(
            f"--to {to} is {same[0]}, which is read; name another file to write"
        )
    accounts = mapped.map_files([*named], catalog.named(source), to, named)
    if json:
        output.print_json([sources_view.as_json(account) for account in accounts])
        return 0
    sources_view.show(accounts)
    output.OUT.print(f"Written: {output.harmless(to)}", soft_wrap=True)
    return 0
