"""A log that is withdrawn counts nowhere, whether its date is open or closed, and is ingested again
only on request.

What is lost without anybody's will belongs to `test_journal`.
"""

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from pricing_assets import flow
from pricing_assets.common import files
from pricing_assets.common.errors import ConfigurationError, CreditmillError
from pricing_assets.home import presence
from pricing_assets.home import withdrawals as withdrawing
from pricing_assets.home.opening import open_home
from pricing_assets.intake import take_in as intake
from pricing_assets.intake.arrivals import IngestOptions
from pricing_assets.repair import accepted_loss
from pricing_assets.repair.withdrawn_logs import ingest_anew
from pricing_assets.verify import files as verify
from pricing_assets.verify.logs import logs_gone
from tests.support.command import creditmill
from tests.support.histories import billed, close
from tests.support.inbox_logs import list_logs
from tests.support.versions import frozen
from tests.support.workspace import (
    LIMITS,
    NOON,
    READER,
    RECEIVED,
    Workspace,
    next_day,
    row,
    spoil,
    write_aliases,
)

FEB_3 = NOON.replace(day=3).date()


def withdraw(workspace: Workspace, log: str, **named: str) -> withdrawing.Withdrawal:
    home = workspace.home
    with home.lock():
        return withdrawing.withdraw(home, log, named.pop("reason", "staging"), **named)


def causes(workspace: Workspace) -> dict[str, Decimal]:
    found = workspace.sql("select cause, sum(credits) from changes group by cause")
    return {cause: Decimal(credits) for cause, credits in found}


def test_a_log_is_withdrawn_from_one_instant_until_it_is_ingested_anew(two: Workspace) -> None:
    """By this a change of the usage is called withdrawn, or not."""
    home, before = two.home, datetime.now(UTC)
    act = withdraw(two, "staging.parquet")
    during = datetime.now(UTC)
    with home.lock():
        ingest_anew(flow.Run(home, home.settings(), LIMITS), "staging.parquet", "it was right")
    instants = (before, during, datetime.now(UTC))
    assert [withdrawing.withdrawn_at(home, one) for one in instants] == [set(), {act.file}, set()]


def test_a_withdrawn_log_counts_nowhere_and_its_bytes_are_kept(two: Workspace) -> None:
    act = withdraw(two, "staging.parquet")
    (made,) = two.run().published
    assert made.reason == "withdrawn: 2 rows of staging.parquet"
    assert made.difference == Decimal("-0.44")
    assert causes(two) == {"withdrawn": Decimal("-0.44")}
    assert billed(two) == Decimal("0.22")
    assert two.home.log(act.file).is_file()
    assert two.sql("select count(*) from logs") == [(1,)]
    assert verify.verify(two.home, two.home.dates())[1] == []
    assert two.run().published == []


@pytest.mark.slow
def test_a_date_of_which_every_log_is_withdrawn_has_a_version_of_no_usage(
    workspace: Workspace,
) -> None:
    workspace.log("staging.parquet", row())
    workspace.run()
    withdraw(workspace, "staging.parquet")
    (made,) = workspace.run().published
    assert (made.state, made.version, made.credits) == ("published", 2, 0)
    assert workspace.sql("select count(*) from charges") == [(0,)]
    assert workspace.run().stale == []
    assert verify.verify(workspace.home, workspace.home.dates())[1] == []


@pytest.mark.slow
def test_the_pages_show_a_date_of_which_every_log_is_withdrawn(workspace: Workspace) -> None:
    paged = replace(workspace, pages=True)
    paged.log("staging.parquet", row())
    paged.run()
    withdraw(paged, "staging.parquet")
    (made,) = paged.run().published
    assert (made.version, made.credits) == (2, 0)
    assert (paged.home.path / "pages" / "index.html").is_file()


@pytest.mark.slow
def test_a_withdrawn_log_whose_bytes_are_gone_is_no_loss_and_comes_back_from_a_path(
    two: Workspace,
) -> None:
    act = withdraw(two, "staging.parquet")
    two.run()
    path = (two.inbox / "staging.parquet").rename(two.folder / "kept.parquet")
    home = two.home
    for lost in (two.home.log(act.file).unlink, lambda: spoil(two.home.log(act.file))):
        lost()
        if not home.log(act.file).is_file():
            assert verify.verify(home, home.dates())[1] == []
            assert [act.file_name in said for said in logs_gone(home)] == [True]
        with home.lock():
            run = flow.Run(home, home.settings(), LIMITS)
            with pytest.raises(ConfigurationError, match="name a file that has them"):
                ingest_anew(run, "staging.parquet", "it was right")
            ingest_anew(run, str(path), "it was right")
        two.run()
        assert billed(two) == Decimal("0.66")
        withdraw(two, "staging.parquet")
        two.run()


@pytest.mark.slow
def test_what_is_given_up_keeps_the_record_of_withdrawn_logs(two: Workspace) -> None:
    home = two.home
    act = withdraw(two, "staging.parquet")
    home.log(act.file).unlink()
    shutil.rmtree(home.date_folder(FEB_3))
    with home.lock():
        accepted_loss.begin_anew(home, "no backup", RECEIVED)
    two.run()
    assert billed(two) == Decimal("0.22")
    assert verify.verify(home, home.dates())[1] == []
    with home.lock():
        path = str(two.inbox / "staging.parquet")
        ingest_anew(flow.Run(home, home.settings(), LIMITS), path, "it was right")
    two.run()
    assert billed(two) == Decimal("0.66")


def test_a_log_withdrawn_before_it_was_published_leaves_no_trace(workspace: Workspace) -> None:
    workspace.log("staging.parquet", row())
    home = workspace.home
    with home.lock():
        terms = open_home(home, replace(workspace.given, books=(str(workspace.books[0]),)))
        intake.take_in(
            home,
            list_logs(workspace.inbox, home),
            terms,
            IngestOptions(limits=LIMITS, reader=READER),
        )
    withdraw(workspace, "staging.parquet")
    assert workspace.run().stale == []


@pytest.mark.slow
def test_a_withdrawal_from_a_closed_date_is_booked(two: Workspace) -> None:
    two.log("next.parquet", *next_day("1"))
    two.run()
    close(two, FEB_3)
    before = frozen(two, FEB_3)
    withdraw(two, "staging.parquet")
    (made,) = two.run().published
    assert (made.state, made.difference) == ("corrected", Decimal("-0.44"))
    assert two.sql("select sum(credits) from corrections") == [(Decimal("-0.44"),)]
    assert frozen(two, FEB_3).items() >= before.items()
    assert causes(two) == {"withdrawn": Decimal("-0.44")}


@pytest.mark.slow
def test_the_same_bytes_come_in_again_only_when_restored(two: Workspace) -> None:
    withdraw(two, "staging.parquet")
    two.run()
    shutil.copy(two.inbox / "staging.parquet", two.inbox / "again.parquet")
    ran = two.run()
    assert [Path(name).name for name in ran.arrivals.withdrawn] == ["again.parquet"]
    assert billed(two) == Decimal("0.22")
    home = two.home
    with home.lock():
        act = ingest_anew(
            flow.Run(home, home.settings(), LIMITS), "staging.parquet", "it was right"
        )
    assert act.act == "restore"
    (made,) = two.run().published
    assert made.difference == Decimal("0.44")
    assert verify.verify(two.home, two.home.dates())[1] == []
    assert presence.losses(two.home) == []


@pytest.mark.slow
def test_a_withdrawn_log_that_still_lies_in_its_inbox_is_counted_apart(two: Workspace) -> None:
    withdraw(two, "staging.parquet")
    two.run()
    words = ("run", "--logs", two.inbox, "--home", two.home.path, "--no-pages")
    said = creditmill(*words, "--rates", two.books[0], cwd=two.folder).stdout.decode()
    assert said.startswith("Nothing changed: 1 date up to date, 1 log known, 1 withdrawn.")


def test_one_of_two_logs_that_conflict_is_chosen(workspace: Workspace) -> None:
    wrong = files.sha256_of(workspace.log("wrong.parquet", row(input_tokens=7), row(event_id="e2")))
    workspace.log("right.parquet", row())
    workspace.run()
    assert workspace.sql("select sum(credits) from charges") == [(Decimal("0.22"),)]
    said = creditmill(
        "quarantine", "--home", workspace.home.path, cwd=workspace.inbox
    ).stdout.decode()
    assert "wrong.parquet row 0" in said
    assert "right.parquet row 0" in said
    place = f"--home {workspace.home.path}"  # the line is there to be pasted
    line = f"creditmill withdraw {wrong[:16]} --by NEW --reason TEXT {place}  # wrong.parquet"
    assert f"{line}: takes back all 2 rows of it, on 2026-02-03" in said
    withdraw(workspace, "wrong.parquet", by="right.parquet")
    workspace.run()
    assert billed(workspace) == Decimal("0.22")
    assert workspace.sql("select count(*) from quarantine") == [(0,)]


@pytest.mark.slow
def test_a_log_that_came_while_the_clock_was_wrong_is_ingested_anew(workspace: Workspace) -> None:
    workspace.log("a.parquet", row())
    workspace.run(received_at=NOON - timedelta(days=400))
    assert workspace.sql("select reason from quarantine") == [("event_time_in_future",)]
    withdraw(workspace, "a.parquet")
    home = workspace.home
    with home.lock():
        ingest_anew(flow.Run(home, home.settings(), LIMITS), "a.parquet", "the clock was wrong")
    workspace.run()
    assert billed(workspace) == Decimal("0.22")
    assert workspace.sql("select count(*) from quarantine") == [(0,)]
    assert presence.losses(workspace.home) == []


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ("nothing.parquet", "no log of .* is named 'nothing.parquet'"),
        ("f" * 64, "no log of"),
        ("./nothing.parquet", "cannot be read"),
    ],
)
def test_a_log_that_is_not_there_is_refused(two: Workspace, log: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        withdraw(two, log)


def test_a_name_of_several_logs_is_refused_with_their_digests(two: Workspace) -> None:
    two.log("deeper/staging.parquet", row(event_id="other"))
    two.run()
    with pytest.raises(ConfigurationError, match="2 logs are named"):
        withdraw(two, "staging.parquet")
    file = two.home.all_receipts()[0].file
    assert withdraw(two, file[:12]).file == file


@pytest.mark.parametrize(("reason", "by"), [(" ", None), ("x", "staging.parquet"), ("x", "none")])
def test_a_withdrawal_without_reason_or_by_itself_is_refused(
    two: Workspace, reason: str, by: str | None
) -> None:
    with pytest.raises(CreditmillError):
        withdraw(two, "staging.parquet", reason=reason, **({"by": by} if by else {}))
    assert two.run().stale == []


def test_an_instant_of_a_withdrawal_is_utc(two: Workspace) -> None:
    assert datetime.fromisoformat(withdraw(two, "good.parquet").at).tzinfo == UTC


@pytest.mark.slow
def test_inputs_that_gave_an_earlier_version_are_looked_at_again(two: Workspace) -> None:
    write_aliases(two.books[0], "llm,Acme,Unused,Chat\n")
    (made,) = two.run().published
    assert made.state == "unchanged"
    two.log("late.parquet", row(event_id="late"))
    two.run()
    withdraw(two, "late.parquet")  # the inputs that were found to change nothing
    (made,) = two.run().published
    assert (made.state, made.difference) == ("published", Decimal("-0.22"))
    assert billed(two) == Decimal("0.66")
