"""`creditmill sources list`: the logs of other tools that can be read as they are."""

from pipelines.cli import output
from pipelines.cli.options import Json
from pricing_assets.sources import catalog


def command(*, json: Json = False) -> int:
    """List the sources that come with creditmill, and what each reads.

    For example:
        creditmill sources list
    """
    sources = catalog.presets()
    if json:
        output.print_json(
            [
                {
                    "name": source.name,
                    "reads": source.about,
                    "formats": source.formats,
                    "sha256": source.digest,
                }
                for source in sources
            ]
        )
        return 0
    rows = [(source.name, source.about, ", ".join(source.formats)) for source in sources]
    output.OUT.print(output.table(("Source", "Reads", "Formats"), rows))
    return 0
