"""The contract's values as functions that statements call: `max_quantity()`, `is_excluded(outcome)`.

Each value has its one address in `contract`; here it only gets a name in SQL. Functions that
compute belong to `sql/prelude`.
"""

import re
from typing import Final

from pricing_assets.contract.billing import (
    MAX_IMAGE_SIDE,
    MAX_QUANTITY,
    METER,
    OTHER_TIER,
    PRICED_AS,
    STORAGE,
    STORAGE_MODEL,
    TIERS,
    TOKEN_CLASSES,
)
from pricing_assets.contract.names import fold
from pricing_assets.contract.outcomes import (
    EXCLUDED,
    FUTURE_EVENT_TIME,
    NO_EVENT_TIME,
    NO_PRICE_REASONS,
    RATED,
    RECORD_CODES,
)
from pricing_assets.db.io import text_literal

_TIER = 4**16
_TIERS = 16
_FLAGS = _TIER * _TIERS
assert max(meter.digit for meter in METER.values()) < 16, "a digit of a meter is that of the tier"
assert len(TIERS) < _TIERS - 1, "the tier of `measured` has no place for so many"
NUMBERS: Final = {
    "max_quantity": MAX_QUANTITY,
    "max_image_side": MAX_IMAGE_SIDE,
    # `measured` holds the state of each meter as a digit to the base 4, the tier, three flags after
    # them, and last the code of where a source says that the record ends
    "images_weight": 4 ** METER["image_tokens"].digit,
    "tier_weight": _TIER,
    "tiers": _TIERS,
    "blank_id_flag": _FLAGS,
    "failed_tool_flag": 2 * _FLAGS,
    "classes_flag": 4 * _FLAGS,
    "record_weight": 8 * _FLAGS,
}
"""Numbers that statements of every engine call by name."""


def for_duckdb() -> str:
    """Return the statements that create the macros."""
    macros = {
        **{f"{name}()": str(value) for name, value in NUMBERS.items()},
        "missing_event_time()": text_literal(NO_EVENT_TIME),
        "event_time_in_future()": text_literal(FUTURE_EVENT_TIME),
        "storage_service()": text_literal(STORAGE),
        "storage_model()": text_literal(STORAGE_MODEL),
        "storage_model_key()": text_literal(fold(STORAGE_MODEL)),
        "is_quarantined(outcome)": f"outcome not in ({_listed((RATED, *EXCLUDED))})",
        "lacks_price(reason)": f"reason in ({_listed(NO_PRICE_REASONS)})",
        "record_code(outcome)": f"case outcome {_codes()} else 0 end",
        "record_outcome(code)": f"case code {_code_names()} end",
        "priced_as(meter)": f"case meter {_priced_as()} else meter end",
        "tier_suffix(measured)": f"case measured // {_TIER} % {_TIERS} when 0 then ''"
        f" {_tier_suffixes()} else {text_literal('@' + OTHER_TIER)} end",
        "meter_of_class(part)": f"case part {_of_classes('meter')} end",
        "whole_of_class(part)": f"case part {_of_classes('whole')} end",
    }
    return "".join(f"create temp macro {head} as {body};\n" for head, body in macros.items())


def for_spark(text: str) -> str:
    """Return statements with the numbers themselves: Spark takes no function in a lambda."""
    return re.sub(
        rf"\b({'|'.join(NUMBERS)})\(\)",
        lambda call: str(NUMBERS[call[1].lower()]),
        text,
        flags=re.I,
    )


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(map(text_literal, names))


def _codes() -> str:
    return " ".join(f"when {text_literal(name)} then {code}" for name, code in RECORD_CODES.items())


def _code_names() -> str:
    return " ".join(f"when {code} then {text_literal(name)}" for name, code in RECORD_CODES.items())


def _priced_as() -> str:
    """Return the branches of meters that are priced as another one, in each tier."""
    return " ".join(
        f"when {text_literal(meter + tier)} then {text_literal(other + tier)}"
        for meter, other in PRICED_AS.items()
        if meter != other
        for tier in ("", *(f"@{name}" for name in TIERS))
    )


def _tier_suffixes() -> str:
    return " ".join(
        f"when {code} then {text_literal('@' + tier)}" for code, tier in enumerate(TIERS, start=1)
    )


def _of_classes(field: str) -> str:
    return " ".join(
        f"when {text_literal(name)} then {text_literal(getattr(one, field))}"
        for name, one in TOKEN_CLASSES.items()
    )
