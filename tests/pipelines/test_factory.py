"""Several homes and a team's own assets in one code location, in Python and as components of `dg`."""

from decimal import Decimal
from pathlib import Path

import dagster as dg
import pytest

from pipelines.definitions import definitions
from pipelines.execution import SILENT
from pipelines.partitions import RANGE_END, RANGE_START
from pipelines.resources import CreditmillHome
from pricing_assets.common.errors import ConfigurationError
from tests.support.workspace import NOON, Workspace, row, write_card

DAY = NOON.date().isoformat()
EXAMPLE = Path(__file__).parents[2] / "docs" / "example_project"


@dg.asset(deps=[dg.AssetKey(["eu", "report"])])
def revenue(eu_creditmill: CreditmillHome) -> dg.MaterializeResult[None]:
    """A team's own asset, which waits for a report."""
    with eu_creditmill.connect() as con:
        ((credits,),) = con.execute("select sum(credits) from charges").fetchall()
    return dg.MaterializeResult(metadata={"credits": str(credits)})


@pytest.mark.slow
def test_two_homes_and_an_asset_of_the_team_run_side_by_side(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    homes = {}
    for prefix, rows in (("eu", 1), ("us", 2)):
        homes[prefix] = Workspace(tmp_path / prefix, (write_card(tmp_path / prefix / "book"),))
        homes[prefix].log("a.parquet", *(row(event_id=str(n)) for n in range(rows)))
    made = {
        prefix: definitions(
            one.home.path, one.inbox, prefix=prefix, rates=(str(one.books[0]),), pages=False
        )
        for prefix, one in homes.items()
    }
    defs = dg.Definitions.merge(*made.values(), dg.Definitions([revenue]))
    assert {one.name for one in defs.sensors or ()} == {"eu_arrivals", "us_arrivals"}
    result = defs.resolve_implicit_global_asset_job_def().execute_in_process(
        asset_selection=[*(spec.key for spec in made["eu"].resolve_all_asset_specs()), revenue.key],
        tags={RANGE_START: DAY, RANGE_END: DAY},
        run_config=SILENT,
    )
    assert result.success
    stored = {event.asset_key: event for event in result.get_asset_materialization_events()}
    credits = stored[revenue.key].materialization.metadata["credits"].value
    assert Decimal(str(credits)) == homes["eu"].sql("select sum(credits) from charges")[0][0]
    assert {key.path[0] for key in stored if key} == {"eu", "revenue"}
    assert not homes["us"].home.exists()
    # columns are known before anything runs
    schema = made["us"].resolve_asset_graph().get(dg.AssetKey(["us", "charges"])).metadata
    assert "credits" in [one.name for one in schema["dagster/column_schema"].columns]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"prefix": "eu-1"}, "prefix 'eu-1' is not a name for Dagster; use letters, digits and _"),
        (
            {"timezon": "UTC"},
            r"timezon is not a setting; did you mean timezone\? \(there are checks",
        ),
        ({"spark_remote": "sc://h:1/;token=x"}, "spark_remote is a secret, and Dagster would show"),
    ],
)
def test_what_is_no_parameter_is_refused(parameters: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        definitions("home", **parameters)  # type: ignore[arg-type]


def test_the_example_project_loads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(EXAMPLE)
    defs = dg.load_from_defs_folder(path_within_project=EXAMPLE / "billing")
    keys = {key.to_user_string() for key in defs.resolve_asset_graph().get_all_asset_keys()}
    assert {"eu/report", "us/report", "us/ledger", "revenue"} <= keys
    assert len(keys) == 15
    home = (defs.resources or {})["us_creditmill"]
    assert isinstance(home, CreditmillHome)
    assert (home.home, home.logs) == (str(EXAMPLE / "homes/us"), str(EXAMPLE / "logs/us"))
    assert home.options == {"timezone": "America/New_York"}
