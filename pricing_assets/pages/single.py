"""One organization's page in one file: its data, style and script, and the digests of the versions that it
shows, by which `verify` proves it.

Nothing is loaded from beside the file; the events behind its charges are left out.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pricing_assets.common import files
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.common.file_names import safe_name
from pricing_assets.common.text import counted
from pricing_assets.db import connection as duck
from pricing_assets.home import Home
from pricing_assets.pages import assets, data, organization
from pricing_assets.pages.events import script
from pricing_assets.pages.organization import DATA
from pricing_assets.pages.templating import environment

if TYPE_CHECKING:
    import duckdb

END = b"</script>"
LOADED = re.compile(rb'<script src="[^"]*/([a-z]+\.js)" defer></script>\n')
STYLED = re.compile(rb'<link rel="stylesheet" href="[^"]*/page\.css">')
POLICY = b"script-src 'self'; style-src 'self'"


@dataclass
class Proof:
    """What came of comparing a page with a home: whose it is, versions and charges that were compared,
    what differs, and what is newer in the home."""

    org_id: str
    versions: int = 0
    charges: int = 0
    differences: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def write(home: Home, org_id: str, target: Path, limits: duck.Limits) -> None:
    """Write an organization's page, which is there and up to date, as one file.

    ConfigurationError where there is no such page, or the file cannot be written.
    """
    page = organization.organization_file(home, org_id)
    if not page.is_file():
        raise ConfigurationError(
            f"{org_id!r} has no page in {home.path}; `creditmill open` lists all"
        )
    before, _, rest = files.read_regular(page).rpartition(organization.MADE_FROM)[0].partition(DATA)
    text, _, after = rest.partition(END)
    shown = json.loads(text)
    with data.catalog(home, home.settings().dimensions, limits) as con:
        dates = data.dates(con)
    days = {date.fromisoformat(row[0]) for row in shown["daily"]}
    shown["events"] = {}
    shown["versions"] = [
        {
            "usage_date": str(day),
            "version": dates[day].version,
            "output_digest": dates[day].output_digest,
        }
        for day in sorted(days)
    ]
    whole = packed(before, after, script(json.dumps(shown, ensure_ascii=False)))
    try:
        target.write_bytes(whole)
    except OSError as error:
        raise ConfigurationError(f"{target} cannot be written: {error.strerror}") from error


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


def prove(home: Home, file: Path, limits: duck.Limits) -> Proof:
    """Compare a page in one file with the home: its style and script with this code's, each version's
    digest with the manifest, each charge, sum and correction with the files of that version.

    ConfigurationError where the file is no such page.
    """
    shown, before, after = _read(file)
    proof = Proof(shown["org_id"])
    terms = home.settings()
    with data.catalog(home, terms.dimensions, limits) as con:
        site = organization.Site(home, terms, con, environment(), {}, [], None)
        if (before, after) != _frame(site, shown):
            proof.differences.append("its text, style or script is not what this creditmill writes")
        for one in shown["versions"]:
            _prove_version(home, con, shown, one, proof)
        _prove_corrections(con, shown, proof)
    amounts = [*(row[3] for row in shown["daily"]), *(row["credits"] for row in shown["corrected"])]
    total = sum(map(Decimal, amounts), Decimal(0))
    if total != Decimal(shown["total"]["credits"]):
        proof.differences.append(
            f"it says {shown['total']['credits']} credits, its sums make {total:f}"
        )
    return proof


def _read(file: Path) -> tuple[dict[str, Any], bytes, bytes]:
    """Return the data of a page in one file, and what stands before and after it."""
    try:
        before, is_page, rest = files.read_regular(file).partition(DATA)
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}") from error
    text, _, after = rest.partition(END)
    try:
        shown = json.loads(text) if is_page else {}
        named = {"org_id", "versions", "daily", "lines", "corrected", "total", "dimensions"}
        if not named <= shown.keys():
            raise ValueError
        Decimal(shown["total"]["credits"])
    except (ValueError, TypeError, KeyError, AttributeError, InvalidOperation):
        raise ConfigurationError(
            f"{file} is no page in one file; `creditmill open --org X --single FILE` writes one"
        ) from None
    return shown, before, after


def _frame(site: organization.Site, shown: dict[str, Any]) -> tuple[bytes, bytes]:
    """Return what stands before and after the data of such a page of this code."""
    org_id = shown["org_id"]
    html = organization.filled(
        organization.frame(site),
        b"",
        organization.plain_rows(shown["daily"]),
        org_id=org_id,
        file=safe_name(org_id),
        total=f"{Decimal(shown['total']['credits']):,f}",
    )
    before, _, rest = html.partition(DATA)
    whole = packed(before, rest.partition(END)[2], b"")
    before, _, rest = whole.partition(DATA)
    return before, rest.partition(END)[2]


def _prove_version(
    home: Home,
    con: "duckdb.DuckDBPyConnection",
    shown: dict[str, Any],
    named: dict[str, Any],
    proof: Proof,
) -> None:
    day, number = date.fromisoformat(named["usage_date"]), named["version"]
    found = next((one for one in home.versions(day) if one.number == number), None)
    if found is None or found.manifest.output_digest != named["output_digest"]:
        proof.differences.append(
            f"{day}: the home has no version {number} with the digest that the page names"
        )
        return
    current = home.current(day)
    if current is not None and current.number != number:
        proof.notes.append(
            f"{day}: version {current.number} has taken the place of version {number} since"
        )
    if found.pruned:
        proof.notes.append(f"{day}: version {number} was pruned; its manifest alone is there")
        return
    proof.versions += 1
    daily = [tuple(map(str, row)) for row in shown["daily"] if row[0] == named["usage_date"]]
    columns = "usage_date, billing_type, events, credits, usd"
    if sorted(daily) != _texts(con, columns, found.folder / "daily_usage.parquet", proof.org_id):
        proof.differences.append(f"{day}: its sums are not those of version {number}")
    charges = sorted(_charges(shown, named["usage_date"]))
    if not charges and not any(row["usage_date"] == named["usage_date"] for row in shown["dates"]):
        return  # of older dates a page has sums alone
    names = ", ".join(f'"{name}"' for name in shown["dimensions"])
    columns = (
        "billing_type, brand, model, key_mode, meter, per, list_price, price, rate_card, agreement,"
        f" {names}{',' if names else ''} usage_date, quantity, credits, usd"
    )
    if charges != _texts(con, columns, found.folder / "charges.parquet", proof.org_id):
        proof.differences.append(f"{day}: its charges are not those of version {number}")
    proof.charges += len(charges)


def _charges(shown: dict[str, Any], usage_date: str) -> Iterator[tuple[str, ...]]:
    names = (
        *("billing_type", "brand", "model", "key_mode", "meter", "per"),
        *("list_price", "price", "rate_card", "agreement"),
    )
    for line in shown["lines"]:
        for day in line["days"]:
            if day[0] == usage_date:
                yield _text((*(line[name] for name in names), *line["dimensions"], *day))


def _text(values: Iterable[object]) -> tuple[str, ...]:
    """Return values as the page has them: a zero is no `0E-9`."""
    return tuple(
        "\0" if value is None else f"{value:f}" if isinstance(value, Decimal) else str(value)
        for value in values
    )


def _texts(
    con: "duckdb.DuckDBPyConnection", columns: str, file: Path, org_id: str
) -> list[tuple[str, ...]]:
    found = con.read_parquet(str(file)).filter(_is_of(org_id)).project(columns)
    return sorted(_text(row) for row in found.fetchall())


def _is_of(org_id: str) -> Any:
    from duckdb import ColumnExpression, ConstantExpression

    return ColumnExpression("org_id") == ConstantExpression(org_id)


def _prove_corrections(
    con: "duckdb.DuckDBPyConnection", shown: dict[str, Any], proof: Proof
) -> None:
    columns = "usage_date, booked_on, correction, billing_type, brand, model, key_mode, meter, quantity, credits"
    names = columns.split(", ")
    held = con.table("corrections").filter(_is_of(proof.org_id)).project(columns).fetchall()
    booked = sorted(_text(row) for row in held)
    of_page = sorted(_text(row[name] for name in names) for row in shown["corrected"])
    for row in of_page:
        if row in booked:
            booked.remove(row)
        else:
            proof.differences.append(
                f"{row[0]}: the home has not booked its correction of {row[-1]} credits"
            )
    if booked:
        proof.notes.append(f"{counted(len(booked), 'correction')} booked since")
