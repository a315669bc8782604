"""Addresses of objects: `s3://bucket/prefix`, `gs://bucket/prefix`, `az://container/prefix`.

Who may read or write there belongs to `credentials`.
"""

import re
from dataclasses import dataclass

from pricing_assets.common import addresses

SCHEMES = {"s3": "Amazon S3, or what speaks its protocol", "gs": "Google", "az": "Azure"}
_ADDRESS = re.compile(r"(?P<scheme>[a-z0-9]+):/+(?P<bucket>[^/]*)/*(?P<key>.*)", re.DOTALL)
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_WILD = re.compile(r"[*?]")


@dataclass(frozen=True, order=True)
class Address:
    """A bucket (Azure: a container) and a key in it, which may be the beginning of keys, up to a slash,
    or a pattern of keys; '' is the whole bucket."""

    scheme: str
    bucket: str
    key: str = ""

    def __str__(self) -> str:
        """Return it as it is written: `s3://bucket/key`."""
        return f"{self.scheme}://{self.bucket}/{self.key}".rstrip("/")

    def of(self, key: str) -> str:
        """Return the whole name of an object in this bucket."""
        return f"{self.scheme}://{self.bucket}/{key}"

    def child(self, name: str) -> "Address":
        """Return the address of a name under this one."""
        return Address(self.scheme, self.bucket, f"{self.key}/{name}".lstrip("/"))

    @property
    def is_pattern(self) -> bool:
        """Whether the key has a wildcard."""
        return _WILD.search(self.key) is not None

    @property
    def root(self) -> "Address":
        """The part of a pattern before its first wildcard, up to a slash; any other address itself."""
        if not self.is_pattern:
            return self
        parts = self.key.split("/")
        fixed = next(n for n, part in enumerate(parts) if _WILD.search(part))
        return Address(self.scheme, self.bucket, "/".join(parts[:fixed]))

    @property
    def above(self) -> str:
        """What stands before the last name of the address."""
        return str(self).rpartition("/")[0] if self.key else f"{self.scheme}:/"


def is_address(text: str) -> bool:
    """Return whether a text is the address of an object, or of many: by its scheme alone. A path makes
    one slash of two."""
    found = _ADDRESS.fullmatch(text)
    return found is not None and found["scheme"] in SCHEMES


def parse(text: str) -> Address:
    """Return the address that a text is. ValueError where it is none, or bears more than a bucket and
    a key: a user, a password, parameters."""
    found, shown = _ADDRESS.fullmatch(text), addresses.shown(text)
    if found is None or found["scheme"] not in SCHEMES:
        raise ValueError(f"{shown} is not an address like s3://bucket/prefix, gs://… or az://…")
    if "@" in found["bucket"] or ":" in found["bucket"]:
        raise ValueError(
            f"{shown}: an address must not contain a user, password or port; credentials come from the"
            " environment or a profile, another endpoint from AWS_ENDPOINT_URL"
        )
    if _BUCKET.fullmatch(found["bucket"]) is None:
        raise ValueError(f"{shown} names no bucket; write it like s3://bucket/prefix")
    if addresses.secrets_of(text):
        raise ValueError(f"{shown}: leave out what comes after ?, # or ;")
    return Address(found["scheme"], found["bucket"], found["key"].strip("/"))
