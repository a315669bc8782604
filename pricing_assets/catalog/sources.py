"""What manifests, receipts and closings say, as relations for the statements of `credits.duckdb`.

What is made of them there belongs to `build`.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from pricing_assets.contract.outcomes import QUARANTINE
from pricing_assets.db.relations import register
from pricing_assets.home import Home, Receipt, closings
from pricing_assets.home.manifests import BlockedAttempt, Report

if TYPE_CHECKING:
    import duckdb


class ReportRow(NamedTuple):
    """A version (`current` or `superseded`) or blocked attempt, as `reports` shows it."""

    state: str
    manifest: Report | BlockedAttempt

    @property
    def supersedes(self) -> int | None:
        """The number of the version before it."""
        before = self.manifest.supersedes if isinstance(self.manifest, Report) else None
        return before.version if before else None

    @property
    def quarantined(self) -> int:
        """Its rows in quarantine."""
        outcomes = self.manifest.outcomes.items()
        return sum(rows for name, rows in outcomes if name in QUARANTINE)


def load_reports(con: "duckdb.DuckDBPyConnection", reports: list[ReportRow]) -> None:
    """Create `given_reports`: one row per version or blocked attempt."""
    import polars as pl

    register(
        con,
        "given_reports",
        pl.DataFrame(
            [
                (
                    manifest.usage_date.isoformat(),
                    manifest.version,
                    shown.state,
                    manifest.published_at,
                    manifest.reason,
                    shown.supersedes,
                    [card.id for card in manifest.rate_cards],
                    manifest.totals.events,
                    f"{manifest.totals.credits:f}",
                    f"{manifest.totals.usd:f}",
                    shown.quarantined,
                    manifest.input_digest,
                    manifest.output_digest,
                )
                for shown, manifest in ((one, one.manifest) for one in reports)
            ],
            schema={
                "usage_date": pl.String,
                "version": pl.Int32,
                "state": pl.String,
                "published_at": pl.String,
                "reason": pl.String,
                "supersedes": pl.Int32,
                "rate_cards": pl.List(pl.String),
                "events": pl.Int64,
                "credits": pl.String,
                "usd": pl.String,
                "quarantined": pl.Int64,
                "input_digest": pl.String,
                "output_digest": pl.String,
            },
            orient="row",
        ),
    )


def load_logs(con: "duckdb.DuckDBPyConnection", receipts: Sequence[Receipt]) -> None:
    """Create `given_logs`: one row per log; `undated_account`: its rows of no usage date, by
    outcome."""
    import polars as pl

    register(
        con,
        "given_logs",
        pl.DataFrame(
            [
                (
                    log.file,
                    log.file_name.encode("utf-8", "replace").decode(),
                    log.received_at,
                    log.rows,
                    log.bytes,
                    log.integrity,
                )
                for log in receipts
            ],
            schema={
                "file": pl.String,
                "file_name": pl.String,
                "received_at": pl.String,
                "rows": pl.Int64,
                "bytes": pl.Int64,
                "integrity": pl.String,
            },
            orient="row",
        ),
    )
    register(
        con,
        "undated_account",
        pl.DataFrame(
            [
                (log.file, reason, rows)
                for log in receipts
                for reason, rows in (log.undated | (log.skipped or {})).items()
            ],
            schema={"file": pl.String, "outcome": pl.String, "rows": pl.Int64},
            orient="row",
        ),
    )


def load_closings(con: "duckdb.DuckDBPyConnection", home: Home) -> None:
    """Create `given_closings`: one row per act of closing or reopening."""
    import polars as pl

    register(
        con,
        "given_closings",
        pl.DataFrame(
            [
                (act.number, act.act, act.day, act.closed_through, act.who, act.at, act.reason)
                for act in closings.acts(home)
            ],
            schema={
                "closing": pl.Int32,
                "act": pl.String,
                "act_date": pl.Date,
                "closed_through": pl.Date,
                "closed_by": pl.String,
                "closed_at": pl.String,
                "reason": pl.String,
            },
            orient="row",
        ),
    )
