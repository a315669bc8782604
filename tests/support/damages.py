"""Random damage to a home, from a seed: whatever is removed, truncated, swapped, rolled back, changed
or replaced, `run`, `status` and `verify` never end in a traceback, and never in a bill that is
smaller or larger with exit 0.

    python -m tests.support.damages --seed 7            # one, step by step
    python -m tests.support.damages --seeds 0 10000     # many

Each seed is played in a fork of a process that has imported everything and opened DuckDB before: so
one damage costs what its commands do, and none sees what another left in memory. Only each eighth
seed starts a reader of logs as a process of its own and writes pages, which damages do not concern.
"""

import argparse
import gc
import math
import os
import random
import shutil
import signal
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import duckdb

from pricing_assets.checks import lookalike_ids
from pricing_assets.common.errors import RejectedLog
from pricing_assets.db import connection
from pricing_assets.db.io import text_literal
from pricing_assets.home import Receipt
from pricing_assets.home.opening import RequestedSettings
from pricing_assets.intake import reader
from pricing_assets.intake.arrived import Arrived, Rules
from tests.support import forked as forked_reader
from tests.support.command import Done, creditmill
from tests.support.histories import close
from tests.support.plain_judge import judged_plainly
from tests.support.workspace import NOON, READER, Workspace, of, row, write_aliases, write_card

FEB_3 = NOON.date()
LATE = "late.parquet"
SPARE = 32
"""Databases that a fork finds open; a run, status and verify open some 15."""
SECONDS = 300
"""The longest that one damage may take."""
WHOLE_RUNS = 8
"""One seed of so many runs with pages, and with a reader that is begun as for a user."""


def build(folder: Path) -> Workspace:
    """A home of one of everything, the home of a day before beside it, and a late log to come."""
    workspace = workspace_in(folder)
    write_card(workspace.books[0])
    write_aliases(workspace.books[0], "llm,Acme,Chatty,Chat\n")
    workspace.log(
        "a.parquet", row(), row(event_id="n", event_time=None), row(event_id="c", model="Chatty")
    )
    workspace.log(
        "b.parquet",
        *on(4, "1", org_id="globex"),
        of("tools_invocation", "Acme", "Search", requests=1, event_id="tool"),
    )
    workspace.run()
    close(workspace, FEB_3)
    workspace.run()
    shutil.copytree(workspace.home.path, folder / "day before", symlinks=True)
    workspace.log("c.parquet", row(event_id="late"), *on(4, "2"))
    workspace.run()
    shutil.copytree(workspace.home.path, folder / "whole", symlinks=True)
    (folder / "later").mkdir()
    assert billed(workspace) == BILL
    return workspace


def workspace_in(folder: Path) -> Workspace:
    """The home and its inbox, by their names."""
    return Workspace(
        folder, (folder / "book",), given=RequestedSettings(quarantine_limit="0.05"), pages=True
    )


def on(day: int, *ids: str, **changes: object) -> list[dict[str, object]]:
    return [row(event_id=one, event_time=NOON.replace(day=day), **changes) for one in ids]


def play(workspace: Workspace, seed: int, say: Callable[[str], None] = lambda said: None) -> None:
    """One damaged home, and what is asked of it; AssertionError where it is wrong."""
    rng = random.Random(seed)
    put_back(workspace)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        say(damage(workspace, rng))
    if late := rng.random() < 0.5:
        workspace.log(LATE, *on(4, "3"))
        say("a late log")
    home = ("--home", workspace.home.path)
    words: tuple[object, ...] = ("run", "--logs", workspace.inbox, *home)
    if seed % WHOLE_RUNS:
        words += ("--no-pages",)
        reader.Reader.examined = examined_in_a_fork  # type: ignore[assignment,method-assign]
    run = asked(*words, workspace=workspace, say=say)
    status = asked("status", *home, workspace=workspace, say=say)
    verify = asked("verify", *home, workspace=workspace, say=say)
    assert {run.returncode, status.returncode, verify.returncode} <= {0, 1, 2}
    expected = BILL + (Decimal("0.22") if late else 0)
    found = billed(workspace)
    if run.returncode == 0:
        assert found == expected, f"seed {seed}: billed {found}, not {expected}: {run}"
    elif verify.returncode == 0:
        assert found in (BILL, expected), f"seed {seed}: billed {found}, verified: {run}, {verify}"


def examined_in_a_fork(
    _: reader.Reader,
    logs: Sequence[Arrived],
    rules: Rules,
    received_at: datetime,
    scratch: Path,
    until: float = math.inf,
) -> Iterator[tuple[Arrived, Receipt | RejectedLog]]:
    """Yield each log with what became of it, as `Reader.examined`."""
    yield from zip(logs, forked_reader.examined(logs, rules, received_at, scratch), strict=True)


BILL = Decimal("1.65")
"""What the whole home bills: 0.99 closed and 0.22 booked on one date, 0.44 on the next."""


def asked(*arguments: object, workspace: Workspace, say: Callable[[str], None]) -> Done:
    done = creditmill(*arguments, cwd=workspace.folder)
    say(f"{arguments[0]}: {done.returncode} {done.stderr.decode()[-300:]}")
    assert b"Traceback" not in done.stderr + done.stdout, done
    return done


def billed(workspace: Workspace) -> Decimal | None:
    """What an analyst sees; None where a file that the database names cannot be read."""
    try:
        ((total,),) = workspace.sql(
            "select (select coalesce(sum(credits), 0) from daily_usage)"
            " + (select coalesce(sum(credits), 0) from corrections)"
        )
    except (duckdb.Error, OSError):
        return None
    return Decimal(total)


def put_back(workspace: Workspace) -> None:
    """Make the home whole again. What is damaged is a copy; pages are not, and are only linked to."""
    (workspace.inbox / LATE).unlink(missing_ok=True)
    remove(workspace.home.path)
    whole = workspace.folder / "whole"

    def put(source: str, target: str) -> None:
        (os.link if source.startswith(f"{whole}/pages/") else shutil.copy2)(source, target)

    shutil.copytree(whole, workspace.home.path, symlinks=True, copy_function=put)


def remove(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.is_dir():
        for parent, _, _ in os.walk(path):
            os.chmod(parent, 0o755)
        shutil.rmtree(path)


def damage(workspace: Workspace, rng: random.Random) -> str:
    """Do one thing to one path of the home; says what."""
    home = workspace.home.path
    for parent, _, _ in os.walk(home):
        os.chmod(parent, 0o755)
    paths = sorted(path for path in home.rglob("*") if not path.is_relative_to(home / "pages"))
    path = rng.choice(paths)
    name = path.relative_to(home)
    how = rng.choice(("remove", "truncate", "swap", "roll back", "change", "replace"))
    is_file = path.is_file() and not path.is_symlink()
    if how == "remove" or (how in ("truncate", "change") and not is_file):
        remove(path)
        return f"remove {name}"
    if how == "truncate":
        path.chmod(0o644)
        os.truncate(path, rng.randrange(path.stat().st_size + 1))
    elif how == "change":
        data = bytearray(path.read_bytes() or b" ")
        data[rng.randrange(len(data))] ^= rng.randrange(1, 256)
        path.chmod(0o644)
        path.write_bytes(data)
    elif how == "swap":
        alike = [other for other in paths if other != path and other.suffix == path.suffix]
        alike = [one for one in alike if one.is_dir() == path.is_dir()]
        alike = [one for one in alike if not (one.is_relative_to(path) or path.is_relative_to(one))]
        if not alike:
            remove(path)
            return f"remove {name}"
        other, aside = rng.choice(alike), home.with_name("aside")
        path.rename(aside)
        other.rename(path)
        aside.rename(other)
        return f"swap {name} and {other.relative_to(home)}"
    elif how == "roll back":
        old = workspace.folder / "day before" / name
        remove(path)
        if old.is_symlink():
            path.symlink_to(os.readlink(old))
        elif old.is_dir():
            shutil.copytree(old, path, symlinks=True)
        elif old.is_file():
            shutil.copy2(old, path)
    else:
        remove(path)
        kind = rng.choice(("empty", "folder", "dangling", "json"))
        if kind == "folder":
            path.mkdir()
        elif kind == "dangling":
            path.symlink_to("nowhere")
        else:
            path.write_bytes(b"" if kind == "empty" else b"{}")
        return f"replace {name} by {kind}"
    return f"{how} {name}"


def prepared(folder: Path) -> Workspace:
    """Build the home in a fork, and prepare this process to be forked: no threads, which a fork does
    not have, but every module that commands import, and databases that wait to be used."""
    workspace, names = workspace_in(folder), folder / "modules"

    def rehearse() -> None:
        build(folder)
        put_back(workspace)
        workspace.log(LATE, *on(4, "3"))
        for words in (("run", "--logs", workspace.inbox), ("status",), ("verify",)):
            asked(*words, "--home", workspace.home.path, workspace=workspace, say=lambda said: None)
        names.write_text("\n".join(sys.modules))

    failed = forked(rehearse)
    assert failed is None, failed
    for name in names.read_text().splitlines():
        with suppress(ImportError):  # of names that a library makes as it goes
            import_module(name)
    lookalike_ids._prototypes()
    plain = {"threads": 1, "async_threads": 0, **connection._NO_EXTENSIONS}
    spare = [connection.new_database(plain) for _ in range(SPARE)]
    opened = connection.new_database

    def take(config: dict[str, Any]) -> duckdb.DuckDBPyConnection:
        if not spare:
            return opened(config)
        con = spare.pop()
        for name in ("memory_limit", "temp_directory"):
            con.execute(f"set {name} = {text_literal(config[name])}")
        return con

    connection.new_database = take
    gc.collect()
    gc.freeze()
    return workspace


def forked(work: Callable[[], object]) -> str | None:
    """Do something in a fork of this process; returns the traceback where it fails."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of threads that a fork does not have
        pid = os.fork()
    if pid == 0:
        os.close(reading)
        signal.alarm(SECONDS)
        said = ""
        try:
            work()
        except BaseException:  # noqa: BLE001  # all of them are what is looked for
            said = traceback.format_exc(limit=-3)
        sys.stdout.flush()
        READER.close()
        os.write(writing, said.encode(errors="replace")[-60_000:])
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        said = answer.read().decode()
    _, status = os.waitpid(pid, 0)
    return said or (f"ended with status {status}" if status else None)


def main() -> int:
    """Play damages, and name the seeds that fail."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int)
    parser.add_argument("--seeds", type=int, nargs=2, default=(0, 100))
    given = parser.parse_args()
    seeds = range(*given.seeds) if given.seed is None else [given.seed]
    say = print if given.seed is not None else lambda said: None
    failed = []
    with tempfile.TemporaryDirectory() as folder, judged_plainly():
        workspace = prepared(Path(folder))
        for done, seed in enumerate(seeds, start=1):
            said = forked(lambda seed=seed: play(workspace, seed, say))  # type: ignore[misc]
            if said is not None:
                failed.append(seed)
                sys.stdout.write(f"seed {seed}\n{said}\n")
            if done % 100 == 0:
                sys.stdout.write(f"{done:,} of {len(seeds):,}, {len(failed)} failed\n")
                sys.stdout.flush()
    sys.stdout.write(f"{len(seeds):,} damages, failed: {failed}\n")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
