"""Names of files and links that are made of people's ids.

Any text becomes one readable, harmless name, and no two texts the same one. What the files hold
belongs to those who write them.
"""

import hashlib
import re
import unicodedata

from pricing_assets.common.visible_text import is_unseen

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
_READ = frozenset(("Ll", "Lo", "Lm", "Mn", "Mc", "Nd"))
_NO_LETTER = re.compile("-+")


def safe_name(text: str) -> str:
    """Return a text, like an organization's id, as part of a file name or link: lower-case letters and
    digits of any script and `._-~`, at most 73 characters and 193 bytes, the same on every file system.

    A plain text stays as it is; any other is what of it can be read, `~`, and half of its SHA-256.

    >>> safe_name("\u5927\u5b66")[:3]
    '\u5927\u5b66~'
    """
    if _PLAIN.fullmatch(text) and text.partition(".")[0] not in _DEVICES:
        return text
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower())
    kept = "".join(char if _is_read(char) else "-" for char in folded)
    readable = _NO_LETTER.sub("-", kept)[:_READABLE].strip("-")
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    begins = bool(readable) and readable[0].isalnum()  # with a mark on no letter it does not
    return f"{readable if begins else 'id'}~{digest}"


def _is_read(char: str) -> bool:
    """Return whether a character is a letter, a mark on one or a digit, and is seen."""
    return unicodedata.category(char) in _READ and not is_unseen(char)
