"""Hand-off: build a period's files in a temporary folder, seal them, give the folder its name.

The manifest comes last; a folder that has one is whole. What the files say is in their modules.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pricing_assets import duck, files, report
from pricing_assets.errors import ConfigurationError, CreditmillError
from pricing_assets.finance import focus, statement, tables
from pricing_assets.finance.manifest import add_up, manifest_of, why
from pricing_assets.finance.period import Period, Source, source_of
from pricing_assets.home import Home
from pricing_assets.rating import make_table

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class HandOff:
    """What an export left: the folder of the revision in force, and whether it is new."""

    folder: Path
    manifest: dict[str, Any]
    is_new: bool


def export(
    home: Home,
    period: Period,
    target: Path,
    excel: bool,
    provider: str,
    limits: duck.Limits,
) -> HandOff:
    """Hand on a period into `target/PERIOD/NNNN`, unless the last revision there says the same.

    ConfigurationError where nothing is published or the target cannot be written;
    CreditmillError where the files do not add up, of which nothing is then left.
    """
    import duckdb

    source = source_of(home, period)
    folder = target / period.name
    before = _last(folder)
    excel = excel or (before is not None and before[1]["excel"])
    digest = source.digest(provider, excel)
    if before is not None and before[1]["source_digest"] == digest:
        return HandOff(*before, is_new=False)
    _make_folder(folder)
    revision = _number(before[0]) + 1 if before else 1
    made = folder / f"{revision:04d}"
    with files.scratch_folder(folder, ".creditmill-") as scratch:
        stage = scratch / "stage"
        stage.mkdir()
        try:
            with duck.connection(limits, scratch, [home.path]) as con:
                manifest = _build(con, source, stage, revision, excel, provider)
        except duckdb.IOException as error:
            if all(
                (one.folder / "manifest.json").is_file() and not one.pruned
                for one in (*source.versions, *source.corrections)
            ):
                raise
            raise CreditmillError(
                f"a version of {period.name} was pruned while it was read; export again"
            ) from error
        manifest |= {
            "source_digest": digest,
            "supersedes": before
            and {
                "revision": _number(before[0]),
                "manifest_sha256": files.sha256_of(before[0] / "manifest.json"),
            },
            "reason": why(before[1], manifest) if before else "first revision",
        }
        report.seal(stage, manifest)
        if made.exists():
            raise CreditmillError(f"{made} is there already, by another export; export again")
        files.move(stage, made)
    return HandOff(made, manifest, is_new=True)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError, PermissionError) as error:
        raise ConfigurationError(f"--to {folder.parent} cannot be written: {error}") from error


def _number(folder: Path) -> int:
    return int(folder.name)


def _last(folder: Path) -> tuple[Path, dict[str, Any]] | None:
    """The last whole revision and its manifest."""
    if not folder.is_dir():
        return None
    whole = [
        one
        for one in folder.iterdir()
        if one.name.isdecimal() and (one / "manifest.json").is_file()
    ]
    last = max(whole, key=_number, default=None)
    return (last, files.read_json(last / "manifest.json")) if last else None


def _build(
    con: "duckdb.DuckDBPyConnection",
    source: Source,
    stage: Path,
    revision: int,
    excel: bool,
    provider: str,
) -> dict[str, Any]:
    """Every file of the hand-off but the manifest, which is returned."""
    tables.load(con, source)
    entries = tables.write(con, source, stage)
    if excel:
        entries |= tables.write_excel(con, source, stage)
    made, total = statement.statements(
        statement.Line(*row)
        for row in con.execute(duck.statement("finance/statement_lines")).fetchall()
    )
    make_table(con, "finance/statement_usage")
    make_table(con, "finance/statement_quarantine")
    for one in made:
        file = stage / one.file_name
        rows = statement.write(
            *(file, one, source, revision),
            (
                statement.usage_row(row, source.terms.dimensions)
                for row in _rows_of(con, "statement_usage", one.org_id)
            ),
            (
                statement.quarantine_row(row)
                for row in _rows_of(con, "statement_quarantine", one.org_id)
            ),
        )
        entries[file.name] = tables.entry(file, tables.Sums(rows, one.credits, one.usd))
    entries |= focus.write(con, source, stage, provider)
    manifest = manifest_of(con, source, revision, entries, made, total)
    manifest |= {"excel": excel}
    add_up(manifest, source)
    return manifest


def _rows_of(con: "duckdb.DuckDBPyConnection", table: str, org_id: str) -> Iterator[Sequence[Any]]:
    """The rows of one organization, in the table's order."""
    yield from con.table(table).filter(_is_org(org_id)).fetchall()


def _is_org(org_id: str) -> Any:
    from duckdb import ColumnExpression, ConstantExpression

    return ColumnExpression("org_id") == ConstantExpression(org_id)
