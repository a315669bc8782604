"""`creditmill names propose`: lines of names for usage without a price, with their evidence."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pipelines.cli import advice, hints, output
from pipelines.cli.options import HomeOption, Json, home_of
from pricing_assets.analysis.name_lines import additions, append, undecided
from pricing_assets.analysis.unpriced import find_unpriced
from pricing_assets.analysis.unpriced_name import Unpriced
from pricing_assets.common.decimals import exact_sum
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
    commented = undecided(names)
    steps = list(advice.steps(found))
    if write:
        append(found)
    if json:
        output.print_json(
            {
                "names": [name.as_json() for name in names],
                "files": [
                    {"file": str(step.file), "lines": step.lines} for step in steps if step.file
                ],
                "not_looked_at": sum(not name.looked_at for name in names),
                "copy_first": [command for _, command in advice.copies_of(found).values()],
                "written": write,
            }
        )
        return 0
    for step in steps:
        heading = f"Appended to {step.file}:" if write else step.instruction
        output.verbatim(heading, output.OUT)
        for line in step.lines:
            output.verbatim(line, output.OUT)
    if not names:
        output.OUT.print("No usage lacks a price because of its name.")
        return 0
    for name, files in commented:
        output.verbatim(_to_decide(name, files), output.OUT)
    rest = [name for name in names if name.offer is None and not name.doubtful]
    _show_without_line([name for name in rest if name.looked_at], view)
    if unseen := sum(not name.looked_at for name in rest):
        were = "was" if unseen == 1 else "were"
        output.OUT.print(
            f"{output.counted(unseen, 'name')} with fewer rows {were} not looked at; add these lines, run,"
            " and propose again."
        )
    if (write or advice.copies_of(found)) and found:
        output.verbatim(advice.run_command(view, found), output.OUT)
    return 0


def _to_decide(name: Unpriced, files: Sequence[Path]) -> str:
    """Return in words what somebody is to decide of a name, where the books have its readings."""
    readings = dict.fromkeys(f"{one.reading.brand} {one.reading.model}" for one in name.doubtful)
    return (
        f"{_named(name)} waits for a decision: {' or '.join(readings)}; take the `# ` away from the"
        f" lines of one of them in {' and '.join(map(str, files))}"
    )


def _show_without_line(names: Sequence[Unpriced], view: HomeView) -> None:
    """Show of names that no new line of names would price what else does."""
    priced = [name for name in names if name.by_next_run is not None]
    if priced:
        command = hints.command("run", view.home.path)
        total = exact_sum(each for name in priced for each in (name.by_next_run or {}).values())
        output.verbatim(
            f"The rate books price {_listed(priced)} already; {command} charges their usage"
            f" ({advice.credits(total)} credits).",
            output.OUT,
        )
    others = [name for name in names if name.by_next_run is None]
    known = [name for name in others if name.found.held is not None or name.found.with_brand]
    for name in known[:_SHOWN]:
        meaning = "; ".join(advice.meaning(name.model, name.found))
        output.verbatim(f"{_named(name)}: {meaning}", output.OUT)
    without = [name for name in others if name not in known]
    if without:
        output.OUT.print(
            f"No printed name is meant by {output.harmless(_listed(without))}; add a price"
            f" ({output.harmless(hints.command('quarantine', view.home.path))} shows how)."
        )


def _named(name: Unpriced) -> str:
    return " ".join(filter(None, (name.service, name.brand, name.model)))


def _listed(names: Sequence[Unpriced]) -> str:
    listed = ", ".join(f"{name.brand} {name.model}".strip() for name in names[:_SHOWN])
    return listed + (f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else "")
