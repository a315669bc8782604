"""Why a file or folder cannot be used, as messages say it: in words and with its path, never as
`[Errno 17]`.

Whether such an error is a home's damage or a disk's failure belongs to `damage` and `disk_errors`.
"""

import errno
import os

SHAPES = {
    errno.EISDIR: "it is a folder",
    errno.ENOTDIR: "a part of its path is not a folder",
    errno.EEXIST: "something else has this name",
    errno.ENOTEMPTY: "something else has this name",
    errno.ELOOP: "a link that leads to itself",
    errno.ENOENT: "it is missing",
}
"""What a path is found to be, by the number of the error."""


def reason_of(error: BaseException, about: object = None) -> str:
    """Return what an error of the system says, with the paths that it names but for the one that the
    message is about; of any other error its first line.

    >>> reason_of(FileExistsError(errno.EEXIST, "File exists", "/data/out"))
    'something else has this name: /data/out'
    """
    if not isinstance(error, OSError) or error.errno is None:
        return (str(error).splitlines() or [type(error).__name__])[0]
    what = SHAPES.get(error.errno) or error.strerror or os.strerror(error.errno)
    paths = [os.fsdecode(name) for name in (error.filename, error.filename2) if _is_path(name)]
    names = [name for name in paths if name != str(about)]
    return f"{what}: {' to '.join(names)}" if names else what


def _is_path(name: object) -> bool:
    return isinstance(name, str | bytes | os.PathLike)
