"""Versions made again from what their manifests pin; what was removed, replaced or changed is found.

What a version should hold belongs to `test_outcomes`.
"""

import json
import os
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pricing_assets.contract.outcomes import RULES_VERSION
from pricing_assets.home import pinned_inputs
from pricing_assets.report import manifest as manifests
from pricing_assets.usage import reduce as usage
from pricing_assets.usage.staging import Reduced
from pricing_assets.verify import recompute
from tests.support.command import creditmill
from tests.support.histories import DEAR, close, random_history, reopen
from tests.support.versions import again, by_digest, differences, forge, reseal, told, version_of
from tests.support.workspace import (
    NOON,
    RATES,
    Workspace,
    row,
    stored_manifest,
    write_aliases,
    write_card,
)


@pytest.mark.slow
def test_every_version_is_made_again_by_what_it_pins(four_versions: Workspace) -> None:
    made = again(four_versions)
    assert [(one.version, one.compared, one.files, one.differences) for one in made] == [
        (number, "byte by byte", 12 if number == 1 else 14, []) for number in (1, 2, 3, 4)
    ]


def test_an_alias_to_what_is_not_offered_is_pinned_too(workspace: Workspace) -> None:
    (book,) = workspace.books
    shutil.rmtree(book)
    write_card(book, "llm,Acme,Chat,any,input_tokens,-,1000\n")
    write_aliases(book, "llm,Acme,Chatty,Chat\n")
    workspace.log("a.parquet", row(model="Chatty"))
    workspace.run()
    assert workspace.sql("select outcome from account") == [("not_offered",)]
    assert differences(workspace) == []


@pytest.mark.slow
def test_what_was_booked_and_taken_back_is_made_again(workspace: Workspace) -> None:
    workspace.log("a.parquet", row(event_id="1"))
    workspace.run()
    close(workspace, NOON.date())
    workspace.log("late.parquet", row(event_id="2", input_tokens=2))
    workspace.run()
    reopen(workspace, NOON.date())
    workspace.run()
    close(workspace, NOON.date())
    write_card(workspace.books[0], DEAR, "second", "2026-02-02T00:00:00Z")
    workspace.run()
    booked = workspace.home.booked(NOON.date())
    forged = (
        (1, "corrections", "credits", "credits published 1.000440000, recomputed 0.000440000"),
        (2, "corrections", "credits", "credits published 0.999560000, recomputed -0.000440000"),
        (3, "changes", "quantity", "quantity published 1003, recomputed 1002"),
    )
    for number, name, column, _ in forged:
        forge(booked[number - 1], f"update {name} set {column} = {column} + 1", name)
    made = again(workspace)
    assert [(one.version, one.compared, one.files, len(one.differences)) for one in made] == [
        (1, "byte by byte", 12, 0),
        (2, "byte by byte", 14, 0),
        ("c1", "byte by byte", 16, 2),  # a line, as Parquet and as CSV
        ("c2", "byte by byte", 2, 2),  # takes c1 back
        ("c3", "byte by byte", 16, 4),
    ]
    found = told(made)
    for number, name, _, said in forged:
        wrong = [one for one in found if f"/{number:04d}/{name}." in one]
        assert any(one.endswith(said) for one in wrong), wrong


@pytest.mark.slow
def test_sums_by_cause_are_made_again(own_versions: Workspace) -> None:
    version = version_of(own_versions, 3)
    manifest = stored_manifest(version)
    (said,) = manifest["changes"].values()
    said["credits"] = "1.000000000"
    reseal(version, manifest)
    (wrong,) = differences(own_versions)
    assert wrong.endswith("0003/manifest.json: its sums by cause are not those recomputed")


@pytest.mark.slow
def test_random_histories_are_made_again(tmp_path: Path) -> None:
    workspace = random_history(tmp_path, 1, rows=60, runs=2)
    assert max(len(numbers) for numbers in workspace.versions().values()) > 1
    assert differences(workspace) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 12))
def test_many_random_histories(seed: int, tmp_path: Path) -> None:
    assert differences(random_history(tmp_path, seed)) == []


@pytest.mark.slow
def test_what_is_no_longer_there_is_named(own_versions: Workspace) -> None:
    (book,) = own_versions.books
    second = book / "card second"
    toml = second / "card.toml"
    toml.write_text(toml.read_text().replace("a test", "another"))
    said = differences(own_versions)
    assert len(said) == 2
    assert all("rate card second was changed since" in one for one in said)
    second.rename(own_versions.folder / "kept")
    (book / "agreements.csv").unlink()
    (book / "aliases.csv").unlink()
    last = [one for one in differences(own_versions) if "/0004" in one]
    assert any("rate card second is in no book" in one for one in last)
    assert any("agreement deal is in no book" in one for one in last)
    assert any("alias llm,Acme,Chatty,Chat is in no book any more" in one for one in last)
    (late,) = (log for log in own_versions.home.all_receipts() if log.file_name == "late.parquet")
    own_versions.home.log(late.file).unlink()
    said = differences(own_versions)
    assert f"log late.parquet ({late.file}) is missing" in "".join(said)
    assert not any("/0001" in one for one in said)


def test_a_file_that_is_gone_or_was_written_differently_is_named(own_versions: Workspace) -> None:
    gone, otherwise = (version_of(own_versions, n).folder / "charges.parquet" for n in (1, 2))
    gone.unlink()
    rows = pq.read_table(otherwise)
    otherwise.unlink()
    pq.write_table(rows, otherwise, compression="none")
    first, second = differences(own_versions, first=2)
    assert first.endswith("0001/charges.parquet: is missing")
    assert "0002/charges.parquet" in second
    assert "its rows are those recomputed, its bytes are not" in second


def test_a_date_that_cannot_be_reduced_any_more_is_not_recomputed(
    own_versions: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    (day,) = own_versions.home.dates()
    failed = Reduced(failed={day: "an amount is too large"})
    monkeypatch.setattr(usage, "reduce_dates", lambda *_: failed)
    said = "it cannot be made again: an amount is too large"
    assert sum(said in one for one in differences(own_versions)) == 4


def test_a_manifest_that_was_compared_with_and_is_damaged_is_named(own_versions: Workspace) -> None:
    folder = version_of(own_versions, 1).folder
    assert recompute._contents(folder).usage_date == own_versions.home.dates()[0]
    (folder / "manifest.json").write_text("{}")
    with pytest.raises(
        pinned_inputs.NoLongerThere, match="0001, which it was compared with: its bytes"
    ):
        recompute._contents(folder)


@pytest.mark.slow
def test_a_pinned_card_may_lie_in_another_book(own_versions: Workspace) -> None:
    (book,) = own_versions.books
    old = own_versions.folder / "old"
    shutil.copytree(book, old)
    for file in ("agreements.csv", "aliases.csv"):
        (book / file).unlink()
    shutil.rmtree(book / "card second")
    home = own_versions.home
    (book / "card first").rename(own_versions.folder / "first")
    write_card(book, RATES, "third", "2027-01-01T00:00:00Z")
    assert all("card first is in no book" in one for one in differences(own_versions, first=1))
    made = list(recompute.recompute_dates(home, home.dates(), [str(old)]))
    assert [one.differences for one in made] == [[], [], [], []]


def test_a_forged_charge_is_named_by_line(own_versions: Workspace) -> None:
    forge(
        version_of(own_versions, 4),
        "update charges set credits = credits + 1 where agreement = 'deal'",
    )
    forge(version_of(own_versions, 1), "delete from charges where true")
    found = differences(own_versions)
    assert any("not published" in one for one in found if "/0001/charges.par" in one)
    said = [one.rpartition("/")[2] for one in found if "/0004/" in one]
    lines = [one for one in said if one.startswith("charges.parquet")]
    assert lines
    for line in lines:
        assert "acme, null, llm_text_chat, Acme, Chat, platform, input_tokens" in line
        assert "credits published 1." in line
        assert "recomputed 0." in line
    assert [one.replace(".csv", ".parquet") for one in said if ".csv" in one] == lines
    assert len(said) == 2 * len(lines)


def test_a_changed_byte_of_a_charge_is_named_by_line(own_versions: Workspace) -> None:
    file = version_of(own_versions, 1).folder / "charges.csv"
    file.chmod(0o644)
    text = file.read_text()
    assert "0.660000000" in text
    file.write_text(text.replace("0.660000000", "0.670000000"))
    (said,) = differences(own_versions, first=1)
    assert said.startswith(f"{file}: 2026-02-03, acme, ")
    assert said.endswith("credits published 0.670000000, recomputed 0.660000000")


@pytest.mark.slow
def test_other_libraries_compare_rows_and_make_no_version(
    own_versions: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = manifests.version
    monkeypatch.setattr(manifests, "version", lambda name: f"{installed(name)}.later")
    monkeypatch.setattr(manifests, "code_version", lambda: "later")
    assert own_versions.run().stale == []
    monkeypatch.setattr(recompute, "version", lambda name: f"{installed(name)}.later")
    forge(version_of(own_versions, 2), "update charges set quantity = quantity + 1")
    same, forged = again(own_versions, first=2)
    assert (same.compared, same.differences) == ("row by row", [])
    assert any("quantity published" in one.what for one in forged.differences)


def test_only_inputs_cards_settings_or_rules_make_a_version(
    own_versions: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert own_versions.run().stale == []
    for module in ("reasons", "staleness"):
        monkeypatch.setattr(f"pricing_assets.report.{module}.RULES_VERSION", RULES_VERSION + 1)
    (stale,) = own_versions.run().stale
    assert stale.why == f"rules {RULES_VERSION} became {RULES_VERSION + 1}"
    monkeypatch.setattr("pricing_assets.home.pinned_inputs.RULES_VERSION", RULES_VERSION + 1)
    assert "this code uses" in differences(own_versions)[0]
    assert again(own_versions)[0].compared == "not recomputed"


REMOVED: list[tuple[tuple[int, ...], str]] = [
    ((1,), "0001: version 1 of 2026-02-03 is missing"),
    ((2,), "0002: version 2 of 2026-02-03 is missing"),
    ((2, 3), "0003: version 3 of 2026-02-03 is missing"),
    ((4,), "0004: is missing or damaged; credits.duckdb names it"),
]


def test_a_removed_version_is_found(own_versions: Workspace) -> None:
    (day,) = own_versions.home.dates()
    folder = own_versions.home.date_folder(day)
    for numbers, said in REMOVED:
        for number in numbers:
            (folder / f"{number:04d}").rename(own_versions.folder / f"{number}")
        if 4 in numbers:  # link and all
            (folder / "current").unlink()
            os.symlink("0003", folder / "current")
        assert any(said in one for one in by_digest(own_versions)), said
        for number in numbers:
            (own_versions.folder / f"{number}").rename(folder / f"{number:04d}")


def test_a_replaced_version_is_found(own_versions: Workspace) -> None:
    for number in (1, 2, 3, 4):
        version = version_of(own_versions, number)
        reseal(version, stored_manifest(version) | {"reason": "another"})
        name = f"{number + 1:04d}/manifest.json"
        if number < 4:
            (said,) = (one for one in by_digest(own_versions) if name in one)
            assert "supersedes another version" in said
        reseal(version, stored_manifest(version) | {"output_digest": "0" * 64})
        said = f"{number:04d}: was replaced: credits.duckdb knows other bytes of it"
        assert any(one.endswith(said) for one in by_digest(own_versions))


@pytest.mark.slow
def test_verify_recompute_prints_how_each_version_was_compared(own_versions: Workspace) -> None:
    forge(version_of(own_versions, 4), "update charges set credits = credits + 1")
    done = creditmill(
        "verify", "--recompute", "--home", own_versions.home.path, cwd=own_versions.folder
    )
    assert done.returncode == 1
    said = done.stdout.decode()
    assert (said.count("byte by byte  equal"), said.count("byte by byte")) == (3, 4)


@pytest.mark.slow
def test_verify_recompute_counts_differences_in_json(own_versions: Workspace) -> None:
    forge(version_of(own_versions, 4), "update charges set credits = credits + 1")
    done = creditmill(
        "verify", "--recompute", "--json", "--home", own_versions.home.path, cwd=own_versions.folder
    )
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert [one["differences"] > 0 for one in told["recomputed"]] == [False, False, False, True]
