"""Where logs lie, as settings name it: a folder, or the address of objects.

What else may be set belongs to `settings`.
"""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, InstanceOf, field_validator, model_validator

from pricing_assets.common import addresses
from pricing_assets.objects import Address, is_address, parse


def folder_of(value: object) -> object:
    """Return the name of a folder; ValueError where it is none."""
    if isinstance(value, str) and not value.strip():
        raise ValueError("no folder is named; leave it out or name one")
    if addresses.is_uri(str(value)):
        raise ValueError(
            f"{addresses.shown(str(value))} is not a path; mount it, and name the folder"
        )
    return value


def place_of(value: object) -> object:
    """Return where logs lie: the address of objects, or a folder. ValueError where it is neither."""
    text = str(value)
    if is_address(text):
        return parse(text)
    if text.startswith("file:/"):
        path = unquote(urlsplit(f"file:///{text.removeprefix('file:').lstrip('/')}").path)
        return Path(path)
    if addresses.is_uri(text):
        raise ValueError(
            f"{addresses.shown(text)} is neither a path nor an address; logs lie in a folder, or"
            " under s3://, gs://, az:// or file://"
        )
    return folder_of(value)


class LogFolder(BaseModel):
    """One of several folders of logs, with the source that reads it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Path | InstanceOf[Address]
    source: str | None = None
    keep_raw: bool = True

    @model_validator(mode="after")
    def _has_source(self) -> "LogFolder":
        if not self.keep_raw and self.source is None:
            raise ValueError(
                "keep_raw = false needs a source beside it: name the one that reads the folder"
            )
        return self

    @field_validator("path", mode="before")
    @classmethod
    def _place(cls, value: object) -> object:
        return place_of(value)
