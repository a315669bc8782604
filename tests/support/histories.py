"""Homes with a history: versions by every cause, closings and reopenings, at random too.

Looking at what they hold belongs to `versions`; random logs and books to `random_logs`.
"""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from pricing_assets import flow
from pricing_assets.common.decimals import exact_sum
from pricing_assets.home import closings as closing
from tests.support.random_logs import random_books, random_rows, received_at, write_logs
from tests.support.versions import every_byte
from tests.support.workspace import (
    NOON,
    RATES,
    Row,
    Workspace,
    row,
    stored_manifest,
    write_aliases,
    write_card,
)

FEB_3, FEB_4, FEB_5 = date(2026, 2, 3), date(2026, 2, 4), date(2026, 2, 5)
NOW = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
DOUBLED = RATES.replace(",0.22,", ",0.44,")


def close(workspace: Workspace, through: date, reason: str = "month end") -> closing.Act:
    home = workspace.home
    with home.lock():
        run = flow.Run(home, home.settings())
        unfinished = [(found.day, f"stale ({found.why})") for found in run.stale()]
        unfinished += [(day, "blocked") for day in home.dates() if home.blocked(day)]
        return closing.close(home, through, reason, unfinished, NOW)


def reopen(workspace: Workspace, first: date) -> closing.Act:
    with workspace.home.lock():
        return closing.reopen(workspace.home, first, "a mistake", NOW)


def february_rows(rng: random.Random, n: int) -> list[Row]:
    made = []
    for _ in range(n):
        day = rng.choice((FEB_3, FEB_4, FEB_5))
        at = datetime(2026, 2, day.day, rng.randrange(24), rng.randrange(60), tzinfo=UTC)
        changes: dict[str, object] = {
            "event_id": f"{rng.randrange(2 * n)}",
            "event_time": at,
            "org_id": rng.choice(("acme", "globex", "")),
            "agent_id": rng.choice(("a", None)),
            "model": rng.choice(("Chat", "chat", "Other", "Chat")),
            "key_mode": rng.choice(("platform", "own")),
            "input_tokens": rng.choice((0, 1, 7, 333, 123_457)),
            "output_tokens": rng.choice((None, 0, 11, 50_003)),
        }
        if rng.random() < 0.2:
            changes |= {"billing_type": "knowledge_storage", "knowledge_base_id": rng.choice("kl")}
            changes |= {"input_tokens": None, "output_tokens": None, "stored_tokens": at.minute}
        made.append(row(**changes))
    return made


def history(folder: Path, seed: int, closings: bool) -> Workspace:
    """Files in shares, cards, aliases and agreements in between, and closings or none."""
    rng = random.Random(seed)
    prices = RATES.replace("0.22", "0.221234567")
    workspace = Workspace(folder, (write_card(folder / "book", prices),)).under(
        quarantine_limit="1"
    )
    rows = february_rows(rng, 120)
    rows += rng.sample(rows, 20)
    events = ["log"] * 5 + ["card", "alias", "noon", "agreement"]
    if closings:
        events += ["close", "close", "reopen", "close"]
    rng.shuffle(events)
    last_closed: date | None = None
    shares = [rows[n::5] for n in range(5)]
    for event in ["log", *(event for event in events if event != "log" or shares)]:
        match event:
            case "log" if shares:
                workspace.log(f"{len(shares)}.parquet", *shares.pop())
            case "card":
                write_card(workspace.books[0], DOUBLED, "second", "2026-02-04T00:00:00Z")
            case "noon":
                dearer = DOUBLED.replace("own,input_tokens,0.02", "own,input_tokens,0.005")
                write_card(workspace.books[0], dearer, "noon", "2026-02-03T12:00:00Z")
            case "alias":
                write_aliases(workspace.books[0], "llm,Acme,Other,Chat\n")
            case "agreement":
                (workspace.books[0] / "agreements.csv").write_text(AGREED)
            case "close":
                through = last_closed or FEB_3 - DAY
                if through < FEB_4:
                    close(workspace, through + DAY)
            case "reopen" if last_closed and last_closed >= FEB_3:
                reopen(workspace, rng.choice((FEB_3, last_closed)))
        before = every_byte(workspace)
        workspace.run()
        after = every_byte(workspace)
        assert before.items() <= after.items(), "what is published never changes"
        last_closed = closing.closed_through(workspace.home)
        if last_closed:
            new = [path for path in after.keys() - before.keys() if path.startswith("reports")]
            assert all(path[19:29] > last_closed.isoformat() for path in new)
        changes_add_up(workspace)
    return workspace


AGREED = (
    "agreement,org_id,service,brand,model,key_mode,meter,discount,price,valid_from,valid_to\n"
    "deal,acme,llm,*,*,platform,*,0.1,,2026-02-03T06:00:00Z,2026-02-05T00:00:00Z\n"
    "fixed,globex,llm,*,*,*,input_tokens,,0.005,2026-02-04T00:00:00Z,\n"
)


def changes_add_up(workspace: Workspace) -> None:
    """What versions and corrections say of their differences leaves no remainder."""
    for day in workspace.home.dates():
        states = [*workspace.home.versions(day), *workspace.home.all_corrections(day)]
        for state in states:
            said = stored_manifest(state).get("changes")
            if said is None:
                continue
            total = exact_sum(Decimal(one["credits"]) for one in said.values())
            assert total == Decimal(stored_manifest(state)["difference"])
            assert "rules" not in said


DEAR = "llm,Acme,Chat,any,input_tokens,0.44,1000\nllm,Acme,Chat,any,output_tokens,0.88,1000\n"


AGREEMENTS = (
    "agreement,org_id,service,brand,model,key_mode,meter,discount,price,valid_from,valid_to\n"
    "deal,acme,llm,*,*,*,*,0.5,,2026-02-03T11:00:00Z,\n"
)


def grown(workspace: Workspace) -> Workspace:
    """One date of four versions: a late log, a late card with a cut and an alias, an agreement."""
    (book,) = workspace.books
    rows = [row(event_id=f"e{n}", event_time=NOON + timedelta(hours=n)) for n in range(3)]
    workspace.log(
        "a.parquet", *rows, row(event_id="n", model="Chatty"), row(event_id="x", org_id="")
    )
    workspace.run()
    workspace.log("late.parquet", row(event_id="late"), rows[0], row(event_id="e1", input_tokens=7))
    workspace.run()
    write_card(book, RATES + DEAR.replace("Chat", "Chatter"), "second", "2026-02-03T13:30:00Z")
    write_aliases(book, "llm,Acme,Chatty,Chat\n")
    workspace.run()
    (book / "agreements.csv").write_text(AGREEMENTS)
    workspace.run()
    return workspace


def random_history(folder: Path, seed: int, rows: int = 120, runs: int = 3) -> Workspace:
    """Random logs that come in turns, and books of which a card and the aliases come late."""
    rng = random.Random(seed)
    books = random_books(rng, folder / "books")
    logs = sorted(write_logs(rng, random_rows(rng, rows, "Europe/Berlin"), folder / "inbox", 4))
    workspace = Workspace(folder, tuple(books)).under(
        timezone="Europe/Berlin", quarantine_limit="1", dimensions=("team",)
    )
    late: list[tuple[Path, Path]] = []
    for book in books:
        cards = sorted(path.parent for path in book.glob("*/card.toml"))
        held = [*cards[1:], *book.glob("aliases.csv")]
        late += [(path, folder / f"aside-{len(late)}-{n}") for n, path in enumerate(held)]
    rng.shuffle(late)
    for place, aside in late:
        place.rename(aside)
    workspace.run(logs[:2], received_at())
    for place, aside in late[: len(late) // 2]:
        aside.rename(place)
    if runs > 2:
        workspace.run(logs[1:3], received_at())
    for place, aside in late[len(late) // 2 :]:
        aside.rename(place)
    workspace.run(logs, received_at())
    return workspace


def billed(workspace: Workspace) -> Decimal:
    """The credits that are billed, corrections and all."""
    ((total,),) = workspace.sql(
        "select (select sum(credits) from charges)"
        " + (select coalesce(sum(credits), 0) from corrections)"
    )
    return Decimal(total)
