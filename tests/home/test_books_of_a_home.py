"""The books that a home goes by: edited by hand, moved, or of which what was used is gone.

Nothing of that may make a smaller bill; what restores it is named.
"""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from pricing_assets.common.errors import ConfigurationError, RateBookError
from pricing_assets.verify.home import verify_home
from tests.support.command import creditmill
from tests.support.workspace import NOON, RATES, Workspace, row, write_aliases, write_card

HAMMER = "tool,Acme,Hammer,any,requests,1,1\n"
TOOL = {
    "billing_type": "tools_invocation", "brand": "Acme", "model": "Hammer", "requests": 1,
    "status": "success", "input_tokens": None, "output_tokens": None,
}  # fmt: skip


@pytest.fixture
def two(tmp_path: Path) -> Workspace:
    """A home of two books, both of which are used."""
    books = (write_card(tmp_path / "book"), write_card(tmp_path / "tools", HAMMER, "tools"))
    workspace = Workspace(tmp_path, books, catalog=True)
    workspace.log("a.parquet", row(), row(event_id="t", **TOOL))
    workspace.run()
    return workspace


def without_the_second(workspace: Workspace) -> str:
    """Take the second book out of `home.toml` by hand; return what it was."""
    file = workspace.home.settings_file
    text = file.read_text()
    edited = text.replace(f', "{workspace.books[1]}"', "")
    assert edited != text
    file.write_text(edited)
    return text


def test_books_that_were_edited_out_of_a_home_are_put_back(two: Workspace) -> None:
    text = without_the_second(two)
    two.log("late.parquet", row(event_id="l", **TOOL))
    for words in (("run", "--logs", two.inbox), ("status",), ("restore",)):
        done = creditmill(*words, "--home", two.home.path, cwd=two.folder)
        if words != ("restore",):
            assert done.returncode == 2
            assert b"home.toml was changed: the home uses books" in done.stderr
    assert (done.returncode, two.home.settings_file.read_text()) == (0, text)
    assert sorted(two.books[0].iterdir()) == [two.books[0] / "card first"]
    two.run()
    assert two.sql("select sum(quantity) from charges where model = 'Hammer'") == [(2,)]


def test_verify_names_books_that_were_edited(two: Workspace) -> None:
    without_the_second(two)
    (found,) = verify_home(two.home, None).differences
    assert (found.path, "the home uses books" in found.what) == (
        str(two.home.settings_file), True,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("books", ["[]", '["/nonexistent"]'])
def test_no_book_is_made_for_a_name_that_was_written_by_hand(two: Workspace, books: str) -> None:
    text = two.home.settings_file.read_text()
    two.home.settings_file.write_text(re.sub(r"books = \[[^]]*\]", f"books = {books}", text))
    assert verify_home(two.home, None).differences
    done = creditmill("restore", "--home", two.home.path, cwd=two.folder)
    assert (done.returncode, two.home.settings_file.read_text()) == (0, text)
    assert not Path("/nonexistent").exists()


def test_what_a_moved_book_lost_comes_back_to_where_it_is_now(two: Workspace) -> None:
    moved = tuple(two.folder / f"moved {n}" for n in (1, 2))
    for book, target in zip(two.books, moved, strict=True):
        book.rename(target)
    there = replace(two, books=moved[::-1])  # in another order, too
    there.run()
    shutil.rmtree(moved[1] / "card tools")
    with pytest.raises(RateBookError, match="moved 2/card tools: rate card 'tools' was used"):
        there.run()
    assert creditmill("restore", "--home", two.home.path, cwd=two.folder).returncode == 0
    assert not two.books[1].exists()
    assert there.run().stale == []


def test_a_card_that_breaks_a_rule_is_not_told_as_gone(two: Workspace) -> None:
    file = two.books[0] / "card first" / "rates.csv"
    file.write_text(file.read_text().replace("0.22", "0,2x"))
    with pytest.raises(RateBookError, match="8 fields instead of 7") as error:
        two.run()
    assert "is gone" not in str(error.value)
    shutil.rmtree(two.books[0] / "card first")
    with pytest.raises(
        RateBookError, match=r"no rate card here(.|\n)*'first' was used and is gone"
    ):
        two.run()


def test_of_a_book_copied_without_its_only_card_it_is_said_which_used_card_is_missing(
    two: Workspace,
) -> None:
    """Where a copy is asked for, and where it was moved to, as `restore` would put the card back."""
    book, other = two.books
    copy = two.folder / "copy"
    copy.mkdir()
    there = replace(two, books=(copy, other))
    used = r"no rate card here(.|\n)*{}/card first: rate card 'first', which published reports use, is not in"
    with pytest.raises(RateBookError, match=used.format(book) + r"(.|\n)*copy it from there"):
        there.run()
    with pytest.raises(RateBookError) as error:
        there.run(restate=True)
    assert "published reports use" not in str(error.value)
    (book / "card first").rename(two.folder / "aside")
    with pytest.raises(
        RateBookError, match=used.format(book) + r"(.|\n)*`creditmill restore` puts"
    ):
        there.run()


def test_verify_names_a_card_that_was_changed_in_place(two: Workspace) -> None:
    file = two.books[0] / "card first" / "rates.csv"
    file.write_text(file.read_text().replace(RATES, RATES.replace("0.22", "0.33")))
    (found,) = verify_home(two.home, None).differences
    assert "was changed in place after it was used" in found.what


@pytest.mark.slow
def test_names_of_which_only_those_used_come_back_are_told(two: Workspace) -> None:
    write_aliases(two.books[0], "llm,Acme,Chatty,Chat\nllm,Acme,Chatterbox,Chat\n")
    two.log("c.parquet", row(event_id="c", model="Chatty"))
    two.run()
    file = two.books[0] / "aliases.csv"
    whole = file.read_bytes()
    file.unlink()
    done = creditmill("restore", "--home", two.home.path, cwd=two.folder)
    assert (done.returncode, b"had others" in done.stdout) == (1, True)
    assert b"Chatterbox" not in file.read_bytes()
    file.write_bytes(whole)
    done = creditmill("restore", "--home", two.home.path, cwd=two.folder)
    assert (done.returncode, done.stdout) == (0, b"Nothing was lost.\n")


@pytest.mark.slow
def test_a_home_may_go_by_fewer_books_where_that_is_chosen(two: Workspace) -> None:
    first = replace(two, books=two.books[:1])
    with pytest.raises(ConfigurationError, match="add --restate"):
        first.run()
    first.run(restate=True)
    assert first.run().stale == []
    assert NOON.date() in first.home.dates()
