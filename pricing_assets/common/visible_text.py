"""Characters that nobody sees, which turn, hide or break what stands around them, and text that
shows them. One rule for the terminal, the pages and the checks.

What an output cannot write at all belongs to the output.
"""

import unicodedata
from typing import Final

UNSEEN: Final = ("Cc", "Cf", "Zl", "Zp")
"""Control, format (bidi, zero width) and separator characters, as Unicode's categories; the pages'
script names the same."""


def is_unseen(char: str) -> bool:
    """Return whether nobody sees the character."""
    return unicodedata.category(char) in UNSEEN


class _Visible(dict[int, int | str]):
    """By code point, a character as it is shown: itself, or its code where nobody would see it."""

    def __missing__(self, code: int) -> int | str:
        self[code] = ascii(chr(code))[1:-1] if is_unseen(chr(code)) else code
        return self[code]


_VISIBLE: Final = _Visible({code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))})


def visible(text: str) -> str:
    r"""Return the text with each character that nobody sees as its code.

    >>> visible("a\u200bb\n")
    'a\\u200bb\\x0a'
    """
    return text.translate(_VISIBLE)
