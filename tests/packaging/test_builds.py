"""What is built and handed to others: which code it says it is, and what lies in a wheel and an sdist."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from pricing_assets.common import code_version

ROOT = Path(__file__).resolve().parents[2]
BUILT_FROM = (
    *("pipelines", "pricing_assets", "sql", "sample_data", "pyproject.toml", ".gitattributes"),
    *(".gitignore", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE"),
    "NOTICE",
)
ASK = "from pricing_assets.common.code_version import code_version; print(code_version())"


def run(*command: object, cwd: Path, path: str | None = None) -> str:
    environment = {"PATH": path or os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull}
    for who in ("AUTHOR", "COMMITTER"):
        environment |= {f"GIT_{who}_NAME": "a", f"GIT_{who}_EMAIL": "a@example.com"}
    done = subprocess.run(
        [*map(str, command)],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def version_of(folder: Path, path: str | None = None) -> str:
    """Return what the code in this folder says it is: the first of sys.path is where Python starts."""
    return run(sys.executable, "-c", ASK, cwd=folder, path=path)


def commit(folder: Path) -> str:
    """Commit all, and return the version that this gives the code."""
    run("git", "add", "--all", cwd=folder)
    run("git", "commit", "--quiet", "--allow-empty", "-m", "one", cwd=folder)
    return f"0.1.0+g{run('git', 'rev-parse', 'HEAD', cwd=folder)[:12]}"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """This code, as it lies here, committed in a repository of its own without a tag."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    for name in BUILT_FROM:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, folder / name)
    run("git", "init", "--quiet", cwd=folder)
    commit(folder)
    return folder


def test_a_checkout_says_its_commit_and_whether_it_was_edited(checkout: Path) -> None:
    first = commit(checkout)
    assert version_of(checkout) == first
    second = commit(checkout)
    assert version_of(checkout) == second != first
    (checkout / "README.md").write_text("no result depends on it")
    assert version_of(checkout) == second
    new = checkout / "sql" / "usage" / "new.sql"
    new.write_text("select 1")
    assert version_of(checkout) == f"{second}.dirty"
    new.unlink()
    edited = checkout / "pricing_assets" / "flow.py"
    edited.write_text(f"{edited.read_text()}\n")
    assert version_of(checkout) == f"{second}.dirty"
    assert version_of(checkout, path="/nowhere") == "0.1.0+unknown", "git is missing"


@pytest.mark.slow
def test_a_shallow_clone_and_an_archive_say_the_commit_too(checkout: Path, tmp_path: Path) -> None:
    version = commit(checkout)
    run("git", "clone", "--quiet", "--depth=1", f"file://{checkout}", "shallow", cwd=tmp_path)
    assert version_of(tmp_path / "shallow") == version
    archive = tmp_path / "archive"
    archive.mkdir()
    run("git", "archive", "--output", archive / "all.tar", "HEAD", cwd=checkout)
    with tarfile.open(archive / "all.tar") as tar:
        tar.extractall(archive, filter="data")
    assert version_of(archive) == version
    shutil.rmtree(checkout / ".git")
    assert version_of(checkout) == "0.1.0+unknown", "a bare copy"


@pytest.mark.slow
def test_a_wheel_and_an_sdist_are_whole_and_say_their_commit(
    checkout: Path, tmp_path: Path
) -> None:
    version = commit(checkout)
    build = (sys.executable, "-m", "hatchling", "build", "-d")
    run(*build, tmp_path / "out", cwd=checkout)
    (wheel,) = (tmp_path / "out").glob("*.whl")
    (sdist,) = (tmp_path / "out").glob("*.tar.gz")
    with tarfile.open(sdist) as tar:
        tar.extractall(tmp_path, filter="data")
    (unpacked,) = tmp_path.glob("creditmill-*")
    for name in ("LICENSE", "NOTICE", "README.md", "CHANGELOG.md", "SECURITY.md", "sql"):
        assert (unpacked / name).exists(), name
    assert version_of(unpacked) == version
    run(*build, tmp_path / "again", "-t", "wheel", cwd=unpacked)
    (again,) = (tmp_path / "again").glob("*.whl")
    assert again.read_bytes() == wheel.read_bytes(), "an sdist makes the same wheel"

    # Where a wheel is installed may lie within another repository.
    site = tmp_path / "project" / "site-packages"
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(site)
    run("git", "init", "--quiet", cwd=site.parent)
    commit(site.parent)
    assert version_of(site) == version
    assert run(sys.executable, "-m", "pipelines.cli", "--version", cwd=site) == version
    (info,) = site.glob("*.dist-info")
    metadata = (info / "METADATA").read_text(encoding="utf-8")
    assert f"\nVersion: {version}\n" in metadata
    assert "\nLicense-Expression: Apache-2.0\n" in metadata
    assert "\nClassifier: Typing :: Typed\n" in metadata
    licenses = info / "licenses"
    assert "Apache License" in (licenses / "LICENSE").read_text(encoding="utf-8")
    assert (licenses / "NOTICE").read_bytes() == (ROOT / "NOTICE").read_bytes()
    assert list(licenses.rglob("License.txt")), "that of DataTables"
    for name in ("pipelines", "pricing_assets"):
        assert (site / name / "py.typed").is_file()
    for name in (
        "sql",
        "sample_data",
        "pricing_assets/pages/templates",
        "pricing_assets/rate_cards",
    ):
        here, there = ROOT / name, site / "pricing_assets" / "data" / name
        there = there if there.exists() else site / name
        assert files_in(here) == files_in(there) != set(), name
    assert not [path for path in site.rglob("*") if "test" in path.name.lower()]


def files_in(folder: Path) -> set[str]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)) for path in paths if path.suffix != ".pyc"}


@pytest.mark.slow
def test_help_and_status_start_no_git(tmp_path: Path) -> None:
    """It costs little, but only what shows or writes a version needs it."""
    (tmp_path / "bin").mkdir()
    git = tmp_path / "bin" / "git"
    git.write_text(f"#!/bin/sh\necho >> {tmp_path}/called\nexit 1\n")
    git.chmod(0o755)
    path = f"{git.parent}:{os.environ['PATH']}"
    command = (sys.executable, "-m", "pipelines.cli")
    run(*command, "--help", cwd=ROOT, path=path)
    run(*command, "rates", "check", "pricing_assets/rate_cards", cwd=ROOT, path=path)
    assert not (tmp_path / "called").exists()
    if (ROOT / ".git").exists():
        assert run(*command, "--version", cwd=ROOT, path=path) == code_version.UNKNOWN
        assert (tmp_path / "called").exists()


def test_what_others_wrote_is_named_with_licence_and_digest() -> None:
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    named = dict(re.findall(r"^  (\S+)\n    SHA-256 ([0-9a-f]{64})$", notice, re.MULTILINE))
    vendor = ROOT / "pricing_assets" / "pages" / "vendor"
    found = {
        str(path.relative_to(ROOT)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in vendor.rglob("*")
        if path.is_file() and path.name != "SHA256SUMS"
    }
    assert named == found
    for sums in vendor.rglob("SHA256SUMS"):
        for line in sums.read_text(encoding="utf-8").splitlines():
            digest, name = line.split()
            assert found[str((sums.parent / name).relative_to(ROOT))] == digest
