"""`creditmill restore`: what a home has lost, brought back."""

import shlex
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pipelines.cli import output
from pipelines.cli.options import HomeOption, Json, named_home, settings_of
from pipelines.settings import Settings
from pricing_assets import flow
from pricing_assets.common.clock import now
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.home import Home, used_prices
from pricing_assets.intake.receipts import Rules
from pricing_assets.rates import books as rates
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
    if not home.journal_file.exists():
        if source is not None and not home.exists() and Home(source).exists():
            raise ConfigurationError(
                f"nothing of {home.path} is left; copy the copy:"
                f" `cp -a {shlex.quote(str(source))} {shlex.quote(str(home.path))}`"
            )
        home.require()
    with output.steps() as steps, home.lock():
        restored = restoring.restore_settings(home)
        if accept_loss is not None:
            aside = accepted_loss.begin_anew(home, accept_loss, now())
            _rebuild(home, settings)
            output.OUT.print(
                f"{home.journal_file}: begun again from what is here; the rest is in {aside}."
            )
            output.say("[bold]creditmill run[/] brings the dates up to date")
            return 0
        terms = home.settings()
        rules = Rules(terms.timezone, terms.dimensions, settings.limits(), settings.file_limits())
        prices = used_prices.restore(home, rates.read(used_prices.folders(home, terms.books))[0])
        done = restoring.restore(
            home,
            rules,
            lambda: list(flow.Run(home, terms).rates.books),
            source,
            lambda detail: steps("restore", detail),
        )
        steps.done()
        if not done.lost:
            _rebuild(home, settings)
    restored += [*prices, *done.restored]
    if as_json:
        output.print_json(
            {
                "restored": [{"path": str(path), "how": how} for path, how in restored],
                "lost": [
                    {"path": str(loss.path), "what": loss.what, "cure": loss.cure}
                    for loss in done.lost
                ],
            }
        )
        return int(bool(done.lost))
    for path, how in restored:
        output.OUT.print(output.harmless(f"restored {path}: {how}"))
    for loss in done.lost:
        output.problem(str(loss))
    if done.lost and done.refused:
        output.problem(done.refused)
    if done.lost:
        output.say(
            "still lost: see each line for what restores it; what nothing can restore is given up"
            " with [bold]--accept-loss REASON[/]"
        )
        return 1
    output.OUT.print(f"{home.path}: everything is here." if restored else "Nothing was lost.")
    return 0


def _rebuild(home: Home, settings: Settings) -> None:
    flow.Run(home, home.settings(), settings.limits(), pages=settings.pages).refresh(anew=True)
