"""Tables that fit the terminal: nothing in them is cut, and only sentences are wrapped, at blanks.

Where a table is too wide, empty columns go, then bars, then sentences wrap, and last each row
becomes a record of its own. Off a terminal it is as wide as it is. What is shown belongs elsewhere.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

SENTENCES = ("Why", "What to do", "What it means", "Example", "Quantities", "Reason")
"""Columns that may wrap; all others hold dates, states, numbers and keys."""
NARROWEST = 24
"""What a column of sentences is not wrapped below."""
GAP = "  "
BETWEEN = " · "
"""What parts of an example stand between: it wraps there, and not inside of them."""
MARK = "\\"
"""At the end of a line that goes on in the next: a key that is wider than the terminal."""

Cell = str | Text
_DIM = Style.parse("dim")


@dataclass(frozen=True)
class Sheet:
    """A table for people: columns named in `right` hold numbers, a `Text` is a bar."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    right: Sequence[str] = ()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        """Render it at the console's width."""
        if not console.is_terminal:
            yield from self._table(list(range(len(self.columns))), None)
            return
        width = options.max_width
        every = list(range(len(self.columns)))
        filled = [n for n in every if any(_plain(row[n]) for row in self.rows)] or every
        keys = [n for n in filled if not any(isinstance(row[n], Text) for row in self.rows)]
        for places in (every, filled, keys):
            if self._fits(places, self._widths(places), width):
                yield from self._table(places, None)
                return
        widest = self._narrowed(keys, width)
        yield from self._table(keys, widest) if widest else self._records(keys, width)

    def _widths(self, places: Sequence[int]) -> list[int]:
        """Return the width of each column, with nothing wrapped."""
        return [
            max([cell_len(self.columns[n]), *(cell_len(_plain(row[n])) for row in self.rows)])
            for n in places
        ]

    def _fits(self, places: Sequence[int], widths: Sequence[int], width: int) -> bool:
        return sum(widths) + len(GAP) * (len(places) - 1) <= width

    def _narrowed(self, places: Sequence[int], width: int) -> list[int] | None:
        """Return widths with heads and sentences wrapped, or None where that is not enough."""
        least = []
        for n in places:
            head = max(map(cell_len, self.columns[n].split()), default=0)
            cells = [_plain(row[n]) for row in self.rows]
            if not self._is_key(n):
                words = max((cell_len(one) for cell in cells for one in _words(cell)), default=0)
                whole = max(map(cell_len, cells), default=0)
                least.append(max(head, words, min(whole, NARROWEST)))
            else:
                least.append(max([head, *map(cell_len, cells)]))
        if not self._fits(places, least, width):
            return None
        room = width - sum(least) - len(GAP) * (len(places) - 1)
        widths = self._widths(places)
        # what is left goes to sentences, then to heads
        for at in sorted(range(len(places)), key=lambda at: self._is_key(places[at])):
            more = min(room, widths[at] - least[at])
            least[at] += more
            room -= more
        return least

    def _is_key(self, place: int) -> bool:
        """Return whether a column is never wrapped."""
        return self.columns[place] not in SENTENCES

    def _table(self, places: Sequence[int], widths: Sequence[int] | None) -> Iterator[Segment]:
        widths = widths or self._widths(places)
        for style, row in ((_DIM, self.columns), *((None, row) for row in self.rows)):
            wrapped = [
                [row[n]] if isinstance(row[n], Text) else _wrapped(str(row[n]), width)
                for n, width in zip(places, widths, strict=True)
            ]
            for line in range(max(map(len, wrapped), default=0)):
                cells = [lines[line] if line < len(lines) else "" for lines in wrapped]
                yield from self._line(cells, places, widths, style)

    def _line(
        self,
        cells: Sequence[Cell],
        places: Sequence[int],
        widths: Sequence[int],
        style: Style | None,
    ) -> Iterator[Segment]:
        segments = []
        for cell, n, width in zip(cells, places, widths, strict=True):
            blanks = " " * (width - cell_len(_plain(cell)))
            before, after = (blanks, "") if self.columns[n] in self.right else ("", blanks)
            own = Style.parse(str(cell.style)) if isinstance(cell, Text) else style
            segments += [Segment(before), Segment(_plain(cell), own), Segment(after), Segment(GAP)]
        while segments and not segments[-1].text.strip():
            segments.pop()
        yield from (*segments, Segment.line())

    def _records(self, places: Sequence[int], width: int) -> Iterator[Segment]:
        """Yield one row per block of lines, each with the name of its column."""
        head = max(cell_len(self.columns[n]) for n in places)
        for number, row in enumerate(self.rows):
            if number:
                yield Segment.line()
            for n in places:
                if not _plain(row[n]):
                    continue
                name = self.columns[n] + " " * (head - cell_len(self.columns[n])) + GAP
                room = width - cell_len(name)
                value = _plain(row[n])
                lines = [value] if self._is_key(n) else _wrapped(value, room)
                if max(map(cell_len, lines)) > room:  # on lines of its own, to the very edge
                    yield from (Segment(name.rstrip(), _DIM), Segment.line())
                    name = GAP
                    lines = [part for one in lines for part in _broken(one, width - len(GAP))]
                for line in lines:
                    yield from (Segment(name, _DIM), Segment(line), Segment.line())
                    name = " " * len(name)


def _plain(cell: Cell) -> str:
    return cell.plain if isinstance(cell, Text) else cell


def _words(text: str) -> list[str]:
    """Return the parts of a text that are never wrapped inside."""
    return text.split(BETWEEN) if BETWEEN in text else text.split()


def _wrapped(text: str, width: int) -> list[str]:
    """Return a text in lines of at most a width; a word that is wider has a line of its own."""
    if cell_len(text) <= width:
        return [text]
    between = BETWEEN if BETWEEN in text else " "
    lines = [""]
    for word in _words(text):
        line = f"{lines[-1]}{between}{word}" if lines[-1] else word
        if cell_len(line) <= width or not lines[-1]:
            lines[-1] = line
        else:
            lines.append(word)
    return lines


def _broken(text: str, width: int) -> list[str]:
    """Return a text in lines of at most a width, with a mark at each that goes on."""
    lines, begin, size, left = [], 0, 0, cell_len(text)
    for place, letter in enumerate(text):
        if begin + 1 <= place and left > width and size + cell_len(letter) > width - len(MARK):
            lines.append(text[begin:place] + MARK)
            begin, size, left = place, 0, left - size
        size += cell_len(letter)
    return [*lines, text[begin:]]
