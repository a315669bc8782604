"""Inboxes: folders that logs come into, each with the source that reads them.

The home pins an inbox's source: where another one, or another text of it, reads an inbox from now
on, its logs are mapped anew, and what becomes stale by that is restated.
"""

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from pathlib import Path

from pricing_assets.common import files, hive_paths
from pricing_assets.common.errors import ConfigurationError, CreditmillError, RejectedLog
from pricing_assets.common.text import counted
from pricing_assets.home import Home, Receipt, derived, settings_file
from pricing_assets.home.entries import receipt_entry
from pricing_assets.home.settings import HomeSettings, PinnedSource
from pricing_assets.intake.arrivals import IngestOptions
from pricing_assets.intake.arrived import Arrived, Rules
from pricing_assets.intake.inbox_scan import name_of, root_of
from pricing_assets.intake.keep import keep_made, keep_source
from pricing_assets.intake.reader import Reader
from pricing_assets.intake.take_in import RAW_FILES
from pricing_assets.objects import Address
from pricing_assets.sources.kept import KeptSource, kept_for


@dataclass(frozen=True)
class Inbox:
    """A folder or a prefix of a bucket that logs come into, one file or a pattern, and the source that reads them: a preset,
    a TOML file, or None (the one that the home pins; without one, Parquet with the columns of the
    usage log). Without `keep_raw`, only the rows that the source makes of new logs are kept."""

    path: Path | Address
    source: str | None = None
    keep_raw: bool = True


def source_of(home: Home, inbox: Inbox) -> KeptSource | None:
    """Return the source that reads an inbox, in its present version. ConfigurationError where there is
    none of its name, SourceError where it breaks a rule."""
    root = root_of(inbox.path)
    if inbox.source is not None:
        return kept_for(inbox.source, root, keep_raw=inbox.keep_raw)
    pinned = _pinned(home, root)
    if pinned is None:
        return None
    try:
        return derived.source_of(home, pinned.sha256).as_mapped_now()
    except CreditmillError as error:
        if any((log.source or {}).get("sha256") == pinned.sha256 for log in home.all_receipts()):
            raise
        raise ConfigurationError(
            f"{root} was last read by the source {pinned.name}, of which the home keeps no text, since that"
            " run broke off before it read any log: name the source once more, with --source or in"
            " [[logs]]"
        ) from error


def open_inbox(
    home: Home, inbox: Inbox, settings: HomeSettings, how: IngestOptions
) -> tuple[KeptSource | None, list[Receipt]]:
    """Return the source that reads an inbox, after logs that another one had read were mapped anew, and
    the receipts of these.

    The home is locked by the caller. ConfigurationError as of `source_of`, and where a log that came
    into the inbox cannot be read by its new source: nothing is changed then.
    """
    source, root = source_of(home, inbox), root_of(inbox.path)
    if source is None:
        return None, []
    pinned = _pinned(home, root)
    mapped = map_anew(home, root, settings, replace(how, source=source))
    if pinned is None or pinned.sha256 != source.digest:
        now = PinnedSource(name_of(root), source.name, source.digest)
        held = home.settings()
        others = [one for one in held.sources if one.inbox != name_of(root)]
        pins = tuple(sorted([*others, now]))
        keep_source(home, source)  # no later run depends on whether this one reads any log
        settings_file.write(home, replace(held, sources=pins))
    return source, mapped


def is_read_differently(home: Home, inbox: Inbox, source: KeptSource) -> bool:
    """Return whether an inbox was read by another source before: its logs are to be mapped anew."""
    pinned = _pinned(home, root_of(inbox.path))
    return pinned is not None and pinned.sha256 != source.digest


def not_mapped_anew(home: Home, inbox: Inbox) -> list[str]:
    """Return, where the source of an inbox has changed since the last run, what is to be said of its logs
    whose raw bytes are not kept: no source can map them anew. Errors as of `source_of`."""
    source, root = source_of(home, inbox), root_of(inbox.path)
    if source is None or not is_read_differently(home, inbox, source):
        return []
    logs = [log for log in _of_another(home, root, source) if not log.has_raw]
    if not logs:
        return []
    it, keep = ("it", "keeps") if len(logs) == 1 else ("them", "keep")
    return [
        f"{counted(len(logs), 'known log')} of {root} ({logs[0].shown_name}{', …' if logs[1:] else ''}) came with"
        f" keep_raw = false, and {keep} the rows that another source made of {it}; to map one by"
        f" {source.name}, withdraw it (`creditmill withdraw {logs[0].file[:16]} --reason TEXT`), and bring it"
        " back from a file of its bytes (`creditmill withdraw PATH --restore --reason TEXT`)"
    ]


def _of_another(home: Home, root: Path | Address, source: KeptSource) -> list[Receipt]:
    """Return the logs of an inbox that were mapped by another source."""
    of_inbox = [
        log for log in home.all_receipts() if log.source and log.source["inbox"] == name_of(root)
    ]
    return [log for log in of_inbox if (log.source or {})["sha256"] != source.digest]


def _pinned(home: Home, root: Path | Address) -> PinnedSource | None:
    if not home.exists():
        return None
    return next((one for one in home.settings().sources if one.inbox == name_of(root)), None)


def map_anew(
    home: Home, root: Path | Address, settings: HomeSettings, how: IngestOptions
) -> list[Receipt]:
    """Map the logs of an inbox by another source, and return their receipts; each keeps the instant at
    which it came. ConfigurationError where the source does not read one of them."""
    source = how.source
    if source is None:
        return []
    logs = [log for log in _of_another(home, root, source) if log.has_raw]
    if not logs:
        return []
    known = counted(len(logs), "known log")
    how.progress(f"mapping {known} by the source {source.name}")
    rules = Rules(
        settings.timezone, settings.dimensions, how.limits, how.file_limits, {source.digest: source}
    )
    replaced: list[tuple[Receipt, Receipt]] = []
    with (
        files.scratch_folder(home.scratch, "mapping-") as scratch,
        nullcontext(how.reader) if how.reader else Reader() as reader,
    ):
        for batch in _batches(logs):
            arrived = [_arrived(home, log, source, scratch) for log in batch]
            found = reader.examine(arrived, rules, batch[0].received, scratch)
            for log, became in zip(batch, found, strict=True):
                if isinstance(became, RejectedLog):
                    raise ConfigurationError(
                        f"the source {source.name} does not read {log.shown_name}, which came into"
                        f" {root} before: {became.detail}. Nothing was changed; fix the source, or"
                        f" `creditmill withdraw {log.file[:16]} --reason TEXT` first"
                    )
                # bytes that are kept stay, whatever is kept of those to come
                of = {
                    name: one for name, one in (became.source or {}).items() if name != "keep_raw"
                }
                replaced.append((log, replace(became, source=of)))
        keep_source(home, source)
        kept = [(log, keep_made(home, became, scratch)) for log, became in replaced]
    home.commit([receipt_entry(became.record()) for _, became in kept])
    for log, became in kept:
        if log.undated_sha256 is not None and became.undated_sha256 is None:
            home.undated(log.file).unlink(missing_ok=True)
    return [became for _, became in kept]


def _batches(logs: Sequence[Receipt]) -> Iterator[list[Receipt]]:
    """Yield logs that came at one instant together: by it, rows are of the future or not."""

    def came(log: Receipt) -> datetime:
        return log.received

    for _, of_instant in groupby(sorted(logs, key=came), key=came):
        together = list(of_instant)
        for begin in range(0, len(together), RAW_FILES):
            yield together[begin : begin + RAW_FILES]


def _arrived(home: Home, log: Receipt, source: KeptSource, scratch: Path) -> Arrived:
    """Return a kept raw log as if it came; the reader sees no file but those of its own folder."""
    kept = home.log(log.file, is_raw=True)
    copy = scratch / kept.name
    try:
        os.link(kept, copy)
    except OSError:
        shutil.copyfile(kept, copy)
    integrity = "digest" if log.integrity == "digest" else ""
    inbox = log.source["inbox"] if log.source else ""
    folder = hive_paths.folder_of(json.loads((log.source or {}).get("in_path", "{}")))
    arrived = Arrived(copy, log.file_name, log.file, log.bytes, integrity, folder)
    return arrived._replace(source=source.digest, inbox=inbox, table=log.table)
