"""Credits per day as a picture for Dagster, by Altair. The pages draw their own charts.

Altair is slow to import: nothing imports this module before there is something to draw.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import altair

from pricing_assets.contract.billing import BILLING_TYPES

COLORS = (
    *("#2f6bdb", "#d97030", "#1f8f80", "#ad4797", "#86653a", "#6f5ee6"),
    *("#c64545", "#3789ac", "#5f7f1c", "#737b86", "#a9840f"),
)
"""One color per billing type, in the contract's order."""


def daily_picture(amounts: Mapping[tuple[date, str], Decimal]) -> bytes:
    """Return credits per day, stacked, as a PNG, of these credits per date and billing type. Its
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
    chart = altair.Chart(altair.InlineData(values=rows)).mark_bar(
        width=altair.ExprRef("min(72, 0.84 * bandwidth('x'))")
    )
    drawn = chart.encode(
        x=altair.X("day:O", title=None, sort=None, axis=altair.Axis(labelAngle=0)),
        y=altair.Y("credits:Q", title="Credits", stack="zero", axis=altair.Axis(tickCount=5)),
        color=altair.Color(
            "name:N",
            title=None,
            scale=altair.Scale(domain=kept, range=[COLORS[types.index(name)] for name in kept]),
        ),
        order=altair.Order("place:Q"),
    ).properties(width=330, height=150)
    picture: bytes = vl_convert.vegalite_to_png(drawn.to_dict())
    return picture
