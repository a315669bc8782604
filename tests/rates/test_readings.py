"""What real model ids mean, as gateways and instrumentation write them: `real_names.csv` has for each a
hand-checked answer, a printed brand and model, none (blank), or `?` where somebody must decide."""

import csv
from collections.abc import Hashable
from pathlib import Path

import pytest

from pricing_assets.db.statements import data_folder
from pricing_assets.rates import books as rates
from pricing_assets.rates.readings import price_of, readings

AMBIGUOUS = "?"


def printed() -> dict[tuple[str, str], dict[str, Hashable]]:
    """The names of the built-in price list."""
    found: dict[tuple[str, str], dict[str, Hashable]] = {}
    for _, force in rates.load([data_folder("pricing_assets/rate_cards")]).in_force():
        for name, (brand, model) in force.card.printed.items():
            found.setdefault((name[0], brand), {})[model] = price_of(force.card, name)
    return found


def answers() -> list[dict[str, str]]:
    with (Path(__file__).parent / "real_names.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_real_ids_are_read_as_what_they_are() -> None:
    names, cases = printed(), answers()
    wrong: list[str] = []
    resolved = of_page = 0
    for case in cases:
        found = readings(case["service"], case["brand"], case["model"], names)
        right = case["printed_brand"], case["printed_model"]
        if right[1] not in ("", AMBIGUOUS):
            of_page += 1
            assert right[1] in names[case["service"], right[0]], case
        if len(found) == 1 and not found[0].doubt:
            if (found[0].brand, found[0].model) == right:
                resolved += 1
            else:
                wrong.append(f"{case}: {found}")
        elif (right[1] == AMBIGUOUS) != bool(found) and (found or right[1] == AMBIGUOUS):
            # one that the page prints may be missed, and is then only asked about
            wrong.append(f"{case}: {found}")
    assert wrong == []
    assert len({(case["service"], case["brand"], case["model"]) for case in cases}) >= 300
    assert resolved >= of_page * 9 / 10


# Printed models with what each costs, a logged one, and what it may mean.
DOUBTS = [
    ({"Acme 2": 1, "Acme 2 Thinking": 1}, "acme-2-20260101", ["Acme 2"], ""),
    (
        {"Acme 2": 1, "Acme 2 Thinking": 2},
        "acme-2",
        ["Acme 2", "Acme 2 Thinking"],
        "with or without thinking, which is priced differently",
    ),
    ({"Acme 2": 1, "Acme 2 Thinking": 2}, "acme-2-thinking", ["Acme 2 Thinking"], ""),
    ({"Acme 2": 1}, "acme-2-preview", ["Acme 2"], "preview may be priced differently"),
    ({"Acme 2": 1}, "acme-2-preview-09-2026", ["Acme 2"], "preview may be priced differently"),
    (
        {"Acme 2 8k": 1, "Acme 2 32k": 2},
        "acme-2",
        ["Acme 2 8k", "Acme 2 32k"],
        "it does not say which context or snapshot",
    ),
    ({"Acme 2": 1}, "acme-2-turbo", [], ""),
]


@pytest.mark.parametrize(("models", "logged", "meant", "doubt"), DOUBTS)
def test_a_name_that_another_price_could_belong_to_is_doubtful(
    models: dict[str, Hashable], logged: str, meant: list[str], doubt: str
) -> None:
    found = readings("llm", "maker", logged, {("llm", "Maker"): models})
    assert [one.model for one in found] == meant
    assert {one.doubt for one in found} <= {doubt}
