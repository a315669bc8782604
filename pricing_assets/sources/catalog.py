"""Which sources there are: the presets, a user's own files, and which of them a file fits."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from pricing_assets.common.errors import ConfigurationError, RejectedLog
from pricing_assets.contract.outcomes import RECORD_REASONS
from pricing_assets.sources import checking
from pricing_assets.sources.mapped import InPaths, mapped
from pricing_assets.sources.source import Source

FOLDER: Final = Path(__file__).with_name("presets")
ORDER: Final = (
    "litellm_s3",
    "litellm_spendlogs",
    "langfuse",
    "otel_genai",
    "bedrock",
    "openmeter",
    "dify",
    "azure_apim",
    "table",
    "delta",
    "iceberg",
)
"""The presets, in the order in which a file is held against them."""


@cache
def presets() -> tuple[Source, ...]:
    """Return the sources that come with creditmill."""
    return tuple(checking.load(FOLDER / f"{name}.toml") for name in ORDER)


def named(name: str) -> Source:
    """Return a preset by its name, or the source of a TOML file. ConfigurationError where there is
    neither; SourceError where the file breaks a rule."""
    if name in ORDER:
        return checking.load(FOLDER / f"{name}.toml")
    path = Path(name)
    if path.suffix == ".toml" or path.exists():
        return checking.load(path)
    raise ConfigurationError(
        f"no source {name}: name a preset ({', '.join(ORDER)}) or a file NAME.toml, which"
        " `creditmill sources new` makes"
    )


@dataclass(frozen=True)
class Fit:
    """How a source fits a file: how many of its first records it makes usage of."""

    source: Source
    usable: int


def fits(file: Path, in_paths: InPaths = MappingProxyType({})) -> list[Fit]:
    """Return the presets that make usage of a file's first records, the best first: rows with an
    id, an instant and a billing type. Of a table's files that is `table`. RejectedLog where none does,
    and the file cannot be read as what it is."""
    found: list[Fit] = []
    unreadable: RejectedLog | None = None
    for source in presets():
        if source.is_of_tables:
            continue
        try:
            _, table = next(mapped([file], source, in_paths))
        except RejectedLog as error:
            if error.reason not in ("wrong_format", "wrong_schema"):
                unreadable = unreadable or error
            continue
        except (ConfigurationError, StopIteration):
            continue
        usable = sum(
            None not in row and outcome not in RECORD_REASONS
            for *row, outcome in zip(*(table[name].to_pylist() for name in _USED), strict=True)
        )
        if usable:
            found.append(Fit(source, usable))
    if unreadable is not None and not found:
        raise unreadable
    return sorted(found, key=lambda fit: -fit.usable)


_USED: Final = ("event_id", "event_time", "billing_type", "outcome")
