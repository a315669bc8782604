"""Step 5: rules that must hold before a date is published."""

from pricing_assets.checks.run import RULES, WARNINGS, Verdict, check_dates

__all__ = ["RULES", "WARNINGS", "Verdict", "check_dates"]
