"""What a user is advised to write for names without a price, and the command to run then.

Every line is printed whole, so that it can be pasted, and what is printed loads as it stands. What
would price a name is found in `pricing_assets.analysis.unpriced`.
"""

from collections.abc import Generator, Iterator, Sequence
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
from pricing_assets.rates.aliases import ALIAS_COLUMNS
from pricing_assets.rates.book_names import BUILT_IN, book_name
from pricing_assets.rates.brands import BRAND_COLUMNS, BRANDS_FILE
from pricing_assets.rates.rates_csv import RATE_COLUMNS, csv_line
from pricing_assets.report import HomeView

_ORGANIZATIONS = 3


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
    if name.offer is not None:
        reading, charges = name.offer.reading, _by_organization(name.offer.charges)
        parts += [
            f"the same model as {name.nearest!r} but for prefix, date, context or separators"
            if name.offer.proposal.brand is None
            else f"it means {reading.brand!r} {reading.model!r} ({reading.rule})",
            f"the line below would charge {credits(name.offer.credits)} credits ({charges})",
        ]
    elif name.held is not None:
        parts.append(f"{name.held}; add what is missing in a new card (`creditmill rates new`)")
    elif name.with_brand:
        parts.append(brand_wanted(name.model, name.with_brand))
    elif name.nearest is not None:
        parts.append(f"nearest printed name: {name.nearest} (is it the same?)")
    if not name.can_be_written:
        parts.append(
            "no line can price it: the name is blank, very long, or has characters that nobody sees"
        )
    return "; ".join(parts)


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
    books = list(run.settings.books)
    offers = [name.offer for name in names if name.offer is not None]
    for path in dict.fromkeys(offer.proposal.book for offer in offers):
        own = book_name(Path(path))
        if (copied := copy_of(path)) is not None:
            copy, command = copied
            yield f"copy the built-in price list: {command}"
            books[books.index(own)] = copy
        of_book = [offer for offer in offers if offer.proposal.book == path]
        for file, columns, of_file in (
            ("aliases.csv", ALIAS_COLUMNS, [offer.alias_line for offer in of_book]),
            (BRANDS_FILE, BRAND_COLUMNS, [offer.brand_line for offer in of_book]),
        ):
            written = list(dict.fromkeys(line for line in of_file if line is not None))
            has_file = (Path(path) / file).is_file()
            if not written:
                continue
            if own in BUILT_IN:
                yield f"and append to {copy}/{file}:"
            else:
                yield f"{'append to' if has_file else 'write'} {path}/{file}:"
            yield from ([] if has_file else [f"    {csv_line(*columns)}"])
            yield from (f"    {line}" for line in written)
    rest = [name for name in names if name.rate_lines]
    if rest:
        folder = yield from _extra_book(run, rest, "and for the others add" if offers else "add")
        books.append(folder)
    if books != list(run.settings.books):
        options = " ".join(f"--rates {quote(book)}" for book in books)
        yield f"then: creditmill run {options} --restate{home_option(run.home.path)}"
    elif offers:
        yield f"then: creditmill run{home_option(run.home.path)}"


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
        f"{start} a book, with the price in place of each '-' (as printed, they are not offered):"
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
