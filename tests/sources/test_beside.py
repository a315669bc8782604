"""Files beside a source's TOML: tables of names (`map_file`), and a SELECT in the place of rules."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pricing_assets.common.errors import RejectedLog
from pricing_assets.contract.outcomes import SKIPPED
from pricing_assets.db.connection import Limits
from pricing_assets.sources import catalog, checking, kept, packing
from pricing_assets.sources.findings import SourceError
from pricing_assets.sources.kept import kept_for
from pricing_assets.sources.mapped import map_files
from tests.support.raw_logs import rows_of

SELECT = """\
-- two kinds of records, one of which is not usage
with read as (
    select row_number, document ->> '$.kind' as kind, document as d from raw
)
select
    row_number,
    d ->> '$.id' as event_id,
    d ->> '$.at' as event_time,
    'acme' as org_id,
    'llm_text_chat' as billing_type,
    d ->> '$.model' as model,
    json_extract(d, '$.n') ->> '$' as input_tokens,
    d ->> '$.team' as team,
    case when kind = 'retry' then 'failed' end as outcome
from read
where kind <> 'trace'
"""
RECORDS: list[dict[str, Any]] = [
    {"kind": "call", "id": "a", "at": "2026-02-02T08:00:00+02:00", "model": "m", "n": 5},
    {"kind": "trace", "id": "b"},
    {"kind": "call", "id": "c", "at": "2026-02-02T08:00:00Z", "n": 2.5, "team": "blue"},
    {"kind": "retry", "id": "d", "at": "2026-02-02T08:00:00Z", "n": 7},
]


def source(folder: Path, toml: str, **files: str) -> Path:
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text)
    file = folder / "own.toml"
    file.write_text(toml)
    return file


def mapped(file: Path) -> list[tuple[Any, ...]]:
    log = "\n".join(map(json.dumps, RECORDS))
    names = ("row_number", "event_id", "input_tokens", "team", "outcome")
    return [tuple(row[name] for name in names) for row in rows_of(log, str(file), file.parent)]


EXPECTED = [
    (0, "a", 5, None, None),
    (1, None, None, None, "not_usage"),
    (2, "c", None, "blue", "not_an_integer"),
    (3, "d", 7, None, "failed"),
]


def test_a_select_is_held_to_the_same_rules_and_account(tmp_path: Path) -> None:
    file = source(tmp_path, 'format = "ndjson"\nselect = "rows.sql"\n', rows_sql=SELECT)
    assert mapped(file) == EXPECTED
    kept = kept_for(str(file), tmp_path)
    (tmp_path / "rows.sql").unlink()
    assert kept.source.select == SELECT  # a home needs the file no more
    (tmp_path / "kept.toml").write_text(kept.toml)
    assert mapped(tmp_path / "kept.toml") == EXPECTED


@pytest.mark.parametrize(
    ("select", "finding"),
    [
        ("select 1; select 2", "it must be one SELECT"),
        ("delete from raw", "it is not a SELECT"),
        ("select * from raw, other", "other: it may read the view raw"),
        ("select * from raw, read_text('/etc/passwd')", "read_text: it may read the view raw"),
        ("select *, now() as event_time from raw", "now does not give the same"),
        ("select *, current_date as d from raw", "current_date does not give the same"),
        ("select * from raw where random() < 1", "random does not give the same"),
        ("select * from raw tablesample 50%", "a sample of rows is not the same"),
        ("select * from raw using sample 1 rows", "a sample of rows is not the same"),
        ("select * from raw; -- all", "text follows its `;`"),
    ],
)
def test_a_select_may_read_raw_alone_and_gives_the_same_at_any_time(
    select: str, finding: str, tmp_path: Path
) -> None:
    file = source(tmp_path, 'format = "ndjson"\nselect = "rows.sql"\n', rows_sql=select)
    with pytest.raises(SourceError, match=finding):
        checking.load(file)


def test_a_select_that_gives_a_record_twice_is_refused(tmp_path: Path) -> None:
    file = source(
        tmp_path,
        'format = "ndjson"\nselect = "rows.sql"\n',
        rows_sql=SELECT.replace("from read\n", "from read, range(2)\n"),
    )
    with pytest.raises(RejectedLog, match="gives record 0 more than once"):
        mapped(file)


def test_a_select_may_end_as_a_statement_and_spell_columns_in_any_case(tmp_path: Path) -> None:
    upper = SELECT.replace("as outcome", "as OUTCOME").replace("as input_tokens", "as Input_Tokens")
    file = source(
        tmp_path, 'format = "ndjson"\nselect = "rows.sql"\n', rows_sql=f"{upper.strip()};\n"
    )
    assert mapped(file) == EXPECTED


@pytest.mark.parametrize("outcome", ["Failed", "rated", ""])
def test_an_outcome_of_a_select_that_is_no_name_of_skip_is_refused(
    outcome: str, tmp_path: Path
) -> None:
    select = SELECT.replace("then 'failed'", f"then '{outcome}'")
    file = source(tmp_path, 'format = "ndjson"\nselect = "rows.sql"\n', rows_sql=select)
    with pytest.raises(RejectedLog, match=f"record 3 the outcome '{outcome}', which must be null"):
        mapped(file)


def test_a_record_that_a_select_does_not_take_costs_its_own_log(tmp_path: Path) -> None:
    select = SELECT.replace("then 'failed'", "then 'weird'").replace(
        "d ->> '$.team' as team", "cast(d ->> '$.team' as int) as team"
    )
    file = source(tmp_path, 'format = "ndjson"\nselect = "rows.sql"\n', rows_sql=select)
    good, bad_cast, bad_outcome = RECORDS[0], RECORDS[2], RECORDS[3]
    logs = []
    for n, records in enumerate([[good], [good, bad_outcome], [bad_cast], [good, good], [good]]):
        log = tmp_path / f"{n}.jsonl"
        log.write_text("".join(f"{json.dumps(one)}\n" for one in records))
        logs.append(packing.Raw(str(n) * 64, log))
    packed, rejected = packing.pack(logs, kept_for(str(file), tmp_path), tmp_path, Limits())
    records_of = {log[0]: count for one in packed for log, count in one.records.items()}
    assert records_of == {"0": 1, "3": 2, "4": 1}
    assert {log[0]: str(why) for log, why in rejected.items()} == {
        "1": "wrong_schema: its source's select gives record 1 the outcome 'weird', which must be null or"
        f" one of {', '.join(SKIPPED)}",
        "2": "wrong_schema: its source's select: Conversion Error: Could not convert string 'blue' to"
        " INT32",
    }
    with pytest.raises(RejectedLog, match=r"1\.jsonl: its source's select gives record 1 the"):
        map_files([log.path for log in logs], catalog.named(str(file)))


def test_a_select_sees_the_records_of_one_log_alone(tmp_path: Path) -> None:
    """Which logs are mapped together says nothing of what a log says."""
    select = SELECT.replace("where kind <> 'trace'", "where row_number = 0").replace(
        "d ->> '$.team' as team", "cast(count(*) over () as varchar) as team"
    )
    file = source(tmp_path, 'format = "ndjson"\nselect = "rows.sql"\n', rows_sql=select)
    logs = []
    for n in range(3):
        log = tmp_path / f"{n}.jsonl"
        log.write_text(f"{json.dumps(RECORDS[0])}\n{json.dumps(RECORDS[2])}\n")
        logs.append(packing.Raw(str(n) * 64, log))
    (packed,), _ = packing.pack(logs, kept_for(str(file), tmp_path), tmp_path, Limits())
    columns = ("file", "row_number", "event_id", "team", "record_outcome")
    rows = pq.read_table(packed.path, columns=list(columns)).to_pylist()
    assert [tuple(row[name] for name in columns) for row in rows] == [
        row
        for n in range(3)
        for row in (
            (str(n) * 64, 0, "a", "1", None),
            (str(n) * 64, 1, None, None, "not_usage"),
        )
    ]


PLAIN = """\
format = "ndjson"
[columns]
event_id     = { path = "id" }
event_time   = { path = "at", zone = "text" }
org_id       = { const = "acme" }
billing_type = { const = "llm_text_chat" }
brand        = { path = "kind", map_file = "brands" }
input_tokens = { path = "n" }
"""


def test_names_of_a_map_file_go_into_what_a_home_keeps(tmp_path: Path) -> None:
    file = source(tmp_path, PLAIN, brands_csv='from,to\ncall,Open "AI"\n*,Other\n')
    kept = kept_for(str(file), tmp_path)
    digest = kept.digest
    log = "\n".join(map(json.dumps, RECORDS))
    brands = [row["brand"] for row in rows_of(log, str(file), tmp_path)]
    assert brands == ['Open "AI"', "Other", 'Open "AI"', "Other"]
    (tmp_path / "brands.csv").write_text("from,to\ncall,Azure\n")
    assert kept_for(str(file), tmp_path).digest != digest
    (tmp_path / "brands.csv").unlink()
    assert kept.source.columns["brand"].also["map"] == {"call": 'Open "AI"', "*": "Other"}
    with pytest.raises(SourceError, match=r"no_file: brands\.csv beside it cannot be read"):
        checking.load(file)
    (tmp_path / "brands.csv").write_text("from,to\n")
    with pytest.raises(SourceError, match=r"bad_map: brands\.csv has no line"):
        checking.load(file)


def test_a_source_may_begin_with_a_mark_of_byte_order_and_is_no_utf_16(tmp_path: Path) -> None:
    file = source(tmp_path, PLAIN.replace(', map_file = "brands"', ""))
    kept = kept_for(str(file), tmp_path)
    file.write_text(file.read_text(), encoding="utf-8-sig")
    assert kept_for(str(file), tmp_path) == kept
    assert kept.source.columns.keys() == checking.load(file).columns.keys()
    for encoding in ("utf-16", "latin-1"):
        file.write_text(f"# größe\n{PLAIN}", encoding=encoding)
        what = "text in UTF-16" if encoding == "utf-16" else "not UTF-8"
        with pytest.raises(SourceError, match=f"it is {what}; save it as UTF-8"):
            checking.load(file)


def test_the_digest_of_a_source_holds_how_it_is_mapped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "MAPPING_VERSION", 1)  # whose sources have no stamp
    first = kept_for("litellm_s3", tmp_path)
    assert (first.digest, first.made_differently) == (catalog.named("litellm_s3").digest, "")
    monkeypatch.setattr(kept, "MAPPING_VERSION", 2)
    second = first.as_mapped_now()
    assert second == kept_for("litellm_s3", tmp_path) == second.as_mapped_now()
    assert second in kept.kept_presets()
    assert second.digest != first.digest
    assert second.source.columns == first.source.columns
    assert ("mapping 1" in first.made_differently, second.made_differently) == (True, "")


JOINING = """\
format = "ndjson"
[join]
file = "apps.csv"
on = "call.app"
key = "app"
[columns]
event_id = { path = "id" }
event_time = { path = "at", zone = "UTC" }
org_id = { path = "join.tenant" }
billing_type = { const = "llm_text_chat" }
"""


def test_records_of_json_are_joined_with_the_table_beside_their_log(tmp_path: Path) -> None:
    file = source(tmp_path, JOINING, apps_csv="app,tenant\np1,acme\n7,globex\n")
    apps: list[Any] = ["p1", 7, "gone", None, {"p1": 1}]
    records = [{"id": str(n), "call": {"app": app}, "tenant": "x"} for n, app in enumerate(apps)]
    lines = [*map(json.dumps, records), '{"call": {"app": "p1", "app": "7"}}', "{cut"]
    rows = rows_of("\n".join(lines), str(file), tmp_path)
    assert [row["org_id"] for row in rows[:5]] == ["acme", "globex", None, None, None]
    assert [row["outcome"] for row in rows] == [*[None] * 5, *["unreadable_record"] * 2]
    kept = kept_for(str(file), tmp_path)
    raw = packing.Raw("0" * 64, tmp_path / "log")
    (packed,), rejected = packing.pack([raw], kept, tmp_path, Limits())
    assert rejected == {}
    assert pq.read_table(packed.path)["org_id"].to_pylist() == [row["org_id"] for row in rows]


def test_a_table_beside_logs_that_cannot_be_joined_is_why_they_are_rejected(tmp_path: Path) -> None:
    file = source(tmp_path, JOINING, apps_csv="app,tenant\np1,acme\np1,globex\n")
    (tmp_path / "log").write_text('{"id": "1"}\n')
    raw = packing.Raw("0" * 64, tmp_path / "log")
    packed, rejected = packing.pack([raw], kept_for(str(file), tmp_path), tmp_path, Limits())
    assert packed == []
    assert str(rejected[raw.sha256]) == "wrong_schema: apps.csv: app p1 comes twice"


def test_a_path_into_a_table_that_no_join_names_is_refused(tmp_path: Path) -> None:
    without = JOINING[JOINING.index("[columns]") :]
    file = source(tmp_path, f'format = ["csv", "ndjson"]\n{without}')
    with pytest.raises(SourceError, match=r"join\.tenant .* there is no \[join\]"):
        checking.load(file)
