"""A billing type with a service and a meter of its own is added in one file: contract/billing.py.

A copy of the code, with three lines more there, prices, checks, reports, estimates and exports it.
"""

import csv
import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.workspace import write_card

ROOT = Path(__file__).parents[2]
ADDED = {
    ")  # fmt: skip\n": '    Meter("frames", 7, "video frames", "video frames", 1000,\n'
    '          UnitNames("Frames", "1000 Frames")),\n',
    '        Service("asr", ': '        Service("video", ("frames",), (_AI, "Generative AI", "Video")),\n',
    '    "llm_text_chat": "llm",\n': '    "video_generation": "video",\n',
}
"""What is added to contract/billing.py, and before what."""
ROWS: list[dict[str, Any]] = [
    {"event_id": "a", "billing_type": "video_generation", "frames": 1_500},
    {"event_id": "b", "billing_type": "video_generation", "frames": 501},
    {"event_id": "b", "billing_type": "video_generation", "frames": 501},
    {"event_id": "c", "billing_type": "video_generation", "frames": -1},
    {"event_id": "d", "billing_type": "video_generation", "frames": None},
    {"event_id": "e", "billing_type": "tts_generation", "frames": 5, "characters": 5},
    {"event_id": "f", "billing_type": "tts_generation", "characters": 1_000},
    {"event_id": "g", "billing_type": "video_generation", "frames": 7, "model": "Unknown"},
]


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the code that knows the billing type."""
    copy = tmp_path_factory.mktemp("code")
    for folder in ("pricing_assets", "pipelines", "sql"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    billing = copy / "pricing_assets" / "contract" / "billing.py"
    text = billing.read_text()
    for before, added in ADDED.items():
        assert before in text
        text = text.replace(before, added + before, 1)
    billing.write_text(text)
    return copy


def creditmill(code: Path, *options: object) -> str:
    environment = {name: text for name, text in os.environ.items() if "CREDITMILL" not in name}
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.plain_judge", *map(str, options)],
        cwd=code,
        env=environment | {"PYTHONPATH": os.pathsep.join([str(code), str(ROOT)])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "leaked" not in done.stderr  # what libraries say of a process that ended badly
    return done.stdout


def read_csv(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(file.read_text().splitlines()))


@pytest.fixture(scope="module")
def place(code: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with logs, a book that prices the meter, and the home of their run."""
    place = tmp_path_factory.mktemp("place")
    logs, home, book = place / "logs", place / "home", place / "book"
    logs.mkdir()
    columns = {
        name: pa.array([row.get(name, default) for row in ROWS], kind)
        for name, default, kind in (
            ("event_id", None, pa.string()),
            ("org_id", "acme", pa.string()),
            ("billing_type", None, pa.string()),
            ("brand", "Acme", pa.string()),
            ("model", "Film", pa.string()),
            ("key_mode", "platform", pa.string()),
            ("frames", None, pa.int64()),
            ("characters", None, pa.int64()),
        )
    }
    at = datetime(2026, 2, 3, 12, tzinfo=UTC)
    columns["event_time"] = pa.array([at] * len(ROWS), pa.timestamp("us", "UTC"))
    pq.write_table(pa.table(columns), logs / "day.parquet")
    write_card(
        book,
        "video,Acme,Film,platform,frames,0.3,1000\ntts,Acme,Film,platform,characters,2,1000\n",
        cap="",
    )
    creditmill(
        code,
        "run",
        "--logs",
        logs,
        "--rates",
        book,
        "--home",
        home,
        "--quarantine-limit",
        "1",
        "--no-pages",
    )
    return place


@pytest.mark.slow
def test_rows_with_a_meter_that_was_added_are_priced_and_checked(place: Path) -> None:
    (version,) = (place / "home" / "reports").glob("*/0001")
    charges = read_csv(version / "charges.csv")
    assert [
        (row["billing_type"], row["meter"], row["quantity"], row["credits"]) for row in charges
    ] == [
        ("tts_generation", "characters", "1000", "2.000000000"),
        ("video_generation", "frames", "2001", "0.600300000"),
    ]
    kept = pq.read_table(version / "quarantine.parquet").to_pylist()
    assert {(row["event_id"], row["reason"], row["frames"]) for row in kept} == {
        ("c", "bad_quantity", -1),
        ("d", "missing_quantity", None),
        ("e", "unexpected_quantity", 5),
        ("g", "no_rate", 7),
    }
    account = pq.read_table(version / "account.parquet").to_pylist()
    assert {row["outcome"]: row["frames"] for row in account if row["frames"]} == {
        "rated": 2001, "duplicate": 501, "unexpected_quantity": 5, "no_rate": 7
    }  # fmt: skip


@pytest.mark.slow
def test_readers_know_a_meter_that_was_added(code: Path, place: Path, tmp_path: Path) -> None:
    home, book = place / "home", place / "book"
    creditmill(code, "rates", "check", book)
    creditmill(code, "verify", "--home", home)
    said = creditmill(
        code, "estimate", "credits", "Film", "--type", "video", "--frames", 2001, "--rates", book,
        "--json",
    )  # fmt: skip
    assert json.loads(said)["lines"][0]["credits"] == "0.600300000"
    creditmill(code, "export", "2026-02-03", "--home", home, "--to", tmp_path / "out")
    (focus,) = (tmp_path / "out").rglob("focus.csv")
    rows = {row["x_Meter"]: row for row in read_csv(focus)}
    frames = rows["frames"]
    assert (frames["ConsumedQuantity"], frames["ConsumedUnit"]) == ("2001.000", "Frames")
    assert (frames["PricingUnit"], frames["ServiceName"]) == ("1000 Frames", "Video")
    assert frames["SkuMeter"] == "video_generation"
