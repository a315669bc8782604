"""Commands that a message advises, so that they work where they are pasted: with the home named.

What is advised is said where it is found out; how messages look belongs to `output`.
"""

import os
import re
from pathlib import Path
from shlex import quote

from pricing_assets.common import visible_text
from pricing_assets.common.errors import ConfigurationError

opened: list[Path] = []
"""The homes that this command opened, the last of which its messages are about."""

HOMELESS = ("estimate", "rates init", "rates new", "sources")
"""Commands, and groups of them, that open no home."""
_COMMAND = re.compile(r"`creditmill ([^`]+)`")


def with_home(message: str) -> str:
    """Return a message with the home in each command of it between backticks, unless the command
    names one, opens none, or opens this one by itself.

    >>> opened[:] = [Path("/srv/a home")]
    >>> with_home("`creditmill restore` makes it again")
    "`creditmill restore --home '/srv/a home'` makes it again"
    """
    if not opened or "`creditmill " not in message:
        return message
    option = home_option(opened[-1])

    def named(found: re.Match[str]) -> str:
        words = found[1]
        has_it = words.startswith(HOMELESS) or "--home" in words
        return found[0] if has_it else f"`creditmill {words}{option}`"

    return _COMMAND.sub(named, message)


def command(words: str, home: Path) -> str:
    """Return a command over a home, to be pasted."""
    return f"creditmill {words}{home_option(home)}"


def home_option(home: Path) -> str:
    """Return how a command names the home, where it does not open it by itself."""
    from pipelines import settings

    try:
        is_default = os.fspath(home) == os.path.abspath(settings.load().home)
    except (OSError, ConfigurationError):  # the working folder, or its settings, went meanwhile
        is_default = False
    return "" if is_default else f" --home {quoted(home)}"


def quoted(path: Path) -> str:
    """Return a path as a shell reads it, every character of which can be seen."""
    text = str(path)
    if visible_text.visible(text) == text and text.isprintable():
        return quote(text)
    safe = (
        chr(byte) if 32 < byte < 127 and chr(byte) not in "'\\" else f"\\x{byte:02x}"
        for byte in os.fsencode(path)
    )
    return f"$'{''.join(safe)}'"
