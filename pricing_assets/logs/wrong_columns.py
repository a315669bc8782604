"""All that is wrong with a log's columns, in one message, and how to fix it.

Which type a column must have, and how it is read, belongs to `relation`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pricing_assets.common.errors import RejectedLog
from pricing_assets.contract.billing import QUANTITIES, TOKEN_CLASSES

_CURES = {
    "an integer": "cast quantities to int64",
    "a timestamp": "write event_time as a timestamp (pandas: to_datetime)",
    "a string": "write texts as strings (pandas: astype('string'))",
    "a list of struct<width, height> of integers": "write images as such a list",
}
"""What the writer has to change, by what belongs in a column."""


@dataclass
class WrongColumns:
    """Columns that come twice, are missing, or are of a wrong type: by that type, and by what
    belongs there."""

    repeated: dict[str, int] = field(default_factory=dict)
    missing: Sequence[str] = ()
    of_type: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def add(self, name: str, found: str) -> None:
        """Add a column of a wrong type."""
        self.of_type.setdefault((found, _wanted(name)), []).append(name)

    def check(self) -> None:
        """Raise RejectedLog, with every fault and the cures, if there is any."""
        faults = [f"column {name!r} comes {count} times" for name, count in self.repeated.items()]
        cures = ["write each column once"] if faults else []
        if self.missing:
            faults.append(
                f"required {_columns(', '.join(self.missing), len(self.missing))} missing"
            )
            cures.append("write every required column, by exactly this name")
        for (found, wanted), names in self.of_type.items():
            subject = _columns(", ".join(repr(name) for name in names), len(names))
            faults.append(f"{subject} {found}, where {wanted} belongs")
            cures.append(_CURES[wanted])
        if faults:
            cure = "; ".join(dict.fromkeys(cures))
            raise RejectedLog("wrong_schema", f"{'; '.join(faults)} ({cure})")


def _columns(names: str, count: int) -> str:
    """Return the columns as a sentence begins with them, verb and all."""
    return f"column {names} is" if count == 1 else f"columns {names} are"


def _wanted(name: str) -> str:
    if name == "event_time":
        return "a timestamp"
    if name in QUANTITIES or name in TOKEN_CLASSES:
        return "an integer"
    return "a list of struct<width, height> of integers" if name == "images" else "a string"
