"""What becomes of an attempt on Spark that cannot go on: an error that is tried again, without secrets.

How a session is opened belongs to `session`, how often it is tried again to `pipelines.retries`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from pricing_assets.common.errors import EngineLost

if TYPE_CHECKING:
    from pricing_assets.usage.spark.session import Cluster


class Lost(Protocol):
    """What works on a session of Spark."""

    @property
    def cluster(self) -> "Cluster":
        """Where Spark is."""

    def without_secrets(self, text: str) -> str:
        """Return what Spark says, without the token or password by which it is reached."""

    def close(self) -> None:
        """End the session."""


@contextmanager
def lost(engine: Lost) -> Iterator[None]:
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
