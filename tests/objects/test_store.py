"""A store: writes under a condition, and an answer that is lost on its way."""

import pytest

from pricing_assets.common.errors import ConfigurationError, StoreFailed
from pricing_assets.objects.store import Changed, Gone, Store
from tests.support.object_server import Bucket, Request


def test_only_who_knows_what_is_there_replaces_it(objects: Bucket) -> None:
    store = Store.open(objects.address())
    first = store.put_if("latest.json", b"1", None)
    with pytest.raises(Changed):
        store.put_if("latest.json", b"2", None)
    second = store.put_if("latest.json", b"2", first)
    with pytest.raises(Changed):
        store.put_if("latest.json", b"3", first)
    with pytest.raises(Changed):
        store.put_if("other.json", b"3", first)
    read = store.read("latest.json")
    assert read is not None
    assert (read[0], read[1].etag) == (b"2", second)
    assert store.read("other.json") is None


def test_a_write_whose_answer_was_lost_is_done(objects: Bucket) -> None:
    """The store has it; the client hears 500, tries again, and is told that something is there."""
    store = Store.open(objects.address())
    lost = [True]

    def before(request: Request) -> tuple[str, bytes] | None:
        if request.method == "PUT" and lost:
            lost.pop()
            objects.put("latest.json", b"1")
            return "500 Internal Server Error", b""
        return None

    objects.server.watch(before=before)
    etag = store.put_if("latest.json", b"1", None)
    assert not lost
    head = store.head("latest.json")
    assert head is not None
    assert head.etag == etag


def test_an_object_is_read_as_it_was_listed_or_not_at_all(objects: Bucket) -> None:
    objects.put("a", b"1")
    store = Store.open(objects.address())
    (listed,) = store.listed("")
    objects.put("a", b"2")
    with pytest.raises(Changed):
        store.opened(listed)
    objects.delete("a")
    with pytest.raises(Gone):
        store.opened(listed)


def test_a_store_without_conditional_writes_is_named(objects: Bucket) -> None:
    store = Store.open(objects.address())
    objects.server.watch(before=lambda request: ("501 Not Implemented", b""))
    with pytest.raises((ConfigurationError, StoreFailed)) as raised:
        store.put_if("latest.json", b"1", None)
    assert "does not take writes with a condition" in str(raised.value)
