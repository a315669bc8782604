"""What holds a session of Spark, and what becomes of an attempt that cannot go on: an error that is
tried again, without secrets.

How a session is opened belongs to `session`, how often it is tried again to `pipelines.retries`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pricing_assets.common import addresses
from pricing_assets.common.errors import EngineLost
from pricing_assets.usage.spark import session

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass
class OnCluster:
    """What works on a session of Spark, which is opened where it is first needed."""

    cluster: session.Cluster
    _session: "SparkSession | None" = field(default=None, init=False, repr=False)

    def identity(self) -> dict[str, str]:
        """Return what names this run of Spark in its own pages; empty before it was needed."""
        if self._session is None:
            return {}
        with lost(self):
            return {"spark": str(self.cluster), **session.identity(self._session)}

    def without_secrets(self, text: str) -> str:
        """Return what Spark says, without the token or password by which it is reached."""
        return addresses.without(text, (self.cluster.remote, self.cluster.master))

    def close(self) -> None:
        """End the session, if there is one."""
        opened, self._session = self._session, None
        if opened is not None:
            with quietly():
                opened.stop()


@contextmanager
def lost(engine: OnCluster) -> Iterator[None]:
    """End the attempt where Spark cannot go on: EngineLost, with the session dropped."""
    import py4j.protocol
    from pyspark.errors import AnalysisException, ParseException, PySparkException

    try:
        yield
    except (AnalysisException, ParseException) as error:
        if engine.without_secrets(str(error)) == str(error):
            raise
        raise RuntimeError(engine.without_secrets(str(error))) from None
    except (
        PySparkException,
        py4j.protocol.Py4JError,
        py4j.protocol.Py4JJavaError,
        OSError,
        *_grpc_errors(),
    ) as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        engine.close()
        ended = EngineLost(
            f"Spark at {engine.cluster} did not finish: {engine.without_secrets(lines[0])}. Nothing"
            " was published by this attempt; what was published stays in force. Run again when"
            " Spark answers"
        )
        # Dagster stores the cause of an error beside it.
        raise ended from (error if engine.without_secrets(str(error)) == str(error) else None)


def _grpc_errors() -> tuple[type[Exception], ...]:
    try:
        import grpc
    except ImportError:
        return ()
    return (grpc.RpcError,)


@contextmanager
def quietly() -> Iterator[None]:
    """Pass over the end of what is gone already."""
    import py4j.protocol
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, py4j.protocol.Py4JError, OSError, *_grpc_errors()):
        pass
