"""One seed owns a home's life: what arrives and when, late prices, closings, the clock, and faults.

After each step the home is held against the plain-Python reading of the contract and against all
that it published before. A seed that fails is replayed, step by step:

    python -m tests.support.simulator --seed 7          one history, told as it goes
    python -m tests.support.simulator --seeds 0 1000    many, and what was in them

What must hold after each step is in `invariants`.
"""

import argparse
import errno
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pricing_assets import flow
from pricing_assets.home import closings
from pricing_assets.home.opening import RequestedSettings, open_home
from pricing_assets.intake import take_in as intake
from pricing_assets.intake.arrivals import IngestOptions
from tests.support.fault_injection import (
    EVERY_CALL,
    LINK,
    MKDIR,
    OPEN,
    SIDE_EFFECTS,
    WRITE,
    Fault,
    Killer,
)
from tests.support.invariants import agrees, is_verified, nothing_has_changed
from tests.support.plain_judge import judged_plainly
from tests.support.random_logs import BASE_DAY, random_books, random_rows, write_logs
from tests.support.workspace import LIMITS, READER, Workspace, bring_up_to_date, leftovers

ZONES = ("UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns")
DAY = timedelta(days=1)
LATER = datetime(2027, 1, 1, tzinfo=UTC)
"""When dates are closed: after all of them are over."""
MOST_HELD = 4
"""Cards and lists of aliases that come late."""
FAULTS = (
    Fault(SIDE_EFFECTS, kind="kill before"),
    Fault(SIDE_EFFECTS, kind="kill after"),
    Fault(OPEN | WRITE | MKDIR | LINK, kind="fail from", error=errno.ENOSPC),
    Fault(EVERY_CALL, kind="fail", error=errno.EIO),
    Fault(WRITE, kind="short"),
)


@dataclass
class Life:
    """A home under way: what waits to arrive, what has, and every byte that was published."""

    seed: int
    folder: Path
    killer: Killer | None
    say: Callable[[str], None] = lambda text: None
    clock: datetime = field(init=False)
    new: list[Path] = field(default_factory=list)
    received: dict[Path, datetime] = field(default_factory=dict)
    published: dict[Path, str] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        """Draw the books, of which cards and aliases wait, and the logs, all of which do."""
        self.rng = rng = random.Random(self.seed)
        zone, team = rng.choice(ZONES), rng.choice(("agent_id", "team"))
        books = random_books(rng, self.folder / "books")
        self.held = [
            (path, self.folder / f"held {book.name} {n}")
            for book in books
            for n, path in enumerate([*_cards(book)[1:], *book.glob("aliases.csv")])
        ]
        rng.shuffle(self.held)
        del self.held[MOST_HELD:]
        for place, aside in self.held:
            place.rename(aside)
        rows = random_rows(rng, rng.choice((45, 60)), zone)
        self.waiting = write_logs(rng, rows, self.folder / "waiting", rng.randint(3, 5))
        rng.shuffle(self.waiting)
        self.clock = datetime.combine(BASE_DAY, datetime.min.time(), UTC) + DAY
        terms = {"timezone": zone, "dimensions": (team,), "quarantine_limit": "1"}
        self.workspace = Workspace(self.folder, tuple(books), catalog=True).under(**terms)

    def live(self) -> None:
        """Every step in turn, and at the end a fresh home of the same logs."""
        events: list[Callable[[], str]] = [self.arrive] * (len(self.waiting) - 1)
        events += [self.reprice] * len(self.held) + [self.repeat, self.cut_short, self.wait]
        events += [self.close, self.close, self.reopen] * self.rng.choice((0, 1, 1))
        self.rng.shuffle(events)
        self.step([self.arrive])
        while events:
            self.step([events.pop() for _ in range(min(len(events), self.rng.randint(2, 4)))])
        is_verified(self.workspace)
        self.is_as_fresh()

    def step(self, events: Sequence[Callable[[], str]]) -> None:
        """What happens, a run that may be disturbed, and a look at everything."""
        told = []
        for event in events:
            told.append(event())
            self.done[event.__name__] += 1
        self.received |= dict.fromkeys(self.new, self.clock)
        self.new.clear()
        self.say(f"{self.clock:%m-%d %H:%M} {', '.join(told)}")
        if self.killer is not None and self.rng.random() < 0.35:
            self.disturb(self.killer)
        self.workspace.run(received_at=self.clock)
        nothing_has_changed(self.workspace, self.published)
        agrees(self.workspace, self.received)
        versions = self.workspace.versions()
        assert self.workspace.run(received_at=self.clock).stale == [], (
            "a run with nothing new has nothing"
        )
        assert self.workspace.versions() == versions
        assert leftovers(self.workspace.home) == []
        self.done["steps"] += 1

    # What may happen

    def arrive(self) -> str:
        """A log comes, whole."""
        log = self.waiting.pop()
        place = self.workspace.inbox / log.relative_to(self.folder / "waiting")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(log, place)
        self.new.append(place)
        return f"{place.name} arrives"

    def repeat(self) -> str:
        """A log that came comes again under another name."""
        log = self.rng.choice(sorted(self.received) or self.new)
        again = self.workspace.inbox / f"again {self.rng.random()}.parquet"
        shutil.copy(log, again)
        return f"{log.name} comes again"

    def cut_short(self) -> str:
        """Half of a log that is still to come."""
        if not self.waiting:
            return "nothing is cut short"
        log = self.waiting[0]
        place = self.workspace.inbox / log.relative_to(self.folder / "waiting")
        place.parent.mkdir(parents=True, exist_ok=True)
        data = log.read_bytes()
        place.write_bytes(data[: self.rng.randrange(len(data))])
        return f"half of {place.name} arrives"

    def reprice(self) -> str:
        """A card or the aliases of a book come late."""
        place, aside = self.held.pop(self.rng.randrange(len(self.held)))
        aside.rename(place)
        return f"{place.parent.name}/{place.name} is added"

    def wait(self) -> str:
        """The clock goes on."""
        self.clock += self.rng.choice((1, 12, 36, 72)) * timedelta(hours=1)
        return "time passes"

    def close(self) -> str:
        """Dates are closed, up to one of those that have rows."""
        home, closed = self.workspace.home, closings.closed_through(self.workspace.home)
        through = BASE_DAY + self.rng.randint(-1, 2) * DAY
        if closings.is_closed(through, closed):
            return "no date is closed"
        with home.lock():
            run = flow.Run(home, home.settings(), LIMITS)
            unfinished = [(found.day, found.why) for found in run.stale()]
            if any(day <= through for day, _ in unfinished):
                return "no date is closed: a card came"
            closings.close(home, through, "month end", unfinished, LATER)
        return f"closed through {through}"

    def reopen(self) -> str:
        """Closed dates are opened again."""
        closed = closings.closed_through(self.workspace.home)
        if closed is None or closed < BASE_DAY:
            return "nothing is reopened"
        first = self.rng.choice((BASE_DAY, closed))
        with self.workspace.home.lock():
            closings.reopen(self.workspace.home, first, "a mistake", LATER)
        return f"reopened from {first} on"

    def disturb(self, killer: Killer) -> None:
        """A run that is killed, or whose disk fails, anywhere."""
        fault = self.rng.choice(FAULTS)
        fault = Fault(fault.calls, self.rng.randint(1, 250), fault.kind, fault.error)
        ended = killer.run(self.workspace, fault, self.clock)
        self.done[fault.kind if ended.code else "fault met nothing"] += 1
        self.say(f"    {fault.kind} at call {fault.nth}: exit {ended.code} {ended.said[:150]}")
        assert ended.code <= 0 or ended.is_told, ended.said
        nothing_has_changed(self.workspace, self.published)

    def is_as_fresh(self) -> None:
        """A fresh home of the same logs and cards ends in the same bytes where nothing was closed,
        else in the same usage and corrections."""
        fresh, terms = self.workspace.beside("fresh"), self.workspace.home.settings()
        with fresh.home.lock():
            open_home(
                fresh.home, RequestedSettings(terms.timezone, terms.dimensions, terms.books, "1")
            )
            for log, at in self.received.items():
                intake.take_in(
                    fresh.home,
                    [log],
                    terms,
                    IngestOptions(limits=LIMITS, received_at=at, reader=READER),
                )
            bring_up_to_date(flow.Run(fresh.home, terms, LIMITS))
        agrees(fresh, self.received)
        if not closings.acts(self.workspace.home):
            assert fresh.outputs() == self.workspace.outputs()


def _cards(book: Path) -> list[Path]:
    return sorted(card.parent for card in book.glob("*/card.toml"))


def live(
    seed: int, folder: Path, killer: Killer | None, say: Callable[[str], None] = lambda text: None
) -> Counter[str]:
    """One history; gives what was in it. A failure says how to replay it."""
    life = Life(seed, folder, killer, say)
    try:
        life.live()
    except Exception as error:
        raise AssertionError(
            f"seed {seed} fails; replay it: python -m tests.support.simulator --seed {seed}"
        ) from error
    return life.done


def main() -> int:
    """Replay one seed, or live many."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, help="one history, told as it goes")
    parser.add_argument("--seeds", type=int, nargs=2, metavar=("FROM", "TO"), help="many")
    options = parser.parse_args()
    seeds = range(*options.seeds) if options.seeds else [options.seed or 0]
    done: Counter[str] = Counter()
    begun = time.monotonic()
    with judged_plainly(), Killer() as killer:
        for seed in seeds:
            with tempfile.TemporaryDirectory(prefix=f"life-{seed}-") as folder:
                say = print if options.seed is not None else lambda text: None
                done += live(seed, Path(folder), killer, say)
                done["histories"] += 1
                print(f"seed {seed}: {time.monotonic() - begun:.0f} s, {dict(done)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
