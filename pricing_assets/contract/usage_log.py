"""Usage logs: their columns, and what vouches for their bytes.

How a log is read belongs to `logs`; the quantities that it holds, to `billing`.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from pricing_assets.contract.billing import BILLING_TYPES, METER, QUANTITIES, TIERS, TOKEN_CLASSES

UNVERIFIED: Final = "unverified"
"""The integrity of a log whose bytes nobody vouched for."""
INTEGRITY: Final = ("digest", "page_checksums", UNVERIFIED)
"""What vouched for a log's bytes: a SHA-256 that came beside it, checksums of the pages that are
read, or nothing."""
FUTURE_ALLOWANCE: Final = timedelta(hours=24)
"""How far after its arrival an event may be dated: clocks differ."""
BLANKS: Final = (
    "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""The characters of `str.isspace`: a blank id is empty or only these."""
ONE_OF_THE_TYPES: Final = f"one of the {len(BILLING_TYPES)} billing types"


@dataclass(frozen=True)
class Column:
    """One column of a table: DuckDB type and meaning, with the unit where it has one."""

    name: str
    type: str
    meaning: str


LOG_COLUMNS: Final = (
    Column("event_id", "VARCHAR", "unique within an organization, the same on redelivery"),
    Column("event_time", "TIMESTAMP", "when the call was made; UTC"),
    Column("org_id", "VARCHAR", "the organization that pays"),
    Column("billing_type", "VARCHAR", ONE_OF_THE_TYPES),
    Column("brand", "VARCHAR", "who serves it, as logged"),
    Column("model", "VARCHAR", "what served it, as logged"),
    Column("key_mode", "VARCHAR", "platform or own, as logged"),
    Column("agent_id", "VARCHAR", "the AI agent or workflow"),
    Column("status", "VARCHAR", "outcome of a tool call; success or null is charged"),
    *(Column(name, "BIGINT", f"{METER[name].logged}; null is not measured") for name in QUANTITIES),
    Column("images", "STRUCT(width BIGINT, height BIGINT)[]", "input images, sides in px"),
    Column("knowledge_base_id", "VARCHAR", "which knowledge base a storage snapshot is of"),
    *(
        Column(one.name, "BIGINT", f"{one.logged}; a part of `{one.whole}`")
        for one in TOKEN_CLASSES.values()
    ),
    Column("tier", "VARCHAR", f"{', '.join(TIERS)}; null is the standard tier"),
)
EVENT_TIME_RAW: Final = Column(
    "event_time_raw",
    "DECIMAL(38,0)",
    "the number stored as event_time where that is not an instant of 1970 to 9999, and null there:"
    " ms, us or ns since 1970, as the file's type says; ns where it has 96 bits",
)
REQUIRED_COLUMNS: Final = ("event_id", "event_time", "org_id", "billing_type")
