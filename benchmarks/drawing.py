"""Charts of measured figures, one to each question of `docs/performance.md`."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import altair
import polars as pl

OURS, OTHERS = "#2563eb", "#94a3b8"


def bars(
    names: Sequence[str], ours: Sequence[bool], figures: Mapping[str, Sequence[float]], target: Path
) -> None:
    """Draw one row per name, with bars of each figure side by side; what is creditmill's own in
    color."""
    frame = pl.DataFrame(
        {"what": names, "kind": ["creditmill" if own else "other" for own in ours], **figures}
    )
    colors = altair.Scale(domain=["creditmill", "other"], range=[OURS, OTHERS])
    drawn = (
        altair.Chart(frame)
        .mark_bar()
        .encode(
            y=altair.Y("what", sort=list(names), title=None, axis=altair.Axis(labelLimit=300)),
            color=altair.Color("kind", legend=None, scale=colors),
        )
    )
    altair.hconcat(*(drawn.encode(x=title) for title in figures)).save(target)
