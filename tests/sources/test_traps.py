"""What a reader of raw logs gets wrong without a sound: each trap, and where its record ends."""

import gzip
import json
import re
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from pricing_assets.common.errors import RejectedLog
from pricing_assets.db.connection import Limits
from pricing_assets.sources import catalog, checking, findings, packing
from pricing_assets.sources.kept import kept_for
from pricing_assets.sources.mapped import map_files
from tests.support.cases import few_in_short
from tests.support.raw_logs import mapped_rows, rows_of
from tests.support.records import CALL, OBSERVATION


def of_call(folder: Path, **changed: Any) -> dict[str, Any]:
    (row,) = rows_of(json.dumps(CALL | changed).encode(), "litellm_s3", folder)
    return row


@pytest.mark.parametrize(
    ("tokens", "outcome"),
    few_in_short(
        [
            ("12", None),
            (12.0, "not_an_integer"),
            (" 12 ", "not_an_integer"),
            (2**70, "usage_does_not_add_up"),  # kept as the greatest there is, no quantity
            (12, None),
            (2.5, "not_an_integer"),
            (True, "not_an_integer"),
            ("1e1", "not_an_integer"),
            ([12], "not_an_integer"),
            ({"n": 12}, "not_an_integer"),
        ],
        4,
    ),
)
def test_an_integer_of_json_is_one_strictly(
    tokens: Any, outcome: str | None, tmp_path: Path
) -> None:
    row = of_call(tmp_path, prompt_tokens=tokens)
    assert row["outcome"] == outcome
    assert (row["input_tokens"] == 12) == (outcome is None)


@pytest.mark.parametrize(
    ("text", "instant"),
    few_in_short(
        [
            ("1770076799.99999999999999999999", "2026-02-02 23:59:59.999999"),
            ("1.7700767999999999e9", "2026-02-02 23:59:59.999999"),
            ('"1770076799.9999999"', "2026-02-02 23:59:59.999999"),  # the nearest double: next day
            ("1770020102.118402", "2026-02-02 08:15:02.118402"),
            ("1770076799.9999999", "2026-02-02 23:59:59.999999"),
            ("1770076800", "2026-02-03 00:00:00"),
        ],
        3,
    ),
)
def test_an_epoch_is_floored_by_its_decimal_text(text: str, instant: str, tmp_path: Path) -> None:
    line = json.dumps(CALL | {"startTime": "HERE"}).replace('"HERE"', text)
    (row,) = rows_of(line.encode(), "litellm_s3", tmp_path)
    assert row["event_time"] == datetime.fromisoformat(instant)


def test_a_nanosecond_before_1970_is_not_1970(tmp_path: Path) -> None:
    span = {"spanId": "s", "startTimeUnixNano": "-1"}
    document = {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}
    (row,) = rows_of(json.dumps(document), "otel_genai", tmp_path)
    assert row["event_time"] is None


@pytest.mark.parametrize(
    ("seconds", "ms"),
    few_in_short(
        [
            ("5.9999999999999999", 5999),
            ("6", 6000),
            ("5.999", 5999),
            ('"5.9999999999999999"', 5999),
        ],
        2,
    ),
)
def test_a_duration_is_floored_by_its_decimal_text(seconds: str, ms: int, tmp_path: Path) -> None:
    line = json.dumps(
        CALL
        | {"call_type": "atranscription", "hidden_params": {"audio_transcription_duration": "HERE"}}
    )
    (row,) = rows_of(line.replace('"HERE"', seconds), "litellm_s3", tmp_path)
    assert row["audio_ms"] == ms


def test_each_line_of_a_damaged_file_has_an_outcome(tmp_path: Path) -> None:
    good = json.dumps(CALL).encode()
    lines = [
        good,
        b'{"id": "c2", ',
        b"",
        b"   ",
        b"[1]",
        b'"text"',
        b'{"id": "\xff"}',
        b"\xef",
        good,
    ]
    rows = rows_of(b"\n".join(lines), "litellm_s3", tmp_path)
    unreadable = [row["row_number"] for row in rows if row["outcome"] == "unreadable_record"]
    # an array on a line is its items, and 1 is not a record
    assert unreadable == [1, 2, 3, 4, 5]
    assert [row["row_number"] for row in rows if row["outcome"] is None] == [0, 6]


@pytest.mark.parametrize(
    ("source", "line", "twice"),
    few_in_short(
        [
            ("litellm_s3", json.dumps(CALL), '"prompt_tokens": 12'),
            ("langfuse", json.dumps(OBSERVATION), '"input": 5'),
            ("litellm_s3", json.dumps(CALL | {"messages": {"a": 1}}), '"a": 1'),
            ("litellm_s3", json.dumps(CALL), '"user_api_key_org_id": "acme"'),
        ],
        3,
    ),
)
def test_a_name_that_comes_twice_where_it_is_read_leaves_no_reading(
    source: str, line: str, twice: str, tmp_path: Path
) -> None:
    again = line.replace(twice, f"{twice}, {twice.replace('1', '2').replace('5', '6')}")
    assert again != line
    rows = rows_of(f"{line}\n{again}\n{line}", source, tmp_path)
    reading = None if "messages" in line else "unreadable_record"
    assert [row["outcome"] for row in rows] == [None, reading, None]


@pytest.mark.parametrize(
    "usage", ['{"input": 1000, "input": 7}', '{"input": 1000, "x": 1, "x": 2}']
)
def test_a_name_that_comes_twice_in_a_text_of_a_column_leaves_no_reading(
    usage: str, tmp_path: Path
) -> None:
    observation = {
        "id": "o", "type": "GENERATION", "start_time": "2026-03-02 08:15:02", "updated_at": "",
        "metadata": '{"org_id": "acme"}', "provided_model_name": "gpt-4o", "usage_details": usage,
    }  # fmt: skip
    table = pa.table({name: [text] for name, text in observation.items()})
    sink = pa.BufferOutputStream()
    pacsv.write_csv(table, sink)
    csv = sink.getvalue().to_pybytes()
    pq.write_table(table, tmp_path / "a.parquet")
    whole = "unreadable_record" if usage.count('"input"') > 1 else "unknown_usage_keys"
    assert [row["outcome"] for row in rows_of(csv, "langfuse", tmp_path)] == [whole]
    rows = mapped_rows(tmp_path / "a.parquet", "langfuse")
    assert [row["outcome"] for row in rows] == [whole]


SPAN = {"spanId": "s", "startTimeUnixNano": "1772442000000000000"}
SPANS = json.dumps({"scopeSpans": [{"spans": [SPAN, SPAN]}]})


ARRAYS = [
    (f'{{"resourceSpans": [{SPANS}]}}', 2),
    (f'{{"resourceSpans": [{SPANS}], "resourceSpans": [{SPANS}]}}', 0),
    (f'{{"resourceSpans": [], "resource\\u0053pans": [{SPANS}]}}', 0),
    ('{"resourceSpans": [{"scopeSpans": [], "scopeSpans": [{"spans": [{}]}]}]}', 0),
    ('{"resourceSpans": [{"scopeSpans": [{"spans": [], "spans": [{}]}]}]}', 0),
    ('{"resourceSpans": [{"instrumentationLibrarySpans": [{"spans": [{}]}]}]}', 0),
    ('{"resourceSpans": [{"scopeSpans": null}]}', 0),
    ('{"resourceSpans": [{"scopeSpans": [{"spans": {"spanId": "s"}}]}]}', 0),
    ('{"resourceSpans": [7]}', 0),
]
"""Documents, and how many spans are read of each; 0: it is a record that cannot be read."""


def test_an_array_of_records_that_is_missing_or_comes_twice_is_no_empty_one(tmp_path: Path) -> None:
    empty = ['{"resourceSpans": []}', '{"resourceSpans": [{"scopeSpans": []}]}']
    lines = [document for document, _ in ARRAYS]
    expected: list[str | None] = []
    for _, records in ARRAYS:
        expected += [None] * records or ["unreadable_record"]
    rows = rows_of("\n".join([*empty, *lines]), "otel_genai", tmp_path)
    unreadable = "unreadable_record"
    assert [row["outcome"] if row["outcome"] == unreadable else None for row in rows] == expected


def test_a_successful_call_without_tokens_is_never_free(tmp_path: Path) -> None:
    assert of_call(tmp_path, prompt_tokens=0, completion_tokens=0, total_tokens=0)["outcome"] == (
        "no_usage_reported"
    )
    without = {key: value for key, value in CALL.items() if "tokens" not in key}
    (row,) = rows_of(json.dumps(without).encode(), "litellm_s3", tmp_path)
    assert row["outcome"] == "no_usage_reported"


def test_parts_that_do_not_make_the_total_are_refused(tmp_path: Path) -> None:
    assert of_call(tmp_path, total_tokens=16)["outcome"] == "usage_does_not_add_up"


@pytest.mark.parametrize(
    ("total", "outcome"),
    few_in_short(
        [
            ("15", None),
            ("", None),
            (15.0, "usage_does_not_add_up"),  # no integer of JSON
            ("15 tokens", "usage_does_not_add_up"),
            (15, None),
            (None, None),
            (5000.5, "usage_does_not_add_up"),
            (True, "usage_does_not_add_up"),
        ],
        4,
    ),
)
def test_a_total_that_is_no_whole_number_is_not_passed_over(
    total: Any, outcome: str | None, tmp_path: Path
) -> None:
    assert of_call(tmp_path, total_tokens=total)["outcome"] == outcome


@pytest.mark.parametrize("call", few_in_short(["atranscription", "amoderation", "aembedding"]))
def test_a_total_holds_for_parts_that_are_not_charged(call: str, tmp_path: Path) -> None:
    hidden = {"audio_transcription_duration": 60.0}
    row = of_call(tmp_path, call_type=call, hidden_params=hidden)
    charged = {"atranscription": 60_000, "amoderation": 1, "aembedding": 12}[call]
    assert (row["outcome"], row["output_tokens"]) == (None, None)
    assert charged in (row["audio_ms"], row["requests"], row["input_tokens"])
    row = of_call(tmp_path, call_type=call, hidden_params=hidden, total_tokens=16)
    assert row["outcome"] == "usage_does_not_add_up"


def test_a_total_holds_where_a_number_is_a_part_by_its_kind(tmp_path: Path) -> None:
    of_kind = '{{ path = "a", when = {{ kind = ["{}"] }} }}'
    rows = own_rows(
        [{"id": "1", "t": "2026-03-02 01:00:00", "a": 5, "kind": "in", "total": n} for n in (5, 6)],
        tmp_path,
        input_tokens=of_kind.format("in"),
        output_tokens=of_kind.format("out"),
        total='{ path = "kind" }',
        check_sum='{ total = "total", of = ["input_tokens", "output_tokens"] }',
    )
    assert [row["outcome"] for row in rows] == [None, "usage_does_not_add_up"]


@pytest.mark.parametrize("end", few_in_short(["\n", ""]))
@pytest.mark.parametrize("name", few_in_short(['input"x', "input~/x", "input*"], 2))
def test_a_bucket_of_any_name_is_read_by_it(name: str, end: str, tmp_path: Path) -> None:
    call = OBSERVATION | {"usage_details": {"input": 5, "output": 2, name: 9, "total": 16}}
    (row,) = rows_of(json.dumps(call) + end, "langfuse", tmp_path)
    assert (row["input_tokens"], row["outcome"]) == (14, None)


@pytest.mark.parametrize(
    ("record", "tokens", "outcome"),
    few_in_short(
        [
            ({"z": "", "a": 5}, 5, None),
            ({"z": "x", "a": 5}, 5, "not_an_integer"),
            ({}, None, "no_usage_reported"),
            ({"z": 5, "a": "x"}, 5, None),
            ({"a": "x"}, None, "not_an_integer"),
            ({"z": "", "a": ""}, None, "not_an_integer"),
        ],
        3,
    ),
)
def test_the_first_quantity_that_is_not_blank_is_looked_at_and_no_other(
    record: dict[str, Any], tokens: int | None, outcome: str | None, tmp_path: Path
) -> None:
    record |= {"id": "1", "t": "2026-03-02 01:00:00"}
    (row,) = own_rows([record], tmp_path, input_tokens='{ first = ["z", "a"] }')
    assert (row["input_tokens"], row["outcome"]) == (tokens, outcome)


def test_a_part_greater_than_its_whole_is_refused(tmp_path: Path) -> None:
    metadata = {"usage_object": {"prompt_tokens_details": {"cached_tokens": 13}}}
    assert of_call(tmp_path, metadata=metadata)["outcome"] == "bad_quantity"


def test_an_unknown_bucket_of_usage_is_never_summed_by_guess(tmp_path: Path) -> None:
    call = OBSERVATION | {"usage_details": {"input": 5, "output": 2, "thinking": 9}}
    (row,) = rows_of(json.dumps(call).encode(), "langfuse", tmp_path)
    assert row["outcome"] == "unknown_usage_keys"


@pytest.mark.parametrize("layout", ["lines", "one"])
def test_an_answer_that_was_cut_within_an_emoji_does_not_cost_its_record(
    layout: str, tmp_path: Path
) -> None:
    """Python's json writes half a surrogate pair as an escape, and DuckDB reads no JSON with one."""
    texts = [r"\ud83d", r"\ude00", r"\ud83d\ude00\ud83d", r"\ud83d\ude00", r"\\\ud83d", r"\\ud83d"]
    calls = [
        json.dumps(CALL | {"id": "HERE", "messages": "HERE"}).replace("HERE", text)
        for text in texts
    ]
    log = "\n".join(calls) if layout == "lines" else f"[{', '.join(calls)}\n]"
    rows = rows_of(log, "litellm_s3", tmp_path)
    assert [row["outcome"] for row in rows] == [None] * len(texts)
    names = [r"\ud83d", r"\ude00", "\U0001f600" + r"\ud83d", "\U0001f600", r"\\ud83d", r"\ud83d"]
    assert [row["event_id"] for row in rows] == names


def test_arrays_on_lines_of_their_own_are_read(tmp_path: Path) -> None:
    first, second = (json.dumps(CALL | {"id": name}) for name in ("a", "b"))
    rows = rows_of(f"[{first}, {second}]\n[{second}]\n", "litellm_s3", tmp_path)
    assert [row["event_id"] for row in rows] == ["a", "b", "b"]
    assert [row["row_number"] for row in rows] == [0, 1, 2]


def test_a_first_line_that_is_cut_short_hides_no_other(tmp_path: Path) -> None:
    lines = ['{"id": "c0", "sta', *(json.dumps(CALL | {"id": f"c{n}"}) for n in (1, 2))]
    rows = rows_of("\n".join(lines), "litellm_s3", tmp_path)
    assert [row["outcome"] for row in rows] == ["unreadable_record", None, None]


def test_documents_are_read_in_any_layout(tmp_path: Path) -> None:
    two = [CALL, CALL | {"id": "c2"}]
    layouts = [
        "\n".join(map(json.dumps, two)),
        "\r\n".join(map(json.dumps, two)) + "\r\n",
        json.dumps(two),
        json.dumps(two, indent=2),
        "\ufeff" + "\n".join(map(json.dumps, two)),
    ]
    for layout in layouts:
        rows = rows_of(layout.encode(), "litellm_s3", tmp_path)
        assert [(row["event_id"], row["row_number"], row["outcome"]) for row in rows] == [
            ("c1", 0, None),
            ("c2", 1, None),
        ], layout
    (row,) = rows_of(json.dumps(CALL, indent=2).encode(), "litellm_s3", tmp_path)
    assert (row["event_id"], row["input_tokens"]) == ("c1", 12)


CSV = (
    "request_id,call_type,startTime,model,prompt_tokens,completion_tokens,organization_id,status\n"
)


def test_a_line_of_another_width_is_a_record_that_cannot_be_read(tmp_path: Path) -> None:
    text = CSV + (
        "a,acompletion,2026-02-02 08:00:00,gpt-4o,10,1,acme,success\n"
        "b,acompletion,2026-02-02 08:00:00,gpt-4o,10\n"
        "c,acompletion,2026-02-02 08:00:00,gpt-4o,10,1,acme,success,more\n"
        'd,acompletion,2026-02-02 08:00:00,"gpt\n4o",10.0,1,acme,success\n'
    )
    rows = rows_of(text.encode(), "litellm_spendlogs", tmp_path)
    assert [row["outcome"] for row in rows] == [None, *["unreadable_record"] * 2, None]
    assert (rows[3]["model"], rows[3]["input_tokens"]) == ("gpt\n4o", 10)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        # the rows that came after would all be in one cell
        (f'{CSV}a,"acompletion\nb,c\nd,e\n', "quoted cell of the record that begins in line 2"),
        (f'"{CSV}', "its header cannot be read"),
        ("a,,chat,,5\nb,,chat,,6\n", "columns without a name; is the header missing"),
        (gzip.compress(CSV.encode(), mtime=0) + b"junk", "bytes follow its compressed data"),
        ("PK\x03\x04", "is a ZIP archive or a sheet of XLSX, and the source reads csv, parquet"),
        (CSV.encode("utf-16"), "is text in UTF-16"),
        (CSV.encode("utf-16-le"), "is text in UTF-16"),
        (b"\0{", "is text in UTF-16"),
        (CSV.replace("model", "größe").encode("latin-1"), "its header is not UTF-8"),
    ],
)
def test_a_file_that_is_no_csv_is_rejected(text: str | bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(RejectedLog, match=message):
        rows_of(text, "litellm_spendlogs", tmp_path)


def test_a_last_record_that_is_cut_short_is_one_that_cannot_be_read(tmp_path: Path) -> None:
    rows = rows_of(f'{CSV}a,"acomp', "litellm_spendlogs", tmp_path)
    assert [row["outcome"] for row in rows] == ["unreadable_record"]


def test_check_says_why_a_file_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(f'{CSV}a,"b\nc\n')
    with pytest.raises(RejectedLog, match="ends within a quoted cell"):
        catalog.fits(tmp_path / "log.csv")


@pytest.mark.parametrize(
    ("cell", "tokens", "outcome"),
    few_in_short(
        [
            ("1e1", 10, None),
            (" 12 ", None, "not_an_integer"),
            ("9007199254740993.0", None, "not_an_integer"),  # as a double it is 2^53
            ("NaN", None, None),
            ("10", 10, None),
            ("10.0", 10, None),
            ("2.5", None, "not_an_integer"),
            ("true", None, "not_an_integer"),
            ("9007199254740992.0", 2**53, None),
            ("9.007199254740993e15", None, "not_an_integer"),
            ("1.00000000000000000000001", None, "not_an_integer"),
            ("", None, None),
        ],
        4,
    ),
)
def test_an_integer_of_csv_may_be_a_whole_float(
    cell: str, tokens: int | None, outcome: str | None, tmp_path: Path
) -> None:
    text = f"{CSV}a,acompletion,2026-02-02 08:00:00,gpt-4o,{cell},1,acme,success\n"
    (row,) = rows_of(text.encode(), "litellm_spendlogs", tmp_path)
    assert (row["input_tokens"], row["outcome"]) == (tokens, outcome)


def test_columns_go_by_their_names_in_the_header(tmp_path: Path) -> None:
    text = "status,organization_id,completion_tokens,prompt_tokens,model,startTime,call_type,request_id\n"
    text += "success,acme,1,10,gpt-4o,2026-02-02 08:00:00,acompletion,a\n"
    (row,) = rows_of(text.encode(), "litellm_spendlogs", tmp_path)
    assert (row["event_id"], row["input_tokens"], row["output_tokens"]) == ("a", 10, 1)


def test_columns_that_differ_in_case_alone_are_never_taken_for_each_other(tmp_path: Path) -> None:
    header = CSV.replace("prompt_tokens", "Prompt_Tokens,prompt_tokens")
    text = f"{header}a,acompletion,2026-02-02 08:00:00,gpt-4o,7777,10,1,acme,success\n"
    with pytest.raises(RejectedLog, match="Prompt_Tokens and prompt_tokens, which differ in case"):
        rows_of(text, "litellm_spendlogs", tmp_path)
    pq.write_table(pa.table({"event_id": ["a"], "Event_ID": ["b"]}), tmp_path / "log")
    with pytest.raises(RejectedLog, match="event_id and Event_ID, which differ in case alone"):
        mapped_rows(tmp_path / "log", "table")


def test_a_column_of_the_name_of_duckdbs_own_is_read(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(
        'format = "parquet"\n[columns]\nevent_id = { path = "event_id" }\n'
        'event_time = { path = "event_time", zone = "UTC" }\norg_id = { const = "acme" }\n'
        'billing_type = { const = "llm_text_chat" }\ninput_tokens = { path = "FILE_row_number" }\n'
    )
    count = 30_000
    columns = {
        "FILE_row_number": pa.array(range(count, 0, -1)),
        "event_id": pa.array(map(str, range(count))),
        "event_time": pa.repeat("2026-02-02T08:00:00", count),
        "row_number": pa.repeat(7, count),
    }
    pq.write_table(pa.table(columns), tmp_path / "log", row_group_size=10_000)
    map_files(
        [tmp_path / "log"], catalog.named(str(tmp_path / "own.toml")), tmp_path / "rows.parquet"
    )
    rows = pq.read_table(tmp_path / "rows.parquet")
    assert rows["row_number"].to_pylist() == list(range(count))
    assert rows["event_id"].to_pylist() == [str(number) for number in range(count)]
    assert rows["input_tokens"].to_pylist() == list(range(count, 0, -1))


def test_decimals_that_would_become_floats_are_refused_by_name(tmp_path: Path) -> None:
    wide = pa.array([Decimal("9007199254740993")], pa.decimal256(50, 2))
    columns = {"event_id": ["a"], "event_time": ["2026-02-02T08:00:00"], "elsewhere": wide}
    pq.write_table(pa.table(columns), tmp_path / "log")
    (row,) = mapped_rows(tmp_path / "log", "table")
    assert row["event_id"] == "a"
    columns |= {"input_tokens": wide.cast(pa.decimal128(38, 2))}
    pq.write_table(pa.table(columns), tmp_path / "log")
    (row,) = mapped_rows(tmp_path / "log", "table")
    assert row["input_tokens"] == 9007199254740993
    pq.write_table(pa.table(columns | {"input_tokens": wide}), tmp_path / "log")
    with pytest.raises(RejectedLog, match="decimals of 50 digits in input_tokens"):
        mapped_rows(tmp_path / "log", "table")


def test_parquet_whose_footer_is_damaged_is_rejected(tmp_path: Path) -> None:
    columns = {"event_id": ["a"], "event_time": ["x"]}
    pq.write_table(pa.table(columns), tmp_path / "log")
    content = (tmp_path / "log").read_bytes()
    place = content.index(b"ARROW:schema") + 40
    (tmp_path / "log").write_bytes(content[:place] + b"\x00" + content[place + 1 :])
    with pytest.raises(RejectedLog, match="unreadable"):
        mapped_rows(tmp_path / "log", "table")


def test_a_column_of_a_file_is_never_taken_for_the_number_of_a_record(tmp_path: Path) -> None:
    columns = {name: ["x"] for name in ("event_id", "event_time", "Row_Number", "is_readable")}
    pq.write_table(pa.table(columns), tmp_path / "log")
    (row,) = mapped_rows(tmp_path / "log", "table")
    assert (row["row_number"], row["outcome"], row["event_id"]) == (0, None, "x")


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_column_named_as_one_that_records_are_given_is_not_read_as_another(
    kind: str, tmp_path: Path
) -> None:
    """As an id, the numbers of records would make rows of other files duplicates."""
    columns = {"row_number": ["77"], "t": ["2026-03-02T01:00:00Z"], "a": ["1"]}
    lines = "row_number,t,a\n77,2026-03-02T01:00:00Z,1\n"
    log: Any = columns if kind == "parquet" else lines
    with pytest.raises(RejectedLog, match="has a column row_number, which is what each record"):
        own_rows(log, tmp_path, event_id="{ path = 'row_number' }")
    log = {"file_row_number": ["77"], **columns} if kind == "parquet" else f"file_row_{lines[4:]}"
    (row,) = own_rows(log, tmp_path, event_id="{ path = 'file_row_number' }")
    assert row["event_id"] == "77"


def test_columns_that_a_file_lacks_are_named_with_its_own_alone(tmp_path: Path) -> None:
    with pytest.raises(RejectedLog, match=r"has no column id, .* it has ID, t, a$"):
        own_rows({"ID": ["1"], "t": ["x"], "a": [1]}, tmp_path)


def test_ids_that_pandas_made_floats_are_whole_numbers_again(tmp_path: Path) -> None:
    of_file = {"event_id": [1.0, 2.0], "event_time": ["x"] * 2, "org_id": [7.0, float("nan")]}
    pq.write_table(pa.table(of_file), tmp_path / "log")
    rows = mapped_rows(tmp_path / "log", "table")
    assert [(row["event_id"], row["org_id"]) for row in rows] == [("1", "7"), ("2", None)]


def test_a_file_of_another_kind_is_refused_by_its_columns(tmp_path: Path) -> None:
    with pytest.raises(RejectedLog, match="has no column request_id, which the source"):
        rows_of(b"when,who\n1,2\n", "litellm_spendlogs", tmp_path)


def test_what_pandas_makes_of_integers_with_gaps_is_read(tmp_path: Path) -> None:
    table = pa.table(
        {
            "event_id": ["a", "b", "c", "d"],
            "event_time": pa.array([datetime(2026, 2, 2)] * 4, pa.timestamp("ns")),
            "org_id": ["acme"] * 4,
            "billing_type": ["llm_text_chat"] * 4,
            "brand": ["OpenAI"] * 4,
            "model": ["GPT-4o-128k"] * 4,
            "key_mode": ["platform"] * 4,
            "input_tokens": [10.0, float("nan"), 2.5, float(2**53)],
            "output_tokens": [1.0, 1.0, 1.0, 1.0],
        }
    )
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    rows = rows_of(sink.getvalue().to_pybytes(), "table", tmp_path)
    assert [(row["input_tokens"], row["outcome"]) for row in rows] == [
        (10, None),
        (None, None),
        (None, "not_an_integer"),
        (2**53, None),
    ]


def test_prompts_and_answers_never_leave_the_raw_file(tmp_path: Path) -> None:
    secret = "the patient's diagnosis"
    of_call(tmp_path, messages=[{"content": secret}], response={"text": secret})
    assert secret.encode() not in (tmp_path / "rows.parquet").read_bytes()
    assert secret not in str(pq.read_table(tmp_path / "rows.parquet").to_pylist())


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ('format = "xml"', "source.toml:1: bad_format"),
        ('formt = "csv"', "source.toml:1: unknown_key: formt"),
        ("[columns]\nevent_id = { pth = 'id' }", "source.toml:2: unknown_key: event_id: pth"),
        ("[columns]\nevent_id = { path = 'id', const = 'x' }", "needs one of"),
        ("[columns]\nevent_time = { path = 't' }", "source.toml:2: bad_time"),
        (
            "[columns]\nevent_time = { path = 't', zone = 'Europe/Berlin' }",
            "bad_zone: Europe/Berlin",
        ),
        ("[columns]\nmodel = { path = 'm', strip = 'x' }", "source.toml:2: bad_strip"),
        ("[columns]\nbilling_type = { const = 'chat' }", "chat is not a billing type"),
        ("[columns]\ninput_tokens = { const = 1.5 }", "must be a whole number"),
        ("[columns]\nmodel = { path = 'a..b' }", "source.toml:2: bad_path"),
        ("[skip]\nfailed = { path = 's' }", "source.toml:2: bad_skip"),
        ("[skip]\nfailed = { path = 's', is = ['e'], when = 't' }", "source.toml:2: bad_when"),
        ("[columns", "bad_toml"),
    ],
)
def test_a_source_that_breaks_a_rule_is_refused_by_line(
    text: str, finding: str, tmp_path: Path
) -> None:
    file = tmp_path / "source.toml"
    file.write_text(text)
    with pytest.raises(findings.SourceError) as error:
        checking.load(file)
    assert any(finding in one for one in error.value.findings), error.value.findings


OWN = """
format = "FORMAT"
[columns]
event_id     = { path = "id" }
event_time   = { path = "t", zone = "UTC" }
org_id       = { const = "acme" }
billing_type = { const = "llm_text_chat" }
input_tokens = { path = "a" }
"""


def own_rows(
    content: "str | dict[str, Any] | list[dict[str, Any]]", folder: Path, **columns: str
) -> list[dict[str, Any]]:
    """Return the rows that a source of one's own makes of CSV, of Parquet's columns, or of JSON lines."""
    text = OWN
    for name, rule in columns.items():
        text = re.sub(rf"(?m)^{name} .*\n", "", text) + f"{name} = {rule}\n"
    kind = {str: "csv", dict: "parquet", list: "ndjson"}[type(content)]
    (folder / "own.toml").write_text(text.replace("FORMAT", kind))
    if isinstance(content, dict):
        pq.write_table(pa.table(content), folder / "log")
    else:
        lines = (
            content
            if isinstance(content, str)
            else "".join(f"{json.dumps(one)}\n" for one in content)
        )
        (folder / "log").write_text(lines)
    return mapped_rows(folder / "log", str(folder / "own.toml"))


@pytest.mark.parametrize(
    ("zone", "clock"),
    few_in_short([("-01:00", 26), ("Asia/Shanghai", 17), ("+08:00", 17), ("UTC", 25)], 2),
)
def test_a_time_without_a_zone_is_in_the_one_of_the_source(
    zone: str, clock: int, tmp_path: Path
) -> None:
    instant = datetime(2026, 3, 1) + timedelta(hours=clock)
    form = f'{{ path = "t", time_format = "%Y-%m-%d %H:%M:%S", zone = "{zone}" }}'
    record = {"id": "1", "t": "2026-03-02 01:00:00"}
    (row,) = own_rows([record], tmp_path, event_time=form)
    assert row["event_time"] == instant
    for kind in (pa.timestamp("us"), pa.timestamp("ns")):
        table = {"id": ["1"], "t": pa.array([datetime(2026, 3, 2, 1)], kind)}
        (row,) = own_rows(table, tmp_path, event_time=f'{{ path = "t", zone = "{zone}" }}')
        assert row["event_time"] == instant


def test_a_time_that_names_its_zone_is_in_that_one(tmp_path: Path) -> None:
    form = '{ path = "t", time_format = "%Y-%m-%d %H:%M:%S %z", zone = "+08:00" }'
    (row,) = own_rows([{"id": "1", "t": "2026-03-02 01:00:00 +0100"}], tmp_path, event_time=form)
    assert row["event_time"] == datetime(2026, 3, 2)
    of_pandas = pa.array([datetime(2026, 3, 2)], pa.timestamp("ns", "UTC"))
    (row,) = own_rows(
        {"id": ["1"], "t": of_pandas}, tmp_path, event_time='{ path = "t", zone = "+08:00" }'
    )
    assert row["event_time"] == datetime(2026, 3, 2)


def test_nanoseconds_are_floored_to_the_microsecond(tmp_path: Path) -> None:
    form = '{ path = "t", time_format = "%Y-%m-%d %H:%M:%S.%n", zone = "UTC" }'
    times = ["2026-02-02 23:59:59.999999999", "1969-12-31 23:59:59.999999999"]
    rows = own_rows([{"id": "1", "t": one} for one in times], tmp_path, event_time=form)
    assert [row["event_time"] for row in rows] == [datetime(2026, 2, 2, 23, 59, 59, 999999), None]


def test_an_epoch_beyond_all_instants_costs_no_other_record(tmp_path: Path) -> None:
    records = [{"id": "1", "t": one} for one in ("9" * 20, str(2**63 - 1), "1770020102")]
    rows = own_rows(records, tmp_path, event_time='{ path = "t", epoch = "s" }')
    assert [row["event_time"] for row in rows] == [None, None, datetime(2026, 2, 2, 8, 15, 2)]


def test_a_duration_is_refused_by_name_and_never_taken_for_a_count_of_its_unit(
    tmp_path: Path,
) -> None:
    minute = pa.array([timedelta(seconds=60)], pa.duration("us"))
    table = {"id": ["1"], "t": ["2026-03-02 01:00:00"], "audio_ms": minute}
    (row,) = own_rows(table, tmp_path)
    assert row["audio_ms"] is None  # it is not read
    for rule, column in (
        ('{ path = "audio_ms" }', minute),
        ('{ path = "audio_ms", scale = "0.001" }', minute),
        ('{ path = "audio_ms.long" }', pa.array([{"long": timedelta(seconds=60)}])),
    ):
        with pytest.raises(RejectedLog, match=r"durations \(duration\[us\]\) in audio_ms"):
            own_rows(table | {"audio_ms": column}, tmp_path, audio_ms=rule)


def test_columns_named_by_a_pattern_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(RejectedLog, match=r"reads columns a\* of .*; name each column"):
        own_rows("id,t,a1\n1,2026-03-02 01:00:00,5\n", tmp_path, input_tokens='{ sum = ["a*"] }')


@pytest.mark.parametrize(
    ("rule", "finding"),
    [
        (
            'input_tokens = { sum = ["a", "b"], scale = "1000" }',
            ":7: bad_column: .*scale does noth",
        ),
        ('input_tokens = { const = 1, scale = "2" }', "scale does nothing beside const"),
        (
            'input_tokens = { first = [{ sum = ["a"] }], scale = "2" }',
            "scale does nothing to a sum",
        ),
        ('input_tokens = { path = "a", scale = "1000.000000" }', "at most 9 digits"),
        ('input_tokens = { path = "a", scale = "0.0" }', "bad_scale"),
        (
            'billing_type = { const = "llm_text_chat", map = { a = "asr_recognition" } }',
            "map does nothing",
        ),
        ("Org_ID = { path = 'x' }", "Org_ID differs from org_id in case alone; write org_id"),
        ("Outcome = { path = 'x' }", "Outcome differs from outcome"),
        ("team = { path = 'x' }\nTeam = { path = 'y' }", "Team differs from team"),
        (
            "check_sum = { total = 't', of = 'input_tokens' }",
            ":8: bad_check: check_sum: of is a list",
        ),
        ("check_sum = { total = 't', of = [] }", "bad_check: check_sum: of is a list"),
        ("known_keys = { path = 'u', keys = 'x' }", "bad_check: known_keys: keys is a list"),
        ("event_time = { path = 't', time_format = '%c', zone = 'text' }", "time_format has no %z"),
        ("event_time = { path = 't', time_format = '%Q%z' }", "bad_time: time_format '%Q%z'"),
        ("event_time = { path = 't', time_format = '', zone = 'UTC' }", "bad_time: time_format ''"),
        ("model = { path = 'm', strip = '^(?>a)' }", "bad_strip"),
        (r"model = { path = 'm', strip = '^openai\Z' }", "bad_strip"),
        ("model = { path = 'm', strip = '^a{2000}' }", "bad_strip: strip is not a pattern of RE2"),
        ("model = { path = 'm', strip = '^m++' }", "bad_strip"),
        ("model = { path = '*' }", r"bad_path: model: \* is a pattern"),
        ("model = { first = ['a', { path = 'ki*' }] }", r"model: ki\* is a pattern"),
        ("model = { path = 'm', when = { 'ki*' = ['y'] } }", r"model: ki\* is a pattern"),
        ("model = { path = 'up1.a' }", "up1.a is a parent, and `records` gives none"),
        ("model = { path = 'm', when = {} }", "bad_when"),
        ("model = { path = 'm', when = { k = [['y']] } }", "bad_when"),
        ("model = { path = 'm', map = {} }", "bad_map"),
        ("model = { path = 'a\"b' }", 'bad_path: model: a"b: a JSON name must not contain a quote'),
        ("model = { path = 'a[12345678901]' }", "bad_path: .* no array has an item 12345678901"),
        ("'' = { path = 'm' }", "bad_column: a column has no name"),
        ("model = { path = 'm', when = { k = [] } }", "bad_when"),
        (
            "team = { path = 'x', when = { model = ['m'] } }\n"
            "model = { path = 'm', when = { k = ['y'] } }",
            ":8: bad_when: team: when: model has a when of its own",
        ),
        ("model = { path = 'm', when = { event_time = ['y'] } }", "event_time is not a text"),
        ("[skip]\nfailed = []", ":9: bad_skip"),
        ("[skip]\nfailed = { path = [], missing = true }", "bad_skip"),
    ],
)
def test_a_rule_that_would_not_do_what_it_says_is_refused(
    rule: str, finding: str, tmp_path: Path
) -> None:
    name = f"{rule.partition(' ')[0]} = "
    lines = [re.sub(" +", " ", one) for one in OWN.strip().splitlines()]
    kept = [one for one in lines if not one.startswith(name)]
    kept.insert(next((at for at, one in enumerate(lines) if one.startswith(name)), len(kept)), rule)
    file = tmp_path / "source.toml"
    file.write_text("\n".join(kept).replace("FORMAT", "ndjson"))
    with pytest.raises(findings.SourceError) as error:
        checking.load(file)
    assert len(error.value.findings) == 1
    assert re.search(finding, error.value.findings[0]), error.value.findings


MISTAKES = [
    ("event_time = { path = 't', time_format = 'YYYY-MM-DD', zone = 'UTC' }", "'YYYY-MM-DD' names"),
    (
        "org_id = { path = '$.metadata.org' }",
        r":3: bad_path: .* write metadata.org, and '\"\$\"' for",
    ),
    ("org_id = { path = 'o', when = { '$.kind' = ['y'] } }", r"write kind, and '\"\$\"' for"),
    ("agent_id = { first = ['a', '$[0]'] }", r"write \[0\], and"),
    ("agent_id = { path = '$' }", "name a field, and"),
    ("input_tokens = { const = -1 }", "of 0 to 1,000,000,000,000, not -1"),
    ("input_tokens = { first = ['a', { const = 1000000000001 }] }", "not 1000000000001"),
    (
        "input_tokens = { sum = ['u.in*', 'u.input'] }",
        r":7: bad_sum: .* u.in\* and u.input may name",
    ),
    ("input_tokens = { sum = ['u.a*x', 'u.*cx'] }", r"bad_sum: .* u.a\*x and u.\*cx may name"),
    ("input_tokens = { sum = ['u.a', 'u.b', 'u.a'] }", "bad_sum: .* u.a stands twice"),
    ("input_tokens = { first = ['x', { sum = ['a*', '*'] }] }", r"bad_sum: .* a\* and \* may name"),
    (
        "check_sum = { total = 't', of = ['input_tokens', 'input_tokens'] }",
        "bad_check: check_sum: of names input_tokens twice",
    ),
    ("key_mode = { path = 'k', map = { '*' = 'byok' } }", "key_mode is platform or own, not byok"),
    ("[join]\nfile = '/etc/passwd'\non = 'u'\nkey = 'user'", ":9: bad_join: .* /etc/passwd is not"),
    ("[join]\nfile = '..'\non = 'u'\nkey = 'user'", r"bad_join: \[join\] file: \.\. is not"),
]


@pytest.mark.parametrize(("rule", "finding"), MISTAKES)
def test_a_mistake_is_refused_but_in_a_source_that_a_home_keeps(
    rule: str, finding: str, tmp_path: Path
) -> None:
    name = f"{rule.partition(' ')[0]} = "
    lines = [re.sub(" +", " ", one) for one in OWN.strip().replace("FORMAT", "csv").splitlines()]
    file = tmp_path / "source.toml"
    file.write_text("\n".join([*(one for one in lines if not one.startswith(name)), rule]))
    if name.startswith("org_id"):
        finding = finding.replace(":3:", ":7:")
    with pytest.raises(findings.SourceError) as error:
        checking.load(file)
    assert len(error.value.findings) == 1
    assert re.search(finding, error.value.findings[0]), error.value.findings
    kept = checking.parsed(file.read_bytes(), file, is_kept=True)
    assert kept.join is None or kept.join.file in ("passwd", "..", "")


def test_a_negative_part_of_a_sum_is_not_hidden_by_others(tmp_path: Path) -> None:
    base = {"id": "1", "t": "2026-03-02T01:00:00Z", "k": "y"}
    parts = ({"a": 10, "b": -5}, {"a": 10, "b": 0}, {"a": 10}, {"a": 10, "b": "-0"}, {"b": -5})
    records = [base | {"u": one} for one in parts]
    records += [base | {"x": 3, "u": {"b": -5}}, base | {"k": "n", "u": {"a": 10, "b": -5}}]
    for rule in (
        "{ sum = ['u.*'] }",
        "{ path = 'u.*' }",
        "{ sum = ['u.a', 'u.b'], when = { k = ['y'] } }",
        "{ first = ['x', { sum = ['u.a', 'u.b'] }] }",
    ):
        rows = own_rows(records, tmp_path, input_tokens=rule)
        wrong = [row["outcome"] for row in rows]
        assert wrong[:5] == ["bad_quantity", None, None, "not_an_integer", "bad_quantity"], rule
        assert wrong[5] == (None if "first" in rule else "bad_quantity")
        assert wrong[6] == ("unknown_usage_keys" if "when" in rule else "bad_quantity")
        assert [row["input_tokens"] for row in rows[1:3]] == [10, 10]
    scaled = "{ first = ['a', 'b'], scale = '0.1' }"
    (row,) = own_rows([base | {"a": 15}], tmp_path, audio_ms=scaled, input_tokens="{ path = 'a' }")
    assert row["outcome"] == "not_an_integer"  # 1.5, which nothing floors
    text = "id,t,a,b\n1,2026-03-02T01:00:00Z,10,-5\n"
    (row,) = own_rows(text, tmp_path, input_tokens="{ sum = ['a', 'b'] }")
    assert (row["outcome"], row["input_tokens"]) == ("bad_quantity", 5)


KINDS = [
    {"id": "1", "t": "2026-03-02T01:00:00Z", "a": 10, "b": 7, "kind": "y"},
    {"id": "2", "t": "2026-03-02T01:00:00Z", "a": 20, "b": 7, "kind": "n"},
]


def test_an_alternative_of_a_quantity_counts_only_where_its_when_holds(tmp_path: Path) -> None:
    first = '{ first = [{ path = "a", when = { kind = ["y"] } }, "b"] }'
    rows = own_rows(KINDS, tmp_path, input_tokens=first, agent_id=first)
    assert [(row["input_tokens"], row["agent_id"]) for row in rows] == [(10, "10"), (7, "7")]


@pytest.mark.parametrize("brand", ["y", "*"])
def test_conditions_of_alternatives_and_of_skip_may_name_columns(
    brand: str, tmp_path: Path
) -> None:
    rules = {
        "brand": '{ path = "kind", map = { n = "N" } }',
        "input_tokens": f'{{ first = [{{ path = "a", when = {{ brand = ["{brand}"] }} }}, "b"] }}',
        "[skip]\nfailed": '{ path = "b", is = [7], when = { brand = ["N"], input_tokens = [20] } }',
    }
    rows = own_rows(KINDS, tmp_path, **rules)
    # a brand that was not found does not speak against the value, and is none of any
    assert [(row["brand"], row["input_tokens"], row["outcome"]) for row in rows] == [
        (None, 10 if brand == "y" else 7, None),
        ("N", 7 if brand == "y" else 20, None if brand == "y" else "failed"),
    ]


def test_alternatives_of_event_time_share_its_zone(tmp_path: Path) -> None:
    rows = own_rows(KINDS, tmp_path, event_time='{ first = ["u", "t"], zone = "UTC" }')
    assert {row["event_time"] for row in rows} == {datetime(2026, 3, 2, 1)}


def test_a_column_of_a_file_counts_before_one_of_its_path(tmp_path: Path) -> None:
    folder = tmp_path / "org_id=zzz" / "input_tokens=77"
    folder.mkdir(parents=True)
    columns = {"event_id": ["x"], "event_time": ["2026-03-02T01:00:00Z"], "org_id": ["a"]}
    pq.write_table(pa.table(columns), folder / "log")
    (row,) = mapped_rows(folder / "log", "table")
    assert (row["org_id"], row["input_tokens"]) == ("a", 77)


KEYED = "gen_ai.usage.input_tokens"


@pytest.mark.parametrize(
    "value",
    few_in_short([1000, {"stringValue": None, "intValue": "1000"}, {"intValue": "1000"}], 2),
)
def test_the_value_of_a_key_is_read_in_a_column_of_pairs(value: Any, tmp_path: Path) -> None:
    pairs = [{"key": "other", "value": value}, {"key": KEYED, "value": value}]
    times = {"id": ["1"], "t": ["2026-03-02 01:00:00"]}
    rules = {"input_tokens": f'{{ path = "u[{KEYED}]" }}'}
    columns = [pa.array([pairs])]
    if not isinstance(value, dict) or len(value) == 1:
        columns.append(pa.array([json.dumps(pairs)]))
    if value == 1000:
        columns.append(pa.array([[(KEYED, 1000)]], pa.map_(pa.string(), pa.int64())))
    for column in columns:
        (row,) = own_rows(times | {"u": column}, tmp_path, **rules)
        assert (row["input_tokens"], row["outcome"]) == (1000, None), column.type


def test_a_key_that_comes_twice_in_a_column_of_pairs_leaves_no_reading(tmp_path: Path) -> None:
    lists = [[KEYED, KEYED], [KEYED, "other"], ["other", "other", KEYED]]
    pairs = [[{"key": key, "value": 7} for key in keys] for keys in lists]
    times = {"id": ["1"] * 3, "t": ["2026-03-02 01:00:00"] * 3}
    rules = {"input_tokens": f'{{ path = "u[{KEYED}]" }}'}
    for column in (pa.array(pairs), pa.array(map(json.dumps, pairs))):
        rows = own_rows(times | {"u": column}, tmp_path, **rules)
        assert [row["outcome"] for row in rows] == ["unreadable_record", None, None]


def test_pairs_within_pairs_are_read(tmp_path: Path) -> None:
    record = {
        "id": "1",
        "t": "2026-03-02 01:00:00",
        "u": [{"key": "a", "value": [{"key": "b", "value": 8}]}],
    }
    (row,) = own_rows([record], tmp_path, input_tokens='{ path = "u[a][b]" }')
    assert row["input_tokens"] == 8


@pytest.mark.parametrize(
    ("cell", "outcome"),
    few_in_short(
        [
            ('{"in": 1000}', None),
            ('{"note": "cut \\ud83d", "in": 1000}', "unreadable_record"),
            ("[1]", "unreadable_record"),
            (" ", None),
            ("{cut", "unreadable_record"),
            ("{'in': 5}", "unreadable_record"),
            ('"{}"', "unreadable_record"),
            ("", None),
            ("null", None),
        ],
        4,
    ),
)
def test_a_text_that_is_no_json_where_a_path_leads_is_no_absent_value(
    cell: str, outcome: str | None, tmp_path: Path
) -> None:
    table = {"id": ["1"], "t": ["2026-03-02 01:00:00"], "o": [10]}
    rules = {"input_tokens": '{ path = "u.in" }', "output_tokens": '{ path = "o" }'}
    (row,) = own_rows(table | {"u": [cell]}, tmp_path, **rules)
    assert row["outcome"] == outcome
    text = f'id,t,o,u\n1,2026-03-02 01:00:00,10,"{cell.replace(chr(34), chr(34) * 2)}"\n'
    (row,) = own_rows(text, tmp_path, **rules)
    assert row["outcome"] == outcome


@pytest.mark.parametrize(
    ("cell", "outcome"),
    [(b'{"in": 5}', "unreadable_record"), ([{"in": 5}], "unreadable_record"), ({"in": 5}, None)],
)
def test_a_path_that_leads_nowhere_in_a_column_of_its_type_is_no_absent_value(
    cell: Any, outcome: str | None, tmp_path: Path
) -> None:
    table = {"id": ["1", "2"], "t": ["2026-03-02 01:00:00"] * 2, "o": [10] * 2, "u": [cell, None]}
    rules = {"input_tokens": '{ path = "u.in" }', "output_tokens": '{ path = "o" }'}
    rows = own_rows(table, tmp_path, **rules)
    assert [row["outcome"] for row in rows] == [outcome, None]


MADE_ON_THE_WAY = ("updated_at", "doubts", "number", "total", "has_unknown_keys", "is_doubtful")


@pytest.mark.parametrize("end", few_in_short(["", "\n"]))
def test_a_dimension_may_have_the_name_of_what_is_made_on_the_way(end: str, tmp_path: Path) -> None:
    record: dict[str, Any] = dict.fromkeys(MADE_ON_THE_WAY, "mine")
    record |= {"id": "1", "t": "2026-03-02 01:00:00", "a": 5, "sum": 5}
    rules = {name: f'{{ path = "{name}" }}' for name in MADE_ON_THE_WAY}
    rules["check_sum"] = '{ total = "sum", of = ["input_tokens"] }'
    own_rows([record], tmp_path, **rules)
    (tmp_path / "log").write_text(json.dumps(record) + end)
    (row,) = mapped_rows(tmp_path / "log", str(tmp_path / "own.toml"))
    assert [row[name] for name in MADE_ON_THE_WAY] == ["mine"] * len(MADE_ON_THE_WAY)
    assert (row["input_tokens"], row["outcome"]) == (5, None)
    log = packing.Raw("0" * 64, tmp_path / "log")
    kept = kept_for(str(tmp_path / "own.toml"), tmp_path)
    ((packed,), rejected) = packing.pack([log], kept, tmp_path, Limits(threads=1))
    assert (pq.read_table(packed.path)["number"].to_pylist(), rejected) == (["mine"], {})


@pytest.mark.parametrize("name", few_in_short(["images", "file_name", "record_updated_at"]))
def test_a_dimension_of_a_name_that_rows_have_is_refused(name: str, tmp_path: Path) -> None:
    record = {"id": "1", "t": "2026-03-02 01:00:00"}
    with pytest.raises(findings.SourceError, match=rf"bad_column: {name}"):
        own_rows([record], tmp_path, **{name: '{ path = "id" }'})
    for taken in (name, "number"):
        (tmp_path / "own.toml").write_text('format = "ndjson"\nselect = "rows.sql"\n')
        (tmp_path / "rows.sql").write_text(
            "select row_number, 'x' as event_id, '2026-03-02T01:00:00Z' as event_time, 'a' as org_id,"
            f" 'llm_text_chat' as billing_type, 5 as input_tokens, 'mine' as {taken} from raw"
        )
        if taken == name:
            with pytest.raises(RejectedLog, match=f"gives {name}, which mapped rows have"):
                mapped_rows(tmp_path / "log", str(tmp_path / "own.toml"))
        else:
            (row,) = mapped_rows(tmp_path / "log", str(tmp_path / "own.toml"))
            assert row["number"] == "mine"


def test_a_column_of_bytes_is_no_quantity_and_one_of_json_is_its_text(tmp_path: Path) -> None:
    document = pa.ExtensionArray.from_storage(pa.json_(), pa.array(['{"in": 1000}', "[1]"]))
    table = {"id": ["1", "2"], "t": ["2026-03-02 01:00:00"] * 2, "u": document, "b": [b"10", None]}
    rows = own_rows(table, tmp_path, input_tokens='{ path = "u.in" }')
    assert [row["outcome"] for row in rows] == [None, "unreadable_record"]
    assert rows[0]["input_tokens"] == 1000
    for scale in ("", ', scale = "1"'):
        rule = f'{{ path = "b"{scale} }}'
        (row, _) = own_rows(table, tmp_path, input_tokens=rule)
        assert row["outcome"] == "not_an_integer"
