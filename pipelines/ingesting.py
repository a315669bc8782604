"""The job that ingests what the sensor found: files that no longer change, in a run of its own.

Its dates are known when it has read them: the sensor asks for them at its next look. Which files are to
be ingested is decided in `sensors`.
"""

from collections.abc import Collection, Sequence

import dagster as dg

from pipelines import home_checks
from pipelines.jobs import HOME_TAG, tag_of
from pipelines.names import Names
from pipelines.recorded import RunRecord
from pipelines.resources import CreditmillHome
from pricing_assets.flow import Run
from pricing_assets.home import Home
from pricing_assets.intake import inbox_scan
from pricing_assets.intake.arrivals import Arrivals
from pricing_assets.intake.inboxes import Inbox


def ingest(names: Names) -> dg.JobDefinition:
    """Return the job of a home."""
    home_key, flow_key = names.of("creditmill"), names.of("flow")

    @dg.op(
        name=names.of("ingest_arrivals"),
        config_schema={"files": [str]},
        out=dg.Out(dg.Nothing),
        pool=names.of("home"),
        required_resource_keys={home_key, flow_key},
    )
    def ingest_arrivals(context: dg.OpExecutionContext) -> None:
        home: CreditmillHome = getattr(context.resources, home_key)
        run: Run = getattr(context.resources, flow_key)
        for one in ingest_files(run, home.settings().inboxes, context.op_config["files"]).rejected:
            context.log.warning(f"rejected {one.path}: {one.detail}")
        for stored in RunRecord(names, context.instance, run).changed_inputs():
            context.log_event(stored)
        evaluation = home_checks.rejected_logs(run.home).evaluation(names)
        # The event log takes these as any other; the annotation forgets them.
        context.log_event(evaluation)  # type: ignore[arg-type]

    @dg.job(
        name=names.of("ingest"),
        description="Ingest files that no longer change; `daily` publishes their dates.",
    )
    def job() -> None:
        ingest_arrivals()

    return job


def request_ingest(names: Names, home: Home, files: Sequence[str], run_key: str) -> dg.RunRequest:
    """Return the request of one run that ingests files."""
    config = {"ops": {names.of("ingest_arrivals"): {"config": {"files": [*files]}}}}
    return dg.RunRequest(
        run_key=run_key,
        job_name=names.of("ingest"),
        run_config=config,
        tags={HOME_TAG: tag_of(home)},
    )


def ingest_files(run: Run, inboxes: Sequence[Inbox], files: Collection[str]) -> Arrivals:
    """Ingest those of the files that lie in an inbox, by its source; what a source has read that
    reads differently now is mapped anew."""
    wanted = {*files}
    for one in inboxes:
        source = run.open_inbox(one)
        found = inbox_scan.scan(one.path, run.home, source)
        logs = [name for name in found.names if name in wanted]
        run.take_in(logs, inbox_scan.place_of(found), source)
    return run.arrivals
