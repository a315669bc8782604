"""Columns that a source does not read in some rows of a log, so that a run would quarantine them.

Why a row is quarantined in a run belongs to `usage`; names without a price to `estimate`.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pricing_assets.contract.billing import BILLING_TYPES
from pricing_assets.contract.outcomes import NO_EVENT_TIME
from pricing_assets.contract.usage_log import BLANKS, ONE_OF_THE_TYPES
from pricing_assets.sources.source import Source

if TYPE_CHECKING:
    import pyarrow as pa

_NEEDED: Final = {
    "event_id": ("missing_event_id", "blank"),
    "event_time": (NO_EVENT_TIME, "blank or no instant"),
    "org_id": ("missing_org_id", "blank"),
    "billing_type": ("unknown_billing_type", f"not {ONE_OF_THE_TYPES}"),
}
"""The columns that each row needs: the reason why one without it is quarantined, and what it is then."""


@dataclass(frozen=True)
class Unread:
    """A column that was not read in some of the rows of a log, and what its source makes it of."""

    column: str
    rows: int
    of: int
    made_of: str
    reason: str

    @property
    def message(self) -> str:
        """The same in words."""
        rows = "row" if self.of == 1 else "rows"
        made_of = f" (made of {self.made_of})" if self.made_of else ""
        return (
            f"{self.column} is {_NEEDED[self.column][1]} in {self.rows:,} of {self.of:,} {rows}{made_of},"
            f" which a run quarantines: {self.reason}"
        )

    def as_json(self) -> dict[str, Any]:
        """Return the same for JSON."""
        return asdict(self)


@dataclass
class Needed:
    """How many of a log's rows were looked at, and in how many each column that they need was not read."""

    source: Source
    rows: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def look_at(self, mapped: "pa.Table") -> None:
        """Count in mapped rows; records that became none are left out."""
        import pyarrow as pa
        import pyarrow.compute as pc

        table = mapped.filter(pc.is_null(mapped["outcome"]))
        self.rows += len(table)
        for name in _NEEDED:
            column = table[name]
            if name == "event_time":
                is_read = pc.is_valid(column)
            elif name == "billing_type":
                is_read = pc.is_in(column, pa.array([*BILLING_TYPES]))
            else:
                is_read = pc.not_equal(pc.utf8_trim(pc.fill_null(column, ""), BLANKS), "")
            self.counts[name] += len(table) - (pc.sum(is_read).as_py() or 0)

    def unread(self) -> Iterator[Unread]:
        """Yield the columns that were not read in some rows."""
        for name, (reason, _) in _NEEDED.items():
            if count := self.counts[name]:
                yield Unread(name, count, self.rows, _made_of(self.source, name), reason)

    @property
    def is_none_left(self) -> bool:
        """Whether each row would be quarantined for one of them."""
        return self.rows > 0 and max(self.counts.values(), default=0) == self.rows


def _made_of(source: Source, name: str) -> str:
    """Return the paths that a source makes a column of; '' of a SELECT, or a constant."""
    rule = source.columns.get(name)
    alternatives = () if rule is None else rule.value if rule.verb == "first" else (rule,)
    texts = (
        one.value if one.verb == "sum" else [one.value]
        for one in alternatives
        if one.verb != "const"
    )
    return ", ".join(f"`{text}`" for some in texts for text in some)
