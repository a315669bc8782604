"""Hostile logs cost themselves and nothing else: not the run, not its memory, not its time.

That every changed bit is noticed belongs to `test_bit_flips`.
"""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.settings import load
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.home import Receipt
from pricing_assets.intake.arrived import Arrived, Rules
from pricing_assets.intake.reader import Reader
from pricing_assets.logs.parquet_footer import FileLimits
from tests.support.cases import few_in_short
from tests.support.hostile_logs import HOSTILE, one_page
from tests.support.workspace import LIMITS, RECEIVED, Workspace, row, write_card

RULES = Rules("UTC", ("agent_id",), LIMITS, FileLimits())


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader() as made:
        yield made


def arrived(path: Path) -> Arrived:
    return Arrived(path, path.name, path.stem, path.stat().st_size)


def good(folder: Path, name: str) -> Arrived:
    workspace = Workspace(folder, inbox_name="")
    return arrived(workspace.log(f"{name * 64}.parquet", row(event_id=name)))


def peak_memory(reader: Reader) -> int:
    """The most bytes that the process has held; 0 where it has ended."""
    if reader._child is None:
        return 0
    status = Path(f"/proc/{reader._child.pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


@pytest.mark.parametrize("kind", few_in_short(HOSTILE, 5))
def test_a_hostile_log_is_rejected_by_itself(tmp_path: Path, reader: Reader, kind: str) -> None:
    """Between two good ones, which are taken; in less than a gigabyte."""
    make, reasons = HOSTILE[kind]
    make(tmp_path / f"{'f' * 64}.parquet")
    logs = [good(tmp_path, "a"), arrived(tmp_path / f"{'f' * 64}.parquet"), good(tmp_path, "b")]
    before, bad, after = reader.examine(logs, RULES, RECEIVED, tmp_path)
    assert isinstance(before, Receipt)
    assert isinstance(after, Receipt)
    assert not isinstance(bad, Receipt)
    assert bad.reason in reasons, bad.detail
    assert peak_memory(reader) < 1_000_000_000


# A limit, and what is said of a log of two rows that has more.
LIMITED = [
    ("rows", 1, "2 rows, more than the 1 of the setting max_rows"),
    ("columns", 18, "19 columns, more than the 18 of the setting max_columns"),
    ("nesting", 1, "column 'images' is nested deeper than the 1 levels of the setting max_nesting"),
    ("string_bytes", 12, "13 bytes in one text, more than the 12 of the setting max_string_bytes"),
    ("page_bytes", 5, "bytes in one page of column"),
]


@pytest.mark.parametrize(("name", "most", "said"), LIMITED)
def test_limits_are_settings(
    tmp_path: Path, reader: Reader, name: str, most: int, said: str
) -> None:
    log = arrived(
        Workspace(tmp_path, inbox_name="").log(f"{'a' * 64}.parquet", row(), row(org_id="b"))
    )
    limited = RULES._replace(file_limits=replace(RULES.file_limits, **{name: most}))
    (one,) = reader.examine([log], limited, RECEIVED, tmp_path)
    assert not isinstance(one, Receipt)
    assert (one.reason, said in one.detail) == ("resource_limit", True), one.detail
    assert load(**{f"max_{name}": most}).file_limits() == limited.file_limits


@pytest.mark.slow
def test_pages_may_not_decode_to_too_much(tmp_path: Path, reader: Reader) -> None:
    one_page(tmp_path / f"{'a' * 64}.parquet")
    log = arrived(tmp_path / f"{'a' * 64}.parquet")
    many = replace(RULES.file_limits, page_bytes=1_000_000_000, decoded_bytes=1_000_000)
    (one,) = reader.examine([log], RULES._replace(file_limits=many), RECEIVED, tmp_path)
    assert not isinstance(one, Receipt)
    assert "decoded bytes, more than" in one.detail


def test_sizes_may_be_texts() -> None:
    assert load(max_file_bytes="4GB").file_limits().file_bytes == 4_000_000_000
    with pytest.raises(ConfigurationError, match=r"max_read_memory: .*write it like 4GB"):
        load(max_read_memory="much")
    with pytest.raises(ConfigurationError, match=r"max_read_memory: .* equal to 500000000"):
        load(max_read_memory="300MB")


@pytest.mark.parametrize("name", ["max_rows", "max_file_bytes", "threads", "quarantine_floor"])
def test_a_truth_is_no_number(name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{name}: .*it is a number, not true"):
        load(**{name: True})


def test_what_takes_too_long_is_rejected(tmp_path: Path, reader: Reader) -> None:
    """And the reader begins anew."""
    slow = replace(RULES.file_limits, read_seconds=0)
    found = reader.examine(
        [good(tmp_path, "a")], RULES._replace(file_limits=slow), RECEIVED, tmp_path
    )
    assert [one.reason for one in found if not isinstance(one, Receipt)] == ["resource_limit"]
    (taken,) = reader.examine([good(tmp_path, "a")], RULES, RECEIVED, tmp_path)
    assert isinstance(taken, Receipt)


def test_what_takes_too_much_memory_is_rejected(tmp_path: Path, reader: Reader) -> None:
    """One row group of a million different texts, in a process that has begun."""
    reader.examine([good(tmp_path, "a")], RULES, RECEIVED, tmp_path)
    log = good(tmp_path, "b")
    rows = pq.read_table(log.copy).take([0] * 1_000_000)
    texts = pa.array([f"{n:032d}" for n in range(len(rows))])
    place = rows.schema.get_field_index("event_id")
    pq.write_table(rows.set_column(place, "event_id", texts), log.copy, row_group_size=len(rows))
    little = replace(RULES.file_limits, read_memory=20_000_000)
    found = reader.examine([log], RULES._replace(file_limits=little), RECEIVED, tmp_path)
    assert [one.reason for one in found if not isinstance(one, Receipt)] == ["resource_limit"]


def test_a_bug_of_ours_is_not_blamed_on_a_log(tmp_path: Path) -> None:
    missing = Arrived(tmp_path / "missing", "a", "a" * 64, 1)
    with Reader() as reader, pytest.raises(RuntimeError, match="No such file or directory"):
        reader.examine([missing], RULES, RECEIVED, tmp_path)


@pytest.mark.slow
def test_20_hostile_logs_cost_200_good_ones_nothing(tmp_path: Path) -> None:
    """By the whole command: all good logs are published, the others named, and the largest process
    takes no more than 2 GB beyond that of a run without them."""
    peaks = []
    for hostile in (0, 20):
        folder = tmp_path / f"{hostile}"
        workspace, book = Workspace(folder), write_card(folder / "book")
        for n in range(200):
            workspace.log(f"{n:03d}.parquet", row(event_id=f"e{n}"))
        makers = [make for make, _ in HOSTILE.values()]
        for n in range(hostile):
            makers[n % len(makers)](workspace.inbox / f"{n:03d} hostile.parquet")
            os.utime(workspace.inbox / f"{n:03d} hostile.parquet", (n, n))
        options = ("--rates", book, "--logs", workspace.inbox, "--home", workspace.home.path)
        done = subprocess.run(
            [sys.executable, "-m", "pipelines.cli", "run", "--json", *map(str, options)],
            stdout=subprocess.PIPE,
            check=False,
        )
        peaks.append(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
        said = json.loads(done.stdout)
        assert done.returncode == bool(hostile)
        assert len(said["taken_in"]) == 200
        # hostile logs of equal bytes are one file under two names
        assert len(said["rejected"]) == hostile
        assert {one["reason"] for one in said["rejected"]} <= {"resource_limit", "unreadable"}
        assert workspace.sql("select sum(events) from usage") == [(200,)]
    print(f"\npeak memory without and with hostile logs: {peaks[0]:,} and {peaks[1]:,} bytes")
    assert peaks[1] - peaks[0] < 2_000_000_000
