"""Instants as text, in every spelling, at every door by which they come in."""

import ast
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.cli.commands import charges
from pipelines.cli.estimate_options import PriceOptions
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.common.instants import is_no_end, parse_instant
from pricing_assets.contract.usage_dates import Span, read_spans
from pricing_assets.rates import new_card
from pricing_assets.rates.agreements import COLUMNS, FOREVER, load_agreements
from pricing_assets.rates.card import read_card
from pricing_assets.rates.findings import Finding
from tests.support.workspace import write_card

ROOT = Path(__file__).parents[2]
SPELLINGS = {
    "2026-03-01T00:00:00Z": datetime(2026, 3, 1, tzinfo=UTC),
    "2026-03-01T00:00:00+00:00": datetime(2026, 3, 1, tzinfo=UTC),
    "2026-03-01T05:30:00+05:30": datetime(2026, 3, 1, tzinfo=UTC),
    "2026-02-28T19:00:00-05:00": datetime(2026, 3, 1, tzinfo=UTC),
    "2026-03-01T00:00:00.000001Z": datetime(2026, 3, 1, 0, 0, 0, 1, tzinfo=UTC),
    "0001-01-01T00:00:00Z": datetime(1, 1, 1, tzinfo=UTC),
    "9999-12-31T00:00:00Z": datetime(9999, 12, 31, tzinfo=UTC),
}
OUTSIDE = ("0001-01-01T00:00:00+14:00", "9999-12-31T23:00:00-05:00")
WRONG = dict.fromkeys(OUTSIDE, "lies outside the years 1 to 9999") | {
    "tomorrow": "is not an instant",
    "2026-13-01T00:00:00Z": "is not an instant",
    "10000-01-01T00:00:00Z": "is not an instant",
}
WITHOUT_OFFSET = "2026-03-01T00:00:00"


def valid_from(text: str, folder: Path) -> datetime:
    """By a line of agreements.csv."""
    file, findings = folder / "agreements.csv", list[Finding]()
    file.write_text(f"{','.join(COLUMNS)}\na,acme,*,*,*,*,*,0.1,,{text},\n")
    read = load_agreements(file, findings)
    if findings:
        raise ConfigurationError(str(findings[0]))
    return read[0].valid_from


def effective_from(text: str, folder: Path) -> datetime:
    """By a card, where TOML takes the text for an instant."""
    book, findings = write_card(folder, effective_from=text), list[Finding]()
    card = read_card(book, book / "card first", findings)
    if card is None:
        raise ConfigurationError(str(findings[0]))
    return card.effective_from


def pinned(text: str, _: Path) -> datetime:
    """By the spans of a manifest."""
    ((span),) = read_spans([[text, text]])
    assert isinstance(span, Span)
    return span.start


Door = Callable[[str, Path], datetime]
DOORS: dict[str, Door] = {
    "agreements.csv": valid_from,
    "card.toml": effective_from,
    "rates new --effective": lambda text, _: new_card.instant(text, "--effective"),
    "charges --as-known-at": lambda text, _: charges.instant(text),
    "estimate --at": lambda text, _: PriceOptions(at=text).instant(),
    "manifest.json": pinned,
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("text", SPELLINGS)
def test_every_spelling_is_read_alike(text: str, door: str, tmp_path: Path) -> None:
    read = DOORS[door](text, tmp_path)
    assert (read, read.tzinfo) == (SPELLINGS[text], UTC)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_instant_is_a_named_error(text: str, door: str, tmp_path: Path) -> None:
    of_toml = door == "card.toml" and text not in OUTSIDE
    with pytest.raises((ConfigurationError, ValueError)) as error:
        DOORS[door](text, tmp_path)
    assert ("not valid TOML" if of_toml else WRONG[text]) in str(error.value)


@pytest.mark.parametrize("door", DOORS)
def test_without_an_offset_only_what_is_typed_is_utc(door: str, tmp_path: Path) -> None:
    if door in ("charges --as-known-at", "estimate --at"):
        assert DOORS[door](WITHOUT_OFFSET, tmp_path) == SPELLINGS["2026-03-01T00:00:00Z"]
        return
    with pytest.raises((ConfigurationError, ValueError), match="has no offset"):
        DOORS[door](WITHOUT_OFFSET, tmp_path)


def test_an_end_that_nobody_lives_to_see_is_none(tmp_path: Path) -> None:
    for text in ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59-05:00"):
        assert is_no_end(text)
        file = tmp_path / "agreements.csv"
        file.write_text(f"{','.join(COLUMNS)}\na,acme,*,*,*,*,*,0.1,,2026-01-01T00:00Z,{text}\n")
        assert load_agreements(file, [])[0].valid_to == FOREVER
    assert not is_no_end("2026-03-01T00:00:00Z")


def test_nobody_else_reads_instants() -> None:
    """A date may be read anywhere; an instant is read by `parse_instant`."""
    found = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for package in ("pricing_assets", "pipelines")
        for file in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Attribute)
        and ast.unparse(node) in ("datetime.fromisoformat", "datetime.strptime")
        and file.name != "instants.py"
    ]
    assert found == []
    assert parse_instant("2026-03-01", naive_is_utc=True) == SPELLINGS["2026-03-01T00:00:00Z"]
