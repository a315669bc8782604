"""Closing: which dates are closed, who closed or reopened them, when and why.

One date divides closed from open; each act is a small file that never changes. What is booked for
closed dates is in `corrections`.
"""

import getpass
import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TypedDict

from pricing_assets.common import files, json_files
from pricing_assets.common.clock import now
from pricing_assets.common.errors import ConfigurationError, CreditmillError
from pricing_assets.common.instants import parse_instant
from pricing_assets.contract.usage_dates import FIRST_DATE, usage_date
from pricing_assets.home.entries import CLOSING, act_entry
from pricing_assets.home.home import Home


class ClosingRecord(TypedDict):
    """An act as its file holds it."""

    number: int
    act: str
    date: str
    closed_through: str | None
    who: str
    at: str
    reason: str
    supersedes_sha256: str | None


@dataclass(frozen=True)
class Act:
    """One act of closing (through `day`) or reopening (from `day` on), and what it left closed."""

    number: int
    act: str
    day: date
    closed_through: date | None
    who: str
    at: str
    reason: str


def acts(home: Home) -> list[Act]:
    """Return every act, in order; CreditmillError where one was removed or changed."""
    found: list[Act] = []
    before = None
    for number, name in enumerate(home.act_names(), start=1):
        file = home.closings / name
        raw = files.read_regular(file)
        record = json_files.read_record(file, ClosingRecord)
        if (record["number"], record["supersedes_sha256"]) != (number, before):
            raise CreditmillError(f"{file}: the record of closings is broken here; restore it")
        found.append(_act_of(record, file))
        before = hashlib.sha256(raw).hexdigest()
    return found


def _act_of(record: ClosingRecord, file: Path) -> Act:
    """Return the act that a record holds; DamagedFile where its dates are none."""
    through = record["closed_through"]
    try:
        parse_instant(record["at"])
        return Act(
            record["number"],
            record["act"],
            date.fromisoformat(record["date"]),
            date.fromisoformat(through) if through is not None else None,
            record["who"],
            record["at"],
            record["reason"],
        )
    except ValueError as error:
        raise json_files.damaged(file, str(error)) from error


def closed_through(home: Home) -> date | None:
    """Return the last closed date: it and every date before it are closed. None where none is."""
    done = acts(home)
    return done[-1].closed_through if done else None


def is_closed(day: date, through: date | None) -> bool:
    """Return whether a date is closed where dates through this one are."""
    return through is not None and day <= through


def close(
    home: Home,
    through: date,
    reason: str,
    unfinished: Iterable[tuple[date, str]],
    at: datetime | None = None,
) -> Act:
    """Close every date through this one; ConfigurationError where one of them is not up to date.

    `unfinished` are dates that are stale or blocked, and why. The home is locked by the caller.
    """
    closed = closed_through(home)
    if is_closed(through, closed):
        raise ConfigurationError(f"dates through {closed} are closed already")
    at = at or now()
    if through >= usage_date(at, home.settings().timezone):
        raise ConfigurationError(f"{through} is not over yet; close it when it is")
    faulty = [
        f"{day} is {what}"
        for day, what in unfinished
        if day <= through and not is_closed(day, closed)
    ]
    if faulty:
        raise ConfigurationError(
            f"not closed, since not every date through {through} is up to date: "
            f"{'; '.join(faulty)}. `creditmill run` brings stale dates up to date;"
            " `creditmill quarantine` says how to fix blocked ones"
        )
    return _record(home, "close", through, through, reason, at)


def reopen(home: Home, first: date, reason: str, at: datetime | None = None) -> Act:
    """Reopen this date and every date after it. The home is locked by the caller.
    ConfigurationError where the date is not closed."""
    closed = closed_through(home)
    first = max(first, FIRST_DATE)  # there is none before it
    if not is_closed(first, closed):
        through = f"dates through {closed} are" if closed else "no date is"
        raise ConfigurationError(f"{first} is not closed: {through}")
    return _record(home, "reopen", first, first - timedelta(days=1), reason, at or now())


def _record(home: Home, act: str, day: date, through: date, reason: str, at: datetime) -> Act:
    if not reason.strip():
        raise ConfigurationError(f"say why: {act} needs a --reason")
    number = len(acts(home)) + 1
    last = home.closings / f"{number - 1:04d}.json"
    by = who()
    record = {
        "number": number,
        "act": act,
        "date": day.isoformat(),
        "closed_through": through.isoformat(),
        "who": by,
        "at": at.isoformat(),
        "reason": reason,
        "supersedes_sha256": files.sha256_of(last) if number > 1 else None,
    }
    home.commit([act_entry(CLOSING, record)])
    return Act(number, act, day, through, by, at.isoformat(), reason)


def who() -> str:
    """Return the user who acts, by name where there is one."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a user without a name
        return f"user {os.getuid()}"
