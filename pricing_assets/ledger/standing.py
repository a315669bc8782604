"""Standing: how the newest date of the ledger leaves every grant, organization and month; the tables
`grants`, `revenue` and `forecast`.

It follows from the ledger's entries and from grants that are known already; nothing is decided here.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pricing_assets.contract.ledger_tables import ledger_tables
from pricing_assets.db.io import write_both
from pricing_assets.db.relations import register
from pricing_assets.db.statements import statement
from pricing_assets.ledger.amounts import whole_cents
from pricing_assets.ledger.columns import billionths, decimals
from pricing_assets.ledger.compute import load_lines
from pricing_assets.ledger.entries import ONE_DAY
from pricing_assets.ledger.forecast import HISTORY, HORIZON, Forecast, forecast
from pricing_assets.ledger.inputs import Grant, GrantPlan
from pricing_assets.ledger.pinned import Lines
from pricing_assets.ledger.plans import grants_of_plan

if TYPE_CHECKING:
    import duckdb

TABLES: Final = ("grants", "revenue", "forecast")
FLOWS: Final = ("sold", "recognized_usage", "breakage", "refunded")


class Newest(NamedTuple):
    """The newest date of a ledger, and the first of whose usage there is a report."""

    day: date
    reported_since: date


def write(
    con: "duckdb.DuckDBPyConnection",
    newest: Newest,
    lines: Lines,
    plans: Sequence[GrantPlan],
    stage: Path,
) -> None:
    """Write the three tables of a newest date into the stage: from what the dates through it leave, and
    `recent_entries`, which are those of the dates `recent` names."""
    last = newest.day
    load_lines(con, Lines(lines.grants, tuple(one for one in lines.voids if one.date <= last)))
    con.execute(f"create or replace temp table grants as {statement('ledger/grants')}")
    revenue = con.sql(statement("ledger/revenue"), params={"last": last})
    register(con, "revenue", _roll_forward(revenue.arrow().read_all()))
    ahead = _ahead(lines.grants, plans, last)
    register(con, "forecast", _forecasts(con, newest, ahead))
    for name in TABLES:
        table = ledger_tables(())[name]
        write_both(con, table, name, stage / f"{name}.parquet", ())


def recent(days: Iterable[date], last: date) -> list[date]:
    """Return the dates whose usage forecasts look at."""
    return [day for day in days if last - ONE_DAY * HISTORY < day <= last]


def _ahead(grants: Iterable[Grant], plans: Iterable[GrantPlan], last: date) -> list[Grant]:
    """Return every grant that is known as far as forecasts look: those of plans, too."""
    known = {grant.grant_id: grant for grant in grants}
    for plan in plans:
        for grant in grants_of_plan(plan, last + HORIZON):
            known.setdefault(grant.grant_id, grant)
    return list(known.values())


def _roll_forward(flows: Any) -> Any:
    """Return the flows of each month with what is deferred before and after it, exactly, and in cents
    that add up: rounded in sum since the first month."""
    import pyarrow as pa

    orgs, starts = flows["org_id"].to_pylist(), flows["month_start"].to_pylist()
    columns = [billionths(flows[name]) for name in FLOWS]
    roll_forward: dict[str, list[Any]] = defaultdict(list)
    rows = zip(orgs, starts, *columns, strict=True)
    for org, months in groupby(rows, key=lambda row: row[0]):
        sums, before = [0, 0, 0, 0], whole_cents(0, 0, 0, 0)
        opening = 0
        for _, start, *flow in months:
            sums = [total + amount for total, amount in zip(sums, flow, strict=True)]
            sold, used, broken, refunded = sums
            so_far = whole_cents(sold, used, broken, refunded)
            closing = sold - used - broken - refunded
            cents = [now - then for now, then in zip(so_far, before, strict=True)]
            names = ("sold_cents", "usage_cents", "breakage_cents", "refunded_cents")
            for name, value in (
                ("month", f"{start:%Y-%m}"),
                ("org_id", org),
                ("opening_deferred", opening),
                *zip(FLOWS, flow, strict=True),
                ("closing_deferred", closing),
                ("opening_cents", before.deferred),
                *zip(names, cents, strict=True),
                ("closing_cents", so_far.deferred),
            ):
                roll_forward[name].append(value)
            before, opening = so_far, closing
    table = ledger_tables(())["revenue"]
    return pa.table(
        {
            column.name: decimals(roll_forward[column.name])
            if column.type.startswith("DECIMAL")
            else pa.array(
                roll_forward[column.name], pa.string() if column.type == "VARCHAR" else pa.int64()
            )
            for column in table.columns
        }
    )


def _forecasts(con: "duckdb.DuckDBPyConnection", newest: Newest, grants: Sequence[Grant]) -> Any:
    """Return the forecast of each organization that has a grant. Its usage is known from its first recent
    usage on; where there is none, from its first grant on, but not from before there were reports."""
    import pyarrow as pa

    left = con.sql("select grant_id, credits from grants_through").arrow().read_all()
    of_grant = dict(zip(left["grant_id"].to_pylist(), billionths(left["credits"]), strict=True))
    owed: dict[str, dict[str, int]] = defaultdict(dict)
    for org, kind, amount in _rows(con, "ledger/owed_by_type"):
        owed[org][kind] = amount
    usage: dict[str, dict[str, dict[date, int]]] = defaultdict(lambda: defaultdict(dict))
    for org, kind, day, amount in _rows(con, "ledger/recent_usage"):
        usage[org][kind][day] = amount
    by_org: dict[str, list[tuple[Grant, int]]] = defaultdict(list)
    last = newest.day
    granted: dict[str, date] = {}
    for grant in grants:
        since = max(grant.effective_date, newest.reported_since)
        granted[grant.org_id] = min(granted.get(grant.org_id, since), since)
        is_open = grant.effective_date <= last
        remaining = of_grant.get(grant.grant_id, 0) if is_open else grant.credits
        if remaining:
            by_org[grant.org_id].append((grant, remaining))
    used = {
        org: min(day for days in kinds.values() for day in days) for org, kinds in usage.items()
    }
    orgs = sorted(granted)
    forecasts = [
        forecast(last, used.get(org, granted[org]), by_org[org], owed[org], usage[org])
        for org in orgs
    ]
    return _table(pa, last, orgs, forecasts)


def _rows(con: "duckdb.DuckDBPyConnection", name: str) -> Iterable[tuple[Any, ...]]:
    """Yield a statement's rows, the last column of which are credits, as billionths."""
    read = con.sql(statement(name)).arrow().read_all()
    columns = [read[column].to_pylist() for column in read.column_names[:-1]]
    return zip(*columns, billionths(read["credits"]), strict=True)


def _table(pa: Any, last: date, orgs: Sequence[str], forecasts: Sequence[Forecast]) -> Any:
    dates = ("exhausts_on", "exhausts_from", "exhausts_to", "expires_on")
    unused = decimals([one.expires_unused or 0 for one in forecasts]).to_pylist()
    return pa.table(
        {
            "org_id": pa.array(orgs, pa.string()),
            "as_of": pa.array([last] * len(orgs), pa.date32()),
            "days_left": pa.array(
                [one.exhausts_on and (one.exhausts_on - last).days for one in forecasts], pa.int32()
            ),
            **{
                name: pa.array([getattr(one, name) for one in forecasts], pa.date32())
                for name in dates
            },
            "expires_unused": pa.array(
                [
                    None if one.expires_unused is None else amount
                    for one, amount in zip(forecasts, unused, strict=True)
                ],
                pa.decimal128(38, 9),
            ),
            "reason": pa.array([one.reason for one in forecasts], pa.string()),
        }
    )
