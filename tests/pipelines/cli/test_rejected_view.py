"""Files as they are shown: rejected ones, and those that are ingested without dates."""

import pytest

from pipelines.cli.inbox_view import undated
from pipelines.cli.rejected_view import show_rejections
from pricing_assets.home import Receipt
from pricing_assets.intake.inbox import Rejection


@pytest.mark.parametrize(
    ("paths", "said"),
    [
        (["/x/a"], "rejected /x/a: "),
        (["/x/a", "/x/b"], "rejected 2 files in /x (a, b): "),
        (["/x/a", "/y/b", "/x/c", "/x/d"], "rejected 4 files (/x/a, /y/b, /x/c and 1 more): "),
        (["s3://x/a", "s3://x/b"], "rejected 2 files in s3://x (a, b): "),
        (["/a", "/b"], "rejected 2 files in / (a, b): "),
    ],
)
def test_files_of_one_reason_are_named_each_under_its_own_folder(
    paths: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    show_rejections([Rejection(path, "empty_file", "empty_file: no bytes") for path in paths])
    assert said in capsys.readouterr().err


def test_rows_without_a_usage_date_are_counted() -> None:
    log = Receipt("0" * 64, "a.csv", "", 4, 9, {}, {"missing_event_time": 1}, [])
    assert undated(log) == "a.csv: 1 of 4 rows has no usage date"
