"""Rate books: which are refused, at which line and by which rule, and which card is in force.

What a price makes of usage belongs to `test_outcomes`.
"""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from pricing_assets.common.errors import ConfigurationError, RateBookError
from pricing_assets.rates import books as rates
from tests.support.workspace import CAP, RATE_HEADER, Workspace, row, write_aliases, write_card

HEADER = RATE_HEADER.strip()
LINE = "llm,Acme,Chat,platform,input_tokens,0.22,1000"
TOML = """\
id = "first"
effective_from = 2026-02-01T00:00:00Z
published_at = 2026-02-01T00:00:00Z
source = "a test"
usd_per_credit = "0.01"
"""
ALIAS_HEADER = "service,brand,alias,model"


def book_of(folder: Path, lines: str = LINE, toml: str = TOML, aliases: str | None = None) -> Path:
    """A book of one card, from the text of its files."""
    (folder / "card").mkdir(parents=True)
    (folder / "card" / "card.toml").write_bytes(toml.encode())
    (folder / "card" / "rates.csv").write_bytes(f"{HEADER}\n{lines}\n".encode())
    if aliases is not None:
        (folder / "aliases.csv").write_bytes(f"{ALIAS_HEADER}\n{aliases}\n".encode())
    return folder


def findings(*books: Path) -> list[str]:
    """What the books are refused for."""
    with pytest.raises(RateBookError) as error:
        rates.load(books)
    assert str(error.value) == "\n".join(error.value.findings)
    assert error.value.exit_code == 2
    return error.value.findings


# Lines after the header, and what is said: the number of the line first.
BAD_RATES = [
    ("llmm,Acme,Chat,platform,input_tokens,1,1000", "2: unknown service 'llmm'"),
    ("LLM,Acme,Chat,platform,input_tokens,1,1000", "2: unknown service 'LLM'"),
    ("llm,Acme,,platform,input_tokens,1,1000", "2: model is blank"),
    ("llm,Acme,\u3000,platform,input_tokens,1,1000", "2: model is blank"),
    ("llm,Acme,Chat,both,input_tokens,1,1000", "2: key_mode 'both' must be platform or own or any"),
    ("llm,Acme,Chat,,input_tokens,1,1000", "2: key_mode '' must be"),
    ("tool,Acme,Search,platform,requests,1,1", "2: key_mode 'platform' must be any for tool"),
    ("storage,,Vector Storage,own,stored_tokens,1,1000", "2: key_mode 'own' must be any"),
    ("storage,Acme,Vector Storage,any,stored_tokens,1,1000", "2: for storage, brand must be empty"),
    (
        "storage,,Vectors,any,stored_tokens,1,1000",
        "2: for storage, brand must be empty and model 'Vector Storage'",
    ),
    ("llm,Acme,Chat,platform,image_tokens,1,1000", "2: meter 'image_tokens' is not priced for llm"),
    ("llm,Acme,Chat,platform,characters,1,1000", "2: meter 'characters' is not priced for llm"),
    ("embedding,Acme,E,any,output_tokens,1,1000", "2: meter 'output_tokens' is not priced"),
    ("llm,Acme,Chat,platform,input_tokens,1,1", "2: per '1' must be 1000 for input_tokens"),
    ("asr,Acme,Ear,any,audio_ms,1,60", "2: per '60' must be 60000 for audio_ms"),
    ("tool,Acme,Search,any,requests,1,1000", "2: per '1000' must be 1 for requests"),
    ("llm,Acme,Chat,platform,input_tokens,1,1000.0", "2: per '1000.0' must be 1000"),
    ("llm,Acme,Chat,platform,input_tokens,1,", "2: per '' must be 1000"),
    *(
        (
            f'llm,Acme,Chat,platform,input_tokens,"{text}",1000',
            f"2: credits '{text}' must be '-' or",
        )
        for text in (
            *("", " ", "-1", "+1", "1e3", "1E-3", ".5", "5.", "1,5", "0x1", "NaN", "inf", "−1"),
            *("1 ", " 1", "１", "1_000", "--", "–", "n/a", "1234567890", "0.1234567890"),
        )
    ),
    (LINE + "\n" + LINE, "3: the same service, brand, model, key mode and meter as line 2;"),
    (LINE + "\nllm,ＡＣＭＥ,chat ,platform,input_tokens,1,1000", "3: the same service, brand"),
    ("llm,Acme,Chat,platform,input_tokens,1", "2: 6 fields instead of 7"),
    ("llm,Acme,Chat,platform,input_tokens,1,1000,", "2: 8 fields instead of 7"),
    ('llm,"Acme,Chat,platform,input_tokens,1,1000', "2: not valid CSV"),
    ('llm,"Ac"me,Chat,platform,input_tokens,1,1000', "2: not valid CSV"),
]


@pytest.mark.parametrize(("lines", "said"), BAD_RATES)
def test_a_line_that_breaks_a_rule_is_named(tmp_path: Path, lines: str, said: str) -> None:
    file = book_of(tmp_path / "book", lines) / "card" / "rates.csv"
    (found,) = findings(tmp_path / "book")
    assert found.startswith(f"{file}:{said}")


# What replaces what in card.toml, and what is said of it.
BAD_CARDS = [
    ('id = "first"\n', "", "id must be a text that is not blank"),
    ('"first"', '" "', "id must be a text that is not blank"),
    ('"first"', "1", "id must be a text that is not blank"),
    ("effective_from = 2026-02-01T00:00:00Z\n", "", "effective_from must be an instant"),
    ("2026-02-01T00:00:00Z\np", "2026-02-01T00:00:00\np", "effective_from must be an instant"),
    ("2026-02-01T00:00:00Z\ns", "2026-02-01\ns", "published_at must be an instant"),
    ("2026-02-01T00:00:00Z\ns", '"2026-02-01T00:00:00Z"\ns', "published_at must be an instant"),
    (
        "2026-02-01T00:00:00Z\np",
        "0001-01-01T00:00:00+10:00\np",
        "effective_from must be an instant",
    ),
    ("2026-02-01T00:00:00Z\ns", "9999-12-31T23:00:00-10:00\ns", "published_at must be an instant"),
    ('"a test"', "7", "source must be a text"),
    ('"0.01"', "0.01", "usd_per_credit must be a plain decimal in quotes"),
    (
        '"0.01"',
        '"0.0123456789"',
        "usd_per_credit must be a plain decimal in quotes with at most 9 digits before and 9 after",
    ),
    ('"0.01"', '"-1"', "usd_per_credit must be a plain decimal"),
    ('"0.01"', '"1e-2"', "usd_per_credit must be a plain decimal"),
    ('usd_per_credit = "0.01"\n', "", "usd_per_credit must be a plain decimal"),
    ("source", "sauce", "unknown key 'sauce'"),
    ('"0.01"\n', '"0.01"\nown_key_cap = 1\n', "own_key_cap must be a table of services"),
    ('"0.01"\n', '"0.01"\n[own_key_cap]\nllm = 1\n', "own_key_cap.llm must be a table of meters"),
    ('"0.01"\n', '"0.01"\n[own_key_cap.tool]\nrequests = "1"\n', "own_key_cap.tool: no service"),
    ('"0.01"\n', '"0.01"\n[own_key_cap.gpt]\nrequests = "1"\n', "own_key_cap.gpt: no service"),
    ('"0.01"\n', '"0.01"\n[own_key_cap.llm]\nimage_tokens = "1"\n', "own_key_cap.llm.image_tokens"),
    (
        '"0.01"\n',
        '"0.01"\n[own_key_cap.llm]\ninput_tokens = 0.01\n',
        "own_key_cap.llm.input_tokens",
    ),
    ('"0.01"\n', '"0.01"\n[own_key_cap.llm]\ninput_tokens = "-"\n', "own_key_cap.llm.input_tokens"),
    (
        '"0.01"\n',
        '"0.01"\n[own_key_cap.llm]\ninput_tokens = "0.0000000001"\n',
        "own_key_cap.llm.input_tokens must be a plain decimal in quotes with at most 9 digits before",
    ),
    ("id = ", "id ", "not valid TOML"),
    ('"first"', '"first', "not valid TOML"),
]


@pytest.mark.parametrize(("old", "new", "said"), BAD_CARDS)
def test_a_card_that_breaks_a_rule_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert TOML.count(old) == 1
    book_of(tmp_path / "book", toml=TOML.replace(old, new))
    found = findings(tmp_path / "book")
    file = tmp_path / "book" / "card" / "card.toml"
    assert any(line.startswith(f"{file}: {said}") for line in found), found


BAD_ALIASES = [
    ("gpt,Acme,Latest,Chat", "2: unknown service 'gpt'"),
    ("llm,Acme,,Chat", "2: alias and model must not be blank"),
    ("llm,Acme,Latest, ", "2: alias and model must not be blank"),
    ("llm,Acme,Latest", "2: 3 fields instead of 4"),
    (
        "llm,Acme,Latest,Chat\nllm,ACME,ｌatest ,Other",
        "3: alias 'ｌatest ' already names 'Chat' in line 2; an alias names one model",
    ),
]


@pytest.mark.parametrize(("lines", "said"), BAD_ALIASES)
def test_an_alias_that_breaks_a_rule_is_named(tmp_path: Path, lines: str, said: str) -> None:
    book_of(tmp_path / "book", aliases=lines)
    (found,) = findings(tmp_path / "book")
    assert found.startswith(f"{tmp_path / 'book' / 'aliases.csv'}:{said}")


def wrong_header(book: Path) -> str:
    (book / "card" / "rates.csv").write_text(f"{HEADER.replace('credits', 'price')}\n{LINE}\n")
    return f"{book / 'card' / 'rates.csv'}:1: the header must be {HEADER}"


def no_header(book: Path) -> str:
    (book / "card" / "rates.csv").write_bytes(b"")
    return f"{book / 'card' / 'rates.csv'}:1: the header must be {HEADER}"


def wrong_alias_header(book: Path) -> str:
    (book / "aliases.csv").write_text("alias,model\n")
    return f"{book / 'aliases.csv'}:1: the header must be {ALIAS_HEADER}"


def latin(book: Path) -> str:
    (book / "card" / "rates.csv").write_bytes(f"{HEADER}\n{LINE}é\n".encode("latin-1"))
    return f"{book / 'card' / 'rates.csv'}: not UTF-8 text"


def latin_card(book: Path) -> str:
    (book / "card" / "card.toml").write_bytes(TOML.replace("a test", "é").encode("latin-1"))
    return f"{book / 'card' / 'card.toml'}: not valid TOML"


def no_rates(book: Path) -> str:
    (book / "card" / "rates.csv").unlink()
    return f"{book / 'card' / 'rates.csv'}: missing; a card is card.toml and rates.csv"


def no_card(book: Path) -> str:
    (book / "card" / "card.toml").unlink()
    return f"{book / 'card' / 'card.toml'}: missing; a card is card.toml and rates.csv"


def nothing(book: Path) -> str:
    (book / "card").rename(book.parent / "elsewhere")
    return f"{book}: no rate card here"


def no_folder(book: Path) -> str:
    book.rename(book.parent / "elsewhere")
    return f"{book}: this folder of rate cards does not exist"


def folder_of_aliases(book: Path) -> str:
    (book / "aliases.csv").mkdir()
    return f"{book / 'aliases.csv'}: there is no regular file of this name"


def pipe_of_aliases(book: Path) -> str:
    os.mkfifo(book / "aliases.csv")  # nobody writes into it: reading it would wait for ever
    return f"{book / 'aliases.csv'}: there is no regular file of this name"


def pipe_of_agreements(book: Path) -> str:
    os.mkfifo(book / "agreements.csv")
    return f"{book / 'agreements.csv'}: there is no regular file of this name"


@pytest.mark.parametrize(
    "spoil",
    [
        *(wrong_header, no_header, wrong_alias_header, latin, latin_card),
        *(no_rates, no_card, nothing, no_folder),
        *(folder_of_aliases, pipe_of_aliases, pipe_of_agreements),
    ],
)
def test_files_that_are_missing_or_no_text(tmp_path: Path, spoil: Callable[[Path], str]) -> None:
    book = book_of(tmp_path / "book")
    said = spoil(book)
    (found,) = findings(book)
    assert found.startswith(said)


def test_every_finding_is_named_at_once(tmp_path: Path) -> None:
    lines = "llm,Acme,Chat,both,input_tokens,x,1\n" + LINE.replace("0.22", "-0")
    book_of(tmp_path / "a", lines, TOML.replace('"0.01"', "1"))
    book_of(tmp_path / "b", aliases="?,,,")
    found = findings(tmp_path / "a", tmp_path / "b")
    assert len(found) == 1 + 3 + 2 + 1


# Texts of a price, and what they are read as.
GOOD_PRICES = [
    ("0", "0"),
    ("0.000000000", "0"),
    ("0.000000001", "0.000000001"),
    ("999999999.999999999", "999999999.999999999"),
    ("007.50", "7.5"),
    ("-", None),
]


@pytest.mark.parametrize(("text", "price"), GOOD_PRICES)
def test_a_price_is_a_plain_decimal(tmp_path: Path, text: str, price: str | None) -> None:
    book_of(tmp_path / "book", LINE.replace("0.22", text))
    (found,) = rates.load([tmp_path / "book"]).books[0].cards[0].rates
    assert found.credits == (None if price is None else Decimal(price))


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_spreadsheets_csv_is_read(tmp_path: Path, line_end: str, mark: str) -> None:
    """A byte order mark, CRLF, quotes where none are needed, empty lines."""
    book = book_of(tmp_path / "book", aliases="")
    text = f'{HEADER}\n"llm","Acme","Chat ""8k"", new","platform","input_tokens","0.22","1000"\n\n'
    for name, lines in (
        ("card/rates.csv", text),
        ("aliases.csv", f'{ALIAS_HEADER}\nllm,Acme,Latest,"Chat ""8k"", new"\n'),
    ):
        (book / name).write_bytes((mark + lines).replace("\n", line_end).encode())
    loaded = rates.load([book]).books[0]
    assert [rate.model for rate in loaded.cards[0].rates] == ['Chat "8k", new']
    assert [alias.target for alias in loaded.aliases] == [loaded.cards[0].rates[0].name]


def test_an_alias_may_be_repeated(tmp_path: Path) -> None:
    book_of(tmp_path / "book", aliases="llm,Acme,Latest,Chat\nllm,acme,LATEST,chat")
    assert len(rates.load([tmp_path / "book"]).books[0].aliases) == 1


# Which card is in force

EARLY, LATE = "2026-02-01T00:00:00Z", "2026-02-03T12:00:00+01:00"  # 11:00 UTC
AT = datetime(2026, 2, 3, 11, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Tie:
    """Cards as (id, effective from, published at), and the one in force before and from `AT`."""

    why: str
    cards: tuple[tuple[str, str, str], ...]
    before: str
    since: str


TIES = [
    Tie("the greater start", (("b", EARLY, EARLY), ("a", LATE, EARLY)), "b", "a"),
    Tie(
        "published late, effective early: the start decides",
        (("a", EARLY, "2026-12-01T00:00:00Z"), ("b", LATE, EARLY)),
        *("a", "b"),
    ),
    Tie("one start: published later", (("z", EARLY, EARLY), ("a", EARLY, LATE)), "a", "a"),
    Tie("one start and publication: the id", (("a", EARLY, EARLY), ("b", EARLY, EARLY)), "b", "b"),
    Tie("ids by their characters", (("B", EARLY, EARLY), ("a", EARLY, EARLY)), "a", "a"),
    Tie(
        "the same instant at another offset",
        (("a", EARLY, EARLY), ("c", LATE, EARLY), ("b", "2026-02-03T11:00:00Z", LATE)),
        *("a", "b"),
    ),
]


@pytest.mark.parametrize("tie", TIES, ids=lambda tie: tie.why)
def test_of_cards_from_the_same_instant_the_last_published_is_in_force(
    tmp_path: Path, tie: Tie
) -> None:
    for card_id, effective_from, published_at in tie.cards:
        write_card(tmp_path / "book", LINE, card_id, effective_from, published_at)
    loaded = rates.load([tmp_path / "book"])
    for instant, card_id in ((AT - MICROSECOND, tie.before), (AT, tie.since)):
        held = [
            force.card.id
            for _, force in loaded.in_force()
            if force.valid_from <= instant < force.valid_to
        ]
        assert held == [card_id]
    day = {card.id for card in loaded.cards_on(date(2026, 2, 3), "UTC")}
    assert day == {tie.before, tie.since}


def test_no_card_is_in_force_before_the_first(tmp_path: Path) -> None:
    loaded = rates.load([write_card(tmp_path / "book")])
    assert loaded.cards_on(date(2026, 1, 31), "UTC") == []
    assert [card.id for card in loaded.cards_on(date(2026, 1, 31), "America/New_York")] == ["first"]


def test_a_digest_of_a_date_hangs_on_what_is_in_force_on_it_alone(tmp_path: Path) -> None:
    book = write_card(tmp_path / "book")
    days = [date(2026, 2, 1) + timedelta(days=n) for n in range(5)]

    def digests() -> list[str]:
        loaded = rates.load([book])
        return [loaded.digest_on(day, "UTC") for day in days]

    first = digests()
    write_card(book, card_id="second", effective_from="2026-02-03T12:00:00Z")
    second = digests()
    assert [one == other for one, other in zip(first, second, strict=True)] == [
        *(True, True, False, False, False)
    ]
    write_aliases(book, "llm,Acme,Latest,Chat\n")
    assert not set(digests()) & set(second)  # a book's aliases are of all its cards


# Several books

OTHER = TOML.replace('"first"', '"other"')


def test_ids_are_unique_over_all_books(tmp_path: Path) -> None:
    book_of(tmp_path / "a")
    book_of(tmp_path / "b", LINE.replace("Chat", "Talk"))
    (found,) = findings(tmp_path / "a", tmp_path / "b")
    assert found == (
        f"{tmp_path / 'b' / 'card' / 'card.toml'}: id 'first' is also the id of"
        f" {tmp_path / 'a' / 'card'}; an id names one card in all books"
    )
    assert len(findings(tmp_path / "a", tmp_path / "a")) == 1


# Lines and aliases of a second book, and whether both books hold one name.
TWO_BOOKS = [
    (LINE, None, True),
    (LINE.replace("0.22", "-"), None, True),  # a name that is not offered is held, too
    ("llm,ＡCME, chat ,own,output_tokens,1,1000", None, True),  # another key mode and meter
    ("llm,Acme,Talk,platform,input_tokens,1,1000", "llm,Acme,chat,Talk", True),  # an alias holds
    ("llm,Acme,Talk,platform,input_tokens,1,1000", "llm,Acme,Talk too,Talk", False),
    ("llm,Acme,Talk,platform,input_tokens,1,1000", "llm,Acme,chat,Nothing", False),  # to nowhere
    ("llm,Other,Chat,platform,input_tokens,1,1000", None, False),
    ("tool,Acme,Chat,any,requests,1,1", None, False),
]


@pytest.mark.parametrize(("lines", "aliases", "refused"), TWO_BOOKS)
def test_one_name_in_two_books(
    tmp_path: Path, lines: str, aliases: str | None, refused: bool
) -> None:
    book_of(tmp_path / "a")
    book_of(tmp_path / "b", lines, OTHER, aliases)
    if not refused:
        assert len(rates.load([tmp_path / "a", tmp_path / "b"]).books) == 2
        return
    (found,) = findings(tmp_path / "a", tmp_path / "b")
    assert "llm 'acme' 'chat' has a price in" in found
    assert "only one book may price it" in found


def test_two_books_may_hold_a_name_one_after_the_other(tmp_path: Path) -> None:
    write_card(tmp_path / "a", LINE, "a")
    write_card(tmp_path / "a", LINE.replace("Chat", "New"), "b", LATE)
    write_card(tmp_path / "b", LINE, "c", LATE)
    loaded = rates.load([tmp_path / "a", tmp_path / "b"])
    assert [card.id for card in loaded.cards_on(date(2026, 2, 3), "UTC")] == ["a", "b", "c"]
    write_card(tmp_path / "b", LINE, "d", "2026-02-03T10:59:59.999999Z")
    assert len(findings(tmp_path / "a", tmp_path / "b")) == 1


def test_an_alias_gives_way_to_a_printed_name_card_by_card(tmp_path: Path) -> None:
    both = LINE + "\n" + LINE.replace("Chat", "Talk").replace("0.22", "9")
    book = write_card(tmp_path / "book", LINE.replace("Chat", "Talk"), "a", cap=CAP)
    write_card(book, both, "b", LATE)
    write_aliases(book, "llm,Acme,Chat,Talk\nllm,Acme,Gone,Nothing\n")
    (loaded,) = rates.load([book]).books
    found = {
        force.card.id: {
            model: loaded.find(force.card, ("llm", "acme", model), force.valid_from)
            for model in ("talk", "chat", "gone")
        }
        for force in loaded.in_force()
    }
    talk, chat = ("llm", "acme", "talk"), ("llm", "acme", "chat")
    assert found == {
        "a": {"talk": talk, "chat": talk, "gone": None},
        "b": {"talk": talk, "chat": chat, "gone": None},
    }


def test_a_broken_book_stops_a_run_before_anything_is_published(workspace: Workspace) -> None:
    workspace.log("log.parquet", row())
    workspace.run()
    before = workspace.published_bytes()
    workspace.log("late.parquet", row(event_id="e2"))
    (workspace.books[0] / "card first" / "rates.csv").write_text(f"{HEADER}\n{LINE},\n")
    with pytest.raises(ConfigurationError, match=r"rates.csv:2: 8 fields instead of 7"):
        workspace.run()
    assert {**workspace.published_bytes(), **before} == workspace.published_bytes()
    assert workspace.versions() == {"2026-02-03": [1]}
    with pytest.raises(ConfigurationError, match=r"rates.csv:2:"):
        workspace.beside("another home").run()
    assert not workspace.beside("another home").home.exists()


def test_hidden_folders_of_a_book_are_no_cards(tmp_path: Path) -> None:
    """A book that lies in git, or a copy that an editor keeps."""
    book = write_card(tmp_path / "book")
    (card,) = book.iterdir()
    for name in (".git/refs", ".backup"):
        shutil.copytree(card, book / name)
    (book / ".git" / "card.toml").write_text("no card")
    assert [held.folder for held in rates.load([book]).books[0].cards] == [card]
