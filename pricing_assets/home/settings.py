"""The settings that a home is made with, and `home.toml`, which holds them.

Where that file lies belongs to `home`, what a user may set for one run to `pipelines.settings`.
"""

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Final, NamedTuple

from pricing_assets.common import files, kinds, toml
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.common.os_reasons import reason_of
from pricing_assets.contract.tables import RESERVED_NAMES
from pricing_assets.contract.usage_log import LOG_COLUMNS
from pricing_assets.contract.zones import zone_of

FORMAT = 2
"""How the files of a home are laid out and what they hold; another format is refused by name. Of
format 2, what was made of logs is kept in `rollups`."""
UPGRADABLE = (1,)
"""Earlier formats, which `creditmill upgrade` brings to this one."""


FROM_A_COPY = ", restore it from a copy"
WITHOUT_FORMAT = "was made before homes had a format"


class PinnedSource(NamedTuple):
    """The source that read an inbox (its absolute path) last: name and digest."""

    inbox: str
    name: str
    sha256: str


@dataclass(frozen=True)
class HomeSettings:
    """What a home was made with: the same logs under other settings are other reports. `zone_rules`
    pins the time zone's data (`zones.rules_of`) that receipts count the rows of dates by, `sources`
    what reads the logs of each inbox, `checks` is the folder of a team's own rules ('': none)."""

    timezone: str = "UTC"
    dimensions: tuple[str, ...] = ("agent_id",)
    books: tuple[str, ...] = ()
    quarantine_limit: str = "0.05"
    quarantine_floor: int = 20
    zone_rules: str = ""
    sources: tuple[PinnedSource, ...] = ()
    checks: str = ""

    def checked(self) -> "HomeSettings":
        """Return these settings, or a ConfigurationError that says what is wrong with them."""
        zone_of(self.timezone)
        if not self.dimensions:
            raise ConfigurationError("dimensions must name at least one column, like agent_id")
        folded = [name.casefold() for name in self.dimensions]
        logged = {column.name: column.type for column in LOG_COLUMNS}
        for name in self.dimensions:
            if not name.strip() or folded.count(name.casefold()) > 1:
                raise ConfigurationError(f"dimension {name!r} is blank or named twice")
            if name.casefold() in RESERVED_NAMES or logged.get(name, "VARCHAR") != "VARCHAR":
                raise ConfigurationError(
                    f"dimension {name!r} has the name of a column of the reports; rename it"
                )
            if name not in logged and name.casefold() in logged:
                raise ConfigurationError(
                    f"dimension {name!r} differs from the column {name.casefold()!r} by case only"
                )
        try:
            limit = Decimal(self.quarantine_limit)
        except ArithmeticError as error:
            raise ConfigurationError("quarantine_limit must be a share like 0.05") from error
        if not (limit.is_finite() and 0 <= limit <= 1):
            raise ConfigurationError(
                f"quarantine_limit {self.quarantine_limit} must be a share from 0 to 1"
            )
        if self.quarantine_floor < 0:
            raise ConfigurationError("quarantine_floor must be 0 rows or more")
        if not files.is_text(Path(self.checks)):
            raise ConfigurationError(
                "checks is a folder whose name is not UTF-8 text, so a home cannot record it"
            )
        return self

    def blocks(self, quarantined: int, rows: int) -> bool:
        """Return whether so many quarantined rows are more than a date may have: over the limit,
        and more than the floor or more than half."""
        return quarantined > Decimal(self.quarantine_limit) * rows and (
            quarantined > self.quarantine_floor or 2 * quarantined > rows
        )


_KEYS: Final = tuple(one.name for one in fields(HomeSettings))


def read(file: Path, formats: Collection[int] = (FORMAT,)) -> HomeSettings:
    """Return the settings of a `home.toml`; ConfigurationError where it is damaged, or of none of
    these formats."""
    try:
        text = files.read_regular(file).decode()
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"{file} is damaged{FROM_A_COPY}: {reason_of(error, file)}"
        ) from error
    return parsed(file, text, formats)


def parsed(file: Path, text: str, formats: Collection[int] = (FORMAT,)) -> HomeSettings:
    """Return the settings of a text of that file; ConfigurationError like `read`."""
    try:
        raw = toml.loads(text)
        check_format(file, raw.get("format"), formats)
        _refuse_unknown(raw)
        read = HomeSettings(
            timezone=raw["timezone"],
            dimensions=_texts(raw["dimensions"]),
            books=_texts(raw["books"]),
            quarantine_limit=raw["quarantine_limit"],
            quarantine_floor=raw["quarantine_floor"],
            zone_rules=raw.get("zone_rules", ""),
            sources=tuple(
                PinnedSource(inbox, *text.rsplit(" ", 1))
                for inbox, text in raw.get("sources", {}).items()
            ),
            checks=raw.get("checks", ""),
        )
        name = kinds.wrong_field(read)
        if name is not None:
            raise ConfigurationError(f"{name} is not of the type that it has here; put it back")
        return read.checked()
    except ConfigurationError as error:
        raise ConfigurationError(f"{file}: {error}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"it has no {error.args[0]}" if isinstance(error, KeyError) else str(error)
        raise ConfigurationError(f"{file} is damaged{FROM_A_COPY}: {what}") from error


def _refuse_unknown(keys: Iterable[str]) -> None:
    """Raise ConfigurationError where a key is not a setting: a misspelt one would change nothing."""
    known = [*_KEYS, "format"]
    for key in keys:
        if key not in known:
            near = get_close_matches(key, known, n=1)
            raise ConfigurationError(
                f"{key} is not a setting of a home{f'; did you mean {near[0]}?' if near else ','}"
                f" remove it; its settings are {', '.join(_KEYS)}"
            )


def _texts(names: object) -> tuple[str, ...]:
    """Return a list of texts as settings have them; TypeError where it is none."""
    if not kinds.is_of(names, list[str]):
        raise TypeError(f"{names!r} is not a list of texts")
    return tuple(names)  # type: ignore[arg-type]


def edited(file: Path, key: str, now: object, before: object) -> ConfigurationError:
    """Return the error that a setting was changed by hand after reports were made with another."""
    was, reads = _toml(before), _toml(now)
    return ConfigurationError(
        f"{file} was changed: its reports were made with {key} = {was}, it says {reads}. Put"
        f" {key} = {was} back, or make another home with what it says (--home)"
    )


def edited_rules(file: Path, now: HomeSettings) -> ConfigurationError:
    """Return the error that the rules of the time zone, which a home pins itself, were changed by hand."""
    return ConfigurationError(
        f"{file} was changed: zone_rules = {_toml(now.zone_rules)} is not of timezone ="
        f" {_toml(now.timezone)}, which its reports were made with. `creditmill restore` writes it again as"
        " the journal has it"
    )


def edited_books(file: Path, now: object, before: object) -> ConfigurationError:
    """Return the error that the books of a home were changed by hand."""
    return ConfigurationError(
        f"{file} was changed: the home uses books = {_toml(before)}, but the file says {_toml(now)}."
        " `creditmill restore` puts them back; to use other books, name all of them:"
        " `creditmill run --rates BOOK`, with --restate where they hold other prices"
    )


def check_format(file: Path, found: object, formats: Collection[int] = (FORMAT,)) -> None:
    """Raise ConfigurationError where a home is of none of these formats."""
    if type(found) is int and found in formats:
        return
    home = file.parent
    what = f"has format {found!r}" if found is not None else WITHOUT_FORMAT
    if type(found) is int and found > FORMAT:
        cure = "install the creditmill that made it, or a newer one"
    elif type(found) is int and found in UPGRADABLE:
        cure = "`creditmill upgrade` says what brings it there, and does it with --yes"
    else:
        cure = (
            "nothing brings it there. Go on with the creditmill that made it, or make a new home"
            f" from the logs that it was made of, which are also in {home / 'logs'}"
        )
    raise ConfigurationError(
        f"{home} {what}, and this creditmill works with format {FORMAT}: {cure}"
    )


def to_toml(settings: HomeSettings) -> bytes:
    """Return the text of `home.toml`; ConfigurationError where a setting is wrong."""
    lines = ["# What this home was made with; a run without options uses it.", f"format = {FORMAT}"]
    for key, value in asdict(settings.checked()).items():
        if key != "sources" and (key, value) != ("checks", ""):
            lines.append(f"{key} = {_toml(value)}")
    if settings.sources:
        lines += [
            "",
            "# What reads the logs of each inbox, with the digest of its text.",
            "[sources]",
        ]
        lines += [
            f"{_toml(one.inbox)} = {_toml(f'{one.name} {one.sha256}')}" for one in settings.sources
        ]
    return ("\n".join(lines) + "\n").encode()


def _toml(value: object) -> str:
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, str):
        escaped = "".join(
            f"\\u{ord(char):04x}" if char in '"\\' or ord(char) < 32 or ord(char) == 127 else char
            for char in value
        )
        return f'"{escaped}"'
    return str(value)
