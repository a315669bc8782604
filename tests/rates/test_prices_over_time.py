"""Prices over time: two clocks, what-if, agreed prices, own keys, and usage without a price.

What one card's prices make of a row belongs to `test_outcomes`; load rules to `test_books`.
"""

import json
import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipelines.cli.commands import charges
from pricing_assets import flow
from pricing_assets.analysis import as_known_at, repeats, what_if
from pricing_assets.analysis.comparison import PriceComparison
from pricing_assets.common.errors import ConfigurationError, RateBookError
from pricing_assets.contract.usage_dates import FIRST_DATE
from pricing_assets.home import closings, prune
from pricing_assets.lint import agreements, unnamed
from pricing_assets.lint import linter as lint
from pricing_assets.rates import books as rates
from pricing_assets.rates import new_card
from pricing_assets.rates.agreements import FOREVER
from tests.support.workspace import (
    CAP,
    LIMITS,
    NOON,
    RATES,
    Row,
    Workspace,
    row,
    write_aliases,
    write_card,
)

FIRST = date(2026, 2, 2)
AGREEMENTS = (
    "agreement,org_id,service,brand,model,key_mode,meter,discount,price,valid_from,valid_to\n"
)
D = Decimal


def on(day: date, event_id: str, **changes: object) -> Row:
    """A row at noon of the date."""
    at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return row(event_id=event_id) | {"event_time": at} | changes


def priced(price: str) -> str:
    """The small card with another price of a thousand input tokens on the platform's key."""
    return RATES.replace("platform,input_tokens,0.22", f"platform,input_tokens,{price}")


def run_of(workspace: Workspace) -> flow.Run:
    return flow.Run(workspace.home, workspace.home.settings(), LIMITS)


def known(workspace: Workspace, at: str | None, by: tuple[str, ...] = ("usage_date",)) -> list[Any]:
    """Charges as known at an instant, by groups: (keys…, credits, usd)."""
    run = run_of(workspace)
    versions = what_if.versions_in_force(workspace.home)
    books = None
    if at is not None:
        learned = as_known_at.learned(workspace.home)
        books = run.rates.as_of(datetime.fromisoformat(at), learned)
    rows, _ = as_known_at.charges_as_of(workspace.home, run.settings, versions, books, by)
    return sorted(rows)


def compared(
    workspace: Workspace, book: Path, by: tuple[str, ...] = ("org_id",)
) -> PriceComparison:
    run = run_of(workspace)
    then = what_if.replaced(run.rates, rates.load([book]))
    versions = what_if.versions_in_force(workspace.home)
    return what_if.compare(workspace.home, run.settings, versions, then, by)


def days(count: int) -> list[date]:
    return [FIRST + timedelta(days=n) for n in range(count)]


# Two clocks


def test_a_late_card_restates_exactly_its_dates_and_says_why(workspace: Workspace) -> None:
    workspace.log("a.parquet", *(on(day, f"e{day}") for day in days(4)))
    workspace.run()
    write_card(
        workspace.books[0],
        priced("0.33"),
        "late",
        effective_from="2026-02-04T00:00:00Z",
        published_at="2026-02-20T00:00:00Z",
    )
    run = run_of(workspace)
    stale = run.stale()
    assert [found.day for found in stale] == days(4)[2:]
    stake = what_if.of_prices(run.inputs, [found.day for found in stale])
    assert stake == dict.fromkeys(days(4)[2:], D("0.110000000"))
    done = workspace.run()
    assert [(made.day, made.version, made.difference) for made in done.published] == [
        (day, 2, D("0.110000000")) for day in days(4)[2:]
    ]
    assert "rate card late added" in done.published[0].reason
    # What was believed on the 10th, from stored lines; and what is known now is what is published.
    assert [r[1] for r in known(workspace, "2026-02-10T00:00:00+00:00")] == [D("0.220000000")] * 4
    assert known(workspace, "2026-02-20T00:00:00+00:00") == known(workspace, None)
    assert [r[1] for r in known(workspace, None)] == [D("0.22")] * 2 + [D("0.33")] * 2


@pytest.mark.slow
def test_a_price_that_changes_inside_a_date_is_known_once_its_lines_are_cut_there(
    workspace: Workspace,
) -> None:
    workspace.begin(on(FIRST, "e"))
    since, told = "2026-02-02T07:00:00Z", "2026-02-20T00:00:00+00:00"
    write_card(workspace.books[0], priced("0.33"), "late", effective_from=since, published_at=told)
    with pytest.raises(ConfigurationError, match=r"bring 2026-02-02 at 2026-02-02T07:00.* up to"):
        known(workspace, told)
    workspace.run()
    assert [r[1] for r in known(workspace, told)] == [D("0.33")]


def test_before_anything_was_published_nothing_is_charged(workspace: Workspace) -> None:
    workspace.begin(on(FIRST, "e"))
    assert known(workspace, "2026-01-31T23:59:59.999999+00:00") == []


def test_a_card_changed_in_place_names_the_reports_it_would_falsify(workspace: Workspace) -> None:
    workspace.begin(on(FIRST, "e"))
    before = workspace.published_bytes()
    csv = workspace.books[0] / "card first" / "rates.csv"
    csv.write_text(csv.read_text().replace("0.22", "0.23"))
    with pytest.raises(RateBookError, match="2026-02-02 version 1"):
        workspace.run()
    assert workspace.published_bytes() == before
    csv.write_text(csv.read_text().replace("0.23", "0.22"))
    assert workspace.run().published == []


@pytest.mark.parametrize(
    ("seed", "steps"),
    [pytest.param(s, 4, marks=pytest.mark.slow) for s in range(1, 12)],
)
def test_laws_hold_over_a_random_history_of_cards(tmp_path: Path, seed: int, steps: int) -> None:
    rng = random.Random(seed)
    first = f"{rng.randint(1, 3)}"
    book = write_card(tmp_path / "book", RATES, first)
    workspace = Workspace(tmp_path, (book,))
    span = days(6)
    rows = [
        on(
            day,
            f"{day}-{n}",
            org_id=rng.choice(["acme", "globex"]),
            input_tokens=rng.randint(0, 9999),
            model=rng.choice(["Chat", "chat", "Unknown"]),
            key_mode=rng.choice(["platform", "own"]),
            event_time=datetime(day.year, day.month, day.day, rng.randint(0, 23), tzinfo=UTC),
        )
        for day in span
        for n in range(6)
    ]
    workspace.log("a.parquet", *rows)
    workspace.run()
    clock = datetime(2026, 3, 1, tzinfo=UTC)
    believed: dict[str, list[Any]] = {}
    effective: list[tuple[datetime, datetime]] = [
        (datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))
    ]
    for step in range(steps):
        believed[clock.isoformat()] = known(workspace, clock.isoformat(), ("usage_date", "org_id"))
        clock += timedelta(hours=rng.randint(1, 48))
        since = datetime(2026, 2, rng.randint(1, 8), rng.choice([0, 0, 7]), tzinfo=UTC)
        write_card(
            book,
            priced(f"0.{rng.randint(1, 99):02}"),
            f"late-{step}",
            effective_from=since.isoformat(),
            published_at=clock.isoformat(),
        )
        effective.append((since, clock))
        stale = {found.day for found in run_of(workspace).stale()}
        assert stale == {day for day in span if changes_on(day, effective)}
        published = workspace.run().published
        assert {made.day for made in published if made.state == "published"} <= stale
        # Reproducible whatever is published later, though other dates were cut anew since.
        for at, then in believed.items():
            assert known(workspace, at, ("usage_date", "org_id")) == then
        assert known(workspace, clock.isoformat()) == known(workspace, None)
        # The book in force changes nothing, and groups sum to the total.
        for by in (("org_id",), ("model", "key_mode"), ("usage_date", "agent_id", "meter")):
            same = compared(workspace, book, by)
            assert same.difference == 0
            assert all(group.difference == 0 for group in same.groups)
            assert sum(group.now for group in same.groups) == sum(
                made[1] for made in known(workspace, None)
            )


def changes_on(day: date, cards: list[tuple[datetime, datetime]]) -> bool:
    """Whether the last card of the list is in force, or cuts lines, at some instant of the date."""
    since, published = cards[-1]
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
    end = begin + timedelta(days=1)
    hour = timedelta(hours=1)
    at = begin
    while at < end:
        in_force = max(card for card in cards if card[0] <= at)
        if in_force == (since, published):
            return True
        at += hour
    return begin < since < end


# What if


def test_what_if_shows_each_group_and_unpriced_usage(workspace: Workspace, tmp_path: Path) -> None:
    workspace.log(
        "a.parquet",
        on(FIRST, "1", org_id="acme"),
        on(FIRST, "2", org_id="globex", model="Newcomer"),
        on(FIRST, "3", org_id="globex"),
    )
    workspace.run()
    other = write_card(
        tmp_path / "other",
        priced("0.44") + "llm,Acme,Newcomer,platform,input_tokens,1,1000\n",
        "other",
    )
    found = compared(workspace, other)
    assert [(group.keys, group.now, group.then) for group in found.groups] == [
        (("globex",), D("0.22"), D("1.44")),
        (("acme",), D("0.22"), D("0.44")),
    ]
    assert (found.now, found.then, found.difference) == (D("0.44"), D("1.88"), D("1.44"))
    assert (found.unpriced_now, found.unpriced_then) == (1, 0)


def test_a_price_that_changes_inside_a_date_cannot_be_told_from_lines(
    workspace: Workspace, tmp_path: Path
) -> None:
    workspace.begin(on(FIRST, "e"))
    other = write_card(tmp_path / "other", RATES, "o1")
    write_card(other, priced("1"), "o2", effective_from="2026-02-02T06:00:00Z")
    with pytest.raises(ConfigurationError, match="2026-02-02 at 2026-02-02T06:00:00"):
        compared(workspace, other)


def test_only_columns_of_charges_can_be_summed_by(workspace: Workspace) -> None:
    workspace.begin(on(FIRST, "e"))
    with pytest.raises(ConfigurationError, match="not a column of charges"):
        compared(workspace, workspace.books[0], ("1; drop table charges",))


# Agreed prices


def agreed(workspace: Workspace, *lines: str) -> Workspace:
    """The workspace with a second book that holds these agreements only."""
    book = workspace.folder / "deals"
    book.mkdir(exist_ok=True)
    (book / "agreements.csv").write_text(AGREEMENTS + "".join(f"{line}\n" for line in lines))
    return replace(workspace, books=(*workspace.books, book))


ALL_FEB = "2026-02-01T00:00:00Z,2026-03-01T00:00:00Z"


Agreed = tuple[tuple[str, ...], dict[str, object], tuple[str | None, str, str, str]]
AGREED: list[Agreed] = [
    # a share of the card's price: 0.22 x 0.9
    ((f"A,acme,*,*,*,*,*,0.1,,{ALL_FEB}",), {}, ("A", "0.198", "0.198", "0.022")),
    # a fixed price, also above the list
    (
        (f"A,acme,llm,Acme,Chat,*,input_tokens,,0.5,{ALL_FEB}",),
        {},
        ("A", "0.5", "0.5", "-0.28"),
    ),
    # another organization's agreement is not ours
    ((f"A,globex,*,*,*,*,*,0.1,,{ALL_FEB}",), {}, (None, "0.22", "0.22", "0")),
    # the one that names more wins
    (
        (f"A,acme,*,*,*,*,*,0.1,,{ALL_FEB}", f"B,acme,llm,*,*,*,*,0.5,,{ALL_FEB}"),
        {},
        ("B", "0.11", "0.11", "0.11"),
    ),
    # names match in any case and width; a fixed price of 0 is a price
    ((f"A,acme,llm,ACME, ＣＨＡＴ ,*,input_tokens,,0,{ALL_FEB}",), {}, ("A", "0", "0", "0.22")),
    # a share of the capped price of an own key: 0.01 of 0.02
    (
        (f"A,acme,*,*,*,own,*,0.5,,{ALL_FEB}",),
        {"key_mode": "own"},
        ("A", "0.005", "0.005", "0.005"),
    ),
    # the agreed price is rounded half to even at the 9th decimal: 0.22 x 0.999999999
    (
        (f"A,acme,*,*,*,*,*,0.000000001,,{ALL_FEB}",),
        {},
        ("A", "0.220000000", "0.220000000", "0"),
    ),
    # no end: for ever
    (("A,acme,*,*,*,*,*,1,,2026-02-01T00:00:00Z,",), {}, ("A", "0", "0", "0.22")),
]
"""Agreements, what is changed in a row, and the agreement, price, credits and discount of its charge."""
CAPPED: list[tuple[str, dict[str, object], str]] = [
    # the card's cap is 0.01, and the page promises it to every own key
    ("llm,*,*,own,input_tokens,,0.5", {"key_mode": "own"}, "0.01"),
    ("llm,*,*,*,input_tokens,,0.5", {"key_mode": "own"}, "0.01"),
    ("llm,*,*,*,input_tokens,,0.005", {"key_mode": "own"}, "0.005"),
    ("llm,*,*,*,input_tokens,,0.5", {}, "0.5"),  # and to no other key
]
"""What an agreement says, what is changed in a row, and the price of its charge."""


@pytest.fixture(scope="module")
def with_agreements(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A home of one run with a row for each of these cases, of an organization of its own."""
    folder = tmp_path_factory.mktemp("agreed")
    lines: list[str] = []
    rows: list[Row] = []
    for n, (told, changes) in enumerate(
        [
            *((case[0], case[1]) for case in AGREED),
            *(((f"A,acme,{line},{ALL_FEB}",), changes) for line, changes, _ in CAPPED),
        ]
    ):
        for line in told:
            agreement, org, rest = line.split(",", 2)
            lines.append(f"{agreement}{n},{org}{n},{rest}")
        rows.append(on(FIRST, f"{n}", org_id=f"acme{n}", **changes))
    workspace = agreed(Workspace(folder, (write_card(folder / "book"),)), *lines)
    workspace.log("a.parquet", *rows)
    assert workspace.run().states() == {FIRST.isoformat(): ("published", 1)}
    return workspace


@pytest.mark.parametrize("n", range(len(AGREED)))
def test_an_agreement_prices_what_it_is_about(with_agreements: Workspace, n: int) -> None:
    _, changes, expected = AGREED[n]
    ((agreement, price, credits, discount, list_price),) = with_agreements.sql(
        "select agreement, price, credits, discount, list_price from charges"
        f" where org_id = 'acme{n}'"
    )
    assert agreement == (expected[0] and f"{expected[0]}{n}")
    assert (price, credits, discount) == tuple(map(D, expected[1:]))
    assert list_price == D("0.02" if changes else "0.22")


@pytest.mark.parametrize("n", range(len(CAPPED)))
def test_an_agreed_price_is_capped_for_own_keys(with_agreements: Workspace, n: int) -> None:
    *_, price = CAPPED[n]
    org = len(AGREED) + n
    charged = f"select agreement, price from charges where org_id = 'acme{org}'"
    assert with_agreements.sql(charged) == [(f"A{org}", D(price))]


def test_an_agreement_begins_and_ends_to_the_microsecond(workspace: Workspace) -> None:
    workspace = agreed(workspace, "A,acme,*,*,*,*,*,1,,2026-02-02T06:00:00Z,2026-02-02T18:00:00Z")
    micro = timedelta(microseconds=1)
    six, eighteen = (datetime(2026, 2, 2, hour, tzinfo=UTC) for hour in (6, 18))
    workspace.log(
        "a.parquet",
        *(
            on(FIRST, str(n), event_time=at)
            for n, at in enumerate((six - micro, six, eighteen - micro, eighteen))
        ),
    )
    workspace.run()
    assert workspace.sql(
        "select agreement, quantity, credits, discount from charges order by agreement nulls first"
    ) == [(None, 2000, D("0.44"), D(0)), ("A", 2000, D(0), D("0.44"))]
    assert workspace.sql("select events, input_tokens from usage") == [(4, 4000)]


@pytest.mark.slow
def test_a_new_agreement_restates_its_dates(workspace: Workspace) -> None:
    workspace.log("a.parquet", *(on(day, f"{day}") for day in days(3)))
    workspace.run()
    with_deal = agreed(workspace, "A,acme,*,*,*,*,*,0.5,,2026-02-03T00:00:00Z,2026-02-04T00:00:00Z")
    done = with_deal.run(restate=True)
    assert [(made.day, made.state, made.difference) for made in done.published] == [
        (days(3)[1], "published", D("-0.110000000"))
    ]
    assert "agreement A added" in done.published[0].reason
    # It was not known before reports learned of it.
    at = datetime.now(UTC) - timedelta(hours=1)
    assert [r[1] for r in known(with_deal, at.isoformat())] == [D("0.22")] * 3


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ((f"A,acme,*,*,*,*,*,0.1,,{ALL_FEB}", f"A,acme,llm,*,*,*,*,0.1,,{ALL_FEB}"), "also in"),
        ((f"A,acme,*,*,*,*,*,0.1,,{ALL_FEB}", f"B,acme,*,*,*,*,*,0.2,,{ALL_FEB}"), "ties with 'A'"),
        # either could price platform chats: as many names, other ones
        (
            (f"A,acme,llm,*,*,*,*,0.1,,{ALL_FEB}", f"B,acme,*,*,*,platform,*,0.2,,{ALL_FEB}"),
            "ties with 'A'",
        ),
        # storage and tools have no key mode, so that either counts
        *(
            (
                (f"A,acme,{of},platform,*,0.1,,{ALL_FEB}", f"B,acme,{of},own,*,0.2,,{ALL_FEB}"),
                "(storage and tools have no key mode: both count there)",
            )
            for of in ("storage,*,*", "tool,*,*", "tool,acme,SEARCH", "*,*,*", "*,Acme,*")
        ),
        ((f",acme,*,*,*,*,*,0.1,,{ALL_FEB}",), "agreement is blank"),
        ((f"A,*,*,*,*,*,*,0.1,,{ALL_FEB}",), "one organization"),
        ((f"A,acme,llms,*,*,*,*,0.1,,{ALL_FEB}",), "unknown service"),
        ((f"A,acme,*,*,*,any,*,0.1,,{ALL_FEB}",), "key_mode"),
        ((f"A,acme,*,*,*,*,image_tokens,0.1,,{ALL_FEB}",), "meter"),
        ((f"A,acme,*,*,*,*,*,0.1,0.2,{ALL_FEB}",), "either a discount or a price"),
        ((f"A,acme,*,*,*,*,*,,,{ALL_FEB}",), "either a discount or a price"),
        ((f"A,acme,*,*,*,*,*,1.5,,{ALL_FEB}",), "share from 0 to 1"),
        ((f"A,acme,*,*,*,*,*,10%,,{ALL_FEB}",), "share from 0 to 1"),
        ((f"A,acme,*,*,*,*,*,0.3333333333,,{ALL_FEB}",), "at most 9 digits after the point"),
        ((f"A,acme,llm,*,*,*,input_tokens,,-1,{ALL_FEB}",), "plain decimal"),
        ((f"A,acme,*,*,*,*,*,,0.2,{ALL_FEB}",), "needs a service and a meter"),
        (("A,acme,*,*,*,*,*,0.1,,2026-02-01T00:00:00,",), "has no offset"),
        (("A,acme,*,*,*,*,*,0.1,,soon,",), "'soon' is not an instant"),
        (("A,acme,*,*,*,*,*,0.1,,2026-02-01T00:00:00Z,soon",), "valid_to 'soon' is not an instant"),
        (("A,acme,*,*,*,*,*,0.1,,0001-01-01T00:00:00+14:00,",), "lies outside the years 1 to 9999"),
        (("A,acme,*,*,*,*,*,0.1,,9999-12-31T23:59:59-05:00,",), "lies outside the years 1 to 9999"),
        (
            ("A,acme,*,*,*,*,*,0.1,,2026-02-01T00:00:00Z,0001-01-01T00:00:00+14:00",),
            "valid_to '0001",
        ),
        (("A,acme,*,*,*,*,*,0.1,,2026-02-01T00:00:00Z,2026-02-01T00:00:00Z",), "be after"),
    ],
)
def test_an_agreement_that_breaks_a_rule_is_named(
    workspace: Workspace, lines: tuple[str, ...], says: str
) -> None:
    workspace = agreed(workspace, *lines)
    with pytest.raises(RateBookError, match=says) as caught:
        rates.load(list(workspace.books))
    assert f"agreements.csv:{len(lines) + 1}: " in str(caught.value)


def test_agreements_that_never_meet_do_not_tie(workspace: Workspace) -> None:
    workspace = agreed(
        workspace,
        f"A,acme,llm,*,*,*,*,0.1,,{ALL_FEB}",
        f"B,globex,llm,*,*,*,*,0.2,,{ALL_FEB}",
        f"C,acme,tool,*,*,*,*,0.2,,{ALL_FEB}",
        "D,acme,llm,*,*,*,*,0.2,,2026-03-01T00:00:00Z,",
    )
    assert len(rates.load(list(workspace.books)).agreements()) == 4


@pytest.mark.parametrize(
    "of",
    ["llm,*,*", "*,Acme,Chat", "*,*,*,{},input_tokens", "moderation,*,*", "tool,Acme,Other"],
)
def test_agreements_of_two_key_modes_do_not_tie_where_no_price_is_of_both(
    workspace: Workspace, of: str
) -> None:
    ends = of if "{}" in of else f"{of},{{}},*"
    lines = [f"A,acme,{ends},0.1,,{ALL_FEB}", f"B,acme,{ends},0.2,,{ALL_FEB}"]
    modes = ("platform", "own")
    workspace = agreed(
        workspace, *(one.format(mode) for one, mode in zip(lines, modes, strict=True))
    )
    assert len(rates.load(list(workspace.books)).agreements()) == 2


NO_ENDS = [
    "9999-12-31T23:59:59-05:00",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59.999999+14:00",
    "9999-12-31T20:00:00-12:00",
    "",
]


@pytest.mark.parametrize("text", NO_ENDS)
def test_the_end_of_all_years_is_no_end(workspace: Workspace, text: str) -> None:
    workspace = agreed(workspace, f"A,acme,*,*,*,*,*,0.5,,2026-02-01T00:00:00Z,{text}")
    (agreement,) = rates.load(list(workspace.books)).agreements()
    assert agreement.valid_to == FOREVER


@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-05:00"])
def test_an_instant_outside_all_years_is_named_wherever_it_is_asked(instant: str) -> None:
    said = "lies outside the years 1 to 9999 in UTC"
    for ask in (lambda: charges.instant(instant), lambda: new_card.instant(instant, "--effective")):
        with pytest.raises(ConfigurationError, match=said):
            ask()


def test_the_first_and_the_last_of_all_dates_may_be_named(workspace: Workspace) -> None:
    workspace.begin(on(FIRST, "e"))
    run = run_of(workspace)
    ever = (date.min, date.max)
    assert repeats.repeats(run.inputs, 7, ever, LIMITS) == repeats.repeats(
        run.inputs, 7, limits=LIMITS
    )
    assert prune.prunable(workspace.home, versions=True, grace_days=10**12) == []
    with workspace.home.lock():
        closings.close(workspace.home, FIRST, "month end", [])
        assert closings.reopen(workspace.home, date.min, "all of it").closed_through < FIRST_DATE


SILENT = [
    ("A,acme,llm,*,Chatt,*,*,0.1", "the model 'Chatt'; nearest printed name: 'Chat'"),
    ("A,acme,llm,*,Talk,*,*,0.1", "'Talk' is an alias; write the printed name, 'Chat'"),
    ("A,acme,llm,Acne,Chat,*,*,0.1", "of the brand 'Acne' for it; there are prices of 'Acme'"),
    ("A,acme,tool,*,*,*,input_tokens,0.1", "tool has no meter input_tokens; it has requests"),
    ("A,acme,tool,Acme,Chat,*,*,0.1", "the model 'Chat'"),
    ("A,acme,asr,*,*,*,*,0.1", "no card prints a price of asr"),
    ("A,acme,*,*,*,*,characters,0.1", "no card prints a price of characters"),
    ("A,acme,llm,*,Solo,own,*,0.1", "such a price for the key mode own"),
    ("A,acme ,*,*,*,*,*,0.1", "for 'acme ', which no usage names; 'acme' is another id"),
    ("A,ACME,*,*,*,*,*,0.1", "for 'ACME', which no usage names; 'acme' is another id"),
    ("A,acmee,*,*,*,*,*,0.1", "for 'acmee', which no usage names; is 'acme' meant"),
    ("A,\u0430cme,*,*,*,*,*,0.1", "no usage names; '\\u0430cme' looks like 'acme'"),
    ("A,acme,llm,*,Ch\u0430t,*,*,0.1", "price of the model; 'Ch\\u0430t' looks like 'Chat'"),
    ("A,acme,llm,\u0410cme,*,*,*,0.1", "price of the brand for it; '\\u0410cme' looks like 'Acme'"),
    ("A,zebra,*,*,*,*,*,0.1", "for 'zebra', which no usage names; no usage has come for it yet"),
    ("A,acme,llm,*,*,*,input_tokens,,0.5", "card 'first' caps own-key prices at 0.01"),
]


@pytest.mark.slow
def test_agreements_that_nothing_goes_by_are_told(workspace: Workspace) -> None:
    """By the linter beside the home, and by a run over it."""
    csv = workspace.books[0] / "card first" / "rates.csv"
    csv.write_text(f"{csv.read_text()}llm,Acme,Solo,platform,input_tokens,1,1000\n")
    write_aliases(workspace.books[0], "llm,Acme,Talk,Chat\n")
    workspace.log("a.parquet", on(FIRST, "1"), on(FIRST, "2", org_id="globex"))
    replace(workspace, catalog=True).run()
    for line, said in SILENT:
        ends = line if line.count(",") == 8 else f"{line},"
        with_deal = agreed(workspace, f"{ends},{ALL_FEB}")
        (deals,) = with_deal.books[1:]
        loaded = rates.load(list(with_deal.books))
        (doubt,) = agreements.doubts(loaded, workspace.home, [FIRST], datetime.now(UTC))
        assert said in doubt
        assert doubt.startswith(f"{deals / 'agreements.csv'}:2: agreement 'A' ")
        found = [str(one) for one in lint.check(deals, home=workspace.home).findings]
        assert doubt in found, found
        # nothing holds on these dates, and it is over
        assert agreements.doubts(loaded, workspace.home, [], datetime.now(UTC)) == []
    fine = agreed(workspace, f"A,acme,llm,*,chat,*,*,0.1,,{ALL_FEB}")
    assert agreements.doubts(rates.load(list(fine.books)), workspace.home, [FIRST], NOON) == []
    before = agreed(workspace, "A,acme,*,*,*,*,*,0.1,,2025-02-01T00:00:00Z,2025-03-01T00:00:00Z")
    (early,) = lint.check(before.books[1], home=workspace.home).findings
    assert early.message.endswith("no card with such a price is in force while it holds")


def test_an_organization_that_looks_like_one_with_usage_is_spelled_out() -> None:
    named = ["\u0430cme", "acme\u200b", "ACME", "acme", "zebra", "m\u00fcller"]
    assert unnamed.in_words(named, {"acme", "globex"}) == {
        "\u0430cme": "is for '\\u0430cme', which no usage names; '\\u0430cme' looks like 'acme'",
        "acme\u200b": "is for 'acme\\u200b', which no usage names; 'acme\\u200b' looks like 'acme'",
        "ACME": "is for 'ACME', which no usage names; 'acme' is another id: ids are compared exactly",
        "zebra": "is for 'zebra', which no usage names; no usage has come for it yet",
        "m\u00fcller": "is for 'm\u00fcller', which no usage names; no usage has come for it yet",
    }
    assert unnamed.in_words(named, set()) == {}


def test_the_linter_tells_what_no_card_could_print_without_a_home(workspace: Workspace) -> None:
    lines = [f"A,acme,tool,*,*,*,input_tokens,0.1,,{ALL_FEB}", f"B,acme ,*,*,*,*,*,0.1,,{ALL_FEB}"]
    workspace = agreed(workspace, *lines, f"C,acme,llm,*,Unheard,*,*,0.1,,{ALL_FEB}")
    found = lint.check(workspace.books[1]).findings
    rules = [(one.rule, one.line) for one in found]
    assert rules == [("agreement_of_nothing", 2), ("agreement_for_nobody", 3)]


# Own keys


def test_own_key_usage_is_shown_beside_the_platform_price(tmp_path: Path) -> None:
    book = write_card(
        tmp_path / "book",
        "llm,Acme,Chat,platform,input_tokens,0.22,1000\n"
        "llm,Acme,Chat,own,input_tokens,0.02,1000\n"
        "llm,Acme,Gem,platform,input_tokens,-,1000\n"
        "llm,Acme,Gem,own,input_tokens,0.005,1000\n"
        "llm,Acme,Mine,own,input_tokens,0,1000\n",
        cap=CAP,
    )
    workspace = Workspace(tmp_path, (book,))
    workspace.log(
        "a.parquet",
        *(on(FIRST, model, model=model, key_mode="own") for model in ("Chat", "Gem", "Mine")),
        on(FIRST, "p", model="Chat"),
    )
    workspace.run()
    assert workspace.sql(
        "select model, capped, credits, platform, platform_price, platform_credits from own_key"
        " order by model"
    ) == [
        ("Chat", True, D("0.01"), "offered", D("0.22"), D("0.22")),
        ("Gem", False, D("0.005"), "not offered", None, None),
        ("Mine", False, D(0), "no rate", None, None),
    ]
    assert workspace.sql("select sum(credits) from charges") == [(D("0.235"),)]


# Usage without a price


@pytest.mark.slow
def test_usage_without_a_price_is_bounded_and_charged_once_it_has_one(workspace: Workspace) -> None:
    # the greater id is in force where both instants are equal
    write_card(
        workspace.books[0],
        "llm,Acme,Chat,platform,input_tokens,0.22,1000\n"
        "llm,Acme,Dear,platform,input_tokens,3,1000\n"
        "llm,Acme,Free,platform,input_tokens,0,1000\n"
        "llm,Acme,Never,platform,input_tokens,-,1000\n",
        "second",
    )
    workspace.log(
        "a.parquet",
        on(FIRST, "1", model="gpt"),
        on(FIRST, "2", model="gpt"),
        on(FIRST, "3", model="Never"),
        on(FIRST, "4", billing_type="tts_generation", input_tokens=None, characters=10),
    )
    workspace.run()
    risks = "select model, reason, meter, quantity, least_credits, most_credits from at_risk order by all"
    assert workspace.sql(risks) == [
        ("Chat", "no_rate", "characters", 10, None, None),
        ("Never", "not_offered", "input_tokens", 1000, D(0), D(3)),
        ("gpt", "no_rate", "input_tokens", 2000, D(0), D(6)),
    ]
    write_aliases(workspace.books[0], "llm,Acme,gpt,Dear\n")
    (made,) = workspace.run().published
    assert (made.version, made.difference) == (2, D(6))
    assert "alias gpt is now Dear" in made.reason
    assert "2 rows fewer of no_rate" in made.reason
    assert [name for name, *_ in workspace.sql(risks)] == ["Chat", "Never"]
    # Before the alias was learned, these rows had no price.
    at = datetime.now(UTC) - timedelta(hours=1)
    assert known(workspace, at.isoformat()) == []
    manifest = json.loads(
        (workspace.home.current(FIRST) or made).folder.joinpath("manifest.json").read_text()
    )  # type: ignore[union-attr]
    assert manifest["aliases"] == [["llm", "Acme", "gpt", "Dear"]]
