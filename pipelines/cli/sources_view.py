"""How sources and what they make of files are shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.cli import advice, output
from pricing_assets.estimate.unpriced_names import UnpricedName, find_unpriced
from pricing_assets.rates import Rates
from pricing_assets.rates.offers import additions
from pricing_assets.sources.mapped import FileAccount, InPaths, mapped
from pricing_assets.sources.raw_files import recognize
from pricing_assets.sources.source import Source
from pricing_assets.sources.unread_columns import Needed

SHOWN = 5
_COLUMNS = (
    "event_time",
    "org_id",
    "billing_type",
    "brand",
    "model",
    "input_tokens",
    "output_tokens",
    "outcome",
)
_NAMED = ("billing_type", "brand", "model", "outcome")


def as_json(account: FileAccount) -> dict[str, Any]:
    """Return a file's account for JSON."""
    return {
        "file": str(account.file.path),
        "sha256": account.file.digest,
        "records": account.records,
        "outcomes": dict(sorted(account.outcomes.items())),
    }


def show(accounts: Sequence[FileAccount]) -> None:
    """Print where the records of each file ended."""
    rows = [
        (account.file.path.name, outcome, count)
        for account in accounts
        for outcome, count in account.outcomes.most_common()
    ]
    output.OUT.print(output.table(("File", "Outcome", "Records"), rows, right=("Records",)))


@dataclass(frozen=True)
class FileView:
    """A file looked at through a source: its account and its first rows."""

    source: Source
    account: FileAccount
    rows: list[dict[str, Any]]
    unpriced: list[UnpricedName]
    needed: Needed

    @classmethod
    def at(cls, file: Path, source: Source, rates: Rates, in_paths: InPaths) -> "FileView":
        """Return what a source makes of a file, by the cards that are in force now."""
        rows: list[dict[str, Any]] = []
        names: list[tuple[str, str | None, str | None]] = []
        accounts: list[FileAccount] = []
        needed = Needed(source)
        for account, table in mapped([file], needed.looked_at, in_paths):
            accounts = [account]
            needed.look_at(table)
            rows += table.slice(0, max(SHOWN - len(rows), 0)).to_pylist()
            named = zip(*(table[name].to_pylist() for name in _NAMED), strict=True)
            names += [tuple(name) for *name, outcome in named if outcome is None]
        unpriced = find_unpriced(names, rates, datetime.now(UTC))
        return cls(
            source,
            accounts[0] if accounts else FileAccount(recognize(file, source.formats)),
            rows,
            unpriced,
            needed,
        )

    def as_json(self) -> dict[str, Any]:
        """Return the same for JSON."""
        shown = [{name: row[name] for name in ("event_id", *_COLUMNS)} for row in self.rows]
        return {
            "source": self.source.name,
            **as_json(self.account),
            "rows": shown,
            "not_read": [one.as_json() for one in self.needed.unread()],
            "without_price": [name.as_json() for name in self.unpriced],
        }

    def show(self) -> None:
        """Print the source, rows and outcomes."""
        output.OUT.print(
            f"Source: [bold]{output.harmless(self.source.name)}[/] ({output.harmless(self.source.about)})"
        )
        rows = [tuple(row[name] for name in _COLUMNS) for row in self.rows]
        output.OUT.print(output.table(_COLUMNS, rows, right=("input_tokens", "output_tokens")))
        show([self.account])
        for one in self.needed.unread():
            output.warn(one.message)
        for name in self.unpriced[: advice.NAMES_SHOWN]:
            known = advice.meaning(name.model, name.found) or ["no card prints it"]
            output.warn(
                f"{output.counted(name.rows, 'row')} of"
                f" {' '.join(filter(None, (name.service, name.brand, name.model)))}"
                f" without a price; {'; '.join(known)}"
            )
        if len(self.unpriced) > advice.NAMES_SHOWN:
            more = len(self.unpriced) - advice.NAMES_SHOWN
            output.warn(
                f"{output.counted(more, 'more name')} without a price (--json has them all)"
            )
        offers = [name.found.offer for name in self.unpriced if name.found.offer is not None]
        for step in advice.steps(additions(offers)):
            output.verbatim(f"    {step.instruction}", output.ERR)
            for line in step.lines:
                output.verbatim(f"        {line}", output.ERR)
