"""What holds of a home after every step of its life, whatever happened to it.

How its life goes belongs to `simulator`; what a single rule comes to, to `test_outcomes`.
"""

import hashlib
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import pyarrow.parquet as pq

from pricing_assets.analysis import explain
from pricing_assets.common import files
from pricing_assets.contract.outcomes import QUARANTINE
from pricing_assets.home import closings
from pricing_assets.verify import database
from pricing_assets.verify import files as verify
from tests.support.oracle import Log, Reading, read
from tests.support.oracle_compare import agree, keyed, made_pair, same
from tests.support.workspace import Workspace, stored_manifest

KEY = "usage_date, org_id, row({dims}), billing_type, brand, model, key_mode, rate_card, meter"
WHOLE = (
    "select {key}, sum(quantity) as quantity, sum(credits) as credits, sum(usd) as usd"
    " from (from charges select {columns} union all from corrections select {columns})"
    " group by all having quantity <> 0 or credits <> 0"
)


def nothing_has_changed(workspace: Workspace, published: dict[Path, str]) -> None:
    """Versions, corrections and closings: every byte of every one that was ever in force, which
    `published` remembers from step to step."""
    home = workspace.home
    for path, digest in published.items():
        assert path.is_file(), f"{path} is gone"
        assert files.sha256_of(path) == digest, f"{path} has changed"
    folders = [home.closings] if home.closings.is_dir() else []  # a home cut short may have none
    for day in home.dates():
        current = home.current(day)
        number = current.number if current else 0
        folders += [one.folder for one in home.versions(day) if one.number <= number]
        folders += [one.folder for one in home.booked(day)]
    now = {path for folder in folders for path in folder.iterdir()}
    published |= {path: files.sha256_of(path) for path in now - published.keys()}


def agrees(workspace: Workspace, received: dict[Path, datetime]) -> None:
    """Conservation and every charge: usage and corrections are what the oracle reads in the logs
    that came, at the instants at which their bytes first did."""
    terms = workspace.home.settings()
    first = {hashlib.sha256(log.read_bytes()).digest(): log for log in reversed(received)}
    logs = [Log(log, received[log]) for log in first.values()]
    reading = read(logs, workspace.books, terms.timezone, terms.dimensions)
    if not closings.acts(workspace.home):
        agree(workspace, reading)
    whole_agrees(workspace, reading)
    rows = workspace.sql("select usage_date, file, outcome, rows from account")
    same(keyed(rows, 3, int), reading.account())
    rows = workspace.sql("select file, row_number, usage_date, reason from quarantine")
    ends = {at: end for at, end in reading.outcomes.items() if end[1] in QUARANTINE}
    same(keyed(rows, 2, made_pair), ends)
    parts_add_up(workspace)


def whole_agrees(workspace: Workspace, reading: Reading) -> None:
    """Usage + corrections, charge by charge."""
    dims = ", ".join(workspace.home.settings().dimensions)
    columns = KEY.format(dims=dims).replace(f"row({dims})", dims) + ", quantity, credits, usd"
    query = WHOLE.format(key=KEY.format(dims=dims), columns=columns)
    found = keyed(workspace.sql(query), 9, lambda *sums: (int(sums[0]), *sums[1:]))
    charges = reading.charges.items()
    same(found, {key: (one.quantity, one.credits, one.usd) for key, one in charges})


def parts_add_up(workspace: Workspace) -> None:
    """Each difference is the sum of its causes, without remainder."""
    home = workspace.home
    for day in home.dates():
        for state in (*home.versions(day), *home.all_corrections(day)):
            causes = stored_manifest(state).get("changes")
            if causes is not None:
                # a Decimal's sum would be cut to 28 digits
                total = sum(Fraction(one["credits"]) for one in causes.values())
                assert total == Fraction(stored_manifest(state)["difference"]), state.folder


def is_verified(workspace: Workspace) -> None:
    """`verify` finds nothing to name."""
    workspace.database()
    home = workspace.home
    found = verify.verify(home, home.dates())[1]
    with database.opened(home) as catalog:
        found += database.records_agree(home, home.dates(), catalog)
        found += database.totals_agree(home, catalog)
    assert found == []


def all_charges_are_explained(workspace: Workspace) -> int:
    """Every charge of every version is the sum of its events."""
    home, seen = workspace.home, 0
    for day in home.dates():
        for version in home.versions(day):
            charges = pq.read_table(version.folder / "charges.parquet").to_pylist()
            for org_id in {charge["org_id"] for charge in charges}:
                found = explain.explain(home, version, explain.ChargeRequest(org_id), examples=None)
                assert all(one.agrees for one in found.charges), (day, version.number, org_id)
                assert all(len(one.examples) == one.events for one in found.charges)
                of_org = [charge for charge in charges if charge["org_id"] == org_id]
                assert len(found.charges) == len(of_org)
                seen += len(of_org)
    return seen
