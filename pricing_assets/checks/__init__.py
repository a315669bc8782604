"""Step 5: rules that must hold before a date is published."""

from pricing_assets.checks.run import RuleCrashed, check_dates
from pricing_assets.checks.suite import BLOCKING_ON_INPUT, RULES, WARNINGS
from pricing_assets.checks.verdict import Verdict

__all__ = ["BLOCKING_ON_INPUT", "RULES", "WARNINGS", "RuleCrashed", "Verdict", "check_dates"]
