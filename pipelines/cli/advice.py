"""What a user is advised to write for names without a price, and the command to run then: by a run,
`sources check` and `names propose` in the same words.

Every line is printed whole, so that it can be pasted, and what is printed loads as it stands. What
would price a name is found in `pricing_assets.rates.lookup`.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from shlex import quote

from rich.console import Console

from pipelines.cli import output
from pipelines.cli.hints import home_option
from pricing_assets.analysis.unpriced_name import Unpriced
from pricing_assets.common.decimals import exact_sum
from pricing_assets.rates.book_names import BUILT_IN, book_name
from pricing_assets.rates.lookup import NameLookup
from pricing_assets.rates.offers import Addition, additions
from pricing_assets.rates.rates_csv import RATE_COLUMNS, csv_line
from pricing_assets.report import HomeView

_ORGANIZATIONS = 3
NAMES_SHOWN = 100
"""Names without a price that are shown; JSON has them all."""


def show_advice(
    run: HomeView, names: Sequence[Unpriced], most: int, to: Console = output.ERR
) -> None:
    """Show what is at risk, the first names with what is known of each, and what to write."""
    if not names:
        return
    known = [name for name in names if name.most_credits is not None]
    least = exact_sum(name.least_credits or Decimal(0) for name in known)
    greatest = exact_sum(name.most_credits or Decimal(0) for name in known)
    others = f"; {len(names) - len(known):,} of services without any price" * (known != names)
    output.warn(
        f"{output.counted(len(names), 'name')} without a price: {credits(least)} to"
        f" {credits(greatest)} credits at risk on all dates, by the cheapest and the dearest price"
        f" of its kind{others}",
        to,
    )
    shown = names[:most]
    for name in shown:
        output.warn(describe(name), to)
    if len(names) > most:
        more = output.counted(len(names) - most, "more name")
        output.verbatim(f"  {more}: creditmill quarantine --json{home_option(run.home.path)}", to)
    for line in lines(run, shown):
        output.verbatim(f"    {line}", to)


def credits(value: Decimal) -> str:
    """Return credits for people: exact, with at least two decimals."""
    whole, _, decimals = f"{value:,f}".partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"


def describe(name: Unpriced) -> str:
    """Return in words a name, its rows, the credits at risk, and what is known of it."""
    parts = [
        f"no price for {name.service} {name.brand!r} {name.model!r},"
        f" {output.counted(name.rows, 'row')}"
    ]
    if name.least_credits is not None and name.most_credits is not None:
        parts[0] += (
            f", {credits(name.least_credits)} to {credits(name.most_credits)} credits at risk"
        )
    parts += meaning(name.model, name.found)
    if name.by_next_run is not None:
        total = credits(exact_sum(name.by_next_run.values()))
        of_each = _by_organization(name.by_next_run)
        parts[1:] = [
            "the rate books price it already",
            f"`creditmill run` would charge {total} credits ({of_each})",
        ]
    elif name.offer is not None:
        of_each = _by_organization(name.offer.charges)
        parts.append(
            f"the line below would charge {credits(name.offer.credits)} credits ({of_each})"
        )
    if not name.can_be_written:
        parts.append(
            "no line can price it: the name is blank, very long, or has characters that nobody"
            " sees; have its log sent again with the model's name"
        )
    return "; ".join(parts)


def meaning(model: str, found: NameLookup) -> list[str]:
    """Return in words, in parts, what is known of a name without a price; none where nothing is."""
    if found.offer is not None:
        reading = found.offer.reading
        if found.offer.proposal.brand is None:
            return [
                f"the same model as {found.nearest!r} but for prefix, date, context or separators"
            ]
        return [f"it means {reading.brand!r} {reading.model!r} ({reading.rule})"]
    if found.held is not None:
        return [found.held]
    if found.with_brand:
        return [brand_wanted(model, found.with_brand)]
    if found.nearest is not None:
        return [f"nearest printed name: {found.nearest} (is it the same?)"]
    return []


def brand_wanted(model: str, with_brand: Sequence[tuple[str, str]]) -> str:
    """Return in words what would price a name without a brand, by the names that it is with one."""
    printed = " or ".join(" ".join(one) for one in with_brand)
    return (
        f"the log names no brand, and cards print it as {printed}; let its writer say which, or its source:"
        f' brand = {{ path = …, map = {{ "{model}" = "{with_brand[0][0]}" }} }}'
    )


def _by_organization(charges: dict[str, Decimal]) -> str:
    ordered = sorted(charges.items(), key=lambda item: (-item[1], item[0]))
    amounts = [f"{org_id} {credits(value)}" for org_id, value in ordered[:_ORGANIZATIONS]]
    if len(ordered) > _ORGANIZATIONS:
        rest = exact_sum(value for _, value in ordered[_ORGANIZATIONS:])
        amounts.append(f"{len(ordered) - _ORGANIZATIONS:,} more {credits(rest)}")
    return ", ".join(amounts)


def lines(run: HomeView, names: Sequence[Unpriced]) -> Iterator[str]:
    """Yield what to write and run: aliases, an extra book for the other names, the command."""
    offers = [name.offer for name in names if name.offer is not None]
    written = additions(offers)
    for step in steps(written):
        yield step.instruction
        yield from (f"    {line}" for line in step.lines)
    rest = [name for name in names if name.rate_lines]
    more = []
    if rest:
        start = "and for the others add" if offers else "add"
        more.append((yield from _extra_book(run, rest, start)))
    if rest or offers:
        yield run_command(run, written, more)


def run_command(run: HomeView, written: Sequence[Addition], more: Sequence[str] = ()) -> str:
    """Return the command to run once the lines are written: with copies in place of built-in books,
    and with more books."""
    copies = {book_name(book): copy for book, (copy, _) in copies_of(written).items()}
    books = [*(copies.get(book, book) for book in run.settings.books), *more]
    options = "".join(f" --rates {quote(book)}" for book in books) + " --restate"
    changed = options * (books != list(run.settings.books))
    return f"then: creditmill run{changed}{home_option(run.home.path)}"


@dataclass(frozen=True)
class AdviceStep:
    """What to do, and the lines to write."""

    instruction: str
    file: Path | None = None
    lines: list[str] = field(default_factory=list)


def steps(written: Sequence[Addition]) -> Iterator[AdviceStep]:
    """Yield how lines of names are written: the copy of a built-in book first, then file by file,
    a new one with its header."""
    copies = copies_of(written)
    for book in dict.fromkeys(one.file.parent for one in written):
        copied = copies.get(book)
        if copied is not None:
            yield AdviceStep(f"copy the built-in price list: {copied[1]}")
        for one in written:
            if one.file.parent == book:
                verb = "append to" if one.file.is_file() else "write"
                file = one.file if copied is None else Path(copied[0], one.file.name)
                yield AdviceStep(f"{'and ' * (copied is not None)}{verb} {file}:", file, one.text)


def copies_of(written: Sequence[Addition]) -> dict[Path, tuple[str, str]]:
    """Return, by its folder, the copy of each built-in book that lines are to be written to, and the
    command that makes it."""
    books = dict.fromkeys(one.file.parent for one in written)
    return {book: copied for book in books if (copied := copy_of(str(book))) is not None}


def copy_of(path: str) -> tuple[str, str] | None:
    """Return a folder for a copy of a built-in book, and the command that makes it; None for a book of
    the user's. What is inside the installed package goes with its next version."""
    own = book_name(Path(path))
    if own not in BUILT_IN:
        return None
    if own == BUILT_IN[0]:
        copy = _free("my_rates")
        return copy, f"creditmill rates init {copy}"
    copy = _free("my_sample_rates")
    return copy, f"cp -r {quote(path)} {copy}"


def _free(folder: str) -> str:
    """Return the folder's name, with the next free number where something has that name."""
    return next(name for name in _numbered(folder) if not Path(name).exists())


def _numbered(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}-{number}" for number in count(2))


def _extra_book(run: HomeView, names: Sequence[Unpriced], start: str) -> Generator[str, None, str]:
    """Yield lines of a book that prices the names, and return its folder; it loads as printed, and
    then offers none of them."""
    since = f"{min(name.first_used for name in names):%Y-%m-%d}"
    cards = [card for book in run.rates.books for card in book.cards]
    ids = {card.id for card in cards}
    card_id = next(one for one in _numbered(f"extra-{since}") if one not in ids)
    usd = max(cards, key=lambda card: card.order).usd_per_credit if cards else Decimal("0.01")
    folder = _free("extra_rates")
    yield (
        f"{start} a book, with the price in place of each '-' before the first run with it (as printed,"
        " they are not offered; once it was used, only a new card prices them, `creditmill rates new`):"
        f" {folder}/{since}/card.toml"
    )
    yield f'    id = "{card_id}"'
    yield f"    effective_from = {since}T00:00:00Z"
    yield f"    published_at = {datetime.now(UTC):%Y-%m-%d}T00:00:00Z"
    yield f'    usd_per_credit = "{usd:f}"'
    yield f"and {folder}/{since}/rates.csv"
    yield f"    {csv_line(*RATE_COLUMNS)}"
    for name in names:
        yield from (f"    {line}" for line in name.rate_lines)
    return folder
