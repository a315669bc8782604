"""`creditmill restore`: what a home has lost, brought back."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pipelines.cli import hints, output
from pipelines.cli.options import HomeOption, Json, named_home, settings_of
from pipelines.cli.steps import steps_shown
from pipelines.settings import Settings
from pricing_assets.common.clock import now
from pricing_assets.home import Home
from pricing_assets.home.used_prices import USED_LINES_ONLY
from pricing_assets.repair import accepted_loss
from pricing_assets.repair import restore as restoring


def command(
    *,
    source: Annotated[
        Path | None,
        Parameter(name="--from", help="A copy of the home, or a folder that holds its logs."),
    ] = None,
    accept_loss: Annotated[
        str | None,
        Parameter(help="Give up for good what nothing can restore; the reason stays on record."),
    ] = None,
    home: HomeOption = None,
    json: Json = False,
) -> int:
    """Bring back what the home has lost, as far as its digests prove it.

    For example:
        creditmill restore
        creditmill restore --from /backup/home

    The journal of the home names everything that was ever in it. What is missing,
    rolled back or replaced comes from the journal, from the files that the logs
    came from, from a copy (--from), or is made again from logs and rate cards.
    """
    return restore(settings_of(home=home), source, accept_loss, as_json=json)


def restore(
    settings: Settings, source: Path | None, accept_loss: str | None, *, as_json: bool
) -> int:
    """Bring back what the home has lost, as far as it can be, and say what is still lost."""
    home = named_home(settings)
    restoring.require_remains(home, source)
    limits, pages = settings.limits(), settings.pages
    with steps_shown() as steps, home.lock():
        if accept_loss is not None:
            aside = accepted_loss.accept_loss(home, accept_loss, now(), limits, pages=pages)
            return _show_accepted(home, aside)
        outcome = restoring.restore(
            home,
            source,
            limits,
            settings.file_limits(),
            lambda detail: steps("restore", detail),
            pages=pages,
        )
    if as_json:
        output.print_json(
            {
                "restored": [{"path": str(path), "how": how} for path, how in outcome.restored],
                "lost": [
                    {"path": str(loss.path), "what": loss.what, "cure": loss.cure}
                    for loss in outcome.lost
                ],
            }
        )
        return int(bool(outcome.lost))
    return _show_restored(home, outcome)


def _show_accepted(home: Home, aside: Path) -> int:
    output.OUT.print(f"{home.journal_file}: begun again from what is here; the rest is in {aside}.")
    run = output.harmless(hints.command("run", home.path))
    output.say(f"[bold]{run}[/] brings the dates up to date")
    return 0


def _show_restored(home: Home, outcome: restoring.Restored) -> int:
    for path, how in outcome.restored:
        output.OUT.print(output.harmless(f"restored {path}: {how}"))
    for loss in outcome.lost:
        output.problem(str(loss))
    if outcome.lost and outcome.refused:
        output.problem(outcome.refused)
    if outcome.lost:
        output.say(
            "still lost: see each line for what restores it; to accept the loss of what cannot be restored:"
            " [bold]--accept-loss REASON[/]"
        )
        return 1
    if any(how == USED_LINES_ONLY for _, how in outcome.restored):
        output.problem("a file of names is not what it was: names that it held have no price now")
        return 1
    output.OUT.print(
        f"{home.path}: everything is here." if outcome.restored else "Nothing was lost."
    )
    return 0
