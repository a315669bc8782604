"""A store of objects: list, read, and write under a condition. Each request is tried again a bounded
number of times; what is then still wrong is an error by name.

What objects are for does not belong here.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from pricing_assets.common.errors import StoreFailed
from pricing_assets.objects import client, credentials
from pricing_assets.objects.address import Address
from pricing_assets.objects.faults import StoreRequest, explained

if TYPE_CHECKING:
    from obstore import GetResult
    from obstore.store import ObjectStore

PIECE = 1 << 20
AT_ONCE = 1_000
"""Objects that one answer to a listing holds."""
WHOLE = 64 << 20
"""Larger files are sent in parts, where no condition is set."""
OCTETS = "application/octet-stream"
Result = TypeVar("Result")


class Object(NamedTuple):
    """An object as a listing or an answer has it; `etag` is '' where the store has none, `version` where it
    keeps none, or nobody was asked for it."""

    key: str
    size: int
    etag: str
    modified: datetime
    version: str = ""

    @classmethod
    def of(cls, key: str, size: int, etag: str, version: str) -> "Object":
        """Return an object as it was when somebody noted what names it."""
        return cls(key, size, etag, datetime.max, version)


class Gone(Exception):
    """There is no object of this key (any more)."""


class Changed(Exception):
    """The object is not the one that was asked for (any more), or there is one already."""


@dataclass(frozen=True)
class Store:
    """The store of one bucket."""

    address: Address
    client: "ObjectStore"
    endpoint: str = ""

    @classmethod
    def open(cls, address: Address) -> "Store":
        """Open the store of an address without sending a request. ConfigurationError where it
        cannot be opened with what the environment says."""
        options = credentials.of_s3() if address.scheme == "s3" else {}
        endpoint = options.get("endpoint", "")
        with _named(StoreRequest("list", address, endpoint)):
            return cls(address, client.client_of(address, options), endpoint)

    def listed(self, prefix: str, after: str | None = None) -> Iterator[Object]:
        """Yield every object under a prefix (up to a slash; '': of the bucket) whose key comes after
        `after`, as the store lists them: in the order of keys, and maybe one twice."""
        import obstore

        with _named(self._asked("list")):
            pages = obstore.list(self.client, prefix or None, offset=after, chunk_size=AT_ONCE)
            for page in pages:
                for one in page:
                    yield _object(one)

    def head(self, key: str) -> Object | None:
        """Return the object of a key; None where there is none."""
        import obstore

        try:
            return _object(self._do("read", lambda: obstore.head(self.client, key)))
        except Gone:
            return None

    def read(self, key: str) -> tuple[bytes, Object] | None:
        """Return the bytes of a small object, and how it then was; None where there is none."""
        import obstore

        def get() -> tuple[bytes, Object]:
            answer = obstore.get(self.client, key)
            return bytes(answer.bytes()), _object(answer.meta)

        try:
            return self._do("read", get)
        except Gone:
            return None

    def opened(self, one: Object) -> "ObjectStream":
        """Open an object as it was listed; Gone or Changed where it is not that any more."""
        import obstore

        options: Any = {"if_match": one.etag} if one.etag else {}
        if one.version:
            options["version"] = one.version
        answer = self._do("read", lambda: obstore.get(self.client, one.key, options=options))
        if _object(answer.meta).size != one.size:
            raise Changed(one.key)
        return ObjectStream(answer, self._asked("read"))

    def put(self, key: str, data: bytes | Path, kind: str = OCTETS) -> str:
        """Write an object of a content type, whatever is there; returns its etag."""
        import obstore

        def put() -> str:
            in_parts = isinstance(data, Path) and data.stat().st_size > WHOLE
            sent = obstore.put(
                self.client, key, data, attributes={"Content-Type": kind}, use_multipart=in_parts
            )
            return sent["e_tag"] or ""

        return self._do("write", put)

    def put_if(self, key: str, data: bytes, etag: str | None, kind: str = OCTETS) -> str:
        """Write an object where the one there has this etag (None: where none is there); returns the
        new etag. Changed where it has not.

        An answer that was lost on its way is not a failure: who finds their own bytes there wrote them.
        """
        import obstore

        mode: Any = "create" if etag is None else {"e_tag": etag}

        def put() -> str:
            sent = obstore.put(
                self.client,
                key,
                data,
                attributes={"Content-Type": kind},
                mode=mode,
                use_multipart=False,
            )
            return sent["e_tag"] or ""

        try:
            return self._do("write", put)
        except (Changed, Gone):
            there = self.read(key)
            if there is not None and there[0] == data:
                return there[1].etag
            raise Changed(key) from None

    def delete(self, key: str) -> None:
        """Remove an object, if it is there."""
        import obstore

        with suppress(Gone):
            self._do("remove", lambda: obstore.delete(self.client, key))

    def _do(self, act: str, request: Callable[[], Result]) -> Result:
        with _named(self._asked(act)):
            return request()

    def _asked(self, act: str) -> StoreRequest:
        return StoreRequest(act, self.address, self.endpoint)


@dataclass
class ObjectStream:
    """An object that is read piece by piece; StoreFailed where the store breaks off."""

    answer: "GetResult"
    asked: StoreRequest

    def __post_init__(self) -> None:
        """Begin at the first byte."""
        self._pieces = iter(self.answer.stream(min_chunk_size=PIECE))

    @property
    def object(self) -> Object:
        """The object as the answer has it."""
        return _object(self.answer.meta)

    def read(self, size: int) -> bytes:
        """Return the next bytes, however many; none at the end."""
        with _named(self.asked):
            return bytes(next(self._pieces, b""))


def _object(meta: Any) -> Object:
    etag, version = meta["e_tag"] or "", meta["version"] or ""
    return Object(meta["path"], meta["size"], etag, meta["last_modified"], version)


@contextmanager
def _named(asked: StoreRequest) -> Iterator[None]:
    """Turn what the client raises into errors by name."""
    from obstore import exceptions

    try:
        yield
    except FileNotFoundError as error:
        found = explained(error, asked)
        if not isinstance(found, StoreFailed):  # the bucket
            raise found from None
        raise Gone(asked.address) from None
    except (exceptions.AlreadyExistsError, exceptions.PreconditionError):
        raise Changed(asked.address) from None
    except (exceptions.BaseError, ValueError) as error:
        raise explained(error, asked) from None
