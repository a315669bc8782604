"""Tokens and passwords in addresses: no message, record, metadata or log bears them."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from pipelines import settings
from pricing_assets.common import addresses
from pricing_assets.common.errors import ConfigurationError, EngineLost
from pricing_assets.intake import reader
from pricing_assets.usage import retries
from pricing_assets.usage.spark import losses
from pricing_assets.usage.spark.engine import Spark
from pricing_assets.usage.spark.session import Cluster
from tests.support import spark_cluster
from tests.support.command import creditmill
from tests.support.workspace import Workspace, row

TOKEN = "dapi0123456789abcdef"
ADDRESSES = [
    # as given, as shown, what must not be shown
    ("sc://host", "sc://host", set()),
    ("sc://host:443/;use_ssl=true;user_id=me", "sc://host:443", set()),
    (f"sc://host:443/;token={TOKEN}", "sc://host:443", {TOKEN, f"token={TOKEN}"}),
    (f"sc://host;token={TOKEN};x-a=0204-x", "sc://host", {TOKEN, "0204-x"}),
    ("sc://h/;token=a%2Fb%3D", "sc://h", {"a%2Fb%3D", "a/b="}),
    ("sc://h/;x-databricks-cluster-id=0204-1;token=k", "sc://h", {"0204-1", "k"}),
    (f"sc://[::1]:15002/;token={TOKEN}", "sc://[::1]:15002", {TOKEN}),
    (f"sc://me:{TOKEN}@host", "sc://***", set()),  # no such address is taken
    (f"s3a://AKIA7:{TOKEN}@bucket/home", "s3a://bucket/home", {TOKEN, "AKIA7"}),
    (f"s3a://AKIA7:a/;b@{TOKEN}@bucket/home", "s3a://bucket/home", {f"a/;b@{TOKEN}"}),
    (f"abfss://c@acct.example/home?sig={TOKEN}", "abfss://acct.example/home", {TOKEN}),
    (f"s3:/AKIA7:{TOKEN}@bucket", "s3://bucket", {TOKEN}),  # as a path spells it
    (f"k8s://https://me:{TOKEN}@host:6443", "k8s://host:6443", {TOKEN}),
    ("local[2]", "local[2]", set()),
    ("/srv/home;x=1", "/srv/home;x=1", set()),
]


@pytest.mark.parametrize("address, shown, secrets", ADDRESSES)
def test_an_address_is_shown_without_its_secrets(
    address: str, shown: str, secrets: set[str]
) -> None:
    assert addresses.shown(address) == shown
    assert secrets <= addresses.secrets_of(address)
    said = addresses.without(f"no answer from {address} ({' '.join(secrets)})", [address, None])
    assert not [secret for secret in secrets if len(secret) > 1 and secret in said]


SETTINGS = [
    {"spark_remote": f"sc://host/;token={TOKEN}"},
    {"spark_home": f"s3a://AKIA7:{TOKEN}@bucket/home"},
    {"spark_master": f"k8s://https://me:{TOKEN}@host"},
]


@pytest.mark.parametrize("given", SETTINGS)
def test_printed_settings_show_no_secret(given: dict[str, str]) -> None:
    made = settings.load(**given)
    for shown in (str(made), repr(made), str(made.model_dump()), made.model_dump_json()):
        assert TOKEN not in shown


REFUSED = [
    {"spark_remote": f"https://host/;token={TOKEN}"},
    {"spark_remote": f"sc://host/path;token={TOKEN}"},
    {"spark_remote": f"sc://me:{TOKEN}@host"},
    {"spark_home": f"s3a:bucket;{TOKEN}"},
    {"logs": f"s3://AKIA7:{TOKEN}@bucket/logs"},
    {"home": f"https://me:{TOKEN}@host/home?sig={TOKEN}"},
    {"unknown": TOKEN},
    {"threads": TOKEN},
]


@pytest.mark.parametrize("given", REFUSED)
def test_what_is_refused_is_named_without_them(given: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(given))) as refused:
        settings.load(**given)
    error: BaseException | None = refused.value
    while error is not None:  # Dagster stores every cause of an error
        assert TOKEN not in str(error)
        error = error.__cause__ or error.__context__


def test_a_session_is_named_without_them(tmp_path: Path) -> None:
    remote = f"sc://host:443/;token={TOKEN};x-a=b"
    spark = Spark(Cluster(remote), tmp_path, f"s3a://AKIA7:{TOKEN}@bucket/")
    spark._session = SimpleNamespace(version="4", conf={})  # type: ignore[assignment]
    assert spark.identity()["spark"] == "sc://host:443"
    assert TOKEN not in f"{spark} {spark.cluster!r} {spark.cluster} {spark.identity()}"
    with pytest.raises(ConfigurationError, match=r"s3a://bucket/\[a\] for a pattern"):
        spark.uri(tmp_path / "[a]")


def errors_of(address: str) -> list[BaseException]:
    """What Spark's client raises, with the whole address in its text."""
    from pyspark.errors import AnalysisException, PySparkValueError

    return [
        PySparkValueError(f"[INVALID_CONNECT_URL] Invalid URL for Spark Connect: {address}"),
        AnalysisException(f"[PATH_NOT_FOUND] Path does not exist: {address}/logs"),
        OSError(f"cannot reach {address}"),
    ]


@pytest.mark.parametrize("address", [f"sc://h/;token={TOKEN}", f"s3a://AKIA7:{TOKEN}@bucket"])
def test_what_spark_says_is_shown_without_them(address: str, tmp_path: Path) -> None:
    pytest.importorskip("pyspark")
    spark = Spark(Cluster(address), tmp_path, address)
    for error in errors_of(address):
        with pytest.raises((EngineLost, RuntimeError)) as lost, losses.lost(spark):
            raise error
        assert TOKEN not in str(lost.value)
        assert "***" in str(lost.value)
        assert lost.value.__cause__ is None
        assert lost.value.__suppress_context__


def test_a_run_leaves_none_of_them_anywhere(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither printed nor in the home, nor in what Dagster records of a run that fails."""
    pytest.importorskip("pyspark")
    monkeypatch.setattr(retries, "RETRIES", 0)
    workspace.log("a.parquet", row())
    place = workspace.folder / "dagster"
    place.mkdir()
    (place / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    at = f"sc://127.0.0.1:{spark_cluster.free_port()}"
    env = {"DAGSTER_HOME": str(place), "CREDITMILL_HOME": str(workspace.home.path)}
    env["CREDITMILL_SPARK_REMOTE"] = f"{at}/;use_ssl=true;token={TOKEN};x-a={TOKEN}"
    words = (
        "run",
        "--logs",
        workspace.inbox,
        "--rates",
        workspace.books[0],
        "--engine",
        "spark",
        "--json",
    )
    done = creditmill(*words, cwd=workspace.folder, env=env)
    said = (done.stdout + done.stderr).decode()
    assert f"nobody answers at {at} (" in said
    assert TOKEN not in said
    written = [file for file in workspace.folder.rglob("*") if file.is_file()]
    assert any(b"nobody answers at" in file.read_bytes() for file in written)  # Dagster's record
    assert [file for file in written if TOKEN.encode() in file.read_bytes()] == []


def test_the_process_that_reads_logs_has_none_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDITMILL_SPARK_REMOTE", f"sc://host/;token={TOKEN}")
    with reader.Reader() as one:
        child = one._begin()
        environ = Path(f"/proc/{child.pid}/environ")
        if environ.exists():
            assert TOKEN.encode() not in environ.read_bytes()
