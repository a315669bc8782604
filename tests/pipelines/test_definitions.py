"""The graph as Dagster loads and runs it: order, partitions, checks, and one bad date of nine."""

import base64
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from pipelines import definitions, execution, partitions, publishing
from pipelines.definitions import defs
from pipelines.execution import SILENT, materialize
from pipelines.metadata import MOST_PICTURES
from pipelines.names import PUBLISHED
from pipelines.partitions import RANGE_END, RANGE_START
from pricing_assets import flow
from pricing_assets.checks import run as checks
from pricing_assets.common.batching import contiguous
from pricing_assets.common.errors import RateBookError
from pricing_assets.db.statements import data_folder
from pricing_assets.home import Home
from pricing_assets.home.entries import receipt_entry
from pricing_assets.home.opening import RequestedSettings, open_home
from pricing_assets.intake import take_in as intake
from pricing_assets.intake.arrivals import IngestOptions
from pricing_assets.ledger.checks import RULES as LEDGER_RULES
from pricing_assets.report import staleness
from tests.support.inbox_logs import list_logs
from tests.support.workspace import LIMITS, NOON, RECEIVED, Workspace, row, write_card, write_log

FIRST = NOON - timedelta(days=1)
ASSETS = ["intake", "rates", "usage", "charges", "checks", "report", "ledger"]
DAYS = [(FIRST + timedelta(days=shift)).date() for shift in range(9)]
BAD = DAYS[4]
NEWEST_CHECK = {publishing.NEWEST}
HOME_WIDE = {publishing.NEWEST, "no_log_is_rejected", "no_date_is_blocked"}


def test_assets_are_in_flow_order() -> None:
    graph = defs.resolve_asset_graph()
    steps = [one for one in defs.assets or () if isinstance(one, dg.AssetsDefinition)]
    assert [spec.key.to_user_string() for step in steps for spec in step.specs] == ASSETS
    parents = {
        key.to_user_string(): {parent.to_user_string() for parent in graph.get(key).parent_keys}
        for key in graph.get_all_asset_keys()
    }
    assert parents == {
        "intake": set(),
        "rates": set(),
        "usage": {"intake", "rates"},
        "charges": {"usage", "rates"},
        "checks": {"charges"},
        "report": {"checks"},
        "ledger": {"report"},
    }


def test_every_rule_is_a_check_of_its_own() -> None:
    keys = defs.resolve_asset_graph().asset_check_keys
    found = {(key.asset_key.to_user_string(), key.name) for key in keys}
    rules = {("checks", rule) for rule in (*checks.RULES, *checks.WARNINGS)}
    home_wide = {("intake", "no_log_is_rejected"), ("report", "no_date_is_blocked")}
    home_wide |= {("report", "no_date_is_stale"), ("report", "newest_date_is_fresh")}
    of_ledger = {("ledger", rule) for rule in LEDGER_RULES}
    assert found == {*rules, *home_wide, *of_ledger}


def test_a_range_of_dates_is_one_run() -> None:
    graph = defs.resolve_asset_graph()
    for name in ASSETS:
        assert graph.get(dg.AssetKey(name)).backfill_policy == dg.BackfillPolicy.single_run()


def test_partitions_are_every_date_that_a_log_may_touch() -> None:
    usage_dates = partitions.usage_dates(date(1969, 12, 31))
    today = datetime.now(UTC).date()
    for day in (date(1969, 12, 31), date(1999, 12, 31), today, today + timedelta(days=2)):
        assert usage_dates.has_partition_key(day.isoformat())
    for day in (date(1969, 12, 30), today + timedelta(days=4)):
        assert not usage_dates.has_partition_key(day.isoformat())


@pytest.mark.parametrize(
    ("days", "ranges"),
    [
        ([], []),
        ([1], [(1, 1)]),
        ([3, 1, 2], [(1, 3)]),  # in any order
        ([1, 2, 2], [(1, 2)]),  # named twice
        ([1, 3, 4, 6], [(1, 1), (3, 4), (6, 6)]),
    ],
)
def test_days_are_grouped_into_contiguous_ranges(
    days: list[int], ranges: list[tuple[int, int]]
) -> None:
    of_june = [date(2026, 6, day) for day in days]
    expected = [(date(2026, 6, first), date(2026, 6, last)) for first, last in ranges]
    assert contiguous(of_june) == expected


@dataclass
class NineDates:
    result: dg.ExecuteInProcessResult
    workspace: Workspace
    made: flow.Run


@pytest.fixture(scope="module")
def nine(tmp_path_factory: pytest.TempPathFactory) -> NineDates:
    """A run over nine dates, one of which was promised a row that never came."""
    folder = tmp_path_factory.mktemp("nine")
    workspace = Workspace(folder, (write_card(folder / "book"),), catalog=True)
    (folder / "dagster").mkdir()
    for shift, day in enumerate(DAYS):
        rows = [
            row(event_id=f"{day} {n}", event_time=FIRST + timedelta(days=shift)) for n in (1, 2)
        ]
        write_log(workspace.inbox / f"{day}.parquet", rows)
    home = workspace.home
    given = RequestedSettings(books=tuple(str(book) for book in workspace.books))
    with home.lock():
        made = flow.Run(home, open_home(home, given), LIMITS)
        intake.take_in(
            home,
            list_logs(workspace.inbox, home),
            made.settings,
            IngestOptions(limits=LIMITS, received_at=RECEIVED),
        )
        promise_a_row(made, BAD)
        result = defs.resolve_job_def("daily").execute_in_process(
            tags={RANGE_START: DAYS[0].isoformat(), RANGE_END: DAYS[-1].isoformat()},
            resources={"flow": made},
            run_config=SILENT,
            raise_on_error=False,
            instance=dg.DagsterInstance.local_temp(
                str(folder / "dagster"), overrides={"telemetry": {"enabled": False}}
            ),
        )
        return NineDates(result, workspace, made)


NEWEST = [
    ("2026-02-12T12:00:00+00:00", ("2026-02-10", 2)),
    ("2026-02-13T02:00:00+00:00", ("2026-02-10", 2)),  # still the 12th in St. John's
    ("2026-02-13T04:00:00+00:00", ("2026-02-10", 3)),
]


def events_of(result: dg.ExecuteInProcessResult, asset: str) -> list[dg.DagsterEvent]:
    """What was stored of an asset, in order."""
    key = dg.AssetKey(asset)
    return [one for one in result.get_asset_materialization_events() if one.asset_key == key]


def test_the_newest_date_in_force_and_its_age(nine: NineDates) -> None:
    """It is told in every run; the ninth date of this one failed and is none."""
    (shown,) = (
        one for one in nine.result.get_asset_check_evaluations() if one.check_name in NEWEST_CHECK
    )
    assert (shown.passed, shown.severity.name) == (False, "WARN")
    assert shown.metadata["newest usage date"].value == DAYS[-1].isoformat()
    terms = replace(nine.made.settings, timezone="America/St_Johns")
    for instant, expected in NEWEST:
        found = staleness.newest(nine.workspace.home, terms, datetime.fromisoformat(instant))
        assert found is not None
        assert (found[0].isoformat(), found[1]) == expected
    assert staleness.newest(Home(nine.workspace.folder / "none"), terms, NOON) is None


def promise_a_row(made: flow.Run, day: date) -> None:
    """The receipt of a date's log names one row more than the log holds."""
    log = next(log for log in made.receipts if day.isoformat() in log.dates)
    rows = log.dates[day.isoformat()] + 1
    promised = replace(log, dates={**log.dates, day.isoformat(): rows})
    made.home.commit([receipt_entry(promised.record())])
    made.forget_receipts()


def test_eight_dates_are_published_and_the_ninth_is_named(nine: NineDates) -> None:
    (failure,) = nine.result.get_step_failure_events()
    assert failure.step_key == "publish"
    data = failure.step_failure_data.user_failure_data
    assert data is not None
    assert data.description is not None
    assert data.description.startswith(f"Not published. {BAD} failed: every_row_has_one_outcome:")
    assert not [day for day in DAYS if day != BAD and day.isoformat() in data.description]
    expected = {day.isoformat() for day in DAYS if day != BAD}
    for asset in PUBLISHED:  # what did not pass is green nowhere
        stored = [event.partition for event in events_of(nine.result, asset)]
        assert stored == sorted(expected)
    assert {day.isoformat() for day in nine.workspace.home.dates()} == expected
    assert {made.day for made in nine.made.outcomes} == set(DAYS)


def test_the_newest_dates_show_a_chart_and_each_its_tables(nine: NineDates) -> None:
    shown = {
        str(event.partition): event.materialization.metadata
        for event in events_of(nine.result, "report")
    }
    charted = {
        day: found["credits per day"] for day, found in shown.items() if "credits per day" in found
    }
    assert sorted(charted) == sorted(shown)[-MOST_PICTURES:]
    for chart in charted.values():
        assert isinstance(chart, dg.MarkdownMetadataValue)
        assert chart.value is not None
        picture = base64.b64decode(chart.value.partition("base64,")[2].removesuffix(")"))
        assert picture.startswith(b"\x89PNG")
        assert len(picture) < 50_000
    for found in shown.values():
        table = found["billing types"]
        assert isinstance(table, dg.MarkdownMetadataValue)
        assert table.value is not None
        assert table.value.splitlines()[2] == "| llm_text_chat | 2 | 0.440000000 |"


def test_the_failure_shows_the_rule_and_its_first_rows(nine: NineDates) -> None:
    (failure,) = nine.result.get_step_failure_events()
    data = failure.step_failure_data.user_failure_data
    assert data is not None
    shown = data.metadata["broken rules"]
    assert isinstance(shown, dg.MarkdownMetadataValue)
    assert shown.value is not None
    line = shown.value.splitlines()[2]
    assert line.startswith(f"| {BAD} | every_row_has_one_outcome | 1 | file ")
    assert "3 rows in, 2 with an outcome" in line


@pytest.mark.slow
def test_a_restatement_is_observed_with_its_difference(workspace: Workspace) -> None:
    workspace.log("a.parquet", row())
    workspace.run()
    home = workspace.home
    late = workspace.log("late.parquet", row(event_id="late"), row(event_id="e2", input_tokens=500))
    with home.lock():
        made = flow.Run(home, home.settings(), LIMITS)
        intake.take_in(
            home, [late], made.settings, IngestOptions(limits=LIMITS, received_at=RECEIVED)
        )
        day = NOON.date().isoformat()
        result = defs.resolve_job_def("daily").execute_in_process(
            tags={RANGE_START: day, RANGE_END: day}, resources={"flow": made}, run_config=SILENT
        )
    (observed,) = result.get_asset_observation_events()
    observation = observed.asset_observation_data.asset_observation
    assert (observation.asset_key, observed.partition) == (dg.AssetKey("report"), day)
    shown = observation.metadata
    assert shown["difference"] == dg.TextMetadataValue("+0.330000000")
    assert (shown["version"].value, shown["supersedes"].value) == (2, 1)
    assert shown["reason"].value == "late usage: 2 rows in late.parquet"


def test_the_report_has_a_freshness_policy() -> None:
    node = defs.resolve_asset_graph().get(dg.AssetKey("report"))
    assert node.freshness_policy is not None
    settings = Path(definitions.__file__).parent / "instance" / "dagster.yaml"
    assert "freshness:\n  enabled: true" in settings.read_text()


def test_each_check_shows_each_date_and_which_of_them_fails_it(nine: NineDates) -> None:
    found = nine.result.get_asset_check_evaluations()
    of_dates = {one.check_name for one in found} - HOME_WIDE - LEDGER_RULES.keys()
    assert of_dates == {*checks.RULES, *checks.WARNINGS}
    every = {one.partition for one in found if one.check_name == "no_charge_is_negative"}
    assert every == {None, *(day.isoformat() for day in DAYS)}
    failed = [
        (one.check_name, one.partition, one.severity.name)
        for one in found
        if not one.passed and one.check_name not in NEWEST_CHECK
    ]
    rule = "every_row_has_one_outcome"
    assert failed == [(rule, BAD.isoformat(), "ERROR"), (rule, None, "ERROR")]


def test_four_assets_are_one_step(nine: NineDates) -> None:
    started = [event.step_key for event in nine.result.all_events if event.is_step_start]
    # a date failed: `publish` takes the ledger along
    assert started == ["intake", "rates", "publish"]


def test_money_is_shown_exactly(nine: NineDates) -> None:
    shown = {
        (event.asset_key, event.partition): event.materialization.metadata
        for event in nine.result.get_asset_materialization_events()
    }
    for step in ("charges", "report"):
        credits = shown[dg.AssetKey(step), DAYS[0].isoformat()]["credits"]
        assert credits == dg.TextMetadataValue("0.440000000")


def test_each_date_bears_the_digest_of_what_was_published(nine: NineDates) -> None:
    day = DAYS[0]
    current = nine.workspace.home.current(day)
    assert current is not None
    versions = {
        asset: [
            event.materialization.tags["dagster/data_version"]
            for event in events_of(nine.result, asset)
        ]
        for asset in ("intake", *PUBLISHED)
    }
    assert versions["report"][0] == current.manifest.output_digest
    assert versions["charges"][0] == current.manifest.outputs["charges.parquet"].sha256
    assert len(set(versions["intake"])) == len(DAYS)  # the log of the bad date, too, is ingested
    rows = events_of(nine.result, "charges")[0].materialization.metadata["dagster/row_count"]
    assert rows.value == current.manifest.outputs["charges.parquet"].rows


def test_a_bad_date_is_told_not_raised(nine: NineDates) -> None:
    home = nine.workspace.home
    with home.lock():
        again = flow.Run(home, home.settings(), LIMITS, run_id="again")
        assert [found.day for found in again.stale()] == [BAD]
        (made,) = materialize(again, BAD, BAD)
    assert (made.day, made.state, made.version) == (BAD, "failed", None)


def test_what_else_goes_wrong_raises_as_itself(workspace: Workspace) -> None:
    home = workspace.home
    with home.lock():
        terms = open_home(home, RequestedSettings(books=(str(workspace.books[0]),)))
        (workspace.books[0] / "card first" / "rates.csv").write_text("no,prices\n")
        with pytest.raises(RateBookError, match=r"rates.csv:1: "):
            materialize(flow.Run(home, terms, LIMITS), DAYS[0], DAYS[0])


def test_a_range_of_no_date_is_refused(workspace: Workspace) -> None:
    home = workspace.home
    with home.lock():
        terms = open_home(home, RequestedSettings(books=(str(workspace.books[0]),)))
        made = flow.Run(home, terms, LIMITS)
        with pytest.raises(dg.Failure, match="The range holds no date: it ends before it begins"):
            materialize(made, DAYS[1], DAYS[0])
        whole = execution._daily_of(str(home.path), DAYS[0])
        with pytest.raises(dg.Failure, match="This run names no usage date: give it one, like `dg"):
            whole.execute_in_process(resources={"flow": made}, run_config=SILENT)
    assert made.outcomes == []


def test_definitions_travel_with_the_code() -> None:
    workspace = Path(data_folder("sample_data")).parent / "workspace.yaml"
    assert "module_name: pipelines.definitions" in workspace.read_text()
