"""What Dagster loads: everything in `defs`."""

from pathlib import Path

import dagster as dg


@dg.definitions
def defs() -> dg.Definitions:
    """Return the two homes and the team's own assets."""
    return dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
