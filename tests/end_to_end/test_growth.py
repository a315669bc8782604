"""Work grows with its input, not faster: comparisons, queries and readings are counted, no clock."""

import cProfile
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pricing_assets.finance import export
from pricing_assets.finance.statement import StatementLine, statements
from pricing_assets.flow import Run
from pricing_assets.intake import inbox_scan
from pricing_assets.rates import books as rates
from pricing_assets.rates import rates_csv
from pricing_assets.rates.agreement_ties import _alike, ties
from pricing_assets.rates.agreements import FOREVER, Agreement
from pricing_assets.rates.book import Book
from pricing_assets.rates.books import _side_by_side
from pricing_assets.rates.relations import load_prices
from tests.support.workspace import LIMITS, Workspace, row, write_card

START = datetime(2026, 1, 1, tzinfo=UTC)
SAID: Counter[str] = Counter()


@pytest.fixture(autouse=True)
def nothing_counted() -> None:
    """Count from zero in each test."""
    SAID.clear()


@dataclass(frozen=True)
class Interval:
    """An interval that counts how often its end is looked at."""

    valid_from: datetime
    end: datetime = field(default=FOREVER)

    @property
    def valid_to(self) -> datetime:
        SAID["looks"] += 1
        return self.end


def intervals(book: object, days: Sequence[int]) -> list[tuple[Any, Any]]:
    """Return one interval of a book from each of the days to the next."""
    starts = [START + timedelta(days=day) for day in sorted(set(days))]
    ends = [*starts[1:], FOREVER]
    return [(book, Interval(*pair)) for pair in zip(starts, ends, strict=True)]


def test_cards_of_books_are_held_against_each_other_once() -> None:
    one = intervals("one", range(1000))
    assert _side_by_side(one) == []
    assert SAID["looks"] == 0
    both = [*one, *intervals("two", range(1000))]
    assert len(_side_by_side(both)) == 1000
    assert SAID["looks"] <= 2 * len(both)


@pytest.mark.parametrize("seed", range(20))
def test_books_that_share_an_instant_are_all_found(seed: int) -> None:
    rng = random.Random(seed)
    forces = []
    for book in range(rng.randint(1, 4)):
        forces += intervals(str(book), rng.choices(range(12), k=rng.randint(1, 8)))
    assert _side_by_side(forces) == [
        (one, other)
        for one, other in combinations(forces, 2)
        if one[0] != other[0]
        and max(one[1].valid_from, other[1].valid_from) < min(one[1].end, other[1].end)
    ]


def test_lines_that_cards_repeat_are_judged_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = "\n".join(f"llm,Growing,Model {n},platform,input_tokens,{n},1000" for n in range(10))
    cards = 30
    for n in range(cards):
        write_card(tmp_path / "book", lines, f"c{n}", (START + timedelta(days=n)).isoformat())
    made, fold = Book.prices, rates_csv.fold

    def counted_prices(book: Book, card: Any) -> Any:
        SAID["prices"] += 1
        return made(book, card)

    def counted_fold(text: str) -> str:
        SAID["folds"] += 1
        return fold(text)

    monkeypatch.setattr(Book, "prices", counted_prices)
    monkeypatch.setattr(rates_csv, "fold", counted_fold)
    loaded = rates.load([tmp_path / "book"])
    with duckdb.connect() as con:
        for _ in range(3):
            load_prices(con, loaded)
            assert con.sql("select count(*) from prices").fetchall() == [(10 * cards,)]
    assert SAID["prices"] == cards
    assert 0 < SAID["folds"] <= 40


class Counted(Agreement):
    """An agreement that counts how often one looks at what it is about."""

    @property
    def pattern(self) -> tuple[str | None, ...]:  # type: ignore[override]
        SAID["looks"] += 1
        return (self.service, self.brand, self.model, self.key_mode, self.meter)


def deal(number: int, *pattern: str | None) -> Agreement:
    """Return an agreement of one organization about what the pattern names."""
    return Counted(
        *(Path("agreements.csv"), number, str(number), "acme", *pattern),
        *(Decimal("0.5"), None, START, FOREVER, str(number)),
    )


def test_agreements_for_many_models_are_not_held_against_all_others() -> None:
    deals = [deal(n, "llm", "B", f"m{n}", None, None) for n in range(2000)]
    assert list(ties(deals, list)) == []
    assert SAID["looks"] <= 10 * len(deals)
    deals += [deal(2000, "llm", "B", "m7", None, None), deal(2001, "asr", None, None, "own", "x")]
    assert [(one.line, other.line) for one, other in _alike(deals)] == [(7, 2000)]


@pytest.mark.parametrize("seed", range(20))
def test_agreements_that_may_tie_are_all_found(seed: int) -> None:
    rng = random.Random(seed)
    deals = [
        deal(n, *(rng.choice((None, "tool", "llm")) for _ in range(5)))  # whatever they name
        for n in range(40)
    ]
    assert list(_alike(deals)) == [
        (one, other)
        for one, other in combinations(deals, 2)
        if one.specificity == other.specificity
        and all(
            n == 3 or None in (a, b) or a == b
            for n, (a, b) in enumerate(zip(one.pattern, other.pattern, strict=True))
        )
    ]


class Counting:
    """A connection that counts how often a table is read."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con

    def table(self, name: str) -> duckdb.DuckDBPyRelation:
        SAID["tables"] += 1
        return self.con.table(name)


ORGANIZATIONS = (
    "",
    "Acme",
    "acme",
    "a\u0308",
    "zoo",
    "é",
    "\U0001f600",
    "\uffff",
    *map(str, range(90)),
)


@pytest.mark.parametrize(("at_once", "reads"), [(1000, 4), (100, 22)])
def test_statements_read_their_rows_for_many_organizations_at_once(
    at_once: int, reads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "ROWS_AT_ONCE", at_once)
    with duckdb.connect() as con:
        con.execute("create temp table ids (org_id varchar)")
        con.executemany("insert into ids values (?)", [[name] for name in ORGANIZATIONS])
        con.execute(
            "create temp table statement_usage as select n, org_id from ids, range(3) as t(n)"
            " order by org_id, n"
        )
        con.execute(  # also of organizations without a statement
            "create temp table statement_quarantine as select org_id, n from ("
            " from statement_usage union all select n, org_id || '!' as org_id from"
            " statement_usage) where org_id not like '%1%' order by org_id, n"
        )
        made, _ = statements(
            StatementLine(org_id, "usage", "llm_text_chat", 1, Decimal(1), Decimal(1))
            for (org_id,) in con.sql("select org_id from ids order by org_id").fetchall()
        )
        for one, usage, quarantine in export._rows_of(Counting(con), made):  # type: ignore[arg-type]
            SAID["organizations"] += 1
            assert usage == [(n, one.org_id) for n in range(3)]
            assert quarantine == [(one.org_id, n) for n in range(3) if "1" not in one.org_id]
    assert SAID["organizations"] == len(ORGANIZATIONS)
    assert SAID["tables"] <= reads


@pytest.mark.slow
def test_a_run_with_nothing_new_asks_little_of_each_known_file(workspace: Workspace) -> None:
    """Calls of functions for each file more: 42, where it was 200; counted, since clocks vary."""
    workspace = replace(workspace, catalog=True)  # a whole run notes what it found right
    calls = []
    for count in (5, 45):
        for n in range(count):
            if not (workspace.inbox / f"{n}.parquet").exists():
                workspace.log(f"{n}.parquet", row(event_id=f"e{n}"))
        workspace.run()
        with workspace.home.lock():
            home = workspace.home
            settings = home.settings()
            profile = cProfile.Profile()
            profile.enable()
            names = inbox_scan.scan(workspace.inbox, home).names
            run = Run(home, settings, LIMITS)
            assert run.take_in(names, workspace.inbox).known == count
            assert run.stale() == []
            profile.disable()
        calls.append(sum(entry.callcount for entry in profile.getstats()))
    few, many = calls
    assert (many - few) / 40 < 60, calls
