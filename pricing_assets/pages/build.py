"""The pages: a static site in HOME/pages, one page for the operator and one per organization.

Which pages are out of date, and how they come to be whole on disk, belongs here; what they show is
read in `data`, how it looks is in `templates`. No number is computed here.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pricing_assets.checks import lookalike_ids
from pricing_assets.common import files
from pricing_assets.common.file_names import safe_name
from pricing_assets.common.visible_text import visible
from pricing_assets.db import connection as duck
from pricing_assets.db.statements import data_folder
from pricing_assets.home import Home
from pricing_assets.home.settings import HomeSettings
from pricing_assets.intake import inbox
from pricing_assets.pages import assets as page_assets
from pricing_assets.pages import data
from pricing_assets.pages import events as page_events
from pricing_assets.pages.data import Dated, Organization

if TYPE_CHECKING:
    import duckdb
    import jinja2


def index_file(home: Home) -> Path:
    """Return the page that `open` shows."""
    return home.pages / "index.html"


def organization_file(home: Home, org_id: str) -> Path:
    """Return the page of an organization."""
    return home.pages / "organizations" / f"{safe_name(org_id)}.html"


def are_current(home: Home) -> bool:
    """Return whether the pages show what `credits.duckdb` holds and which files are rejected, by
    this code."""
    return home.catalog.is_file() and (
        _digest_of(index_file(home)) == _made_from(home, rejected(home))
    )


def rejected(home: Home) -> list[dict[str, str]]:
    """Return files that were rejected and still lie in an inbox, as the index lists them."""
    return [
        {
            name: os.fsencode(text).decode("utf-8", "backslashreplace")
            for name, text in (("path", one.path), ("reason", one.reason), ("detail", one.detail))
        }
        for one in inbox.rejected_before(home)
    ]


def _made_from(home: Home, files_rejected: Sequence[Mapping[str, str]]) -> str:
    seen = hashlib.sha256(repr(files_rejected).encode()).hexdigest()[:16]
    in_force = home.catalog.readlink() if home.catalog.is_symlink() else home.catalog
    return f"{in_force.name} {page_assets.digest()} {seen}"


def refresh(home: Home, terms: HomeSettings, limits: duck.Limits, *, anew: bool = False) -> bool:
    """Bring the pages up to date with `credits.duckdb`; False where they already were.

    Each page is swapped in whole, the index last; `anew` writes every page. The home is locked by
    the caller.
    """
    files_rejected = rejected(home)
    made_from = _made_from(home, files_rejected)
    if not anew and _digest_of(index_file(home)) == made_from:
        return False
    files.make_folder(home.pages / "organizations")
    page_assets.write(home)
    with data.catalog(home, terms.dimensions, limits, home.scratch) as con:
        dates = data.dates(con)
        organizations = data.organizations(con)
        closed_through = data.closed_through(con)
        with_events = page_events.shown(list(dates.values()))
        digests = {
            one.org_id: _digest(
                one, dates, {dated.usage_date for dated in with_events}, closed_through
            )
            for one in organizations
        }
        stale = [
            one
            for one in organizations
            if anew or _digest_of(organization_file(home, one.org_id)) != digests[one.org_id]
        ]
        events = {
            dated.usage_date: page_events.folder_of(home, dated).name
            for dated in with_events
            if page_events.write(home, dated, limits)
        }
        environment = _environment()
        site = _Site(home, terms, con, environment)
        _write_organizations(site, stale, dates, events, digests, closed_through)
        _write_index(site, made_from, files_rejected)
    _forget(home, organizations, with_events)
    return True


@dataclass(frozen=True)
class _Site:
    """What every page is written from: the home, its settings, its tables, the templates."""

    home: Home
    terms: HomeSettings
    con: "duckdb.DuckDBPyConnection"
    environment: "jinja2.Environment"


def _write_organizations(
    site: _Site,
    stale: Sequence[Organization],
    dates: Mapping[date, Dated],
    events: Mapping[date, str],
    digests: Mapping[str, str],
    closed_through: str | None,
) -> None:
    template = site.environment.get_template("organization.html")
    by_name = {one.org_id: one for one in stale}
    assets = f"../assets/{page_assets.digest()}"
    for org_id, parts in data.parts(site.con, stale) if stale else ():
        one = by_name[org_id]
        about = {
            "org_id": org_id,
            "timezone": site.terms.timezone,
            "dimensions": list(site.terms.dimensions),
            "older": one.older,
            "most": {"days": data.MOST_DAYS, "charges": data.MOST_CHARGES},
            "total": {"credits": one.credits, "quarantined": one.quarantined},
            "closed_through": closed_through,
            "dates": [dates[day].shown() for day in one.shown_dates(dates)],
            "events": {
                day.isoformat(): f"../events/{events[day]}/{safe_name(org_id)}.js"
                for day in one.usage_dates
                if day in events
            },
            "events_of": {"dates": page_events.NEWEST_DATES, "most": page_events.MOST_EVENTS},
        }
        text = json.dumps(about, ensure_ascii=False)[:-1]
        text += "".join(f', "{name}": {part}' for name, part in parts.items()) + "}"
        html = template.render(
            org_id=org_id,
            file=safe_name(org_id),
            dimensions=site.terms.dimensions,
            timezone=site.terms.timezone,
            total=f"{Decimal(one.credits):,f}",
            assets=assets,
            data=page_events.script(text).decode(),
        )
        _write(site.home, organization_file(site.home, org_id), html, digests[org_id])


def _write_index(
    site: _Site,
    made_from: str,
    files_rejected: Sequence[Mapping[str, str]],
) -> None:
    shown = {
        name: data.rows(site.con, f"index_{name}")
        for name in (
            *("reports", "daily", "organizations", "outcomes", "left_out", "at_stake"),
            *("own_keys", "closings", "logs", "cards", "corrections", "balances"),
        )
    }
    limit = site.terms.quarantine_limit
    shown["undated_logs"] = data.rows(site.con, "index_undated_logs", quarantine_limit=limit)
    of_organizations = (*shown["organizations"], *shown["balances"])
    alike = lookalike_ids.by_name(row["org_id"] for row in of_organizations)
    for row in of_organizations:
        row["page"] = f"organizations/{safe_name(row['org_id'])}.html"
        row["alike"] = alike.get(row["org_id"])
    about = {"timezone": site.terms.timezone, "rejected": files_rejected, **shown}
    text = json.dumps(about, ensure_ascii=False, default=str)
    html = site.environment.get_template("index.html").render(
        total=f"{data.total(site.con):,f}",
        timezone=site.terms.timezone,
        assets=f"assets/{page_assets.digest()}",
        data=page_events.script(text).decode(),
    )
    _write(site.home, index_file(site.home), html, made_from)


def _write(home: Home, target: Path, html: str, digest: str) -> None:
    files.write_bytes(target, f"{html}\n<!-- {digest} -->\n".encode(), home.scratch)


def _digest_of(file: Path) -> str | None:
    """Return what a page that is there was made from; its last line says so."""
    try:
        with file.open("rb") as page:
            page.seek(max(0, os.fstat(page.fileno()).st_size - 200))
            last = page.read().decode(errors="replace").rpartition("\n<!-- ")[2]
    except FileNotFoundError:
        return None
    return last.removesuffix(" -->\n")


def _digest(
    one: Organization,
    dates: Mapping[date, Dated],
    with_events: set[date],
    closed_through: str | None,
) -> str:
    """Return what an organization's page is made from: the versions of its dates, its totals, its
    balance, what is closed, and this code."""
    inputs: list[Any] = [page_assets.digest(), data.MOST_DAYS, data.MOST_CHARGES]
    inputs += [one.older, one.undated, one.credits, one.quarantined, one.balance, closed_through]
    inputs += [page_events.MOST_EVENTS]
    for day in one.shown_dates(dates):
        dated = dates[day]
        inputs.append((dated.shown(), dated.output_digest, dated.corrections, day in with_events))
        inputs.append(dated.blocked_digest)
    return hashlib.sha256(repr(inputs).encode()).hexdigest()


@cache
def _environment() -> "jinja2.Environment":
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(data_folder("pricing_assets/pages/templates")),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        finalize=lambda value: visible(value) if type(value) is str else value,
    )


def _forget(home: Home, organizations: Sequence[Organization], with_events: list[Dated]) -> None:
    """Remove what no page leads to any more."""
    kept = {organization_file(home, one.org_id).name for one in organizations}
    for file in (home.pages / "organizations").iterdir():
        if file.name not in kept:
            file.unlink()
    page_events.forget(home, with_events)
    for folder in (home.pages / "assets").iterdir():
        if folder.name != page_assets.digest():
            shutil.move(folder, Path(tempfile.mkdtemp(dir=home.scratch)) / "assets")
