"""The client of a store: how long it waits, and how often it tries a request again.

What is asked of it belongs to `store`.
"""

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from pricing_assets.objects.address import Address

if TYPE_CHECKING:
    from obstore.store import ObjectStore


class Patience(NamedTuple):
    """How often a request is tried again and for how many seconds in all; seconds until somebody must
    have answered, and until the next bytes must have come."""

    retries: int = 6
    all_seconds: float = 120
    connect_seconds: float = 5
    read_seconds: float = 30
    first_pause: float = 0.1


PATIENCE = Patience()


def client_of(address: Address, options: dict[str, Any]) -> "ObjectStore":
    """Return the client of an address; nothing is asked of the store yet."""
    from obstore.store import AzureStore, GCSStore, S3Store

    patience = PATIENCE
    client: Any = {
        "connect_timeout": timedelta(seconds=patience.connect_seconds),
        "read_timeout": timedelta(seconds=patience.read_seconds),
        "timeout": timedelta(hours=6),  # of a whole object, which may be large
        "allow_http": options.get("endpoint", "").startswith("http://"),
    }
    retry: Any = {
        "max_retries": patience.retries,
        "retry_timeout": timedelta(seconds=patience.all_seconds),
        "backoff": {
            "init_backoff": timedelta(seconds=patience.first_pause),
            "max_backoff": timedelta(seconds=max(5, patience.first_pause)),
            "base": 2,
        },
    }
    if address.scheme == "s3":
        return S3Store(address.bucket, client_options=client, retry_config=retry, **options)
    if address.scheme == "gs":
        return GCSStore(address.bucket, client_options=client, retry_config=retry)
    return AzureStore(address.bucket, client_options=client, retry_config=retry)
