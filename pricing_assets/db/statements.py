"""The statements of `sql/`, by name, and where they and other data of the project lie."""

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def data_folder(name: str) -> Path:
    """A folder that travels with the code (`sql`, `sample_data`), in a wheel or a checkout."""
    if name.startswith("pricing_assets/"):
        return _PACKAGE.parent / name
    in_wheel = _PACKAGE / "data" / name
    return in_wheel if in_wheel.is_dir() else _PACKAGE.parent / name


@cache
def statement(name: str) -> str:
    """The one statement of `sql/NAME.sql`."""
    return (data_folder("sql") / f"{name}.sql").read_text(encoding="utf-8")
