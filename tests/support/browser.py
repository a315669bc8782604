"""Real browsers for tests of the pages: Debian's Chromium and Firefox, with no network and nothing
allowed to go wrong unseen."""

import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from playwright.sync_api import Browser, Dialog, Page, sync_playwright

from pricing_assets.home import Home

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
NEEDED = pytest.mark.skipif(
    CHROMIUM is None and os.environ.get("CI") != "true", reason="no chromium here"
)
"""The pages' tests are left out where there is no browser; on CI they must run."""
FIREFOX = shutil.which("firefox-esr")
FIREFOX_NEEDED = pytest.mark.skipif(
    FIREFOX is None and os.environ.get("CI") != "true", reason="no firefox-esr here"
)

AXE = {
    "preload": False,
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
"""What axe looks at: WCAG 2.2, with the size of what is clicked."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser, headless."""
    assert CHROMIUM is not None, "chromium is missing: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def firefox() -> Iterator[Browser]:
    """Debian's Firefox, headless and light, behind `firefox_relay`."""
    assert FIREFOX is not None, "Firefox is missing: apt-get install firefox-esr"
    root = Path(__file__).resolve().parents[2]
    started = [sys.executable, "-m", "tests.support.firefox_relay", FIREFOX]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        script = Path(folder, "firefox")
        script.write_text(
            f'#!/bin/sh\ncd {shlex.quote(str(root))}\nexec {shlex.join(started)} "$@"\n'
        )
        script.chmod(0o755)
        browser = playwright.firefox.launch(channel="moz-firefox", executable_path=script)
        yield browser
        browser.close()


BOTH = [
    pytest.param(chromium, id="chromium", marks=NEEDED),
    pytest.param(firefox, id="firefox", marks=[FIREFOX_NEEDED, pytest.mark.slow]),
]
"""The browsers that a test runs in, in Firefox as a slow one."""
ONLY_CHROMIUM = pytest.mark.parametrize("browser", BOTH[:1], indirect=True)
"""Of what `firefox_relay` does not pass on (downloads, requests, print, colors, a page without script),
and of margins of paper, which Firefox does not print on."""


class Visitor:
    """One look at one page, and everything that went wrong on it."""

    def __init__(self, browser: Browser, file: Path, address: str = "", **options: Any) -> None:
        self.context = browser.new_context(**{"locale": "en-US"} | options)
        self.page: Page = self.context.new_page()
        self.requests: list[str] = []
        self.wrong: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        self.page.on("requestfailed", lambda request: self.wrong.append(f"failed: {request.url}"))
        self.page.on("console", lambda said: self.wrong.append(f"console: {said.text}"))
        self.page.on("dialog", self._dismiss)
        self.page.goto(f"{file.as_uri()}{address}")
        self.page.wait_for_selector("#chart[data-drawn]", state="attached")

    def _dismiss(self, dialog: Dialog) -> None:
        self.wrong.append("a dialog")
        dialog.dismiss()

    def close(self) -> None:
        """Leave; nothing may have gone wrong, and nothing been asked of a network."""
        self.context.close()
        assert self.wrong == []
        assert [url for url in self.requests if not url.startswith(("file:", "blob:"))] == []


def sql(home: Home, query: str, *params: object) -> list[tuple[Any, ...]]:
    """What the tables have."""
    with duckdb.connect(str(home.catalog), read_only=True) as con:
        return con.execute(query, params).fetchall()


def exactly(seen: Visitor, selector: str) -> Decimal:
    """An amount to its last decimal, which is in the page beside the rounded one that it shows."""
    found = seen.page.text_content(f"{selector} .digits")
    assert found is not None
    return Decimal(found.replace(",", ""))
