"""The team's own asset: it waits for the reports of both homes, and reads their tables."""

import dagster as dg

from pipelines.resources import CreditmillHome


@dg.asset(deps=[dg.AssetKey(["eu", "report"]), dg.AssetKey(["us", "report"])], kinds={"duckdb"})
def revenue(
    eu_creditmill: CreditmillHome, us_creditmill: CreditmillHome
) -> dg.MaterializeResult[None]:
    """Dollars of everything that is published, by home. Dollars are exact, and so text."""
    dollars = {}
    for region, home in (("eu", eu_creditmill), ("us", us_creditmill)):
        with home.connect() as con:
            ((usd,),) = con.execute("select coalesce(sum(usd), 0) from charges").fetchall()
        dollars[region] = f"{usd:f}"
    return dg.MaterializeResult(metadata=dollars)
