"""How `rates check` and `rates new` show what the linter found and what became of a new card.

What is found and written is decided by `lint` and `new_card`, options belong to `pricing`.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from itertools import groupby
from pathlib import Path
from typing import Any

from pipelines.cli import output
from pricing_assets import rates
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.contract.names import Finding
from pricing_assets.home import Home
from pricing_assets.lint import linter as lint
from pricing_assets.lint.coverage import Coverage
from pricing_assets.lint.linter import RULES, Checked
from pricing_assets.rates import new_card as cards
from pricing_assets.rates.agreements import FOREVER
from pricing_assets.rates.new_card import Made, Wanted
from pricing_assets.rates.price_changes import Applied
from pricing_assets.rates.rates_csv import Rate

STYLES = {"error": "bold red", "warning": "yellow", "note": "dim"}


def check_book(book: Path, home: Home | None, threshold: str, as_json: bool) -> int:
    """The cards of a book and every finding, worst first; 1 where any is an error."""
    folder = rates.book_folder(str(book))
    checked = lint.check(folder, _share(threshold), home)
    listed = list(_cards(checked))
    if as_json:
        output.print_json(
            {
                "book": str(folder),
                "findings": [_found(finding) for finding in checked.findings],
                "counts": {name: checked.count(name) for name in lint.SEVERITIES},
                "coverage": checked.coverage and _covered(checked.coverage),
                "cards": listed,
            }
        )
        return int(bool(checked.count("error")))
    columns = ("Card", "In force from", "to", "Published", "Rates", "Not offered", "Aliases")
    rows = [tuple("" if cell is None else cell for cell in card.values()) for card in listed]
    if rows:
        output.OUT.print(output.table(columns, rows, right=columns[4:]))
    for rule, findings in groupby(checked.findings, key=lambda finding: RULES[finding.rule]):
        output.OUT.print(
            f"\n[{STYLES[rule.severity]}]{rule.severity}[/] [bold]{rule.name}[/]: {rule.why}"
        )
        for finding in findings:
            output.OUT.print(f"    {output.harmless(finding)}", soft_wrap=True)
    if checked.coverage is not None:
        output.OUT.print(f"\n{_said(checked.coverage)}")
    output.OUT.print(f"{output.harmless(folder)}: {_verdict(checked)}", soft_wrap=True)
    return int(bool(checked.count("error")))


def _share(text: str) -> Decimal:
    try:
        share = Decimal(text)
    except InvalidOperation:
        share = Decimal(-1)
    if not share.is_finite() or share < 0:
        raise ConfigurationError(f"--threshold {text} must be a share like 0.5")
    return share


def _cards(checked: Checked) -> Iterable[dict[str, Any]]:
    """One dict per card in force, in order."""
    for held, force in checked.rates.in_force():
        yield {
            "id": force.card.id,
            "in_force_from": force.valid_from,
            "in_force_to": None if force.valid_to == FOREVER else force.valid_to,
            "published_at": force.card.published_at,
            "rates": len(force.card.rates),
            "not_offered": sum(rate.credits is None for rate in force.card.rates),
            "aliases": len(held.aliases),
        }


def _found(finding: Finding) -> dict[str, Any]:
    rule = RULES[finding.rule]
    return {
        "file": str(finding.file),
        "line": finding.line,
        "rule": rule.name,
        "severity": rule.severity,
        "message": finding.message,
        "why": rule.why,
    }


def _covered(coverage: Coverage) -> dict[str, Any]:
    counted = {key: value for key, value in coverage.__dict__.items() if key != "unpriced"}
    unpriced = [{**row.__dict__, "dates": sorted(row.dates)} for row in coverage.unpriced]
    return {**counted, "unpriced": unpriced}


def _said(coverage: Coverage) -> str:
    return (
        f"Coverage: {coverage.priced_names:,} of {coverage.names:,} observed names"
        f" ({coverage.share(coverage.priced_names, coverage.names)} %) and"
        f" {coverage.priced_events:,} of {coverage.events:,} events"
        f" ({coverage.share(coverage.priced_events, coverage.events)} %) have a price."
    )


def _verdict(checked: Checked) -> str:
    if not checked.findings:
        return "no rule is broken."
    counts = [(name, checked.count(name)) for name in lint.SEVERITIES]
    said = ", ".join(
        f"{count:,} {name}{'s' if count > 1 else ''}" for name, count in counts if count
    )
    return f"{said}." if checked.count("error") else f"no errors; {said}."


def new_card(
    book: Path | None, books: Sequence[str] | None, source: str, wanted: Wanted, as_json: bool
) -> int:
    """Write a complete card to edit, and say what its list of changed prices did."""
    folder = _book_of(book, books, source)
    made = cards.make(folder, source, wanted)
    if as_json:
        output.print_json(_made(made))
        return 0
    if made.applied:
        columns = ("Line", "Did", "Service", "Brand", "Model", "Key mode", "Meter", "Before", "Now")
        rows = [tuple(_did(one).values()) for one in made.applied]
        output.OUT.print(output.table(columns, rows, right=("Line", "Before", "Now")))
    card = made.card
    prices = f"{len(card.rates):,} prices"
    if made.applied:
        prices += (
            f", {made.count('changed'):,} changed, {made.count('added'):,} added,"
            f" {made.kept:,} as in {made.source.id!r}"
        )
    if same := made.count("same"):
        output.warn(f"{same:,} of the listed prices changed nothing: the card had them so")
    said = f"{card.folder}: card {card.id!r}, from {card.effective_from.isoformat()}: {prices}"
    output.OUT.print(output.harmless(said), soft_wrap=True)
    output.OUT.print(f"    creditmill rates check {output.harmless(folder)}", soft_wrap=True)
    return 0


def _book_of(book: Path | None, books: Sequence[str] | None, source: str) -> Path:
    """The book that the new card goes into; it must be a folder of the user's."""
    if book is not None:
        folder = book
    elif (Path(source) / "card.toml").is_file():
        folder = Path(source).parent
    elif books is not None and len(books) > 1:
        raise ConfigurationError(f"there are books {', '.join(books)}; name one with --book")
    else:
        folder = Path((books or rates.BUILT_IN[:1])[0])
    if not folder.is_dir():
        raise ConfigurationError(
            f"{folder} is no folder of rate cards; name yours with --book, or start one with"
            f" `creditmill rates init {folder.name}`"
        )
    return folder


def _did(one: Applied) -> dict[str, Any]:
    rate = one.rate
    return {
        "line": one.line,
        "did": one.did,
        "service": rate.service,
        "brand": rate.brand,
        "model": rate.model,
        "key_mode": rate.key_mode,
        "meter": rate.meter,
        "before": "" if one.before is None else _price(one.before),
        "now": _price(rate),
    }


def _price(rate: Rate) -> str:
    return "-" if rate.credits is None else f"{rate.credits:f}"


def _made(made: Made) -> dict[str, Any]:
    return {
        "folder": str(made.card.folder),
        "id": made.card.id,
        "effective_from": made.card.effective_from,
        "published_at": made.card.published_at,
        "from": made.source.id,
        "prices": len(made.card.rates),
        "changed": made.count("changed"),
        "added": made.count("added"),
        "kept": made.kept,
        "changes": [_did(one) for one in made.applied],
    }
