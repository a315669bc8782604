"""Whether a home knows what is asked about: else an empty answer would read
as "nothing was used".

What is known of them belongs to the answers.
"""

from datetime import date

from pricing_assets.common.errors import ConfigurationError
from pricing_assets.home import Home


def require_published(home: Home, day: date) -> None:
    """Raise ConfigurationError where no version of a date is in force."""
    if home.current(day) is None:
        raise _unpublished(day)


def require_tried(home: Home, day: date) -> None:
    """Raise ConfigurationError where a date was neither published nor blocked."""
    if home.blocked(day) is None:
        require_published(home, day)


def _unpublished(day: date) -> ConfigurationError:
    return ConfigurationError(f"{day} is not published; see `creditmill status`")
