"""The suite: which rules there are, what each claims, and whether it blocks a date or only warns.

How faults are counted belongs to `run`, how counts are judged to `expectations`.
"""

from collections.abc import Mapping
from typing import Final

from pricing_assets.common.errors import CreditmillError
from pricing_assets.home.check_rule import BLOCKS, WARNS, Rule

NAME: Final = "creditmill"
RULES: Final = {
    "every_row_has_one_outcome": "rows in = sum of outcomes, per date and per file",
    "every_quantity_has_one_outcome": "quantities in files = sum of outcomes, rated = usage",
    "every_quantity_is_charged": "quantities of usage = quantities of charges",
    "charges_are_rounded_once": "credits = quantity x price / per, half to even, 9 decimals",
    "daily_usage_equals_charges": "daily sums = sums of the charges",
    "charges_name_a_price_in_force": "each charge names a price in force on its date",
    "no_charge_is_negative": "no usage charge is below zero",
    "files_read_back_equal": "what was written reads back as it was computed",
    "quarantine_within_limit": "quarantined rows within the home's limit",
}
"""Rules that block a date, with their claims."""
WARNINGS: Final = {
    "missing_snapshot": "a knowledge base stored the date before has no snapshot",
    "no_usage": "a past date has no logs",
    "deceiving_ids": "an id looks like another, or has characters that nobody sees",
}
"""Rules that are only shown."""
BLOCKING_ON_INPUT: Final = "quarantine_within_limit"
"""The one of these rules that the logs themselves break; the others would be our own fault."""

NUMBER: Final = 1
"""Number of the suite that these rules are. It is raised when one comes, goes or claims something
else, and the rules as they were are added to `EARLIER`: stored results are made again by them."""
EARLIER: Final[Mapping[int, tuple[Rule, ...]]] = {}


def rules(number: int = NUMBER) -> tuple[Rule, ...]:
    """Return the rules of a suite of this number, in the order in which they are shown;
    CreditmillError where this code knows none."""
    if number != NUMBER:
        if number not in EARLIER:
            raise CreditmillError(
                f"a date was checked by suite {number}, and this creditmill knows suites up to {NUMBER}:"
                " install the creditmill that checked it, or a newer one"
            )
        return EARLIER[number]
    blocking = (Rule(name, BLOCKS, claim) for name, claim in RULES.items())
    warning = (Rule(name, WARNS, claim) for name, claim in WARNINGS.items())
    return (*blocking, *warning)
