"""Tables and the columns that several of them have, each with its one meaning.

Which table has which columns belongs to `tables` and `charge_tables`.
"""

from dataclasses import dataclass
from typing import Final

from pricing_assets.contract.usage_log import ONE_OF_THE_TYPES, Column


@dataclass(frozen=True)
class Table:
    """A published table: its grain ("One row per …") and its columns; `classes` are those of token
    classes and tiers, which stored files have where a row of their date has any."""

    name: str
    grain: str
    columns: tuple[Column, ...]
    classes: tuple[str, ...] = ()

    @property
    def without_classes(self) -> "Table":
        """Return the table as it is stored where no row of a date has a token class or a tier."""
        kept = tuple(column for column in self.columns if column.name not in self.classes)
        return Table(self.name, self.grain, kept)

    @property
    def filled(self) -> dict[str, str]:
        """Return what stands for each of `classes`, as SQL, where it is not stored."""
        nothing = "null" if self.name == "quarantine" else "0"
        return {
            column.name: f"cast({nothing} as {column.type})"
            for column in self.columns
            if column.name in self.classes
        }


USAGE_DATE: Final = Column(
    "usage_date", "DATE", "calendar date of event_time in the billing time zone"
)
ORG_ID: Final = Column("org_id", "VARCHAR", "the organization that pays")
BILLING_TYPE: Final = Column("billing_type", "VARCHAR", ONE_OF_THE_TYPES)
BRAND: Final = Column("brand", "VARCHAR", "as the rate card prints it")
MODEL: Final = Column("model", "VARCHAR", "as the rate card prints it")
KEY_MODE: Final = Column("key_mode", "VARCHAR", "platform or own; any for storage and tools")
RATE_CARD: Final = Column("rate_card", "VARCHAR", "id of the card whose prices apply")
METER_NAME: Final = Column("meter", "VARCHAR", "the quantity that the price applies to")
PER_UNITS: Final = Column("per", "BIGINT", "units that the price buys")
LIST_PRICE: Final = Column("list_price", "DECIMAL(18,9)", "credits per `per` units, as printed")
PRICE: Final = Column("price", "DECIMAL(18,9)", "credits per `per` units, after the own-key cap")
AGREEMENT: Final = Column("agreement", "VARCHAR", "id of the agreed price that applies; null: none")
FILE: Final = Column("file", "VARCHAR", "SHA-256 of the log")
FILE_NAME: Final = Column("file_name", "VARCHAR", "the log's name when it came")


def dimension_columns(dimensions: tuple[str, ...]) -> tuple[Column, ...]:
    """Return the configured reporting dimensions as columns."""
    return tuple(Column(name, "VARCHAR", "reporting dimension, as logged") for name in dimensions)
