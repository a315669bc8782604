"""One typed settings model: defaults < creditmill.toml < environment < options.

What a home was made with is the home's (`home.toml`); here is only what a user says now.
"""

import dataclasses
import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    Field,
    InstanceOf,
    SecretStr,
    ValidationError,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from pipelines import unknown_settings
from pipelines.engines import engine_of
from pipelines.places import LogFolder, folder_of, logs_of, overlap_of
from pipelines.sizes import Bytes, Most, Whole, bytes_of
from pipelines.unknown_settings import fault_of
from pricing_assets.common import addresses
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.common.os_reasons import reason_of
from pricing_assets.db.connection import LEAST_MEMORY, Limits
from pricing_assets.home import Home
from pricing_assets.home.lock import Say, say_nothing
from pricing_assets.home.opening import RequestedSettings
from pricing_assets.intake.inboxes import Inbox
from pricing_assets.logs.parquet_footer import LEAST_READ_MEMORY, FileLimits
from pricing_assets.objects import Address, parse
from pricing_assets.usage.engine import Engine

SETTINGS_FILE = "creditmill.toml"
PREFIX = "CREDITMILL_PREFIX"
"""Comes before every name in Dagster, where several homes share an instance; no command asks for it."""
Texts = Annotated[tuple[str, ...] | None, NoDecode]
"""Several names; in the environment separated by commas."""


class Settings(BaseSettings):
    """What a run goes by; None where nothing was said, so that the home's own terms hold."""

    model_config = SettingsConfigDict(
        env_prefix="CREDITMILL_",
        toml_file=SETTINGS_FILE,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    home: Path = Path("home")
    logs: Annotated[Path | InstanceOf[Address] | tuple[LogFolder, ...] | None, NoDecode] = None
    source: str | None = None
    rates: Texts = None
    credits: Path | None = None
    checks: Path | None = None
    timezone: str | None = None
    dimensions: Texts = None
    quarantine_limit: str | None = None
    quarantine_floor: Whole | None = None
    strict: bool = False
    memory_limit: str | None = None
    threads: Whole | None = None
    settle_seconds: Whole = 10
    grace_days: Whole = Field(7, ge=0)
    max_run_seconds: Whole = Field(21_600, gt=0)
    provider_name: str = Field("AI platform", pattern=r"\S")
    pages: bool = True
    keep: Literal["copy", "reference"] = "copy"
    publish_to: InstanceOf[Address] | None = None
    publish_exports: Path | None = None
    engine: Literal["duckdb", "spark"] = "duckdb"
    spark_remote: SecretStr | None = None
    spark_master: SecretStr | None = None
    spark_home: SecretStr | None = None
    scratch_uri: InstanceOf[Address] | None = None
    max_file_bytes: Bytes = FileLimits.file_bytes
    max_rows: Most = FileLimits.rows
    max_columns: Most = FileLimits.columns
    max_nesting: Most = FileLimits.nesting
    max_string_bytes: Bytes = FileLimits.string_bytes
    max_page_bytes: Bytes = FileLimits.page_bytes
    max_decoded_bytes: Bytes = FileLimits.decoded_bytes
    max_read_memory: Bytes = Field(FileLimits.read_memory, ge=LEAST_READ_MEMORY)
    max_read_seconds: Most = FileLimits.read_seconds

    @field_validator("rates", "dimensions", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("logs", mode="before")
    @classmethod
    def _place(cls, value: object) -> object:
        return value if value is None or isinstance(value, Address) else logs_of(value)

    @field_validator("publish_to", "scratch_uri", mode="before")
    @classmethod
    def _address(cls, value: object) -> object:
        return parse(value) if isinstance(value, str) else value

    @field_validator("home", "credits", "checks", "publish_exports", mode="before")
    @classmethod
    def _named(cls, value: object) -> object:
        return value if value is None else folder_of(value)

    @field_validator("quarantine_limit", mode="before")
    @classmethod
    def _text(cls, value: object) -> object:
        return None if value is None else str(value)

    @field_validator("memory_limit")
    @classmethod
    def _known_size(cls, value: str | None) -> str | None:
        if value is not None and bytes_of(value) < LEAST_MEMORY:
            raise ValueError(f"{value} is too little for any run; give it 14MB at least")
        return value

    @field_validator("spark_remote")
    @classmethod
    def _connect_address(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not addresses.is_connect(value.get_secret_value()):
            raise ValueError("it is not a Spark Connect address; write it like sc://host:15002")
        return value

    @field_validator("spark_home")
    @classmethod
    def _uri(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and "://" not in value.get_secret_value():
            raise ValueError("it is not a URI; write it like s3a://bucket/home")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the sources of settings: options win over the environment, the environment over
        `creditmill.toml`."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @property
    def inboxes(self) -> tuple[Inbox, ...]:
        """The folders that logs come into; ConfigurationError where `source` stands beside several, or where
        bytes are to stay that are in no object storage."""
        found = self._inboxes()
        if found and self.stays and not any(_may_stay(one) for one in found):
            raise ConfigurationError(
                'settings: keep = "reference" is of logs in object storage that no source reads; name such'
                " a place (logs), or leave it out"
            )
        return found

    def _inboxes(self) -> tuple[Inbox, ...]:
        if isinstance(self.logs, tuple):
            if self.source is not None:
                raise ConfigurationError(
                    f"settings: source {self.source} stands beside several [[logs]]; name a source"
                    " with each of them"
                )
            if overlap := overlap_of(self.logs):
                raise ConfigurationError(f"settings: [[logs]]: {overlap}")
            return tuple(Inbox(one.path, one.source, one.keep_raw) for one in self.logs)
        if self.logs is None:
            if self.source is not None:
                raise ConfigurationError(
                    f"settings: source {self.source} is of no logs; name their folder (--logs DIR)"
                )
            return ()
        return (Inbox(self.logs, self.source),)

    @property
    def stays(self) -> bool:
        """Whether the bytes of new logs in object storage stay there."""
        return self.keep == "reference"

    def open_home(self, say: Say = say_nothing) -> Home:
        """Return the home that these settings name; who waits for its lock, as long as a run may
        take, tells `say` of it."""
        return Home(self.home, self.max_run_seconds, say)

    def requested_settings(self) -> RequestedSettings:
        """Return the settings that the user requested for the home."""
        return RequestedSettings(
            timezone=self.timezone,
            dimensions=self.dimensions,
            books=self.rates,
            quarantine_limit=self.quarantine_limit,
            quarantine_floor=self.quarantine_floor,
            checks=None if self.checks is None else os.path.abspath(self.checks),
        )

    def open_engine(self) -> Engine:
        """Return what reads single events; ConfigurationError where it cannot be started from here.

        Nothing is started before it is needed; the caller closes it.
        """
        return engine_of(self)

    def file_limits(self) -> FileLimits:
        """Return the most that one usage log may have: settings of the same names, after `max_`."""
        return FileLimits(
            **{one.name: getattr(self, f"max_{one.name}") for one in dataclasses.fields(FileLimits)}
        )

    def limits(self) -> Limits:
        """Return memory and threads of the run."""
        memory = None if self.memory_limit is None else bytes_of(self.memory_limit)
        return Limits(memory, self.threads)


def _may_stay(inbox: Inbox) -> bool:
    return isinstance(inbox.path, Address) and inbox.source is None


def load(**options: Any) -> Settings:
    """Return the settings; options that are None were not given. ConfigurationError names the
    fault."""
    try:
        return Settings(**{name: value for name, value in options.items() if value is not None})
    except ValidationError as error:
        lines = [fault_of(fault, Settings.model_fields) for fault in error.errors()]
        raise ConfigurationError("settings: " + "; ".join(lines)) from error
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigurationError(f"{SETTINGS_FILE} cannot be read: {reason_of(error)}") from error


def unknown_variables() -> list[str]:
    """Return what to say of each variable of the environment that looks like a setting and is none."""
    return unknown_settings.unknown_variables({"prefix", *Settings.model_fields})
