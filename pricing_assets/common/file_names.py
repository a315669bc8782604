"""Names of files and links that are made of people's ids.

Any text becomes one readable, harmless name, and no two texts the same one. What the files hold
belongs to those who write them.
"""

import hashlib
import re
import unicodedata

_PLAIN = re.compile(r"[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?")
_DEVICES = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{name}{n}" for name in ("com", "lpt") for n in range(10)),
}
"""Names that Windows takes for devices, whatever follows a dot."""
_READABLE = 40


def safe_name(text: str) -> str:
    """Return a text, like an organization's id, as part of a file name or link: lower-case letters, digits
    and `._-`, at most 73 characters, the same on every file system.

    A plain text stays as it is; any other is what of it can be read, `~`, and half of its SHA-256.
    """
    if _PLAIN.fullmatch(text) and text.partition(".")[0] not in _DEVICES:
        return text
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    readable = re.sub(r"[^a-z0-9]+", "-", ascii_only)[:_READABLE].strip("-")
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f"{readable}~{digest}" if readable else f"id~{digest}"
