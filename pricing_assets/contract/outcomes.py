"""Where rows end: `rated`, or one reason; each reason in the order in which it is decided.

How a row is decided belongs to `usage`; how to fix a log that is rejected whole, to `intake`.
"""

from typing import Final

from pricing_assets.contract.billing import BILLING_TYPES

RULES_VERSION: Final = 1
"""Raised when a rule changes what the same inputs give; each version's manifest names it."""

RATED: Final = "rated"
NO_DATE_REASONS: Final = ("missing_event_time", "event_time_in_future")
"""Reasons of rows that belong to no usage date."""
SETTLED: Final = ("duplicate", "not_billable", "superseded")
"""Reasons of rows that are excluded: accounted for, and rightly not charged."""
NO_PRICE_REASONS: Final = ("no_rate_card", "not_offered", "no_rate")
"""Reasons that rate cards can change."""
QUARANTINE: Final = {
    "missing_event_time": "Send event_time as a timestamp between 1970 and 9999; event_time_raw"
    " has the number that came.",
    "event_time_in_future": (
        "Fix the sender's clock: the time is over 24 hours after arrival. If this machine's clock was"
        " wrong then: `creditmill withdraw LOG`, then again with `--restore`."
    ),
    "missing_event_id": "Send a non-blank event_id, the same on redelivery.",
    "missing_org_id": "Send the organization that pays in org_id.",
    "unknown_billing_type": f"Send one of the {len(BILLING_TYPES)} billing types, spelled exactly.",
    "unknown_key_mode": "Send key_mode as 'platform' or 'own'.",
    "bad_quantity": "Quantities are whole numbers of 0 to 10^12 (a float that is none is shown as"
    " null), image sides 1 to 10^6 pixels.",
    "unexpected_quantity": "The row carries a quantity that its billing type does not meter.",
    "missing_quantity": "Send at least one quantity that the billing type meters.",
    "conflicting_duplicate": (
        "One event_id came with different contents: `creditmill withdraw` the log that is wrong."
    ),
    "no_rate_card": "No rate card was in force yet; add one that takes effect earlier.",
    "not_offered": "The card prints '-': not offered in this key mode.",
    "no_rate": "The card has no such row; append an alias or add a book with the price.",
}
"""Each quarantine reason, in the order of decision, and how to fix it."""
OUTCOMES: Final = (RATED, *SETTLED, *QUARANTINE)
