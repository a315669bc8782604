"""Headers of pages that are none: which are refused, and in which words."""

import pytest

from pricing_assets.logs.parquet_pages import DATA_V2, BrokenPage, Page, hold_levels, walk

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


def test_a_page_header_is_read() -> None:
    data = bytes((I32, DATA, *SIZES, STRUCT, *VALUES, ENDED, ENDED, *b"12345"))
    (page,) = walk(memoryview(data), 0, len(data))
    assert (page.kind, page.compressed, page.uncompressed, page.values) == (0, 5, 5, 5)
    assert (page.header, page.checked) == (len(data) - 5, None)


@pytest.mark.parametrize("name", BROKEN)
def test_a_header_that_is_none_is_refused(name: str) -> None:
    header, said = BROKEN[name]
    with pytest.raises(BrokenPage, match=said):
        list(walk(memoryview(bytes(header)), 0, len(header)))


LEVELS = {
    "none": ((0, 0), (0, 0), b"12345", True),
    "none, where there are some": ((0, 0), (0, 1), b"12345", False),
    "some, where there are none": ((0, 2), (0, 0), b"\x0a\x01", False),
    "a run of one": ((0, 2), (0, 1), b"\x0a\x01", True),
    "two runs": ((0, 4), (0, 1), b"\x04\x01\x06\x00", True),
    "a run too long": ((0, 2), (0, 1), b"\x0c\x01", True),
    "a run too short": ((0, 2), (0, 1), b"\x08\x01", False),
    "packed": ((0, 2), (0, 1), b"\x03\x1f", True),
    "packed by three bits": ((0, 4), (0, 7), b"\x03\x1f\x1f\x1f", True),
    "packed and cut off after the last": ((0, 3), (0, 7), b"\x03\x1f\x1f", True),
    "packed and cut off before": ((0, 2), (0, 7), b"\x03\x1f", False),
    "both": ((2, 2), (1, 2), b"\x0a\x00\x0a\x02", True),
    "one less": ((0, 1), (0, 1), b"\x0a\x01", False),
    "one more": ((0, 3), (0, 1), b"\x0a\x01\x00", False),
    "more than the page": ((0, 9), (0, 1), b"\x0a\x01", False),
    "less than nothing": ((2, -2), (1, 1), b"\x0a\x01", False),
}


@pytest.mark.parametrize("name", LEVELS)
def test_levels_fill_what_the_header_gives_them(name: str) -> None:
    levels, most, data, filled = LEVELS[name]
    page = Page(DATA_V2, 0, 0, len(data), len(data), 5, 0, levels, True)
    if filled:
        hold_levels(memoryview(data), page, most)
        return
    with pytest.raises(BrokenPage, match="levels of the page at byte 0 do not fill the bytes"):
        hold_levels(memoryview(data), page, most)
