"""A file of JSON lines that is read in one statement gives the rows that reading it text by text gives."""

import gzip
import json
import random
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pricing_assets.db import connection as duck
from pricing_assets.sources import catalog, json_lines, mapped, packing, raw_files
from pricing_assets.sources.kept import kept_for
from pricing_assets.sources.records import record_batches
from tests.support.records import BEDROCK, CALL, OBSERVATION, openmeter

RECORDS: dict[str, dict[str, Any]] = {
    "litellm_s3": CALL | {"hidden_params": {"audio_transcription_duration": 1.5}},
    "langfuse": OBSERVATION | {"updated_at": "2026-02-02T08:00:00Z"},
    "bedrock": BEDROCK,
    "openmeter": json.loads(openmeter()),
}
VALUES = r"""
    1 "1" "\u00201" -5 "-5" -0 -0.0 12.0 2.5 1e3 "1e3" 1e30 1.0e5 0.0000001 1e400 NaN Infinity 1_0
    123456789012345678901234567890 9223372036854775808 true null tru "" "null" "\ud800" "\u0041\n"
    [] [1,2] {} {"a":1,"a":2} 01 +1 .5 5. 0x10 1770020102.118402 1770076799.9999999 1770020102.1
    1.7700767999999999e9 17700767999999999e-7 "1770076799.9999999" "1770020102.500e03"
    1770020102.118402000
"""
ENDS = (b"", b" ", b"\t", b"\r", b" x", b" {}", b",", b"\x00")
OTHERS = (
    b"",
    b" ",
    b"\t",
    b"null",
    b"{}",
    b"[]",
    b"[1]",
    b"1",
    b"\xff",
    b"\x0c{}",
    b"\r{}",
    b"\x0b",
)


CONTAINERS: list[Callable[[bytes], bytes]] = [
    bytes,
    bytes.strip,
    gzip.compress,
    lambda content: b"\xef\xbb\xbf" + content,
    lambda content: gzip.compress(content[:50]) + gzip.compress(content[50:-1]),
    lambda content: pa.compress(content, "zstd", asbytes=True),
]


def paths(record: dict[str, Any]) -> list[tuple[dict[str, Any], str]]:
    found = [(record, name) for name in record]
    for value in record.values():
        found += paths(value) if isinstance(value, dict) else []
    return found


def line(source: str, dice: random.Random) -> bytes:
    """Return a record with up to two traps in it, or a line that is none."""
    record = json.loads(json.dumps(RECORDS[source]))
    text = ""
    for place in range(dice.randrange(3)):
        inside, name = dice.choice(paths(record))
        inside[name if dice.random() < 0.8 else f"again {name}"] = f"trap {place}"
    text = json.dumps(record, separators=dice.choice([(", ", ": "), (",", ":")]))
    for place in range(2):
        text = text.replace(f'"trap {place}"', dice.choice(VALUES.split()))
    for first in set(re.findall('"again (.)', text)):
        spelled = dice.choice([first, f"\\u{ord(first):04x}"])
        text = text.replace(f'"again {first}', f'"{spelled}')
    found = text.encode()
    if dice.random() < 0.1:
        return dice.choice(OTHERS)
    cut = dice.randrange(len(found)) if dice.random() < 0.05 else None
    return found[:cut] + (dice.choice(ENDS) if dice.random() < 0.1 else b"")


@pytest.mark.parametrize("files", [12, pytest.param(600, marks=pytest.mark.slow)])
def test_rows_of_one_statement_are_those_of_each_text(files: int, tmp_path: Path) -> None:
    dice, at_once = random.Random(files), 0
    log = tmp_path / "log"
    with duck.connection(duck.Limits(threads=1), tmp_path, [tmp_path]) as con:
        mapped.load_functions(con)
        for _ in range(files):
            source = catalog.named(dice.choice(list(RECORDS)))
            plain = json.dumps(RECORDS[source.name]).encode()
            lines = [plain, *(line(source.name, dice) for _ in range(dice.choice([1, 1, 2])))]
            content = dice.choice([b"\n", b"\r\n", b"\n\n"]).join([*lines, b""])
            log.write_bytes(dice.choice(CONTAINERS)(content))
            raw = raw_files.recognize(log, source.formats)
            found = json_lines.mapped_lines(con, raw, source, tmp_path)
            if found is None:
                continue
            at_once += 1
            done, batches = [0], []
            for cells in record_batches(con, raw, source, done):
                batches.append(mapped.rows_of(con, source, cells))
                done[0] += len(batches[-1])
            rows = pa.concat_tables(batches).select(found.column_names)
            assert found.equals(rows), log.read_bytes()
    assert at_once >= files // 6


def test_lines_are_read_at_once_however_they_are_packed(tmp_path: Path) -> None:
    log, source = tmp_path / "log", catalog.named("litellm_s3")
    with duck.connection(duck.Limits(threads=1), tmp_path, [tmp_path]) as con:
        mapped.load_functions(con)
        for pack in CONTAINERS:
            log.write_bytes(pack(f"{json.dumps(CALL)}\n{json.dumps(CALL)}\n".encode()))
            raw = raw_files.recognize(log, source.formats)
            found = json_lines.mapped_lines(con, raw, source, tmp_path)
            assert found is not None
            assert found["event_id"].to_pylist() == ["c1", "c1"]
            assert list(tmp_path.glob("*.jsonl")) == []


def test_rows_are_in_the_order_of_lines_whatever_reads_them(tmp_path: Path) -> None:
    log = tmp_path / "log"
    ids = [f"{number} {'x' * 400}" for number in range(12_000)]  # more than a buffer of the reader
    log.write_text("".join(f"{json.dumps(CALL | {'id': one})}\n" for one in ids))
    source = catalog.named("litellm_s3")
    with duck.connection(duck.Limits(threads=4), tmp_path, [tmp_path]) as con:
        mapped.load_functions(con)
        raw = raw_files.recognize(log, source.formats)
        found = json_lines.mapped_lines(con, raw, source, tmp_path)
    assert found is not None
    assert found["event_id"].to_pylist() == ids
    assert found["row_number"].to_pylist() == list(range(len(ids)))


def test_files_of_mapped_rows_are_the_same_bytes_however_lines_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log"
    log.write_text("".join(f"{json.dumps(CALL | {'id': str(one)})}\n" for one in range(700)))
    monkeypatch.setattr(packing, "_ROWS", 300)
    monkeypatch.setattr(raw_files, "_BLOCK", 4 << 10)

    def packed() -> bytes:
        logs, kept = [packing.Raw("0" * 64, log)], kept_for("litellm_s3", tmp_path)
        ((found,), _) = packing.pack(logs, kept, tmp_path, duck.Limits(threads=2))
        return found.path.read_bytes()

    at_once = packed()
    monkeypatch.setattr(json_lines, "_LARGEST", 0)
    assert packed() == at_once


SECONDS = {
    "1770020102.118402": "2026-02-02 08:15:02.118402",
    "1770076799.999999": "2026-02-02 23:59:59.999999",
    "1770020102": "2026-02-02 08:15:02",
    "null": "None",
    "1770076799.9999999": "",
    '"1770076799.9999999"': "",
    "1.7700767999999999e9": "",
    "1.77e9": "",
    "true": "",
    "7": "",
}
"""Seconds since 1970, and the instant that one statement finds; '' where it leaves them to more care."""


def read_at_once(
    tmp_path: Path, call: dict[str, Any], name: str, texts: Iterable[str]
) -> Iterator[Any]:
    """Yield, for each text that stands after a name of a call, it and what one statement reads; None where it
    leaves the file to more care."""
    log, source = tmp_path / "log", catalog.named("litellm_s3")
    line = f"{json.dumps(call)}\n"
    with duck.connection(duck.Limits(threads=1), tmp_path, [tmp_path]) as con:
        mapped.load_functions(con)
        for text in texts:
            log.write_text(line.replace(f'"{name}": 0', f'"{name}": {text}'))
            raw = raw_files.recognize(log, ("ndjson",))
            yield text, json_lines.mapped_lines(con, raw, source, tmp_path)


def test_seconds_that_no_double_holds_are_read_with_more_care(tmp_path: Path) -> None:
    found = read_at_once(tmp_path, CALL | {"startTime": 0}, "startTime", SECONDS)
    assert {
        text: "" if rows is None else str(rows["event_time"][0].as_py()) for text, rows in found
    } == SECONDS


DURATIONS = {
    "1.5": 1500,
    "12.25": 12250,
    "12345678.123456": 12345678123,
    "1.0009999999999999999": None,
    "2.0009999999999999999": None,
    "12345678901.23456": None,
    "15e-1": None,
}
"""Seconds of audio, and the milliseconds that one statement finds; None where it leaves them to more care."""


def test_decimals_that_no_double_holds_are_read_with_more_care(tmp_path: Path) -> None:
    name = "audio_transcription_duration"
    call = CALL | {"call_type": "transcription", "hidden_params": {name: 0}}
    found = read_at_once(tmp_path, call, name, DURATIONS)
    assert {
        text: None if rows is None else rows["audio_ms"][0].as_py() for text, rows in found
    } == DURATIONS
