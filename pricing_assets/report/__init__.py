"""Step 6: publish a checked date as an immutable version, and say what changed and why."""

from pricing_assets.report.home_view import HomeView
from pricing_assets.report.outcome import DONE, DateOutcome
from pricing_assets.report.staleness import Stale

__all__ = ["DONE", "DateOutcome", "HomeView", "Stale"]
