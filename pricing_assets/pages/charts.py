"""The charts, as Vega-Lite specifications by Altair: credits per day, stacked.

The pages draw them in the browser with their own rows, Dagster gets a picture. Altair is slow to
import: nothing imports this module before there is something to draw.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import altair

from pricing_assets.contract.billing import BILLING_TYPES

COLORS = (
    *(("#2f6bdb", "#6c9bf5"), ("#d97030", "#f0955a"), ("#1f8f80", "#3fbfae")),
    *(("#ad4797", "#da7cc6"), ("#86653a", "#bb9766"), ("#6f5ee6", "#a094ff")),
    *(("#c64545", "#f07f7f"), ("#3789ac", "#6cbbdb"), ("#5f7f1c", "#9dbf52")),
    *(("#737b86", "#a3abb6"), ("#a9840f", "#dcb84a")),
)
"""One color per billing type, in the contract's order: on white, and on dark."""
GREY = 9
"""Its place in COLORS: on the pages, of all models beyond those that have a color of their own."""


def _stacked(chart: altair.Chart) -> altair.Chart:
    """Return rows of `day`, `name`, `credits` and `place` (its order within a day) as stacked
    bars."""
    bars: altair.Chart = chart.mark_bar(
        cursor="pointer", aria=False, width=altair.ExprRef("min(72, 0.84 * bandwidth('x'))")
    ).encode(
        x=altair.X("day:O", title=None, axis=altair.Axis(labelAngle=0, labelOverlap=True)),
        y=altair.Y("credits:Q", title="Credits", stack="zero", axis=altair.Axis(tickCount=5)),
        order=altair.Order("place:Q"),
    )
    return bars


def daily_specification() -> dict[str, Any]:
    """Return the chart of the pages; its rows are the data named `days`, each with its `color`, and
    those named `blocked`, dates whose `mark` stands where their bar would be."""
    bars = _stacked(altair.Chart(altair.NamedData(name="days"))).encode(
        color=altair.Color("color:N", scale=None, legend=None),
        x=altair.X(
            "day:O",
            title=None,
            axis=altair.Axis(
                labelAngle=0,
                labelOverlap=True,
                labelSeparation=8,
                labelExpr="dayLabel(datum.value)",
            ),
        ),
        y=altair.Y("credits:Q", title=None, stack="zero", axis=altair.Axis(tickCount=5)),
    )
    marked = altair.Chart(altair.NamedData(name="blocked")).encode(
        x=altair.X("day:O", title=None), y=altair.value("height"), text=altair.Text("mark:N")
    )
    how: dict[str, Any] = {"angle": 270, "align": "left", "dx": 6, "fontWeight": "bold"}
    card, bad = "var(--card)", "var(--bad)"
    halo = marked.mark_text(**how, color=card, stroke=card, strokeWidth=5, strokeJoin="round")
    marks = marked.mark_text(**how, color=bad)
    chart = altair.layer(bars, halo, marks).properties(width="container", height=280)
    specification: dict[str, Any] = chart.to_dict()
    return specification


def burn_down_specification() -> dict[str, Any]:
    """Return the chart of credits left; its data are named `left` (a day and its credits), `usual`
    (from the newest day to the forecast's date) and `range` (a day, `low` and `high`).

    Its marks have no names of their own: where there is no forecast, some hold nothing.
    """

    def chart(name: str) -> altair.Chart:
        return altair.Chart(altair.NamedData(name=name)).encode(
            x=altair.X(
                "at:T",
                title=None,
                scale=altair.Scale(type="utc"),
                axis=altair.Axis(labelOverlap=True, labelExpr="timeLabel(datum.value)"),
            )
        )

    def credits_(name: str) -> altair.Y:
        axis = altair.Axis(tickCount=4)
        return altair.Y(f"{name}:Q", title=None, axis=axis, scale=altair.Scale(zero=True))

    widest = (
        chart("range")
        .mark_area(color="var(--open-back)", aria=False)
        .encode(y=credits_("low"), y2="high")
    )
    usual = chart("usual").mark_line(color="var(--open)", strokeDash=[5, 4], aria=False)
    left = chart("left").mark_line(
        color="var(--accent)",
        interpolate="step-after",
        point=altair.OverlayMarkDef(aria=False),
        aria=False,
    )
    lines = [one.encode(y=credits_("credits")) for one in (usual, left)]
    layers = altair.layer(widest, *lines).properties(width="container", height=190)
    specification: dict[str, Any] = layers.to_dict()
    return specification


def daily_picture(amounts: Mapping[tuple[date, str], Decimal]) -> bytes:
    """Return the same chart as a PNG, of these credits per date and billing type. The picture's
    heights are the only floats; no figure is read off it."""
    import vl_convert

    types = list(BILLING_TYPES)
    kept = [name for name in types if any(name == one for _, one in amounts)]
    rows = [
        {"day": f"{day:%b} {day.day}", "name": name, "credits": f"{amount:f}", "place": place}
        for day, name, amount, place in sorted(
            (day, name, amount, types.index(name)) for (day, name), amount in amounts.items()
        )
    ]
    chart = _stacked(altair.Chart(altair.InlineData(values=rows))).encode(
        x=altair.X("day:O", title=None, sort=None, axis=altair.Axis(labelAngle=0)),
        color=altair.Color(
            "name:N",
            title=None,
            scale=altair.Scale(domain=kept, range=[COLORS[types.index(name)][0] for name in kept]),
        ),
    )
    drawn = chart.properties(width=330, height=150).to_dict()
    picture: bytes = vl_convert.vegalite_to_png(drawn)
    return picture
