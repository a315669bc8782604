"""Manifests: each kind is read as what it is, and written back to the byte.

What goes into them belongs to the tests of reports and corrections.
"""

from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from pricing_assets.common import json_files
from pricing_assets.common.errors import DamagedFile
from pricing_assets.home import Home, closings, manifest_json, manifests
from pricing_assets.home.manifests import BlockedAttempt, Correction, Manifest, Report, Reversal
from tests.support.shapes import reshaped
from tests.support.workspace import NOON, RECEIVED, Workspace, row, stored_manifest, write_card

DAY = NOON.date()


@pytest.fixture(scope="module")
def all_kinds(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A home with every kind: a date that was restated, closed, corrected, reopened and blocked."""
    folder = tmp_path_factory.mktemp("kinds")
    workspace = Workspace(folder, (write_card(folder / "book"),))
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


@pytest.fixture
def lived(all_kinds: Workspace, tmp_path: Path) -> Workspace:
    """A copy of that home, to spoil."""
    return all_kinds.copied(tmp_path / "lived")


def test_every_kind_is_read_and_written_to_the_byte(all_kinds: Workspace) -> None:
    home = all_kinds.home
    folders = sorted(file.parent for file in home.path.glob("*/usage_date=*/[0-9b]*/manifest.json"))
    read = [manifest_json.read(folder / manifests.FILE_NAME) for folder in folders]
    assert [type(one) for one in read] == [Correction, Reversal, Report, Report, BlockedAttempt]
    assert [one.kind for one in read] == ["correction", "reversal", "report", "report", "blocked"]
    for folder, manifest in zip(folders, read, strict=True):
        record = manifest_json.record_of(manifest)
        data = json_files.to_json(record | {"digest": json_files.digest_of(record)})
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
            file.write_bytes(json_files.to_json(damaged))
            with pytest.raises(
                DamagedFile, match=r"manifest\.json is damaged, restore it from a copy"
            ):
                manifest_json.read(file)


def test_a_manifest_of_another_shape_is_damaged_whatever_value_is_of_another_type(
    all_kinds: Workspace, tmp_path: Path
) -> None:
    """None is let through as a value of another type, but for those that may also be null."""
    file = tmp_path / "manifest.json"
    of_kinds = set()
    for stored in sorted(all_kinds.home.path.glob("*/usage_date=*/[0-9b]*/manifest.json")):
        kind = manifest_json.read(stored).kind
        if kind in of_kinds:
            continue
        of_kinds.add(kind)
        for one in reshaped(json_files.read_json(stored)):
            file.write_bytes(json_files.to_json(one.record))
            if one.at and (one.at[-1] in MAY_BE_NULL or one.at[0] in NOT_READ):
                with suppress(DamagedFile):
                    manifest_json.read(file)
            else:
                with pytest.raises(DamagedFile, match=r"is damaged, restore it from a copy; "):
                    manifest_json.read(file)
    assert of_kinds == {"report", "blocked", "correction", "reversal"}


MAY_BE_NULL = {"path_columns", "supersedes", "difference", "changes", "corrects"}
MAY_BE_NULL |= {"version", "reversed_by"}  # then it is a manifest of another kind
NOT_READ = {"digest"}


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("published_at", "yesterday"),
        ("published_at", "2026-02-03T00:00:00"),
        ("usage_date", "3 February"),
        ("spans", [["2026-02-03T00:00:00+00:00"]]),
        ("cuts", ["noon"]),
        ("totals", {"events": 1, "credits": "NaN", "usd": "0"}),
        ("totals", {"events": 1, "credits": "1,5", "usd": "0"}),
        ("schema_version", 2),
        ("outputs", {}),
    ],
)
def test_a_value_that_says_nothing_is_damage(
    all_kinds: Workspace, tmp_path: Path, field: str, text: object
) -> None:
    version = all_kinds.home.versions(DAY)[0]
    file = tmp_path / "manifest.json"
    file.write_bytes(json_files.to_json(stored_manifest(version) | {field: text}))
    with pytest.raises(DamagedFile, match=r"manifest\.json is damaged, restore it from a copy"):
        manifest_json.read(file)


def test_json_that_is_nested_without_end_is_damage(tmp_path: Path) -> None:
    file = tmp_path / "manifest.json"
    file.write_bytes(b"[" * 100_000)
    with pytest.raises(DamagedFile, match="nested too deeply"):
        manifest_json.read(file)


def test_a_folder_in_the_place_of_another_is_not_read_as_that_one(lived: Workspace) -> None:
    """Versions of one date swapped, a version where a booking was, a blocked attempt as a version."""
    first, second = lived.home.versions(DAY)
    booked = lived.home.all_corrections(DAY)[0]
    blocked = lived.home.blocked_folder(DAY)
    swaps = [(first.folder, second.folder), (booked.folder, first.folder), (blocked, first.folder)]
    for one, other in swaps:
        mine, theirs = one / manifests.FILE_NAME, other / manifests.FILE_NAME
        was = mine.read_bytes()
        mine.chmod(0o644)
        mine.write_bytes(theirs.read_bytes())
        with pytest.raises(DamagedFile, match=r"belongs elsewhere, it is the manifest of report"):
            every_manifest(lived.home)
        mine.write_bytes(was)
    assert len(every_manifest(lived.home)) == 5


def every_manifest(home: Home) -> list[Manifest]:
    """All that a home says of the date, each read as what its place says that it is."""
    sealed = [*home.versions(DAY), *home.all_corrections(DAY)]
    blocked = home.blocked(DAY)
    return [*(one.manifest for one in sealed), *([blocked] if blocked else [])]
