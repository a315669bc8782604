"""Bring what changed to a store: what never changes first, each version with its manifest last; then what
is replaced, each by compare-and-swap; and last `latest.json`, which names the publication in force.

A run that is killed in between leaves what was in force in force; the next one goes on.
"""

import mimetypes
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeVar

from pricing_assets.common import files
from pricing_assets.common.errors import CreditmillError
from pricing_assets.common.progress import Progress
from pricing_assets.delivery import claim, record
from pricing_assets.delivery.claim import Claim
from pricing_assets.delivery.contents import MANIFEST, DeliveredFile, contents_of, stage_of
from pricing_assets.delivery.plan import DeliveryPlan, plan_of, publication_key
from pricing_assets.home import Home
from pricing_assets.objects import Address, Store
from pricing_assets.objects.store import Changed

AT_ONCE = 8
"""Objects that are sent at the same time."""
Say = Callable[[str], None]
Item = TypeVar("Item")


class Destination(NamedTuple):
    """Where a home's reports are brought to, and the folder of exports that go there, too."""

    to: Address
    exports: Path | None = None


@dataclass(frozen=True)
class Delivered:
    """What was brought to an address (`dry_run`: would be): objects and their bytes; `known` were there."""

    to: Address
    objects: int
    size: int
    known: int
    removed: int
    publication: str
    is_new: bool


def publish(
    home: Home,
    to: Address,
    exports: Path | None = None,
    show: Say = lambda detail: None,
    *,
    dry_run: bool = False,
) -> Delivered:
    """Bring a home's reports to a store; the home is locked by the caller.

    LostRace where somebody else publishes there, StoreFailed where the store fails: what was in force
    stays so. ConfigurationError where the store refuses, or holds another home.
    """
    store = Store.open(to)
    show("looking at what is there")
    latest = claim.read(store, to)
    claim.require_before(latest, home, to)
    contents = contents_of(home, exports)
    plan = plan_of(store, to, contents, latest)
    if not dry_run and not plan.is_empty:
        held = Claim.take(store, to, latest, home)
        _Sending(store, to, held, plan, show).send()
        held.release(plan.publication, contents.history)
    if not dry_run:
        record.note(home, to, contents.history, plan.publication)
    travelled = len(plan.all_files)
    whole = sum(len(list(one.path.parent.iterdir())) for one in contents.folders.values())
    return Delivered(
        to,
        travelled,
        plan.size,
        whole + len(contents.placed) + len(contents.files) - travelled,
        len(plan.gone),
        plan.publication,
        not plan.is_empty,
    )


@dataclass
class _Sending:
    """A plan that is carried out under a claim."""

    store: Store
    to: Address
    held: Claim
    plan: DeliveryPlan
    show: Say

    def send(self) -> None:
        """Send everything but what says that it is in force."""
        plan = self.plan
        progress = Progress(len(plan.all_files), "object")

        def sent(of: int) -> None:
            progress.done += of
            self.show(str(progress))
            self.held.renew()

        folders = list(plan.folders.values())
        self._at_once(self._folder, folders, lambda folder: sent(len(folder)))
        self._at_once(self._placed, list(plan.placed.items()), lambda _: sent(1))
        for stage in sorted({stage_of(key) for key in plan.files}):
            named = [(key, one) for key, one in plan.files.items() if stage_of(key) == stage]
            self._at_once(self._replace, named, lambda _: sent(1))
        self._at_once(self.store.delete, [self._key(key) for key in plan.gone], lambda _: None)
        self._create(publication_key(self.to, plan.publication), plan.contents.publication)
        if self.held.took_over:  # who wrote before may still be at it
            self._require_unmixed()

    def _folder(self, folder: list[tuple[str, DeliveredFile]]) -> None:
        """Send a version; that it is whole says its manifest, which is never replaced."""
        for key, one in folder:
            if key.endswith(f"/{MANIFEST}"):
                self._create(self._key(key), one.path.read_bytes())
            else:
                self.store.put(self._key(key), one.path, _kind(key))

    def _placed(self, named: tuple[str, DeliveredFile]) -> None:
        key, one = named
        _require_same(one)
        self.store.put(self._key(key), one.path, _kind(key))

    def _replace(self, named: tuple[str, DeliveredFile]) -> None:
        """Replace an object that is as it was when all was compared."""
        key, one = named
        data = one.path.read_bytes()
        if files.sha256_bytes(data) != one.sha256:
            raise _changed(one)
        try:
            etag = self.store.put_if(self._key(key), data, self.plan.etags.get(key), _kind(key))
        except Changed:
            raise claim.lost(self.to) from None
        self.plan.etags[key] = etag

    def _require_unmixed(self) -> None:
        """Raise LostRace where an object that is replaced is not as this run left it."""
        there = {one.key: one.etag for one in self.store.listed(self.to.key)}
        for key in self.plan.contents.files:
            if there.get(self._key(key)) != self.plan.etags.get(key):
                raise claim.lost(self.to)

    def _create(self, key: str, data: bytes) -> None:
        try:
            self.store.put_if(key, data, None, _kind(key))
        except Changed:
            raise claim.lost(self.to) from None

    def _key(self, key: str) -> str:
        return self.to.child(key).key

    def _at_once(
        self, act: Callable[[Item], None], items: Sequence[Item], done: Callable[[Item], None]
    ) -> None:
        """Act on several items at a time; after the first error nothing more is begun."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            begun = {pool.submit(act, item): item for item in items}
            try:
                for future in as_completed(begun):
                    future.result()
                    done(begun[future])
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise


def _kind(key: str) -> str:
    return mimetypes.guess_type(key)[0] or "application/octet-stream"


def _require_same(one: DeliveredFile) -> None:
    if one.path.stat().st_size != one.size:
        raise _changed(one)


def _changed(one: DeliveredFile) -> CreditmillError:
    return CreditmillError(f"{one.path} changed while it was published; run again")
