"""Releases of the time zone database made for tests: a zone of few changes, in tzdata's layout.

What a home makes of another release is held elsewhere.
"""

import struct
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

ZONE = "America/Asuncion"
OLD = (
    [("2024-10-06T04:00Z", -3), ("2025-03-23T03:00Z", -4), ("2025-10-05T04:00Z", -3)],
    "<-04>4<-03>,M10.1.0/0,M3.4.0/0",
)
"""Paraguay's clocks as release 2024b has them: back by an hour on 2025-03-23."""
NEW = ([("2024-10-06T04:00Z", -3)], "<-03>3")
"""As 2025a has them: since October 2024 they stay three hours behind."""


def tzif(changes: Sequence[tuple[str, int]], rest: str) -> bytes:
    """A zone four hours behind until the first change (instant, hours), as RFC 8536 writes it;
    `rest` is the rule after the last."""
    hours = sorted({-4, *(offset for _, offset in changes)})
    names = [f"<{offset:+03d}>\0" for offset in hours]

    def block(width: str, told: Sequence[tuple[str, int]]) -> bytes:
        head = (0, 0, 0, len(told), len(hours), sum(map(len, names)))
        times = [int(datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp()) for at, _ in told]
        kinds = [hours.index(offset) for _, offset in told]
        made = b"TZif2" + bytes(15) + struct.pack(">6l", *head)
        made += struct.pack(f">{len(times)}{width}", *times) + bytes(kinds)
        for place, offset in enumerate(hours):
            made += struct.pack(">lBB", offset * 3600, 0, sum(map(len, names[:place])))
        return made + "".join(names).encode()

    return block("l", ()) + block("q", changes) + f"\n{rest}\n".encode()


def write_release(folder: Path, release: str, zone: tuple[Sequence[tuple[str, int]], str]) -> Path:
    """A release of Paraguay's zone and UTC, in a new folder, which is returned."""
    data = folder / "zoneinfo"
    (data / "America").mkdir(parents=True)
    (folder / "zones").write_text(f"{ZONE}\nUTC\n")
    (data / "tzdata.zi").write_text(f"# version {release}\n")
    (data / ZONE).write_bytes(tzif(*zone))
    (data / "UTC").write_bytes(files("tzdata").joinpath("zoneinfo", "UTC").read_bytes())
    return folder
