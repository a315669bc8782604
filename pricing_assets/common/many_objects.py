"""Making many objects at once without Python looking for cycles among them as they come.

It would look at all of them again and again, half of the time of reading a long file.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def many_objects() -> Iterator[None]:
    """Put the search for cycles off; what was made meanwhile counts as old, and is looked at with
    everything else, when there is much more."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.freeze()  # both take no time: objects change lists
            gc.unfreeze()
            gc.enable()
