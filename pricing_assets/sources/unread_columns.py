"""Columns that a source does not read in some rows of a log, so that a run would quarantine them.

Why a row is quarantined in a run belongs to `usage`; names without a price to `estimate`.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from pricing_assets.contract.billing import BILLING_TYPES, KEY_MODES, QUANTITIES, SERVICES
from pricing_assets.contract.outcomes import NO_EVENT_TIME
from pricing_assets.contract.usage_log import BLANKS, ONE_OF_THE_TYPES
from pricing_assets.sources.source import ColumnRule, Source

if TYPE_CHECKING:
    import pyarrow as pa

_TOKENS: Final = ("input_tokens", "output_tokens")
_QUANTITIES: Final = "every quantity of its billing type"
_SHOWN: Final = 5
_WITHOUT_KEY_MODE: Final = [
    name for name, service in BILLING_TYPES.items() if not SERVICES[service].reads_key_mode
]
_NEEDED: Final = {
    "event_id": ("missing_event_id", "blank"),
    "event_time": (NO_EVENT_TIME, "blank or no instant"),
    "org_id": ("missing_org_id", "blank"),
    "billing_type": ("unknown_billing_type", f"not {ONE_OF_THE_TYPES}"),
    "key_mode": ("unknown_key_mode", f"not {' or '.join(KEY_MODES)}"),
}
"""The columns that each row needs: the reason why one without it is quarantined, and what it is then."""


@dataclass(frozen=True)
class Unread:
    """A column that was not read in some of the rows of a log, `what` it is there, and what its source makes
    it of; without a `reason` a run charges the rows without it."""

    column: str
    what: str
    rows: int
    of: int
    made_of: str
    reason: str
    values: tuple[str | None, ...] = ()
    """The commonest values that its `map` makes nothing of (None: a missing one); none without a `map`."""

    @property
    def message(self) -> str:
        """The same in words."""
        rows = "row" if self.of == 1 else "rows"
        made_of = f" (made of {self.made_of})" if self.made_of else ""
        if self.values:
            shown = ", ".join(
                "a missing value" if one is None else repr(one) for one in self.values
            )
            made_of += f", since its map does not list {shown}"
        return (
            f"{self.column} is {self.what} in {self.rows:,} of {self.of:,} {rows}{made_of},"
            f" {f'which a run quarantines: {self.reason}' if self.reason else 'of which a run charges none'}"
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
    without_rule: Counter[str] = field(default_factory=Counter)
    values: dict[str, Counter[str | None]] = field(default_factory=dict)

    @property
    def looked_at(self) -> Source:
        """The source, with a column more for each one that a `map` makes: the value before."""
        mapped = [
            name
            for name in _NEEDED
            if name in self.source.columns and _is_mapped(self.source, name)
        ]
        logged = {_logged(name): _without_map(self.source.columns[name]) for name in mapped}
        return replace(self.source, columns={**self.source.columns, **logged})

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
            elif name == "key_mode":
                reads_none = pc.is_in(table["billing_type"], pa.array(_WITHOUT_KEY_MODE))
                is_read = pc.or_(reads_none, pc.is_in(column, pa.array([*KEY_MODES])))
            else:
                is_read = pc.not_equal(pc.utf8_trim(pc.fill_null(column, ""), BLANKS), "")
            self.counts[name] += len(table) - (pc.sum(is_read).as_py() or 0)
            if _logged(name) in table.column_names:
                values = table.filter(pc.invert(is_read))[_logged(name)].to_pylist()
                self.values.setdefault(name, Counter()).update(values)

        self._look_at_quantities(table)

    def _look_at_quantities(self, table: "pa.Table") -> None:
        """Count rows without any quantity of their type, and those with one whose tokens no rule makes."""
        metered = [name for name in QUANTITIES if name in table.column_names]
        columns = (table[name].to_pylist() for name in metered)
        for billing_type, *values in zip(table["billing_type"].to_pylist(), *columns, strict=True):
            of_type = (
                SERVICES[BILLING_TYPES[billing_type]].meters
                if billing_type in BILLING_TYPES
                else ()
            )
            held = dict(zip(metered, values, strict=True))
            if of_type and all(held.get(name) is None for name in of_type):
                self.counts[_QUANTITIES] += 1
            elif self.source.select is None:
                self.without_rule.update({*_TOKENS} & {*of_type} - {*self.source.columns})

    def unread(self) -> Iterator[Unread]:
        """Yield the columns that were not read in some rows."""
        for name, (reason, what) in _NEEDED.items():
            if count := self.counts[name]:
                values = self.values.get(name, Counter()).most_common(_SHOWN)
                made_of = _made_of(self.source, name)
                shown = tuple(value for value, _ in values)
                yield Unread(name, what, count, self.rows, made_of, reason, shown)
        if count := self.counts[_QUANTITIES]:
            yield Unread(_QUANTITIES, "blank", count, self.rows, "", "missing_quantity")
        for name in _TOKENS:
            if count := self.without_rule[name]:
                yield Unread(name, "made by no rule", count, self.rows, "", "")

    @property
    def is_none_left(self) -> bool:
        """Whether each row would be quarantined for one of them."""
        return self.rows > 0 and max(self.counts.values(), default=0) == self.rows


def _logged(name: str) -> str:
    """Return the name of the column of what a `map` was given; no dimension has such a one."""
    return f"{name} before its map"


def _is_mapped(source: Source, name: str) -> bool:
    rule = source.columns[name]
    alternatives = rule.value if rule.verb == "first" else ()
    return any("map" in one.also for one in (rule, *alternatives))


def _without_map(rule: ColumnRule) -> ColumnRule:
    also = {key: one for key, one in rule.also.items() if key != "map"}
    value = tuple(map(_without_map, rule.value)) if rule.verb == "first" else rule.value
    return ColumnRule(rule.verb, value, also)


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
