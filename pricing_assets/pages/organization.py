"""Pages of organizations: one file each, which is written where anything on it changed.

Where only what is said of its dates changed (a version, a closing), the charges stay as they are in
the file. Which dates and organizations there are is read in `data`.
"""

import hashlib
import json
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pricing_assets.common import files
from pricing_assets.common.file_names import safe_name
from pricing_assets.common.progress import Progress
from pricing_assets.common.visible_text import visible
from pricing_assets.home import Home
from pricing_assets.home.settings import HomeSettings
from pricing_assets.pages import assets, data
from pricing_assets.pages import events as page_events
from pricing_assets.pages.data import Dated, Organization

if TYPE_CHECKING:
    import duckdb
    import jinja2

DATA = b'<script type="application/json" id="data">'
PLAIN_ROWS = 100
"""Rows of `daily_usage` that a page shows without a script: the newest."""
_PLAIN_ROW = "<tr>" + 2 * "<td>%s</td>" + 3 * '<td class="right">%s</td>' + "</tr>"
FIRST_PART = f', "{data.PARTS[0]}": '.encode()
"""What a page's data begins with after what is said of its dates."""


MADE_FROM = b"\n<!-- "
"""Before a page's last line, which says what it was made from."""
FILLED_IN = ("org_id", "file", "total", "plain", "data")
"""What a page's template is given of its organization."""


class PageSources(NamedTuple):
    """What a page was made from, as its last line says: all of it, and of its organization's rows."""

    whole: str
    rows: str


@dataclass(frozen=True)
class Site:
    """What every page is written from: the home, its settings, its tables, the templates, the dates
    of all, those with events, and what is closed."""

    home: Home
    settings: HomeSettings
    con: "duckdb.DuckDBPyConnection"
    environment: "jinja2.Environment"
    dates: Mapping[date, Dated]
    with_events: Sequence[Dated]
    closed_through: str | None

    @cached_property
    def days_with_events(self) -> set[date]:
        """The dates whose events are shown, if their logs are there."""
        return {dated.usage_date for dated in self.with_events}

    @cached_property
    def spans(self) -> dict[date, list[tuple[str, str]]]:
        """The spans of published dates up to each date that was asked for."""
        return {}

    def published(self, until: date) -> list[tuple[str, str]]:
        """Return the spans of published dates up to a date, which most pages have in common."""
        if until not in self.spans:
            self.spans[until] = data.published_spans(self.dates, until)
        return self.spans[until]


def organization_file(home: Home, org_id: str) -> Path:
    """Return the page of an organization."""
    return home.pages / "organizations" / f"{safe_name(org_id)}.html"


def made_from(site: Site, one: Organization) -> str:
    """Return what an organization's page is made from: the versions of its dates, its totals, its
    balance, what is closed, and this code."""
    inputs: list[Any] = [*_totals(one), site.closed_through, page_events.MOST_EVENTS]
    inputs.append(_published(site, one))
    for day in one.shown_dates(site.dates):
        inputs += [site.dates[day].made_from, day in site.days_with_events]
    return _digest(inputs)


def _published(site: Site, one: Organization) -> list[tuple[str, str]]:
    """Return the spans of published dates up to the newest that the page shows."""
    newest = [one.newest] if one.newest else []
    shown = [*newest, *one.shown_dates(site.dates)]
    return site.published(max(shown)) if shown else []


def _totals(one: Organization) -> list[Any]:
    return [
        *(assets.digest(), data.MOST_DAYS, data.MOST_CHARGES),
        *(one.older, one.undated, one.credits, one.quarantined, one.sums, one.balance),
    ]


def _digest(inputs: list[Any]) -> str:
    return hashlib.sha256(repr(inputs).encode()).hexdigest()


def write(
    site: Site,
    stale: Sequence[tuple[Organization, PageSources, str]],
    events: Mapping[date, str],
    show: Callable[[str], None],
) -> None:
    """Write the pages of organizations, each given with what its page was and would be made from;
    `events` names the folders of dates, `show` is given how many pages are written."""
    if not stale:
        return
    progress = Progress(len(stale), "page")
    contents = data.contents(site.con, [one for one, _, _ in stale])
    anew: dict[str, tuple[Organization, PageSources]] = {}
    for one, before, whole in stale:
        made = PageSources(whole, _digest([*_totals(one), contents.get(one.org_id)]))
        page = organization_file(site.home, one.org_id)
        has_same_rows = before.rows == made.rows
        if has_same_rows and _say_anew(site, page, about_json(site, one, events), made):
            progress.done += 1
            show(str(progress))
        else:
            anew[one.org_id] = one, made
    of_all = frame(site)
    for org_id, parts in data.parts(site.con, [one for one, _ in anew.values()]):
        one, made = anew[org_id]
        html = page_of(of_all, one, about_json(site, one, events), parts)
        _write(site, organization_file(site.home, org_id), html, made)
        progress.done += 1
        show(str(progress))


def frame(site: Site) -> list[bytes]:
    """Return what all pages of organizations have in common, with the names of what each fills in
    between: the template is rendered once."""
    marked = {name: f"{name}-{uuid.uuid4().hex}" for name in FILLED_IN}
    html = site.environment.get_template("organization.html").render(
        dimensions=site.settings.dimensions,
        timezone=site.settings.timezone,
        assets=f"../assets/{assets.digest()}",
        **marked,
    )
    names = {mark: name for name, mark in marked.items()}
    parts = re.split(f"({'|'.join(names)})", html)
    return [names.get(part, part).encode() for part in parts]


def page_of(
    of_all: Sequence[bytes], one: Organization, about: str, parts: Mapping[str, str]
) -> bytes:
    """Return an organization's page: the frame, what is said of its dates, and its parts, as JSON."""
    text = about[:-1] + "".join(f', "{name}": {part}' for name, part in parts.items()) + "}"
    return filled(
        of_all,
        page_events.script(text),
        plain_rows(json.loads(parts["daily"])),
        org_id=one.org_id,
        file=safe_name(one.org_id),
        total=f"{Decimal(one.credits):,f}",
    )


def filled(parts: Sequence[bytes], data: bytes, plain: bytes, **texts: str) -> bytes:
    """Return a page: the frame with an organization's data, the text for browsers without JavaScript,
    and texts, as HTML shows them."""
    from markupsafe import escape

    values = {name: str(escape(visible(text))).encode() for name, text in texts.items()}
    values |= {"data": data, "plain": plain}
    return b"".join(
        values[part.decode()] if place % 2 else part for place, part in enumerate(parts)
    )


def plain_rows(daily: Sequence[Sequence[str]]) -> bytes:
    """Return the newest rows of `daily_usage` as rows of a table."""
    rows = [_PLAIN_ROW % tuple(row) for row in reversed(daily[-PLAIN_ROWS:])]
    return "\n".join(rows).encode()


def about_json(site: Site, one: Organization, events: Mapping[date, str]) -> str:
    """Return what a page says of its organization and dates, as JSON."""
    about = {
        "org_id": one.org_id,
        "timezone": site.settings.timezone,
        "dimensions": list(site.settings.dimensions),
        "older": one.older,
        "most": {"days": data.MOST_DAYS, "charges": data.MOST_CHARGES},
        "total": {"credits": one.credits, "quarantined": one.quarantined},
        "closed_through": site.closed_through,
        "charges_from": min(one.usage_dates).isoformat() if one.usage_dates else None,
        "published": _published(site, one),
        "digest": _digest([site.dates[day].output_digest for day in one.usage_dates])[:16],
        "dates": [site.dates[day].shown for day in one.shown_dates(site.dates)],
        "events": {
            day.isoformat(): f"../events/{events[day]}/{safe_name(one.org_id)}.js"
            for day in one.usage_dates
            if day in events
        },
        "events_of": {"dates": page_events.NEWEST_DATES, "most": page_events.MOST_EVENTS},
    }
    return json.dumps(about, ensure_ascii=False)


def _say_anew(site: Site, page: Path, about: str, made: PageSources) -> bool:
    """Write a page whose rows are as they were with what is said of its dates now; False where it
    is not laid out so."""
    html = files.read_regular(page).rpartition(MADE_FROM)[0]
    before, is_there, rest = html.partition(DATA)
    _, has_parts, parts = rest.partition(FIRST_PART)
    if is_there and has_parts:
        head = page_events.script(about[:-1])
        _write(site, page, before + DATA + head + FIRST_PART + parts, made)
    return bool(is_there and has_parts)


def _write(site: Site, page: Path, html: bytes, made: PageSources) -> None:
    files.write_bytes(page, html + f"\n<!-- {' '.join(made)} -->\n".encode(), site.home.scratch)
