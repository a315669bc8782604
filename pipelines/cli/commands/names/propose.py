"""`creditmill names propose`: lines of names for usage without a price, with their evidence."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pipelines.cli import advice, hints, output
from pipelines.cli.options import HomeOption, Json, home_of
from pricing_assets.analysis.name_lines import additions, append
from pricing_assets.analysis.unpriced import find_unpriced
from pricing_assets.report import HomeView

_SHOWN = 5
"""Names that no line prices, which are shown one by one."""


def command(
    *,
    write: Annotated[bool, Parameter(negative=())] = False,
    home: HomeOption = None,
    json: Json = False,
) -> int:
    """Show lines of names for usage without a price, and what each would charge.

    A line is ready where a logged name can mean one printed model only. Doubtful
    ones (-preview, with or without thinking) are comments: take the `# ` away
    from the one that is right. Nothing is charged before the next run.

    For example:
        creditmill names propose
        creditmill names propose --write

    Parameters
    ----------
    write
        Append what is shown to the books' files.
    """
    of_home = home_of(home)
    view = HomeView(of_home, of_home.settings())
    names = find_unpriced(view.home, view.settings, view.rates, doubtful=True)
    found = additions(names)
    copies = {
        one.file.parent: copied
        for one in found
        if (copied := advice.copy_of(str(one.file.parent))) is not None
    }
    shown = [
        (
            Path(copies[one.file.parent][0], one.file.name)
            if one.file.parent in copies
            else one.file,
            one.text,
        )
        for one in found
    ]
    if write:
        append(found)
    if json:
        output.print_json(
            {
                "names": [name.as_json() for name in names],
                "files": [{"file": str(file), "lines": text} for file, text in shown],
                "copy_first": [command for _, command in copies.values()],
                "written": write,
            }
        )
        return 0
    for _, command in copies.values():
        output.verbatim(f"copy the built-in price list: {command}", output.OUT)
    for file, text in shown:
        output.OUT.print(f"{'Appended' if write else 'To append'} to {output.harmless(file)}:")
        for line in text:
            output.verbatim(line, output.OUT)
    if not names:
        output.OUT.print("No usage lacks a price because of its name.")
        return 0
    without = [name for name in names if name.offer is None and not name.doubtful]
    for name in without[:_SHOWN]:
        if name.with_brand:
            said = advice.brand_wanted(name.model, name.with_brand)
            output.verbatim(f"{name.service} {name.model}: {said}", output.OUT)
    without = [name for name in without if not name.with_brand]
    if without:
        listed = ", ".join(f"{name.brand} {name.model}".strip() for name in without[:_SHOWN])
        more = f" and {len(without) - _SHOWN:,} more" if len(without) > _SHOWN else ""
        output.OUT.print(
            f"No printed name is meant by {output.harmless(listed)}{more}; add a price"
            f" ({output.harmless(hints.command('quarantine', view.home.path))} shows how)."
        )
    options = "".join(f" --rates {copy} --restate" for copy, _ in copies.values())
    if (write or copies) and found:
        home_option = hints.home_option(view.home.path)
        output.verbatim(f"then: creditmill run{options}{home_option}", output.OUT)
    return 0
