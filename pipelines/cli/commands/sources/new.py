"""`creditmill sources new`: a source of one's own, to edit."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pipelines.cli import output
from pricing_assets.sources import new_source


def command(
    name: str,
    /,
    *,
    of: Annotated[Path, Parameter(name="--from", help="A log file whose fields it is made for.")],
    to: Annotated[
        Path | None, Parameter(help="The file to write. [default: NAME.toml in this folder]")
    ] = None,
) -> int:
    """Write a source to edit, made from the fields of a log file.

    For example:
        creditmill sources new my_gateway --from exports/day.jsonl

    Parameters
    ----------
    name
        What the source is called: lower case, digits and _.
    """
    target = to or Path(f"{name}.toml")
    new_source.write(name, of, target)
    output.OUT.print(f"Written: {output.harmless(target)}", soft_wrap=True)
    output.OUT.print("Edit it, then:")
    output.OUT.print(
        f"    creditmill sources check {output.harmless(of)} --source {output.harmless(target)}",
        soft_wrap=True,
    )
    return 0
