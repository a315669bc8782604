"""The commands that keep a home: prune what is superseded, rebuild `credits.duckdb`."""

import shlex
from pathlib import Path

from pipelines.cli import output
from pipelines.settings import Settings
from pricing_assets import flow
from pricing_assets.common.errors import ConfigurationError
from pricing_assets.home import Home, presence, prune, used_prices, withdrawals
from pricing_assets.home.home import now
from pricing_assets.intake.receipts import Rules
from pricing_assets.pages import build as pages
from pricing_assets.rates import books as rates
from pricing_assets.verify import accepted_loss, restoring


def show_prune(settings: Settings, versions: bool, yes: bool, as_json: bool) -> int:
    """What may go and what that frees; with `yes` it goes."""
    home = settings.open_home().require()
    with home.lock():
        found = prune.prunable(home, versions, settings.grace_days)
        freed = sum(one.bytes for one in found)
        if as_json:
            output.print_json(
                {
                    "pruned": yes,
                    "bytes": freed,
                    "prunable": [
                        {"what": one.what, "path": str(one.path), "bytes": one.bytes}
                        for one in found
                    ],
                }
            )
        elif not found:
            output.OUT.print("Nothing to prune.")
        else:
            rows = [
                (
                    one.what,
                    one.path.relative_to(home.path),
                    len(one.files),
                    output.number(one.bytes),
                )
                for one in found
            ]
            columns = ("What", "Path", "Files", "Bytes")
            output.OUT.print(output.table(columns, rows, right=columns[2:]))
            output.OUT.print(f"{len(found):,} to prune, {freed:,} bytes to free.")
        if yes:
            prune.prune(home, found)
    if as_json or not found:
        return 0
    if yes:
        output.OUT.print(f"Pruned: {freed:,} bytes freed.")
    else:
        output.say("Nothing is pruned yet; add [bold]--yes[/] to do it.")
    return 0


def restore(settings: Settings, source: Path | None, accept_loss: str | None, as_json: bool) -> int:
    """Bring back what the home has lost, as far as it can be, and say what is still lost."""
    home = settings.open_home()
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
                f"{home.journal_file}: begun anew from what is here; the rest is in {aside}."
            )
            output.say("[bold]creditmill run[/] brings the dates up to date")
            return 0
        terms = home.terms()
        rules = Rules(terms.timezone, terms.dimensions, settings.limits(), settings.file_limits())
        prices = used_prices.restore(home, rates.read(used_prices.folders(home, terms.books))[0])
        done = restoring.restore(
            home,
            rules,
            lambda: list(flow.Flow(home, terms).rates.books),
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
    flow.Flow(home, home.terms(), settings.limits(), pages=settings.pages).refresh(anew=True)


def withdraw(
    settings: Settings, log: str | None, reason: str | None, by: str | None, restored: bool
) -> int:
    """Take a log back, ingest one anew that was taken back, or list both kinds of acts."""
    home = settings.open_home().require()
    if log is None:
        return _show_withdrawals(home)
    if reason is None:
        raise ConfigurationError("say why: add --reason TEXT; it stays in the record")
    with home.lock():
        run = flow.Flow(
            home,
            home.terms(),
            settings.limits(),
            settings.file_limits(),
            pages=pages.index_file(home).exists(),
        )
        if restored:
            act = run.ingest_anew(log, reason)
        else:
            act = withdrawals.withdraw(home, log, reason, by)
        is_whole = presence.is_whole(home)
        if is_whole:
            run.refresh()
        stale = run.stale() if is_whole else []
    what = "ingested anew" if restored else "withdrawn"
    output.OUT.print(output.harmless(f"{act.file_name} ({act.file[:16]}) is {what} by {act.who}."))
    days = {f"{day:%Y-%m-%d}" for day in home.dates_of(act.file)}
    touched = [one for one in stale if f"{one.day}" in days]
    if not is_whole:
        output.say("more is lost: [bold]creditmill restore[/] does what it can")
    if touched:
        output.say(
            f"{output.counted(len(touched), 'date')} of it to bring up to date:"
            " [bold]creditmill run[/]"
        )
    return 0


def _show_withdrawals(home: Home) -> int:
    done = withdrawals.acts(home)
    if not done:
        output.OUT.print("No log was ever withdrawn.")
        return 0
    columns = ("Nr", "Act", "Log", "SHA-256", "By", "At (UTC)", "Reason")
    rows = [
        (act.number, act.act, act.file_name, act.file[:16], act.who, act.at[:19], act.reason)
        for act in done
    ]
    output.OUT.print(output.table(columns, rows, right=columns[:1]))
    return 0


def refresh(settings: Settings) -> int:
    """`credits.duckdb` and the pages, built anew from the folders."""
    home = settings.open_home().require()
    with home.lock():
        run = flow.Flow(home, home.terms(), settings.limits(), pages=settings.pages)
        run.refresh(anew=True)
    output.OUT.print(
        f"{home.catalog}: built anew from {output.counted(len(home.dates()), 'date')}."
    )
    return 0
