"""The linter: a tiny book per rule that breaks it and nothing else, alone and beside a home."""

import json
import shutil
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.cli.app import main
from pricing_assets.db.statements import data_folder
from pricing_assets.home import Home
from pricing_assets.lint import linter as lint
from pricing_assets.lint.linter import RULES, LintResult
from pricing_assets.rates.agreements import COLUMNS
from tests.support.workspace import Workspace, of, row

ROOT = Path(__file__).parents[2]
TOML = """\
id = "first"
effective_from = 2026-02-01T00:00:00Z
published_at = 2026-02-01T00:00:00Z
source = "a test"
usd_per_credit = "0.01"

[own_key_cap.llm]
input_tokens = "0.01"
output_tokens = "0.1"
"""
NEXT = TOML.replace("first", "next").replace("2026-02-01", "2026-03-01")
RATES = """\
service,brand,model,key_mode,meter,credits,per
llm,Acme,Chat,platform,input_tokens,0.22,1000
llm,Acme,Chat,platform,output_tokens,0.88,1000
llm,Acme,Chat,own,input_tokens,0.02,1000
llm,Acme,Chat,own,output_tokens,0.08,1000
llm,Acme,Pro,any,input_tokens,0.5,1000
llm,Acme,Pro,any,output_tokens,0.9,1000
asr,Acme,Ear,platform,audio_ms,0.66,60000
asr,Acme,Ear,own,audio_ms,0.06,60000
tts,Acme,Mouth,any,characters,0.15,1000
embedding,Acme,Map,any,input_tokens,0.1,1000
rerank,Acme,Sort,any,input_tokens,0.1,1000
storage,,Vector Storage,any,stored_tokens,0.001,1000
tool,Acme,Search,any,requests,0.5,1
tool,Acme,Gone,any,requests,-,1
moderation,Acme,Guard,any,requests,0.0001,1
"""
ALIASES = "service,brand,alias,model\nllm,Acme,Talk,Chat\n"
BOOK = {"card/card.toml": TOML, "card/rates.csv": RATES, "aliases.csv": ALIASES}
TWO = {**BOOK, "next/card.toml": NEXT, "next/rates.csv": RATES}

Edit = tuple[str, str, str | None]
"""A file, what is in it once (all of it: ''), and what comes instead (None: no file)."""
Case = tuple[str, dict[str, str], tuple[Edit, ...], list[str]]
"""Rule, book, what is done to it, and where each finding is."""

CARD, LINES, ALIAS = "card/card.toml", "card/rates.csv", "aliases.csv"
BRAND = "brands.csv"
BRANDED = BOOK | {BRAND: "service,alias,brand\nllm,Gate,Acme\n"}
IN, OUT = "Chat,platform,input_tokens,0.22,1000", "Chat,platform,output_tokens,0.88,1000"
OWN_IN, OWN_OUT = "Chat,own,input_tokens,0.02,1000", "Chat,own,output_tokens,0.08,1000"
EAR = "asr,Acme,Ear,own,audio_ms,0.06,60000"

# What stops a run at load.
DEAL = "agreements.csv"
DEALS = BOOK | {
    DEAL: "agreement,org_id,service,brand,model,key_mode,meter,discount,price,valid_from,valid_to\n"
    "A,acme,*,*,*,*,*,0.1,,2026-02-01T00:00:00Z,\n"
    "B,acme,llm,*,*,*,*,0.2,,2026-02-01T00:00:00Z,\n"
}
LOAD: list[Case] = [
    ("empty_book", BOOK, ((CARD, "", None), (LINES, "", None)), [""]),
    ("missing_file", BOOK, ((LINES, "", None),), [LINES]),
    ("bad_toml", BOOK, ((CARD, '"first"', '"first'),), [CARD]),
    ("missing_key", BOOK, ((CARD, 'id = "first"\n', ""),), [CARD]),
    ("bad_key", BOOK, ((CARD, '"0.01"\n\n', "0.01\n\n"),), [f"{CARD}:5"]),
    ("bad_key", BOOK, ((CARD, "00Z\np", "00\np"),), [f"{CARD}:2"]),
    ("unknown_key", BOOK, ((CARD, "source", "sauce"),), [f"{CARD}:4"]),
    ("bad_cap", BOOK, ((CARD, "own_key_cap.llm", "own_key_cap.tool"),), [f"{CARD}:7"]),
    ("bad_cap", BOOK, ((CARD, '"0.1"', "0.1"),), [f"{CARD}:9"]),
    (
        "bad_tier",
        BOOK,
        ((CARD, "[own", 'tiers_at_standard_price = ["night"]\n[own'),),
        [f"{CARD}:7"],
    ),
    ("id_not_unique", TWO, (("next/card.toml", '"next"', '"first"'),), ["next/card.toml:1"]),
    ("bad_csv", BOOK, ((LINES, "tool,Acme,S", 'tool,"Acme,S'),), [f"{LINES}:16"]),
    ("bad_header", BOOK, ((LINES, "credits,per", "per,credits"),), [f"{LINES}:1"]),
    ("bad_width", BOOK, ((LINES, "0.22,1000", "0,22,1000"),), [f"{LINES}:2"]),
    ("duplicate_key", BOOK, ((LINES, EAR, f"{EAR}\n{EAR}"),), [f"{LINES}:10"]),
    ("unknown_service", BOOK, ((LINES, "tts,", "TTS,"),), [f"{LINES}:10"]),
    ("unknown_service", BOOK, ((ALIAS, "llm", "lmm"),), [f"{ALIAS}:2"]),
    ("storage_name", BOOK, ((LINES, "Vector Storage", "Vectors"),), [f"{LINES}:13"]),
    ("blank_name", BOOK, ((LINES, "Mouth", "\u3000"),), [f"{LINES}:10"]),
    ("blank_name", BOOK, ((ALIAS, "Talk", ""),), [f"{ALIAS}:2"]),
    ("unknown_key_mode", BOOK, ((LINES, "Search,any", "Search,own"),), [f"{LINES}:14"]),
    ("unknown_meter", BOOK, ((LINES, "Mouth,any,characters", "Mouth,any,words"),), [f"{LINES}:10"]),
    (
        "class_not_offered",
        BOOK,
        ((LINES, OUT, f"{OUT}\nllm,Acme,Chat,platform,output_tokens.audio,-,1000"),),
        [f"{LINES}:4"],
    ),
    ("wrong_per", BOOK, ((LINES, "0.06,60000", "0.06,1000"),), [f"{LINES}:9"]),
    ("wrong_per", BOOK, ((LINES, "0.5,1\n", "0.5,1000\n"),), [f"{LINES}:14"]),
    ("negative_price", BOOK, ((LINES, "0.88", "-0.88"),), [f"{LINES}:3"]),
    ("too_precise_price", BOOK, ((LINES, "0.88", "0.8800000000"),), [f"{LINES}:3"]),
    ("bad_price", BOOK, ((LINES, "0.88", "8.8e-1"),), [f"{LINES}:3"]),
    ("bad_pattern", BOOK, ((ALIAS, "Talk", "Ta*lk"),), [f"{ALIAS}:2"]),
    (
        "overlapping_patterns",
        BOOK,
        ((ALIAS, "Talk,Chat\n", "Talk*,Chat\nllm,Acme,Talk-YYYYMMDD,Chat\n"),),
        [f"{ALIAS}:3"],
    ),
    (
        "bad_valid_from",
        BOOK,
        ((ALIAS, "model\nllm,Acme,Talk,Chat", "model,valid_from\nllm,Acme,Talk,Chat,soon"),),
        [f"{ALIAS}:2"],
    ),
    ("bad_pattern", BRANDED, ((BRAND, "Gate,Acme", "gate-*,Acme"),), [f"{BRAND}:2"]),
    ("brand_of_itself", BRANDED, ((BRAND, "Gate,Acme", "acme,Acme"),), [f"{BRAND}:2"]),
    ("alias_conflict", BOOK, ((ALIAS, "Chat\n", "Chat\nllm,ACME,talk,Pro\n"),), [f"{ALIAS}:3"]),
    ("bad_agreement", DEALS, ((DEAL, "0.1", "10 %"),), [f"{DEAL}:2"]),
    ("repeated_agreement", DEALS, ((DEAL, "B,acme", "A,acme"),), [f"{DEAL}:3"]),
    ("tied_agreements", DEALS, ((DEAL, "B,acme,llm", "B,acme,*"),), [f"{DEAL}:3"]),
]
# What a book that loads may still have wrong.
ALONE: list[Case] = [
    # the greater id wins, by chance
    (
        "tied_cards",
        TWO,
        (("next/card.toml", "", NEXT.replace("03-01", "02-01")),),
        [f"{CARD}:2"],
    ),
    # a correction, published later for the same instant
    (
        "replaced_card",
        TWO,
        (("next/card.toml", "effective_from = 2026-03", "effective_from = 2026-02"),),
        [f"{CARD}:2"],
    ),
    ("backdated_card", BOOK, ((CARD, "from = 2026-02-01", "from = 2025-12-31"),), [f"{CARD}:2"]),
    ("missing_meter", BOOK, ((LINES, f"llm,Acme,{OUT}\n", ""),), [f"{LINES}:2"]),
    ("missing_meter", BOOK, ((LINES, f"llm,Acme,{OWN_IN}\n", ""),), [f"{LINES}:4"]),
    (
        "missing_tier",
        BOOK,
        ((LINES, OUT, f"{OUT}\nllm,Acme,{IN.replace('tokens', 'tokens@batch')}"),),
        [f"{LINES}:4"],
    ),
    ("partly_offered", BOOK, ((LINES, OUT, OUT.replace("0.88", "-")),), [f"{LINES}:3"]),
    ("missing_key_mode", BOOK, ((LINES, f"{EAR}\n", ""),), [f"{LINES}:8"]),
    # line 4 is left to own alone, which is what it says
    ("any_hidden", BOOK, ((LINES, OWN_IN, "Chat,any,input_tokens,0.02,1000"),), [f"{LINES}:4"]),
    (
        "any_hidden",
        BOOK,
        ((LINES, f"{EAR}\n", f"{EAR}\nasr,Acme,Ear,any,audio_ms,9,60000\n"),),
        [f"{LINES}:10"],
    ),
    # own output has no row of its own, and platform none either: both take line 7
    (
        "any_hides",
        BOOK,
        ((LINES, "Pro,any,input_tokens", "Pro,platform,input_tokens"),
         (LINES, "llm,Acme,Pro,any,o", "llm,Acme,Pro,own,input_tokens,0.1,1000\nllm,Acme,Pro,any,o")),
        [f"{LINES}:8", f"{LINES}:8"],
    ),
    ("own_above_platform", BOOK, ((LINES, EAR, EAR.replace("0.06", "0.67")),), [f"{LINES}:9"]),
    # above the platform's even after the cap of 0.1
    ("own_above_platform", BOOK, ((LINES, OUT, OUT.replace("0.88", "0.07")),
                                  (LINES, IN, IN.replace("0.22", "0.05"))), [f"{LINES}:5"]),
    ("output_below_input", BOOK, ((LINES, OWN_OUT, OWN_OUT.replace("0.08", "0.01")),), [f"{LINES}:5"]),
    ("price_jump", TWO, (("next/rates.csv", "0.22", "0.34"),), ["next/rates.csv:2"]),
    ("price_jump", TWO, (("next/rates.csv", "0.66", "0.06"),), ["next/rates.csv:8"]),
    ("price_jump", TWO, ((LINES, "Mouth,any,characters,0.15", "Mouth,any,characters,0"),), ["next/rates.csv:10"]),
    ("vanished_name", TWO, (("next/rates.csv", "Mouth", "Mouth 2"),), ["next/rates.csv"]),
    ("alias_loop", BOOK, ((ALIAS, "Talk,Chat\n", "Talk,Say\nllm,Acme,Say,Talk\n"),), [f"{ALIAS}:2", f"{ALIAS}:3"]),
    ("alias_loop", BOOK, ((ALIAS, "Talk,Chat", "Talk,talk"),), [f"{ALIAS}:2"]),
    ("alias_chain", BOOK, ((ALIAS, "Chat\n", "Chat\nllm,Acme,Say,Talk\n"),), [f"{ALIAS}:3"]),
    ("alias_of_nothing", BOOK, ((ALIAS, "Chat", "Chta"),), [f"{ALIAS}:2"]),
    ("wide_pattern", BOOK, ((ALIAS, "Talk", "p*"),), [f"{ALIAS}:2"]),
    ("brand_of_nothing", BRANDED, ((BRAND, "Gate,Acme", "Gate,Acne"),), [f"{BRAND}:2"]),
    ("brand_conflict", BRANDED | {LINES: RATES + "llm,Other,talk,any,input_tokens,1,1000\nllm,Other,talk,any,output_tokens,1,1000\n"},
     ((BRAND, "Acme\n", "Acme\nllm,gate,Other\n"),), [f"{BRAND}:3"]),
    ("shadowed_alias", BOOK, ((ALIAS, "Talk", "pro"),), [f"{ALIAS}:2"]),
    ("agreement_of_nothing", DEALS, ((DEAL, "llm,*,*", "llm,*,Chta"),), [f"{DEAL}:3"]),
    ("agreed_above_cap", DEALS, ((DEAL, "*,*,0.2,,", "own,input_tokens,,0.5,"),), [f"{DEAL}:3"]),
    ("agreement_for_nobody", DEALS, ((DEAL, "B,acme", "B,acme "),), [f"{DEAL}:3"]),
    ("unpriced_service", BOOK, ((LINES, "rerank,Acme,Sort,any,input_tokens,0.1,1000\n", ""),), [LINES]),
]  # fmt: skip
# What is not a finding, and why.
FINE: list[tuple[str, dict[str, str], tuple[Edit, ...]]] = [
    ("a book in order", BOOK, ()),
    ("no aliases", BOOK, ((ALIAS, "", None),)),
    ("a pattern, a later line, and a brand", BRANDED, ((ALIAS, "model\nllm,Acme,Talk,Chat\n",
     "model,valid_from\nllm,Acme,Talk,Chat\nllm,Acme,talk,Pro,2026-03-01T00:00:00Z\n# no line\nllm,Acme,Chat-YYYYMMDD,Chat\n"),)),
    ("the same prices again", TWO, ()),
    ("exactly by half", TWO, (("next/rates.csv", "0.22", "0.33"),)),
    ("an own price above the platform's, but capped", BOOK, ((LINES, "0.02", "0.3"), (LINES, "0.08", "0.3"))),
    ("free, and still free", BOOK, ((LINES, "0.22", "0"), (LINES, "0.88", "0"), (LINES, "0.02", "0"), (LINES, "0.08", "0"))),
    ("not offered in one key mode", BOOK, ((LINES, "0.22", "-"), (LINES, "0.88", "-"))),
    ("renamed, and the old name an alias", TWO, (
        ("next/rates.csv", "Mouth", "Mouth 2"),
        (ALIAS, "Chat\n", "Chat\ntts,Acme,Mouth,Mouth 2\n"),
    )),
    ("no longer offered", TWO, (("next/rates.csv", "Mouth,any,characters,0.15", "Mouth,any,characters,-"),)),
]  # fmt: skip


def write(folder: Path, book: dict[str, str], edits: tuple[Edit, ...]) -> Path:
    """A book with the edits done to it."""
    texts: dict[str, str | None] = dict(book)
    for name, old, new in edits:
        text = texts[name] or ""
        assert not old or text.count(old) == 1, (name, old)
        texts[name] = text.replace(old, new) if old and new is not None else new
    for name, made in texts.items():
        if made is not None:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(made, encoding="utf-8")
    folder.mkdir(exist_ok=True)
    return folder


def places(checked: LintResult, folder: Path) -> list[tuple[str, str]]:
    """Rule and place of every finding."""
    return [
        (found.rule, ":".join(part for part in (_inside(found.file, folder), _line(found)) if part))
        for found in checked.findings
    ]


def _inside(file: Path, folder: Path) -> str:
    inside = file.relative_to(folder).as_posix() if file.is_relative_to(folder) else str(file)
    return "" if inside == "." else inside


def _line(found: object) -> str:
    line = getattr(found, "line", None)
    return "" if line is None else str(line)


@pytest.mark.parametrize(("rule", "book", "edits", "at"), [*LOAD, *ALONE])
def test_a_book_that_breaks_one_rule(
    tmp_path: Path, rule: str, book: dict[str, str], edits: tuple[Edit, ...], at: list[str]
) -> None:
    folder = write(tmp_path / "book", book, edits)
    checked = lint.check(folder)
    assert places(checked, folder) == [(rule, place) for place in at]


@pytest.mark.parametrize(("why", "book", "edits"), FINE)
def test_what_breaks_no_rule_has_no_finding(
    tmp_path: Path, why: str, book: dict[str, str], edits: tuple[Edit, ...]
) -> None:
    assert not lint.check(write(tmp_path, book, edits)).findings, why


# Two agreements of the key modes platform and own, and whether one charge would go by either.
KEYLESS = [
    ("storage,*,*,{},*", True),
    ("storage,,Vector storage,{},stored_tokens", True),
    ("tool,Acme,Search,{},*", True),
    ("*,*,*,{},*", True),
    # not of storage, whose price has no brand; no word says that it is a tool
    ("storage,Acme,*,{},*", False),
    ("*,Acme,*,{},*", False),
    ("*,*,*,{},requests", False),
    ("moderation,*,*,{},*", False),
    ("llm,*,*,{},*", False),
]


@pytest.mark.parametrize(("about", "tie"), KEYLESS)
def test_agreements_without_a_card_tie_where_a_service_knows_no_key_mode(
    tmp_path: Path, about: str, tie: bool
) -> None:
    rest = "0.5,,2026-01-01T00:00:00Z,"
    lines = [
        f"{name},acme,{about.format(mode)},{rest}\n"
        for name, mode in (("A", "platform"), ("B", "own"))
    ]
    folder = write(tmp_path, {DEAL: ",".join(COLUMNS) + "\n" + "".join(lines)}, ())
    found = places(lint.check(folder), folder)
    assert found == [("tied_agreements", f"{DEAL}:3")] * tie


def test_a_card_says_which_agreements_of_two_key_modes_tie(tmp_path: Path) -> None:
    deals = DEALS | {
        LINES: RATES.replace("storage,,Vector Storage,any,stored_tokens,0.001,1000\n", "")
    }
    ends = "0.2,,2026-02-01T00:00:00Z,"
    for about, tie in (
        ("storage,*,*,{},*", True),  # priced by another book
        ("tool,Acme,Other,{},*", False),  # the book prints its tools, and none of this name
        ("*,*,*,{},stored_tokens", False),
    ):
        lines = [f"{one},acme,{about.format(one)},{ends}\n" for one in ("platform", "own")]
        deals[DEAL] = ",".join(COLUMNS) + "\n" + "".join(lines)
        checked = lint.check(write(tmp_path, deals, ()))
        assert [one.line for one in checked.findings if one.rule == "tied_agreements"] == [3] * tie


def test_a_wrong_unit_is_said_to_be_of_what(tmp_path: Path) -> None:
    folder = write(tmp_path, BOOK, ((LINES, "0.06,60000", "0.06,1000"),))
    (found,) = lint.check(folder).findings
    assert found.message == (
        "per '1000' must be 60000 for audio_ms; 1000 is the unit of input_tokens, output_tokens,"
        " characters, stored_tokens"
    )


@pytest.mark.parametrize(("threshold", "jumps"), [("0.54", 1), ("0.55", 0), ("0", 1)])
def test_the_threshold_of_a_jump(tmp_path: Path, threshold: str, jumps: int) -> None:
    folder = write(tmp_path, TWO, (("next/rates.csv", "0.22", "0.34"),))
    assert len(lint.check(folder, Decimal(threshold)).findings) == jumps


def test_the_built_in_books_have_no_error_and_no_warning() -> None:
    for name in ("pricing_assets/rate_cards", "sample_data/rate_cards"):
        checked = lint.check(data_folder(name))
        assert [found.rule for found in checked.findings] == ["unpriced_service"]


# -- beside a home

AT = datetime(2026, 2, 3, 12, tzinfo=UTC)


def run(folder: Path, book: Path, *rows: dict[str, object]) -> Home:
    """A home that took in one log, whose reports name the aliases that they used."""
    workspace = Workspace(folder, (book,), catalog=True)
    workspace.log("one.parquet", *rows)
    workspace.run()
    for day in workspace.home.dates():
        current = workspace.home.current(day)
        assert current is not None
        file = current.folder / "manifest.json"
        manifest = json.loads(file.read_bytes())
        manifest["aliases"] = [["llm", "Acme", "Talk", "Chat"]]
        file.chmod(0o644)
        file.write_text(json.dumps(manifest), encoding="utf-8")
    return workspace.home


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home in which every row is charged."""
    folder = tmp_path_factory.mktemp("plain")
    rows = [row(event_id="e1"), row(event_id="e2", model="Talk")]
    return run(folder, write(folder / "book", BOOK, ()), *rows)


@pytest.fixture(scope="module")
def odd_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with usage before the first card, of an unknown name, and of what is not offered."""
    folder = tmp_path_factory.mktemp("odd")
    rows = [
        row(event_id="e1"),
        row(event_id="e2", model="Talk", key_mode="own", input_tokens=0),
        row(event_id="e3", model="Chatter"),
        row(event_id="e4", model="Chatter"),
        row(event_id="e7", brand="ACME", model=" chatter"),
        of("tools_invocation", "Acme", "Gone", event_id="e5", requests=1),
        row(event_id="e6", event_time=datetime(2026, 1, 31, 23, tzinfo=UTC)),
    ]
    return run(folder, write(folder / "book", BOOK, ()), *rows)


SAME_DAY = NEXT.replace("2026-03-01T00", "2026-02-03T18")
BESIDE: list[tuple[tuple[Edit, ...], dict[str, str], list[tuple[str, str]]]] = [
    ((), BOOK, []),
    (((LINES, "0.22", "0.23"),), BOOK, [("used_card_changed", f"{CARD}:1")]),
    ((), TWO, []),
    (
        (("next/card.toml", "", SAME_DAY),),
        TWO,
        [("touches_published", "next/card.toml:2")],
    ),
    # usage of the date of the new card names what it lacks; also through the alias
    (
        (("next/rates.csv", "", RATES.replace(",Chat,", ",Chat 2,")),),
        TWO,
        [("vanished_in_use", "next/rates.csv")],
    ),
    ((("next/rates.csv", "Mouth", "Mouth 2"),), TWO, [("vanished_name", "next/rates.csv")]),
    (((ALIAS, "Chat", "Pro"),), BOOK, [("used_alias_changed", f"{ALIAS}:2")]),
    (((ALIAS, "Acme,Talk,Chat", "ACME,ｔalk,chat "),), BOOK, []),
    (
        ((ALIAS, "llm,Acme,Talk,Chat\n", ""),),
        BOOK,
        [("used_alias_changed", ALIAS), ("observed_without_price", "")],
    ),
    # the card is there under another id: no report could be explained by it
    (
        ((CARD, '"first"', '"renamed"'),),
        BOOK,
        [("used_card_removed", ""), ("touches_published", f"{CARD}:2")],
    ),
]


@pytest.mark.parametrize(("edits", "book", "found"), BESIDE)
def test_a_book_is_linted_beside_the_home_that_uses_it(
    home: Home, tmp_path: Path, edits: tuple[Edit, ...], book: dict[str, str],
    found: list[tuple[str, str]],
) -> None:  # fmt: skip
    own = Path(home.settings().books[0])
    kept = tmp_path / "kept"
    shutil.move(own, kept)
    try:
        write(own, book, edits)
        assert places(lint.check(own, home=home), own) == found
    finally:
        shutil.rmtree(own)
        shutil.move(kept, own)


def test_a_draft_stands_for_the_home_s_book(home: Home, tmp_path: Path) -> None:
    draft = write(tmp_path / "draft", BOOK, ((LINES, "0.22", "0.23"),))
    checked = lint.check(draft, home=home)
    assert places(checked, draft) == [("used_card_changed", f"{CARD}:1")]
    assert "2026-02-03 (version 1)" in checked.findings[0].message


def test_a_book_of_its_own_is_not_held_to_the_home_s_pins(home: Home, tmp_path: Path) -> None:
    other = write(tmp_path / "other", BOOK, ((CARD, '"first"', '"other"'), (ALIAS, "", None)))
    assert places(lint.check(other, home=home), other) == [
        ("touches_published", f"{CARD}:2"),
        ("observed_without_price", ""),
    ]


def test_coverage_names_what_has_no_price(odd_home: Home) -> None:
    book = Path(odd_home.settings().books[0])
    checked = lint.check(book, home=odd_home)
    assert places(checked, book) == [
        ("gap_before_first_card", f"{CARD}:2"),
        ("observed_without_price", ""),
        ("observed_not_offered", ""),
    ]
    coverage = checked.coverage
    assert coverage is not None
    assert (coverage.priced_names, coverage.names) == (1, 4)
    assert (coverage.priced_events, coverage.events) == (2, 7)
    assert [(row.model, row.reason, row.events) for row in coverage.unpriced] == [
        ("Chatter", "no_rate", 3),
        ("Chat", "no_rate_card", 1),
        ("Gone", "not_offered", 1),
    ]


def test_a_blocked_date_counts_as_it_was_attempted(tmp_path: Path) -> None:
    book = write(tmp_path / "book", BOOK, ())
    workspace = Workspace(tmp_path, (book,), catalog=True).under(
        quarantine_limit="0", quarantine_floor=0
    )
    workspace.log("one.parquet", row(), row(event_id="e2", model="Chatter"))
    assert workspace.run().states() == {"2026-02-03": ("blocked", None)}
    coverage = lint.check(book, home=workspace.home).coverage
    assert coverage is not None
    assert (coverage.priced_events, coverage.events) == (1, 2)


@pytest.mark.parametrize(
    ("part", "whole", "share"),
    [
        (0, 0, "100.00"),
        (0, 3, "0.00"),
        (2, 3, "66.66"),
        (3, 3, "100.00"),
        (99_999, 100_000, "99.99"),
    ],
)
def test_a_share_is_all_only_where_it_is_all(part: int, whole: int, share: str) -> None:
    assert str(lint.Coverage.share(part, whole)) == share


# -- the command


def test_a_book_of_agreements_alone_says_what_is_not_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = tmp_path / "agreed"
    book.mkdir()
    header = ",".join(COLUMNS)
    line = "A,acme,llm,Acme,Chatt,*,*,0.1,,2026-02-01T00:00:00Z,"
    (book / "agreements.csv").write_text(f"{header}\n{line}\n", encoding="utf-8")
    assert main(["rates", "check", str(book)]) == 0
    assert "are not held against prices; --home HOME" in capsys.readouterr().out
    assert main(["rates", "check", str(write(tmp_path / "book", TWO, ()))]) == 0
    assert "--home HOME" not in capsys.readouterr().out


def test_rates_check_exits_1_on_errors_and_2_on_wrong_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    warned = write(tmp_path / "warned", TWO, (("next/rates.csv", "0.22", "0.34"),))
    broken = write(tmp_path / "broken", BOOK, ((LINES, "0.22", "-0.22"),))
    assert main(["rates", "check", str(warned)]) == 0
    assert "warning price_jump" in capsys.readouterr().out
    assert main(["rates", "check", str(warned), "--threshold", "0.6"]) == 0
    assert "no rule is broken" in capsys.readouterr().out
    assert main(["rates", "check", str(broken)]) == 1
    assert f"{broken}/{LINES}:2: credits '-0.22'" in capsys.readouterr().out
    for arguments in (
        [str(tmp_path / "none")],
        [str(warned), "--home", str(tmp_path / "none")],
        [str(warned), "--threshold", "half"],
        [str(warned), "--threshold", "-1"],
    ):
        assert main(["rates", "check", *arguments]) == 2


def test_rates_check_prints_counts_coverage_and_findings_in_json(
    odd_home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    book = odd_home.settings().books[0]
    assert main(["rates", "check", book, "--home", str(odd_home.path), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["counts"] == {"error": 0, "warning": 2, "note": 1}
    assert said["coverage"]["unpriced"][0]["dates"] == ["2026-02-03"]
    assert said["findings"][1] == {
        "file": book,
        "line": None,
        "rule": "observed_without_price",
        "severity": "warning",
        "message": "llm_text_chat 'Acme' 'Chatter', platform: no_rate for 3 events of 2026-02-03",
        "why": RULES["observed_without_price"].why,
    }


def test_every_rule_is_tried_here() -> None:
    tried = {rule for rule, *_ in (*LOAD, *ALONE)}
    tried |= {rule for _, _, found in BESIDE for rule, _ in found}
    tried |= {"gap_before_first_card", "observed_not_offered"}
    # `rates check` refuses a missing folder at once; the home's other books are looked at below
    assert set(RULES) - tried == {"missing_book", "priced_by_two_books"}


def test_the_other_books_of_a_home_are_looked_at(tmp_path: Path) -> None:
    book = write(tmp_path / "book", BOOK, ())
    extra = write(
        tmp_path / "extra", BOOK,
        ((CARD, '"first"', '"extra"'), (LINES, "", f"{RATES.splitlines()[0]}\n{EAR}\n"), (ALIAS, "", None)),
    )  # fmt: skip
    workspace = Workspace(tmp_path, (book, extra), catalog=True)
    (extra / LINES).write_text((extra / LINES).read_text().replace("Ear", "Ear 2"))
    workspace.log("one.parquet", row())
    workspace.run()
    assert not lint.check(book, home=workspace.home).findings
    (extra / LINES).write_text((extra / LINES).read_text().replace("Ear 2", "Ear"))
    assert [found.rule for found in lint.check(book, home=workspace.home).findings] == [
        "priced_by_two_books"
    ]
    shutil.rmtree(extra)
    assert [found.rule for found in lint.check(book, home=workspace.home).findings] == [
        "missing_book", "used_card_removed",
    ]  # fmt: skip


def test_every_rule_is_documented() -> None:
    text = (ROOT / "docs" / "prices.md").read_text(encoding="utf-8")
    for rule in RULES.values():
        assert f"| `{rule.name}` | {rule.severity} | {rule.why} |\n" in text, rule.name
