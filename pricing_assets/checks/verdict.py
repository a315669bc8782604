"""The verdict on a date: which rules it breaks, and by which rows.

How it comes about belongs to `run`, what a run makes of it to `report`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pricing_assets.checks.suite import BLOCKING_ON_INPUT
from pricing_assets.home.check_rule import Rule


@dataclass
class Verdict:
    """What the checks say of one date: rules broken, with the first offending rows of each; faults by
    rule; and a team's own rules among them."""

    broken: dict[str, list[str]] = field(default_factory=dict)
    warnings: dict[str, list[str]] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    own_rules: tuple[Rule, ...] = ()

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> "Verdict":
        """Return the verdict that a record of it in JSON holds."""
        return cls(**{**record, "own_rules": tuple(Rule(*one) for one in record["own_rules"])})

    @property
    def passed(self) -> bool:
        """Whether the date may be published."""
        return not self.broken

    @property
    def blocked(self) -> bool:
        """Whether only rules about the logs are broken, the quarantine limit or a team's own: the
        logs are at fault."""
        about_logs = {BLOCKING_ON_INPUT, *(rule.name for rule in self.own_rules)}
        return self.broken.keys() <= about_logs and not self.passed

    def why(self) -> str:
        """Return the broken rules, each with its first offending row."""
        return "; ".join(f"{rule}: {rows[0]}" for rule, rows in self.broken.items())
