"""A store that speaks S3's protocol, on this machine, whose answers a test may spoil: moto's server.

What creditmill makes of it belongs to the tests.
"""

import hashlib
import logging
import os
import re
import threading
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import quote

import obstore
from werkzeug.serving import WSGIRequestHandler, make_server

from pricing_assets.objects import Address, Store

Environ = dict[str, Any]
Answer = tuple[str, bytes]
Spoil = Callable[["Request"], Answer | None]


@dataclass(frozen=True)
class Request:
    """A request that comes to the server: `number` counts from 1 since `watch` began."""

    number: int
    method: str
    path: str
    query: str


class _Quiet(WSGIRequestHandler):
    def log_request(self, *_: Any) -> None:
        """Say nothing."""


@dataclass
class ObjectServer:
    """The server; `before` may answer in place of the store, `after` is called when it has answered."""

    url: str = ""
    before: Spoil = lambda request: None
    after: Callable[[Request], None] = lambda request: None
    change: Callable[[Request, bytes], bytes] = lambda request, body: body
    credentials: Callable[[str], None] = lambda authorization: None
    requests: list[Request] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    app: Any = None

    def __call__(self, environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        with self.lock:
            self.requests.append(
                request := Request(
                    len(self.requests) + 1,
                    environ["REQUEST_METHOD"],
                    environ["PATH_INFO"].encode("latin-1").decode(),
                    environ.get("QUERY_STRING", ""),
                )
            )
        self.credentials(environ.get("HTTP_AUTHORIZATION", ""))
        spoilt = self.before(request)
        if spoilt is not None:
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            start(spoilt[0], [("Content-Length", str(len(spoilt[1])))])
            return [spoilt[1]]
        told: list[Any] = []
        body = b"".join(self.app(environ, lambda *a: told.append(a)))
        self.after(request)
        changed = self.change(request, body)
        status, headers = told[0][:2]
        if changed != body:
            headers = [one for one in headers if one[0].lower() != "content-length"]
            headers.append(("Content-Length", str(len(changed))))
        start(status, headers)
        return [changed]

    def watch(self, **hooks: Any) -> None:
        """Count requests anew, and spoil them by these hooks only."""
        self.before, self.after = lambda request: None, lambda request: None
        self.change = lambda request, body: body
        self.credentials = lambda authorization: None
        for name, hook in hooks.items():
            setattr(self, name, hook)
        self.requests.clear()

    def put(self, path: str, data: bytes = b"") -> None:
        """Write a new object of any key, or make a bucket, as another client does."""
        with self.unwatched():
            asked = urllib.request.Request(self.url + path, data=data, method="PUT")
            asked.add_header("Content-Type", "application/octet-stream")
            urllib.request.urlopen(asked).close()

    @contextmanager
    def unwatched(self) -> Iterator[None]:
        """Let requests through, and count none of them."""
        hooks = self.before, self.after, self.change, self.credentials
        requests = [*self.requests]
        self.watch()
        try:
            yield
        finally:
            self.before, self.after, self.change, self.credentials = hooks
            self.requests[:] = requests

    def objects(self, bucket: str) -> dict[str, bytes]:
        """Return every object of a bucket."""
        from moto.s3.models import s3_backends

        keys = s3_backends["123456789012"]["global"].buckets[bucket].keys
        return {key: bytes(one.value) for key, one in sorted(keys.items())}

    def rewrite_time(self, bucket: str, key: str, when: Any) -> None:
        """Let an object have been written at another time."""
        from moto.s3.models import s3_backends

        found = s3_backends["123456789012"]["global"].buckets[bucket].keys[key]
        found.last_modified = when


@dataclass(frozen=True)
class Bucket:
    """A bucket of the server, for one test."""

    server: ObjectServer
    name: str

    @classmethod
    def of(cls, server: ObjectServer, title: str) -> "Bucket":
        """Make a bucket that is named after a test."""
        digest = hashlib.sha256(title.encode()).hexdigest()[:8]
        name = re.sub(r"[^a-z0-9]+", "-", title.lower())[:40].strip("-") + f"-{digest}"
        server.put(f"/{name}")
        return cls(server, name)

    def address(self, key: str = "") -> Address:
        """Return the address of a key, or of the bucket."""
        return Address("s3", self.name, key)

    def put(self, key: str, data: bytes | Path) -> None:
        """Write an object, or a file as one."""
        given = data if isinstance(data, bytes) else data.read_bytes()
        if key.endswith("/") or ".." in key:  # which the client does not write
            self.server.put(f"/{self.name}/{quote(key)}", given)
            return
        with self.server.unwatched():
            Store.open(self.address()).put(key, given)

    def delete(self, key: str) -> None:
        """Remove an object."""
        with self.server.unwatched():
            obstore.delete(Store.open(self.address()).client, key)

    def contents(self) -> dict[str, bytes]:
        """Return every object, by key."""
        return self.server.objects(self.name)

    def written_at(self, key: str, when: datetime) -> None:
        """Let an object have been written at another time."""
        self.server.rewrite_time(self.name, key, when)

    def asked(self, method: str = "GET", beginning: str = "") -> list[str]:
        """Return the keys that were asked for since the last `watch`."""
        under = f"/{self.name}/"
        return [
            one.path.removeprefix(under)
            for one in self.server.requests
            if one.method == method and one.path.startswith(under + beginning)
        ]

    def listings(self) -> list[str]:
        """Return the queries of the listings that were asked for since the last `watch`."""
        return [one.query for one in self.server.requests if "list-type" in one.query]


@contextmanager
def serving() -> Iterator[ObjectServer]:
    """Serve on a free port, with an environment that leads every client there."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ObjectServer(app=DomainDispatcherApplication(create_backend_app))
    listening = make_server("127.0.0.1", 0, server, threaded=True, request_handler=_Quiet)
    server.url = f"http://127.0.0.1:{listening.server_port}"
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    try:
        with mock.patch.dict(os.environ, environment(server.url)):
            yield server
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join()


def environment(url: str) -> dict[str, str]:
    """Return what leads a client to the server, and to no one's profile."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "AKIAKEYOFTESTS",
        "AWS_SECRET_ACCESS_KEY": "secret-of-tests",
        "AWS_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
