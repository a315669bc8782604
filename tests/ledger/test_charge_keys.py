"""Keys of charges: in the order in which a database would put them, nulls and scripts included."""

import random
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from pricing_assets.db import connection as duck
from pricing_assets.ledger import charge_keys
from pricing_assets.ledger.charge_keys import BURN_ORDER, SHOWN_ORDER
from tests.support.workspace import LIMITS

TEXTS = ["", "a", "B", "é", "𝔤", "\uffff", "a\x00", "aa"]
DIMENSIONS = pa.struct([("agent_id", pa.string()), ("team", pa.string())])
TYPES = {
    "charge_date": pa.date32(),
    "dimensions": DIMENSIONS,
    "per": pa.int64(),
    "list_price": pa.decimal128(18, 9),
    "price": pa.decimal128(18, 9),
}


def charges(rng: random.Random, count: int) -> pa.Table:
    """Charges with any texts and nulls where there may be some."""

    def value(name: str) -> object:
        if name == "charge_date":
            return date(2026, 2, rng.randint(1, 3))
        if name == "dimensions":
            return {field: rng.choice([*TEXTS, None]) for field in ("agent_id", "team")}
        if name in ("list_price", "price"):
            return rng.choice([None, Decimal(rng.randint(0, 3)), Decimal("0.1")])
        if name == "per":
            return rng.choice([1, 1000, 10**12])
        return rng.choice(TEXTS if name in ("billing_type", "meter") else [*TEXTS, None])

    rows = [{name: value(name) for name in BURN_ORDER} for _ in range(count)]
    rows += rng.choices(rows, k=count)
    schema = pa.schema([(name, TYPES.get(name, pa.string())) for name in BURN_ORDER])
    return pa.Table.from_pylist(rows, schema)


@pytest.mark.parametrize("count", [1, 700])
def test_keys_are_in_the_order_of_a_database(count: int, tmp_path: Path) -> None:
    made = charges(random.Random(count), count)
    numbers, keys = charge_keys.numbered(made)
    with duck.connection(LIMITS, tmp_path, [tmp_path]) as con:
        con.register("charges", made.append_column("place", pa.array(range(len(made)))))
        order = ", ".join(f"{name} nulls first" for name in BURN_ORDER)
        ranks = f"select dense_rank() over (order by {order}) from charges order by place"
        assert [row[0] for row in con.execute(ranks).fetchall()] == numbers.tolist()
        con.register("keys", keys.columns)
        shown = con.execute(f"select key_id from keys order by {', '.join(SHOWN_ORDER)}").fetchall()
    places = sorted(range(len(keys.shown_at)), key=keys.shown_at.__getitem__)
    assert [row[0] for row in shown] == [place + 1 for place in places]
    named = keys.columns.drop_columns(["key_id"]).take(pa.array(numbers - 1))
    assert named.to_pylist() == made.to_pylist()


def test_no_charges_have_no_keys() -> None:
    numbers, keys = charge_keys.numbered(charges(random.Random(0), 1).slice(0, 0))
    assert (len(numbers), len(keys.columns), len(keys.shown_at)) == (0, 0, 0)


def test_more_values_than_a_number_has_room_for_are_told_apart() -> None:
    """Twelve columns of 64 values each are 2^72 keys."""
    rng = random.Random(1)
    rows = [{name: f"{rng.randrange(64):02}" for name in BURN_ORDER} for _ in range(2000)]
    numbers, _ = charge_keys.numbered(pa.Table.from_pylist(rows))
    keys = [tuple(row.values()) for row in rows]
    places = {key: place for place, key in enumerate(sorted(set(keys)), 1)}
    assert numbers.tolist() == [places[key] for key in keys]
