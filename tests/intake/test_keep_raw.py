"""`keep_raw = false`: a home keeps digest, size and rows of a raw log, and says what that cannot prove."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.settings import Settings
from pricing_assets import flow
from pricing_assets.common.errors import ConfigurationError, CreditmillError, DamagedHome
from pricing_assets.home import Home, derived, withdrawals
from pricing_assets.intake.inboxes import Inbox
from pricing_assets.logs.parquet_footer import FileLimits
from pricing_assets.repair import restore
from pricing_assets.repair.withdrawn_logs import ingest_anew
from pricing_assets.verify import home as verified
from tests.support.logged import CALL, Logged, logged, write_lines
from tests.support.workspace import LIMITS


def without_raw(made: Logged, source: str = "litellm_s3") -> Logged:
    return replace(made, inboxes=(Inbox(made.workspace.inbox, source, keep_raw=False),))


@pytest.mark.slow
def test_digest_size_and_rows_are_kept_and_what_cannot_be_proved_is_said(tmp_path: Path) -> None:
    made = without_raw(logged(tmp_path, a=[CALL, "no JSON"], b=[CALL | {"id": "c2"}]))
    raw = made.workspace.inbox / "a.jsonl"
    size = sum(one.stat().st_size for one in made.workspace.inbox.iterdir())
    logs = made.run().taken
    home = made.workspace.home
    assert list(home.logs.iterdir()) == []
    assert {log.bytes for log in logs} >= {raw.stat().st_size}
    assert made.account() == {"rated": 2, "unreadable_record": 1}
    outcome = verified.verify_home(home, None, again=True)
    assert (outcome.differences, [one.differences for one in outcome.recomputed]) == ([], [[]])
    (note,) = outcome.notes
    assert note.startswith(f"2 raw logs ({size:,} bytes) came with keep_raw = false: it")
    raw.touch()
    again = made.run()
    assert (again.taken, len(again.redelivered)) == ([], 1)


def test_rows_that_are_lost_are_named_and_come_from_a_copy_of_the_home(tmp_path: Path) -> None:
    made = without_raw(logged(tmp_path, a=[CALL]))
    made.run()
    home = made.workspace.home
    shutil.copytree(home.path, tmp_path / "copy", symlinks=True)
    (rows,) = home.derived.glob("*/*")
    rows.unlink()
    with pytest.raises(DamagedHome, match="restore"):
        made.run()
    fresh = Home(home.path)
    with pytest.raises(CreditmillError, match=r"were not kept \(keep_raw = false\)"):
        derived.ensure(fresh, fresh.all_receipts())
    with fresh.lock():
        restore.restore(fresh, tmp_path / "copy", LIMITS, FileLimits())
    assert rows.is_file()
    assert made.run().taken == []


@pytest.mark.slow
def test_another_source_reads_what_comes_and_leaves_what_was_not_kept(tmp_path: Path) -> None:
    made = without_raw(logged(tmp_path, a=[CALL]))
    made.run()
    own = tmp_path / "own.toml"
    own.write_text(OTHER)
    write_lines(made.workspace.inbox / "b.jsonl", CALL | {"id": "c2"})
    changed = without_raw(made, str(own))
    assert len(changed.run().taken) == 1
    assert sorted(made.workspace.sql("select distinct org_id from charges")) == [
        ("acme",),
        ("other",),
    ]
    assert changed.differences() == []


OTHER = (
    'format = "ndjson"\n[columns]\nevent_id.path = "id"\nevent_time = { path = "startTime",'
    ' epoch = "s" }\norg_id.const = "other"\nbilling_type.const = "llm_text_chat"\n'
    'model.path = "model"\nkey_mode.const = "platform"\ninput_tokens.path = "prompt_tokens"\n'
)


@pytest.mark.slow
@pytest.mark.parametrize("keep_raw", [False, True])
def test_a_withdrawn_log_comes_back_from_its_bytes_by_the_present_source(
    keep_raw: bool, tmp_path: Path
) -> None:
    made = without_raw(logged(tmp_path, a=[CALL]))
    (log,) = made.run().taken
    home, raw = made.workspace.home, made.workspace.inbox / "a.jsonl"
    own = tmp_path / "own.toml"
    own.write_text(OTHER)
    changed = replace(made, inboxes=(Inbox(made.workspace.inbox, str(own), keep_raw=keep_raw),))
    (warning,) = changed.run().warnings
    assert f"1 known log of {made.workspace.inbox} (a.jsonl) came with keep_raw = false" in warning
    assert f"creditmill withdraw {log.file[:16]} --reason TEXT" in warning
    assert changed.run().warnings == []

    aside = tmp_path / "aside.jsonl"
    raw.rename(aside)
    with home.lock():
        run = flow.Run(home, home.settings(), LIMITS)
        withdrawals.withdraw(home, log.file, "a test")
        with pytest.raises(ConfigurationError, match="nor where it came from; name a file that"):
            ingest_anew(run, log.file, "right")
        ingest_anew(run, str(aside), "right")
        (again,) = home.all_receipts()
    assert (again.file, again.has_raw) == (log.file, keep_raw)
    assert [one.stem for one in home.logs.iterdir()] == [log.file] * keep_raw
    assert changed.run().warnings == []
    assert made.workspace.sql("select distinct org_id from charges") == [("other",)]
    assert changed.differences() == []
    assert verified.verify_home(home, None).differences == []


@pytest.mark.slow
def test_bytes_that_were_kept_stay(tmp_path: Path) -> None:
    made = logged(tmp_path, a=[CALL])
    (log,) = made.run().taken
    assert without_raw(made).run().taken == []
    home = made.workspace.home
    assert home.log(log.file, is_raw=True).is_file()
    assert all(one.has_raw for one in home.all_receipts())
    assert made.differences() == []


def test_a_folder_says_so_beside_its_source_and_not_without_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = tmp_path / "creditmill.toml"
    settings.write_text('[[logs]]\npath = "in"\nsource = "litellm_s3"\nkeep_raw = false\n')
    (folder,) = Settings().inboxes
    assert not folder.keep_raw
    settings.write_text('[[logs]]\npath = "in"\nkeep_raw = false\n')
    with pytest.raises(ValueError, match="keep_raw = false needs a source beside it"):
        Settings()
