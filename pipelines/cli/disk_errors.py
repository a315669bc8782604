"""Whether an error says that a disk is full or fails: it is shown to the user, while a bug raises.

Which call failed does not matter here; what was published before it stays in force.
"""

import errno
import os
import sys

from pricing_assets.common.os_reasons import reason_of

CODES = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EFBIG)
SAID = tuple(os.strerror(code) for code in CODES)

FATAL = "fsync failed"
"""All that DuckDB says where bytes cannot be made durable."""


def failed(error: BaseException) -> bool:
    """Return whether an error is a disk's. Python says so by number; DuckDB in words, and by any of
    its errors: a commit that could not be written is a TransactionException."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in CODES
    duckdb = sys.modules.get("duckdb")  # where it was never loaded, it raised nothing
    kinds = (OSError, duckdb.Error) if duckdb else (OSError,)
    return isinstance(error, kinds) and any(words in str(error) for words in (*SAID, FATAL))


def in_words(error: BaseException) -> str:
    """Return what a disk's error says, with the disk's own words where only a later line has them."""
    what = reason_of(error)
    words = [each for each in SAID if each in str(error)]
    if not words or words[0] in what:
        return what
    return f"{what.rstrip(' ;.')}: {words[0]}"
