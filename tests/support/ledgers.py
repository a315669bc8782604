"""Small homes with credits: usage in whole credits, a folder of grants, and the ledger brought up to
date as a run does it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from pricing_assets import flow
from pricing_assets.home import closings
from pricing_assets.ledger.inputs import GRANT_COLUMNS, PLAN_COLUMNS, VOID_COLUMNS
from pricing_assets.ledger.publish import Outcome
from tests.support.workspace import LIMITS, RECEIVED, Ran, Row, Workspace, of, write_card

RATES = "tool,Acme,Search,any,requests,1,1\ntts,Acme,Mouth,any,characters,1,1000\n"
LATER = datetime(2026, 8, 1, tzinfo=UTC)
HEADERS = {"grants": GRANT_COLUMNS, "voids": VOID_COLUMNS, "plans": PLAN_COLUMNS}
WORKED = (
    "P1,acme,promo,100,0,2026-02-01,2026-02-04,,,\n"
    "L2,acme,plan,1000,9,2026-02-01,2026-03-01,,,\n"
    "R3,acme,paid,1000,10,2026-02-03,2029-02-03,,,"
)
"""The grants of the worked example."""


@dataclass(frozen=True)
class WithCredits(Workspace):
    """A workspace whose runs bring the ledger up to date, too."""

    def run(
        self,
        logs: Iterable[Path] | None = None,
        received_at: datetime = RECEIVED,
        restate: bool = False,
    ) -> Ran:
        """Bring reports up to date, and then balances."""
        ran = super().run(logs, received_at, restate)
        with self.home.lock():
            home = self.home
            flow.Run(
                home, home.settings(), LIMITS, credits=credits_of(self)
            ).bring_ledger_up_to_date()
        return ran


def used(day: str, credits_: int, event: str = "e", org: str = "acme") -> Row:
    """A row of so many credits of a date of 2026."""
    at = datetime.fromisoformat(f"2026-{day}T12:00:00+00:00")
    name = f"{event} {day}"
    return of(
        "tools_invocation",
        "Acme",
        "Search",
        event_id=name,
        event_time=at,
        requests=credits_,
        org_id=org,
        status="success",
    )


def workspace(folder: Path, **lines: str) -> Workspace:
    """A workspace of tools at a credit each, with a folder of grants."""
    made = Workspace(folder, (write_card(folder / "book", RATES),), catalog=True)
    write(made, **lines)
    return made


def credits_of(made: Workspace) -> Path:
    """The folder of grants."""
    return made.folder / "credits"


def write(made: Workspace, **lines: str) -> None:
    """Write files of the folder of grants: lines after the header."""
    folder = credits_of(made)
    folder.mkdir(exist_ok=True)
    for name, text in lines.items():
        header = ",".join(HEADERS[name])
        (folder / f"{name}.csv").write_text(f"{header}\n{text}\n", encoding="utf-8")


def append(made: Workspace, name: str, line: str) -> None:
    """Add a line to a file of the folder of grants."""
    with (credits_of(made) / f"{name}.csv").open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")


def bring_up_to_date(made: Workspace, *, at_first_open: bool = False) -> Outcome:
    """Take in what lies in the inbox, and bring reports and balances up to date."""
    replace(made, catalog=False).run(received_at=LATER)
    home = made.home
    with home.lock():
        run = flow.Run(
            home, home.settings(), LIMITS, credits=credits_of(made), at_first_open=at_first_open
        )
        run.ledger.require_usable()
        outcome = run.bring_ledger_up_to_date()
        run.refresh()
        return outcome


def close(made: Workspace, through: str) -> None:
    """Close dates through one of 2026."""
    home = made.home
    with home.lock():
        closings.close(home, date.fromisoformat(f"2026-{through}"), "invoiced", [], LATER)
        flow.Run(home, home.settings(), LIMITS).refresh()


def worked_example(folder: Path) -> Workspace:
    """The worked example: February as it was used and closed, then late usage and usage taken back,
    booked on 03-05."""
    from pricing_assets.home import withdrawals

    made = workspace(folder, grants=WORKED)
    made.log("a.parquet", used("02-01", 60), used("02-02", 30), used("02-03", 5))
    wrong = made.log("wrong.parquet", used("02-03", 20, "wrong"))
    made.log("b.parquet", used("02-20", 685), used("03-04", 0))
    bring_up_to_date(made)
    close(made, "03-04")
    with made.home.lock():
        withdrawals.withdraw(made.home, str(wrong), "it was a test")
    wrong.unlink()
    made.log("late.parquet", used("02-02", 50, "late"))
    bring_up_to_date(made)
    return made
