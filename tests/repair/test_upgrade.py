"""A home of an earlier format becomes one of the present: nothing that is published changes, however
often it is interrupted.

The homes in `tests/homes` were made by the code of their time, as `tests/homes/make.py` says.
"""

import shutil
from pathlib import Path

import pytest

from pipelines.cli.app import main
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.home import presence
from pricing_assets.home.settings import FORMAT
from pricing_assets.repair.upgrade import Upgrade, plan, upgrade
from pricing_assets.report import HomeView
from pricing_assets.usage.reduced_logs import missing
from pricing_assets.usage.units import Units
from tests.support.command import creditmill
from tests.support.fault_injection import SIDE_EFFECTS, Fault, Killer
from tests.support.homes import OldHome, old_home, sealed_bytes
from tests.support.rights import read_only
from tests.support.workspace import LIMITS, leftovers

HOMES = {"format_1": 4, "format_1_before_rollups": 3}
"""Homes that can be upgraded, and how many logs of each count."""


def is_upgraded(old: OldHome, sealed: dict[str, str], lines: int) -> None:
    """The home is one of this format, whole, with one line more in its journal."""
    home = old.home
    assert sealed_bytes(home) == sealed
    assert f"format = {FORMAT}\n" in home.settings_file.read_text()
    assert home.journal.named.home == home.settings_file.read_text()
    assert home.journal.lines == lines + 1
    units = Units(home.rollups)
    assert (units.strays(), units.superseded(), units.changed_files()[1]) == ([], [], [])
    assert missing(HomeView(home, home.settings()).inputs) == {}


@pytest.mark.parametrize("name", HOMES)
def test_a_home_of_an_earlier_format_is_upgraded(name: str, tmp_path: Path) -> None:
    old = old_home(name, tmp_path)
    home, sealed, lines = old.home, sealed_bytes(old.home), old.home.journal.lines
    before = home.settings_file.read_text()
    with pytest.raises(ConfigurationError, match="`creditmill upgrade` says what"):
        home.settings()
    with home.lock():
        found = plan(home, LIMITS)
        assert home.settings_file.read_text() == before
        upgrade(home, LIMITS)
    assert (found.before, found.after) == (1, FORMAT)
    assert found.logs == HOMES[name]
    is_upgraded(old, sealed, lines)
    home.settings_file.write_text(before)  # as a kill leaves it just before its end
    with home.lock():
        upgrade(home, LIMITS)
        assert plan(home, LIMITS) == Upgrade(FORMAT, FORMAT)
    is_upgraded(old, sealed, lines)


def test_who_may_not_write_a_home_is_told_what_an_upgrade_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = old_home("format_1", tmp_path).home
    with read_only(home.path):
        assert main(["upgrade", "--home", str(home.path)]) == 0
        assert f"To do: {HOMES['format_1']} logs" in capsys.readouterr().out
        assert main(["upgrade", "--yes", "--home", str(home.path)]) == 2
    assert "cannot be written: Permission denied" in capsys.readouterr().err


def test_a_home_without_a_format_and_a_newer_one_are_refused_by_name(tmp_path: Path) -> None:
    first = old_home("no_format", tmp_path).home
    with first.lock(), pytest.raises(ConfigurationError, match="before homes had a format") as none:
        plan(first, LIMITS)
    assert (
        f"make a new home from the logs that it was made of, which are also in {first.logs}"
        in str(none.value)
    )
    with pytest.raises(ConfigurationError, match="before homes had a format"):
        presence.require_whole(first)  # and not that its journal is missing, which it never had
    text = first.settings_file.read_text()
    first.settings_file.write_text(f"format = {FORMAT + 1}\n{text}")
    with first.lock(), pytest.raises(ConfigurationError, match="or a newer one"):
        upgrade(first, LIMITS)


def test_what_is_lost_hinders_no_upgrade(tmp_path: Path) -> None:
    """It is restored afterwards, by the code that the home is then of."""
    home = old_home("format_1_before_rollups", tmp_path).home
    (lost, *_) = home.all_receipts()
    home.log(lost.file).unlink()
    with home.lock():
        upgrade(home, LIMITS)
    assert home.settings().timezone == "UTC"
    assert [log for unit in Units(home.rollups).units for log in unit.logs] == [
        log.file for log in home.all_receipts() if log != lost
    ]


def test_a_home_of_other_columns_is_refused_by_name(tmp_path: Path) -> None:
    """As code wrote them that came before format 1 was settled."""
    import pyarrow.parquet as pq

    home = old_home("format_1", tmp_path).home
    file = home.versions(home.dates()[0])[0].folder / "quarantine.parquet"
    table = pq.read_table(file).drop_columns("event_time_raw")
    file.parent.chmod(0o755)
    file.unlink()
    pq.write_table(table, file)
    with home.lock(), pytest.raises(ConfigurationError, match=r"has no event_time_raw.*too old"):
        plan(home, LIMITS)


def test_a_damaged_journal_is_mended_by_the_code_that_made_it(tmp_path: Path) -> None:
    home = old_home("format_1", tmp_path).home
    data = home.journal_file.read_bytes()
    home.journal_file.write_bytes(data.replace(b"format = 1", b"format = 2", 1))
    with (
        home.lock(),
        pytest.raises(ConfigurationError, match="do so with the creditmill that made"),
    ):
        plan(home, LIMITS)


@pytest.mark.slow
@pytest.mark.parametrize("name", HOMES)
def test_an_upgraded_home_is_what_new_code_makes(name: str, tmp_path: Path) -> None:
    """Every version is recomputed, and a run finds nothing to do."""
    old = old_home(name, tmp_path)
    sealed = sealed_bytes(old.home)
    shown = creditmill("upgrade", "--home", old.home.path, cwd=tmp_path)
    assert (shown.returncode, b"--yes" in shown.stdout + shown.stderr) == (0, True)
    assert creditmill("upgrade", "--yes", "--home", old.home.path, cwd=tmp_path).returncode == 0
    for words in (("verify",), ("verify", "--recompute"), ("refresh",)):
        done = creditmill(*words, "--home", old.home.path, cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
    assert sealed_bytes(old.home) == sealed
    ran = creditmill("run", "--home", old.home.path, cwd=tmp_path)
    assert b"2026-02-05 is still blocked" in ran.stdout + ran.stderr
    assert sealed_bytes(old.home) == sealed


@pytest.mark.slow
def test_a_kill_at_every_side_effect_of_an_upgrade(tmp_path: Path) -> None:
    """Before each, with all that was written until then, and after the last."""
    old = old_home("format_1_before_rollups", tmp_path / "old")
    sealed, lines = sealed_bytes(old.home), old.home.journal.lines
    with Killer() as killer:
        undisturbed = killer.run(old.copied(tmp_path / "undisturbed"))
        assert undisturbed.code == 0, undisturbed.said
        last = undisturbed.count(SIDE_EFFECTS)
        assert last > 5
        faults = [Fault(SIDE_EFFECTS, nth, "kill before") for nth in range(1, last + 1)]
        for fault in (*faults, Fault(SIDE_EFFECTS, last, "kill after")):
            copy = old.copied(tmp_path / "copy")
            assert killer.run(copy, fault).code < 0, fault
            assert killer.run(copy).code == 0, fault
            is_upgraded(copy, sealed, lines)
            assert leftovers(copy.home) == []
            shutil.rmtree(copy.folder)
