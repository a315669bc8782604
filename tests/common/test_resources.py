"""Errors that say that memory or a disk is short, of whichever library."""

import errno

import pytest

from pricing_assets.common.resources import is_disk_full, is_out_of_memory


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        RuntimeError("std::bad_alloc"),
        RuntimeError("can't start new thread"),
        ImportError("/x/vl_convert.abi3.so: failed to map segment from shared object"),
    ],
)
def test_no_memory(error: Exception) -> None:
    assert is_out_of_memory(error)
    assert not is_disk_full(error)


def test_a_full_disk_is_no_lack_of_memory() -> None:
    error = OSError(errno.ENOSPC, "No space left on device")
    assert is_disk_full(error)
    assert not is_out_of_memory(error)
    assert not is_out_of_memory(ImportError("No module named 'vl_convert'"))
