"""Where rows end: `rated`, or one reason; each reason in the order in which it is decided.

How a row is decided belongs to `usage`; how to fix a log that is rejected whole, to `intake`.
"""

from typing import Final

from pricing_assets.contract.billing import BILLING_TYPES

RULES_VERSION: Final = 1
"""Raised when a rule changes what the same inputs give; each version's manifest names it."""

RATED: Final = "rated"
NO_EVENT_TIME, FUTURE_EVENT_TIME = "missing_event_time", "event_time_in_future"
"""Reasons of rows that belong to no usage date."""
SKIPPED: Final = (
    "not_usage",
    "failed",
    "gateway_cache",
    "rollup",
    "rollup_of_children",
    "batch_poll",
)
"""Reasons for which a source skips a raw record, which becomes no row to charge."""
SUPERSEDED_RECORD: Final = "superseded_record"
"""The reason of a raw record that came again, changed later."""
EXCLUDED: Final = ("duplicate", "not_billable", "superseded", SUPERSEDED_RECORD, *SKIPPED)
"""Reasons of rows that are excluded: accounted for, and rightly not charged."""
RECORD_REASONS: Final = (
    "unreadable_record",
    "not_an_integer",
    "unknown_usage_keys",
    "usage_does_not_add_up",
    "no_usage_reported",
)
"""Reasons of raw records that are quarantined, in the order in which they are decided; what a
source skips is decided after `unreadable_record` and before the others."""
NO_PRICE_REASONS: Final = ("no_rate_card", "not_offered", "no_rate")
"""Reasons that rate cards can change."""
QUARANTINE: Final = {
    "unreadable_record": "The raw file holds no record there: broken JSON, text that is not UTF-8,"
    " or a line whose width is not the header's.",
    "not_an_integer": "A quantity is neither a whole number nor a text of digits; the raw record"
    " shows the value.",
    "unknown_usage_keys": "The record's usage has keys, or tokens of a kind, that its source does not"
    " name: add them to the source, and its dates are restated.",
    "usage_does_not_add_up": "The parts do not make the record's own total: fix the source, or"
    " ask the sender.",
    "no_usage_reported": "A call that its source does not skip as failed came without any tokens:"
    " check why its sender logged none.",
    NO_EVENT_TIME: "Send event_time as a timestamp between 1970 and 9999; event_time_raw"
    " shows the original number.",
    FUTURE_EVENT_TIME: (
        "Fix the sender's clock: the time is over 24 hours after arrival. If this machine's clock was"
        " wrong then: `creditmill withdraw LOG --reason TEXT`, then again with `--restore`."
    ),
    "missing_event_id": "Send a non-blank event_id, the same on redelivery.",
    "missing_org_id": "Send the organization that pays in org_id.",
    "unknown_billing_type": f"Send one of the {len(BILLING_TYPES)} billing types, spelled exactly; where a"
    " source reads the log, name the logged value in the `map` of its billing_type.",
    "unknown_key_mode": "Send key_mode as 'platform' or 'own'; where a source reads the log, name the"
    " logged value in the `map` of its key_mode.",
    "bad_quantity": "Quantities are whole numbers of 0 to 10^12 (a float that is none is shown as"
    " null, an unsigned one beyond 2^63 - 1 as that), image sides 1 to 10^6 pixels.",
    "unexpected_quantity": "The row carries a quantity that its billing type does not meter.",
    "missing_quantity": "Send at least one quantity that the billing type meters.",
    "conflicting_duplicate": (
        "One event_id came with different contents: `creditmill withdraw LOG --reason TEXT` takes"
        " back the log that is wrong, with all its rows."
    ),
    "no_rate_card": "No rate card was in force yet; add one that takes effect earlier.",
    "not_offered": "The card prints '-': not offered in this key mode.",
    "no_rate": "The card has no such row; append an alias or add a book with the price.",
}
"""Each quarantine reason, in the order of decision, and how to fix it."""
OF_RECORDS: Final = (*SKIPPED, SUPERSEDED_RECORD, *RECORD_REASONS)
"""Where only raw records of a source end."""
OUTCOMES: Final = tuple(
    outcome for outcome in (RATED, *EXCLUDED, *QUARANTINE) if outcome not in OF_RECORDS
)
"""Where rows of any usage log end."""
RECORD_CODES: Final = {
    outcome: code
    for code, outcome in enumerate((*SKIPPED, *RECORD_REASONS, "bad_quantity"), start=1)
}
"""The number by which statements know where a source says that a record ends; 0 is a row."""
