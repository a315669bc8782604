"""Versions made again from what their manifests pin; what was removed, replaced or changed is found.

What a version should hold belongs to `test_outcomes`.
"""

import json
import os
import random
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from pricing_assets.checks import expectations
from pricing_assets.checks import run as checks
from pricing_assets.common import files
from pricing_assets.contract import billing as contract
from pricing_assets.home import Version, pinned_inputs
from pricing_assets.report import manifest as manifests
from pricing_assets.usage import reduce as usage
from pricing_assets.verify import database, recompute
from pricing_assets.verify import files as verify
from tests.conftest import holds
from tests.pipelines.cli.test_commands import creditmill
from tests.report.test_closing_and_corrections import close, reopen
from tests.support.random_logs import random_books, random_rows, received_at, write_logs
from tests.support.workspace import NOON, RATES, Workspace, row, write_aliases, write_card

DEAR = "llm,Acme,Chat,any,input_tokens,0.44,1000\nllm,Acme,Chat,any,output_tokens,0.88,1000\n"
AGREEMENTS = (
    "agreement,org_id,service,brand,model,key_mode,meter,discount,price,valid_from,valid_to\n"
    "deal,acme,llm,*,*,*,*,0.5,,2026-02-03T11:00:00Z,\n"
)


def again(workspace: Workspace) -> list[recompute.Recomputed]:
    home = workspace.home
    return list(recompute.recompute_dates(home, home.dates()))


def differences(workspace: Workspace) -> list[str]:
    return [f"{one.path}: {one.what}" for made in again(workspace) for one in made.differences]


def by_digest(workspace: Workspace) -> list[str]:
    home = workspace.home
    found = verify.verify(home, home.dates())[1]
    found += [*database.records_agree(home, home.dates()), *database.closings_agree(home)]
    found += [] if found else database.totals_agree(home)
    return [f"{Path(one.path).relative_to(home.path)}: {one.what}" for one in found]


def grown(workspace: Workspace) -> Workspace:
    """One date of four versions: a late log, a late card with a cut and an alias, an agreement."""
    (book,) = workspace.books
    rows = [row(event_id=f"e{n}", event_time=NOON + timedelta(hours=n)) for n in range(3)]
    workspace.log(
        "a.parquet", *rows, row(event_id="n", model="Chatty"), row(event_id="x", org_id="")
    )
    workspace.run()
    workspace.log("late.parquet", row(event_id="late"), rows[0], row(event_id="e1", input_tokens=7))
    workspace.run()
    write_card(book, RATES + DEAR.replace("Chat", "Chatter"), "second", "2026-02-03T13:30:00Z")
    write_aliases(book, "llm,Acme,Chatty,Chat\n")
    workspace.run()
    (book / "agreements.csv").write_text(AGREEMENTS)
    workspace.run()
    return workspace


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("four")
    with pytest.MonkeyPatch.context() as patch:  # the plain judge, for a whole module
        patch.setattr(expectations, "preload", lambda: None)
        patch.setattr(checks, "judge", holds)
        workspace = grown(Workspace(folder, (write_card(folder / "book"),)))
    assert workspace.versions() == {"2026-02-03": [1, 2, 3, 4]}
    return workspace


@pytest.fixture
def own(four: Workspace, plain_judge: None, tmp_path: Path) -> Workspace:
    """The same home, to spoil; its database is built anew, for its own paths."""
    workspace = four.copied(tmp_path)
    workspace.run()
    return workspace


def version_of(workspace: Workspace, number: int) -> Version:
    (day,) = workspace.home.dates()
    return workspace.home.versions(day)[number - 1]


def test_every_version_is_made_again_by_what_it_pins(four: Workspace) -> None:
    made = again(four)
    assert [(one.version, one.compared, one.files, one.differences) for one in made] == [
        (number, "byte by byte", 11 if number == 1 else 13, []) for number in (1, 2, 3, 4)
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
    made = again(workspace)
    assert [(one.version, one.compared, one.files, one.differences) for one in made] == [
        (1, "byte by byte", 11, []),
        (2, "byte by byte", 13, []),
        ("c1", "byte by byte", 15, []),
        ("c2", "byte by byte", 2, []),  # takes c1 back
        ("c3", "byte by byte", 15, []),
    ]
    booked = workspace.home.booked(NOON.date())
    forged = (
        (1, "corrections", "credits", "credits published 1.000440000, recomputed 0.000440000"),
        (2, "corrections", "credits", "credits published 0.999560000, recomputed -0.000440000"),
        (3, "changes", "quantity", "quantity published 1003, recomputed 1002"),
    )
    for number, name, column, _ in forged:
        forge(booked[number - 1], f"update {name} set {column} = {column} + 1", name)
    found = differences(workspace)
    for number, name, _, said in forged:
        wrong = [one for one in found if f"/{number:04d}/{name}." in one]
        assert any(one.endswith(said) for one in wrong), wrong
    assert len(found) == 2 * (1 + 1 + 2)  # lines, as Parquet and as CSV


def test_sums_by_cause_are_made_again(own: Workspace) -> None:
    version = version_of(own, 3)
    (said,) = version.manifest["changes"].values()
    said["credits"] = "1.000000000"
    reseal(version, version.manifest)
    (wrong,) = differences(own)
    assert wrong.endswith("0003/manifest.json: its sums by cause are not those recomputed")


def random_history(folder: Path, seed: int, rows: int = 120, runs: int = 3) -> Workspace:
    """Random logs that come in turns, and books of which a card and the aliases come late."""
    rng = random.Random(seed)
    books = random_books(rng, folder / "books")
    logs = sorted(write_logs(rng, random_rows(rng, rows, "Europe/Berlin"), folder / "inbox", 4))
    workspace = Workspace(folder, tuple(books)).under(
        timezone="Europe/Berlin", quarantine_limit="1", dimensions=("team",)
    )
    late: list[tuple[Path, Path]] = []
    for book in books:
        cards = sorted(path.parent for path in book.glob("*/card.toml"))
        held = [*cards[1:], *book.glob("aliases.csv")]
        late += [(path, folder / f"aside-{len(late)}-{n}") for n, path in enumerate(held)]
    rng.shuffle(late)
    for place, aside in late:
        place.rename(aside)
    workspace.run(logs[:2], received_at())
    for place, aside in late[: len(late) // 2]:
        aside.rename(place)
    if runs > 2:
        workspace.run(logs[1:3], received_at())
    for place, aside in late[len(late) // 2 :]:
        aside.rename(place)
    workspace.run(logs, received_at())
    return workspace


@pytest.mark.slow
def test_random_histories_are_made_again(plain_judge: None, tmp_path: Path) -> None:
    workspace = random_history(tmp_path, 1, rows=60, runs=2)
    assert max(len(numbers) for numbers in workspace.versions().values()) > 1
    assert differences(workspace) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 12))
def test_many_random_histories(seed: int, plain_judge: None, tmp_path: Path) -> None:
    assert differences(random_history(tmp_path, seed)) == []


def test_what_is_no_longer_there_is_named(own: Workspace) -> None:
    (book,) = own.books
    second = book / "card second"
    toml = second / "card.toml"
    toml.write_text(toml.read_text().replace("a test", "another"))
    said = differences(own)
    assert len(said) == 2
    assert all("rate card second was changed since" in one for one in said)
    second.rename(own.folder / "kept")
    (book / "agreements.csv").unlink()
    (book / "aliases.csv").unlink()
    last = [one for one in differences(own) if "/0004" in one]
    assert any("rate card second is in no book" in one for one in last)
    assert any("agreement deal is in no book" in one for one in last)
    assert any("alias llm,Acme,Chatty,Chat is in no book any more" in one for one in last)
    (late,) = (log for log in own.home.all_receipts() if log.file_name == "late.parquet")
    own.home.log(late.file).unlink()
    assert f"log late.parquet ({late.file}) is missing" in "".join(differences(own))
    assert not any("/0001" in one for one in differences(own))


def test_a_file_that_is_gone_or_was_written_otherwise_is_named(own: Workspace) -> None:
    version = own.home.versions(own.home.dates()[-1])[-1]
    version.folder.chmod(0o755)
    file = version.folder / "charges.parquet"
    rows = pq.read_table(file)
    file.unlink()
    assert any(one.endswith("charges.parquet: is missing") for one in differences(own))
    pq.write_table(rows, file, compression="none")
    assert any(
        "its rows are those recomputed, its bytes are not" in one for one in differences(own)
    )


def test_a_date_that_cannot_be_reduced_any_more_is_not_recomputed(
    own: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    (day,) = own.home.dates()
    failed = usage.Reduced(failed={day: "an amount is too large"})
    monkeypatch.setattr(usage, "reduce_dates", lambda *_: failed)
    said = "it cannot be made again: an amount is too large"
    assert sum(said in one for one in differences(own)) == 4


def test_a_manifest_that_was_compared_with_and_is_damaged_is_named(own: Workspace) -> None:
    folder = version_of(own, 1).folder
    assert recompute._manifest(folder)["version"] == 1
    (folder / "manifest.json").write_text("{}")
    with pytest.raises(
        pinned_inputs.NoLongerThere, match="0001, which it was compared with: its bytes"
    ):
        recompute._manifest(folder)


def test_a_pinned_card_may_lie_in_another_book(own: Workspace) -> None:
    (book,) = own.books
    old = own.folder / "old"
    shutil.copytree(book, old)
    for file in ("agreements.csv", "aliases.csv"):
        (book / file).unlink()
    shutil.rmtree(book / "card second")
    home = own.home
    assert differences(own)
    (book / "card first").rename(own.folder / "first")
    write_card(book, RATES, "third", "2027-01-01T00:00:00Z")
    made = list(recompute.recompute_dates(home, home.dates(), [str(old)]))
    assert [one.differences for one in made] == [[], [], [], []]


def forge(version: Version, change: str, table: str = "charges") -> None:
    """Change a version's table by a statement, files, digests and all."""
    manifest = version.manifest
    with duckdb.connect() as con:
        con.execute(f"create table {table} as from '{version.folder / f'{table}.parquet'}'")
        con.execute(change)
        for name, kind in (
            (f"{table}.parquet", "format parquet, compression zstd"),
            (f"{table}.csv", "format csv, header true"),
        ):
            file = version.folder / name
            file.unlink()
            con.execute(f"copy (from {table} order by all) to '{file}' ({kind})")
            manifest["outputs"][name]["sha256"] = files.sha256_of(file)
        total, usd = con.sql(f"select sum(credits), sum(usd) from {table}").fetchall()[0]
    if table == "charges":
        manifest["totals"] |= {"credits": str(total), "usd": str(usd)}
    reseal(version, manifest)


def reseal(version: Version, manifest: dict[str, Any]) -> None:
    manifest["digest"] = files.digest_of(manifest)
    file = version.folder / "manifest.json"
    file.unlink()
    file.write_bytes(files.to_json(manifest))


def test_a_forged_charge_is_named_by_line(own: Workspace) -> None:
    forge(version_of(own, 4), "update charges set credits = credits + 1 where agreement = 'deal'")
    said = [one.rpartition("/")[2] for one in differences(own)]
    lines = [one for one in said if one.startswith("charges.parquet")]
    assert lines
    for line in lines:
        assert "acme, null, llm_text_chat, Acme, Chat, platform, input_tokens" in line
        assert "credits published 1." in line
        assert "recomputed 0." in line
    assert [one.replace(".csv", ".parquet") for one in said if ".csv" in one] == lines
    assert len(said) == 2 * len(lines)
    forge(version_of(own, 1), "delete from charges where true")
    assert any("not published" in one for one in differences(own) if "/0001/charges.par" in one)


def test_a_changed_byte_of_a_charge_is_named_by_line(own: Workspace) -> None:
    file = version_of(own, 1).folder / "charges.csv"
    file.chmod(0o644)
    text = file.read_text()
    assert "0.660000000" in text
    file.write_text(text.replace("0.660000000", "0.670000000"))
    (said,) = differences(own)
    assert said.startswith(f"{file}: 2026-02-03, acme, ")
    assert said.endswith("credits published 0.670000000, recomputed 0.660000000")


def test_other_libraries_compare_rows_and_make_no_version(
    own: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = manifests.version
    monkeypatch.setattr(manifests, "version", lambda name: f"{installed(name)}.later")
    monkeypatch.setattr(manifests, "code_version", lambda: "later")
    assert own.run().stale == []
    monkeypatch.setattr(recompute, "version", lambda name: f"{installed(name)}.later")
    forge(version_of(own, 4), "update charges set quantity = quantity + 1")
    *same, forged = again(own)
    assert [(one.compared, one.differences) for one in same] == [("row by row", [])] * 3
    assert any("quantity published" in one.what for one in forged.differences)


def test_only_inputs_cards_settings_or_rules_make_a_version(
    own: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert own.run().stale == []
    monkeypatch.setattr("pricing_assets.report.staleness.RULES_VERSION", contract.RULES_VERSION + 1)
    (stale,) = own.run().stale
    assert stale.why == f"rules {contract.RULES_VERSION} became {contract.RULES_VERSION + 1}"
    monkeypatch.setattr(
        "pricing_assets.home.pinned_inputs.RULES_VERSION", contract.RULES_VERSION + 1
    )
    assert "this code goes by" in differences(own)[0]
    assert again(own)[0].compared == "not recomputed"


REMOVED: list[tuple[tuple[int, ...], str]] = [
    ((1,), "0001: version 1 of 2026-02-03 is missing"),
    ((2,), "0002: version 2 of 2026-02-03 is missing"),
    ((2, 3), "0003: version 3 of 2026-02-03 is missing"),
    ((4,), "0004: is missing or damaged; credits.duckdb names it"),
]


def test_a_removed_version_is_found(own: Workspace) -> None:
    (day,) = own.home.dates()
    folder = own.home.date_folder(day)
    for numbers, said in REMOVED:
        for number in numbers:
            (folder / f"{number:04d}").rename(own.folder / f"{number}")
        if 4 in numbers:  # link and all
            (folder / "current").unlink()
            os.symlink("0003", folder / "current")
        assert any(said in one for one in by_digest(own)), said
        for number in numbers:
            (own.folder / f"{number}").rename(folder / f"{number:04d}")


def test_a_replaced_version_is_found(own: Workspace) -> None:
    for number in (1, 2, 3, 4):
        version = version_of(own, number)
        reseal(version, version.manifest | {"reason": "another"})
        name = f"{number + 1:04d}/manifest.json"
        if number < 4:
            (said,) = (one for one in by_digest(own) if name in one)
            assert "supersedes another version" in said
        version.manifest["output_digest"] = "0" * 64
        reseal(version, version.manifest)
        said = f"{number:04d}: was replaced: credits.duckdb knows other bytes of it"
        assert any(one.endswith(said) for one in by_digest(own))


def test_the_command_says_how_it_compared(own: Workspace) -> None:
    forge(version_of(own, 4), "update charges set credits = credits + 1")
    done = creditmill("verify", "--recompute", "--home", own.home.path, cwd=own.folder)
    assert done.returncode == 1
    said = done.stdout.decode()
    assert (said.count("byte by byte  equal"), said.count("byte by byte")) == (3, 4)


@pytest.mark.slow
def test_the_command_says_so_in_json(own: Workspace) -> None:
    forge(version_of(own, 4), "update charges set credits = credits + 1")
    done = creditmill("verify", "--recompute", "--json", "--home", own.home.path, cwd=own.folder)
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert [one["differences"] > 0 for one in told["recomputed"]] == [False, False, False, True]
