"""The steps of a run as a terminal shows them, on standard error."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from pipelines.cli import output


class Steps:
    """The steps of a run with their times, live, on a terminal only."""

    def __init__(self) -> None:
        self._shown = output.ERR.is_terminal
        self._step = ""
        self._since = time.monotonic()
        self._status = output.ERR.status("") if self._shown else None

    def __call__(self, step: str, detail: str) -> None:
        """Show that a step begins or goes on."""
        if self._status is None:
            return
        if step != self._step:
            self.done()
            self._step, self._since = step, time.monotonic()
            self._status.start()
        self._status.update(f"{step:<8} [dim]{output.harmless(detail)}[/]")

    def done(self, message: str = "") -> None:
        """Show that the step under way has ended, and how long it took."""
        if self._status is None or not self._step:
            return
        self._status.stop()
        took = time.monotonic() - self._since
        output.ERR.print(
            f" [green]{output.sign('✓', 'done')}[/] {self._step:<8} {message} [dim]{took:.1f}s[/]"
        )
        self._step = ""


@contextmanager
def steps_shown() -> Iterator[Steps]:
    """Yield a progress display that always goes away."""
    display = Steps()
    try:
        yield display
    finally:
        display.done()
