"""Where logs lie, as settings name it: a folder, or the address of objects.

What else may be set belongs to `settings`.
"""

import os
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    InstanceOf,
    ValidationError,
    field_validator,
    model_validator,
)

from pipelines.unknown_settings import fault_of, no_setting
from pricing_assets.common import addresses
from pricing_assets.intake.inbox_scan import root_of
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
    if not isinstance(value, str | Path | Address):
        raise ValueError("it is neither a path nor an address")
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


def logs_of(value: object) -> object:
    """Return where logs lie: one place, or several folders. ValueError names each fault of these."""
    if isinstance(value, str | Path):
        return place_of(value)
    if isinstance(value, dict):
        raise ValueError(
            "in creditmill.toml each folder of logs is a table [[logs]] of its own, not [logs]"
        )
    if not isinstance(value, list | tuple):
        raise ValueError(
            "it is a folder, an address, or a table [[logs]] of creditmill.toml per folder"
        )
    found, faults = [], []
    for number, one in enumerate(value, 1):
        try:
            found.append(LogFolder.model_validate(one))
        except ValidationError as error:
            faults += [f"number {number}: {_fault_of(fault)}" for fault in error.errors()]
    if faults:
        raise ValueError(f"in creditmill.toml, [[logs]] {'; '.join(faults)}")
    return tuple(found)


def _fault_of(fault: Any) -> str:
    keys = tuple(LogFolder.model_fields)
    if fault["type"] == "extra_forbidden":
        message = no_setting(str(fault["loc"][0]), keys).replace("a setting", "one of its keys")
        return (
            f"{message} They are {', '.join(keys)}"
            if "?" in message
            else f"{message}: {', '.join(keys)}"
        )
    if fault["type"] == "missing":
        return f"it has no {fault['loc'][0]}"
    if fault["type"] == "model_type":
        return f"it is not a table with the keys {', '.join(keys)}"
    return fault_of(fault, keys)


def overlap_of(folders: Sequence[LogFolder]) -> str:
    """Return what is wrong with folders of logs that share files, or a place that a home pins one source
    for; '' where nothing is."""
    for one, other in combinations(folders, 2):
        outer, inner = sorted((one, other), key=lambda folder: len(_place_of(folder.path)))
        roots = [_place_of(root_of(folder.path)) for folder in (outer, inner)]
        if _place_of(one.path) == _place_of(other.path):
            return f"{_both(one, other)} name one folder; leave one of them out"
        if _source_of(one) == _source_of(other):
            continue
        if roots[0] == roots[1]:
            return (
                f"{_both(one, other)} are of one folder, {roots[0]}, with different sources; a folder"
                " has one: put what another source reads into a folder of its own"
            )
        if roots[0] == _place_of(outer.path) and roots[1].startswith(f"{roots[0]}/"):
            return (
                f"{inner.path} ({_said(inner)}) lies in {outer.path} ({_said(outer)}), so that both would"
                " read its files; put it beside, or name the folders below, each with its source"
            )
    return ""


def _place_of(path: Path | Address) -> str:
    return str(path) if isinstance(path, Address) else os.path.realpath(path).rstrip("/")


def _source_of(folder: LogFolder) -> str | None:
    return None if folder.source is None else os.path.normpath(folder.source)


def _both(one: LogFolder, other: LogFolder) -> str:
    return f"{one.path} ({_said(one)}) and {other.path} ({_said(other)})"


def _said(folder: LogFolder) -> str:
    return "no source" if folder.source is None else f"source {folder.source}"
