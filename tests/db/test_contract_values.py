"""A value of the contract has one address: statements and modules name it, and none spells it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pricing_assets.contract import billing, outcomes
from pricing_assets.db import connection as duck
from pricing_assets.db.statements import statement, written_out

ROOT = Path(__file__).parents[2]
LOGGED = "|".join(billing.QUANTITIES)
SPELLED = {
    rf"\b{billing.MAX_QUANTITY}\b": "max_quantity(), is_counted(…)",
    rf"\b(width|height)\b.*\b{billing.MAX_IMAGE_SIDE}\b": "max_image_side()",
    rf"(?i)'{billing.STORAGE_MODEL}'": "storage_model(), priced_model(…)",
    r"'duplicate',\s*'not_billable'": "is_quarantined(…)",
    rf"'{billing.STORAGE}'": "storage_service()",
    rf"'({outcomes.NO_EVENT_TIME}|{outcomes.FUTURE_EVENT_TIME})'": "missing_event_time(), event_time_in_future()",
    r"'no_rate_card',\s*'not_offered'": "lacks_price(…)",
    r"\b(4096|16384|32768)\b": "has_images(…), states_of_meters(…), flags",
    rf"\b({LOGGED})\b.*\b(?!\1\b)({LOGGED})\b": "each_quantity",
}
"""What a statement must not spell, and what stands for it."""


def spelled(text: str) -> list[str]:
    """What a statement spells that has a name."""
    code = re.sub(r"--.*", "", text)
    return [name for pattern, name in SPELLED.items() if re.search(pattern, code)]


def test_no_statement_spells_a_value_of_the_contract() -> None:
    files = sorted((ROOT / "sql").rglob("*.sql"))
    assert len(files) > 100
    assert {str(file): found for file in files if (found := spelled(file.read_text()))} == {}


@pytest.mark.parametrize(
    "text",
    [
        "select 1 from events where quantity between 1 and 1000000000000",
        "select 'Vector Storage' as model",
        "select * from lines where service = 'storage'",
        "select coalesce(reason, 'missing_event_time') as reason",
        "select * from outcomes where outcome not in ('rated', 'duplicate', 'not_billable')",
        "select measured % 16384 as line_measured",
        "select sum(input_tokens), sum(output_tokens) from events",
    ],
)
def test_a_spelled_value_is_found(text: str) -> None:
    assert spelled(text)


def constants(file: Path) -> Iterator[object]:
    """The values that a module spells; a power is its value."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Constant):
            yield node.value
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
            yield ast.unparse(node)


def test_no_module_spells_a_value_of_the_contract() -> None:
    values = {
        *(billing.MAX_QUANTITY, "10 ** 12", billing.STORAGE, billing.STORAGE_MODEL),
        *(outcomes.NO_EVENT_TIME, outcomes.FUTURE_EVENT_TIME, *outcomes.EXCLUDED[:2]),
    }
    package = ROOT / "pricing_assets"
    files = [file for file in package.rglob("*.py") if file.parent != package / "contract"]
    assert len(files) > 150
    assert {str(file): found for file in files if (found := values & set(constants(file)))} == {}


def test_names_mean_what_the_contract_says() -> None:
    with duck.connection() as con:
        for outcome in outcomes.OUTCOMES:
            (found,) = con.execute(
                "select is_quarantined($outcome), lacks_price($outcome)", {"outcome": outcome}
            ).fetchall()
            assert found == (outcome in outcomes.QUARANTINE, outcome in outcomes.NO_PRICE_REASONS)
        for meter, priced_as in billing.PRICED_AS.items():
            assert con.execute("select priced_as(?)", [meter]).fetchall() == [(priced_as,)]
        for code, tier in enumerate((*billing.TIERS, "none of them"), start=1):
            (found,) = con.execute(
                "select tier_code($tier), tier_suffix(tier_code($tier) * tier_weight() + 2)",
                {"tier": tier},
            ).fetchall()
            known = tier in billing.TIERS
            assert found == ((code, f"@{tier}") if known else (15, f"@{billing.OTHER_TIER}"))
        assert con.execute("select tier_suffix(2)").fetchall() == [("",)]
        given = con.execute(
            "select is_counted($most), is_counted($most + 1), is_counted(0), storage_model()",
            {"most": billing.MAX_QUANTITY},
        ).fetchall()
        assert given == [(True, False, False, billing.STORAGE_MODEL)]


def test_a_line_stands_for_one_line_per_meter() -> None:
    quantities = (*billing.QUANTITIES, *billing.TOKEN_CLASSES)
    assert written_out("select\n    sum(each_quantity)\n        as each_quantity\nfrom t") == (
        "select\n"
        + ",\n".join(f"    sum({one})\n        as {one}" for one in quantities)
        + "\nfrom t"
    )
    assert written_out("    or each_main_meter = each_weight").split("\n") == [
        f"    or {meter} = {4 ** billing.METER[meter].digit}" for meter in billing.METERS
    ]
    assert written_out("    x.each_meter,").split("\n") == [
        f"    x.{one}," for one in (*billing.METERS, *billing.TOKEN_CLASSES)
    ]
    assert written_out("    or each_part > each_whole").split("\n") == [
        f"    or {one.name} > {one.whole}" for one in billing.TOKEN_CLASSES.values()
    ]
    assert written_out("select 1\n") == "select 1\n"


def test_digits_are_what_versions_stored() -> None:
    """Lines of every version hold a digit per meter in this place: it never changes."""
    places = {meter.name: meter.digit for meter in billing.METER.values()}
    assert places.items() >= {
        "input_tokens": 0, "output_tokens": 1, "audio_ms": 2, "characters": 3, "requests": 4,
        "stored_tokens": 5, "image_tokens": 6,
    }.items()  # fmt: skip
    assert sorted(places.values()) == list(range(len(places)))


def test_written_out_statements_are_one_statement_each() -> None:
    for file in sorted((ROOT / "sql").rglob("*.sql")):
        name = file.relative_to(ROOT / "sql").with_suffix("").as_posix()
        assert "each_" not in statement(name), name
        if "create temp" not in statement(name):
            assert len(duckdb.extract_statements(statement(name))) == 1, name
