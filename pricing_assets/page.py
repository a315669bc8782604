"""The pages: one self-contained page of totals per date and organization, for people.

Numbers are read from the same published tables as everything else; nothing is computed here but
their sums, which DuckDB makes exactly.
"""

from decimal import Decimal
from typing import TYPE_CHECKING

from pricing_assets import duck, files
from pricing_assets.duck import data_folder
from pricing_assets.home import Home

if TYPE_CHECKING:
    from pathlib import Path


def plain(value: object) -> object:
    """A decimal as people write it: every digit, no exponent."""
    return f"{value:f}" if isinstance(value, Decimal) else value


def page_file(home: Home) -> "Path":
    """The page that `open` shows."""
    return home.pages / "index.html"


def refresh(home: Home) -> bool:
    """Write the page anew where `credits.duckdb` is another one; False where nothing changed."""
    source = home.catalog.readlink().name
    target = page_file(home)
    marker = f"<!-- {source} -->\n"
    if target.is_file() and target.read_text(encoding="utf-8").endswith(marker):
        return False
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(data_folder("pricing_assets/templates")),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        finalize=plain,
    )
    with duck.open_catalog(home.catalog, home.path) as con:

        def rows(query: str) -> list[dict[str, object]]:
            relation = con.sql(query)
            return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]

        html = environment.get_template("index.html").render(
            total=rows(
                "select sum(events) as events, sum(credits) as credits, sum(usd) as usd"
                " from daily_usage"
            )[0],
            reports=rows("from reports where state <> 'superseded' order by usage_date desc"),
            organizations=rows(
                "select org_id, sum(events) as events, sum(credits) as credits, sum(usd) as usd"
                " from daily_usage group by org_id order by credits desc, org_id"
            ),
            outcomes=rows(
                "select outcome, sum(rows) as rows from account group by outcome order by rows desc"
            ),
            own_key=rows(
                "select org_id, brand, model, bool_or(capped) as capped, any_value(platform) as"
                " platform, sum(credits) as credits, sum(platform_credits) as platform_credits"
                " from own_key group by org_id, brand, model order by credits desc, org_id, brand, model"
            ),
            at_risk=rows(
                "select org_id, brand, model, key_mode, reason, sum(least_credits) as least,"
                " sum(most_credits) as most from at_risk group by org_id, brand, model, key_mode,"
                " reason order by most desc nulls last, org_id, brand, model, key_mode"
            ),
            days=rows(
                "select usage_date, billing_type, sum(events) as events, sum(credits) as credits"
                " from daily_usage group by usage_date, billing_type"
                " order by usage_date desc, credits desc"
            ),
        )
    home.pages.mkdir(exist_ok=True)
    files.write_bytes(target, (html + marker).encode(), home.scratch)
    return True
