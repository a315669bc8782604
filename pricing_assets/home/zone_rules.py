"""Zone rules: whether those that a version was made by have changed, and between which releases."""

from datetime import date

from pricing_assets.contract import zones
from pricing_assets.contract.usage_dates import spelled
from pricing_assets.home.manifests import Contents
from pricing_assets.home.settings import HomeSettings


def covers_others(manifest: Contents, day: date, settings: HomeSettings) -> bool:
    """Return whether the date covers other instants than a version of it did: the zone's rules
    changed."""
    return manifest.spans != spelled(day, settings.timezone)


def changed_rules(manifest: Contents, settings: HomeSettings) -> str:
    """Say that the zone's rules changed since a version, and between which releases."""
    before, now = manifest.tzdata, zones.release()
    became = f" (tzdata {before} became {now})" if before != now else ""
    return f"time zone rules of {settings.timezone} changed{became}"
