"""`creditmill verify`: what is published, compared with what its manifests say."""

from datetime import date
from typing import Annotated

from cyclopts import Parameter

from pipelines.cli import output
from pipelines.cli.options import HomeOption, Json, named_home, settings_of
from pricing_assets.common.errors import ConfigurationError, DamagedFile
from pricing_assets.db import connection as duck
from pricing_assets.home import Home
from pricing_assets.intake import late_digests
from pricing_assets.verify import database, strays
from pricing_assets.verify import files as verify
from pricing_assets.verify import ledger as verify_ledger
from pricing_assets.verify import recompute as recomputing


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
    home: HomeOption = None,
    json: Json = False,
) -> int:
    """Compare every published byte and total with the manifests.

    For example:
        creditmill verify
        creditmill verify 2026-02-03 --recompute

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
    return show_verify(
        place, day, as_json=json, again=recompute, more_books=rates, limits=settings.limits()
    )


def show_verify(
    home: Home,
    day: date | None,
    *,
    as_json: bool,
    again: bool = False,
    more_books: list[str] | None = None,
    limits: duck.Limits | None = None,
) -> int:
    """Every difference between what is published and what the manifests say; with `again`, also
    what the pinned logs, cards and settings give once more."""
    days = home.dates() if day is None else [day]
    if day is not None and day not in home.dates():
        raise ConfigurationError(
            f"{day} has no report in {home.path}; `creditmill status` lists them"
        )
    looked, found = verify.verify(home, days)
    files_of_ledger, differences = verify_ledger.verify(home, day)
    looked += files_of_ledger
    found += differences
    found += list(database.records_agree(home, days))
    found += list(database.closings_agree(home))
    edited = list(database.settings_agree(home))
    found += edited
    if day is None and not found:
        found += list(database.totals_agree(home))
    if day is None:
        found += _wrong_digests(home)
    ignored = strays.strays(home) if day is None else []
    moved = [*database.made_elsewhere(home), *verify.logs_gone(home)]
    made: list[recomputing.Recomputed] = []
    if again and not edited:  # what they are made again by would be another home's
        made = list(recomputing.recompute_dates(home, days, more_books or (), limits))
        made += verify_ledger.recompute(home, day, limits)
        found += [difference for one in made for difference in one.differences]
    if as_json:
        output.print_json(
            {
                "files": looked,
                "differences": [difference.__dict__ for difference in found],
                "ignored": [str(path) for path in ignored],
                "notes": moved,
                "recomputed": [
                    {
                        "usage_date": one.usage_date,
                        "version": one.version,
                        "compared": one.compared,
                        "files": one.files,
                        "differences": len(one.differences),
                        "given_up": one.given_up,
                    }
                    for one in made
                ],
            }
        )
        return int(bool(found))
    for difference in found:
        output.problem(f"{difference.path}: {difference.what}")
    for path in ignored:
        output.warn(f"{path}: no name of a home; nothing reads it")
    for note in moved:
        output.warn(note)
    gone = [one for one in made if one.given_up]
    for one in gone:
        what = f"{one.usage_date} version {one.version or 'blocked'} cannot be recomputed"
        output.warn(f"{what}: {'; '.join(one.given_up)}")
    if made:
        rows = [
            (
                one.usage_date,
                one.version or "blocked",
                one.files,
                one.compared,
                _recomputed(one),
            )
            for one in made
        ]
        columns = ("Date", "Version", "Files", "Compared", "Recomputed")
        output.OUT.print(output.table(columns, rows, right=columns[1:3]))
    said = "all as published" if not found else output.counted(len(found), "difference")
    if gone:
        said += f", {output.counted(len(gone), 'version')} not recomputed"
    output.OUT.print(
        f"{output.counted(len(days), 'date')}, {output.counted(looked, 'file')}: {said}."
    )
    return int(bool(found))


def _wrong_digests(home: Home) -> list[verify.Difference]:
    """Return each log of which another digest was stated after it was ingested."""
    try:
        wrong = late_digests.wrong_digests(home, late_digests.in_folders(home))
    except DamagedFile as error:
        return [verify.Difference(str(home.seen_file), str(error))]
    return [verify.Difference(one.path, one.detail) for one in wrong]


def _recomputed(one: recomputing.Recomputed) -> str:
    """Return what became of a version that was made again."""
    if one.differences:
        return output.counted(len(one.differences), "difference")
    return "given up" if one.given_up else "equal"
