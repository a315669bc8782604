"""A change of prices alone is restated from stored lines: no log is read, and the bytes are those
of a home that knew the prices from the start."""

import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from pricing_assets.common.damage import damage_of
from pricing_assets.db.connection import Limits
from pricing_assets.home.opening import RequestedSettings
from pricing_assets.intake.arrived import Rules
from pricing_assets.logs.parquet_footer import FileLimits
from pricing_assets.repair import restore
from tests.support.random_logs import random_books, random_rows, received_at, write_logs
from tests.support.workspace import (
    NOON,
    RATES,
    Workspace,
    of,
    row,
    spoil,
    write_aliases,
    write_card,
    write_over,
)

HIGHER = RATES.replace("0.22", "0.33").replace("0.001", "0.002").replace("0.55", "0.66")
GIVEN = RequestedSettings(dimensions=("agent_id", "team"), quarantine_limit="1")
ROWS = [
    row(event_id="plain", team="red", agent_id="a"),
    row(event_id="own", key_mode="own", output_tokens=70),
    row(event_id="pictures", images=[{"width": 600, "height": 500}]),
    row(event_id="twice"),
    row(event_id="twice"),
    row(event_id="unlike", input_tokens=1),
    row(event_id="unlike", input_tokens=2),
    row(event_id="no price", model="Nothing like it", team=""),
    row(event_id="no output price", model="Nothing like it", output_tokens=5),
    row(event_id="bad", input_tokens=-1),
    row(event_id=" ", model="Nothing like it"),
    of("tools_invocation", "Acme", "Search", event_id="tool", requests=3, key_mode=None),
    of("tools_invocation", "Acme", "Search", event_id="failed", requests=3, status="failed"),
    *(
        of(
            "knowledge_storage",
            None,
            None,
            event_id=f"s{hour}",
            event_time=datetime(2026, 2, 3, hour, tzinfo=UTC),
            stored_tokens=1000 * hour,
        )
        for hour in (1, 9)
    ),
]


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A home of the rows' date, published."""
    folder = tmp_path_factory.mktemp("before")
    workspace = Workspace(folder, (write_card(folder / "book"),), given=GIVEN)
    workspace.log("a.parquet", *ROWS[::2])
    workspace.log("b.parquet", *ROWS[1::2], row(event_id="x", event_time=datetime(2026, 2, 4)))
    workspace.run()
    return workspace


def made(before: Workspace, folder: Path, late: str) -> Workspace:
    """A copy of that home, to which a card with these prices came late."""
    workspace = before.copied(folder)
    write_card(workspace.books[0], late, "late", "2026-02-02T00:00:00Z", "2026-03-01T00:00:00Z")
    return workspace


def as_if_known(workspace: Workspace) -> dict[tuple[str, str], str]:
    """The bytes that a fresh home publishes of the same logs and books."""
    fresh = workspace.beside("fresh")
    fresh.run()
    return fresh.outputs()


def without_logs(workspace: Workspace) -> None:
    """Run where no log can be read."""
    with logs_spoilt(workspace):
        states = workspace.run(logs=[]).states()
        assert states == {"2026-02-03": ("published", 2), "2026-02-04": ("published", 2)}


@contextmanager
def logs_spoilt(workspace: Workspace) -> Iterator[None]:
    """The home's logs, for a while of bytes that nobody can read."""
    files = list(workspace.home.logs.iterdir())
    before = [(file, file.stat().st_mtime_ns, spoil(file)) for file in files]
    assert before
    yield
    for file, mtime_ns, data in before:
        write_over(file, data, mtime_ns)


def test_new_prices_are_restated_without_a_log(before: Workspace, tmp_path: Path) -> None:
    workspace = made(before, tmp_path, HIGHER)
    without_logs(workspace)
    assert workspace.outputs() == as_if_known(workspace)
    ((higher,),) = workspace.sql("select sum(credits) from charges where model = 'Chat'")
    assert higher > 0


@pytest.mark.slow
def test_lines_cut_inside_a_date_are_restated_too(tmp_path: Path) -> None:
    """The cut was known when the logs were read; snapshots alone would need them."""
    workspace = Workspace(tmp_path, (write_card(tmp_path / "book"),), given=GIVEN)
    write_card(workspace.books[0], HIGHER, "noon", NOON.isoformat())
    workspace.log(
        "a.parquet", row(event_id="a", event_time=datetime(2026, 2, 3, 1)), row(event_id="b")
    )
    workspace.run()
    write_card(workspace.books[0], RATES, "late", "2026-02-02T00:00:00Z", "2026-03-01T00:00:00Z")
    with logs_spoilt(workspace):
        assert workspace.run(logs=[]).states() == {"2026-02-03": ("published", 2)}
    assert workspace.outputs() == as_if_known(workspace)


@pytest.mark.parametrize(
    "late",
    [
        pytest.param(
            HIGHER + "llm,Acme,Nothing like it,any,input_tokens,1,1000\n",
            id="gained",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            HIGHER.replace("0.88", "-"), id="not offered any more", marks=pytest.mark.slow
        ),
        pytest.param(
            HIGHER.replace("llm,Acme,Chat,own", "llm,Acme,Other,own"),
            id="lost",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_price_gained_or_lost_is_settled_from_the_logs(
    before: Workspace, tmp_path: Path, late: str
) -> None:
    """Among the rows without a price, one loses its reason and another keeps it."""
    workspace = made(before, tmp_path, late)
    workspace.run()
    assert workspace.outputs() == as_if_known(workspace)


@pytest.mark.slow
def test_an_alias_releases_rows_of_one_line_only(before: Workspace, tmp_path: Path) -> None:
    workspace = made(before, tmp_path, HIGHER)
    write_aliases(workspace.books[0], "llm,Acme,Nothing like it,Chat\n")
    workspace.run()
    assert workspace.outputs() == as_if_known(workspace)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "lines",
        *(pytest.param(s, marks=pytest.mark.slow) for s in ("account", "quarantine", "snapshots")),
    ],
)
def test_stored_bytes_that_are_not_the_published_ones_are_not_built_on(
    before: Workspace, tmp_path: Path, name: str
) -> None:
    workspace = made(before, tmp_path, HIGHER)
    current = workspace.home.current(date(2026, 2, 3))
    assert current is not None
    file = current.folder / f"{name}.parquet"
    spoil(file)
    if name in ("quarantine", "snapshots"):  # what changed is told from them
        with pytest.raises(duckdb.Error, match=f"{name}.parquet") as raised:
            workspace.run()
        assert "`creditmill restore`" in str(damage_of(raised.value))
        with workspace.home.lock():
            rules = Rules("UTC", (), Limits(), FileLimits())
            assert restore.bring_back(workspace.home, rules, None).lost == []
    workspace.run()
    assert workspace.outputs() == as_if_known(workspace)


@pytest.mark.parametrize("seed", [pytest.param(s, marks=pytest.mark.slow) for s in range(1, 20)])
def test_random_histories_of_cards_end_in_the_bytes_of_a_fresh_home(
    tmp_path: Path, seed: int
) -> None:
    rng = random.Random(seed)
    books = random_books(rng, tmp_path / "books")
    logs = write_logs(rng, random_rows(rng, 400, "UTC"), tmp_path / "inbox", 3)
    workspace = Workspace(tmp_path, tuple(books), given=GIVEN)
    held: list[Path] = []  # cards that come only later
    for book in books:
        cards = sorted(path.parent for path in book.glob("*/card.toml"))
        for card in cards[1:]:
            held.append(card)
            shutil.move(card, tmp_path / f"{book.name} {card.name}")
    at = received_at()
    workspace.run(logs, at)
    rng.shuffle(held)
    for card in held:
        shutil.move(tmp_path / f"{card.parent.name} {card.name}", card)
        workspace.run(logs, at)
    fresh = workspace.beside("fresh")
    fresh.run(logs, at)
    assert workspace.outputs() == fresh.outputs()
