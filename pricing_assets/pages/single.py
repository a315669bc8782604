"""One organization's page in one file: its data, style and script, and the state of the home that it
was made from.

Nothing is loaded from beside the file; the events behind its charges are left out. That it is what the
home held is proved in `proof`.
"""

import base64
import hashlib
import json
import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from pricing_assets.common.errors import ConfigurationError
from pricing_assets.db import connection as duck
from pricing_assets.home import Home
from pricing_assets.home.as_of import HomeAsOf, Moment
from pricing_assets.home.targets import require_outside
from pricing_assets.pages import assets, data, organization
from pricing_assets.pages.data import Dated
from pricing_assets.pages.organization import DATA
from pricing_assets.pages.templating import environment

END = b"</script>"
LOADED = re.compile(rb'<script src="[^"]*/([a-z]+\.js)" defer></script>\n')
STYLED = re.compile(rb'<link rel="stylesheet" href="[^"]*/page\.css">')
POLICY = b"script-src 'self'; style-src 'self'"
Build = Callable[[HomeAsOf, Path, duck.Limits], None]
"""Writes the database of a home as it was into a file."""
Make = Callable[[HomeAsOf, str], bytes | None]
"""Makes an organization's page in one file as of a moment: `made` with the rest filled in."""


def write(home: Home, org_id: str, target: Path, make: Make) -> None:
    """Write an organization's page as one file, made from what the home holds.

    ConfigurationError where there is no such page, or the file cannot be written.
    """
    require_outside(home, f"--single {target}", target)
    page = make(HomeAsOf(home, Moment.of(home)), org_id)
    if page is None:
        raise ConfigurationError(
            f"{org_id!r} has no page in {home.path}; `creditmill open` lists all"
        )
    try:
        target.write_bytes(page)
    except OSError as error:
        raise ConfigurationError(f"{target} cannot be written: {error.strerror}") from error


def made(then: HomeAsOf, org_id: str, *, build: Build, limits: duck.Limits) -> bytes | None:
    """Return an organization's page in one file, as of a moment; None where it has none."""
    settings = then.settings()
    with tempfile.TemporaryDirectory(prefix="creditmill-page-") as folder:
        database = Path(folder, "credits.duckdb")
        build(then, database, limits)
        with data.catalog(then, settings.dimensions, limits, database=database) as con:
            found = [one for one in data.organizations(con) if one.org_id == org_id]
            if not found:
                return None
            dates, through = data.dates(con), data.closed_through(con)
            site = organization.Site(then, settings, con, environment(), dates, [], through)
            ((_, parts),) = data.parts(con, found)
            proof = {"versions": _versions(parts, dates), "as_of": asdict(Moment.of(then))}
            texts = {name: json.dumps(value) for name, value in proof.items()}
            about = organization.about_json(site, found[0], {})
            of_all = organization.frame(site)
            html = organization.page_of(of_all, found[0], about, {**parts, **texts})
    before, _, rest = html.partition(DATA)
    text, _, after = rest.partition(END)
    return packed(before, after, text)


def _versions(parts: Mapping[str, str], dates: Mapping[date, Dated]) -> list[dict[str, Any]]:
    """Return the versions that a page's sums are of."""
    days = sorted({date.fromisoformat(row[0]) for row in json.loads(parts["daily"])})
    return [
        {
            "usage_date": str(day),
            "version": dates[day].version,
            "output_digest": dates[day].output_digest,
        }
        for day in days
    ]


def packed(before: bytes, after: bytes, text: bytes) -> bytes:
    """Return a page with style and script in it, allowed by their digests; `text` is its data."""
    texts = {name: text.encode() for name, text in assets.texts().items()}
    style = texts["page.css"]
    scripts = [texts[name.decode()] for name in LOADED.findall(before)]
    allowed = " ".join(_source(one) for one in scripts)
    policy = f"script-src {allowed}; style-src {_source(style)}".encode()
    before = before.replace(POLICY, policy)
    before = STYLED.sub(lambda _: b"<style>" + style + b"</style>", LOADED.sub(b"", before))
    body, _, end = after.rpartition(b"</body>")
    inline = b"".join(b"<script>" + one + b"</script>\n" for one in scripts)
    return before + DATA + text + END + body + inline + b"</body>" + end


def _source(text: bytes) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text).digest()).decode()}'"
