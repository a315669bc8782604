"""Which engine reads single events, as settings say; none is started before it is needed."""

from typing import TYPE_CHECKING

from pricing_assets.common.errors import ConfigurationError
from pricing_assets.usage.engine import Engine
from pricing_assets.usage.rollups import Rollups

if TYPE_CHECKING:
    from pipelines.settings import Settings
    from pricing_assets.objects import Address
    from pricing_assets.usage.far.cluster import ClusterReader
    from pricing_assets.usage.spark.session import Cluster


def engine_of(settings: "Settings") -> Engine:
    """Return what reads single events; ConfigurationError where it cannot be started from here."""
    if settings.engine == "duckdb":
        return Rollups()
    if settings.spark_remote is not None and settings.spark_master is not None:
        raise ConfigurationError(
            "settings: give spark_remote (Spark Connect) or spark_master, not both"
        )
    from pricing_assets.usage.spark.session import Cluster

    remote, master, seen_as = (
        None if one is None else one.get_secret_value()
        for one in (settings.spark_remote, settings.spark_master, settings.spark_home)
    )
    cluster = Cluster(remote, master)
    cluster.require()
    if settings.scratch_uri is not None:
        return Rollups(_far(settings, cluster, settings.scratch_uri))
    from pricing_assets.usage.spark.engine import Spark

    return Rollups(Spark(cluster, settings.open_home().path, seen_as))


def _far(settings: "Settings", cluster: "Cluster", scratch_uri: "Address") -> "ClusterReader":
    """Return a cluster whose workers read logs where they lie."""
    if settings.spark_home is not None:
        raise ConfigurationError(
            "settings: give spark_home (workers that share a folder) or scratch_uri (workers that do"
            " not), not both"
        )
    if not settings.stays:
        raise ConfigurationError(
            'settings: scratch_uri is of workers that read logs where they lie; add keep = "reference"'
        )
    from pricing_assets.usage.far.cluster import ClusterReader

    return ClusterReader(cluster, scratch_uri, settings.limits())
