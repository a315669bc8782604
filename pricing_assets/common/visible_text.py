"""Characters that nobody sees, which turn, hide or break what stands around them, and text that
shows them. One rule for the terminal, the pages and the checks.

What an output cannot write at all belongs to the output.
"""

import unicodedata
from typing import Final

UNSEEN: Final = ("Cc", "Cf", "Zl", "Zp")
"""Control, format (bidi, zero width) and separator characters, as Unicode's categories; the pages'
script names the same."""
UNSEEN_BESIDE: Final = (
    *((0x034F, 0x034F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x2065, 0x2065)),
    *((0x2800, 0x2800), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8)),
    (0xE0000, 0xE0FFF),
)
"""First and last code points of others: those that Unicode calls default ignorable (joiners, fillers,
variation selectors, tags), and the blank of Braille; the pages' script names the same."""
_BESIDE: Final = frozenset(
    chr(code) for first, last in UNSEEN_BESIDE for code in range(first, last + 1)
)


def is_unseen(char: str) -> bool:
    """Return whether nobody sees the character."""
    return unicodedata.category(char) in UNSEEN or char in _BESIDE


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
