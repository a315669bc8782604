"""Names and lines of text as rate books compare and hold them.

What the names are of belongs to `rates` and `agreements`.
"""

import unicodedata


def fold(name: str) -> str:
    """Return a brand, model or alias as it is compared: NFKC, single blanks, case folded."""
    return " ".join(unicodedata.normalize("NFKC", name).split()).casefold()
