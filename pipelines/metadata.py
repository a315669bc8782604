"""What Dagster's pages show of each step: counts, exact totals as text, Markdown tables.

Nothing is computed here that is not computed in `pricing_assets`.
"""

import base64
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from pricing_assets.checks.run import Verdict
from pricing_assets.common.clock import now
from pricing_assets.db import connection as duck
from pricing_assets.db.io import scan_parquet
from pricing_assets.flow import Run
from pricing_assets.home import Home
from pricing_assets.intake.take_in import Arrivals
from pricing_assets.lint import agreements
from pricing_assets.report.outcome import DONE, DateOutcome

if TYPE_CHECKING:
    import duckdb

MOST_ROWS = 20
"""A table shows this many rows and says where there are more."""
MOST_PICTURES = 7
"""The newest dates of a run that get a chart; each takes a fifth of a second."""
PICTURE_DATES = 14
"""Dates that a chart goes back."""

Metadata = Mapping[str, Any]


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> dg.MarkdownMetadataValue:
    """A Markdown table; no text breaks out of its cell."""
    every = list(rows)
    lines = [columns, ["---"] * len(columns), *every[:MOST_ROWS]]
    text = "\n".join("| " + " | ".join(_cell(value) for value in line) + " |" for line in lines)
    return dg.MetadataValue.md(text + "\n\n… and more" if len(every) > MOST_ROWS else text)


def _cell(value: object) -> str:
    said = f"{value:,}" if isinstance(value, int) else str(value)
    for char in "\\|`<*[":
        said = said.replace(char, f"&#{ord(char)};")
    return " ".join(said.split())


def of_arrivals(arrivals: Arrivals) -> Metadata:
    """What one look at the inbox brought."""
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


def of_rates(flow: Run) -> Metadata:
    """What prices are known; `digest` is what the reports of today's date hang on."""
    cards = [card for book in flow.rates.books for card in book.cards]
    doubts = agreements.doubts(flow.rates, flow.home, [], now())
    doubtful = {"doubtful agreements": table(("what is wrong",), [(one,) for one in doubts])}
    return {
        **(doubtful if doubts else {}),
        "cards": len(cards),
        "prices": sum(len(card.rates) for card in cards),
        "digest": flow.rates.digest_on(now().date(), flow.settings.timezone),
        "rate cards": table(
            ("id", "in force from", "prices", "SHA-256"),
            [
                (card.id, card.effective_from.isoformat(), len(card.rates), card.sha256)
                for card in cards
            ],
        ),
    }


def of_outcomes(outcomes: Mapping[str, int], failed: str | None) -> Metadata:
    """Where the rows of one date ended."""
    rows = sorted(outcomes.items(), key=lambda item: (-item[1], item[0]))
    shown = {"rows": sum(outcomes.values()), "outcomes": table(("outcome", "rows"), rows)}
    return shown if failed is None else {**shown, "failed": failed}


def of_charges(flow: Run, stages: Mapping[date, Path]) -> dict[date, Metadata]:
    """What each date's usage costs."""
    shown: dict[date, Metadata] = {}
    with duck.connection(flow.limits, flow.home.scratch, [flow.home.path]) as con:
        for day, stage in stages.items():
            charges = scan_parquet(con, [stage / "charges.parquet"])
            sums = charges.aggregate("count(*) as rows, coalesce(sum(credits), 0) as credits")
            ((rows, credits),) = sums.fetchall()
            shown[day] = {"rows": rows, "credits": f"{credits:f}"}
    return shown


def of_verdict(verdict: Verdict) -> Metadata:
    """What the rules say of one date."""
    examples = {**verdict.broken, **verdict.warnings}
    rows = [
        (rule, faults, (examples.get(rule) or [""])[0]) for rule, faults in verdict.faults.items()
    ]
    return {"passed": verdict.passed, "rules": table(("rule", "faults", "for example"), rows)}


def of_rule(rule: str, verdicts: Mapping[date, Verdict]) -> Metadata:
    """The dates on which one rule does not hold."""
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
    flow: Run, made: Sequence[DateOutcome], pictured: bool = False
) -> dict[date, Metadata]:
    """What the version in force says of each date that was published or found unchanged;
    `pictured` adds a chart to the newest of them."""
    shown: dict[date, Metadata] = {}
    with duck.connection(flow.limits, flow.home.scratch, [flow.home.path]) as con:
        for one in made:
            version = flow.home.current(one.day)
            if version is None or one.state not in DONE:
                continue
            daily_usage = scan_parquet(con, [version.folder / "daily_usage.parquet"])
            sums = daily_usage.aggregate(
                "org_id, cast(sum(events) as bigint) as events, sum(credits) as credits", "org_id"
            )
            organizations = sums.order("credits desc, org_id").limit(MOST_ROWS + 1).fetchall()
            by_type = daily_usage.aggregate(
                "billing_type, cast(sum(events) as bigint) as events, sum(credits) as credits",
                "billing_type",
            )
            types = by_type.order("credits desc, billing_type").fetchall()
            shown[one.day] = {
                "state": one.state,
                "version": version.number,
                "events": one.events,
                "credits": f"{one.credits:f}",
                "quarantined": one.quarantined,
                "difference": "" if one.difference is None else f"{one.difference:f}",
                "reason": one.reason,
                "organizations": table(("organization", "events", "credits"), organizations),
                "billing types": table(("billing type", "events", "credits"), types),
            }
        for day in sorted(shown)[-MOST_PICTURES:] if pictured else ():
            shown[day] = {**shown[day], "credits per day": _picture(con, flow.home, day)}
    return shown


def _picture(
    con: "duckdb.DuckDBPyConnection", home: Home, day: date
) -> dg.MarkdownMetadataValue | str:
    """Credits per billing type of the last dates up to this one, as a chart."""
    versions = [home.current(one) for one in home.dates() if one <= day][-PICTURE_DATES:]
    folders = [version.folder for version in versions if version is not None]
    sums = scan_parquet(con, [folder / "daily_usage.parquet" for folder in folders]).aggregate(
        "usage_date, billing_type, sum(credits) as credits", "usage_date, billing_type"
    )
    amounts = {(usage_date, name): credits for usage_date, name, credits in sums.fetchall()}
    if not amounts:
        return "no usage"
    from pricing_assets.pages import charts

    drawn = base64.b64encode(charts.daily_picture(amounts)).decode()
    return dg.MetadataValue.md(f"![credits per day](data:image/png;base64,{drawn})")


def of_restated(flow: Run, made: Sequence[DateOutcome]) -> dict[date, Metadata]:
    """Each version that took the place of another: the difference in credits, and its causes."""
    shown: dict[date, Metadata] = {}
    for one in made:
        version = flow.home.current(one.day)
        if one.state != "published" or one.difference is None or version is None:
            continue
        said = version.manifest
        causes = said.changes or {}  # by cause, in the causes' order
        shown[one.day] = {
            "version": version.number,
            "supersedes": said.supersedes and said.supersedes.version,
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
    """The newest usage date that is reported, and how old it is."""
    if found is None:
        return {"newest usage date": "none"}
    return {"newest usage date": found[0].isoformat(), "days old": found[1]}


def of_broken(verdicts: Mapping[date, Verdict]) -> Metadata:
    """Which rules the dates break, with the first offending rows of each."""
    rows = [
        (day, rule, verdict.faults[rule], row)
        for day, verdict in verdicts.items()
        for rule, examples in verdict.broken.items()
        for row in examples
    ]
    return {"broken rules": table(("usage date", "rule", "faults", "offending row"), rows)}
