"""Folders of logs as settings name them."""

import re
from pathlib import Path

import pytest

from pipelines.settings import Settings, load
from pricing_assets.common.errors import ConfigurationError

NESTED = "in/sub (source dify) lies in in (source azure_apim), so that both would read its files"
TWICE = "in (source azure_apim) and in (no source) name one folder"


@pytest.mark.parametrize(
    ("other", "wrong"),
    [
        ('path = "in/sub"\nsource = "dify"', f"settings: [[logs]]: {NESTED}; put it beside"),
        ('path = "./in"', f"settings: [[logs]]: {TWICE}; leave one of them out"),
        ('path = "in/*.json"\nsource = "dify"', "are of one folder"),
        ('path = "in/sub"\nsource = "azure_apim"', ""),
        ('path = "in-other"\nsource = "dify"', ""),
    ],
)
def test_folders_of_logs_with_other_sources_do_not_hold_each_other(
    other: str, wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in/sub").mkdir(parents=True)
    first = '[[logs]]\npath = "in"\nsource = "azure_apim"\n'
    (tmp_path / "creditmill.toml").write_text(f"{first}[[logs]]\n{other}\n")
    if not wrong:
        assert len(Settings().inboxes) == 2
        return
    with pytest.raises(ConfigurationError, match=re.escape(wrong)):
        _ = Settings().inboxes


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (
            '[[logs]]\npath = "x"\n[[logs]]\npath = "y"\nsorce = "dify"',
            "in creditmill.toml, [[logs]] number 2: sorce is not one of its keys; did you mean source?"
            " They are path, source, keep_raw",
        ),
        (
            '[[logs]]\npath = 3\n[[logs]]\nsource = "dify"',
            "in creditmill.toml, [[logs]] number 1: path: it is neither a path nor an address;"
            " number 2: it has no path",
        ),
        (
            '[logs]\npath = "x"',
            "in creditmill.toml each folder of logs is a table [[logs]] of its own, not [logs]",
        ),
        (
            'logs = ["x"]',
            "in creditmill.toml, [[logs]] number 1: it is not a table with the keys path, source, keep_raw",
        ),
    ],
)
def test_what_is_wrong_with_folders_of_logs_is_said_by_key(
    text: str, wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "creditmill.toml").write_text(text)
    with pytest.raises(ConfigurationError) as error:
        load()
    assert str(error.value) == f"settings: logs: {wrong}"


def test_a_setting_of_another_type_is_said_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "creditmill.toml").write_text("rates = 3\npublish_to = 3\n[home]\n")
    with pytest.raises(ConfigurationError) as error:
        load()
    assert str(error.value) == (
        "settings: home: it is not a path; rates: it is not a text, nor a list of texts;"
        " publish_to: it is not an address; write it like s3://bucket/prefix"
    )
