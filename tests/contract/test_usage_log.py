"""The columns of usage logs, and the characters of a blank id."""

from pricing_assets.contract.usage_log import BLANKS


def test_blanks_are_the_characters_of_isspace() -> None:
    assert "".join(char for char in map(chr, range(0x110000)) if char.isspace()) == BLANKS
