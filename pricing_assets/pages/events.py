"""The events behind the charges of the newest dates, for the pages: one folder per date's version,
one file per organization, loaded when a reader opens it.

A folder is named after what it was made from and never changes. The bounds keep it cheap.
"""

import json
import tempfile
from pathlib import Path

from pricing_assets.charges import trace
from pricing_assets.common import files
from pricing_assets.common.file_names import safe_name
from pricing_assets.db import connection as duck
from pricing_assets.db.statements import statement
from pricing_assets.home import Home, pinned_inputs
from pricing_assets.pages import assets
from pricing_assets.pages.data import Dated

NEWEST_DATES = 3
"""Dates whose events are shown."""
MOST_ROWS = 250_000
"""A date with more rows than this shows none: its pages name the command that does."""
MOST_EVENTS = 10
"""Events that are shown of each charge; the sum is of all."""


def script(value: str) -> bytes:
    """Return JSON as text that stays inside a `<script>`, in UTF-8."""
    for char in "<>&\u2028\u2029":
        value = value.replace(char, f"\\u{ord(char):04x}")
    return value.encode()


def folder_of(home: Home, dated: Dated) -> Path:
    """Return where the events of the date's version are, or would be."""
    return (
        home.pages / "events" / f"{dated.usage_date}.{dated.output_digest[:16]}.{assets.digest()}"
    )


def shown(dates: list[Dated]) -> list[Dated]:
    """Return the newest of these dates, of those that are published and not too large."""
    published = [one for one in dates if one.version is not None]
    return [one for one in published[-NEWEST_DATES:] if one.rows <= MOST_ROWS]


def write(home: Home, dated: Dated, limits: duck.Limits) -> bool:
    """Write the folder of a date, whole or not at all; False where what its version was made from
    is no longer there."""
    target = folder_of(home, dated)
    version = home.current(dated.usage_date)
    if target.is_dir():
        return True
    if version is None or version.number != dated.version or version.pruned:
        return False
    with files.scratch_folder(home.scratch, "events-") as scratch:
        building = scratch / "events"
        building.mkdir()
        with duck.connection(limits, home.scratch, within=[home.path]) as con:
            try:
                trace.load_explained(con, home, version)
            except pinned_inputs.NoLongerThere:
                return False
            trace.explain_charges(con)
            con.execute("create temp view asked_explained_events as from explained_events")
            trace.number_events(con)
            found = con.execute(statement("pages/events"), {"most": MOST_EVENTS})
            while few := found.fetchmany(100):
                for org_id, charges, outcomes in few:
                    about = json.dumps({"usage_date": dated.usage_date.isoformat()})[:-1]
                    text = f'{about}, "charges": {charges}, "outcomes": {outcomes}}}'
                    name = building / f"{safe_name(org_id)}.js"
                    name.write_bytes(b"creditmill.events(" + script(text) + b");\n")
        files.move_folder(building, target)
    return True


def forget(home: Home, kept: list[Dated]) -> None:
    """Remove the folders of all other dates and versions, each in one step."""
    names = {folder_of(home, one).name for one in kept}
    for folder in (home.pages / "events").glob("*"):
        if folder.name not in names:
            files.move(folder, Path(tempfile.mkdtemp(dir=home.scratch)) / "events")
