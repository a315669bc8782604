"""Characters that nobody sees are shown by one rule, in the terminal, on pages and in checks."""

import json
import re
import shutil
import subprocess
import unicodedata
from pathlib import Path

import pytest

from pipelines.cli import output
from pricing_assets.checks.lookalike_ids import looks
from pricing_assets.common.visible_text import UNSEEN, UNSEEN_BESIDE, is_unseen, visible

SCRIPT = Path(__file__).parents[2] / "pricing_assets" / "pages" / "templates" / "text.js"
EVERY = [chr(code) for code in (*range(0xD800), *range(0xE000, 0x32000), *range(0xE0000, 0xE0200))]
"""Beyond these is nothing but private use and what no Unicode has named yet."""


def test_what_nobody_sees_is_shown_by_its_code() -> None:
    shown = {char: visible(char) for char in EVERY}
    beside = {chr(one) for first, last in UNSEEN_BESIDE for one in range(first, last + 1)}
    assert all(
        (shown[char] != char)
        == (unicodedata.category(char) in UNSEEN or char in beside)
        == is_unseen(char)
        for char in EVERY
    )
    assert visible("\x00\x1b[31m\n\x85") == r"\x00\x1b[31m\x0a\x85"
    assert (
        visible("a\u200bb\u202ec\u2028\ufeff\U000e0041") == r"a\u200bb\u202ec\u2028\ufeff\U000e0041"
    )
    assert len(set(shown.values())) == len(shown)


def test_terminal_and_checks_go_by_the_rule() -> None:
    for char in "\x07\u061c\u00ad\u2066\U000e0041\ufe0f\u034f\u115f\u2800\u3164\uffa0\u17b4":
        assert output.visible(f"a{char}") == visible(f"a{char}") != f"a{char}"
        assert looks(f"a{char}cme") == looks("acme")


def test_the_pages_hide_the_same_characters() -> None:
    """Their script names the same categories of Unicode, and the same characters beside them."""
    (named,) = re.findall(r"const INVISIBLE = /\[(.*)\]/gu;", SCRIPT.read_text())
    ranges = (rf"\u{{{first:x}}}-\u{{{last:x}}}" for first, last in UNSEEN_BESIDE)
    categories = (rf"\p{{{category}}}" for category in UNSEEN)
    assert named == "".join((*categories, *ranges))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("node") is None, reason="no node")
def test_every_character_is_shown_alike_on_the_pages() -> None:
    """Of those that this Python's Unicode knows: a newer one may know more."""
    known = [char for char in EVERY if unicodedata.category(char) != "Cn"]
    lines = SCRIPT.read_text()
    rule = re.findall(r"^const INVISIBLE.*$", lines, re.MULTILINE)[0]
    function = lines[lines.index("function visible(") : lines.index("\n}\n") + 3]
    asked = f"console.log(JSON.stringify({json.dumps(known)}.map(visible)))"
    done = subprocess.run(
        ["node"], input=f"{rule}\n{function}\n{asked}", capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == [visible(char) for char in known]
