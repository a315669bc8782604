"""What usage logs are held to, and what is said of those that cannot be."""

from datetime import timedelta
from typing import Final

UNVERIFIED: Final = "unverified"
"""The integrity of a log whose bytes nobody vouched for."""
FUTURE_ALLOWANCE: Final = timedelta(hours=24)
"""How far after its arrival an event may be dated: clocks differ."""
