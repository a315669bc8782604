"""`names propose`: lines with their evidence, doubtful ones as comments; written as shown, they load and
charge what was said."""

import json
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pipelines.cli import advice
from pipelines.cli.app import main
from pricing_assets.analysis.alias_charges import charges_of
from pricing_assets.analysis.quarantine import last_attempts
from pricing_assets.analysis.unpriced import find_unpriced
from pricing_assets.db.statements import data_folder
from pricing_assets.report import HomeView
from tests.support.command import creditmill
from tests.support.workspace import RATES, Workspace, row, stored_manifest, write_card

PRINTED = """\
llm,OpenAI,Chat 2.0 128k,platform,input_tokens,3,1000
llm,OpenAI,Chat 2.0 Thinking 128k,platform,input_tokens,5,1000
llm,OpenAI,Talk 3,platform,input_tokens,2,1000
llm,Anthropic,Claude-4.5-Sonnet-200k,platform,input_tokens,7,1000
"""


def home_with(folder: Path, *names: tuple[str, str]) -> Workspace:
    """A home of one date on which each brand and model has used 1,000 tokens."""
    book = write_card(folder / "book", RATES + PRINTED)
    workspace = Workspace(folder, (book,), catalog=True).under(quarantine_limit="1")
    workspace.log(
        "a.parquet",
        *(row(event_id=f"{n}", brand=brand, model=model) for n, (brand, model) in enumerate(names)),
    )
    workspace.run()
    return workspace


def propose(workspace: Workspace, *options: str) -> Any:
    done = creditmill(
        "names", "propose", *options, "--json", "--home", workspace.home.path, cwd=workspace.folder
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
def test_what_is_written_charges_what_was_shown(tmp_path: Path) -> None:
    workspace = home_with(
        tmp_path,
        ("OpenAI", "openai/talk-3-2026-01-01"),
        ("bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
        ("OpenAI", "chat-2"),
        ("OpenAI", "talk-3-preview"),
        ("OpenAI", "nobody's"),
    )
    book = workspace.books[0]
    shown = propose(workspace)
    assert not (book / "aliases.csv").exists()
    lines = {Path(one["file"]).name: one["lines"] for one in shown["files"]}
    ready = [line for line in lines["aliases.csv"] if not line.startswith("#")]
    assert ready == [
        "service,brand,alias,model",
        "llm,Anthropic,us.anthropic.claude-sonnet-4-5-20250929-v1:0,Claude-4.5-Sonnet-200k",
        "llm,OpenAI,openai/talk-3-2026-01-01,Talk 3",
    ]
    assert lines["brands.csv"][::2] == ["service,alias,brand", "llm,bedrock,Anthropic"]
    comments = [line for line in lines["aliases.csv"] if line.startswith("# llm,")]
    assert comments == [
        "# llm,OpenAI,chat-2,Chat 2.0 128k",
        "# llm,OpenAI,chat-2,Chat 2.0 Thinking 128k",
        "# llm,OpenAI,talk-3-preview,Talk 3",
    ]
    (cheap,) = [line for line in lines["aliases.csv"] if "cheapest" in line][:1]
    assert "1 row, 3.000000000 credits (" in cheap
    assert "'Chat 2.0 128k' 3.000000000, dearest 'Chat 2.0 Thinking 128k' 5.000000000" in cheap
    assert propose(workspace, "--write")["files"] == shown["files"]
    (made,) = workspace.run().published
    assert made.difference == Decimal(2) + Decimal(7)
    assert "brand bedrock is now Anthropic" in made.reason
    (day,) = workspace.home.dates()
    assert ["brands.csv", "llm", "bedrock", "Anthropic"] in stored_manifest(
        workspace.home.versions(day)[1]
    )["aliases"]
    assert propose(workspace)["files"] == []  # what is doubtful stands there as a comment
    done = creditmill("verify", "--recompute", "--home", workspace.home.path, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_of_names_that_have_lines_it_is_said_what_is_left_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line that two names need has the rows and credits of both; lines that are written are charged
    by the next run; a doubtful name waits for a decision until somebody has taken it."""
    names = ("openrouter", "Talk 3"), ("openrouter", "Chat 2.0 Thinking 128k"), ("OpenAI", "chat-2")
    workspace = home_with(tmp_path, *names)
    book = workspace.books[0]

    def proposed(*options: str) -> str:
        command = ["names", "propose", *options, "--home", str(workspace.home.path)]
        assert main(command) == 0
        return capsys.readouterr().out

    assert "waits for a decision" not in proposed("--write")
    shared = (
        "# openrouter is a gateway to OpenAI; the same name; 2 rows, 7.000000000 credits"
        " (0.440000000 to 14.000000000 at risk);"
        " of openrouter Chat 2.0 Thinking 128k, openrouter Talk 3"
    )
    assert (book / "brands.csv").read_text().splitlines() == [
        "service,alias,brand",
        shared,
        "llm,openrouter,OpenAI",
    ]
    waiting = (
        "llm OpenAI chat-2 waits for a decision: OpenAI Chat 2.0 128k or OpenAI Chat 2.0 Thinking 128k;"
        f" take the `# ` away from the lines of one of them in {book}/aliases.csv\n"
    )
    priced = (
        "The rate books price openrouter Chat 2.0 Thinking 128k, openrouter Talk 3 already; creditmill run"
        f" --home {workspace.home.path} charges their usage (7.00 credits)."
    )
    assert proposed() == waiting + priced + "\n"
    (made,) = workspace.run().published
    assert made.difference == Decimal(7)
    assert proposed() == waiting


def test_the_advice_of_a_run_has_no_doubtful_line(tmp_path: Path) -> None:
    workspace = home_with(tmp_path, ("OpenAI", "chat-2"), ("OpenAI", "talk-3-preview"))
    done = creditmill("quarantine", "--home", workspace.home.path, cwd=tmp_path)
    assert b"Talk 3" in done.stdout + done.stderr  # it is only asked about
    assert b"aliases.csv" not in done.stdout + done.stderr


@pytest.mark.slow
def test_a_built_in_book_is_not_written_to(tmp_path: Path) -> None:
    book = data_folder("pricing_assets/rate_cards")
    before = (book / "aliases.csv").read_bytes()
    workspace = Workspace(tmp_path, (book,), catalog=True).under(quarantine_limit="1")
    workspace.log("a.parquet", row(brand="OpenAI", model="gpt-4o-2024-08-06"))
    workspace.run()
    done = creditmill("names", "propose", "--write", "--home", workspace.home.path, cwd=tmp_path)
    assert done.returncode == 2
    assert b"creditmill rates init" in done.stderr
    shown = propose(workspace)
    assert [one["file"] for one in shown["files"]] == ["my_rates/aliases.csv"]
    assert shown["copy_first"] == ["creditmill rates init my_rates"]
    assert (book / "aliases.csv").read_bytes() == before


@pytest.mark.slow
def test_of_a_name_without_a_brand_it_is_said_which_brand_prints_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = "claude-sonnet-4-5-20250929"
    workspace = home_with(tmp_path, ("", model), ("", "no such model"))
    said = (
        "the log names no brand, and cards print it as Anthropic Claude-4.5-Sonnet-200k;"
        f' let its writer say which, or its source: brand = {{ path = …, map = {{ "{model}" = "Anthropic" }} }}'
    )
    view = HomeView(workspace.home, workspace.home.settings())
    names = find_unpriced(view.home, view.settings, view.rates)
    assert [said in advice.describe(name) for name in names] == [
        name.model == model for name in names
    ]
    capsys.readouterr()
    assert main(["names", "propose", "--home", str(workspace.home.path)]) == 0
    out = capsys.readouterr().out
    assert f"llm {model}: {said}\n" in out
    assert "No printed name is meant by no such model; add a price" in out


@pytest.mark.slow
def test_every_name_is_looked_at_and_beyond_the_bound_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A name that was not looked at is not one that means nothing."""
    nobodys = [("OpenAI", f"a nobody's {n}") for n in range(120)]
    workspace = home_with(tmp_path, *nobodys, ("OpenAI", "openai/talk-3-2026-01-01"))
    command = ["names", "propose", "--home", str(workspace.home.path)]
    line = "llm,OpenAI,openai/talk-3-2026-01-01,Talk 3"
    assert main(command) == 0
    assert line in capsys.readouterr().out
    monkeypatch.setattr("pipelines.cli.commands.names.propose.find_unpriced", FEW)
    assert main(command) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "1 name with fewer rows was not looked at; add these lines, run, and propose" in said
    assert "and 115 more; add a price" in said
    assert main([*command, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["not_looked_at"] == 1
    assert [one["rate_lines"] for one in told["names"] if not one["looked_at"]] == [[]]


FEW = partial(find_unpriced, most=120)


@pytest.mark.slow
def test_lines_that_are_charged_together_charge_what_each_would_alone(tmp_path: Path) -> None:
    """Whether they share a printed name, a logged one, or what the books map already."""
    workspace = home_with(
        tmp_path,
        ("OpenAI", "Talk 3"),
        *(("OpenAI", name) for name in ("talk_3", "openai/talk-3-2026-01-01", "talk-3-preview")),
        *(("OpenAI", name) for name in ("chat-2", "chat-2.0-thinking-2026-01-01")),
        ("Anthropic", "claude-sonnet-4-5-20250929"),
        ("bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
    )
    view = HomeView(workspace.home, workspace.home.settings())
    names = find_unpriced(view.home, view.settings, view.rates, doubtful=True)
    offers = [
        one.proposal for name in names for one in ([name.offer] if name.offer else name.doubtful)
    ]
    assert len(offers) > 5
    of = view.home, view.settings, view.rates, last_attempts(view.home, view.home.dates())
    together = charges_of(*of, offers)
    assert together == {
        one: charged for each in offers for one, charged in charges_of(*of, [each]).items()
    }
    assert {*together} == {*offers}
