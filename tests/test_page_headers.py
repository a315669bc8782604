"""Headers of pages that are none: which are refused, and in which words."""

import pytest

from pricing_assets.page_headers import BrokenPage, walk

I32, STRUCT = 0x15, 0x2C
"""A field one further on, of 32 bits; one two further on, a struct."""
DATA, NOTHING, FIVE, HUNDRED = 0x00, 0x00, 0x0A, 0xC8
SIZES = (I32, FIVE, I32, FIVE)
VALUES = (I32, FIVE, I32, NOTHING)
ENDED = 0x00

BROKEN = {
    "its struct lacks the encoding": (
        (I32, DATA, *SIZES, STRUCT, I32, FIVE, ENDED, ENDED, *b"12345"),
        "a page header lacks its field 2",
    ),
    "it lacks its size": ((I32, DATA, ENDED), "a page header lacks its field 2"),
    "its bytes end beyond the column": (
        (I32, DATA, I32, FIVE, I32, HUNDRED, 0x01, STRUCT, *VALUES, ENDED, ENDED, *b"12345"),
        "the page at byte 0 ends beyond its column",
    ),
    "structs without end": (tuple([0x1C] * 200), "nested beyond any that is known"),
    "of no known kind": ((I32, 0x14, *SIZES, ENDED), "has no header of a known kind"),
    "cut off": ((I32, DATA, I32), "a page header is cut off"),
}  # fmt: skip


def test_a_header_is_read() -> None:
    data = bytes((I32, DATA, *SIZES, STRUCT, *VALUES, ENDED, ENDED, *b"12345"))
    (page,) = walk(memoryview(data), 0, len(data))
    assert (page.kind, page.compressed, page.uncompressed, page.values) == (0, 5, 5, 5)
    assert (page.header, page.checked) == (len(data) - 5, None)


@pytest.mark.parametrize("name", BROKEN)
def test_a_header_that_is_none_is_refused(name: str) -> None:
    header, said = BROKEN[name]
    with pytest.raises(BrokenPage, match=said):
        list(walk(memoryview(bytes(header)), 0, len(header)))
