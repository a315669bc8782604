"""Tables on a terminal of any width: every date, state, number and key is whole.

What the tables hold belongs to the tests of their commands.
"""

import fcntl
import io
import os
import pty
import random
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from pipelines.cli import output
from pipelines.cli.sheets import MARK, SENTENCES, Sheet
from tests.support.command import ROOT
from tests.support.workspace import NOON, Workspace, row

WIDTHS = (60, 80, 100, 120)


def shown(sheet: Sheet, width: int, terminal: bool = True) -> list[str]:
    """The lines of a table, without colours."""
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=terminal, color_system=None)
    console.print(sheet)
    return out.getvalue().splitlines()


def fits(lines: Sequence[str], width: int) -> None:
    assert [line for line in lines if cell_len(line) > width] == []


STATUS = output.table(
    ("Date", "State", "Version", "Credits", "Corrections", "At risk", "Why"),
    [
        ("2026-02-01", "closed", 12, "12,345,678,901.123456789", "", "-1.5", "new logs"),
        ("2026-02-02", "stale", 3, "0.000000000", "", "", "a card was published later; run again"),
    ],
    right=("Version", "Credits", "Corrections", "At risk"),
)


@pytest.mark.parametrize("width", [*WIDTHS, 40, 30])
def test_a_table_fits_any_width_and_cuts_no_number(width: int) -> None:
    lines = shown(STATUS, width)
    fits(lines, width)
    text = "\n".join(lines)
    for whole in ("2026-02-01", "closed", "12,345,678,901.123456789", "0.000000000", "-1.5"):
        assert whole in text
    if "Corrections" in text:
        assert text == "\n".join(shown(STATUS, 1000))


def test_empty_columns_go_first_then_bars() -> None:
    rows = [["acme", "", "1.5", Text("━" * 24)], ["globex", "", "2.5", Text("━")]]
    sheet = Sheet(("Organization", "Note", "Credits", ""), rows, right=("Credits",))
    assert [cell_len(max(shown(sheet, width), key=cell_len)) for width in (53, 52, 46, 21)] == [
        *(53, 47, 21, 21)
    ]
    assert shown(sheet, 21) == [
        "Organization  Credits",
        "acme              1.5",
        "globex            2.5",
    ]


def test_sentences_wrap_at_blanks_and_heads_do() -> None:
    sheet = output.table(
        ("Key", "Credits at risk", "Why"),
        [("a key of blanks", "1.0", "words that are wrapped at blanks, never inside-of-them")],
        right=("Credits at risk",),
    )
    assert shown(sheet, 54) == [
        "Key              Credits  Why",
        "                 at risk",
        "a key of blanks      1.0  words that are wrapped at",
        "                          blanks, never inside-of-them",
    ]


def test_a_row_becomes_a_record_where_nothing_else_helps() -> None:
    key = "5f" * 32
    lines = shown(Sheet(("Date", "File", "None", "Why"), [["2026-02-01", key, "", "late"]] * 2), 40)
    assert lines[: len(lines) // 2] == [
        "Date  2026-02-01",
        "File",
        f"  {key[:37]}{MARK}",
        f"  {key[37:]}",
        "Why   late",
    ]
    assert lines[len(lines) // 2] == ""


def test_an_id_beyond_all_reason_costs_no_other_row_its_place() -> None:
    """A log may hold ids of a million letters: fitting one to a terminal took minutes."""
    ids = output.table(("Id",), [("o" * 1_000_000,), ("acme",)])
    for width, terminal in ((80, True), (output.PIPE_WIDTH, False)):
        lines = shown(ids, width, terminal=terminal)
        text = "".join(line.strip().removesuffix(MARK) for line in lines)
        assert f"{'o' * 100}… (1,000,000 characters, all of it in --json)" in text
        assert max(map(cell_len, lines)) < 200
    assert shown(Sheet(("Id",), [("o" * 1000,)]), 80) == [
        *("Id", *[f"  {'o' * 77}{MARK}"] * 12, f"  {'o' * 76}")
    ]


def test_a_pipe_gets_every_column_at_its_full_width() -> None:
    """At its full width, also of columns that are empty."""
    sheet = output.table(("Why", "None"), [("x " * 499, "")])
    lines = shown(sheet, output.PIPE_WIDTH, terminal=False)
    assert [len(line) for line in lines] == [1_004, 998]


@pytest.mark.parametrize("seed", range(40))
def test_random_tables_fit_any_width(seed: int) -> None:
    """Every cell is there: whole, at blanks if it is a sentence, at marks if it is beyond the
    terminal."""
    rng = random.Random(seed)
    width = rng.choice((20, 40, *WIDTHS))
    columns = rng.sample(["Date", "State", "File", "At risk", *SENTENCES], rng.randint(1, 7))
    words = ("2026-02-01", "12,345.678900000", "用量", "ok", "a-very-long-key-of-the-kind-7", "")

    def cell(column: str) -> object:
        if column in SENTENCES:
            return " ".join(rng.choices(words, k=rng.randint(0, 12))).strip()
        return rng.choice((*words, Decimal("1.5"), "f" * rng.choice((5, 30, 130))))

    rows = [[cell(column) for column in columns] for _ in range(rng.randint(1, 5))]
    lines = shown(output.table(columns, rows), width)
    fits(lines, width)
    text = " ".join(line.strip() for line in lines)
    whole = text.replace(f"{MARK} ", "")
    for cells in rows:
        for column, value in zip(columns, cells, strict=True):
            for part in str(value).split() if column in SENTENCES else [str(value)]:
                assert part in whole


@pytest.mark.parametrize("width", [10, 24, 60])
def test_messages_wrap_at_blanks(width: int) -> None:
    said = f"\n  ✗ rejected {'x' * 30}/a.parquet: 用量 is double,\n\nwhere an integer belongs\n"
    lines = output.at_blanks(Text(said), width).plain.split("\n")
    assert " ".join(lines).split() == said.split()
    assert (lines[0], lines[-1]) == ("", "")
    assert all(cell_len(line) <= width or " " not in line.strip() for line in lines)
    assert said.count("\n") == 4 < len(lines) + (width == 60)


def on_a_terminal(command: list[str], width: int, home: Path) -> list[str]:
    """What a command shows on a terminal of a width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    hidden = ("COLUMNS", "LINES", "CREDITMILL_HOME")
    env = {name: value for name, value in os.environ.items() if name not in hidden}
    process = subprocess.Popen(
        [sys.executable, "-m", "pipelines.cli", *command, "--home", str(home)],
        env=env | {"PYTHONPATH": str(ROOT), "TERM": "xterm", "NO_COLOR": "1"},
        cwd=home,
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs)
    told = b""
    while True:
        try:
            part = os.read(ours, 65_536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        told += part
    os.close(ours)
    assert process.wait() == 0
    return Text.from_ansi(told.decode().replace("\r\n", "\n")).plain.splitlines()


def rounded_on_a_terminal(command: list[str], width: int, home: Path) -> set[str]:
    """Hold what a command shows on a terminal of a width against what a pipe gets, number for number;
    returns the amounts that are rounded for people."""
    piped = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", *command, "--home", str(home)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        cwd=home.parent,
        stdout=subprocess.PIPE,
        check=True,
    ).stdout.decode()
    lines = on_a_terminal(command, width, home)
    to_paste = [line for line in lines if line.startswith("    ") or "creditmill " in line]
    fits([line for line in lines if line not in to_paste and " " in line.strip()], width)
    text = "\n".join(lines)
    rounded = set()
    for word in piped.split():
        if any(char.isdigit() for char in word):
            amount = re.fullmatch(r"([+-]?)([0-9,]+\.[0-9]{9,11})(.?)", word)
            if amount and word not in text:
                sign, digits, end = amount.groups()
                word = f"{sign}{output.for_people(Decimal(digits.replace(',', ''))):,f}{end}"
                rounded.add(word)
            assert word in text
    return rounded


COMMANDS = [
    ["status"],
    ["quarantine"],
    ["charges", "--by", "org_id", "--by", "billing_type", "--by", "model"],
    ["explain", "2026-02-02", "--org", "tern-airways"],
    ["verify"],
]


@pytest.mark.parametrize(
    ("command", "width"),
    [
        pytest.param(
            command,
            width,
            marks=[] if (command[0], width) == ("status", 60) else [pytest.mark.slow],
        )
        for command in COMMANDS
        for width in WIDTHS
    ],
    ids=lambda one: one[0] if isinstance(one, list) else str(one),
)
def test_each_command_fits_a_terminal_and_cuts_no_number(
    sample: Path, command: list[str], width: int
) -> None:
    """What a pipe gets is there, number for number; amounts are rounded for people."""
    rounded = rounded_on_a_terminal(command, width, sample / "home")
    assert rounded or command[0] in ("explain", "verify")


@pytest.mark.slow
@pytest.mark.parametrize("width", WIDTHS)
def test_repeats_fit_a_terminal_and_cut_no_number(workspace: Workspace, width: int) -> None:
    for name, at in (("a", NOON), ("b", NOON + timedelta(days=1))):
        workspace.log(f"{name}.parquet", row(event_id="again", event_time=at, org_id="用量" * 20))
    workspace.run()
    assert rounded_on_a_terminal(["repeats"], width, workspace.home.path)


@pytest.mark.parametrize("is_terminal", [True, False])
def test_amounts_are_rounded_on_a_terminal_only(
    is_terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_terminal, raising=False)
    for exact, people in (
        ("4172.658708833", "4,172.66"),
        ("16.995000000", "17.00"),
        ("-16.985000000", "-16.98"),
        ("0.005940012", "0.005940"),
        ("0.000000005", "0.000000005"),
        ("0.000000000", "0.00"),
        ("0.01000000000", "0.01"),
    ):
        shown = people if is_terminal else f"{Decimal(exact):,f}"
        assert output.number(Decimal(exact)) == shown
        assert output.signed(Decimal(exact)) == (shown if exact.startswith("-") else f"+{shown}")
    assert output.number(1234567) == "1,234,567"


@pytest.mark.parametrize(
    ("quarantined", "rows", "share"),
    [(2, 7, "29 %"), (445, 455, "98 %"), (999, 1000, "99 %"), (5, 5, "100 %"), (2, 5, "40 %")],
)
def test_a_share_is_rounded_and_only_all_of_it_is_100(
    quarantined: int, rows: int, share: str
) -> None:
    assert output.with_quarantine("current", quarantined, rows) == (f"current, {share} quarantined")


def test_a_sign_is_not_left_alone_before_a_long_word() -> None:
    wrapped = output.at_blanks(Text(f"! {'a' * 90} owes 5.00 credits"), 60).plain
    assert wrapped.splitlines() == [f"! {'a' * 90}", "owes 5.00 credits"]
