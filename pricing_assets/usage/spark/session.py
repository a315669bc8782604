"""A session on the user's Spark: what must be there first, and settings that decide bits.

The session is opened where it is first needed; what runs on it belongs to `engine`.
"""

import os
import re
import shutil
import socket
import subprocess
import warnings
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pricing_assets.common import addresses
from pricing_assets.common.errors import ConfigurationError, EngineLost
from pricing_assets.usage.spark.translate import prelude

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

JAVA = 17
EXTRA = "pip install 'creditmill[spark]'"


class Deciding(NamedTuple):
    """A value that a setting must have, and what it guards."""

    value: str
    guards: str


DECIDING = {
    "spark.sql.ansi.enabled": Deciding("true", "an overflow or a bad cast fails, and is not NULL"),
    "spark.sql.decimalOperations.allowPrecisionLoss": Deciding(
        "false", "no digit of a sum is rounded away"
    ),
    "spark.sql.session.timeZone": Deciding("UTC", "instants are those of the log"),
    "spark.sql.timestampType": Deciding("TIMESTAMP_NTZ", "instants are not shifted by a zone"),
    "spark.sql.caseSensitive": Deciding("true", "columns that differ by case alone are two"),
    "spark.sql.legacy.parquet.nanosAsLong": Deciding("true", "nanoseconds are read, not refused"),
    "spark.sql.parquet.datetimeRebaseModeInRead": Deciding(
        "CORRECTED", "old dates are read as they are written"
    ),
    "spark.sql.parquet.int96RebaseModeInRead": Deciding(
        "CORRECTED", "old instants of 96 bits are read as they are written"
    ),
    "spark.sql.parquet.datetimeRebaseModeInWrite": Deciding(
        "CORRECTED", "old dates are written as they are"
    ),
    "spark.sql.parquet.writeLegacyFormat": Deciding("false", "DuckDB reads what workers write"),
    "spark.sql.parquet.enableVectorizedReader": Deciding(
        "true", "integers of less than 64 bits are widened"
    ),
    "spark.sql.parquet.recordLevelFilter.enabled": Deciding("false", "row numbers are the file's"),
    "spark.sql.files.ignoreCorruptFiles": Deciding("false", "a damaged log ends the run"),
    "spark.sql.files.ignoreMissingFiles": Deciding("false", "a log that is gone ends the run"),
    "spark.sql.sources.useV1SourceList": Deciding(
        "avro,csv,json,kafka,orc,parquet,text", "files and row numbers have their names"
    ),
}
"""Settings of the session that results depend on; set, and read back."""


@dataclass(frozen=True)
class Cluster:
    """Where Spark is: a Connect address (`sc://…`), or a master for a driver in this process. An
    address may hold a token, and is shown without."""

    remote: str | None = field(default=None, repr=False)
    master: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return addresses.shown(self.remote or self.master or "local[*]")

    def require(self) -> None:
        """Raise ConfigurationError where something that Spark needs is not installed here."""
        if find_spec("pyspark") is None or find_spec("sqlglot") is None:
            raise ConfigurationError(f"the engine spark needs the extra [spark]: {EXTRA}")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pyspark.sql  # noqa: F401  before Great Expectations hides it: see `judge`
        if self.remote is None:
            require_java()
        elif find_spec("grpc") is None:
            raise ConfigurationError(f"Spark Connect needs the extra [spark]: {EXTRA}")

    def connected(self) -> "SparkSession":
        """Open a session as the cluster has it."""
        _answers(self.remote or self.master or "")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of pandas' version, which nothing here uses
            return _connected(self.remote) if self.remote else _driver(self.master)

    def open(self) -> "SparkSession":
        """Open a session with every deciding setting as it must be, and the prelude's functions.
        ConfigurationError where Spark does not take a setting."""
        session = self.connected()
        refused = [
            f"{name} = {wanted.value} (it says {found}), so that {wanted.guards}"
            for name, wanted in DECIDING.items()
            if (found := _set(session, name, wanted.value)) is not None
        ]
        if refused:
            raise ConfigurationError(
                f"this Spark does not take {'; '.join(refused)}. Its results could differ, so nothing was"
                " started. See docs/scale_out.md; workers that run Python (scratch_uri) need none of these"
            )
        for statement in prelude():
            session.sql(statement)
        return session


def require_java() -> None:
    """Raise ConfigurationError where no Java is that runs a Spark driver."""
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home, "bin", "java")) if home else shutil.which("java")
    advice = (
        f"Install Java {JAVA} (Debian and Ubuntu: apt-get install openjdk-{JAVA}-jre-headless), or"
        " point JAVA_HOME at it; over Spark Connect (spark_remote) no Java is needed here"
    )
    if java is None or not Path(java).exists():
        raise ConfigurationError(f"the engine spark needs Java {JAVA}, and none is here. {advice}")
    output = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', output)
    if version is None or int(version[1]) < JAVA:
        found = output.splitlines()[0] if output else "no version"
        raise ConfigurationError(
            f"the engine spark needs Java {JAVA}, and {java} says: {found}. {advice}"
        )


def _answers(address: str) -> None:
    """Raise EngineLost where nobody listens at an address with a port: clients try on for minutes."""
    places = re.findall(r"(?:sc://|spark://|,)(\[[^]]+\]|[^:/,;]+)(?::(\d+))?", address)
    reason = ""
    for host, port in places:
        default = 15002 if address.startswith("sc:") else 7077
        try:
            socket.create_connection((host.strip("[]"), int(port or default)), 10).close()
            return
        except OSError as error:
            reason = str(error)
    if places:
        raise EngineLost(
            f"nobody answers at {addresses.shown(address)} ({reason}); nothing was started. Is the cluster up?"
        )


def _connected(remote: str) -> "SparkSession":
    from pyspark.sql.connect.session import SparkSession as Connect

    session: SparkSession = Connect.builder.remote(remote).create()  # type: ignore[assignment]
    return session


def _driver(master: str | None) -> "SparkSession":
    from pyspark.sql import SparkSession

    master = master or "local[*]"
    builder = SparkSession.builder.appName("creditmill").master(master)
    builder = builder.config("spark.ui.showConsoleProgress", "false")
    builder = builder.config("spark.log.level", "ERROR")
    if re.match(r"local\b|spark://(127\.|localhost)", master):
        # nothing of this driver is to be seen beyond the machine
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        builder = builder.config("spark.driver.host", "127.0.0.1")
        builder = builder.config("spark.driver.bindAddress", "127.0.0.1")
    if re.match(r"local\b", master):
        builder = builder.config("spark.sql.shuffle.partitions", "16")
    session = builder.getOrCreate()
    running = session.sparkContext.master
    if running != master:
        # Spark has one driver a process, and hands it out whatever was asked for
        raise ConfigurationError(
            f"this process has a driver of {addresses.shown(running or '')} already, so none of"
            f" {addresses.shown(master)} can be started;"
            " start a new process for the other cluster"
        )
    return session.newSession()


def _set(session: "SparkSession", name: str, wanted: str) -> str | None:
    """Set a setting of the session; returns what Spark says where it does not take it."""
    from pyspark.errors import PySparkException

    try:
        session.conf.set(name, wanted)
        found = session.conf.get(name)
    except PySparkException as error:
        return str(error).splitlines()[0]
    return None if found is not None and found.lower() == wanted.lower() else str(found)


def identity(session: "SparkSession") -> dict[str, str]:
    """Return the application's id and the address of its UI, where Spark tells them."""
    from pyspark.errors import PySparkException

    context = getattr(session, "_sc", None)
    if context is not None:
        return {
            "spark_version": session.version,
            "application_id": str(context.applicationId),
            "ui": str(context.uiWebUrl or ""),
        }
    facts = {"spark_version": session.version}
    for key, name in (("application_id", "spark.app.id"), ("ui", "spark.ui.reverseProxyUrl")):
        try:
            facts[key] = session.conf.get(name, "") or ""
        except PySparkException:
            facts[key] = ""
    return facts
