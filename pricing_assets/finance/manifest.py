"""The manifest of an export: what it is made of, what each file holds, and that all of it adds up.

Nothing is written here; `export` seals what this says.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pricing_assets.common import files
from pricing_assets.common.code_version import code_version
from pricing_assets.common.decimals import EXACT, exact_sum
from pricing_assets.common.errors import CreditmillError
from pricing_assets.contract.outcomes import EXCLUDED, QUARANTINE
from pricing_assets.finance import cents, credit_tables, statement, tables
from pricing_assets.finance.period import ExportSource, manifest_sha256
from pricing_assets.ledger import stored

if TYPE_CHECKING:
    import duckdb

SCHEMA_VERSION = 1


def manifest_of(
    con: "duckdb.DuckDBPyConnection",
    source: ExportSource,
    revision: int,
    entries: dict[str, dict[str, Any]],
    statements: Sequence[statement.Statement],
    total: int,
) -> dict[str, Any]:
    """Return what an export says of itself, but for what it supersedes and why there is one."""
    outcomes = tables.outcomes(con)
    usage, corrections = entries["charges.parquet"], entries["corrections.parquet"]
    everything = {
        of: f"{EXACT.add(Decimal(usage[of]), Decimal(corrections[of])):f}"
        for of in ("credits", "usd")
    }
    return {
        "schema_version": SCHEMA_VERSION,
        "period": source.period.name,
        "first_date": source.period.first.isoformat(),
        "last_date": source.period.last.isoformat(),
        "timezone": source.settings.timezone,
        "dimensions": list(source.settings.dimensions),
        "revision": revision,
        "state": source.state,
        "dates": [
            {
                "usage_date": one.usage_date.isoformat(),
                "version": one.number,
                "manifest_sha256": manifest_sha256(one),
                "blocked": one.usage_date in source.blocked,
            }
            for one in source.versions
        ],
        "corrections": [
            {
                "usage_date": one.usage_date.isoformat(),
                "correction": one.number,
                "booked_on": one.manifest.booked_on.isoformat(),
                "corrects": one.manifest.corrects,
                "reason": one.manifest.reason,
                "credits": f"{one.manifest.difference:f}",
                "manifest_sha256": manifest_sha256(one),
            }
            for one in source.corrections
        ],
        "compared_with": _before(source),
        "blocked_dates": [day.isoformat() for day in source.blocked],
        "rate_cards": [
            {"id": card, "usd_per_credit": f"{usd:f}"}
            for card, usd in sorted(source.usd_per_credit.items())
        ],
        "rows": {
            "received": sum(outcomes.values()),
            "rated": outcomes.get("rated", 0),
            "settled": sum(outcomes.get(name, 0) for name in EXCLUDED),
            "quarantined": sum(outcomes.get(name, 0) for name in QUARANTINE),
        },
        "outcomes": outcomes,
        "totals": {
            "usage": {"credits": usage["credits"], "usd": usage["usd"]},
            "corrections": {"credits": corrections["credits"], "usd": corrections["usd"]},
            "all": {**everything, "usd_rounded": f"{cents.dollars(total):f}"},
        },
        "statements": [
            {
                "org_id": one.org_id,
                "file": one.file_name,
                "credits": f"{one.credits:f}",
                "usd": f"{one.usd:f}",
                "usd_rounded": f"{cents.dollars(one.total_cents):f}",
            }
            for one in statements
        ],
        "ledger": _ledger(con, source),
        "files": entries,
        "code_version": code_version(),
    }


def _before(source: ExportSource) -> dict[str, Any] | None:
    """Return which versions and corrections statements compare the period with."""
    before = source.before
    if before is None:
        return None
    versions, corrections = (
        [
            {"usage_date": one.usage_date.isoformat(), of: one.number, "manifest_sha256": digest}
            for one, digest in ((one, manifest_sha256(one)) for one in found)
        ]
        for of, found in (("version", before.versions), ("correction", before.corrections))
    )
    return {"period": before.period.name, "dates": versions, "corrections": corrections}


def _ledger(con: "duckdb.DuckDBPyConnection", source: ExportSource) -> dict[str, Any] | None:
    """Return through which date the ledger of credits goes, and the roll-forward of all
    organizations; None where the home has no ledger."""
    if not source.ledger:
        return None
    newest = source.ledger[-1]
    return {
        "through": newest.usage_date.isoformat(),
        "manifest_sha256": files.sha256_of(newest.folder / stored.MANIFEST),
        "revenue": credit_tables.revenue_totals(con),
    }


def add_up(manifest: dict[str, Any], source: ExportSource) -> None:
    """Raise CreditmillError, by name, where a file does not hold what the versions' manifests
    say."""
    credits, usd = source.usage_totals()
    held = manifest["files"]
    booked = (Decimal(held["corrections.parquet"][of]) for of in ("credits", "usd"))
    everything = [EXACT.add(*pair) for pair in zip((credits, usd), booked, strict=True)]
    wanted = {
        **dict.fromkeys(("daily_usage", "charges"), (credits, usd)),
        "focus": tuple(everything),
    }
    if manifest["ledger"] is not None:  # what grants paid for usage
        earned = Decimal(manifest["ledger"]["revenue"]["recognized_usage"])
        wanted["focus"] = (everything[0], earned)
    wrong = [
        name
        for name, entry in held.items()
        if (total := wanted.get(name.partition(".")[0])) is not None
        and (Decimal(entry["credits"]), Decimal(entry["usd"])) != total
    ]
    stated = [
        exact_sum(Decimal(one[of]) for one in manifest["statements"]) for of in ("credits", "usd")
    ]
    if stated != everything:
        wrong.append("statements")
    rows = manifest["rows"]
    if rows["received"] != rows["rated"] + rows["settled"] + rows["quarantined"]:
        wrong.append("rows")
    if wrong:
        raise CreditmillError(
            f"{source.period.name} does not add up in {', '.join(wrong)}: nothing was exported."
            " `creditmill verify` names what was changed in the home"
        )


def why(before: dict[str, Any], after: dict[str, Any]) -> str:
    """Return in words what differs from the revision before."""
    differences = []
    if before["state"] != after["state"]:
        differences.append(f"now {after['state']}")
    versions = {one["usage_date"]: one["version"] for one in before["dates"]}
    now = {one["usage_date"]: one["version"] for one in after["dates"]}
    differences += [
        f"{day} version {versions[day]} to {number}" if day in versions else f"{day} is new"
        for day, number in now.items()
        if versions.get(day) != number
    ]
    known = [(one["usage_date"], one["correction"]) for one in before["corrections"]]
    differences += [
        f"correction {one['correction']} of {one['usage_date']}"
        for one in after["corrections"]
        if (one["usage_date"], one["correction"]) not in known
    ]
    differences += [
        f"{day} is blocked" for day in after["blocked_dates"] if day not in before["blocked_dates"]
    ]
    if after.get("excel") and not before["excel"]:
        differences.append("files for Excel")
    compared = after.get("compared_with")
    if not differences and before.get("compared_with", compared) != compared:
        differences.append("the period before changed")
    if not differences and before.get("ledger") != after.get("ledger"):
        differences.append("the ledger of credits changed")
    return "; ".join(differences) or "another layout, or a correction taken back"
