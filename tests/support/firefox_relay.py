"""Debian's Firefox, as Playwright starts it: with a relay between the two.

Playwright speaks WebDriver BiDi to a Firefox that is not its own, and asks it on each new context for
a command that this Firefox does not know yet. The relay answers that one command, passes all else on
as it is, and ends with the browser. Started as `python -m tests.support.firefox_relay FIREFOX …`.
"""

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterable
from functools import partial
from typing import Protocol

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.sync.server import ServerConnection, serve

UNKNOWN = "emulation.setMediaFeaturesOverride"
"""The command that is answered here: light or dark, which stays as the browser has it."""
LISTENING = re.compile(r"WebDriver BiDi listening on (ws://\S+)")


class Sends(Protocol):
    """One side of a conversation."""

    def send(self, message: str | bytes, /) -> None:
        """Say this."""

    def close(self) -> None:
        """Say no more."""


def passed_on(said: Iterable[str | bytes], to: Sends) -> None:
    """Pass everything on until one of both sides is gone."""
    try:
        for message in said:
            to.send(message)
    except ConnectionClosed:
        pass
    finally:
        to.close()


def relay(client: ServerConnection, address: str) -> None:
    """Stand between one client and the browser."""

    def asked() -> Iterable[str | bytes]:
        for message in client:
            command = json.loads(message)
            if command.get("method") == UNKNOWN:
                answer = {"type": "success", "id": command["id"], "result": {}}
                client.send(json.dumps(answer))
            else:
                yield message

    path = client.request.path if client.request else ""
    with connect(address + path, max_size=None, compression=None) as browser:
        answers = threading.Thread(target=passed_on, args=(browser, client), daemon=True)
        answers.start()
        passed_on(asked(), browser)
        answers.join()


def run(command: list[str]) -> int:
    """Start the browser, and say where the relay listens; returns the browser's exit code."""
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as firefox:
        assert firefox.stderr is not None
        for line in firefox.stderr:
            if (found := LISTENING.search(line)) is None:
                sys.stderr.write(line)
                continue
            server = serve(
                partial(relay, address=found[1]),
                "127.0.0.1",
                0,
                max_size=None,
                compression=None,
            )
            threading.Thread(target=server.serve_forever, daemon=True).start()
            port = server.socket.getsockname()[1]
            print(f"WebDriver BiDi listening on ws://127.0.0.1:{port}", file=sys.stderr, flush=True)
    return firefox.returncode


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
