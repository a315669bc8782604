"""The ledger by hand: worked examples number by number, and the ways in which ledgers of credits are
known to lose trust. Random histories belong to `test_ledger_oracle`."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from pricing_assets.common.errors import ConfigurationError
from pricing_assets.ledger.account import Ledger
from pricing_assets.ledger.amounts import decimal_of, parse_credits
from pricing_assets.ledger.entries import Charge, LedgerEntry
from pricing_assets.ledger.inputs import Grant, Void

HERE = Path("credits/grants.csv")
CHAT, VOICE = "llm_text_chat", "tts_generation"


def day_of(text: str) -> date:
    """A date of 2026, or a whole one."""
    return date.fromisoformat(text if len(text) == 10 else f"2026-{text}")


def grant(
    grant_id: str,
    kind: str,
    credits_: str,
    usd: str,
    since: str,
    until: str = "",
    priority: int = 100,
    types: Sequence[str] = (),
) -> Grant:
    """A grant of acme's."""
    return Grant(
        HERE,
        2,
        grant_id,
        "acme",
        kind,
        parse_credits(credits_) or 0,
        int(Decimal(usd).scaleb(9)),
        day_of(since),
        day_of(until) if until else None,
        priority,
        tuple(types),
        "",
    )


def void(grant_id: str, day: str, credits_: str, refunded: str = "0") -> Void:
    """A void."""
    amount = None if credits_ == "all" else parse_credits(credits_)
    usd = int(Decimal(refunded).scaleb(9))
    return Void(HERE, 2, f"void of {grant_id}", grant_id, day_of(day), amount, usd, "")


def use(credits_: str, of: str, billing_type: str = CHAT, key: str = "k") -> Charge:
    """A charge of acme's, or what is taken back of one."""
    amount = int(Decimal(credits_).scaleb(9))
    return Charge("acme", billing_type, day_of(of), key, amount)


@dataclass
class Story:
    """What happened: entries by date as `(what, grant, credits, usd)`, and what was left."""

    entries: dict[str, list[tuple[str, str, str, str]]] = field(default_factory=dict)
    raw: list[tuple[date, LedgerEntry]] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)

    def usd(self, month: str, *kinds: str) -> Decimal:
        """Dollars of these entries in a month."""
        return sum(
            (
                decimal_of(entry.usd)
                for day, entry in self.raw
                if f"{day:%m}" == month and entry.entry in kinds
            ),
            Decimal(0),
        )


def plain(amount: int) -> str:
    """An amount without zeros at its end."""
    return f"{decimal_of(amount).normalize():f}"


def tell(
    grants: Iterable[Grant],
    booked: dict[str, list[Charge]],
    voids: Iterable[Void] = (),
    last: str = "12-31",
) -> Story:
    """Go through all dates of the year, or to a later one."""
    ledger, story = Ledger(grants, voids), Story()
    by_day = defaultdict(list, {day_of(day): charges for day, charges in booked.items()})
    day = day_of("2025-01-01")
    while day <= day_of(last):
        entries = ledger.advance(day, by_day[day])
        if entries:
            name = f"{day:%m-%d}" if day.year == 2026 else day.isoformat()
            story.entries[name] = [
                (entry.entry, entry.grant_id or "", plain(entry.credits), plain(entry.usd))
                for entry in entries
            ]
            story.raw += [(day, entry) for entry in entries]
        day += timedelta(days=1)
    story.left = {name: plain(left) for name, left in ledger.left().items()}
    return story


def test_the_worked_example() -> None:
    story = tell(
        [
            grant("P1", "promo", "100", "0", "02-01", "02-04"),
            grant("L2", "plan", "1000", "9", "02-01", "03-01"),
            grant("R3", "paid", "1000", "10", "02-03", "2029-02-03"),
        ],
        {
            "02-01": [use("60", "02-01")],
            "02-02": [use("30", "02-02")],
            "02-03": [use("25", "02-03")],
            "02-20": [use("685", "02-20")],
            "03-05": [use("50", "02-02", key="late"), use("-20", "02-03")],
        },
    )
    assert story.entries == {
        "02-01": [
            ("granted", "P1", "100", "0"),
            ("granted", "L2", "1000", "9"),
            ("burned", "P1", "-60", "0"),
        ],
        "02-02": [("burned", "P1", "-30", "0")],
        "02-03": [
            ("granted", "R3", "1000", "10"),
            ("burned", "P1", "-10", "0"),
            ("burned", "L2", "-15", "-0.135"),
        ],
        "02-20": [("burned", "L2", "-685", "-6.165")],
        "02-28": [("expired", "L2", "-300", "-2.7")],
        "03-05": [
            ("burned", "R3", "-50", "-0.5"),
            ("restored", "L2", "15", "0.135"),
            ("expired", "L2", "-15", "-0.135"),
            ("restored", "P1", "5", "0"),
            ("expired", "P1", "-5", "0"),
        ],
    }
    usage, breakage = ("burned", "repaid", "restored"), ("expired", "voided")
    assert story.usd("02", "granted") == Decimal("19.00")
    assert (story.usd("02", *usage), story.usd("02", *breakage)) == (
        Decimal("-6.3"),
        Decimal("-2.7"),
    )
    assert story.usd("02", "granted", *usage, *breakage) == 10
    assert story.usd("03", *usage) == Decimal("-0.365")
    assert story.usd("03", *breakage) == Decimal("-0.135")
    assert story.left == {"P1": "0", "L2": "0", "R3": "950"}


def test_overdraft_is_shown_and_repaid_by_the_next_grant() -> None:
    story = tell(
        [grant("A", "promo", "5", "0", "02-01"), grant("B", "paid", "1000", "10", "02-03")],
        {"02-02": [use("12", "02-02")]},
    )
    assert story.entries["02-02"] == [("burned", "A", "-5", "0"), ("uncovered", "", "-7", "0")]
    assert story.entries["02-03"] == [
        ("granted", "B", "1000", "10"),
        ("repaid", "B", "-7", "-0.07"),
        ("covered", "", "7", "0"),
    ]
    assert story.left["B"] == "993"


def test_cents_of_a_split_grant_sum_to_what_was_paid() -> None:
    story = tell(
        [grant("A", "paid", "3", "0.10", "02-01")],
        {day: [use("1", day)] for day in ("02-05", "03-05", "04-05")},
    )
    burned = [entries[-1][3] for entries in story.entries.values()][1:]
    assert burned == ["-0.033333333", "-0.033333334", "-0.033333333"]
    assert sum(Decimal(usd) for usd in burned) == Decimal("-0.10")


# FOCUS's examples of consumption currency: tokens bought, and what each usage of them costs.
Q, Z, WORKFLOW = "245", "10", "360"
TOKENS = [
    ("A, no discount", "200000", {"q": Q, "z": Z, "w": WORKFLOW}, ["490", "20", "720"]),
    ("B, half price", "100000", {"q": Q, "z": Z, "w": WORKFLOW}, ["245", "10", "360"]),
    ("B3, modified rate", "100000", {"q": Q, "z": Z, "w": "240"}, ["245", "10", "240"]),
]


@pytest.mark.parametrize("name, paid, tokens, dollars", TOKENS)
def test_tokens_of_focus_cost_what_its_examples_say(
    name: str, paid: str, tokens: dict[str, str], dollars: list[str]
) -> None:
    bought = grant("tokens", "paid", "100000", paid, "2025-04-01", "2026-04-01")
    used = [use(amount, "2025-04-01", key=key) for key, amount in sorted(tokens.items())]
    story = tell([bought], {"2025-04-01": used})
    granted, *burned = story.entries["2025-04-01"]
    assert granted == ("granted", "tokens", "100000", paid)
    by_key = {entry.key: plain(-entry.usd) for _, entry in story.raw if entry.entry == "burned"}
    assert [by_key[key] for key in ("q", "z", "w")] == dollars
    assert (
        sum(Decimal(entry.usd) for _, entry in story.raw) == 0
    )  # the rest is breakage, at the end
    assert len(burned) == 3


def test_tokens_of_focus_beyond_what_was_bought_are_paid_by_the_overage() -> None:
    story = tell(
        [
            grant("period 1", "paid", "100000", "200000", "2025-04-01", "2026-04-01"),
            grant("overage", "paid", "1500", "3000", "2025-10-01", "2025-11-01"),
            grant("more", "paid", "25000", "50000", "2025-10-01", "2026-04-01"),
        ],
        {"2025-09-30": [use("101500", "2025-09-30")]},
    )
    assert story.entries["2025-09-30"] == [
        ("burned", "period 1", "-100000", "-200000"),
        ("uncovered", "", "-1500", "0"),
    ]
    assert story.entries["2025-10-01"][2:] == [
        ("repaid", "overage", "-1500", "-3000"),
        ("covered", "", "1500", "0"),
    ]
    assert story.entries["03-31"] == [("expired", "more", "-25000", "-50000")]


def test_an_expired_credit_is_not_spendable_whether_or_not_anything_happens_that_day() -> None:
    grants = [grant("A", "promo", "10", "0", "02-01", "02-10")]
    before = tell(grants, {"02-09": [use("4", "02-09")]})
    assert before.entries["02-09"] == [("burned", "A", "-4", "0"), ("expired", "A", "-6", "0")]
    after = tell(grants, {"02-10": [use("4", "02-10")]})
    assert after.entries["02-10"] == [("uncovered", "", "-4", "0")]
    assert after.entries["02-09"] == [("expired", "A", "-10", "0")]


def test_a_refund_gives_back_what_it_took_in_reverse_and_never_twice() -> None:
    grants = [
        grant("free", "promo", "10", "0", "02-01"),
        grant("bought", "paid", "100", "1", "02-01"),
    ]
    story = tell(
        grants,
        {
            "02-02": [use("15", "02-02")],
            "02-03": [use("-7", "02-02")],
            "02-04": [use("-8", "02-02")],
        },
    )
    assert story.entries["02-03"] == [
        ("restored", "bought", "5", "0.05"),
        ("restored", "free", "2", "0"),
    ]
    assert story.entries["02-04"] == [("restored", "free", "8", "0")]
    assert story.left == {"free": "10", "bought": "100"}


@pytest.mark.parametrize("on, ends", [("02-04", []), ("02-05", [("expired", "A", "-4", "-0.04")])])
def test_a_grant_takes_credits_back_through_the_day_before_its_end(
    on: str, ends: list[tuple[str, ...]]
) -> None:
    grants = [grant("A", "paid", "100", "1", "02-01", "02-05")]
    story = tell(grants, {"02-02": [use("5", "02-02")], on: [use("-4", "02-02")]})
    assert story.entries[on][:2] == [
        ("restored", "A", "4", "0.04"),
        *(ends or [("expired", "A", "-99", "-0.99")]),
    ]
    assert story.left == {"A": "0"}


def test_a_refund_gives_back_to_the_organization_that_was_charged_and_to_no_other() -> None:
    grants = [
        grant("A", "paid", "100", "1", "02-01"),
        replace(grant("B", "paid", "100", "1", "02-01"), org_id="other"),
    ]
    alike = use("7", "02-02")._replace(org="other")
    story = tell(grants, {"02-02": [use("5", "02-02"), alike], "02-03": [use("-4", "02-02")]})
    assert story.entries["02-03"] == [("restored", "A", "4", "0.04")]
    assert story.left == {"A": "99", "B": "93"}


def test_what_is_taken_back_first_covers_its_own_overdraft() -> None:
    story = tell(
        [grant("A", "paid", "5", "1", "02-01")],
        {"02-02": [use("12", "02-02")], "02-03": [use("-8", "02-02")]},
    )
    assert story.entries["02-03"] == [("covered", "", "7", "0"), ("restored", "A", "1", "0.2")]


def test_what_is_given_back_repays_other_overdraft_on_the_same_date() -> None:
    story = tell(
        [grant("A", "paid", "10", "1", "02-01")],
        {
            "02-01": [use("10", "02-01")],
            "02-02": [use("3", "02-02")],
            "02-03": [use("-4", "02-01")],
        },
    )
    assert story.entries["02-03"] == [
        ("restored", "A", "4", "0.4"),
        ("repaid", "A", "-3", "-0.3"),
        ("covered", "", "3", "0"),
    ]


def test_a_charge_that_is_taken_back_before_it_is_booked_is_held_against_it() -> None:
    story = tell(
        [grant("A", "paid", "10", "1", "02-01")],
        {"02-02": [use("-4", "02-02")], "02-03": [use("6", "02-02")]},
    )
    assert story.entries["02-02"] == [("covered", "", "4", "0")]
    assert story.entries["02-03"] == [("uncovered", "", "-4", "0"), ("burned", "A", "-2", "-0.2")]


# Two grants, the first of which burns first.
ORDER = [
    (
        grant("z", "adjustment", "1", "0", "02-03", "", 99),
        grant("a", "promo", "1", "0", "02-01", "03-01"),
    ),
    (
        grant("z", "adjustment", "1", "0", "02-03", "03-01"),
        grant("a", "promo", "1", "0", "02-01", "03-02"),
    ),
    (grant("z", "adjustment", "1", "0", "02-03", "03-01"), grant("a", "promo", "1", "0", "02-01")),
    (grant("z", "promo", "1", "0", "02-03"), grant("a", "plan", "1", "0", "02-01")),
    (grant("z", "plan", "1", "0", "02-03"), grant("a", "paid", "1", "0", "02-01")),
    (grant("z", "paid", "1", "0", "02-03"), grant("a", "adjustment", "1", "0", "02-01")),
    (grant("z", "paid", "1", "0", "02-01"), grant("a", "paid", "1", "0", "02-03")),
    (grant("Z", "paid", "1", "0", "02-01"), grant("a", "paid", "1", "0", "02-01")),
    (grant("\uffff", "paid", "1", "0", "02-01"), grant("\U00010000", "paid", "1", "0", "02-01")),
]


@pytest.mark.parametrize("first, second", ORDER)
def test_the_order_in_which_credits_burn_has_no_ties(first: Grant, second: Grant) -> None:
    for grants in ([first, second], [second, first]):
        story = tell(grants, {"02-05": [use("1", "02-05")]})
        assert story.entries["02-05"] == [("burned", first.grant_id, "-1", "0")]


def test_charges_of_a_date_burn_by_billing_type_and_key_whatever_their_order() -> None:
    grants = [grant("A", "paid", "5", "1", "02-01")]
    used = [
        use("3", "02-02", VOICE, "a"),
        use("3", "02-02", CHAT, "b"),
        use("3", "02-02", CHAT, "B"),
    ]
    stories = [tell(grants, {"02-02": order}) for order in (used, used[::-1])]
    assert stories[0].raw == stories[1].raw
    burned = [(entry.key, plain(entry.credits)) for _, entry in stories[0].raw[1:]]
    assert burned == [("B", "-3"), ("b", "-2"), ("b", "-1"), ("a", "-3")]


def test_credits_of_a_scope_pay_for_nothing_else() -> None:
    story = tell(
        [
            grant("A", "promo", "10", "0", "02-01", types=[VOICE]),
            grant("B", "paid", "1", "1", "02-03"),
        ],
        {"02-02": [use("2", "02-02", CHAT), use("3", "02-02", VOICE)]},
    )
    assert story.entries["02-02"] == [("uncovered", "", "-2", "0"), ("burned", "A", "-3", "0")]
    assert story.entries["02-03"][1:] == [("repaid", "B", "-1", "-1"), ("covered", "", "1", "0")]


def test_oldest_overdraft_is_repaid_first() -> None:
    story = tell(
        [grant("A", "paid", "3", "3", "02-10")],
        {
            "02-03": [use("2", "02-03", key="new")],
            "02-05": [use("2", "02-01", key="old, booked late")],
        },
    )
    repaid = [entry.key for _, entry in story.raw if entry.entry == "repaid"]
    assert repaid == ["old, booked late", "new"]


def test_late_usage_moves_no_balance_of_the_dates_before_it_is_booked() -> None:
    grants = [grant("A", "paid", "10", "1", "02-01")]
    booked = {"02-02": [use("3", "02-02")]}
    late = booked | {"02-20": [use("4", "02-02", key="late")]}
    before = [one for one in tell(grants, booked).raw if one[0] < day_of("02-20")]
    after = [one for one in tell(grants, late).raw if one[0] < day_of("02-20")]
    assert before == after


def test_a_void_takes_what_is_left_and_no_more() -> None:
    grants = [grant("A", "paid", "10", "1", "02-01")]
    story = tell(grants, {"02-02": [use("3", "02-02")]}, [void("A", "02-03", "all", "0.5")])
    assert story.entries["02-03"] == [("voided", "A", "-7", "-0.7")]
    with pytest.raises(
        ConfigurationError, match=r"takes 8\.000000000 credits of 'A' on 2026-02-03"
    ):
        tell(grants, {"02-02": [use("3", "02-02")]}, [void("A", "02-03", "8")])
