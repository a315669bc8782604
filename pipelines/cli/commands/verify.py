"""`creditmill verify`: what is published, compared with what its manifests say."""

from datetime import date
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from pipelines.cli import output
from pipelines.cli.options import HomeOption, Json, named_home, settings_of
from pricing_assets.catalog import build
from pricing_assets.pages import proof, single
from pricing_assets.verify.difference import Recomputed
from pricing_assets.verify.home import Verified, verify_home


def command(
    day: date | None = None,
    /,
    *,
    recompute: Annotated[
        bool,
        Parameter(negative="", help="Make every version again from what its manifest pins."),
    ] = False,
    rates: Annotated[
        list[str] | None,
        Parameter(help="One more book to look for pinned cards in; repeatable.", negative=""),
    ] = None,
    page: Annotated[
        Path | None, Parameter(help="Prove a page in one file, which `open --single` wrote.")
    ] = None,
    home: HomeOption = None,
    json: Json = False,
) -> int:
    """Compare every published byte and total with the manifests.

    For example:
        creditmill verify
        creditmill verify 2026-02-03 --recompute
        creditmill verify --page acme.html

    Every difference is named. With --recompute it makes each version again,
    superseded ones too, in a temporary folder from the logs, cards and settings
    that its manifest names, and compares every file. Exit 1 on a difference.

    Parameters
    ----------
    day
        Only this usage date.
    """
    settings = settings_of(home=home)
    place = named_home(settings).require()
    if page is not None:
        make = partial(single.made, build=build.write_as_of, limits=settings.limits())
        return _prove_page(proof.prove(place, page, make), page, as_json=json)
    verified = verify_home(place, day, rates or (), settings.limits(), again=recompute)
    if json:
        output.print_json(_as_json(verified))
    else:
        _show(verified)
    return int(bool(verified.differences))


def _prove_page(found: proof.Proof, page: Path, *, as_json: bool) -> int:
    """Print whether a page shows what the home holds; return the exit code."""
    is_proved = not found.differences and not found.unproved
    if as_json:
        output.print_json({"page": str(page), **found.__dict__})
        return int(not is_proved)
    for problem in (*found.differences, *found.unproved):
        output.problem(f"{page}: {problem}")
    for note in found.notes:
        output.warn(note)
    counted = (
        f"{output.counted(found.versions, 'version')}, {output.counted(found.charges, 'charge')}"
    )
    if found.differences:
        result = output.counted(len(found.differences), "difference")
    else:
        result = "as published" if is_proved else "not all can be proved any more"
    output.OUT.print(output.harmless(f"{page}: {found.org_id}, {counted}: {result}."))
    return int(not is_proved)


def _as_json(verified: Verified) -> dict[str, Any]:
    return {
        "files": verified.files,
        "differences": [difference.__dict__ for difference in verified.differences],
        "ignored": [str(path) for path in verified.ignored],
        "notes": verified.notes,
        "recomputed": [
            {
                "usage_date": one.usage_date,
                "version": one.version,
                "compared": one.compared,
                "files": one.files,
                "differences": len(one.differences),
                "given_up": one.given_up,
            }
            for one in verified.recomputed
        ],
    }


def _show(verified: Verified) -> None:
    found, recomputed = verified.differences, verified.recomputed
    for difference in found:
        output.problem(f"{difference.path}: {difference.what}")
    for path in verified.ignored:
        output.warn(f"{path}: no name of a home; nothing reads it")
    for note in verified.notes:
        output.warn(note)
    given_up = [one for one in recomputed if one.given_up]
    for one in given_up:
        what = f"{one.usage_date} version {one.version or 'blocked'} cannot be recomputed"
        output.warn(f"{what}: {'; '.join(one.given_up)}")
    if recomputed:
        rows = [
            (one.usage_date, one.version or "blocked", one.files, one.compared, _recomputed(one))
            for one in recomputed
        ]
        columns = ("Date", "Version", "Files", "Compared", "Recomputed")
        output.OUT.print(output.table(columns, rows, right=columns[1:3]))
    result = "all as published" if not found else output.counted(len(found), "difference")
    if given_up:
        result += f", {output.counted(len(given_up), 'version')} not recomputed"
    output.OUT.print(
        f"{output.counted(verified.dates, 'date')}, {output.counted(verified.files, 'file')}:"
        f" {result}."
    )


def _recomputed(one: Recomputed) -> str:
    """Return what became of a version that was made again."""
    if one.differences:
        return output.counted(len(one.differences), "difference")
    return "given up" if one.given_up else "equal"
