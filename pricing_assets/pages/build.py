"""The pages: a static site in HOME/pages, one page for the operator and one per organization.

Which pages are out of date, and how they come to be whole on disk, belongs here; what they show is
read in `data`, how it looks is in `templates`. No number is computed here.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from pricing_assets.checks import lookalike_ids
from pricing_assets.common import files
from pricing_assets.common.file_names import safe_name
from pricing_assets.db import connection as duck
from pricing_assets.home import Home
from pricing_assets.home.settings import HomeSettings
from pricing_assets.intake import inbox
from pricing_assets.pages import assets as page_assets
from pricing_assets.pages import data, operator_periods, organization
from pricing_assets.pages import events as page_events
from pricing_assets.pages.data import Organization
from pricing_assets.pages.organization import PageSources, Site, made_from
from pricing_assets.pages.organization import organization_file as organization_file
from pricing_assets.pages.templating import environment


def index_file(home: Home) -> Path:
    """Return the page that `open` shows."""
    return home.pages / "index.html"


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


def refresh(
    home: Home,
    settings: HomeSettings,
    limits: duck.Limits,
    show: Callable[[str], None] = lambda detail: None,
    *,
    anew: bool = False,
) -> bool:
    """Bring the pages up to date with `credits.duckdb`; False where they already were.

    Each page is swapped in whole, the index last; `anew` writes every page, `show` is given what is
    under way. The home is locked by the caller.
    """
    files_rejected = rejected(home)
    index_from = _made_from(home, files_rejected)
    if not anew and _digest_of(index_file(home)) == index_from:
        return False
    show(str(home.pages))
    files.make_folder(home.pages / "organizations")
    page_assets.write(home)
    with data.catalog(home, settings.dimensions, limits, home.scratch) as con:
        dates = data.dates(con)
        organizations = data.organizations(con)
        with_events = page_events.shown(list(dates.values()))
        closed_through = data.closed_through(con)
        site = Site(home, settings, con, environment(), dates, with_events, closed_through)
        stale = [
            (one, before, whole)
            for one in organizations
            if (whole := made_from(site, one)) != (before := _made(home, one, anew=anew)).whole
        ]
        events = {
            dated.usage_date: page_events.folder_of(home, dated).name
            for dated in with_events
            if page_events.write(home, dated, limits)
        }
        organization.write(site, stale, events, show)
        page_events.forget(home, with_events)  # before the index: a killed run leaves them else
        _write_index(site, index_from, files_rejected)
    _forget(home, organizations)
    return True


def _made(home: Home, one: Organization, *, anew: bool) -> PageSources:
    """Return what an organization's page was made from; of one that is to be written whole, nothing."""
    made_from_text = None if anew else _digest_of(organization_file(home, one.org_id))
    whole, _, rows = (made_from_text or "").partition(" ")
    return PageSources(whole, rows)


def _write_index(
    site: Site,
    index_from: str,
    files_rejected: Sequence[Mapping[str, str]],
) -> None:
    shown: dict[str, Any] = {
        name: data.rows(site.con, f"index_{name}")
        for name in (
            *(
                "reports",
                "daily",
                "organizations",
                "outcomes",
                "quarantined_rows",
                "credits_at_risk",
            ),
            *("own_keys", "closings", "logs", "cards", "corrections", "balances"),
        )
    }
    limit = site.settings.quarantine_limit
    shown["undated_logs"] = data.rows(site.con, "index_undated_logs", quarantine_limit=limit)
    shown |= _periods(site, [row["usage_date"] for row in (*shown["daily"], *shown["corrections"])])
    of_organizations = (*shown["organizations"], *shown["balances"])
    alike = lookalike_ids.by_name(row["org_id"] for row in of_organizations)
    for row in of_organizations:
        row["page"] = f"organizations/{safe_name(row['org_id'])}.html"
        row["alike"] = alike.get(row["org_id"])
    about = {"timezone": site.settings.timezone, "rejected": files_rejected, **shown}
    text = json.dumps(about, ensure_ascii=False, default=str)
    html = site.environment.get_template("index.html").render(
        total=f"{data.total(site.con):,f}",
        organizations=shown["organizations"],
        timezone=site.settings.timezone,
        assets=f"assets/{page_assets.digest()}",
        data=page_events.script(text).decode(),
    )
    text = f"{html}\n<!-- {index_from} -->\n"
    files.write_bytes(index_file(site.home), text.encode(), site.home.scratch)


def _periods(site: Site, days: list[date]) -> dict[str, Any]:
    """Return the periods that the operator's page offers, and what organizations used in each."""
    if not days:
        return {"periods": {}, "organization_periods": []}
    periods = operator_periods.presets(min(days), max(days))
    used = data.rows(site.con, "index_organization_periods", **operator_periods.named(periods))
    return {"periods": periods, "organization_periods": [list(row.values()) for row in used]}


def _digest_of(file: Path) -> str | None:
    """Return what a page that is there was made from; its last line says so."""
    try:
        with files.open_regular(file) as page:
            page.seek(max(0, os.fstat(page.fileno()).st_size - 200))
            last = page.read().decode(errors="replace").rpartition("\n<!-- ")[2]
    except FileNotFoundError:
        return None
    return last.removesuffix(" -->\n")


def _forget(home: Home, organizations: Sequence[Organization]) -> None:
    """Remove what the index led to before."""
    kept = {organization_file(home, one.org_id).name for one in organizations}
    for file in (home.pages / "organizations").iterdir():
        if file.name not in kept:
            file.unlink()
    for folder in (home.pages / "assets").iterdir():
        if folder.name != page_assets.digest():
            shutil.move(folder, Path(tempfile.mkdtemp(dir=home.scratch)) / "assets")
