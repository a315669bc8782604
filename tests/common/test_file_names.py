"""Ids as file names: readable where they are plain, harmless and told apart always."""

import re

from pricing_assets.common.file_names import safe_name
from tests.support.hostile_names import NAMES


def test_plain_ids_are_their_own_names() -> None:
    for plain in ("northwind-clinics", "org_7", "a", "7", "a.b-c_d", "x" * 64):
        assert safe_name(plain) == plain


def test_other_ids_stay_readable() -> None:
    assert re.fullmatch("acme-corp~[0-9a-f]{32}", safe_name("Acme Corp."))
    assert re.fullmatch("etc-passwd~[0-9a-f]{32}", safe_name("../../etc/passwd"))
    assert re.fullmatch("id~[0-9a-f]{32}", safe_name("大学"))


def test_200_hostile_ids_have_200_harmless_names() -> None:
    assert len(set(NAMES)) == len(NAMES) == 200
    made = [safe_name(name) for name in NAMES]
    assert len({name.casefold() for name in made}) == 200
    for name in made:
        assert re.fullmatch(r"[a-z0-9][a-z0-9._~-]{0,72}", name)
        assert not name.endswith(".")
        assert name.partition(".")[0] not in ("con", "nul", "aux", "lpt9", "com1")
