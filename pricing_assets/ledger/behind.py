"""Behind: the dates of the ledger that are not what reports, grants and voids say now.

Nothing is computed or written here; `publish` brings the ledger up to date.
"""

from datetime import date

from pricing_assets.home import Home
from pricing_assets.home.entries import LEDGER, STANDING
from pricing_assets.ledger import chain, stored
from pricing_assets.ledger.found import ahead, look
from pricing_assets.ledger.inputs import CreditLines


def dates_behind(home: Home, inputs: CreditLines | None) -> list[date]:
    """Return the dates of the ledger that a run would publish, in order; none where the home has no
    ledger and no lines are given.

    Without lines, those that were used count: what differs are then the reports alone.
    ConfigurationError where the ledger could not go by the lines.
    """
    if inputs is not None:
        found = look(home, inputs)
        return [] if found is None else found.stale
    held = {one.usage_date: one.manifest["charges"] for one in stored.counting(home, LEDGER)}
    if not held:
        return []
    return [
        day for day, one in chain.reported(home).items() if held.get(day) != sorted(one.digests)
    ]


def digest_to_come(home: Home, inputs: CreditLines) -> str | None:
    """Return the digest of the ledger that a run would leave; None where the home has it already, or
    where no usage is reported yet. ConfigurationError as in `dates_behind`."""
    found = look(home, inputs)
    if found is None:
        return None
    last = list(found.inputs)[-1]
    wanted = ahead(found, inputs, last).digest
    held = stored.current(home, STANDING, last)
    return None if held is not None and held.manifest["chain"] == wanted else wanted
