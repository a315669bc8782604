"""The ledger against a plain one that shares no code with it, over random histories; in one go, in
two with what is carried between, with its input in any order, and cut off at any date."""

import random
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pricing_assets.common.errors import ConfigurationError
from pricing_assets.ledger import folder as credits_folder
from pricing_assets.ledger.account import Ledger
from pricing_assets.ledger.amounts import decimal_of
from pricing_assets.ledger.entries import Burn, Carried, Charge, LedgerEntry
from pricing_assets.ledger.inputs import CreditLines
from pricing_assets.ledger.plans import all_grants
from tests.support.ledger_oracle import ledger_of, lots_of
from tests.support.random_ledgers import FIRST, History, history_of

Entries = list[tuple[date, LedgerEntry]]


def booked(history: History) -> dict[date, list[Charge]]:
    """The charges by date, one row for each that is booked on it."""
    net: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    for row in history.charges:
        place = tuple(
            row[name] for name in ("booked_on", "org_id", "billing_type", "charge_date", "key")
        )
        net[place] += Decimal(row["credits"])
    found = defaultdict(list)
    for (on, org, billing_type, of, key), amount in net.items():
        charge = Charge(org, billing_type, date.fromisoformat(of), (of, key), int(amount.scaleb(9)))
        found[date.fromisoformat(on)].append(charge)
    return found


def run(ledger: Ledger, charges: dict[date, list[Charge]], first: date, last: date) -> Entries:
    """Every entry from one date through another."""
    found: Entries = []
    while first <= last:
        found += [(first, entry) for entry in ledger.advance(first, charges[first])]
        first += timedelta(days=1)
    return found


def rows_of(entries: Entries) -> dict[str, list[tuple[Any, ...]]]:
    """Entries as the plain ledger says them, by organization."""
    found = defaultdict(list)
    for day, entry in entries:
        _, key = entry.key or ("", "")
        of = entry.charge_date.isoformat() if entry.charge_date else ""
        amounts = decimal_of(entry.credits), decimal_of(entry.usd)
        found[entry.org].append((day, entry.entry, entry.grant_id or "", of, key, *amounts))
    return found


def carried(
    entries: Entries, inputs: CreditLines, charges: dict[date, list[Charge]], through: date
) -> Carried:
    """What the entries through a date leave, for those that come after."""
    left: dict[str, int] = defaultdict(int)
    owed: dict[tuple[Any, ...], int] = defaultdict(int)
    burns: dict[tuple[str, date, Any], list[Burn]] = defaultdict(list)
    types = {
        (one.org, one.charge_date, one.key): one.billing_type
        for day in charges.values()
        for one in day
    }
    for day, entry in entries:
        if day > through:
            continue
        place = (entry.org, entry.charge_date, entry.key)
        if entry.grant_id:
            left[entry.grant_id] += entry.credits
        else:
            owed[entry.org, types[place], *place[1:]] -= entry.credits
        if entry.entry in ("burned", "repaid"):
            burns[place].append(Burn(entry.grant_id, -entry.credits))
        amount = entry.credits if entry.entry == "restored" else 0
        while amount:
            last = burns[place].pop()
            part = min(amount, last.credits)
            amount -= part
            if part < last.credits:
                burns[place].append(Burn(last.grant_id, last.credits - part))
    for place in types:
        burns[place]
    overdraft = [Charge(*place, amount) for place, amount in owed.items() if amount]
    return Carried(through, left, overdraft, burns)


def check(seed: int, folder: Path) -> bool:
    """Hold one history against the plain ledger; whether a void was refused."""
    history = history_of(seed)
    inputs = credits_folder.load(history.write(folder / str(seed)))
    plain = ledger_of(
        lots_of(history.grants, history.plans, history.last),
        history.voids,
        history.charges,
        history.last,
    )
    grants, charges = all_grants(inputs, history.last), booked(history)

    def whole(last: date, **given: Any) -> Entries:
        ledger = Ledger(
            given.get("grants", grants),
            given.get("voids", inputs.voids),
        )
        return run(ledger, given.get("charges", charges), FIRST, last)

    if plain.refused is not None:
        with pytest.raises(ConfigurationError, match=f"void '{plain.refused}' takes"):
            whole(history.last)
        return True
    entries = whole(history.last)
    expected = defaultdict(list)
    for day, org, *rest in plain.entries:
        expected[org].append((day, *rest))
    assert rows_of(entries) == expected, seed
    for (day, org), (_, closing, overdraft) in plain.balances.items():
        upto = [entry for at, entry in entries if at <= day and entry.org == org]
        assert sum(one.credits for one in upto if one.grant_id) == int(closing.scaleb(9))
        assert sum(one.credits for one in upto if not one.grant_id) == -int(overdraft.scaleb(9))
    for name, lot in plain.lots.items():
        worth = [entry.usd for _, entry in entries if entry.grant_id == name]
        if lot.gone == lot.granted:
            assert sum(worth) == 0, seed
    rng = random.Random(seed)
    cut = FIRST + timedelta(days=rng.randint(0, (history.last - FIRST).days))
    before = [one for one in entries if one[0] <= cut]
    later = Ledger(grants, inputs.voids, carried=carried(entries, inputs, charges, cut))
    assert run(later, charges, cut + timedelta(days=1), history.last) == entries[len(before) :], (
        seed
    )
    known = defaultdict(list, {day: rows for day, rows in charges.items() if day <= cut})
    assert (
        whole(cut, charges=known, grants=[one for one in grants if one.effective_date <= cut])
        == before
    )
    for rows in charges.values():
        rng.shuffle(rows)
    shuffled = rng.sample(grants, len(grants)), rng.sample(inputs.voids, len(inputs.voids))
    mixed = whole(history.last, grants=shuffled[0], voids=shuffled[1])
    assert rows_of(mixed) == expected, seed
    return False


def test_random_histories_give_what_a_plain_ledger_gives(tmp_path: Path) -> None:
    refused = [check(seed, tmp_path) for seed in range(100)]
    assert 0 < sum(refused) < 20


@pytest.mark.slow
def test_thousands_of_random_histories_give_what_a_plain_ledger_gives(tmp_path: Path) -> None:
    for seed in range(1000, 4000):
        check(seed, tmp_path)
