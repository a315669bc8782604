"""What a home is made with: which terms are refused, and that dimensions may bear any other name.

What the command makes of options belongs to the tests of the command.
"""

import shutil
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from pricing_assets.common.errors import ConfigurationError
from pricing_assets.contract import tables
from pricing_assets.db.io import quoted
from pricing_assets.home.settings import HomeSettings
from tests.support.cases import few_in_short
from tests.support.command import creditmill
from tests.support.workspace import SCHEMA, Workspace, row, write_aliases, write_card, write_log

# Names that a report could mistake for something else: of columns, tables and keywords.
DIMENSIONS = [
    *("event_id", "status", "knowledge_base_id", "agent_id", "tier"),  # of the log
    *("dimensions", "measured", "ask", "id_hash", "stored", "prices", "charges", "lines"),
    *("filename", "file_row_number", "select", "NULL", "x y", "a.b", 'a"b', "a'b"),
    *("größe", "用量", "events.x", "$stage", "{}", "%s", "-1", "**", "?"),
]


@pytest.mark.slow
@pytest.mark.parametrize("few", few_in_short(DIMENSIONS[n::4] for n in range(4)), ids=" ".join)
def test_a_dimension_may_bear_any_other_name(workspace: Workspace, few: list[str]) -> None:
    more = [pa.field(name, pa.string()) for name in few if name not in SCHEMA.names]
    schema = pa.schema([*SCHEMA, *more])
    said = {name: f"value of {name}" for name in few}
    rows = [row(), row(org_id=""), row(event_time=None)]
    write_log(workspace.inbox / "a.parquet", [one | said for one in rows], schema)
    workspace = workspace.under(dimensions=tuple(few))
    assert workspace.run().states() == {"2026-02-03": ("published", 1)}
    columns = ", ".join(quoted(name) for name in few)
    for table in ("usage", "charges"):
        assert workspace.sql(f"select {columns} from {table}") == [tuple(said.values())]
    assert workspace.sql(f"select {columns} from quarantine") == [tuple(said.values())] * 2


def test_many_dimensions_in_their_order(workspace: Workspace) -> None:
    workspace = workspace.under(dimensions=("team", "agent_id", "status"))
    workspace.log("a.parquet", row(team="red", agent_id="a"), row(event_id="e2", team="blue"))
    workspace.run()
    found = workspace.sql("select team, agent_id, status from charges order by all")
    assert found == [("blue", None, None), ("red", "a", None)]
    columns = [name for (name,) in workspace.sql("select column_name from (describe charges)")]
    assert columns[:5] == ["usage_date", "org_id", "team", "agent_id", "status"]


RESERVED = sorted(
    {column.name for table in tables.tables(()).values() for column in table.columns}
    - {"event_id", "agent_id", "status", "knowledge_base_id", "tier"}
)
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"timezone": "Mars/Olympus"}, "time zone 'Mars/Olympus' is unknown"),
    ({"dimensions": ()}, "dimensions must name at least one column"),
    ({"dimensions": ("",)}, "is blank or named twice"),
    ({"dimensions": (" ",)}, "is blank or named twice"),
    ({"dimensions": ("team", "team")}, "is blank or named twice"),
    ({"dimensions": ("team", "Team")}, "is blank or named twice"),
    ({"dimensions": ("Agent_ID",)}, "differs from the column 'agent_id' by case only"),
    ({"dimensions": ("input_tokens",)}, "has the name of a column of the reports"),
    ({"dimensions": ("images",)}, "has the name of a column of the reports"),
    ({"dimensions": ("rates_from",)}, "has the name of a column of the reports"),  # of `lines`
    ({"dimensions": ("Line_Brand",)}, "has the name of a column of the reports"),
    ({"dimensions": ("RowID",)}, "has the name of a column of the reports"),  # DuckDB's own
    ({"dimensions": ("*",)}, "has the name of a column of the reports"),
    *(({"dimensions": (name,)}, "has the name of a column of the reports") for name in RESERVED),
    ({"quarantine_limit": "5 %"}, "quarantine_limit must be a share like 0.05"),
    ({"quarantine_limit": "1.01"}, "must be a share from 0 to 1"),
    ({"quarantine_limit": "-0.1"}, "must be a share from 0 to 1"),
    ({"quarantine_limit": "NaN"}, "quarantine_limit NaN must be a share from 0 to 1"),
    ({"quarantine_floor": -1}, "quarantine_floor must be 0 rows or more"),
]


@pytest.mark.parametrize(("terms", "said"), REFUSED, ids=lambda one: str(one)[:60])
def test_terms_that_no_home_can_have(terms: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        HomeSettings(**terms).checked()
    assert said in str(error.value)


OTHER_TERMS: list[tuple[dict[str, Any], str]] = [
    ({"timezone": "Europe/Berlin"}, "was made with time zone UTC, not Europe/Berlin"),
    ({"dimensions": ("team",)}, "was made with dimensions agent_id, not team"),
    ({"dimensions": ("agent_id", "team")}, "dimensions agent_id, not agent_id, team"),
]


def test_a_home_stays_what_it_was_made_as(one_row: Workspace) -> None:
    before = one_row.published_bytes()
    one_row.log("late.parquet", row(event_id="e2"))
    for other, said in OTHER_TERMS:
        with pytest.raises(ConfigurationError, match=said):
            one_row.under(**other).run()
    assert one_row.published_bytes() == before
    assert one_row.run().states() == {"2026-02-03": ("published", 2)}


def test_other_books_are_refused_without_restate(one_row: Workspace) -> None:
    book = write_card(one_row.folder / "dear", "llm,Acme,Chat,any,input_tokens,9,1000\n", "dear")
    other = Workspace(one_row.folder, (book,))
    with pytest.raises(
        ConfigurationError,
        match="other prices: rate card first is in no book of this home any more; add --restate",
    ):
        other.run()
    assert one_row.sql("select credits, rate_card from charges") == [(Decimal("0.22"), "first")]
    (made,) = other.run(restate=True).published
    assert (made.version, str(made.difference)) == (2, "8.780000000")
    assert made.reason.startswith("rate card dear added")
    assert other.run().stale == []
    assert other.home.settings().books == (str(book),)


def test_all_is_free_until_the_first_log(workspace: Workspace) -> None:
    workspace.run()
    assert workspace.home.settings().timezone == "UTC"
    dear = write_card(workspace.folder / "dear", "llm,Acme,Chat,any,input_tokens,9,1000\n", "dear")
    other = Workspace(workspace.folder, (dear,)).under(
        timezone="Asia/Tokyo", dimensions=("team",), quarantine_limit="0.5"
    )
    other.run()
    terms = workspace.home.settings()
    assert (terms.timezone, terms.dimensions, terms.books) == (
        "Asia/Tokyo",
        ("team",),
        (str(dear),),
    )
    assert terms.quarantine_limit == "0.5"
    shutil.rmtree(workspace.books[0])
    workspace.home.settings_file.write_text(  # by hand, too
        workspace.home.settings_file.read_text().replace("Asia/Tokyo", "Asia/Seoul")
    )
    unsaid = Workspace(workspace.folder, (dear,))
    unsaid.log("a.parquet", row(team="red"))
    assert unsaid.run().states() == {"2026-02-03": ("published", 1)}
    assert unsaid.sql("select team, rate_card from charges") == [("red", "dear")]
    with pytest.raises(ConfigurationError, match="was made with time zone Asia/Seoul, not UTC"):
        unsaid.under(timezone="UTC").run()


def test_a_log_that_is_rejected_locks_nothing(workspace: Workspace) -> None:
    workspace.inbox.mkdir()
    (workspace.inbox / "a.parquet").write_bytes(b"no Parquet")
    assert len(workspace.run().arrivals.rejected) == 1
    workspace.under(timezone="Europe/Berlin").run()
    assert workspace.home.settings().timezone == "Europe/Berlin"


def test_a_home_that_lost_its_logs_is_not_free(one_row: Workspace) -> None:
    for folder in (one_row.home.receipts, one_row.home.reports):
        shutil.rmtree(folder)
    before = one_row.home.settings_file.read_bytes()
    with pytest.raises(ConfigurationError, match="was made with time zone UTC, not Asia/Tokyo"):
        one_row.under(timezone="Asia/Tokyo").run()
    assert one_row.home.settings_file.read_bytes() == before


@pytest.mark.slow
def test_a_book_is_its_content(workspace: Workspace) -> None:
    write_aliases(workspace.books[0], "llm,Acme,chatty,Chat\n")
    workspace.log("a.parquet", row(), row(event_id="e2", model="Chatty"))
    workspace.run()
    moved = workspace.folder / "elsewhere" / "prices"
    shutil.copytree(workspace.books[0], moved)
    shutil.rmtree(workspace.books[0])
    there = Workspace(workspace.folder, (moved,))
    assert there.run().stale == []
    assert there.home.settings().books == (str(moved),)
    assert there.sql("select distinct book from rates") == [(str(moved),)]
    # a copy that has grown is the same book, too
    grown = workspace.folder / "grown"
    shutil.copytree(moved, grown)
    write_aliases(grown, "llm,Acme,other,Chat\nllm,Acme,chatty,Chat\n")
    write_card(grown, card_id="later", effective_from="2026-03-01T00:00:00Z")
    assert Workspace(workspace.folder, (grown,)).run().published[0].state == "unchanged"
    # a book more is other prices, even where no report depends on it; so is one for another
    extra = write_card(
        workspace.folder / "extra", "tts,Acme,Voice,any,characters,9,1000\n", "extra"
    )
    with pytest.raises(ConfigurationError, match="2 books, where there were 1; add --restate"):
        Workspace(workspace.folder, (grown, extra)).run()
    with pytest.raises(ConfigurationError, match="rate card first is in no book"):
        Workspace(workspace.folder, (extra,)).run()
    # what lacks or changes a line that reports go by is another
    for name, text, said in (
        ("aliases.csv", "service,brand,alias,model\n", "alias llm,Acme,chatty,Chat is in no book"),
        ("card first/rates.csv", None, "rate card first was changed since"),
    ):
        other = workspace.folder / f"other {name[:4]}"
        shutil.copytree(grown, other)
        file = other / name
        file.write_text(file.read_text().replace("0.22", "0.23") if text is None else text)
        with pytest.raises(ConfigurationError, match=f"hold other prices: {said}"):
            Workspace(workspace.folder, (other,)).run()
    assert workspace.home.settings().books == (str(grown),)


def test_the_terms_survive_odd_names_of_books(workspace: Workspace) -> None:
    book = write_card(workspace.folder / 'we"ird \\ [1] *\u2028\tnew\nline\x7f')
    odd = Workspace(workspace.folder, (book,), name="odd")
    odd.log("a.parquet", row())
    odd.run()
    assert odd.home.settings().books == (str(book),)
    assert odd.run().stale == []
    assert {one for (one,) in odd.sql("select distinct book from rates")} == {str(book)}


@pytest.mark.parametrize(
    ("line", "instead", "said"),
    [
        ("format = 2\n", "", "has lost its line `format`"),
        ("format = 2\n", "format = 3\n", "install the creditmill that made it, or a newer one"),
        ("format = 2\n", "format = \n", "home.toml is damaged: Invalid value"),
        ("floor = 20", "floor = -1", "quarantine_floor must be 0 rows or more"),
        ("_floor = ", "_flor = ", "quarantine_flor is not a setting of a home; did you mean"),
    ],
)
def test_settings_that_cannot_be_read_are_those_of_the_journal(
    one_row: Workspace, line: str, instead: str, said: str
) -> None:
    file = one_row.home.settings_file
    before = file.read_text()
    assert line in before
    file.write_text(before.replace(line, instead))
    for command in ("status", "open", "prune", "closings", "upgrade"):
        done = creditmill(command, "--home", one_row.home.path, cwd=one_row.folder)
        told = done.stderr.decode()
        assert (done.returncode, done.stdout) == (2, b""), told
        assert said in told
        assert "writes it again as the journal has it" in told
    done = creditmill("restore", "--home", one_row.home.path, cwd=one_row.folder)
    assert f"restored {file}: from the journal" in " ".join(done.stdout.decode().split())
    assert line in file.read_text()
