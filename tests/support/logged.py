"""Homes whose logs are those of other tools, read by sources, and runs over them."""

import json
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from pricing_assets import flow
from pricing_assets.home.opening import open_home
from pricing_assets.intake.arrivals import Arrivals, IngestOptions
from pricing_assets.intake.inboxes import Inbox
from pricing_assets.verify import files as verify
from pricing_assets.verify import mapped_rows
from pricing_assets.verify.recompute import recompute_dates
from tests.support.workspace import LIMITS, READER, Workspace, bring_up_to_date, write_card

NAMES = ("claude-sonnet-4-5-20250929", "gpt-4o-2024-08-06", "gpt-4.1-mini")
RATES = "".join(
    f"llm,{brand},{name},platform,{meter},{price},1000\n"
    for name in NAMES
    for brand in ("", "anthropic", "openai", "azure", "az.ai.openai", "gcp.gemini", "bedrock")
    for meter, price in (("input_tokens", "0.3"), ("output_tokens", "1.5"))
)
CALL = {
    "id": "c1",
    "call_type": "acompletion",
    "status": "success",
    "startTime": 1770020102.118402,
    "custom_llm_provider": "openai",
    "model": "gpt-4o-2024-08-06",
    "prompt_tokens": 1200,
    "completion_tokens": 300,
    "total_tokens": 1500,
    "metadata": {"user_api_key_org_id": "acme"},
}
"""A call of 1200 x 0.3 / 1000 + 300 x 1.5 / 1000 = 0.81 credits."""


@dataclass(frozen=True)
class Logged:
    """A home, and the inboxes that its runs read."""

    workspace: Workspace
    inboxes: tuple[Inbox, ...]

    def run(self) -> Arrivals:
        """Run once; every date is brought up to date."""
        home = self.workspace.home
        books = tuple(str(book) for book in self.workspace.books)
        with home.lock():
            terms = open_home(home, replace(self.workspace.given, books=books))
            run = flow.Run(home, terms, LIMITS, IngestOptions(reader=READER))
            for inbox in self.inboxes:
                run.ingest(inbox)
            bring_up_to_date(run)
            return run.arrivals

    def account(self) -> dict[str, int]:
        """Rows by outcome, in all."""
        rows = self.workspace.sql("select outcome, sum(rows) from account group by 1")
        return {name: int(count) for name, count in rows}

    def credits(self) -> Decimal:
        """The credits of all dates."""
        ((found,),) = self.workspace.sql("select sum(credits) from charges")
        return Decimal(found or 0)

    def differences(self) -> list[str]:
        """What `verify --recompute` finds."""
        home = self.workspace.home
        found = verify.verify(home, home.dates())[1] + list(mapped_rows.differences(home))
        for one in recompute_dates(home, home.dates()):
            found += one.differences
        return [f"{one.path}: {one.what}" for one in found]


def logged(folder: Path, source: str | None = "litellm_s3", **records: list[Any]) -> Logged:
    """A home with an inbox of files of JSON lines, by name."""
    workspace = Workspace(folder, (write_card(folder / "book", RATES, cap=""),), catalog=True)
    workspace.inbox.mkdir(parents=True, exist_ok=True)
    for name, lines in records.items():
        write_lines(workspace.inbox / f"{name}.jsonl", *lines)
    return Logged(workspace, (Inbox(workspace.inbox, source),))


def write_lines(file: Path, *records: Any) -> Path:
    """Write JSON lines; a text is written as it is."""
    file.parent.mkdir(parents=True, exist_ok=True)
    texts = (one if isinstance(one, str) else json.dumps(one) for one in records)
    file.write_text("".join(f"{text}\n" for text in texts))
    return file
