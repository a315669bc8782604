"""Whether a home knows what is asked about, a date or an organization: else an empty answer would read
as "nothing was used".

What is known of them belongs to the answers.
"""

from datetime import date

from pricing_assets.common.errors import ConfigurationError
from pricing_assets.db import connection as duck
from pricing_assets.db.statements import statement
from pricing_assets.home import Home


def require_published(home: Home, day: date) -> None:
    """Raise ConfigurationError where no version of a date is in force."""
    if home.current(day) is None:
        raise ConfigurationError(f"{day} is not published; see `creditmill status`")


def require_tried(home: Home, day: date) -> None:
    """Raise ConfigurationError where a date was neither published nor blocked."""
    if home.blocked(day) is None:
        require_published(home, day)


def require_organization(home: Home, org_id: str) -> None:
    """Raise ConfigurationError where nothing in `credits.duckdb` is of an organization."""
    with duck.open_catalog(home.catalog, home.path) as con:
        found = con.execute(statement("analysis/known_organization"), {"org": org_id}).fetchone()
    if found is None:
        raise ConfigurationError(
            f"{org_id!r} is no organization of {home.path}; `creditmill charges --by org_id` lists"
            " them"
        )
