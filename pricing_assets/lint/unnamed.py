"""Organizations that no usage names, though an agreement or a grant does: in words, with the id that
may be meant.

Which usage is asked belongs to `agreements.organizations`.
"""

from collections.abc import Collection, Iterable
from difflib import get_close_matches

from pricing_assets.checks import lookalike_ids
from pricing_assets.contract.names import fold


def in_words(named: Iterable[str], org_ids: Collection[str]) -> dict[str, str]:
    """Return a sentence for each named organization that is none of these, which usage names; none
    where no usage names any."""
    unnamed = {org_id: None for org_id in named if org_id not in org_ids} if org_ids else {}
    if not unnamed:
        return {}
    folded = {fold(org_id): org_id for org_id in org_ids}
    deceiving = lookalike_ids.taken_for(unnamed, org_ids)
    messages = {}
    for org_id in unnamed:
        spelled, meant = repr(org_id), folded.get(fold(org_id))
        if meant is not None and org_id.isascii() and meant.isascii():
            hint = f"{meant!r} is another id: ids are compared exactly"
        elif org_id in deceiving:
            spelled, hint = ascii(org_id), deceiving[org_id]
        else:
            near = get_close_matches(fold(org_id), folded, n=1, cutoff=0.8)
            hint = f"is {folded[near[0]]!r} meant?" if near else "no usage has come for it yet"
        messages[org_id] = f"is for {spelled}, which no usage names; {hint}"
    return messages
