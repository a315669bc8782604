"""`latest.json`: which publication is in force in a store, and who is writing there.

It changes by compare-and-swap alone: of two who publish, one loses by name, before anything is mixed.
"""

import os
import socket
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypedDict
from uuid import uuid4

from pricing_assets.common import json_files, kinds
from pricing_assets.common.clock import now
from pricing_assets.common.errors import ConfigurationError, CreditmillError
from pricing_assets.common.instants import parse_instant
from pricing_assets.common.text import counted
from pricing_assets.delivery.contents import FORMAT, History
from pricing_assets.home import Home
from pricing_assets.objects import Address, Store
from pricing_assets.objects.store import Changed

LATEST = "latest.json"
LEASE = timedelta(hours=1)
"""So long who is writing is waited for, from when they last said so."""
RENEWED = 300.0
"""Seconds after which they say so again."""


class _Writing(TypedDict):
    by: str
    since: str
    token: str


class _History(TypedDict):
    lines: int
    bytes: int
    sha256: str


class _Record(TypedDict):
    format: int
    publication: str | None
    history: _History | None
    writing: _Writing | None


class LostRace(CreditmillError):
    """Somebody else publishes to the same place: nothing of theirs was touched."""


@dataclass(frozen=True)
class Latest:
    """What `latest.json` says: the publication in force (None: none yet), the journal that it is of,
    and who is writing (None: nobody); `etag` is of this state (None: there is no such object)."""

    publication: str | None = None
    history: History | None = None
    writing: _Writing | None = None
    etag: str | None = None

    def data(self) -> bytes:
        """Return its bytes."""
        record: dict[str, Any] = {
            "format": FORMAT,
            "publication": self.publication,
            "history": self.history.record() if self.history else None,
            "writing": self.writing,
        }
        return json_files.to_json(record)


def read(store: Store, to: Address) -> Latest:
    """Return what is in force; ConfigurationError where the object is not one of creditmill's."""
    got = store.read(_key(to))
    if got is None:
        return Latest()
    try:
        record = json_files.from_json(got[0])
        wrong = kinds.wrong_key(record, _Record)
    except ValueError as error:
        record, wrong = {}, str(error)
    if wrong is not None or record["format"] != FORMAT:
        raise ConfigurationError(
            f"{to.child(LATEST)} is not what creditmill writes there ({wrong or 'another format'});"
            " publish to another prefix, or remove the object"
        )
    held = record["history"]
    history = None if held is None else History(held["lines"], held["bytes"], held["sha256"])
    return Latest(record["publication"], history, record["writing"], got[1].etag)


def require_before(latest: Latest, home: Home, to: Address) -> None:
    """Raise ConfigurationError where what is in force is no earlier state of this home."""
    if latest.history is not None and not latest.history.is_before(home):
        raise ConfigurationError(
            f"{to} holds what another home published, or a later state of this one (its journal has"
            f" {counted(latest.history.lines, 'line')} there, {home.journal.lines:,} in {home.path}); nothing"
            " was written. Publish to another prefix, or restore the home that was published"
        )


@dataclass
class Claim:
    """The right to write under an address, while `latest.json` is as this left it."""

    store: Store
    to: Address
    latest: Latest
    renewed: float
    took_over: bool = False

    @classmethod
    def take(cls, store: Store, to: Address, latest: Latest, home: Home) -> "Claim":
        """Take the right to write; LostRace where somebody else has it, or was faster. A claim that
        a killed run of this home left, or that is older than `LEASE`, does not count."""
        me = f"{socket.gethostname()}:{home.path}"
        held = latest.writing
        if held is not None and held["by"] != me and now() - _since(held) < LEASE:
            until = (_since(held) + LEASE).strftime("%Y-%m-%d %H:%M UTC")
            raise LostRace(
                f"{to}: {held['by']} publishes there since {held['since'][:16]}; nothing was written."
                f" Run again when it is done; if it was killed, after {until}"
            )
        writing: _Writing = {"by": me, "since": now().isoformat(), "token": uuid4().hex}
        claim = cls(store, to, latest, time.monotonic(), held is not None)
        claim._put(replace(latest, writing=writing))
        return claim

    def renew(self) -> None:
        """Say that the work goes on, from time to time."""
        if time.monotonic() > self.renewed + RENEWED and self.latest.writing is not None:
            writing: _Writing = {**self.latest.writing, "since": now().isoformat()}
            self._put(replace(self.latest, writing=writing))
            self.renewed = time.monotonic()

    def release(self, publication: str, history: History) -> None:
        """Make a publication current and release the claim, in one step."""
        self._put(Latest(publication, history, None, self.latest.etag))

    def _put(self, latest: Latest) -> None:
        try:
            etag = self.store.put_if(_key(self.to), latest.data(), self.latest.etag)
        except Changed:
            raise lost(self.to) from None
        self.latest = replace(latest, etag=etag)


def lost(to: Address) -> LostRace:
    """Return the error of who was not the first."""
    return LostRace(
        f"{to}: somebody else published there meanwhile (process {os.getpid()} stopped); what is in"
        " force is theirs, whole. Run again"
    )


def _since(writing: _Writing) -> datetime:
    return parse_instant(writing["since"])


def _key(to: Address) -> str:
    return to.child(LATEST).key
