"""The logs of an inbox, as a run finds them."""

from pathlib import Path

from pricing_assets.home import Home
from pricing_assets.intake import inbox_scan


def list_logs(logs: Path, home: Home) -> list[Path]:
    """The logs that lie in a folder, or that a file or pattern names."""
    return [Path(name) for name in inbox_scan.scan(logs, home).names]
