"""The lock of a home: who asks without waiting keeps what it took, and is told what keeps it out.

What a waiting command says belongs to the tests of the command line's signals.
"""

import fcntl
import os
from pathlib import Path

import pytest

from pricing_assets.common.errors import ConfigurationError
from pricing_assets.home import Home


def is_free(home: Home) -> bool:
    """Whether another process could take the lock: a handle of its own stands for one."""
    handle = os.open(home.path / ".lock", os.O_RDWR)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
    return True


def test_a_look_keeps_the_lock_that_it_took(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were it let go and taken again, a run could begin between, and the look wait for all of it."""
    taken = []
    flock = fcntl.flock
    monkeypatch.setattr(fcntl, "flock", lambda *how: taken.append(how[1]) or flock(*how))
    home = Home(tmp_path / "home")
    with home.try_lock() as mine:
        assert mine
        assert taken == [fcntl.LOCK_EX | fcntl.LOCK_NB]
        with home.lock(), home.try_lock() as again:  # its own steps lock it once more
            assert again
        assert len(taken) == 1
        assert not is_free(home)
    monkeypatch.undo()
    assert is_free(home)


def test_a_look_at_a_home_that_is_held_does_not_wait(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.path.mkdir()
    handle = os.open(home.path / ".lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        with home.try_lock() as mine:
            assert not mine
    finally:
        os.close(handle)


def test_a_home_that_cannot_be_written_is_an_error_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file bears the name")
    home = Home(tmp_path / "home")
    for lock in (home.lock, home.try_lock):
        with pytest.raises(ConfigurationError, match=r"home .*/home cannot be written"), lock():
            pass
