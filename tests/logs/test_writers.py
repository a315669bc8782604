"""Valid files of many writers: each is read right, and none is rejected.

That damaged files are not read belongs to `test_bit_flips`; kinds of columns to `test_schema_verdicts`.
"""

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe
import pytest

from pricing_assets.common.errors import RejectedLog
from pricing_assets.contract.usage_log import LOG_COLUMNS
from pricing_assets.db import connection as duck
from pricing_assets.intake.arrived import Arrived, Rules
from pricing_assets.logs import both_readers
from pricing_assets.logs import parquet_footer as footer
from pricing_assets.logs import relation as events
from pricing_assets.logs import schema as log_schema
from pricing_assets.logs.parquet_footer import FileLimits
from tests.support import odd_files, zoo
from tests.support.invariants import all_charges_are_explained
from tests.support.versions import differences
from tests.support.workspace import LIMITS, READER, RECEIVED, Workspace

RULES = Rules("UTC", ("agent_id",), LIMITS, FileLimits())
NAMES = [column.name for column in LOG_COLUMNS]


def examined(folder: Path, writers: Iterable[tuple[str, zoo.Maker]]) -> dict[str, Any]:
    """What becomes of a log of each writer: rows as they are read, or a rejection."""
    logs = []
    for number, (name, make) in enumerate(writers):
        path = folder / f"{number:064d}.parquet"
        make(path)
        logs.append(Arrived(path, name, path.stem, path.stat().st_size))
    found: dict[str, Any] = {}
    with duck.connection(LIMITS, within=[folder]) as con:
        for log, one in zip(logs, READER.examine(logs, RULES, RECEIVED, folder), strict=True):
            if isinstance(one, RejectedLog):
                found[log.file_name] = one
                continue
            relation = events.relation_of(con, [(log.copy, one.schema, None)], ("agent_id",))
            found[log.file_name] = relation.select(", ".join(NAMES)).fetchall()
    return found


def expected(rows: list[dict[str, Any]], **changes: Any) -> zoo.Rows:
    return [tuple((changes | row).get(name) for name in NAMES) for row in rows]


WHOLE = expected(zoo.rows_with_images())
FLAT = expected(zoo.plain_rows())


@pytest.mark.parametrize(
    ("family", "every"),
    [
        ("by_pyarrow", 13),
        pytest.param("by_pyarrow", 1, marks=pytest.mark.slow),
        ("by_duckdb", 1),
        ("by_polars", 1),
        ("by_pandas", 1),
        ("by_fastparquet", 1),
    ],
)
def test_files_of_each_writer_are_read_right(tmp_path: Path, family: str, every: int) -> None:
    """Its codecs, encodings, page versions, instants and texts."""
    if family == "by_fastparquet":
        or_skipped("fastparquet")
    writers = list(islice(getattr(zoo, family)(), None, None, every))
    found = examined(tmp_path, writers)
    assert len(found) == len(writers) > 4
    right = FLAT if family == "by_fastparquet" else WHOLE
    assert {name: rows for name, rows in found.items() if rows != right} == {}


FILES = Path(zoo.__file__).parent / "zoo_files"
EMPTY_LISTS = expected([{**row, "images": row["images"] or []} for row in zoo.rows_with_images()])
"""As written where a list cannot be null."""


def copies(folder: Path) -> list[tuple[str, zoo.Maker]]:
    """The files of a folder, as logs."""
    return [
        (file.stem, lambda path, file=file: shutil.copyfile(file, path))
        for file in sorted(folder.glob("*.parquet"))
    ]


def test_files_of_writers_that_do_not_run_everywhere(tmp_path: Path) -> None:
    found = examined(tmp_path, copies(FILES))
    of_spark = pl.read_parquet(FILES / "spark_3.5_pages_of_version_2.parquet")
    assert found == {
        "parquetjs_0.11.2": EMPTY_LISTS,
        "dsnp_parquetjs_1.8.8": EMPTY_LISTS,
        "hyparquet_writer_0.17.0": FLAT,
        "spark_3.5_pages_of_version_2": expected(of_spark.to_dicts()),
    }


@pytest.fixture
def rows_file(tmp_path: Path) -> Path:
    rows = [
        {**row, "event_time": row["event_time"].isoformat() + "Z"} for row in zoo.rows_with_images()
    ]
    path = tmp_path / "rows.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    return path


NPM = (
    "parquetjs@0.11.2",
    "parquetjs-lite@0.8.7",
    "@dsnp/parquetjs@1.8.8",
    "hyparquet-writer@0.17.0",
)


BY_OLD_DUCKDB = """
import sys, duckdb
source, folder = sys.argv[1:]
assert duckdb.__version__.startswith("1.2")
con = duckdb.connect()
for codec in ("uncompressed", "snappy", "gzip", "zstd", "brotli", "lz4", "lz4_raw"):
    for version in ("v1", "v2"):
        how = f"format parquet, codec {codec}, parquet_version {version}, row_group_size 16"
        target = f"{folder}/DuckDB {duckdb.__version__} {codec} {version}.parquet"
        con.execute(f"copy (from read_parquet('{source}')) to '{target}' ({how})")
"""


@pytest.mark.slow
def test_an_old_duckdb_is_read_right(tmp_path: Path, old_duckdb: Path) -> None:
    pq.write_table(zoo.TABLE, tmp_path / "source.parquet")
    (tmp_path / "made").mkdir()
    words = [sys.executable, "-c", BY_OLD_DUCKDB, tmp_path / "source.parquet", tmp_path / "made"]
    subprocess.run(words, env=os.environ | {"PYTHONPATH": str(old_duckdb)}, check=True)
    found = examined(tmp_path, copies(tmp_path / "made"))
    assert len(found) == 14
    assert {name: rows for name, rows in found.items() if rows != WHOLE} == {}


@pytest.mark.slow
def test_writers_of_npm_are_read_right(tmp_path: Path, rows_file: Path) -> None:
    if shutil.which("npm") is None:
        pytest.skip("node and npm are not installed")
    quiet = ("--silent", "--no-audit", "--no-fund", "--prefix", str(tmp_path))
    done = subprocess.run(["npm", "install", *quiet, *NPM], capture_output=True, check=False)
    if done.returncode != 0 and os.environ.get("CI") != "true":
        pytest.skip("npm cannot install its packages here")
    (tmp_path / "made").mkdir()
    script = Path(zoo.__file__).parent / "zoo.mjs"
    subprocess.run(["node", script, rows_file, tmp_path / "made"], cwd=tmp_path, check=True)
    found = examined(tmp_path, copies(tmp_path / "made"))
    assert len(found) == 68
    for name, rows in found.items():
        lists = FLAT if "hyparquet" in name else EMPTY_LISTS
        right = [(*row[:2], json.dumps(row[2], ensure_ascii=False), *row[3:]) for row in lists]
        assert rows == (right if name.endswith("JSON") else lists), name


@pytest.mark.slow
def test_spark_is_read_right(tmp_path: Path, rows_file: Path) -> None:
    or_skipped("pyspark")
    (tmp_path / "made").mkdir()
    script = Path(zoo.__file__).parent / "zoo_spark.py"
    env = os.environ | {"SPARK_CONF_DIR": str(script.parent / "spark_conf")}
    subprocess.run([sys.executable, script, rows_file, tmp_path / "made"], env=env, check=True)
    found = examined(tmp_path, copies(tmp_path / "made"))
    assert len(found) == 22
    assert {name: rows for name, rows in found.items() if rows != WHOLE} == {}


def or_skipped(package: str) -> None:
    if os.environ.get("CI") != "true":
        pytest.importorskip(package)


# Another annotation of a column that nobody reads; all but one of them, no reader understands.
UNREAD: dict[str, list[tuple[int, int, bytes]]] = {
    "BSON": [odd_files.converted(20)],
    "an unknown old annotation": [odd_files.converted(99)],
    "an unknown new annotation": [odd_files.logical(99)],
    "a decimal without scale": [odd_files.converted(5)],
    "a text of integers": [odd_files.converted(0), odd_files.logical(1)],
    "a map's entries": [odd_files.converted(2)],
    "an interval": [odd_files.converted(21)],
    "a variant": [odd_files.logical(16)],
    "a geometry": [odd_files.logical(17)],
    "two units": [
        odd_files.converted(9),
        odd_files.logical(
            8, (1, odd_files.TRUE, b""), (2, odd_files.STRUCT, b"\x2c\0\0")
        ),
    ],
}  # fmt: skip


def of_table(table: pa.Table, edit: Any, **options: Any) -> zoo.Maker:
    def make(path: Path) -> None:
        pq.write_table(table, path, **options)
        path.write_bytes(edit(path.read_bytes()))

    return make


def annotated(name: str, *annotation: tuple[int, int, bytes], **more: Any) -> zoo.Maker:
    table = zoo.TABLE
    for column, values in more.items():
        table = table.append_column(column, pa.array(values))
    return of_table(table, lambda data: odd_files.annotated(data, name, *annotation))


def unread() -> dict[str, zoo.Maker]:
    """Logs with a column that nobody reads, and that readers do not understand."""
    made = {name: annotated("other", *how, other=range(zoo.COUNT)) for name, how in UNREAD.items()}
    keys = [[{"key": "a"}]] * zoo.COUNT
    made["a map without values"] = annotated(
        "other", odd_files.converted(1), odd_files.logical(2), other=keys
    )
    deep: Any = 1
    for _ in range(12):
        deep = [deep]
    nested = zoo.TABLE.append_column("other", pa.array([deep] * zoo.COUNT))
    made["twelve lists in each other"] = zoo.arrow(nested)
    made["its name is not a text"] = of_table(
        zoo.TABLE.append_column("other", pa.array(range(zoo.COUNT))),
        lambda data: data.replace(b"other", b"oth\xff\xfe"),
        store_schema=False,
    )
    made["encrypted"] = encrypted("other")
    return made


class Kms(pe.KmsClient):  # type: ignore[misc]
    """Keys under no key."""

    def __init__(self, _: object) -> None:
        pe.KmsClient.__init__(self)

    def wrap_key(self, key_bytes: bytes, master_key_identifier: str) -> bytes:
        return base64.b64encode(key_bytes)

    def unwrap_key(self, wrapped_key: bytes, master_key_identifier: str) -> bytes:
        return base64.b64decode(wrapped_key)


def encrypted(column: str, plaintext_footer: bool = True) -> zoo.Maker:
    def make(path: Path) -> None:
        table = zoo.TABLE.append_column("other", pa.array(range(zoo.COUNT)))
        how = pe.EncryptionConfiguration(
            footer_key="footer", column_keys={"column": [column]}, plaintext_footer=plaintext_footer
        )
        factory = pe.CryptoFactory(Kms)
        properties = factory.file_encryption_properties(pe.KmsConnectionConfig(), how)
        with pq.ParquetWriter(path, table.schema, encryption_properties=properties) as writer:
            writer.write_table(table)

    return make


def test_a_column_that_nobody_reads_costs_nobody_anything(tmp_path: Path) -> None:
    logs = {**unread(), "a good one": zoo.arrow()}
    found = examined(tmp_path, logs.items())
    assert {name: rows for name, rows in found.items() if rows != WHOLE} == {}


def test_a_column_that_is_read_and_is_no_text_or_integer_rejects_its_log(tmp_path: Path) -> None:
    """What no reader, or not each, would take for a text or an integer is told."""
    logs = {
        "a": annotated("input_tokens", odd_files.converted(0), odd_files.logical(1)),
        "b": annotated("org_id", odd_files.converted(20)),
        "c": annotated("org_id"),
        "d": encrypted("input_tokens"),
        "e": encrypted("other", plaintext_footer=False),
    }
    found = examined(tmp_path, logs.items())
    assert [
        (one.reason, one.detail.rpartition(" Error: ")[2].partition(" (write texts")[0])
        for one in found.values()
    ] == [
        (
            "unreadable",
            "what its footer says of column 'input_tokens' is not what a reader understands; have it"
            " written and sent again",
        ),
        ("wrong_schema", "column 'org_id' is binary, where a string belongs"),
        ("wrong_schema", "column 'org_id' is binary, where a string belongs"),
        (
            "encrypted",
            "column input_tokens is encrypted; write it without encryption (columns that are not"
            " read may stay encrypted)",
        ),
        ("encrypted", "the whole file is encrypted; write it without encryption"),
    ]


def test_a_column_of_two_names_is_none_that_nobody_reads(tmp_path: Path) -> None:
    """Either may be the right one: what is left out must be known to be another."""
    table = zoo.TABLE.append_column("other", pa.array(range(zoo.COUNT)))

    def renamed(data: bytes) -> bytes:
        assert data[odd_files.footer_at(data) :].count(b"other") == 2
        before, _, after = data.rpartition(b"other")
        return before + b"brand" + after

    def unknown(data: bytes) -> bytes:
        return odd_files.annotated(data, "other", odd_files.converted(99))

    logs = {
        "a": of_table(table, renamed, store_schema=False),
        "b": of_table(table, lambda data: renamed(unknown(data)), store_schema=False),
    }
    found = examined(tmp_path, logs.items())
    assert [one.detail for one in found.values()] == [
        "column 'other' does not agree with itself: its row group calls it 'brand'",
        "not a whole Parquet file: UNKNOWN cannot be applied to a primitive type",
    ]


def test_texts_by_another_name(tmp_path: Path) -> None:
    """Avro, protobuf and Thrift annotate them as ENUM, document stores as JSON, whatever they are."""
    logs = {
        f"{kind} {old} {new}": annotated("org_id", *((odd_files.converted(number),) * old), *((odd_files.logical(other),) * new))
        for kind, number, other in (("UTF8", 0, 1), ("ENUM", 4, 4), ("JSON", 19, 12))
        for old, new in ((1, 1), (1, 0), (0, 1))
    }  # fmt: skip
    found = examined(tmp_path, logs.items())
    assert {name: rows for name, rows in found.items() if rows != WHOLE} == {}


# Headers and footers that say what is not so, where both readers read all the same.
ODD: dict[str, tuple[Any, dict[str, Any]]] = {
    "no bytes, as DuckDB up to 0.5": (lambda data: odd_files.sized(data, 0), {}),
    "a byte, in pages of version 2": (
        lambda data: odd_files.sized(data, 1),
        {"data_page_version": "2.0", "row_group_size": 9},
    ),
    **{
        f"no bytes, instants in {kind}": (lambda data: odd_files.sized(data, 0), {"of": kind})
        for kind in zoo.TIMES
    },
    "levels of what does not repeat, as Athena": (
        lambda data: odd_files.with_level_bytes(data, b"\x50\0"),
        {"data_page_version": "2.0", "use_dictionary": False},
    ),
}


@pytest.mark.parametrize("name", ODD)
def test_what_does_not_agree_with_itself_is_read_by_both(tmp_path: Path, name: str) -> None:
    """And rejected in a file with checksums, which cover no header."""
    edit, options = ODD[name]
    options = dict(options)
    times = zoo.TIMES[options.pop("of", "us UTC")]
    table = zoo.cast(event_time=times).drop_columns(["images"])
    logs = {
        "plain": of_table(table, edit, **options),
        "checked": of_table(table, edit, write_page_checksum=True, **options),
    }
    found = examined(tmp_path, logs.items())
    assert found["plain"] == FLAT
    if name.startswith("levels"):
        assert "do not fill the bytes" in found["checked"].detail
    else:
        assert " in the footer," in found["checked"].detail


def test_a_garbage_instant_in_an_odd_file_costs_its_row_alone(tmp_path: Path) -> None:
    at = [row["event_time"] for row in zoo.plain_rows()]
    stored = [*pa.array(at[1:], pa.timestamp("us")).cast(pa.int64()).to_pylist(), -(2**63)]
    times = pa.array(stored, pa.int64()).cast(pa.timestamp("us", "UTC"))
    table = zoo.TABLE.set_column(zoo.SCHEMA.get_field_index("event_time"), "event_time", times)
    found = examined(
        tmp_path, {"a": of_table(table, lambda data: odd_files.sized(data, 0))}.items()
    )
    assert [row[NAMES.index("event_time")] for row in found["a"]] == [*at[1:], None]


def test_what_readers_read_differently_is_rejected(tmp_path: Path) -> None:
    """A count of nulls that DuckDB believes and Arrow does not."""

    def edit(data: bytes) -> bytes:
        no_null, all_null = b"\x16\0\x28", b"\x16\x50\x28"  # and then the greatest value
        assert data.count(no_null) > 1
        return data.replace(no_null, all_null)

    found = examined(tmp_path, {"a": of_table(zoo.TABLE, edit)}.items())
    assert found["a"].reason == "unreadable"
    assert found["a"].detail.endswith("and is not; Arrow and DuckDB read it differently")


def test_too_little_memory_to_compare_is_no_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise duckdb.OutOfMemoryException("no more")

    pq.write_table(zoo.TABLE, tmp_path / "a.parquet")
    opened = footer.open_file(tmp_path / "a.parquet")
    monkeypatch.setattr(events, "relation_of", refused)
    schema = log_schema.schema_of(opened, ("agent_id",))
    with duck.connection(LIMITS, tmp_path) as con, pytest.raises(MemoryError, match="no more"):
        both_readers.difference(con, tmp_path / "a.parquet", opened, schema, ("agent_id",))


@pytest.mark.slow
def test_odd_logs_are_priced_like_others(workspace: Workspace) -> None:
    """What is read through a copy is so in every later step."""
    logs = {name: make for name, make in unread().items() if name in ("BSON", "encrypted")}
    logs["json"] = annotated("org_id", odd_files.converted(19))
    workspace.inbox.mkdir()
    for name, make in logs.items():
        make(workspace.inbox / f"{name}.parquet")
    ran = workspace.run()
    assert not ran.arrivals.rejected
    assert workspace.sql("select sum(rows) from account") == [(len(logs) * zoo.COUNT,)]
    assert workspace.sql("select sum(events) from usage") == [(zoo.COUNT,)]
    assert differences(workspace) == []
    assert all_charges_are_explained(workspace) > 3
