"""What an organization reads about rows that are not charged: on its page and in its statement.

How the operator fixes them is in `contract.QUARANTINE`; no command, file or setting is named here.
"""

from typing import Final

MEANING: Final = {
    "unreadable_record": "The record cannot be read.",
    "not_an_integer": "A quantity is not a whole number.",
    "unknown_usage_keys": "The record reports usage of a kind that is not known.",
    "usage_does_not_add_up": "The parts of the reported usage do not make its total.",
    "no_usage_reported": "The call was reported without any usage.",
    "missing_event_time": "The record has no usable time.",
    "event_time_in_future": "The record's time lies in the future.",
    "missing_event_id": "The record has no id, so it could be counted twice.",
    "missing_org_id": "The record names no organization.",
    "unknown_billing_type": "The record is of a kind that the price list does not have.",
    "unknown_key_mode": "The record does not say whose key was used: the platform's or your own.",
    "bad_quantity": "A quantity is below zero, or too large to be true.",
    "unexpected_quantity": "The record has a quantity that this kind of usage does not have.",
    "missing_quantity": "The record has no quantity.",
    "conflicting_duplicate": "Records with the same id differ, and which is right is not known.",
    "no_rate_card": "No price list was in force at that time.",
    "not_offered": "The price list does not offer this model with this kind of key.",
    "no_rate": "The price list has no price under this name.",
}
"""Each quarantine reason, in the order of decision."""
