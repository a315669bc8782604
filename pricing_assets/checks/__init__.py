"""Step 5: rules that must hold before a date is published."""

from pricing_assets.checks.run import check_all, check_dates
from pricing_assets.checks.suite import BLOCKING_ON_INPUT, RULES, WARNINGS
from pricing_assets.checks.verdict import Verdict

__all__ = ["BLOCKING_ON_INPUT", "RULES", "WARNINGS", "Verdict", "check_all", "check_dates"]
