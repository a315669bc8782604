"""`creditmill publish`, the setting `publish_to`, and what `status` says of it."""

import json
from pathlib import Path

import pytest

from tests.support.cases import few_in_short
from tests.support.command import BOOK, Done, creditmill, write_openai_log
from tests.support.object_server import Bucket

BUSY = ("503 Slow Down", b"<Error><Code>SlowDown</Code></Error>")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_openai_log(tmp_path / "inbox" / "a.parquet")
    return tmp_path


def run(folder: Path, *more: object, **env: str) -> Done:
    words = ("run", "--logs", "inbox", "--rates", BOOK, "--home", "home", "--no-pages")
    return creditmill(*words, *more, cwd=folder, env=env)


@pytest.mark.slow
def test_publish_says_what_travels_and_status_what_is_behind(folder: Path, objects: Bucket) -> None:
    assert run(folder).returncode == 0
    publish = ("publish", "--to", f"s3://{objects.name}/out", "--home", "home")
    would = creditmill(*publish, "--dry-run", cwd=folder)
    assert (would.returncode, would.stdout[:13]) == (0, b"Would publish")
    assert objects.contents() == {}
    done = creditmill(*publish, cwd=folder)
    assert done.stdout.startswith(b"Published "), done.stderr.decode()
    again = creditmill(*publish, "--json", cwd=folder)
    told = json.loads(again.stdout)
    assert (told["objects"], told["is_new"], told["to"]) == (0, False, f"s3://{objects.name}/out")
    status = ("status", "--home", "home")
    assert b"is behind" not in creditmill(*status, cwd=folder).stderr
    write_openai_log(folder / "inbox" / "b.parquet", day=3)
    run(folder)
    behind = creditmill(*status, cwd=folder)
    words = " ".join(behind.stderr.decode().split())
    assert f"what is published in s3://{objects.name}/out is behind" in words
    assert json.loads(creditmill(*status, "--json", cwd=folder).stdout)["publish_behind"] == [
        f"s3://{objects.name}/out"
    ]


@pytest.mark.parametrize("recorded", few_in_short([False, True]))
def test_a_run_publishes_where_the_setting_says_and_fails_where_it_cannot(
    folder: Path, objects: Bucket, monkeypatch: pytest.MonkeyPatch, recorded: bool
) -> None:
    """Through Dagster, too: the command says it, and no step fails."""
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    if recorded:
        (folder / "dagster").mkdir()
        monkeypatch.setenv("DAGSTER_HOME", str(folder / "dagster"))
    to = {"CREDITMILL_PUBLISH_TO": f"s3://{objects.name}/out"}
    assert run(folder, **to).returncode == 0
    first = objects.contents()
    assert "out/latest.json" in first
    write_openai_log(folder / "inbox" / "b.parquet", day=3)
    objects.server.watch(before=lambda one: BUSY if one.method == "PUT" else None)
    failed = run(folder, **to)
    assert failed.returncode == 1
    assert b"2026-03-03  published" in failed.stdout
    assert b"not brought to object storage" in failed.stderr
    objects.server.watch()
    assert objects.contents() == first
    assert run(folder, **to).returncode == 0
    assert any("usage_date=2026-03-03/0001" in key for key in objects.contents())


def test_nowhere_to_publish_is_wrong_usage(folder: Path, objects: Bucket) -> None:
    run(folder)
    nowhere = creditmill("publish", "--home", "home", cwd=folder)
    assert nowhere.returncode == 2
    assert b"say where to publish: --to s3://BUCKET/PREFIX" in nowhere.stderr
    a_folder = creditmill("publish", "--home", "home", "--to", "out", cwd=folder)
    assert a_folder.returncode == 2
    assert b"is not an address like s3://bucket/prefix" in a_folder.stderr
    none = creditmill("publish", "--home", "home", "--to", "s3://nobody-has-it/x", cwd=folder)
    assert none.returncode == 2
    assert b"there is no bucket nobody-has-it" in none.stderr
