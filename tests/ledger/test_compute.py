"""The statements around the ledger: what comes in from reports in any parts, and goes out as tables,
is what the ledger itself gives. Its rules belong to `test_account` and `test_ledger_oracle`."""

import random
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pricing_assets.contract import tables
from pricing_assets.db import connection as duck
from pricing_assets.db.io import write_table
from pricing_assets.db.relations import register
from pricing_assets.ledger import carried, checks, compute
from pricing_assets.ledger import folder as credits_folder
from pricing_assets.ledger.columns import decimals
from pricing_assets.ledger.pinned import Lines
from pricing_assets.ledger.plans import all_grants
from pricing_assets.ledger.tabling import PLAIN_TEXT
from pricing_assets.ledger.writing import FORMATS, write_date, write_plain_csv
from tests.support.ledger_oracle import ledger_of, lots_of
from tests.support.random_ledgers import FIRST, History, history_of
from tests.support.workspace import LIMITS

DIMENSIONS = ("agent_id", "team")


def write_booked(history: History, stage: Path) -> Path:
    """Write all charges as they are booked: a third of the texts of each are null or empty."""
    rows = []
    for row in history.charges:
        rng = random.Random(row["key"])
        rows.append(
            {
                "booked_on": date.fromisoformat(row["booked_on"]),
                "usage_date": date.fromisoformat(row["charge_date"]),
                "org_id": row["org_id"],
                "agent_id": row["key"],  # which keeps the order of the keys
                "team": rng.choice(["Ä", "", None]),
                "billing_type": row["billing_type"],
                "brand": rng.choice(["Ä", "", None]),
                "model": rng.choice(["a", ""]),
                "key_mode": "any",
                "meter": "requests",
                "per": 1,
                "price": Decimal("1"),
                "rate_card": "first",
                "agreement": rng.choice(["x", None]),
                "credits": Decimal(row["credits"]),
            }
        )
    table = tables.stored("corrections", DIMENSIONS)
    with duck.connection(LIMITS, stage, [stage]) as con:
        names = rows[0].keys() if rows else ["booked_on"]
        register(
            con, "given", pa.Table.from_pylist(rows, pa.schema([(n, _type(n)) for n in names]))
        )
        rest = [c for c in table.columns if c.name not in names]
        nulls = "".join(f', cast(null as {c.type}) as "{c.name}"' for c in rest)
        con.execute(f"create temp table rows as select *{nulls} from given")
        packed = "struct_pack(agent_id := agent_id, team := team) as dimensions"
        source = f"(select * exclude (agent_id, team), {packed} from rows)"
        write_table(con, table, source, stage / "corrections.parquet", DIMENSIONS)
    return stage


def _type(name: str) -> Any:
    special = {"booked_on": pa.date32(), "usage_date": pa.date32(), "per": pa.int64()}
    return special.get(name, pa.decimal128(38, 9) if name in ("price", "credits") else pa.string())


def computed(seed: int, folder: Path) -> None:
    """Compute a history in parts of random length, and hold it against the plain ledger."""
    history, rng = history_of(seed), random.Random(seed)
    inputs = credits_folder.load(history.write(folder / "credits"))
    plain = ledger_of(
        lots_of(history.grants, history.plans, history.last),
        history.voids,
        history.charges,
        history.last,
    )
    if plain.refused is not None:
        return
    lines = Lines(tuple(all_grants(inputs, history.last)), inputs.voids)
    (folder / "booked").mkdir()
    booked = write_booked(history, folder / "booked")
    made: dict[date, Path] = {}
    left: carried.Left | None = None
    day = FIRST
    while day <= history.last:
        last = min(day + timedelta(days=rng.choice([0, 1, 5, 30, 99])), history.last)
        span = compute.DateSpan(day, last, [], [booked], list(made.values()))
        with duck.connection(LIMITS, folder, [folder]) as con:
            tables, left = compute.compute(con, span, lines, DIMENSIONS, rng.choice([left, None]))
            while day <= last:
                made[day] = folder / f"{day}"
                made[day].mkdir()
                write_date(con, tables, day, DIMENSIONS, made[day])
                day += timedelta(days=1)
            assert set(map(tuple, checks.check(con, span, lines, tables).values())) == {()}
    found: dict[str, list[Any]] = defaultdict(list)
    balances = {}
    for day, stage in made.items():
        for row in pq.read_table(stage / "ledger.parquet").to_pylist():
            of = row["charge_date"].isoformat() if row["charge_date"] else ""
            what = (day, row["entry"], row["grant_id"] or "", of, row["agent_id"] or "")
            found[row["org_id"]].append((*what, row["credits"], row["usd"]))
        for row in pq.read_table(stage / "balances.parquet").to_pylist():
            amounts = row["opening"], row["closing"], row["overdraft"]
            balances[day, row["org_id"]] = amounts
    expected = defaultdict(list)
    for at, org, *rest in plain.entries:
        expected[org].append((at, *rest))
    assert {org: sorted(map(str, rows)) for org, rows in found.items()} == {
        org: sorted(map(str, _nine(rows))) for org, rows in expected.items()
    }, seed
    for place, amounts in balances.items():
        assert amounts == plain.balances[place], (seed, place)


def _nine(rows: list[Any]) -> list[Any]:
    nine = Decimal("0.000000001")
    return [(*row[:5], row[5].quantize(nine), row[6].quantize(nine)) for row in rows]


def test_a_csv_without_quotes_is_what_duckdb_writes(tmp_path: Path) -> None:
    rng = random.Random(5)
    letters = [chr(code) for code in range(32, 127)]
    drawn = ("".join(rng.choices(letters, k=rng.randint(1, 4))) for _ in range(20_000))
    names = ["NULL", "null", "true", "1e3", "-0", "a  b", *drawn]
    names = [name for name in names if PLAIN_TEXT.fullmatch(name)]
    count = len(names)
    assert count > 3000
    amounts = [rng.choice([0, rng.randint(-(10**12), 10**12), 10**38 - 1]) for _ in names]
    teams = pa.StructArray.from_arrays([pa.array(names[::-1], pa.string())], ["team"])
    table = pa.table(
        {
            "n": names,
            "dimensions": teams,
            "none": pa.array([None] * count, pa.date32()),
            "day": pa.array([date(2026, 2, 1)] * count, pa.date32()),
            "credits": decimals(amounts),
        }
    )
    ours, theirs = tmp_path / "ours.csv", tmp_path / "theirs.csv"
    write_plain_csv(table, ["n", "team", "none", "day", "credits"], ours)
    with duck.connection(LIMITS, tmp_path, [tmp_path]) as con:
        con.register("given", table)
        con.execute(
            "copy (select n, dimensions.team as team, none, day, credits from given)"
            f" to $target ({FORMATS['csv']})",
            {"target": str(theirs)},
        )
    assert ours.read_bytes() == theirs.read_bytes()


@pytest.mark.slow
def test_random_histories_in_parts_give_what_a_plain_ledger_gives(tmp_path: Path) -> None:
    for seed in (3, 7, 77):
        (tmp_path / str(seed)).mkdir()
        computed(seed, tmp_path / str(seed))


@pytest.mark.slow
def test_more_random_histories_in_parts_give_what_a_plain_ledger_gives(tmp_path: Path) -> None:
    for seed in range(5000, 5060):
        (tmp_path / str(seed)).mkdir()
        computed(seed, tmp_path / str(seed))
