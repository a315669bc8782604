"""What was here must be here: whatever of a home is lost, rolled back or replaced is named by run,
status and verify alike, nothing is published over it, and `restore` brings back what it can.

Bytes changed inside what is published belong to `test_tampering`, kills to `test_crash`.
"""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pricing_assets import flow
from pricing_assets.common import json_files
from pricing_assets.common.errors import (
    DamagedHome,
    RateBookError,
)
from pricing_assets.home import Home, presence, settings_file, used_prices
from pricing_assets.home.entries import JournalEntry, pack
from pricing_assets.home.journal import Journal
from pricing_assets.intake.arrived import Rules
from pricing_assets.logs.parquet_footer import FileLimits
from pricing_assets.repair import accepted_loss
from pricing_assets.repair import restore as restoring
from pricing_assets.verify import files as verify
from pricing_assets.verify.home import verify_home
from pricing_assets.verify.journal import verify as verify_journal
from tests.support.cases import few_in_short
from tests.support.command import creditmill
from tests.support.histories import billed, close
from tests.support.workspace import (
    LIMITS,
    NOON,
    RATES,
    RECEIVED,
    Workspace,
    next_day,
    row,
    spoil,
    write_aliases,
    write_card,
)

FEB_3, FEB_4 = (NOON.replace(day=day).date() for day in (3, 4))
DEAR = RATES.replace("0.22", "0.33")
AGREED = "agreement,org_id,service,brand,model,key_mode,meter,discount,price,valid_from,valid_to\n"
DEAL = "deal-1,globex,llm,*,*,*,*,0.5,,2026-01-01T00:00:00Z,\n"


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A home that has one of everything: a closed date with a booking, an open one of two versions,
    rows of no date, an alias and an agreement that are used."""
    folder = tmp_path_factory.mktemp("full")
    workspace = Workspace(folder, (write_card(folder / "book"),), catalog=True)
    write_aliases(workspace.books[0], "llm,Acme,Chatty,Chat\n")
    (workspace.books[0] / "agreements.csv").write_text(AGREED + DEAL)
    workspace.log(
        "a.parquet",
        row(),
        row(event_id="n", event_time=None),
        row(event_id="c", model="Chatty"),
    )
    workspace.log("b.parquet", *next_day("1", org_id="globex"))
    workspace.run()
    close(workspace, FEB_3)
    workspace.log("late.parquet", row(event_id="late"), *next_day("2"))
    workspace.run()
    assert workspace.versions() == {f"{FEB_3}": [1], f"{FEB_4}": [1, 2]}
    return workspace


@pytest.fixture
def own(full: Workspace, tmp_path: Path) -> Workspace:
    """The same home, to spoil."""
    workspace = full.copied(tmp_path)
    for parent, folders, _ in os.walk(workspace.home.path):
        for name in folders:
            Path(parent, name).chmod(0o755)
    with workspace.home.lock():
        settings_file.note(workspace.home)  # its books lie elsewhere
    return workspace


def restored(workspace: Workspace, source: Path | None = None) -> restoring.Restored:
    home = workspace.home
    with home.lock():
        terms = home.settings()
        used_prices.restore(home, flow.Run(home, terms).rates)
        rules = Rules(terms.timezone, terms.dimensions, LIMITS, FileLimits())
        return restoring.bring_back(home, rules, source)


def gone(pattern: str) -> Callable[[Home], Path]:
    """The first path of this pattern, which goes away."""

    def remove(home: Home) -> Path:
        path = min(home.path.glob(pattern))
        aside = home.path.with_name("aside")
        shutil.move(path, aside)
        return path

    return remove


def replaced(pattern: str) -> Callable[[Home], Path]:
    """The first path of this pattern, which holds other bytes."""

    def change(home: Home) -> Path:
        path = min(home.path.glob(pattern))
        path.chmod(0o644)
        path.write_bytes(path.read_bytes() + b" ")
        return path

    return change


def cut(pattern: str) -> Callable[[Home], Path]:
    def change(home: Home) -> Path:
        path = min(home.path.glob(pattern))
        path.chmod(0o644)
        os.truncate(path, path.stat().st_size // 2)
        return path

    return change


def swapped(one: str, other: str) -> Callable[[Home], Path]:
    def swap(home: Home) -> Path:
        first, second = min(home.path.glob(one)), max(home.path.glob(other))
        aside = first.with_name("aside")
        first.rename(aside)
        second.rename(first)
        aside.rename(second)
        return first

    return swap


def rolled_back(home: Home) -> Path:
    """A partial restore: the newest version is gone, and the link names the one before."""
    folder = home.date_folder(FEB_4)
    shutil.rmtree(folder / "0002")
    (folder / "current").unlink()
    os.symlink("0001", folder / "current")
    return folder / "0002"


HEALED = {
    "a receipt": gone("receipts/[0-9a-f]*[0-9a-f].json"),
    "a changed receipt": replaced("receipts/[0-9a-f]*[0-9a-f].json"),
    "two receipts swapped": swapped("receipts/*[0-9a-f].json", "receipts/[0-9a-f]*[0-9a-f].json"),
    "rows of no date": gone("receipts/*.quarantine.parquet"),
    "cut rows of no date": cut("receipts/*.quarantine.parquet"),
    "a log": gone("logs/*.parquet"),
    "a cut log": cut("logs/*.parquet"),
    "two logs swapped": swapped("logs/*.parquet", "logs/*.parquet"),
    "every log": gone("logs"),
    "a version of a closed date": gone(f"reports/usage_date={FEB_3}/0001"),
    "a superseded version": gone(f"reports/usage_date={FEB_4}/0001"),
    "the version in force": gone(f"reports/usage_date={FEB_4}/0002"),
    "versions rolled back": rolled_back,
    "two versions swapped": swapped(
        f"reports/usage_date={FEB_4}/0001", f"reports/usage_date={FEB_4}/0002"
    ),
    "a date": gone(f"reports/usage_date={FEB_4}"),
    "two dates swapped": swapped(f"reports/usage_date={FEB_3}", f"reports/usage_date={FEB_4}"),
    "every report": gone("reports"),
    "a table in force": gone(f"reports/usage_date={FEB_4}/0002/charges.parquet"),
    "a cut table in force": cut(f"reports/usage_date={FEB_4}/0002/usage.parquet"),
    "a manifest": gone(f"reports/usage_date={FEB_4}/0002/manifest.json"),
    "a cut manifest": cut(f"reports/usage_date={FEB_3}/0001/manifest.json"),
    "a link": gone(f"reports/usage_date={FEB_3}/current"),
    "a booking": gone(f"corrections/usage_date={FEB_3}/0001"),
    "every booking": gone("corrections"),
    "a closing": gone("closings/0001.json"),
    "a changed closing": replaced("closings/0001.json"),
}


SHORT = ("a cut log", "a cut manifest")


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(damage, id=name, marks=[] if name in SHORT else pytest.mark.slow)
        for name, damage in HEALED.items()
    ],
)
def test_what_is_lost_is_named_and_comes_back(
    own: Workspace, full: Workspace, damage: Callable[[Home], Path]
) -> None:
    before, credits = own.published_bytes(), billed(own)
    damage(own.home)
    own.log("more.parquet", *next_day("3"))
    with pytest.raises(DamagedHome, match="creditmill restore"):
        own.run([own.inbox / "more.parquet"])
    assert creditmill("status", "--home", own.home.path, cwd=own.folder).returncode == 1
    assert verify.verify(own.home, own.home.dates())[1]
    assert restored(own).lost == []
    assert own.published_bytes().items() >= before.items()
    assert verify.verify(own.home, own.home.dates())[1] == []
    own.run()
    assert billed(own) == credits + Decimal("0.22")


def test_a_version_newer_than_the_journal_stays_in_force(own: Workspace) -> None:
    """A journal that was rolled back by a line says nothing of which version was in force."""
    home = own.home
    lines = home.journal_file.read_bytes().splitlines(keepends=True)
    newest = max(place for place, line in enumerate(lines) if b'"kind":"version"' in line)
    home.journal_file.write_bytes(b"".join(lines[:newest]))
    (home.path / "journal.checked").unlink()
    found = [loss.what for loss in restored(own).lost]
    assert found == [f"version 2 of {FEB_4} is not known"]
    assert os.readlink(home.date_folder(FEB_4) / "current") == "0002"


@pytest.mark.parametrize(
    "rotten",
    few_in_short(
        [
            f"reports/usage_date={FEB_4}/0002/snapshots.parquet",
            f"reports/usage_date={FEB_4}/0001/charges.parquet",
            "logs/*.parquet",
            "receipts/*.quarantine.parquet",
        ]
    ),
)
def test_bytes_that_rotted_at_their_size_and_time_come_back(own: Workspace, rotten: str) -> None:
    before = own.published_bytes()
    spoil(min(own.home.path.glob(rotten)))
    assert restored(own, own.inbox).lost == []
    assert own.published_bytes() == before
    assert verify.verify(own.home, own.home.dates())[1] == []


@pytest.mark.parametrize("command", ["refresh", "open --no-browser", "export 2026-02 --to out"])
def test_no_screen_shows_a_home_that_lost_a_version(own: Workspace, command: str) -> None:
    shutil.rmtree(own.home.date_folder(FEB_4))
    done = creditmill(*command.split(), "--home", own.home.path, cwd=own.folder)
    assert done.returncode == 1
    assert b"version 2 of 2026-02-04 is missing" in done.stderr


def test_a_log_that_is_lost_comes_back_with_its_bytes(own: Workspace) -> None:
    before = own.published_bytes()
    shutil.rmtree(own.home.logs)
    with pytest.raises(DamagedHome, match="delivered once more"):
        own.run([])
    healed = own.run().arrivals.healed
    assert len(healed) == 3
    assert own.published_bytes() == before
    assert own.run().arrivals.healed == []


@pytest.mark.parametrize(
    ("how", "line"),
    [
        *(("removed", 0), ("changed", 3), ("swapped", 5), ("removed", -1)),
        *(
            pytest.param(how, line, marks=pytest.mark.slow)
            for how in ("removed", "changed", "swapped")
            for line in range(9)
        ),
    ],
)
def test_a_journal_of_which_a_line_is_not_as_it_was_is_refused(
    own: Workspace, full: Workspace, line: int, how: str
) -> None:
    file = own.home.journal_file
    shutil.copytree(own.home.path, own.folder / "backup", symlinks=True)
    lines = file.read_bytes().splitlines(keepends=True)
    assert len(lines) > 9
    if how == "removed":
        del lines[line]
    elif how == "changed":
        lines[line] = lines[line].replace(b"2026-", b"2025-", 1)
    else:
        lines[line - 1], lines[line] = lines[line], lines[line - 1]
    file.write_bytes(b"".join(lines))
    with pytest.raises(DamagedHome, match="journal"):
        own.run()
    assert any(file.name in one.path for one in verify.verify(own.home, own.home.dates())[1])
    assert restored(own).lost
    assert restored(own, own.folder / "backup").lost == []
    own.run()


def test_the_journal_comes_back_only_from_a_copy_of_this_home(own: Workspace) -> None:
    home, other = own.home, own.beside("other", "other inbox")
    other.log("other.parquet", *next_day("7"))
    other.run()
    shutil.copytree(home.path, own.folder / "copy", symlinks=True)
    shutil.copy(other.home.journal_file, home.journal_file)
    with pytest.raises(DamagedHome, match="creditmill restore --from BACKUP"):
        own.run()
    done = restored(own, other.home.path)
    assert done.lost
    assert "it is not taken" in str(done.refused)
    home.journal_file.unlink()
    assert restored(own, other.home.path).refused
    assert restored(own, own.folder / "copy").lost == []
    assert own.run().stale == []


def test_a_copy_that_is_not_there_is_named(own: Workspace) -> None:
    done = creditmill("restore", "--from", "nowhere", "--home", own.home.path, cwd=own.folder)
    assert (done.returncode, b"no such file or folder" in done.stderr) == (2, True)
    shutil.copytree(own.home.path, own.folder / "copy", symlinks=True)
    shutil.move(own.home.path, own.folder / "away")
    done = creditmill("restore", "--from", "copy", "--home", own.home.path, cwd=own.folder)
    assert (done.returncode, b"cp -a copy" in done.stderr) == (2, True)


@pytest.mark.slow
def test_a_journal_that_is_gone_is_refused_and_begun_anew_on_request(own: Workspace) -> None:
    before = own.published_bytes()
    own.home.journal_file.unlink()
    own.log("more.parquet", row(event_id="more"))
    with pytest.raises(DamagedHome, match=r"journal.jsonl: is missing"):
        own.run()
    home = own.home
    with home.lock():
        aside = accepted_loss.begin_anew(home, "the disk failed", RECEIVED)
    assert (aside / "journal.jsonl").exists() is False
    assert own.published_bytes() == before
    assert presence.losses(own.home) == []
    own.run()
    assert verify.verify(own.home, own.home.dates())[1] == []


def test_what_nothing_restores_is_given_up_by_name(own: Workspace) -> None:
    shutil.rmtree(own.home.date_folder(FEB_4) / "0002")
    (own.home.date_folder(FEB_4) / "current").unlink()
    home = own.home
    with home.lock():
        accepted_loss.begin_anew(home, "no backup", RECEIVED)
    text = own.home.journal_file.read_text().splitlines()[0]
    assert "no backup" in text
    assert "version 2 of 2026-02-04" in text
    own.run()
    assert own.versions()[f"{FEB_4}"] == [1, 3]
    assert verify.verify(own.home, own.home.dates())[1] == []


def take_card(book: Path) -> None:
    shutil.rmtree(book / "card first")


def take_alias(book: Path) -> None:
    write_aliases(book, "")


def take_file(name: str) -> Callable[[Path], None]:
    return lambda book: (book / name).unlink()


@pytest.mark.parametrize(
    "take",
    [
        pytest.param(take_card, id="card"),
        pytest.param(take_alias, id="alias", marks=pytest.mark.slow),
        pytest.param(take_file("aliases.csv"), id="aliases.csv", marks=pytest.mark.slow),
        pytest.param(take_file("agreements.csv"), id="agreements.csv", marks=pytest.mark.slow),
    ],
)
def test_a_price_that_was_used_and_is_gone_stops_the_run(
    own: Workspace, take: Callable[[Path], None]
) -> None:
    before, (book,) = own.published_bytes(), own.books
    write_card(book, DEAR, "second", "2026-03-01T00:00:00Z")
    own.run()
    take(book)
    with pytest.raises(RateBookError, match="was used and is gone"):
        own.run()
    (difference,) = verify_home(own.home, None).differences
    assert "was used and is gone" in difference.what
    done = creditmill("restore", "--home", own.home.path, cwd=own.folder)
    assert done.returncode == 0, done
    assert verify_home(own.home, None).differences == []
    own.run()
    assert own.published_bytes() == before


def test_a_book_that_is_not_here_is_told_by_verify(own: Workspace) -> None:
    (book,) = own.books
    book.rename(book.with_name("elsewhere"))
    verified = verify_home(own.home, None)
    assert verified.differences == []
    assert [note for note in verified.notes if "rate book is not here" in note]


@pytest.mark.slow
def test_an_alias_that_was_edited_is_put_back_in_its_place(own: Workspace) -> None:
    for edited in ("llm,acme, CHATTY ,Chat\n", "llm,Acme,Chatty,Chat-2\n"):
        write_aliases(own.books[0], edited)
        with pytest.raises(RateBookError, match="was used and is gone"):
            own.run()
        assert creditmill("restore", "--home", own.home.path, cwd=own.folder).returncode == 0
        assert own.run().stale == []


def test_a_line_that_the_book_cannot_hold_any_more_is_not_put_back(own: Workspace) -> None:
    file = own.books[0] / "agreements.csv"
    file.write_text(AGREED + DEAL.replace("deal-1", "deal-2"))
    before = file.read_bytes()
    done = creditmill("restore", "--home", own.home.path, cwd=own.folder)
    assert (done.returncode, b"remove the line that replaced it" in done.stderr) == (2, True)
    assert file.read_bytes() == before


@pytest.mark.slow
def test_other_books_chosen_for_good_need_not_hold_what_was_used(own: Workspace) -> None:
    other = replace(own, books=(write_card(own.folder / "other", DEAR, "dear"),))
    other.run(restate=True)
    shutil.rmtree(own.books[0])
    assert other.run().stale == []


def test_a_commit_that_a_kill_cut_short_is_finished_by_the_next_lock(own: Workspace) -> None:
    home = own.home
    record = home.journal.named.receipts[min(home.journal.named.receipts)]
    shutil.copy(home.checked_file, own.folder / "checked")
    home.receipt_file(record["file"]).unlink()
    with home.lock():
        home.journal.append([JournalEntry("receipt", {"receipt": record})], "now")
    shutil.copy(own.folder / "checked", home.checked_file)  # as it was before the commit
    with own.home.lock():
        assert home.receipt_file(record["file"]).is_file()
    assert presence.losses(own.home) == []


def test_a_line_that_a_kill_cut_short_never_counted(own: Workspace) -> None:
    home = own.home
    lines = home.journal.lines
    with home.journal_file.open("ab") as file:
        file.write(b'{"at":"2026-')
    assert Journal(home.journal_file).lines == lines
    own.log("more.parquet", row(event_id="more"))
    own.run()
    assert Journal(home.journal_file).faults == []
    assert presence.losses(own.home) == []


def test_entries_of_one_commit_count_together_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "journal"
    journal = Journal(file)
    journal.append([JournalEntry("alias", {"fields": ["one"]})], "t")
    journal.append([JournalEntry("alias", {"fields": [name]}) for name in ("two", "three")], "t")
    whole = file.read_bytes()
    assert len(Journal(file).named.aliases) == 3
    ends = [place for place, byte in enumerate(whole) if byte == ord("\n")]
    for size in range(ends[0] + 1, len(whole)):
        file.write_bytes(whole[:size])
        assert list(Journal(file).named.aliases) == [("one",)]
        assert Journal(file).faults == []


def test_a_home_of_another_format_is_refused_by_name(own: Workspace) -> None:
    file = own.home.settings_file
    text = file.read_text()
    for other in ("", "format = 0", "format = 99", 'format = "one"'):
        file.write_text(text.replace("format = 2", other))
        done = creditmill("status", "--home", own.home.path, cwd=own.folder)
        assert done.returncode == 2
        assert "format" in done.stderr.decode()
        assert "Traceback" not in done.stderr.decode()


# A journal that was forged, with its chain in order

Lines = list[dict[str, Any]]


def chained_again(home: Home, change: Callable[[Lines], None], in_doubt: int = 0) -> Home:
    """Write the journal anew with changed lines, as one who knows how they are chained, and note
    that all was found right but for so many last lines; returns the home as it is opened then."""
    lines = [json.loads(line) for line in home.journal_file.read_bytes().splitlines()]
    change(lines)
    home.journal_file.unlink()
    journal = Journal(home.journal_file)
    for line in lines:
        fields = {name: value for name, value in line.items() if name not in ("number", "digest")}
        journal.append([JournalEntry(fields.pop("kind"), fields)], fields.pop("at"))
    home.checked_file.write_text(json.dumps({"through": journal.lines - in_doubt}))
    return Home(home.path)


def of_kind(lines: Lines, kind: str) -> dict[str, Any]:
    return next(line for line in reversed(lines) if line["kind"] == kind)


def resealed(record: dict[str, Any], **changes: object) -> dict[str, Any]:
    """A receipt with changes, and the digest that it then has."""
    changed = record | changes
    return changed | {"digest": json_files.digest_of(changed)}


def more_rows(lines: Lines) -> None:
    receipt = of_kind(lines, "receipt")
    receipt["receipt"] = resealed(receipt["receipt"], rows=receipt["receipt"]["rows"] + 1)


def rows_as_text(lines: Lines) -> None:
    receipt = of_kind(lines, "receipt")
    receipt["receipt"] = resealed(receipt["receipt"], rows=str(receipt["receipt"]["rows"]))


def other_digest(lines: Lines) -> None:
    of_kind(lines, "receipt")["receipt"]["file_name"] = "other.parquet"


def text_as_number(lines: Lines) -> None:
    of_kind(lines, "version")["version"] = "2"


def date_of_no_calendar(lines: Lines) -> None:
    of_kind(lines, "version")["usage_date"] = "2026-02-30"


def twice(lines: Lines) -> None:
    lines.append(of_kind(lines, "version"))


def other_manifest(lines: Lines) -> None:
    versions = [line for line in lines if line["kind"] == "version"]
    versions[0]["manifest"] = versions[1]["manifest"]


def packed_nothing(lines: Lines) -> None:
    of_kind(lines, "booking")["manifest"] = "no pack"


def other_card(lines: Lines) -> None:
    card = of_kind(lines, "card")
    card["files"]["rates.csv"] = pack(b"other prices")


def alias_of_numbers(lines: Lines) -> None:
    of_kind(lines, "alias")["fields"] = [1, 2, 3, 4]


def agreement_of_nothing(lines: Lines) -> None:
    del of_kind(lines, "agreement")["text"]


def no_receipt(lines: Lines) -> None:
    """Of a log that nobody sent."""
    receipt = of_kind(lines, "receipt")
    lines.append(receipt | {"receipt": resealed(receipt["receipt"], file="0" * 64)})


def no_version(lines: Lines) -> None:
    version = of_kind(lines, "version")
    lines.append(version | {"version": version["version"] + 1})


def no_date(lines: Lines) -> None:
    lines.append(of_kind(lines, "version") | {"usage_date": "2026-02-20", "version": 1})


def unchained_act(lines: Lines) -> None:
    closing = of_kind(lines, "closing")
    lines.append(closing | {"record": closing["record"] | {"number": 2}})


def withdrawal_of_no_log(lines: Lines) -> None:
    act = {"number": 1, "act": "withdraw", "file": "0" * 64, "file_name": "x", "by": None}
    act |= {"who": "x", "at": "2026-02-10T00:00:00+00:00", "reason": "x", "supersedes_sha256": None}
    lines.append(of_kind(lines, "closing") | {"kind": "withdrawal", "record": act})


def of_no_instant(lines: Lines) -> None:
    lines[-1]["at"] = "yesterday"


FORGED: dict[Callable[[Lines], None], str] = {
    more_rows: "with a date or a reason",
    rows_as_text: "(receipt) is of another form: rows is not of the type",
    other_digest: "(receipt) holds a receipt of another digest",
    text_as_number: "(version) is of another form: version is not of the type",
    date_of_no_calendar: "(version) does not say what such a line says",
    twice: "(version) names number 2 of 2026-02-04 after 2",
    other_manifest: "(version) holds a manifest of another digest",
    packed_nothing: "(booking) does not say what such a line says",
    other_card: "(card) holds a card of another digest",
    alias_of_numbers: "(alias) is of another form: fields is not of the type",
    agreement_of_nothing: "(agreement) is of another form: it has no text",
    unchained_act: "(closing) does not follow the closing before it",
    withdrawal_of_no_log: "(withdrawal) is about a log that was never ingested",
    of_no_instant: "is of no instant",
}


@pytest.mark.parametrize("change", FORGED, ids=lambda change: change.__name__)
def test_a_line_that_no_run_wrote_is_found_where_the_chain_is_in_order(
    full: Workspace, tmp_path: Path, change: Callable[[Lines], None]
) -> None:
    shutil.copy(full.home.journal_file, tmp_path)
    assert list(verify_journal(Home(tmp_path))) == []
    home = chained_again(Home(tmp_path), change)
    assert home.journal.faults == []
    said = [one.what for one in verify_journal(home)]
    assert any(FORGED[change] in one for one in said), said


@pytest.mark.parametrize("command", ["status", "verify", "charges", "refresh"])
def test_a_forged_journal_is_damage_to_every_command(own: Workspace, command: str) -> None:
    chained_again(own.home, date_of_no_calendar)
    done = creditmill(command, "--home", own.home.path, cwd=own.folder)
    assert done.returncode == 1
    assert b"(version) does not say what such a line says: no run wrote it" in done.stderr


MADE_UP: dict[Callable[[Lines], None], str] = {
    no_receipt: f"{'0' * 64}.parquet: the log of late.parquet is missing",
    no_version: "0003: version 3 of 2026-02-04 is missing",
    no_date: "usage_date=2026-02-20/0001: version 1 of 2026-02-20 is missing",
}


@pytest.mark.parametrize("in_doubt", [0, 1])
@pytest.mark.parametrize("change", MADE_UP, ids=lambda change: change.__name__)
def test_what_was_never_there_is_missed(
    own: Workspace, change: Callable[[Lines], None], in_doubt: int
) -> None:
    """Also where it is in the last line, which a killed run may have left half done."""
    home = chained_again(own.home, change, in_doubt)
    said = [str(loss) for loss in presence.losses(home, read_again=True)]
    assert any(MADE_UP[change] in one for one in said), said


@pytest.mark.parametrize("in_doubt", [0, 1])
def test_a_journal_that_is_chained_again_as_it_was_is_no_forgery(
    own: Workspace, in_doubt: int
) -> None:
    home = chained_again(own.home, lambda lines: None, in_doubt)
    assert presence.losses(home, read_again=True) == []
