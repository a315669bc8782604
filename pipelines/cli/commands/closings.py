"""`creditmill closings`: who closed or reopened dates."""

from pipelines.cli import output
from pipelines.cli.options import HomeOption, Json, home_of
from pricing_assets.home import Home, closings


def command(*, home: HomeOption = None, json: Json = False) -> int:
    """Show who closed or reopened dates, when and why.

    For example:
        creditmill closings --json
    """
    return show_closings(home_of(home), as_json=json)


def show_closings(home: Home, *, as_json: bool) -> int:
    """Show who closed or reopened dates, when and why."""
    done = closings.acts(home)
    if as_json:
        output.print_json({"closings": [act.__dict__ for act in done]})
        return 0
    if not done:
        output.OUT.print("No date was ever closed.")
        return 0
    rows = [
        (act.number, act.act, act.day, act.closed_through, act.who, act.at[:19], act.reason)
        for act in done
    ]
    columns = ("Nr", "Act", "Date", "Closed through", "By", "At (UTC)", "Reason")
    output.OUT.print(output.table(columns, rows, right=columns[:1]))
    return 0
