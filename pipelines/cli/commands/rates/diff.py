"""`creditmill rates diff`: what differs between two cards."""

from typing import Any

from pipelines.cli import output
from pipelines.cli.comparison_view import show_comparison
from pipelines.cli.options import CHOSEN, Chosen, HomeOption, Json, named_home, settings_of
from pricing_assets.analysis import what_if
from pricing_assets.home import Home
from pricing_assets.rates import card_diff
from pricing_assets.report import HomeView, corrections


def command(
    old: str,
    new: str,
    /,
    *,
    chosen: Chosen = CHOSEN,
    home: HomeOption = None,
    json: Json = False,
) -> int:
    """List the prices that differ between two cards, and what that changes.

    For example:
        creditmill rates diff 2026-02-01 my_rates/2026-03-01 --by org_id

    With a home: credits of its published usage by the old and the new card.

    Parameters
    ----------
    old
        A card: its folder, its book's folder (the newest card), or its id in the home's books.
    new
        The other card, likewise.
    """
    place = named_home(settings_of(home=home))
    return show_diff(place, old, new, chosen, as_json=json)


def show_diff(home: Home, old: str, new: str, chosen: Chosen, *, as_json: bool) -> int:
    """Show the prices that differ between two cards, and what the difference makes of real usage."""
    run = HomeView(home, home.settings()) if home.exists() else None
    own = run.rates if run else None
    versions = what_if.versions_in_force(home, chosen.first, chosen.last) if run else {}
    old_book, old_card = card_diff.find_card(old, own)
    new_book, new_card = card_diff.find_card(new, own)
    changes = card_diff.changed_prices(old_card, new_card)
    record: dict[str, Any] = {
        "old": old_card.id,
        "new": new_card.id,
        "changes": [{**change.__dict__, "kind": change.kind} for change in changes],
    }
    if not as_json:
        rows = [
            (
                change.kind,
                change.service,
                change.brand,
                change.model,
                change.key_mode,
                change.meter,
                change.old or "",
                change.new or "",
                "" if change.change is None else f"{change.change * 100:+.2f} %",
            )
            for change in changes
        ]
        columns = ("", "Service", "Brand", "Model", "Key mode", "Meter", "Old", "New", "Change")
        output.OUT.print(output.table(columns, rows, right=columns[6:]))
        differ = output.counted(len(changes), "price differs", "prices differ")
        output.OUT.print(f"{differ} between {old_card.id} and {new_card.id}.")
    if run is None:
        if as_json:
            output.print_json(record)
        else:
            output.say(f"no usage in {home.path}: no impact is shown; give --home")
        return 0
    by = chosen.by or ["org_id", "billing_type"]
    before = what_if.replaced(run.rates, what_if.always(old_book, old_card))
    after = what_if.replaced(run.rates, what_if.always(new_book, new_card))
    found = what_if.compare(home, run.settings, versions, after, by, before)
    return show_comparison(
        found, record, corrections.booked_credits(home, versions), None, as_json=as_json
    )
