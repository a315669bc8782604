"""Addresses that may hold credentials: how they are shown, and texts with the credentials cut out.

Who connects where belongs to the engines.
"""

import re
from collections.abc import Iterable
from urllib.parse import unquote

CUT = "***"
"""What stands in a text where a credential stood."""
LEAST = 4
"""Shorter values of other parameters than `token` are not credentials, and stand in any text."""
_CONNECT = re.compile(r"sc://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?/?(;.*)?", re.DOTALL)
_URI = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/+")
_PLAIN = ("use_ssl", "user_agent", "user_id", "session_id")
"""Parameters of Spark Connect whose values say nothing that is secret."""


def is_connect(address: str) -> bool:
    """Return whether this is an address of Spark Connect: `sc://host:port/;name=value;…`."""
    return _CONNECT.fullmatch(address) is not None


def is_uri(text: str) -> bool:
    """Return whether a text is not a path but begins like `s3://` (a path makes one slash of two)."""
    return _URI.match(text) is not None


def shown(address: str) -> str:
    """Return an address without user, password and parameters: `sc://host:443`, `s3a://bucket/home`."""
    scheme = _URI.match(address)
    if scheme is None:
        return address
    if scheme[1] == "sc":
        connect = _CONNECT.fullmatch(address)
        return f"sc://{connect[1]}{connect[2] or ''}" if connect else f"sc://{CUT}"
    rest = address[scheme.end() :].rpartition("@")[2]
    return f"{scheme[1]}://{re.split('[;?#]', rest)[0]}"


def secrets_of(address: str | None) -> set[str]:
    """Return every text in an address that must not be shown: user and password, what comes
    behind `;`, `?` or `#`, and their values, as written and as decoded."""
    scheme = _URI.match(address or "")
    if address is None or scheme is None:
        return set()
    rest = address[scheme.end() :]
    secrets: set[str] = set()
    user, at, _ = rest.rpartition("@")
    if at and scheme[1] != "sc":
        user = user.rpartition("://")[2]
        secrets |= {user, *user.split(":", 1)}
    for one in re.split("[;?#&]", rest)[1:]:
        name, _, value = one.partition("=")
        if name == "token" or (name not in _PLAIN and len(value) >= LEAST):
            secrets |= {value, one}
    secrets |= {unquote(text) for text in secrets}
    return {text for text in secrets if text}


def without(text: str, addresses: Iterable[str | None]) -> str:
    """Return the text with every credential of the addresses cut out."""
    secrets = {secret for address in addresses for secret in secrets_of(address)}
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, CUT)
    return text
