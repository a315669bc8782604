"""The commands `withdraw` and `restore`, as people meet them: what they print, and how they exit."""

import shutil

import pytest

from tests.support.command import Done, creditmill
from tests.support.workspace import Workspace


def run(workspace: Workspace, *words: str) -> Done:
    done = creditmill(*words, "--home", workspace.home.path, cwd=workspace.folder)
    assert "Traceback" not in done.stderr.decode()
    return done


@pytest.mark.slow
def test_a_log_is_withdrawn_listed_and_ingested_again(two: Workspace) -> None:
    assert run(two, "withdraw").stdout.decode() == "No log was ever withdrawn.\n"
    assert run(two, "withdraw", "staging.parquet").returncode == 2  # it does not say why
    done = run(two, "withdraw", "staging.parquet", "--reason", "of another system")
    assert done.returncode == 0
    assert "staging.parquet" in done.stdout.decode()
    assert "is withdrawn by" in done.stdout.decode()
    assert "1 date of it to bring up to date" in done.stderr.decode()
    assert "of another system" in run(two, "withdraw").stdout.decode()
    two.run()
    done = run(two, "withdraw", "staging.parquet", "--restore", "--reason", "it was right")
    assert done.returncode == 0
    assert "is ingested again by" in done.stdout.decode()
    assert "1 date of it to bring up to date" in done.stderr.decode()


def test_a_withdrawal_says_that_more_is_lost(two: Workspace) -> None:
    two.home.log(next(log.file for log in two.home.all_receipts())).unlink()
    lost = next(
        log.file_name for log in two.home.all_receipts() if not two.home.log(log.file).is_file()
    )
    other = ({"good.parquet", "staging.parquet"} - {lost}).pop()
    done = run(two, "withdraw", other, "--reason", "of another system")
    assert done.returncode == 0
    assert "more is lost: creditmill restore does what it can" in done.stderr.decode()


@pytest.mark.slow
def test_what_nothing_restores_is_given_up_and_the_rest_is_there(two: Workspace) -> None:
    assert run(two, "restore").stdout.decode() == "Nothing was lost.\n"
    (two.inbox / "staging.parquet").unlink()
    staging = next(log for log in two.home.all_receipts() if log.file_name == "staging.parquet")
    two.home.log(staging.file).unlink()
    done = run(two, "restore")
    assert done.returncode == 1
    assert "still lost" in done.stderr.decode()
    done = run(two, "restore", "--accept-loss", "the disk broke")
    assert done.returncode == 0
    assert "begun again from what is here" in done.stdout.decode()
    assert run(two, "restore").stdout.decode() == "Nothing was lost.\n"


def test_a_home_of_which_nothing_is_left_is_copied_whole(two: Workspace) -> None:
    copy = two.folder / "copy"
    shutil.copytree(two.home.path, copy, symlinks=True)
    shutil.move(two.home.path, two.folder / "gone")
    done = run(two, "restore", "--from", str(copy))
    assert done.returncode == 2
    assert "cp -a" in done.stderr.decode()
