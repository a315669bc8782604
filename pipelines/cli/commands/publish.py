"""`creditmill publish`: bring what is published to object storage, for those who cannot open the home."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pipelines.cli import output
from pipelines.cli.options import HomeOption, Json, named_home, settings_of
from pipelines.cli.steps import steps_shown
from pipelines.settings import Settings
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.delivery import send
from pricing_assets.delivery.send import Delivered
from pricing_assets.home import holding


def command(
    *,
    to: Annotated[
        str | None,
        Parameter(help="Where to: s3://BUCKET/PREFIX, gs://… or az://…. [default: publish_to]"),
    ] = None,
    exports: Annotated[
        Path | None,
        Parameter(help="The folder of `creditmill export`, too. [default: publish_exports]"),
    ] = None,
    dry_run: Annotated[
        bool, Parameter(negative="", help="Only say what would be sent; nothing is written.")
    ] = False,
    home: HomeOption = None,
    json: Json = False,
) -> int:
    """Bring versions, credits.duckdb, pages and exports to object storage.

    For example:
        creditmill publish --to s3://acme-reports/credits --home /data/home
        creditmill publish --to s3://acme-reports/credits --dry-run

    Only what changed travels. What never changes comes first, latest.json last:
    it names what is in force. Of two who publish one loses by name (exit 1), with
    nothing mixed. With the setting publish_to each run does it at its end.
    """
    settings = settings_of(home=home, publish_to=to, publish_exports=exports)
    return publish(settings, dry_run=dry_run, as_json=json)


def publish(settings: Settings, *, dry_run: bool, as_json: bool) -> int:
    """Bring the home of the settings to where they say, and show what travelled.
    ConfigurationError where they name no place."""
    if settings.publish_to is None:
        raise ConfigurationError(
            "say where to publish: --to s3://BUCKET/PREFIX, CREDITMILL_PUBLISH_TO, or publish_to in"
            " creditmill.toml"
        )
    home = named_home(settings).require()
    with holding.to_look(home) if dry_run else home.lock(), steps_shown() as steps:
        done = send.publish(
            home,
            settings.publish_to,
            settings.publish_exports,
            lambda detail: steps("publish", detail),
            dry_run=dry_run,
        )
    if as_json:
        output.print_json({"dry_run": dry_run, **as_record(done)})
    else:
        output.OUT.print(in_words(done, dry_run=dry_run))
    return 0


def in_words(done: Delivered, *, dry_run: bool = False) -> str:
    """Say what travelled, or would."""
    to = output.harmless(done.to)
    if not done.is_new:
        return f"Nothing to publish: {output.counted(done.known, 'object')} up to date in {to}."
    removed = f", {done.removed:,} removed" if done.removed else ""
    verb = "Would publish" if dry_run else "Published"
    return (
        f"{verb} {output.counted(done.objects, 'object')}, {output.counted(done.size, 'byte')}, to"
        f" {to}; {done.known:,} known{removed}."
    )


def as_record(done: Delivered) -> dict[str, object]:
    """Return the same for machines."""
    return {**vars(done), "to": str(done.to)}
