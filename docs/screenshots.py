"""Pictures of the sample's pages for the README, made anew in headless Chromium.

    python docs/screenshots.py

Publishes the sample into a temporary home first. Names in full-width letters need a font that has
them (Debian: fonts-wqy-microhei).
"""

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from pipelines.cli.app import main as creditmill

HERE = Path(__file__).resolve().parent
ORG = "northwind-clinics"
LIGHT, DARK = "light", "dark"
COMPARED = "#from=2026-02-02&to=2026-02-03&group=model"


def shoot(
    browser: Browser,
    page: str,
    name: str,
    scheme: str,
    size: tuple[int, int],
    *,
    drill: bool = False,
) -> None:
    """Make a picture of the page at an address."""
    width, height = size
    view = browser.new_page(
        viewport={"width": width, "height": height}, color_scheme=scheme, locale="en-US"
    )
    view.goto(page)
    view.wait_for_function("document.querySelector('#chart')?.dataset.drawn !== undefined")
    if drill:
        view.click("#lines tbody tr:first-child button")
        view.click("#drill-table tbody tr:first-child button")
        view.wait_for_selector("#drill-notes .good")
    view.wait_for_timeout(300)
    view.screenshot(path=HERE / name, animations="disabled")
    view.close()


def main() -> None:
    """Make all pictures."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("chromium is missing: apt-get install chromium")
    with tempfile.TemporaryDirectory(prefix="screenshots-") as folder:
        home = Path(folder, "home")
        creditmill(["run", "--sample", "--home", str(home)])
        index = (home / "pages" / "index.html").as_uri()
        organization = (home / "pages" / "organizations" / f"{ORG}.html").as_uri()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chromium, args=["--no-sandbox", "--hide-scrollbars"]
            )
            shoot(browser, organization + COMPARED, "page_light.png", LIGHT, (1280, 1240))
            shoot(browser, organization, "page_dark.png", DARK, (1280, 1240))
            shoot(browser, organization, "page_events.png", LIGHT, (1280, 860), drill=True)
            shoot(browser, organization, "page_phone.png", DARK, (390, 844))
            shoot(browser, index, "page_index.png", LIGHT, (1280, 1240))
            browser.close()
    for picture in HERE.glob("page_*.png"):
        print(f"{picture.name}: {picture.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
