"""`home.toml` of a home: read and held against its reports, written, and noted in the journal.

What the settings are, and how their text reads, belongs to `settings`.
"""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_assets.common import files, toml
from pricing_assets.common.errors import ConfigurationError, CreditmillError
from pricing_assets.home import entries, manifest_json, manifests
from pricing_assets.home import settings as home_settings
from pricing_assets.home.entries import JournalEntry
from pricing_assets.home.manifests import Contents
from pricing_assets.home.settings import HomeSettings

if TYPE_CHECKING:
    from pricing_assets.home.home import Home


def settings_of(home: "Home", formats: Collection[int] = (home_settings.FORMAT,)) -> HomeSettings:
    """Return the settings that `home.toml` holds; ConfigurationError where it is of none of these
    formats, or its reports were made with a time zone or dimensions that are none of these."""
    held = _read(home, formats)
    counted_by, _, _ = held.zone_rules.partition(" ")
    made_with = _first_manifest(home)
    if counted_by not in ("", held.timezone) and not home.is_empty():
        was = _noted(home, "timezone", getattr(made_with, "timezone", counted_by))
        if was == held.timezone:
            raise home_settings.edited_rules(home.settings_file, held)
        raise home_settings.edited(home.settings_file, "timezone", held.timezone, was)
    for name in ("timezone", "dimensions"):
        now = getattr(held, name)
        was = getattr(made_with, name, now)
        if was != now:
            raise home_settings.edited(home.settings_file, name, now, was)
    return replace(held, zone_rules=_counted_by(home, held))


def format_of(home: "Home") -> int:
    """Return the format that `home.toml` names: this code's, or one that can be upgraded;
    ConfigurationError where it is another, or the file is damaged."""
    _read(home, (home_settings.FORMAT, *home_settings.UPGRADABLE))
    found: int = toml.loads(files.read_regular(home.settings_file).decode())["format"]
    return found


def _read(home: "Home", formats: Collection[int]) -> HomeSettings:
    """Return what `home.toml` holds; ConfigurationError where it cannot be read, with what repairs it
    where the journal has a text of it that can."""
    file = home.require().settings_file
    try:
        return home_settings.read(file, formats)
    except ConfigurationError as error:
        try:
            home_settings.parsed(file, home.journal.named.home or "", formats)
        except CreditmillError:
            raise error from None
        raise _with_cure(file, error) from error


def _with_cure(file: Path, error: ConfigurationError) -> ConfigurationError:
    text = str(error).replace(home_settings.FROM_A_COPY, "")
    if home_settings.WITHOUT_FORMAT in text:
        text = f"{file} has lost its line `format`"
    return ConfigurationError(f"{text}. `creditmill restore` writes it again as the journal has it")


def _counted_by(home: "Home", held: HomeSettings) -> str:
    """Return the zone's rules that receipts count their rows by: those that the journal noted last,
    whatever `home.toml` says since."""
    has_noted = home.journal.named.home is not None
    return str(_noted(home, "zone_rules", "" if has_noted else held.zone_rules))


def noted_books(home: "Home", held: HomeSettings) -> tuple[str, ...]:
    """Return the books that the journal noted last, whatever `home.toml` says since."""
    noted = _noted(home, "books", None)
    return tuple(noted) if isinstance(noted, list) else held.books


def _noted(home: "Home", key: str, otherwise: object) -> object:
    """Return what the journal noted last of a setting; another value where it noted none."""
    try:
        return toml.loads(home.journal.named.home or "").get(key, otherwise)
    except ValueError:  # of a journal that is damaged, which is found elsewhere
        return otherwise


def keep(home: "Home", settings: HomeSettings) -> None:
    """Write `home.toml` where it says anything else, and note what it holds; the home is locked by
    the caller."""
    if settings != home_settings.read(home.settings_file):
        write(home, settings)
    note(home)


def write(home: "Home", settings: HomeSettings) -> None:
    """Write `home.toml`, which the journal notes first; the home is locked by the caller."""
    text = home_settings.to_toml(settings)
    if home.journal.named.home == text.decode():
        files.write_bytes(home.settings_file, text, home.scratch)
    else:
        home.commit([JournalEntry(entries.HOME, {"toml": text.decode()})])


def upgrade(home: "Home", settings: HomeSettings) -> None:
    """Write `home.toml` of this code's format, after the journal says what it holds: as long as it
    does not, the home is of the format before. The home is locked by the caller."""
    text = home_settings.to_toml(settings)
    if home.journal.named.home != text.decode():
        home.commit([JournalEntry(entries.HOME, {"toml": text.decode()})])
    files.write_bytes(home.settings_file, text, home.scratch)


def note(home: "Home") -> None:
    """Note in the journal what `home.toml` holds, also where it was edited; the home is locked by
    the caller."""
    text = files.read_regular(home.settings_file).decode()
    if home.journal.named.home != text:
        home.commit([JournalEntry(entries.HOME, {"toml": text})])


def _first_manifest(home: "Home") -> Contents | None:
    """Return the first whole manifest that says what it was made with, if any."""
    for day in home.dates():
        for folder in (
            *(version.folder for version in home.versions(day)),
            *(booked.folder for booked in home.all_corrections(day)),
            home.blocked_folder(day),
        ):
            try:
                manifest = manifest_json.read(folder / manifests.FILE_NAME)
            except (OSError, CreditmillError):
                continue
            if isinstance(manifest, Contents):
                return manifest
    return None
