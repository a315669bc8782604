"""How results look: tables to standard output, problems to standard error. Steps are in `steps`.

Nothing is decided here. `NO_COLOR` and pipes are honoured by Rich.
"""

import io
import json
import re
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.text import Text

from pipelines.cli.hints import with_home
from pipelines.cli.sheets import Sheet
from pricing_assets.common import visible_text
from pricing_assets.common.decimals import EXACT
from pricing_assets.common.text import counted as counted

PIPE_WIDTH = 1_000_000
"""Columns where there is no terminal: nothing is wrapped for a file or a pipe."""
LONGEST_CELL = 1_000
"""Characters of the longest text that a table shows whole."""


_SIGN = 2
"""Columns of a sign and the blank after it, as in `! `."""


class _Console(Console):
    """A console that wraps at blanks and never inside of a word, such as a path to be copied."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Print as Rich does, with nothing folded or cut."""
        if not options.get("soft_wrap"):
            width = self.width
            objects = tuple(
                at_blanks(self.render_str(one), width) if isinstance(one, str) else one
                for one in objects
            )
        super().print(*objects, **(options | {"soft_wrap": True}))


def at_blanks(text: Text, width: int) -> Text:
    """Return the text in lines of at most a width; a longer word has a line of its own, with the sign that
    a message begins with."""
    lines: list[Text] = []
    for line in text.split("\n", allow_blank=True):
        size, breaks = 0, []
        for word in re.finditer(r"^\s*\S+\s*|\S+\s*", line.plain):
            if size > _SIGN and size + cell_len(word[0].rstrip()) > width:
                breaks.append(word.start())
                size = 0
            size += cell_len(word[0])
        lines += line.divide(breaks)
    for line in lines[:-1]:
        line.rstrip()
    return Text("\n").join(lines)


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream is not None and stream.isatty() else PIPE_WIDTH
    return _Console(stderr=stderr, highlight=False, width=width)


OUT = _console(stderr=False)
ERR = _console(stderr=True)

BAR = 24


def replace_what_cannot_be_written() -> None:
    """Let both outputs write a character that their encoding lacks by its code, and never fail:
    cron's locale, PYTHONIOENCODING, a name that is not UTF-8."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def sign(best: str, plain: str) -> str:
    """Return a sign, or its plain form where the output cannot write it."""
    return best if ERR.encoding.startswith("utf") else plain


def visible(text: object) -> str:
    """Return text from data, with what would move a terminal's cursor or turn its lines made
    visible."""
    return "" if text is None else visible_text.visible(str(text))


def harmless(text: object) -> str:
    """Return the same for a message with Rich's markup."""
    return escape(visible(text))


CENT = Decimal("0.01")
DIGITS = 4


def for_people(amount: Decimal) -> Decimal:
    """Return an amount rounded half to even to two decimals, below 0.01 to four digits that count.

    >>> for_people(Decimal("16.995000000")), for_people(Decimal("0.000059412"))
    (Decimal('17.00'), Decimal('0.00005941'))
    """
    if not amount or abs(amount) >= CENT:
        return EXACT.quantize(amount, CENT)
    last = Decimal(1).scaleb(amount.adjusted() - DIGITS + 1)
    return EXACT.quantize(amount, last) if last > Decimal(1).scaleb(_last(amount)) else amount


def _last(amount: Decimal) -> int:
    return int(amount.as_tuple().exponent)


def _amount(value: Decimal) -> Decimal:
    """Return an amount as it is shown: rounded on a terminal, exact in files and pipes."""
    stream = sys.stdout
    return for_people(value) if stream is not None and stream.isatty() else value


def exact(amount: Decimal | None) -> str:
    """Return an amount with every decimal, on a terminal too: where it proves something."""
    return "" if amount is None else f"{amount:,f}"


def number(value: int | Decimal | None) -> str:
    """Return a number for people, thousands apart; an amount is rounded on a terminal only."""
    if value is None:
        return ""
    return f"{_amount(value):,f}" if isinstance(value, Decimal) else f"{value:,}"


def percent(before: Decimal, difference: Decimal) -> str:
    """Return a difference as a share of what was before, with sign and one decimal; nothing where that
    was 0."""
    if not before:
        return ""
    share = EXACT.divide(EXACT.multiply(difference, Decimal(100)), before)
    return f"{EXACT.quantize(share, Decimal('0.1')):+,f} %"


NOTABLE = Decimal("0.05")
"""The share of quarantined rows above which a date's state says so."""


def with_quarantine(state: str, quarantined: int, rows: int) -> str:
    """Return a date's state, with the share of its rows in quarantine where that is notable; only all of
    them are 100 %."""
    if rows == 0 or quarantined <= NOTABLE * rows:
        return state
    share = round(Fraction(100 * quarantined, rows))
    return f"{state}, {min(share, 99) if quarantined < rows else 100} % quarantined"


def signed(value: Decimal | None) -> str:
    """Return a difference with its sign, like +1,250.50; rounded on a terminal only."""
    return "" if value is None else f"{_amount(value):+,f}"


def print_json(value: Any) -> None:
    """Print a value as JSON; decimals are strings."""
    is_unicode = OUT.encoding.startswith("utf")
    text = json.dumps(value, indent=2, default=_plain, ensure_ascii=not is_unicode)
    sys.stdout.write(text.encode("utf-8", "backslashreplace").decode() + "\n")


def by_date(amounts: Mapping[date, Decimal]) -> dict[str, Decimal]:
    """Return amounts by date, for JSON."""
    return {day.isoformat(): amount for day, amount in amounts.items()}


def _plain(value: object) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def table(
    columns: Sequence[str], rows: Sequence[Sequence[object]], right: Sequence[str] = ()
) -> Sheet:
    """Return a plain table; columns named in `right` hold numbers, and a text beyond all reason is cut."""
    cells = [[cell if isinstance(cell, Text) else _cell(cell) for cell in row] for row in rows]
    return Sheet(columns, cells, right)


def _cell(value: object) -> str:
    """Return a value as it stands in a table: one odd id of 300 kB would make each row as wide as that."""
    text = visible(value)
    if len(text) <= LONGEST_CELL:
        return text
    size = counted(len(text), "character")
    return f"{text[: LONGEST_CELL // 10]}… ({size}, all of it in --json)"


def corrected(booked: Mapping[date, Decimal], whose: str = "") -> None:
    """Print what is not in the usage shown: bookings for closed dates, by date."""
    for day, credits in booked.items():
        OUT.print(
            f"Not in it: {signed(credits)} credits booked{harmless(whose)} after {day} was closed,"
            " in the table corrections."
        )


def bar(share: Decimal) -> Text:
    """Return a bar as long as the share, from 0 to 1."""
    return Text(sign("━", "=") * int(share * BAR + Decimal("0.5")), style="blue")


def problem(text: str) -> None:
    """Print one problem, with what to do about it."""
    ERR.print(f"[bold red]{sign('✗', 'x')}[/] {harmless(with_home(text))}")


def warn(text: str, to: Console = ERR) -> None:
    """Print one thing to know, which stops nothing."""
    to.print(f"[yellow]![/] {harmless(with_home(text))}")


def verbatim(text: str, to: Console = ERR) -> None:
    """Print one line to paste: never folded."""
    to.print(harmless(with_home(text)), soft_wrap=True)


def say(text: str) -> None:
    """Print one line about the run, which may be a command to paste: never folded."""
    ERR.print(text, soft_wrap=True)


def counts(by_name: Mapping[str, int]) -> str:
    """Return counts by name, largest first: `9 bad_quantity, 3 no_rate`."""
    ordered = sorted(by_name.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{rows:,} {name}" for name, rows in ordered)
