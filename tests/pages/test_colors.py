"""The colors of names in the pages' charts, computed as eyes without red, green or blue see them."""

import math
from itertools import combinations

import pytest

from pricing_assets.pages import colors

DEFICIENCIES = {
    "none": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
"""What linear red, green and blue become (Machado, Oliveira and Fernandes, 2009)."""
CARDS = ("#ffffff", "#1a2029")
APART = 0.07
"""Of two colors in OKLab, of which black and white are 1 apart."""


def linear(color: str) -> tuple[float, ...]:
    channels = (int(color[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return tuple(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)


def oklab(rgb: tuple[float, ...]) -> tuple[float, ...]:
    mixed = (
        (0.4122214708, 0.5363325363, 0.0514459929),
        (0.2119034982, 0.6806995451, 0.1073969566),
        (0.0883024619, 0.2817188376, 0.6299787005),
    )
    cones = [
        max(0.0, sum(m * c for m, c in zip(row, rgb, strict=True))) ** (1 / 3) for row in mixed
    ]
    seen = (
        (0.2104542553, 0.7936177850, -0.0040720468),
        (1.9779984951, -2.4285922050, 0.4505937099),
        (0.0259040371, 0.7827717662, -0.8086757660),
    )
    return tuple(sum(m * c for m, c in zip(row, cones, strict=True)) for row in seen)


def luminance(color: str) -> float:
    return sum(part * c for part, c in zip((0.2126, 0.7152, 0.0722), linear(color), strict=True))


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("eyes", DEFICIENCIES)
def test_any_two_colors_of_a_chart_are_apart(scheme: int, eyes: str) -> None:
    drawn = [pair[scheme] for pair in (*colors.NAMES, colors.OTHERS)]
    seen = {
        color: oklab(
            tuple(
                max(0.0, sum(m * c for m, c in zip(row, linear(color), strict=True)))
                for row in DEFICIENCIES[eyes]
            )
        )
        for color in drawn
    }
    near = {
        (one, other): round(math.dist(seen[one], seen[other]), 3)
        for one, other in combinations(drawn, 2)
    }
    assert min(near.values()) >= APART, min(near.items(), key=lambda item: item[1])


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_each_color_stands_out_from_its_card(scheme: int) -> None:
    card = luminance(CARDS[scheme])
    for pair in (*colors.NAMES, colors.OTHERS):
        low, high = sorted((luminance(pair[scheme]), card))
        assert (high + 0.05) / (low + 0.05) >= 3, pair[scheme]
