"""Manifests: each kind is read as what it is, and written back to the byte.

What goes into them belongs to the tests of reports and corrections.
"""

from datetime import timedelta
from pathlib import Path

import pytest

from pricing_assets.common import files
from pricing_assets.common.errors import DamagedFile
from pricing_assets.home import closings, manifest_json, manifests
from pricing_assets.home.manifests import BlockedAttempt, Correction, Report, Reversal
from tests.support.workspace import NOON, RECEIVED, Workspace, row, stored_manifest

DAY = NOON.date()


@pytest.fixture
def lived(workspace: Workspace) -> Workspace:
    """A home with every kind: a date that was restated, closed, corrected, reopened and blocked."""
    received = RECEIVED + timedelta(days=2)
    workspace.log("a.parquet", row(event_id="a"))
    workspace.run()
    with workspace.home.lock():
        closings.close(workspace.home, DAY, "month end", [], received)
    workspace.log("b.parquet", row(event_id="b"))
    workspace.run(received_at=received)
    with workspace.home.lock():
        closings.reopen(workspace.home, DAY, "an error", received)
    workspace.run(received_at=received)
    workspace.log("c.parquet", row(event_id="c", org_id=""))
    workspace.under(quarantine_limit="0", quarantine_floor=0).run(received_at=received)
    return workspace


def test_every_kind_is_read_and_written_to_the_byte(lived: Workspace) -> None:
    home = lived.home
    folders = sorted(file.parent for file in home.path.glob("*/usage_date=*/[0-9b]*/manifest.json"))
    read = [manifest_json.read(folder / manifests.FILE_NAME) for folder in folders]
    assert [type(one) for one in read] == [Correction, Reversal, Report, Report, BlockedAttempt]
    assert [one.kind for one in read] == ["correction", "reversal", "report", "report", "blocked"]
    for folder, manifest in zip(folders, read, strict=True):
        record = manifest_json.record_of(manifest)
        data = files.to_json(record | {"digest": files.digest_of(record)})
        assert data == (folder / manifests.FILE_NAME).read_bytes()
    blocked, reported = home.blocked(DAY), home.reported(DAY)
    assert blocked is not None
    assert reported is not None
    assert (len(blocked.inputs), blocked.outcomes["missing_org_id"]) == (3, 1)
    assert (reported.number, reported.manifest.totals.events) == (2, 2)


def test_a_manifest_without_a_field_is_damaged(one_row: Workspace, tmp_path: Path) -> None:
    (version,) = one_row.home.versions(DAY)
    record = stored_manifest(version)
    file = tmp_path / "manifest.json"
    for name in record.keys() - {"digest"}:
        rest = {key: value for key, value in record.items() if key != name}
        for damaged in (rest, [record]):
            file.write_bytes(files.to_json(damaged))
            with pytest.raises(
                DamagedFile, match=r"manifest\.json is damaged, restore it from a copy"
            ):
                manifest_json.read(file)
