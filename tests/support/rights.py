"""A folder that nobody may write, root neither: its thread does no more than the modes of files say."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VERSION = 0x20080522
PASS_OVER_MODES = 0b110
"""The capabilities to write and to read where a mode does not allow it."""


@contextmanager
def _as_modes_say() -> Iterator[None]:
    """Give up, for a while, root's right to pass over the modes of files."""
    if os.geteuid() != 0:
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(VERSION, 0)
    held = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; twice
    assert libc.capget(header, held) == 0
    fewer = (ctypes.c_uint32 * 6)(*held)
    fewer[0] &= ~PASS_OVER_MODES
    assert libc.capset(header, fewer) == 0, ctypes.get_errno()
    try:
        yield
    finally:
        assert libc.capset(header, held) == 0


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Let nobody write a folder for a while, by its modes, nor anything in it."""
    every = [path for path in (folder, *folder.rglob("*")) if not path.is_symlink()]
    modes = {path: path.stat().st_mode for path in every}
    for path, mode in modes.items():
        path.chmod(mode & ~0o222)
    try:
        with _as_modes_say():
            yield
    finally:
        for path, mode in modes.items():
            path.chmod(mode)
