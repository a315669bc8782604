"""Progress counts what is done, and says a rate once there is one."""

from pricing_assets.common.progress import Progress

SAID = [
    (0, 0.0, "0 of 4,000 rows, 0 %"),
    (1_000, 1.9, "1,000 of 4,000 rows, 25 %"),
    (1_000, 10.0, "1,000 of 4,000 rows, 25 %, 100 a second, 30 s left"),
    (10, 10.0, "10 of 4,000 rows, 0 %, 1.0 a second, 1 h 6 min left"),
    (40, 10.0, "40 of 4,000 rows, 1 %, 4.0 a second, 16 min left"),
    (4_000, 10.0, "4,000 of 4,000 rows, 100 %, 400 a second, 0 s left"),
]


def test_what_is_done_and_how_fast() -> None:
    for done, seconds, text in SAID:
        assert Progress(4_000, "row", done).after(seconds) == text
    assert Progress(0, "row").after(5.0) == "0 of 0 rows, 100 %"


def test_an_item_is_done_when_the_next_is_asked_for() -> None:
    progress = Progress(2, "page")
    seen = [progress.done for _ in progress.counting(["a", "b"])]
    assert (seen, progress.done) == ([0, 1], 2)
