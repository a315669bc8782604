"""What Dagster's pages show of each step: counts, exact totals as text, Markdown tables.

Nothing is computed here that is not computed in `pricing_assets`.
"""

import base64
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import dagster as dg

from pricing_assets.analysis import totals
from pricing_assets.checks import Verdict
from pricing_assets.common.clock import now
from pricing_assets.contract.table_columns import Table
from pricing_assets.flow import Run
from pricing_assets.home import Home
from pricing_assets.intake.arrivals import Arrivals
from pricing_assets.lint import agreements
from pricing_assets.report import DONE, DateOutcome

MOST_ROWS = 20
"""A table shows this many rows and says where there are more."""
MOST_PICTURES = 7
"""The newest dates of a run that get a chart; each takes a fifth of a second."""
PICTURE_DATES = 14
"""Dates that a chart goes back."""

_STORED: Final = {
    "usage": "usage.parquet",
    "charges": "charges.parquet",
    "report": "daily_usage.parquet",
}
"""Assets and the file of a version that their table is made of."""

Metadata = Mapping[str, Any]


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> dg.MarkdownMetadataValue:
    """Return a Markdown table; no text breaks out of its cell."""
    every = list(rows)
    lines = [columns, ["---"] * len(columns), *every[:MOST_ROWS]]
    text = "\n".join("| " + " | ".join(_cell(value) for value in line) + " |" for line in lines)
    return dg.MetadataValue.md(text + "\n\n… and more" if len(every) > MOST_ROWS else text)


def _cell(value: object) -> str:
    text = f"{value:,}" if isinstance(value, int) else str(value)
    for char in "\\|`<*[":
        text = text.replace(char, f"&#{ord(char)};")
    return " ".join(text.split())


def of_table(described: Table) -> Metadata:
    """Return the columns of a published table, as Dagster shows them."""
    columns = [dg.TableColumn(one.name, one.type, one.meaning) for one in described.columns]
    return {
        "dagster/column_schema": dg.TableSchema(columns),
        "dagster/table_name": described.name,
    }


def row_counts(home: Home, days: Iterable[date]) -> dict[str, dict[date, Metadata]]:
    """Return how many rows of each asset's table are stored of each date."""
    found: dict[str, dict[date, Metadata]] = {asset: {} for asset in _STORED}
    for day in days:
        reported = home.reported(day)
        if reported is not None:
            for asset, file in _STORED.items():
                found[asset][day] = {"dagster/row_count": reported.manifest.outputs[file].rows}
    return found


def of_arrivals(arrivals: Arrivals) -> Metadata:
    """Return what one look at the inbox brought."""
    return {
        "taken": len(arrivals.taken),
        "known": arrivals.known,
        "redelivered": len(arrivals.redelivered),
        "rejected": len(arrivals.rejected),
        "rejected files": table(
            ("file", "reason", "what is wrong"),
            [(one.path, one.reason, one.detail) for one in arrivals.rejected],
        ),
    }


def of_rates(run: Run) -> Metadata:
    """Return which prices are known; `digest` is what the reports of today's date depend on."""
    cards = [card for book in run.rates.books for card in book.cards]
    doubts = agreements.doubts(run.rates, run.home, [], now())
    doubtful = {"doubtful agreements": table(("what is wrong",), [(one,) for one in doubts])}
    return {
        **(doubtful if doubts else {}),
        "cards": len(cards),
        "prices": sum(len(card.rates) for card in cards),
        "digest": run.rates.digest_on(now().date(), run.settings.timezone),
        "rate cards": table(
            ("id", "in force from", "prices", "SHA-256"),
            [
                (card.id, card.effective_from.isoformat(), len(card.rates), card.sha256)
                for card in cards
            ],
        ),
    }


def of_outcomes(outcomes: Mapping[str, int]) -> Metadata:
    """Return where the rows of one date ended."""
    rows = sorted(outcomes.items(), key=lambda item: (-item[1], item[0]))
    return {"rows": sum(outcomes.values()), "outcomes": table(("outcome", "rows"), rows)}


def of_charges(run: Run, staged: Mapping[date, Path]) -> dict[date, Metadata]:
    """Return what each date's usage costs."""
    return {
        day: {"rows": charges, "credits": f"{credits:f}"}
        for day, (charges, credits) in totals.of_charges(run.home, staged, run.limits).items()
    }


def of_verdict(verdict: Verdict) -> Metadata:
    """Return what the rules say of one date."""
    examples = {**verdict.broken, **verdict.warnings}
    rows = [
        (rule, faults, (examples.get(rule) or [""])[0]) for rule, faults in verdict.faults.items()
    ]
    return {"passed": verdict.passed, "rules": table(("rule", "faults", "for example"), rows)}


def of_rule(rule: str, verdicts: Mapping[date, Verdict]) -> Metadata:
    """Return the dates on which one rule does not hold."""
    faulty = [
        (day, verdict.faults[rule], {**verdict.broken, **verdict.warnings}.get(rule, [""])[0])
        for day, verdict in verdicts.items()
        if verdict.faults[rule]
    ]
    return {
        "usage dates": len(verdicts),
        "faults": table(("usage date", "faults", "for example"), faulty),
    }


def of_published(
    run: Run, outcomes: Sequence[DateOutcome], *, pictured: bool = False
) -> dict[date, Metadata]:
    """Return what the version in force says of each date that was published or found unchanged;
    `pictured` adds a chart to the newest of them."""
    done = [one for one in outcomes if one.state in DONE]
    found = {one.day: version for one in done if (version := run.home.current(one.day))}
    by_date = totals.of_versions(run.home, found, MOST_ROWS + 1, run.limits)
    shown: dict[date, Metadata] = {
        one.day: {
            "state": one.state,
            "version": found[one.day].number,
            "events": one.events,
            "credits": f"{one.credits:f}",
            "quarantined": one.quarantined,
            "difference": "" if one.difference is None else f"{one.difference:f}",
            "reason": one.reason,
            "organizations": _totals("organization", by_date[one.day].organizations),
            "billing types": _totals("billing type", by_date[one.day].billing_types),
        }
        for one in done
        if one.day in found
    }
    for day in sorted(shown)[-MOST_PICTURES:] if pictured else ():
        shown[day] = {**shown[day], "credits per day": _picture(run, day)}
    return shown


def _totals(what: str, rows: Sequence[totals.Total]) -> dg.MarkdownMetadataValue:
    return table((what, "events", "credits"), [(one.name, one.count, one.credits) for one in rows])


def _picture(run: Run, day: date) -> dg.MarkdownMetadataValue | str:
    """Return a chart of the credits per billing type of the last dates up to this one."""
    days = [one for one in run.home.dates() if one <= day][-PICTURE_DATES:]
    last = {one: version for one in days if (version := run.home.current(one))}
    amounts = {
        (one, total.name): total.credits
        for one, found in totals.of_versions(run.home, last, 0, run.limits).items()
        for total in found.billing_types
    }
    if not amounts:
        return "no usage"
    from pricing_assets.pages import charts

    drawn = base64.b64encode(charts.daily_picture(amounts)).decode()
    return dg.MetadataValue.md(f"![credits per day](data:image/png;base64,{drawn})")


def of_restated(run: Run, outcomes: Sequence[DateOutcome]) -> dict[date, Metadata]:
    """Return each version that took the place of another: the difference in credits, and its
    causes."""
    shown: dict[date, Metadata] = {}
    for one in outcomes:
        version = run.home.current(one.day)
        if one.state != "published" or one.difference is None or version is None:
            continue
        manifest = version.manifest
        causes = manifest.changes or {}  # by cause, in the causes' order
        shown[one.day] = {
            "version": version.number,
            "supersedes": manifest.supersedes and manifest.supersedes.version,
            "credits": f"{one.credits:f}",
            "difference": f"{one.difference:+f}",
            "reason": one.reason,
            "causes": table(
                ("cause", "credits"),
                [(cause, f"{sums.credits:f}") for cause, sums in causes.items()],
            ),
        }
    return shown


def of_newest(found: tuple[date, int] | None) -> Metadata:
    """Return the newest usage date that is reported, and how old it is."""
    if found is None:
        return {"newest usage date": "none"}
    return {"newest usage date": found[0].isoformat(), "days old": found[1]}


def of_broken(verdicts: Mapping[date, Verdict]) -> Metadata:
    """Return which rules the dates break, with the first offending rows of each."""
    rows = [
        (day, rule, verdict.faults[rule], row)
        for day, verdict in verdicts.items()
        for rule, examples in verdict.broken.items()
        for row in examples
    ]
    return {"broken rules": table(("usage date", "rule", "faults", "offending row"), rows)}
