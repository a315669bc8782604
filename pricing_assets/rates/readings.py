"""Readings of a logged name: which printed names it may mean, by which rule, and which are doubtful.

Nothing is priced here, and nothing is guessed: a reading that another price could belong to is
doubtful. What is made of readings belongs to `lookup`.
"""

import re
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass

from pricing_assets.contract.names import fold
from pricing_assets.rates.card import Card
from pricing_assets.rates.rates_csv import Name
from pricing_assets.rates.routes import family_of, is_gateway, makers_of
from pricing_assets.rates.same_model import find_alike, find_same, spelling

Printed = Mapping[tuple[str, str], Mapping[str, Hashable]]
"""By service and printed brand, the printed models, each with what it costs: equal where all prices
are."""
_DOUBTFUL = re.compile(
    r"[-_ :.](preview|exp|experimental|beta|thinking|reasoning)"
    r"(?:[-_ ]\d\d-\d\d(?:\d\d)?)?(?=$|[-_ :.])"
)
"""Words that may mean another price, and the month of one: -preview-09-2025, -preview-05-20."""
_THINKING = re.compile(r"[-_ ](thinking|thingking)(?=$|[-_ ])", re.IGNORECASE)


@dataclass(frozen=True)
class Reading:
    """A printed brand and model that a logged name may mean, and by which rule; `doubt` says why
    somebody must decide, '' where nobody has to."""

    brand: str
    model: str
    rule: str
    doubt: str = ""


def readings(service: str, brand: str, model: str, printed: Printed) -> list[Reading]:
    """Return what a logged name of a service may mean; a single one without doubt is certain.

    `azure`, `gpt-4o-2024-08-06` means `Azure`, `GPT-4o-128k`; `bedrock`,
    `anthropic.claude-3-7-sonnet-20250219-v1:0` means `Anthropic`, `Claude-3.7-Sonnet-200k`.
    """
    found: list[Reading] = []
    for of_brand, rule in _brands(service, brand, model, printed):
        found += _of_brand(of_brand, model, rule, printed[service, of_brand])
    certain = {(one.brand, one.model) for one in found if not one.doubt}
    if len(certain) > 1:
        doubt = "several brands print it"
        return [Reading(one.brand, one.model, one.rule, one.doubt or doubt) for one in found]
    return found


def with_brand(
    service: str, brand: str, model: str, printed: Printed
) -> tuple[tuple[str, str], ...]:
    """Return the printed brands and models that a name without a brand is beyond doubt, with one."""
    if brand.strip():
        return ()
    found = (readings(service, one, model, printed) for kind, one in printed if kind == service)
    return tuple(
        (some[0].brand, some[0].model) for some in found if len(some) == 1 and not some[0].doubt
    )


def price_of(card: Card, name: Name) -> Hashable:
    """Return what a printed name costs: equal for two names of which all prices are."""
    return frozenset(
        (rate.key_mode, rate.meter, rate.credits, rate.per) for rate in card.rates_of.get(name, ())
    )


def _brands(service: str, brand: str, model: str, printed: Printed) -> Iterator[tuple[str, str]]:
    """Yield the printed brands under which a name may be looked up, and the rule: the brand itself,
    else one that is spelled differently, else, of a gateway, those that the model's route or name
    leads to."""
    written = " ".join(brand.split())
    of_service = [one for kind, one in printed if kind == service]
    own = [one for one in of_service if fold(one) == fold(brand)]
    family = family_of(fold(brand))
    if own:
        yield own[0], ""
        return
    spelled = [one for one in of_service if family_of(fold(one)) == family]
    if spelled:
        yield spelled[0], f"brand {written} is {spelled[0]}"
        return
    if not is_gateway(fold(brand)):
        return
    makers = makers_of(fold(model))
    for one in of_service:
        is_maker = family_of(fold(one)) in makers if makers else True
        if is_maker and spelling(one, model) is not None:
            yield one, f"{written} is a gateway to {one}"


def _of_brand(
    brand: str, model: str, rule: str, models: Mapping[str, Hashable]
) -> Iterator[Reading]:
    """Yield the readings of a model among those of one printed brand."""
    same = next((one for one in models if fold(one) == fold(model)), None)
    same_rule = "the same name"
    if same is None:
        same = find_same(brand, model, models)
        same_rule = "the same model but for prefix, date, context or separators"
    if same is not None:
        of_rule = "; ".join(filter(None, (rule, same_rule)))
        siblings = [
            one for one in models if _is_thinking(one, same) and models[one] != models[same]
        ]
        doubt = "with or without thinking, which is priced differently" if siblings else ""
        for one in (same, *siblings):
            yield Reading(brand, one, of_rule, doubt)
        return
    plain, words = _without_doubtful(fold(model))
    meant = find_alike(brand, plain, models)
    siblings = [one for one in models if any(_is_thinking(one, other) for other in meant)]
    doubt = "it does not say which context or snapshot"
    rule_name = same_rule
    if words:
        doubt = f"{' and '.join(words)} may be priced differently"
        rule_name = f"without {' and '.join(words)}"
    for one in (*meant, *siblings):
        yield Reading(brand, one, "; ".join(filter(None, (rule, rule_name))), doubt)


def _is_thinking(one: str, other: str) -> bool:
    """Return whether a printed name is another one with thinking."""
    return one != other and fold(_THINKING.sub("", one)) == fold(other)


def _without_doubtful(model: str) -> tuple[str, list[str]]:
    """Return a folded model without words that may mean another price, and these words."""
    return _DOUBTFUL.sub("", model), _DOUBTFUL.findall(model)
