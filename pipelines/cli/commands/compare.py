"""`creditmill compare`: why usage of two periods differs."""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from pipelines.cli import output
from pipelines.cli.options import By, HomeOption, Json, Out, home_of
from pricing_assets.analysis import compare
from pricing_assets.charges.compared_lines import Split
from pricing_assets.charges.compared_parts import PARTS
from pricing_assets.common.periods import period_or_range_of
from pricing_assets.home import presence

MOST_GROUPS = 20


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Groups:
    """By which columns charges are summed, and of which organization they are."""

    by: By = None
    org: Annotated[str | None, Parameter(help="Only this organization.")] = None


OF_ALL = Groups()


def command(
    before: str,
    after: str,
    /,
    *,
    groups: Groups = OF_ALL,
    out: Out = None,
    home: HomeOption = None,
    json: Json = False,
) -> int:
    """Show why usage of two periods differs: volume, mix, price, new, gone.

    For example:
        creditmill compare 2026-01 2026-02 --by model
        creditmill compare 2026-02-02..2026-02-08 2026-02-09..2026-02-15

    The parts sum to the difference exactly, for the whole and for each group.
    Periods with unlike numbers of published dates are compared per day.

    Parameters
    ----------
    before
        A month (2026-01), a date, or dates (2026-02-01..2026-02-07).
    after
        The period to compare with it.
    """
    place = home_of(home)
    presence.require_whole(place)  # what is gone would be a smaller bill
    periods = (period_or_range_of(before), period_or_range_of(after))
    found = compare.compare(place, *periods, groups.by or ["org_id"], groups.org, out)
    if json:
        output.print_json(
            {
                "before": {"period": before, "dates": found.dates[0]},
                "after": {"period": after, "dates": found.dates[1]},
                "per_day": found.is_per_day,
                "total": _as_json(found.total),
                "groups": [
                    dict(zip(found.by, one.keys, strict=True)) | _as_json(one)
                    for one in found.groups
                ],
            }
        )
        return 0
    _show(found)
    if out is not None:
        output.say(f"every rate line: {out}")
    return 0


def _as_json(split: Split) -> dict[str, object]:
    return {
        "before": split.before,
        "after": split.after,
        "difference": split.difference,
        **split.parts,
    }


def _show(found: compare.PeriodComparison) -> None:
    total, unit = found.total, "credits a day" if found.is_per_day else "credits"
    share = output.percent(total.before, total.difference)
    output.OUT.print(
        f"{found.before.name} to {found.after.name}: {output.number(total.before)} to"
        f" {output.number(total.after)} {unit}, {output.signed(total.difference)}"
        f"{f' ({share})' if share else ''}"
    )
    if found.is_per_day:
        dates = [output.counted(count, "published date") for count in found.dates]
        output.OUT.print(f"Compared per day: {dates[0]} and {dates[1]}.")
    parts = [(name, output.signed(total.parts[name]), meaning) for name, meaning in PARTS.items()]
    parts.append(("Total", output.signed(total.difference), ""))
    output.OUT.print(output.table(("Part", "Credits", "What it means"), parts, right=("Credits",)))
    shown = [one for one in found.groups if one.difference or any(one.parts.values())]
    if not shown:
        output.OUT.print("Nothing differs.")
        return
    output.OUT.print()
    heads = (*found.by, "Before", "After", "Difference", *(name.title() for name in PARTS))
    rows = [
        (
            *(key or "" for key in one.keys),
            *(output.number(one.before), output.number(one.after)),
            *map(output.signed, (one.difference, *one.parts.values())),
        )
        for one in shown[:MOST_GROUPS]
    ]
    output.OUT.print(output.table(heads, rows, right=heads[len(found.by) :]))
    if len(shown) > len(rows):
        output.say(f"and {len(shown) - len(rows):,} more; --json or --out FILE.csv has them all")
