"""What a run advises for names without a price: written as printed, it loads, and charges what was
said, which lies within what was said to be at risk."""

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.cli import advice
from pricing_assets import flow
from pricing_assets.analysis import unpriced
from pricing_assets.db.statements import data_folder
from tests.support.command import creditmill
from tests.support.workspace import (
    NOON,
    RATES,
    Workspace,
    of,
    row,
    stored_manifest,
    write_aliases,
    write_card,
)

BUILT_IN = data_folder("pricing_assets/rate_cards")
DAY = timedelta(days=1)
NAMES = """\
llm,Acme,Chat 2.0 128k,platform,input_tokens,3,1000
llm,Acme,Chat 2.0 128k,platform,output_tokens,7,1000
llm,Acme,Dear,platform,input_tokens,30,1000
llm,Acme,Free,platform,input_tokens,0,1000
llm,Acme,Odd 2,platform,input_tokens,0.000000333,1000
llm,Acme,Closed 2,platform,input_tokens,-,1000
"""


def found_in(workspace: Workspace) -> dict[str, unpriced.Unpriced]:
    """What is found without a price, by model."""
    workspace.database()
    run = flow.Run(workspace.home, workspace.home.settings())
    return {
        name.model: name for name in unpriced.find_unpriced(workspace.home, run.settings, run.rates)
    }


def lines_of(workspace: Workspace) -> list[str]:
    """What is advised."""
    workspace.database()
    run = flow.Run(workspace.home, workspace.home.settings())
    names = unpriced.find_unpriced(workspace.home, run.settings, run.rates)
    return list(advice.lines(run, names))


def write(lines: list[str], folder: Path) -> str:
    """Do in a folder what the lines say; gives the command that they end with."""
    file, command = folder, ""
    for line in lines:
        if line.startswith("    "):
            with file.open("a", encoding="utf-8") as stream:
                stream.write(line.removeprefix("    ") + "\n")
            continue
        for said in re.findall(r"creditmill (?:run|rates init) [^`]*", line):
            if "rates init" in said:
                assert creditmill(*said.split()[1:], cwd=folder).returncode == 0
            else:
                command = said
        if (named := re.search(r"(\S+\.(?:csv|toml)):?$", line)) is not None:
            file = folder / named[1]
            file.parent.mkdir(parents=True, exist_ok=True)
    return command


def workspace_with(folder: Path, rates: str = RATES + NAMES, book: str = "book") -> Workspace:
    return Workspace(folder, (write_card(folder / book, rates),)).under(quarantine_limit="1")


@pytest.mark.slow
def test_what_is_printed_loads_and_charges_what_was_said(tmp_path: Path) -> None:
    """From a home on the built-in book, by pasting every line and the command as they stand."""
    names = ["gpt-4o-mini", "openai/GPT-4o-mini", "gpt-4o-mini-2024-07-18", "o3-mini", "O3-mini"]
    names += ["o3-mini ", "ｏ3-mini", 'a "b", c', "<i>[bold]x[/]", "=1+1", "gpt-3.5-turbo"]
    workspace = Workspace(tmp_path, (BUILT_IN,)).under(quarantine_limit="1")
    workspace.log(
        "a.parquet",
        row(event_id="0", brand="openai", model="GPT-4o-128k"),
        *(
            row(event_id=name, brand="openai", model=name, output_tokens=place, key_mode=mode)
            for place, name in enumerate(names)
            for mode in ("platform",)
        ),
        row(event_id="own", brand="OpenAI", model="o3-mini", key_mode="own"),
        of("tts_generation", "openai", "tts-1", event_id="t", characters=10),
    )
    workspace.run()
    found = found_in(workspace)
    lines = lines_of(workspace)
    assert not any(str(BUILT_IN) in line for line in lines)
    pasted = [line.strip() for line in lines if line.startswith("    llm,")]
    assert "llm,openai,gpt-4o-mini,GPT-4o-mini-128k" in pasted
    assert len([line for line in pasted if "o3-mini" in line.casefold()]) == 4  # once per key
    command = write(lines, tmp_path)
    for book in ("my_rates", "extra_rates"):
        assert creditmill("rates", "check", book, cwd=tmp_path).returncode == 0
    assert "--rates my_rates --rates extra_rates --restate" in command
    done = creditmill(*command.split()[1:], "--no-pages", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (day,) = workspace.home.dates()
    second = stored_manifest(workspace.home.versions(day)[1])
    said = [name.offer.credits for name in found.values() if name.offer is not None]
    assert Decimal(second["difference"]) == sum(said) > 0
    assert second["outcomes"] == {"rated": 4, "not_offered": 9 + 1}
    # once the extra book was used, its prices come in a new card
    (card,) = (tmp_path / "extra_rates").iterdir()
    priced = (card / "rates.csv").read_text(encoding="utf-8").replace(",-,", ",0.5,")
    (tmp_path / "priced.csv").write_text(priced, encoding="utf-8")
    new = ["--from", f"extra-{card.name}", "--effective", f"{card.name}T00:00:00Z"]
    new += ["--book", "extra_rates", "--changes", "priced.csv"]
    assert creditmill("rates", "new", "priced", *new, cwd=tmp_path).returncode == 0
    done = creditmill("run", "--no-pages", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    third = stored_manifest(workspace.home.versions(day)[2])
    assert third["outcomes"] == {"rated": 4 + 9 + 1}


def test_an_extra_book_is_to_be_priced_before_it_is_used(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path)
    workspace.log("a.parquet", row(model="zeta-9"))
    workspace.run()
    (said,) = (line for line in lines_of(workspace) if line.endswith("card.toml"))
    assert "in place of each '-' before the first run with it" in said
    assert "once it was used, only a new card prices them, `creditmill rates new`" in said


@pytest.mark.slow
def test_it_charges_within_what_is_at_risk_on_all_dates(tmp_path: Path) -> None:
    """Also on dates that the last run did not touch, that are blocked, or that are closed."""
    workspace = workspace_with(tmp_path)
    workspace.log("a.parquet", row(event_id="a", model="chat-2", input_tokens=10**9))
    workspace.run()
    limits = workspace.under(quarantine_limit="0", quarantine_floor=0)
    limits.log("b.parquet", row(event_id="b", model="acme/chat-2", event_time=NOON + DAY))
    assert [made.state for made in limits.run().published] == ["blocked"]
    found = found_in(workspace)
    assert {name.offer.credits for name in found.values() if name.offer} == {
        Decimal(3_000_000),
        Decimal(3),
    }
    for name in found.values():
        assert name.least_credits is not None
        assert name.most_credits is not None
        assert name.least_credits <= name.offer.credits <= name.most_credits
    lines = lines_of(workspace)
    assert lines[0] == f"write {workspace.books[0]}/aliases.csv:"
    assert lines[-1] == f"then: creditmill run --home {workspace.home.path}"
    write(lines, tmp_path)
    assert {made.credits for made in workspace.run().published} == {Decimal(3_000_000), Decimal(3)}


@pytest.mark.slow
def test_the_range_holds_however_charges_are_rounded(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path)
    workspace.log(
        "a.parquet",
        *(
            row(event_id=f"{model}{agent}", model=model, agent_id=str(agent), input_tokens=1501)
            for agent in range(7)
            for model in ("odd-2", "Odd 2", "odd-2-2026-01-01")
        ),
    )
    workspace.run()
    found = found_in(workspace)
    for model in ("odd-2", "odd-2-2026-01-01"):
        name = found[model]
        assert name.offer is not None
        assert (name.least_credits or 0) <= name.offer.credits <= (name.most_credits or 0)
    # One alias at a time: it is summed with the printed name's usage before it is rounded.
    offer = found["odd-2"].offer
    assert offer is not None
    write_aliases(workspace.books[0], f"{offer.alias_line}\n")
    (made,) = workspace.run().published
    assert made.difference == offer.credits


def test_an_agreed_price_is_within_the_range(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path)
    (workspace.books[0] / "agreements.csv").write_text(
        "agreement,org_id,service,brand,model,key_mode,meter,discount,price,valid_from,valid_to\n"
        "dear,acme,llm,Acme,Chat 2.0 128k,platform,input_tokens,,500,2026-02-01T00:00:00Z,\n"
    )
    workspace.log(
        "a.parquet", row(model="chat-2"), row(event_id="2", org_id="other", model="chat-2")
    )
    workspace.run()
    (name,) = found_in(workspace).values()
    assert name.offer is not None
    assert name.offer.charges == {"acme": Decimal(500), "other": Decimal(3)}
    assert (name.least_credits, name.most_credits) == (Decimal(0), Decimal(530))


@pytest.mark.slow
def test_what_no_line_can_price_is_said(tmp_path: Path) -> None:
    """A printed name without such a row, a blank one, one that cannot be pasted, one that an alias
    would leave without a price, and one that has an alias."""
    workspace = workspace_with(tmp_path)
    write_aliases(workspace.books[0], "llm,Acme,chat-2,Gone\n")
    write_card(
        workspace.books[0],
        RATES + "llm,Acme,Later,platform,input_tokens,1,1000\n",
        "next",
        "2026-02-04T00:00:00Z",
    )
    workspace.log(
        "a.parquet",
        row(event_id="1", model="Dear", key_mode="own"),
        row(event_id="2", model=""),
        row(event_id="3", model="ch\u200bat-2"),
        row(event_id="4", model="later"),
        row(event_id="5", model="closed-2"),
        row(event_id="6", model="x" * 400),
        row(event_id="7", model="Deer"),
        row(event_id="9", model="chat-2"),
        row(event_id="8", model="Chat 2.0 128k", input_tokens=None, output_tokens=0, brand="ACME"),
    )
    workspace.run()
    found = found_in(workspace)
    said = {model: advice.describe(name) for model, name in found.items()}
    assert not any(name.offer for name in found.values())
    assert "card 'first' prints it, but not for key mode 'own'" in said["Dear"]
    assert "no line can price it" in said[""]
    assert "no line can price it" in said["ch\u200bat-2"]
    assert "no line can price it" in said["x" * 400]
    assert "card 'next' prints it from 2026-02-04 00:00 UTC on" in said["later"]
    assert said["Deer"].endswith("nearest printed name: Dear (is it the same?)")
    assert found["chat-2"].found.nearest == "Chat 2.0 128k"
    command = write(lines_of(workspace), tmp_path)
    assert "closed-2" in (tmp_path / "extra_rates/2026-02-03/rates.csv").read_text()
    words = command.split()[1:]
    done = creditmill(*words, "--no-pages", "--quarantine-limit", "1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_many_names_are_shown_in_part(tmp_path: Path) -> None:
    workspace = replace(workspace_with(tmp_path), catalog=True)
    workspace.log(
        "a.parquet", *(row(event_id=str(one), model=f"model {one}x") for one in range(150))
    )
    workspace.run()
    done = creditmill("quarantine", "--home", workspace.home.path, cwd=tmp_path)
    assert done.stdout.decode().count("! no price for llm") == 100
    assert "50 more names" in done.stdout.decode()
