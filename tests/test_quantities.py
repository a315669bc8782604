"""The account in quantities: what each file holds, to the token, and where it ended."""

from decimal import Decimal

from mill import Mill, of, row

STORAGE = {"stored_tokens": 7000, "knowledge_base_id": "k"}
IMAGE = [{"width": 513, "height": 1}]  # 85 + 170 x 2 x 1


def test_every_quantity_of_a_file_is_accounted_for(mill: Mill) -> None:
    mill.log(
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
    mill.log(
        "b.parquet",
        row(event_id="a", output_tokens=5, images=IMAGE),
        row(event_id="b", input_tokens=11),
        row(event_id="c", model="?", characters=0, input_tokens=400),
        row(event_time=None, input_tokens=99),
    )
    mill.run()
    found = mill.sql(
        "select file_name, outcome, rows, input_tokens, output_tokens, image_tokens, requests,"
        " stored_tokens from account where usage_date is not null order by all"
    )
    names = {log.file: log.file_name for log in mill.home.all_receipts()}
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
    of_no_date = mill.sql("select rows, input_tokens from account where usage_date is null")
    assert of_no_date == [(1, None)]
    for meter in ("input_tokens", "output_tokens", "image_tokens", "stored_tokens"):
        (rated, used, charged) = (
            mill.sql(query)[0][0]
            for query in (
                f"select sum({meter}) from account where outcome = 'rated'",
                f"select sum({meter}) from usage",
                f"select sum(quantity) from charges where meter = '{meter}'",
            )
        )
        assert Decimal(rated) == used == charged
