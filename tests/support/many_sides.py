"""One home with every side that a page has to show: a closed date that was corrected, dates that are
blocked with and without a version, rows of no date and of no organization, more models than colors,
a rejected file, small and large amounts."""

from datetime import timedelta
from pathlib import Path

from pricing_assets.home import closings
from tests.support.workspace import NOON, RATES, Workspace, row, write_card

DAY = timedelta(days=1)
FEB_3, FEB_4, FEB_5, FEB_6 = (NOON + n * DAY for n in range(4))
MODELS = 67


def many_sides(folder: Path) -> Workspace:
    """The home, with its pages; its organizations are acme, globex and initech."""
    rates = RATES + "".join(
        f"llm,Acme,M{n:02d},platform,input_tokens,0.5,1000\n" for n in range(MODELS)
    )
    workspace = Workspace(folder, (write_card(folder / "book", rates),), pages=True)
    workspace = workspace.under(quarantine_limit="0.05", quarantine_floor=4)
    workspace.log(
        "a.parquet",
        *(row(event_id=f"a{n}", org_id=org) for n in range(30) for org in ("acme", "globex")),
        row(event_id="small", org_id="initech", input_tokens=27),
        *(
            row(event_id=f"m{n}", event_time=FEB_4, model=f"M{n:02d}", input_tokens=1000 + n)
            for n in range(MODELS)
        ),
        *(row(event_id=f"no{n}", org_id=org, model="gone") for n, org in enumerate(("acme", "globex"))),
        row(event_id="nobody", org_id=None),
        row(event_id="never", event_time=None),
        *(row(event_id=f"b{n}", event_time=FEB_5) for n in range(40)),
        row(event_id="bad", event_time=FEB_5, input_tokens=-1),
    )  # fmt: skip
    workspace.run()
    with workspace.home.lock():
        closings.close(workspace.home, FEB_3.date(), "invoiced", [])
    workspace.log(
        "late.parquet",
        row(event_id="late"),
        row(event_id="late bad", model="gone"),
        *(row(event_id=f"x{n}", event_time=FEB_5, model="gone") for n in range(60)),
        *(row(event_id=f"y{n}", event_time=FEB_6, model="gone") for n in range(9)),
        row(event_id="y", event_time=FEB_6, org_id="globex"),
    )
    (workspace.inbox / "broken.parquet").write_bytes(b"no parquet")
    workspace.run()
    return workspace
