"""Export: build a period's files in a temporary folder, seal them, give the folder its name.

The manifest comes last; a folder that has one is whole. What the files say is in their modules.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pricing_assets.common import files, json_files
from pricing_assets.common.batching import batches
from pricing_assets.common.errors import ConfigurationError, CreditmillError
from pricing_assets.common.periods import Period
from pricing_assets.db import connection as duck
from pricing_assets.db import statements
from pricing_assets.db.relations import make_table
from pricing_assets.finance import (
    changes_sheet,
    credit_tables,
    credits_sheet,
    focus,
    statement,
    tables,
)
from pricing_assets.finance.manifest import add_up, manifest_of, why
from pricing_assets.finance.period import ExportSource, source_of
from pricing_assets.home import Home
from pricing_assets.home.targets import make_target
from pricing_assets.report import manifest as manifests

if TYPE_CHECKING:
    import duckdb

Rows = list[Sequence[Any]]
STATEMENT_TABLES = ("statement_usage", "statement_quarantine")
ROWS_AT_ONCE = 50_000
"""Rows of statements that are read together; an organization with more is alone."""


@dataclass(frozen=True)
class Revision:
    """The revision in force of a period: its folder and manifest, and whether it is new."""

    folder: Path
    manifest: dict[str, Any]
    is_new: bool


def export(
    home: Home,
    period: Period,
    target: Path,
    limits: duck.Limits,
    *,
    provider: str,
    excel: bool,
) -> Revision:
    """Write the files of a period into `target/PERIOD/NNNN`, unless the last revision there has the
    same contents; return the revision in force.

    Raises ConfigurationError where nothing is published or the target cannot be written, and
    CreditmillError where the files do not add up; nothing of them is left then.
    """
    source = source_of(home, period)
    folder = target / period.name
    with _open_folder(folder, home):
        return _revise(home, folder, source, limits, provider=provider, excel=excel)


def _revise(
    home: Home,
    folder: Path,
    source: ExportSource,
    limits: duck.Limits,
    *,
    provider: str,
    excel: bool,
) -> Revision:
    """Write the next revision into the folder of a period, or return the last where that has the
    same contents."""
    before = _last(folder)
    excel = excel or (before is not None and before[1]["excel"])
    digest = source.digest(provider, excel=excel)
    if before is not None and before[1]["source_digest"] == digest:
        return Revision(*before, is_new=False)
    revision = _number(before[0]) + 1 if before else 1
    target = folder / f"{revision:04d}"
    with files.scratch_folder(folder, ".creditmill-") as scratch:
        stage = scratch / "stage"
        stage.mkdir()
        with _named_errors(source), duck.connection(limits, scratch, [home.path]) as con:
            manifest = _build(con, source, stage, revision, provider=provider, excel=excel)
        manifest |= {
            "source_digest": digest,
            "supersedes": before
            and {
                "revision": _number(before[0]),
                "manifest_sha256": files.sha256_of(before[0] / "manifest.json"),
            },
            "reason": why(before[1], manifest) if before else "first revision",
        }
        manifest["digest"] = json_files.digest_of(manifest)
        manifests.seal(stage, manifest)
        if target.exists():
            raise CreditmillError(f"{target} is there already, by another export; export again")
        files.move(stage, target)
    return Revision(target, manifest, is_new=True)


@contextmanager
def _open_folder(folder: Path, home: Home) -> Iterator[None]:
    """Make the folder to write into, and remove it again where nothing was written; raise
    ConfigurationError where it cannot be written, or lies among the home's own files."""
    make_target(home, folder, folder.parent)
    try:
        yield
    except BaseException:
        with suppress(OSError):  # it holds earlier revisions
            folder.rmdir()
        raise


@contextmanager
def _named_errors(source: ExportSource) -> Iterator[None]:
    """Raise CreditmillError, by name, for what DuckDB cannot do with the versions."""
    import duckdb

    try:
        yield
    except duckdb.IOException as error:
        read = [*source.versions, *source.corrections]
        if source.before is not None:
            read += [*source.before.versions, *source.before.corrections]
        if all((one.folder / "manifest.json").is_file() and not one.pruned for one in read):
            raise
        raise CreditmillError(
            f"a version of {source.period.name} was pruned while it was read; export again"
        ) from error
    except (duckdb.OutOfRangeException, duckdb.ConversionException) as error:
        raise CreditmillError(
            f"{source.period.name}: an amount is too large for the files"
            f" ({str(error).splitlines()[0]}); `creditmill charges` shows which"
        ) from error


def _number(folder: Path) -> int:
    return int(folder.name)


def _last(folder: Path) -> tuple[Path, dict[str, Any]] | None:
    """Return the last whole revision and its manifest; ConfigurationError where that was changed."""
    whole = [
        one
        for one in folder.iterdir()
        if one.name.isdecimal() and (one / "manifest.json").is_file()
    ]
    if not whole:
        return None
    last = max(whole, key=_number)
    try:
        manifest = json_files.read_json(last / "manifest.json")
        if json_files.digest_of(manifest) == manifest["digest"]:
            return last, manifest
    except (ValueError, KeyError, TypeError):
        pass
    raise ConfigurationError(
        f"{last / 'manifest.json'} is not as an export wrote it; restore it, or export elsewhere"
    )


def _build(
    con: "duckdb.DuckDBPyConnection",
    source: ExportSource,
    stage: Path,
    revision: int,
    *,
    provider: str,
    excel: bool,
) -> dict[str, Any]:
    """Write every file of the revision but the manifest, which is returned."""
    tables.load(con, source)
    credit_tables.load(con, source)
    entries = tables.write(con, source, stage)
    if excel:
        entries |= tables.write_excel(con, source, stage)
    lines = con.execute(statements.statement("finance/statement_lines")).fetchall()
    org_statements, total = statement.statements(
        (statement.StatementLine(*row) for row in lines), credit_tables.organizations(con)
    )
    of_org = credits_sheet.of_organizations(con) if source.ledger else None
    changes = changes_sheet.of_organizations(con, source)
    make_table(con, "finance/statement_usage")
    make_table(con, "finance/statement_quarantine")
    for one, usage, quarantine in _rows_of(con, org_statements):
        file = stage / one.file_name
        rows = statement.write(
            *(file, one, source, revision),
            statement.StatementRows(
                (statement.usage_row(row, source.settings.dimensions) for row in usage),
                map(statement.quarantine_row, quarantine),
                changes.get(one.org_id, ()),
                None if of_org is None else of_org.get(one.org_id, credits_sheet.Credits()),
            ),
        )
        entries[file.name] = tables.entry(file, tables.FileSums(rows, one.credits, one.usd))
    entries |= focus.write(con, source, stage, provider)
    manifest = manifest_of(con, source, revision, entries, org_statements, total)
    manifest |= {"excel": excel}
    add_up(manifest, source)
    return manifest


def _rows_of(
    con: "duckdb.DuckDBPyConnection", org_statements: Sequence[statement.Statement]
) -> Iterator[tuple[statement.Statement, Rows, Rows]]:
    """Yield each statement, in the order of organizations' ids, with its rows of usage and of
    quarantine, in the tables' order. Tables are read for many organizations at once: a query for
    each of them would read the tables as often."""
    sizes = dict.fromkeys((one.org_id for one in org_statements), 0)
    for name in STATEMENT_TABLES:
        for org_id, rows in con.table(name).aggregate("org_id, count(*)").fetchall():
            sizes[org_id] = sizes.get(org_id, 0) + rows
    statements = {one.org_id: one for one in org_statements}
    for together in batches(dict(sorted(sizes.items())), ROWS_AT_ONCE):
        usage, quarantine = (_by_organization(con, name, together) for name in STATEMENT_TABLES)
        for org_id in together:
            if org_id in statements:
                yield statements[org_id], usage.pop(org_id, []), quarantine.pop(org_id, [])


def _by_organization(
    con: "duckdb.DuckDBPyConnection", table: str, together: Sequence[str]
) -> dict[str, Rows]:
    """Return the rows of neighbouring organizations by their id, each in the table's order."""
    from duckdb import ColumnExpression, ConstantExpression

    org_id = ColumnExpression("org_id")
    first, last = ConstantExpression(together[0]), ConstantExpression(together[-1])
    read = con.table(table).filter((org_id >= first) & (org_id <= last))
    place = read.columns.index("org_id")
    rows: dict[str, Rows] = {}
    for row in read.fetchall():
        rows.setdefault(row[place], []).append(row)
    return rows
