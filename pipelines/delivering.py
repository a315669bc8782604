"""What is published, brought to object storage by the last step of a run, where a setting says where.

How it travels belongs to `pricing_assets.delivery`.
"""

from collections.abc import Sequence

import dagster as dg

from pricing_assets.common.errors import CreditmillError
from pricing_assets.common.text import counted
from pricing_assets.flow import Run


def chosen_steps(context: dg.AssetExecutionContext) -> Sequence[str]:
    """Return the steps of the run under way."""
    chosen = context.run.step_keys_to_execute
    return chosen or [node.name for node in context.job_def.nodes]


def deliver(context: dg.AssetExecutionContext, run: Run) -> None:
    """Bring what is published to where the settings say; Failure where that fails, so that no run is
    green that did not. What is published in the home stays so."""
    try:
        done = run.deliver()
    except CreditmillError as error:
        raise dg.Failure(f"Not brought to object storage: {error}") from error
    if done is not None:
        context.log.info(
            f"published {counted(done.objects, 'object')}, {counted(done.size, 'byte')}, to {done.to}"
        )
