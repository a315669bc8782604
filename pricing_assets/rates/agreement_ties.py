"""Agreements that tie: of one id, or with equal right to one charge.

What one agreement is about belongs to `agreements`.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cache, partial

from pricing_assets.contract.billing import PER, SERVICES, STORAGE, STORAGE_MODEL, printed_meters
from pricing_assets.contract.names import fold
from pricing_assets.rates.agreements import BEGINNING, FOREVER, KEY_MODE, Agreement, DatedPrice
from pricing_assets.rates.findings import Finding


def ties(
    agreements: Iterable[Agreement], priced: Callable[[], Iterable[DatedPrice]]
) -> Iterable[Finding]:
    """Yield a finding for agreements of one id, or with equal right to one charge: nobody could
    say which applies. `priced` gives the prices of the books."""
    agreements = list(agreements)
    by_id: dict[str, Agreement] = {}
    for agreement in agreements:
        first = by_id.setdefault(agreement.id, agreement)
        if first is not agreement:
            yield Finding(
                agreement.file,
                agreement.line,
                "repeated_agreement",
                f"agreement {agreement.id!r} is also in {first.file}:{first.line};"
                " an id names one agreement",
            )

    @cache
    def keyless() -> list[DatedPrice]:
        return [one for one in priced() if one.is_keyless]

    yield from _tied(agreements, lambda one, other: keyless())


def ties_beside_other_books(
    agreements: Iterable[Agreement], services: Collection[str]
) -> Iterator[Finding]:
    """Yield a finding for agreements about a service without key modes that tie wherever it is
    priced; `services` are those that the cards beside them print, which tell by themselves."""
    elsewhere = [
        one
        for one in agreements
        if one.service not in services and (one.service is not None or not services)
    ]
    yield from _tied(elsewhere, _keyless)


def _keyless(one: Agreement, other: Agreement) -> Iterator[DatedPrice]:
    """Yield the prices that services without key modes may have where both agreements hold: storage
    has one name, a tool the name that the two give, where one of them says that it is a tool."""
    named = [
        next((part for part in parts if part is not None), "")
        for parts in zip(one.pattern, other.pattern, strict=True)
    ]
    for service in SERVICES.values():
        if service.name == STORAGE:
            name = ("", fold(STORAGE_MODEL))
        elif not service.reads_key_mode and named[0] == service.name:
            name = (named[1], named[2])
        else:
            continue
        for meter in service.meters:
            for printed in printed_meters(meter) if meter in PER else ():
                yield DatedPrice((service.name, *name, "any", printed), BEGINNING, FOREVER)


def _tied(
    agreements: Iterable[Agreement],
    keyless: Callable[[Agreement, Agreement], Iterable[DatedPrice]],
) -> Iterator[Finding]:
    """Yield a finding for each two with equal right to one charge; `keyless` gives the prices of
    services without key modes that two agreements may meet at."""
    by_organization: dict[str, list[Agreement]] = {}
    for agreement in agreements:
        by_organization.setdefault(agreement.org_id, []).append(agreement)
    for of_one in by_organization.values():
        for one, other in _alike(of_one):
            if one.ties_with(other, partial(keyless, one, other)):
                yield Finding(
                    other.file,
                    other.line,
                    "tied_agreements",
                    f"agreement {other.id!r} ties with {one.id!r} of {one.file}:{one.line}: both"
                    " name as much, so nobody could say which one a charge uses"
                    + (
                        " (storage and tools have no key mode: both count there)"
                        if None not in (one.key_mode, other.key_mode)
                        and one.key_mode != other.key_mode
                        else ""
                    )
                    + "; name more in one of them, or separate their dates",
                )


def _alike(agreements: Sequence[Agreement]) -> Iterator[tuple[Agreement, Agreement]]:
    """Yield the pairs of an organization's agreements that may tie, in their order: as much is
    named in both, and the same wherever both name something, but for the key mode.

    They are looked up by what both name: an agreement for each of many models is not held against
    all others.
    """
    by_shape: dict[tuple[int, ...], list[int]] = {}
    for at, one in enumerate(agreements):
        named = tuple(n for n, part in enumerate(one.pattern) if part is not None)
        by_shape.setdefault(named, []).append(at)
    pairs: set[tuple[int, int]] = set()
    for shape, ours in by_shape.items():
        for other_shape, others in by_shape.items():
            if len(shape) != len(other_shape) or shape > other_shape:
                continue
            both = [n for n in shape if n in other_shape and n != KEY_MODE]
            by_key: dict[tuple[str | None, ...], list[int]] = {}
            for at in others:
                key = tuple(agreements[at].pattern[n] for n in both)
                by_key.setdefault(key, []).append(at)
            for at in ours:
                key = tuple(agreements[at].pattern[n] for n in both)
                pairs |= {(min(at, an), max(at, an)) for an in by_key.get(key, ()) if at != an}
    for at, an in sorted(pairs):
        yield agreements[at], agreements[an]
