"""`creditmill rates check`: a rate book, and what the linter finds in it."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from pipelines import settings
from pipelines.cli import output
from pipelines.cli.options import Json, named_home
from pricing_assets import rates
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.home import Home
from pricing_assets.lint import linter as lint
from pricing_assets.lint.coverage import Coverage
from pricing_assets.lint.linter import RULES, LintResult
from pricing_assets.rates.agreements import FOREVER
from pricing_assets.rates.findings import Finding


def command(
    book: Path,
    /,
    *,
    home: Annotated[
        Path | None,
        Parameter(help="Hold the book against this home's published reports and usage, too."),
    ] = None,
    threshold: Annotated[
        str, Parameter(help="Name prices that change by a larger share from card to card.")
    ] = "0.5",
    json: Json = False,
) -> int:
    """Check a rate book. Exit 1 on errors.

    For example:
        creditmill rates check my_rates
        creditmill rates check my_rates --home home

    Each finding names file, line and rule, and why the rule matters.

    Parameters
    ----------
    book
        The folder of rate cards.
    """
    beside = None if home is None else named_home(settings.load(home=home)).require()
    return check_book(book, beside, threshold, as_json=json)


NO_CARD = (
    "The book has no card, so agreements and names are not held against prices;"
    " --home HOME compares them with the cards that a home uses."
)
STYLES = {"error": "bold red", "warning": "yellow", "note": "dim"}


def check_book(book: Path, home: Home | None, threshold: str, *, as_json: bool) -> int:
    """Show the cards of a book and every finding, worst first; return 1 where any is an error."""
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
            output.OUT.print(f"    {output.harmless(finding)}")
    if checked.coverage is not None:
        output.OUT.print(f"\n{_said(checked.coverage)}")
    if not listed and home is None:
        output.OUT.print(f"\n{NO_CARD}")
    output.OUT.print(f"{output.harmless(folder)}: {_verdict(checked)}")
    return int(bool(checked.count("error")))


def _share(text: str) -> Decimal:
    try:
        share = Decimal(text)
    except InvalidOperation:
        share = Decimal(-1)
    if not share.is_finite() or share < 0:
        raise ConfigurationError(f"--threshold {text} must be a share like 0.5")
    return share


def _cards(checked: LintResult) -> Iterable[dict[str, Any]]:
    """Return one dict per card in force, in order."""
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
        f"Coverage: {coverage.priced_names:,} of {output.counted(coverage.names, 'observed name')}"
        f" ({coverage.share(coverage.priced_names, coverage.names)} %) and"
        f" {coverage.priced_events:,} of {output.counted(coverage.events, 'event')}"
        f" ({coverage.share(coverage.priced_events, coverage.events)} %) have a price."
    )


def _verdict(checked: LintResult) -> str:
    if not checked.findings:
        return "no rule is broken."
    counts = [(name, checked.count(name)) for name in lint.SEVERITIES]
    subjects = ", ".join(output.counted(count, name) for name, count in counts if count)
    return f"{subjects}." if checked.count("error") else f"no errors; {subjects}."
