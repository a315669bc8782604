"""`creditmill checks docs`: the suite and what it said of each date, as pages."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pipelines.cli import output
from pipelines.cli.options import HomeOption, Json, home_of
from pricing_assets.home import Home
from pricing_assets.pages import data_docs


def command(
    *,
    to: Annotated[Path, Parameter(help="The folder to write the pages into.")],
    home: HomeOption = None,
    json: Json = False,
) -> int:
    """Write Data Docs: the rules, and what they said of each date.

    For example:
        creditmill checks docs --to data_docs

    Writes data_docs/index.html with the suite (name, description and severity of
    each rule) and the verdict on every usage date, and a page per date with the
    first offending rows. They show what is stored beside the manifests, and open
    without a network.
    """
    return write_docs(home_of(home), to, as_json=json)


def write_docs(home: Home, to: Path, *, as_json: bool) -> int:
    """Write the pages, and say where they begin."""
    index, dates = data_docs.write(home, to)
    if as_json:
        output.print_json({"index": index, "dates": dates})
        return 0
    output.OUT.print(
        f"{output.counted(dates, 'date')} in {output.harmless(str(index))}", soft_wrap=True
    )
    return 0
