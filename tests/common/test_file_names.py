"""Ids as file names: readable where they are plain, harmless and told apart always."""

import re
import unicodedata

from pricing_assets.common.file_names import safe_name
from pricing_assets.common.visible_text import visible
from tests.support.hostile_names import NAMES


def test_plain_ids_are_their_own_names() -> None:
    for plain in ("northwind-clinics", "org_7", "a", "7", "a.b-c_d", "x" * 64):
        assert safe_name(plain) == plain


def test_other_ids_stay_readable() -> None:
    assert re.fullmatch("acme-corp~[0-9a-f]{32}", safe_name("Acme Corp."))
    assert re.fullmatch("etc-passwd~[0-9a-f]{32}", safe_name("../../etc/passwd"))
    assert re.fullmatch("大学~[0-9a-f]{32}", safe_name("大学"))
    assert re.fullmatch("café-no-1~[0-9a-f]{32}", safe_name("Cafe\u0301 No.1"))
    assert re.fullmatch("مؤسسة-النور-7~[0-9a-f]{32}", safe_name("مؤسسة النور 7"))
    assert re.fullmatch("id~[0-9a-f]{32}", safe_name("\u3164\u202e%"))


def test_200_hostile_ids_have_200_harmless_names() -> None:
    assert len(set(NAMES)) == len(NAMES) == 200
    made = [safe_name(name) for name in NAMES]
    assert len({name.casefold() for name in made}) == 200
    for name in made:
        assert len(name) <= 73
        assert name[0].isalnum()
        kinds = {unicodedata.category(char) for char in name if char not in "._~-"}
        assert kinds <= {"Ll", "Lo", "Lm", "Mn", "Mc", "Nd"}
        assert name == unicodedata.normalize("NFKC", name).lower()
        assert len(name.encode()) <= 193
        assert name == visible(name)
        assert not name.endswith(".")
        assert name.partition(".")[0] not in ("con", "nul", "aux", "lpt9", "com1")
