"""Zone rules: whether, and between which releases, those changed that a version was made by."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from pricing_assets.contract import zones
from pricing_assets.contract.usage_dates import spelled
from pricing_assets.home.settings import Terms


def covers_others(manifest: Mapping[str, Any], day: date, terms: Terms) -> bool:
    """Whether the date covers other instants than a version of it did: the zone's rules changed."""
    is_other: bool = manifest["spans"] != spelled(day, terms.timezone)
    return is_other


def changed_rules(manifest: Mapping[str, Any], terms: Terms) -> str:
    """Say that the zone's rules changed since a version, and between which releases."""
    before, now = manifest["tzdata"], zones.release()
    became = f" (tzdata {before} became {now})" if before != now else ""
    return f"time zone rules of {terms.timezone} changed{became}"
