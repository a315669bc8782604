"""Data Docs: the suite, and what it said of each usage date, as pages that need no network.

They show what is stored beside the manifests, and judge nothing. The templates of Great Expectations
load theirs from the network.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from pricing_assets.checks import results, suite
from pricing_assets.common import files
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.home import Home, presence
from pricing_assets.home.check_rule import BLOCKS, Rule
from pricing_assets.home.manifests import BlockedAttempt, Correction, Report
from pricing_assets.home.targets import make_target
from pricing_assets.pages import assets as page_assets
from pricing_assets.pages.templating import environment

INDEX = "index.html"
WRITTEN_BY = 'content="creditmill checks docs"'
"""Stands in every page, and tells one from another file of its name."""


@dataclass(frozen=True)
class Result:
    """What was found of one rule on one date."""

    rule: Rule
    faults: int
    rows: list[str]

    @property
    def blocks(self) -> bool:
        """Whether the rule blocks a date that breaks it."""
        return self.rule.severity == BLOCKS


@dataclass(frozen=True)
class Validation:
    """What was found of one date: of the version in force, a correction, or a blocked attempt."""

    usage_date: date
    what: str
    published_at: str
    is_blocked: bool
    results: list[Result]

    @property
    def broken(self) -> list[Result]:
        """The rules with a fault."""
        return [one for one in self.results if one.faults]


@dataclass
class RuleSummary:
    """One rule over all dates: how many were checked by it, and on which it found faults."""

    rule: Rule
    checked: int = 0
    with_faults: list[date] = field(default_factory=list)


def write(home: Home, target: Path) -> tuple[Path, int]:
    """Write the pages of all dates into a folder; returns the first page, and how many dates.

    ConfigurationError where nothing is published, or the folder lies in the home, cannot be written or
    holds other pages; DamagedHome where something is lost.
    """
    presence.require_whole(home)
    of_dates = {day: list(validations(home, day)) for day in home.dates()}
    if not of_dates:
        raise ConfigurationError(f"nothing is published in {home.path}; `creditmill run` does it")
    _open_folder(home, target)
    dates = target / "dates"
    pages = {target / "page.css": page_assets.style()}
    about = {"suite": suite.NAME, "written_by": WRITTEN_BY, "timezone": home.settings().timezone}
    of_a_date = environment().get_template("data_docs_date.html")
    for day, found in of_dates.items():
        shown = {"usage_date": day.isoformat(), "validations": found}
        pages[dates / f"{day}.html"] = of_a_date.render(**about, **shown, root="../")
    listed = [one for found in of_dates.values() for one in found]
    pages[target / INDEX] = (
        environment()
        .get_template("data_docs.html")
        .render(**about, rules=summaries(listed), dates=[*reversed(listed)], root="")
    )
    files.make_folder(dates)
    for file, text in pages.items():  # the index last
        files.write_bytes(file, f"{text}\n".encode(), target)
    for file in dates.glob("*.html"):
        if file not in pages and WRITTEN_BY in file.read_text(encoding="utf-8", errors="replace"):
            file.unlink()
    return target / INDEX, len(of_dates)


def validations(home: Home, day: date) -> Iterator[Validation]:
    """Yield what was found of a date: of what is reported, and of the attempt that is blocked."""
    state = home.state(day)
    if state.reported is not None:
        number = state.reported.number
        is_booked = isinstance(state.reported.manifest, Correction)
        what = f"correction {number}" if is_booked else f"version {number}"
        yield _validation(state.reported.manifest, what)
    if state.blocked is not None:
        yield _validation(state.blocked, "blocked attempt")


def _validation(contents: Report | Correction | BlockedAttempt, what: str) -> Validation:
    rows = {**contents.warnings, **contents.broken}
    return Validation(
        contents.usage_date,
        what,
        contents.published_at[:19].replace("T", " "),
        isinstance(contents, BlockedAttempt),
        [
            Result(rule, contents.checks[rule.name], rows.get(rule.name, []))
            for rule in results.rules_of(contents)
        ],
    )


def summaries(listed: list[Validation]) -> list[RuleSummary]:
    """Return each rule that dates were checked by; one that was claimed differently is another."""
    found: dict[Rule, RuleSummary] = {}
    for one in listed:
        for result in one.results:
            summary = found.setdefault(result.rule, RuleSummary(result.rule))
            summary.checked += 1
            if result.faults:
                summary.with_faults.append(one.usage_date)
    return [*found.values()]


def _open_folder(home: Home, target: Path) -> None:
    make_target(home, target, target)
    index = target / INDEX
    if index.exists() and WRITTEN_BY not in index.read_text(encoding="utf-8", errors="replace"):
        raise ConfigurationError(f"--to {target} holds other pages; name an empty folder")
