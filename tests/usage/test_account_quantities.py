"""The account in quantities: what each file holds, to the token, and where it ended."""

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.cases import few_in_short
from tests.support.workspace import SCHEMA, Workspace, of, row

STORAGE = {"stored_tokens": 7000, "knowledge_base_id": "k"}
IMAGE = [{"width": 513, "height": 1}]  # 85 + 170 x 2 x 1


@pytest.mark.slow
def test_every_quantity_of_a_file_is_accounted_for(workspace: Workspace) -> None:
    workspace.log(
        "a.parquet",
        row(event_id="a", output_tokens=5, images=IMAGE),
        row(event_id="b", input_tokens=10),
        row(event_id="bad", input_tokens=-7, output_tokens=3),
        row(event_id="huge", input_tokens=10**12 + 1),
        row(event_id="bad image", images=[{"width": 0, "height": 1}]),
        of("knowledge_storage", None, None, event_id="s1", **STORAGE),
        of("knowledge_storage", None, None, event_id="s2", **STORAGE),
        of("tools_invocation", "Acme", "Search", event_id="t", requests=2, status="failed"),
    )
    workspace.log(
        "b.parquet",
        row(event_id="a", output_tokens=5, images=IMAGE),
        row(event_id="b", input_tokens=11),
        row(event_id="c", model="?", characters=0, input_tokens=400),
        row(event_time=None, input_tokens=99),
    )
    workspace.run()
    found = workspace.sql(
        "select file_name, outcome, rows, input_tokens, output_tokens, image_tokens, requests,"
        " stored_tokens from account where usage_date is not null order by all"
    )
    names = {log.file: log.file_name for log in workspace.home.all_receipts()}
    counts, copy = (names[file] for file in sorted(names))  # of copies the least file counts
    expected = {
        ("a.parquet", "bad_quantity"): (3, 1000, 3, 0, 0, 0),
        ("a.parquet", "conflicting_duplicate"): (1, 10, 0, 0, 0, 0),
        ("a.parquet", "not_billable"): (1, 0, 0, 0, 2, 0),
        ("a.parquet", "superseded"): (1, 0, 0, 0, 0, 7000),
        ("a.parquet", "rated"): (1, 0, 0, 0, 0, 7000),
        ("b.parquet", "conflicting_duplicate"): (1, 11, 0, 0, 0, 0),
        ("b.parquet", "no_rate"): (1, 400, 0, 0, 0, 0),
    }
    rows, *before = expected.get((counts, "rated"), (0, 0, 0, 0, 0, 0))
    more = (1000, 5, 425, 0, 0)
    expected[counts, "rated"] = (rows + 1, *(a + b for a, b in zip(before, more, strict=True)))  # type: ignore[assignment]
    expected[copy, "duplicate"] = (1, *more)
    assert {line[:2]: line[2:] for line in found} == expected
    of_no_date = workspace.sql("select rows, input_tokens from account where usage_date is null")
    assert of_no_date == [(1, None)]
    for meter in ("input_tokens", "output_tokens", "image_tokens", "stored_tokens"):
        (rated, used, charged) = (
            workspace.sql(query)[0][0]
            for query in (
                f"select sum({meter}) from account where outcome = 'rated'",
                f"select sum({meter}) from usage",
                f"select sum(quantity) from charges where meter = '{meter}'",
            )
        )
        assert Decimal(rated) == used == charged


TWO_53 = 2**53
FLOATS = [
    # a float, what is kept of it, and what becomes of its row
    (None, None, "missing_quantity"),
    (float("nan"), None, "missing_quantity"),
    (0.0, 0, "rated"),
    (-0.0, 0, "rated"),
    (7.0, 7, "rated"),
    (1.5, None, "bad_quantity"),
    (-1.0, -1, "bad_quantity"),
    (float("inf"), None, "bad_quantity"),
    (-float("inf"), None, "bad_quantity"),
    (float(TWO_53), TWO_53, "bad_quantity"),
    (float(TWO_53 + 2), None, "bad_quantity"),
    (1e300, None, "bad_quantity"),
    (5e-324, None, "bad_quantity"),
]


@pytest.mark.parametrize("kind", few_in_short([pa.float64(), pa.float32(), pa.float16()]), ids=str)
def test_a_float_is_a_quantity_where_it_is_whole(workspace: Workspace, kind: pa.DataType) -> None:
    """As pandas writes integers with gaps; beside a log whose integers no float holds."""
    held = {pa.float64(): np.float64, pa.float32(): np.float32, pa.float16(): np.float16}[kind]
    with np.errstate(over="ignore"):
        fits = [
            one
            for one in FLOATS
            if one[0] is None or np.isnan(one[0]) or float(held(one[0])) == one[0]
        ]
    rows = [row(event_id=f"f{n}") for n in range(len(fits))]
    floats = pa.array([value for value, *_ in fits], pa.float64()).cast(kind)
    table = pa.Table.from_pylist(rows, SCHEMA)
    table = table.set_column(SCHEMA.names.index("input_tokens"), "input_tokens", floats)
    workspace = workspace.under(quarantine_limit="1")
    workspace.inbox.mkdir()
    pq.write_table(table, workspace.inbox / "floats.parquet")
    workspace.log(
        "integers.parquet",
        row(event_id="i1", input_tokens=TWO_53 + 1),
        row(event_id="i2", input_tokens=10**12 - 1),
    )
    assert workspace.run().arrivals.rejected == []
    found = {
        event_id: (kept, reason)
        for event_id, kept, reason in workspace.sql(
            "select event_id, input_tokens, reason from quarantine"
        )
    }
    assert found.pop("i1") == (TWO_53 + 1, "bad_quantity")
    assert found == {
        f"f{n}": (kept, reason) for n, (_, kept, reason) in enumerate(fits) if reason != "rated"
    }
    rated = sum(reason == "rated" for *_, reason in fits) + 1
    assert workspace.sql("select events, input_tokens from usage") == [(rated, 10**12 + 6)]
    assert workspace.sql("select sum(rows) from account") == [(len(fits) + 2,)]


def test_one_bad_float_makes_its_row_bad_whatever_else_it_holds(workspace: Workspace) -> None:
    table = pa.Table.from_pylist([row(output_tokens=5), row(event_id="e2")], SCHEMA)
    place = SCHEMA.names.index("characters")
    table = table.set_column(place, "characters", pa.array([0.25, float("nan")]))
    workspace = workspace.under(quarantine_limit="1")
    workspace.inbox.mkdir()
    pq.write_table(table, workspace.inbox / "log.parquet")
    workspace.run()
    held = "select event_id, input_tokens, output_tokens, characters, reason from quarantine"
    assert workspace.sql(held) == [("e1", 1000, 5, None, "bad_quantity")]
    assert workspace.sql("select sum(quantity) from charges") == [(1000,)]
