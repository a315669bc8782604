"""New cards: copied whole, changed by a list in CSV or XLSX, and written whole or not at all."""

import csv
import json
import shutil
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.cli.app import main
from pipelines.cli.commands.rates.new import _book_of
from pricing_assets.common.errors import ConfigurationError, RateBookError
from pricing_assets.db.statements import data_folder
from pricing_assets.rates import books as rates
from pricing_assets.rates import card_diff, new_card, xlsx
from pricing_assets.rates.card import Card
from pricing_assets.rates.new_card import CardRequest, NewCard

TOML = """\
id = "first"
effective_from = 2026-02-01T00:00:00Z
published_at = 2026-02-01T00:00:00Z
source = "a test"
usd_per_credit = "0.01"

[own_key_cap.llm]
input_tokens = "0.010"
output_tokens = "0.1"
"""
RATES = """\
service,brand,model,key_mode,meter,credits,per
llm,Acme,Chat,platform,input_tokens,0.220,1000
llm,Acme,Chat,platform,output_tokens,0.88,1000
llm,"Acme, Ltd.",Chat,any,input_tokens,-,1000
asr,百度,Ear,any,audio_ms,0.66,60000
tool,Acme,Search,any,requests,0.5,1
"""
HEADER = "service,brand,model,key_mode,meter,credits"
MARCH = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A book of one small card and an alias."""
    folder = tmp_path / "book"
    (folder / "first").mkdir(parents=True)
    (folder / "first" / "card.toml").write_text(TOML, encoding="utf-8")
    (folder / "first" / "rates.csv").write_text(RATES, encoding="utf-8")
    (folder / "aliases.csv").write_text("service,brand,alias,model\nllm,Acme,Talk,Chat\n")
    return folder


def make(
    book: Path, changes: Path | None = None, allow_new: bool = False, version: str = "next"
) -> NewCard:
    wanted = CardRequest(version, MARCH, MARCH, changes=changes, allow_new=allow_new)
    return new_card.make(book, "first", wanted)


def listed(folder: Path, *lines: str, header: str = HEADER) -> Path:
    """A CSV of changed prices."""
    file = folder / "changes.csv"
    file.write_text("\n".join((header, *lines)) + "\n", encoding="utf-8")
    return file


def lines(card: Card) -> list[str]:
    """The rows of a card's `rates.csv`, with its header."""
    return (card.folder / "rates.csv").read_text(encoding="utf-8").splitlines()


def entries(book: Path) -> list[str]:
    """Everything in a book, hidden or not."""
    return sorted(path.relative_to(book).as_posix() for path in book.rglob("*"))


def test_a_copy_has_every_price_and_its_own_dates(book: Path) -> None:
    made = make(book)
    assert (book / "next" / "rates.csv").read_bytes() == (book / "first" / "rates.csv").read_bytes()
    assert (book / "next" / "card.toml").read_text(encoding="utf-8") == (
        TOML.replace("first", "next").replace("02-01", "03-01").replace("a test", "Copied from card first")
    )  # fmt: skip
    held = rates.load([book]).books[0]
    assert [card.id for card in held.cards] == ["first", "next"]
    assert held.cards[1] == made.card
    assert (made.kept, made.applied) == (5, ())


def test_a_copy_has_the_tiers_and_the_caps_of_classes(book: Path) -> None:
    """Without them usage in a tier would become no_rate, and own keys would pay more."""
    text = TOML.replace("[own", 'tiers_at_standard_price = ["batch", "flex"]\n\n[own')
    text += '"input_tokens.cached" = "0.001"\n"output_tokens@batch" = "0.05"\n'
    (book / "first" / "card.toml").write_text(text, encoding="utf-8")
    made = make(book)
    assert made.card.tiers_at_standard_price == ("batch", "flex")
    assert made.card.caps == made.source.caps
    assert len(made.card.caps) == 4


# Lines of the list, what they did, and the lines of the new card that differ.
CHANGES = [
    (["llm,Acme,Chat,platform,input_tokens,0.2"], ["changed"], {2: "llm,Acme,Chat,platform,input_tokens,0.2,1000"}),
    # names as they are compared, and blanks around what a spreadsheet exports
    (["llm,ACME, ｃhat ,platform, input_tokens ,0.20"], ["changed"], {2: "llm,Acme,Chat,platform,input_tokens,0.20,1000"}),
    # a line that changes nothing leaves the text as it is
    (["llm,Acme,Chat,platform,input_tokens,0.22"], ["same"], {}),
    (["llm,Acme,Chat,platform,output_tokens,-"], ["changed"], {3: "llm,Acme,Chat,platform,output_tokens,-,1000"}),
    (['llm,"acme, ltd.",Chat,any,input_tokens,0'], ["changed"], {4: 'llm,"Acme, Ltd.",Chat,any,input_tokens,0,1000'}),
    (["", "asr,百度,Ear,any,audio_ms,123456789.123456789", ""], ["changed"], {5: "asr,百度,Ear,any,audio_ms,123456789.123456789,60000"}),
    ([], [], {}),
]  # fmt: skip


@pytest.mark.parametrize(("given_lines", "did", "differ"), CHANGES)
def test_a_list_changes_what_it_names_and_nothing_else(
    book: Path, tmp_path: Path, given_lines: list[str], did: list[str], differ: dict[int, str]
) -> None:
    made = make(book, listed(tmp_path, *given_lines))
    assert [one.did for one in made.applied] == did
    old = RATES.splitlines()
    assert lines(made.card) == [differ.get(line, text) for line, text in enumerate(old, 1)]
    assert made.card.source == "Copied from card first, with the changed prices of changes.csv"
    assert rates.load([book]).books[0].cards[1] == made.card


def test_units_are_checked_where_they_are_given(book: Path, tmp_path: Path) -> None:
    header = "per,credits,meter,key_mode,model,brand,service"
    made = make(
        book, listed(tmp_path, ",0.6,audio_ms,any,Ear,百度,asr", "1,0.6,requests,any,Search,Acme,tool", header=header)
    )  # fmt: skip
    assert made.count("changed") == 2


# Lines of the list, and what is said of them.
FAULTS = [
    (["lmm,Acme,Chat,platform,input_tokens,1"], [":2: unknown service 'lmm'"]),
    (["llm,Acme,Chat,both,input_tokens,1"], [":2: key_mode 'both' must be"]),
    (["llm,Acme,Chat,platform,tokens,1"], [":2: meter 'tokens' is not priced for llm"]),
    (["llm,Acme,Chat,platform,input_tokens,1,60000"], [":2: per '60000' must be 1000 for input_tokens; 60000 is the unit of audio_ms"]),
    (["llm,Acme,Chat,platform,input_tokens,"], [":2: credits '' must be '-' or", "write '-' where it is no longer offered"]),
    (["llm,Acme,Chat,platform,input_tokens,withdrawn"], [":2: credits 'withdrawn'", "write '-' where it is no longer offered"]),
    (["llm,Acme,Chat,platform,input_tokens,-0.1"], [":2: credits '-0.1' must be"]),
    (["llm,Acme,Chat,platform,input_tokens,0.1234567891"], [":2: credits '0.1234567891' must be"]),
    (['llm,Acme,Chat,platform,input_tokens,"0,2"'], [":2: credits '0,2' must be"]),
    (["llm,Acme,Chat,platform,input_tokens,1,1000,x"], [":2: 8 fields instead of 7"]),
    (["llm,Acme,Chat,platform,input_tokens,1", "llm,ACME,chat,platform,input_tokens,2"], [":3: the same key as line 2"]),
    (["llm,Acme,Chatt,platform,input_tokens,1"], [":2: llm 'Acme' 'Chatt' platform input_tokens matches no price of card 'first': the nearest name is 'Chat'"]),
    (["llm,Acme,Chat,own,input_tokens,1"], [":2: ", "the card has platform input_tokens, platform output_tokens"]),
    (["llm,Acme,Talk,platform,input_tokens,1"], [":2: ", "it is an alias of 'Chat'; list the printed name"]),
    # every faulty line is named, and lines are those of the file
    (["", "llm,Acme,Zip,platform,input_tokens,1", "asr,Acme,Ear,any,audio_ms,1"], [":3: ", ":4: ", "no printed name is similar"]),
]  # fmt: skip


@pytest.mark.parametrize(("given_lines", "said"), FAULTS)
def test_a_faulty_line_is_named_and_nothing_is_written(
    book: Path, tmp_path: Path, given_lines: list[str], said: list[str]
) -> None:
    before = entries(book)
    file = listed(tmp_path, *given_lines, header=f"{HEADER},per")
    with pytest.raises(RateBookError) as error:
        make(book, file)
    for part in said:
        assert (f"{file}{part}" if part.startswith(":") else part) in str(error.value)
    assert entries(book) == before


BAD_FILES = [
    ("changes.csv", b"", "no rows"),
    ("changes.csv", b"service,brand,model,key_mode,meter\n", "no 'credits'"),
    ("changes.csv", HEADER.encode() + b",note\n", "it has 'note'"),
    ("changes.csv", HEADER.encode() + b",credits\n", "it has 'credits' twice"),
    ("changes.csv", HEADER.replace(",", ";").encode(), "the header must name"),
    ("changes.csv", HEADER.encode() + b"\nllm,\xff\n", "not UTF-8"),
    ("changes.csv", HEADER.encode() + b'\nllm,"Ac"me\n', ":2: not valid CSV"),
    ("changes.xls", b"", "must be a .csv or .xlsx file"),
    ("changes.xlsx", b"PK", "not a complete XLSX workbook"),
    ("other.csv", None, "does not exist"),
]


@pytest.mark.parametrize(("name", "data", "said"), BAD_FILES)
def test_a_file_that_is_no_list_of_prices(
    book: Path, tmp_path: Path, name: str, data: bytes | None, said: str
) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(ConfigurationError, match=said):
        make(book, tmp_path / name)
    assert not (book / "next").exists()


def test_a_new_price_comes_where_it_belongs(book: Path, tmp_path: Path) -> None:
    file = listed(
        tmp_path,
        "llm,acme,chat,own,input_tokens,0.02",
        "llm,Acme,Pro,any,input_tokens,1",
        "llm,New,One,any,input_tokens,2",
        "tts,New,Mouth,any,characters,3",
    )
    with pytest.raises(RateBookError, match="--allow-new adds new prices"):
        make(book, file)
    made = make(book, file, allow_new=True)
    old = RATES.splitlines()
    assert (
        lines(made.card)
        == [
            *old[:3],
            "llm,Acme,Chat,own,input_tokens,0.02,1000",  # under the name that the card prints
            "llm,Acme,Pro,any,input_tokens,1,1000",
            old[3],
            "llm,New,One,any,input_tokens,2,1000",
            *old[4:],
            "tts,New,Mouth,any,characters,3,1000",
        ]
    )
    assert (made.count("added"), made.kept) == (4, 5)


# What is asked for, and why it is refused.
REFUSED = [
    ("first", "first", None, "exists already"),
    ("taken", "first", None, "exists already"),
    ("a/b", "first", None, "is not a folder name"),
    ("..", "first", None, "is not a folder name"),
    (".hidden", "first", None, "is not a folder name"),
    ("", "first", None, "is not a folder name"),
    ("next", "first", "first", "has the id 'first' already"),
    ("next", "first", " ", "next/card.toml: id must be a text that is not blank"),
    ("next", "none", None, "neither a card of .* \\('first'\\) nor a folder"),
]


@pytest.mark.parametrize(("version", "source", "card_id", "said"), REFUSED)
def test_nothing_is_written_over(
    book: Path, version: str, source: str, card_id: str | None, said: str
) -> None:
    (book / "taken").mkdir()
    before = entries(book)
    with pytest.raises(ConfigurationError, match=said):
        new_card.make(book, source, CardRequest(version, MARCH, MARCH, card_id))
    assert entries(book) == before


def test_a_card_of_another_book_is_copied_by_its_folder(book: Path, tmp_path: Path) -> None:
    page = data_folder("pricing_assets/rate_cards") / "2026-02-01"
    wanted = CardRequest("page", MARCH, MARCH, "page-1", 'The "list"\nof \x7f March')
    made = new_card.make(book, str(page), wanted)
    assert made.card.id == "page-1"
    assert made.card.source == 'The "list"\nof \x7f March'
    assert len(made.card.rates) == 431
    assert rates.load([book]).books[0].cards[1] == made.card


def test_a_card_that_breaks_a_rule_is_neither_copied_nor_compared(
    book: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(book / "first", other / "broken")
    (other / "broken" / "rates.csv").write_text("no header\n")
    with pytest.raises(RateBookError, match="broken"):
        new_card.find(rates.load([book]).books[0], str(other / "broken"))
    with pytest.raises(RateBookError, match="broken"):
        card_diff.find_card(str(other / "broken"), None)


def test_the_book_of_a_new_card_is_a_folder_and_one(book: Path, tmp_path: Path) -> None:
    assert _book_of(None, [str(book)], "first") == book
    assert _book_of(None, ["one", "two"], str(book / "first")) == book
    with pytest.raises(ConfigurationError, match="there are books one, two; name one with --book"):
        _book_of(None, ["one", "two"], "first")
    with pytest.raises(
        ConfigurationError, match=r"is not a folder of rate cards.*rates init nowhere"
    ):
        _book_of(tmp_path / "nowhere", None, "first")


def test_a_broken_book_gets_no_card(book: Path) -> None:
    (book / "first" / "rates.csv").write_text(RATES.replace("0.88", "x"), encoding="utf-8")
    with pytest.raises(RateBookError, match=r"rates\.csv:3"):
        make(book)
    assert not (book / "next").exists()


def test_every_price_of_the_page_can_be_listed(tmp_path: Path) -> None:
    book = tmp_path / "book"
    assert main(["rates", "init", str(book)]) == 0
    page = rates.load([book]).books[0].cards[0]
    file = tmp_path / "all.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEADER.split(","))
        for rate in page.rates:
            price = "-" if rate.credits is None else str(rate.credits + 1)
            writer.writerow((rate.service, rate.brand.upper(), rate.model.lower(), rate.key_mode, rate.meter, price))  # fmt: skip
    made = new_card.make(book, page.id, CardRequest("next", MARCH, MARCH, changes=file))
    assert made.count("changed") == 425
    for old, new in zip(page.rates, made.card.rates, strict=True):
        assert new.credits == (None if old.credits is None else old.credits + 1)
        assert (old.brand, old.model, old.per, old.line) == (
            new.brand,
            new.model,
            new.per,
            new.line,
        )


# -- XLSX

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKED = "http://schemas.openxmlformats.org/package/2006/relationships"


def workbook(file: Path, *sheets: str, strings: Sequence[str] = ()) -> Path:
    """An XLSX of sheets, each the XML of its rows."""
    numbers = range(1, len(sheets) + 1)
    named = "".join(f'<sheet name="S{n}" sheetId="{n}" r:id="r{n}"/>' for n in numbers)
    linked = "".join(f'<Relationship Id="r{n}" Target="worksheets/s{n}.xml"/>' for n in numbers)
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("xl/workbook.xml", f'<workbook xmlns="{MAIN}" xmlns:r="{LINKS}"><sheets>{named}</sheets></workbook>')  # fmt: skip
        made.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{PACKED}">{linked}</Relationships>')  # fmt: skip
        items = "".join(f"<si>{text}</si>" for text in strings)
        made.writestr("xl/sharedStrings.xml", f'<sst xmlns="{MAIN}">{items}</sst>')
        for number, rows in zip(numbers, sheets, strict=True):
            made.writestr(f"xl/worksheets/s{number}.xml", f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>')  # fmt: skip
    return file


def cells(number: int, *values: str) -> str:
    """One row: a value that begins with `<` is a whole cell, others are texts."""
    made = "".join(
        value if value.startswith("<") else f'<c t="inlineStr"><is><t>{value}</t></is></c>'
        for value in values
    )
    return f'<row r="{number}">{made}</row>'


TITLE = cells(1, *HEADER.split(","), "per")


def test_a_workbook_is_a_list_like_a_csv(book: Path, tmp_path: Path) -> None:
    file = workbook(
        tmp_path / "changes.xlsx",
        TITLE
        + cells(2)
        + cells(4, "llm", "Acme", "Chat", "platform", "input_tokens", "<c><v>4.3999999999999997E-2</v></c>", "<c><v>1000</v></c>")
        # a shared string in runs, with a phonetic reading that is not part of it, and a formula
        + cells(5, "asr", '<c t="s"><v>0</v></c>', "Ear", "any", "audio_ms", "<c><f>0.1+0.2</f><v>0.30000000000000004</v></c>")
        + cells(7, '<c r="A7" t="str"><v>tool</v></c><c r="F7" t="inlineStr"><is><t>-</t></is></c>'),
        strings=["<r><t>百</t></r><r><t>度</t></r><rPh><t>バイドゥ</t></rPh>"],
    )  # fmt: skip
    with pytest.raises(RateBookError) as error:
        make(book, file)
    assert f"{file}:7: model is blank" in str(error.value)
    sound = workbook(
        tmp_path / "sound.xlsx", "", _rows(file).rsplit("<row", 1)[0], strings=["<t>百度</t>"]
    )
    made = make(book, sound)
    assert [(one.line, one.rate.credits) for one in made.applied] == [
        (4, Decimal("0.044")),
        (5, Decimal("0.3")),
    ]


def _rows(file: Path) -> str:
    """The rows of a workbook's first sheet, as `workbook` takes them."""
    with zipfile.ZipFile(file) as book:
        text = book.read("xl/worksheets/s1.xml").decode()
    return text.split("<sheetData>")[1].split("</sheetData>")[0]


BAD_CELLS = [
    ("<c><v>0.1234567891</v></c>", ":2: credits '0.1234567891' must be"),
    ("<c><v>0.33333333333333331</v></c>", ":2: .* more digits than spreadsheets keep"),
    ("<c><v>123456789.123456789</v></c>", ":2: .* more digits than spreadsheets keep"),
    ("<c><v>-1</v></c>", ":2: credits '-1' must be"),
    ("<c><v>1e9</v></c>", ":2: credits '1000000000' must be"),
    ("<c/>", ":2: credits '' must be '-'"),
    ('<c r="F2" t="b"><v>1</v></c>', ":2: cell F2 holds a truth value"),
    ('<c r="F2" t="e"><v>#N/A</v></c>', ":2: cell F2 holds an error"),
    ('<c r="F2" t="d"><v>2026-03-01</v></c>', ":2: cell F2 holds a date"),
    ("<c><v>nan</v></c>", "not a complete XLSX workbook"),
    ('<c t="s"><v>9</v></c>', "not a complete XLSX workbook"),
    ('<c r="6"><v>1</v></c>', "not a complete XLSX workbook"),
]


@pytest.mark.parametrize(("cell", "said"), BAD_CELLS)
def test_a_cell_that_is_no_price(book: Path, tmp_path: Path, cell: str, said: str) -> None:
    row = cells(2, "llm", "Acme", "Chat", "platform", "input_tokens", cell)
    file = workbook(tmp_path / "changes.xlsx", TITLE + row)
    with pytest.raises(ConfigurationError, match=said):
        make(book, file)
    assert not (book / "next").exists()


def test_rows_on_two_sheets_are_refused(tmp_path: Path) -> None:
    file = workbook(tmp_path / "two.xlsx", TITLE, cells(1, "a note"))
    with pytest.raises(ConfigurationError, match="sheets 'S1', 'S2' have rows"):
        xlsx.rows(file)


def test_a_workbook_that_declares_entities_is_refused(tmp_path: Path) -> None:
    file = workbook(tmp_path / "bomb.xlsx", TITLE)
    with zipfile.ZipFile(file, "a") as made, pytest.warns(UserWarning, match="Duplicate name"):
        made.writestr("xl/sharedStrings.xml", '<!DOCTYPE x [<!ENTITY a "b">]><sst>&a;</sst>')
    with pytest.raises(ConfigurationError, match="declares entities"):
        xlsx.rows(file)


def test_a_workbook_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = workbook(tmp_path / "a.xlsx", TITLE)
    monkeypatch.setattr(xlsx, "LARGEST", 10)
    with pytest.raises(ConfigurationError, match="unpacks to more than 10 bytes"):
        xlsx.rows(file)


@given(st.integers(0, 10**15 - 1), st.integers(0, 9))
def test_a_typed_number_comes_back_from_what_a_spreadsheet_stores(digits: int, places: int) -> None:
    typed = Decimal(digits).scaleb(-places)
    for stored in (f"{float(typed):.17g}", repr(float(typed)), f"{typed}"):
        text = xlsx.number_text(stored)
        assert text is not None
        assert Decimal(text) == typed
        assert "E" not in text


# -- the command


def test_rates_new_writes_a_card_and_prints_what_changed(
    book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    new = ["rates", "new", "next", "--from", "first", "--book", "book"]
    assert main(new) == 2
    assert main([*new, "--effective", "2026-03-01"]) == 2
    assert main([*new, "--effective", "2026-03-01T00:00:00"]) == 2
    assert (
        main(["rates", "new", "next", "--from", "first", "--effective", "2026-03-01T00:00Z"]) == 2
    )
    assert entries(book) == ["aliases.csv", "first", "first/card.toml", "first/rates.csv"]
    capsys.readouterr()
    file = listed(tmp_path, "tool,Acme,Search,any,requests,0.25", "asr,百度,Ear,any,audio_ms,0.660")
    changed = [*new, "--changes", str(file), "--effective", "2026-03-01T01:00:00+01:00", "--json"]
    assert main(changed) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["effective_from"] == "2026-03-01 00:00:00+00:00"
    assert [said[key] for key in ("prices", "changed", "added", "kept")] == [5, 1, 0, 4]
    assert said["changes"][0] == {
        "line": 2, "did": "changed", "service": "tool", "brand": "Acme", "model": "Search",
        "key_mode": "any", "meter": "requests", "before": "0.5", "now": "0.25",
    }  # fmt: skip
    assert main(changed) == 2
    # a card's own book is where its copy goes
    again = ["rates", "new", "again", "--from", "book/next", "--effective", "2026-04-01T00:00:00Z"]
    assert main(again) == 0
    assert "5 prices" in capsys.readouterr().out
    assert main(["rates", "check", "book"]) == 0
