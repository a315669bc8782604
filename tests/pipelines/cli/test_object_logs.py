"""`creditmill run --logs s3://…`: what it prints, and that no credential is shown or kept."""

import os
from pathlib import Path

import pytest

from tests.support.command import BOOK, creditmill, write_openai_log
from tests.support.object_server import Bucket

SECRETS = ("AKIAKEYOFTESTS", "secret-of-tests")


def log(folder: Path, name: str = "a.parquet", **how: int) -> bytes:
    file = folder / "made" / name
    write_openai_log(file, **how)
    return file.read_bytes()


def test_a_bucket_becomes_reports_and_no_credential_is_kept(
    tmp_path: Path, objects: Bucket
) -> None:
    objects.put("logs/2026-03-02/a.parquet", log(tmp_path))
    objects.put("logs/2026-03-02/_b.parquet", b"half")
    where = f"s3://{objects.name}/logs"
    done = creditmill("run", "--logs", where, "--rates", BOOK, "--home", "home", cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    assert b"2026-03-02  published" in done.stdout
    assert f"not read in {where}: 1 file is hidden".encode() in done.stderr
    again = creditmill("run", "--logs", where, "--home", "home", cwd=tmp_path)
    assert b"Nothing changed: 1 date up to date, 1 log known." in again.stdout
    texts = [done.stdout, done.stderr, again.stdout, again.stderr]
    texts += [file.read_bytes() for file in (tmp_path / "home").rglob("*") if file.is_file()]
    assert not [secret for secret in SECRETS for text in texts if secret.encode() in text]


@pytest.mark.slow
def test_a_rejected_object_stays_named_until_it_is_gone(tmp_path: Path, objects: Bucket) -> None:
    objects.put("logs/a.parquet", log(tmp_path))
    objects.put("logs/b.parquet", b"no Parquet")
    where = f"s3://{objects.name}/logs"
    run = ("run", "--logs", where, "--home", "home", "--no-pages")
    done = creditmill(*run, "--rates", BOOK, cwd=tmp_path)
    assert done.returncode == 1
    assert f"{where}/b.parquet" in done.stderr.decode().replace("\n", "")
    status = creditmill("status", "--home", "home", cwd=tmp_path)
    assert status.returncode == 1
    objects.delete("logs/b.parquet")
    assert creditmill(*run, cwd=tmp_path).returncode == 0
    assert creditmill("status", "--home", "home", cwd=tmp_path).returncode == 0


@pytest.mark.slow
def test_several_inboxes_of_the_settings_may_lie_anywhere(tmp_path: Path, objects: Bucket) -> None:
    objects.put("a.parquet", log(tmp_path))
    write_openai_log(tmp_path / "on disk" / "b.parquet", day=3)
    settings = tmp_path / "creditmill.toml"
    settings.write_text(
        f'home = "home"\npages = false\nrates = "{BOOK}"\n'
        f'[[logs]]\npath = "s3://{objects.name}"\n'
        f'[[logs]]\npath = "file://{tmp_path}/on%20disk"\n'
    )
    done = creditmill("run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    assert b"2026-03-02" in done.stdout
    assert b"2026-03-03" in done.stdout


def test_wrong_addresses_are_named(tmp_path: Path, objects: Bucket) -> None:
    wrong = {
        f"s3://{objects.name}-none/logs": f"there is no bucket {objects.name}-none",
        "s3://_/logs": "names no bucket",
        "s3://user:word@bucket/logs": "an address must not contain a user, password or port",
        "s3://bucket/logs?token=word": "leave out what comes after ?",
        "ftp://host/logs": "neither a path nor an address",
    }
    for where, message in wrong.items():
        done = creditmill("run", "--logs", where, "--home", "home", cwd=tmp_path)
        told = " ".join(done.stderr.decode().split())
        assert (done.returncode, message in told) == (2, True), told
        assert "word@" not in told
        assert "token=" not in told
    assert not (tmp_path / "home").exists()


@pytest.mark.slow
def test_a_profile_is_used_and_not_shown(tmp_path: Path, objects: Bucket) -> None:
    objects.put("logs/a.parquet", log(tmp_path))
    profiles = tmp_path / "credentials"
    profiles.write_text(
        "[billing]\naws_access_key_id = AKIAOFPROFILE\naws_secret_access_key = word\n"
        f"endpoint_url = {objects.server.url}\nregion = us-east-1\n"
    )
    env = {"AWS_PROFILE": "billing", "AWS_SHARED_CREDENTIALS_FILE": str(profiles)}
    unset = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL", "AWS_REGION")
    env |= dict.fromkeys(unset, "")
    where = f"s3://{objects.name}/logs"
    run = ("run", "--logs", where, "--home", "home", "--rates", BOOK, "--no-pages")
    seen: list[str] = []
    objects.server.watch(credentials=seen.append)
    done = creditmill(*run, cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stderr.decode()
    assert all("AKIAOFPROFILE" in one for one in seen)
    assert seen
    other = creditmill(*run, cwd=tmp_path, env={**env, "AWS_PROFILE": "nobody"})
    assert other.returncode == 2
    assert b"AWS_PROFILE names the profile nobody" in other.stderr
    assert os.environ["AWS_ACCESS_KEY_ID"] == SECRETS[0]
