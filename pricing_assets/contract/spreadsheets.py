"""Which text a spreadsheet does not keep as it stands when it opens a CSV: it would run it as a
formula, or read it as a number, a date, a time, a truth value or an error.

One set of patterns for the exports (RE2 in DuckDB) and for the pages (the browser's). How a cell is
then written belongs to them: a `'` before it.
"""

from typing import Final

from pricing_assets.contract.usage_log import BLANKS

_BLANK: Final = f"[{BLANKS}]*"
_MONTHS: Final = (
    *("jan(?:uary)?", "feb(?:ruary)?", "mar(?:ch|s)?", "apr(?:il)?", "may", "jun", "july?"),
    *("aug(?:ust)?", "sept?(?:ember)?", "oct(?:ober)?", "nov(?:ember)?", "dec(?:ember)?"),
    *("jän", "ene", "gen", "fév", "fev", "mär", "mrz", "mrt", "avr", "abr", "mai", "mag", "mei"),
    *("juin", "giu", "juil", "lug", "aoû", "ago", "set", "okt", "ott", "out", "déc", "dez", "dic"),
)
"""English, and the short names of Europe's larger languages; `june` is `jun` and an `e`. No part is
made of others, so that no text can be read in many ways."""
_LETTERS: Final = ("e", "ｅ", "a", "p", "am", "pm", *"年月日時时分秒")
_SIGNS: Final = r"\p{Nd}\p{Sc}\p{Pd}\p{Zs}\s.,:/\\+%‰()'’"

RUN: Final = rf"^{_BLANK}[=+\-@＝＋－＠\t\r]"
"""Text that begins, after blanks, as a formula does."""
WORDS: Final = (
    rf"^{_BLANK}(?:true|false|wahr|falsch|vrai|faux|verdadero|falso|vero|waar|onwaar"
    rf"|verdadeiro|#n/a|#[a-z0/]+[!?]){_BLANK}$"
)
"""Text that is a truth value or an error."""
DIGIT: Final = r"\p{Nd}"
PARTS: Final = rf"^(?:[{_SIGNS}]|{'|'.join((*_MONTHS, *_LETTERS))})+$"
"""Text that, where it holds a DIGIT, may be a number, an amount, a date or a time."""
PATTERNS: Final = {"run": RUN, "words": WORDS, "digit": DIGIT, "parts": PARTS}
"""Each is matched without regard to case."""
