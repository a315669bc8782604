"""The colors of the pages' charts, each on white and on dark.

Any two are apart in sight without red, green or blue, too (`tests/pages/test_colors.py` computes it).
"""

NAMES = (
    *(
        ("#3157da", "#51e5f8"),
        ("#a36420", "#e69e23"),
        ("#50a71b", "#509455"),
        ("#d03869", "#fd4346"),
    ),
    *(
        ("#d560d3", "#cb70f0"),
        ("#9258a7", "#7e44eb"),
        ("#8f260a", "#c4de46"),
        ("#7c286b", "#af528c"),
    ),
)
"""Of names: a chart draws six at most, each in its own or, where that is taken, the next."""
OTHERS = ("#8c95a1", "#a3abb6")
"""Of all names beyond those together."""
