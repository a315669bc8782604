"""A run over a home, as the settings say; what differs from them is set by who asks for it.

What a run does belongs to `pricing_assets.flow`.
"""

import math

from pipelines.settings import Settings
from pricing_assets.delivery.send import Destination
from pricing_assets.flow import Run
from pricing_assets.home import Home, HomeSettings
from pricing_assets.intake.arrivals import IngestOptions


def run_of(settings: Settings, home: Home, held: HomeSettings, until: float = math.inf) -> Run:
    """Return a run over a locked home, whose settings are `held`. It ingests nothing where no inboxes
    are added, and reads no new log after the instant `until` (`time.monotonic`)."""
    to = settings.publish_to
    return Run(
        home,
        held,
        settings.limits(),
        IngestOptions(file_limits=settings.file_limits(), until=until, stays=settings.stays),
        pages=settings.pages,
        credits=settings.credits,
        destination=None if to is None else Destination(to, settings.publish_exports),
    )
