"""A ledger of prepaid credits in plain Python, by the contract alone: it shares no code with
`pricing_assets.ledger`, keeps no state between dates that it could get wrong, and looks at every
grant in every step. Amounts are decimals; rows are dicts of text as the files hold them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal

KINDS = {"promo": 1, "plan": 2, "paid": 3, "adjustment": 4}
NINE = Decimal("0.000000001")
WIDE = Context(prec=120, rounding=ROUND_HALF_EVEN)


@dataclass
class Lot:
    """A grant: what was granted, what is gone of it."""

    name: str
    org: str
    kind: str
    granted: Decimal
    paid: Decimal
    start: date
    end: date | None
    priority: int
    only: set[str]
    gone: Decimal = Decimal(0)

    def value(self) -> Decimal:
        """What the credits that are gone are worth."""
        exact = WIDE.divide(WIDE.multiply(self.paid, self.gone), self.granted)
        return WIDE.quantize(exact, NINE)

    def move(self, amount: Decimal) -> Decimal:
        """So much more is gone; what it is worth."""
        before = self.value()
        self.gone = WIDE.add(self.gone, amount)
        assert 0 <= self.gone <= self.granted
        return WIDE.subtract(self.value(), before)

    def rank(self) -> tuple[int, str, int, str, bytes]:
        """What burns first."""
        end = self.end.isoformat() if self.end else "~"
        return self.priority, end, KINDS[self.kind], self.start.isoformat(), self.name.encode()


@dataclass
class Booked:
    """A charge over its life: what it owes that no lot covered, and the burns in their order."""

    org: str
    billing_type: str
    day: str
    key: str
    owed: Decimal = Decimal(0)
    burns: list[tuple[Lot, Decimal]] = field(default_factory=list)


@dataclass
class Outcome:
    """Entries as (date, org, what, lot, charge date, key, credits, usd), and what each date ends
    with: (opening, closing, overdraft) by organization."""

    entries: list[tuple[date, str, str, str, str, str, Decimal, Decimal]] = field(
        default_factory=list
    )
    balances: dict[tuple[date, str], tuple[Decimal, Decimal, Decimal]] = field(default_factory=dict)
    lots: dict[str, Lot] = field(default_factory=dict)
    refused: str | None = None


def first_of_next(day: date, months: int = 1) -> date:
    """The first of a month after the one of a date."""
    for _ in range(months):
        day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return day


def lots_of(
    grants: Iterable[dict[str, str]], plans: Iterable[dict[str, str]], last: date
) -> list[Lot]:
    """Every grant of the two files through a date."""
    lots = [
        Lot(
            row["grant_id"],
            row["org_id"],
            row["kind"],
            Decimal(row["credits"]),
            Decimal(row["usd_paid"]),
            date.fromisoformat(row["effective_date"]),
            date.fromisoformat(row["expires_date"]) if row["expires_date"] else None,
            int(row["priority"] or "100"),
            set(filter(None, row["billing_types"].split("|"))),
        )
        for row in grants
    ]
    for row in plans:
        day = date.fromisoformat(row["from"])
        while day <= last and (not row["to"] or day < date.fromisoformat(row["to"])):
            if day.day == 1:
                roll = row["rollover"]
                months = {"none": 1}.get(roll) or (None if roll == "all" else 1 + int(roll))
                lots.append(
                    Lot(
                        f"{row['plan_id']}/{day.isoformat()[:7]}",
                        row["org_id"],
                        "plan",
                        Decimal(row["credits"]),
                        Decimal(row["usd"]),
                        day,
                        None if months is None else first_of_next(day, months),
                        100,
                        set(),
                    )
                )
            day += timedelta(days=1)
    return lots


def ledger_of(
    lots: list[Lot], voids: list[dict[str, str]], charges: list[dict[str, str]], last: date
) -> Outcome:
    """Every entry and balance through a date."""
    out = Outcome(lots={lot.name: lot for lot in lots})
    life: dict[tuple[str, str, str], Booked] = {}
    days = [lot.start for lot in lots] + [date.fromisoformat(row["booked_on"]) for row in charges]
    if not days:
        return out
    day = min(days)
    closing: dict[str, Decimal] = defaultdict(Decimal)

    def say(org: str, what: str, lot: Lot | None, of: Booked | None, amount: Decimal) -> None:
        """One entry, and what it does to its lot."""
        usd = Decimal(0)
        if lot is not None:
            usd = lot.paid if what == "granted" else -lot.move(-amount)
        out.entries.append(
            (
                day,
                org,
                what,
                lot.name if lot else "",
                of.day if of else "",
                of.key if of else "",
                amount,
                usd,
            )
        )

    def active(org: str, billing_type: str) -> list[Lot]:
        """What may be burned for a billing type on this date, in order."""
        fit = [
            lot
            for lot in lots
            if lot.org == org
            and lot.start <= day
            and (lot.end is None or day < lot.end)
            and (not lot.only or billing_type in lot.only)
            and lot.gone < lot.granted
        ]
        return sorted(fit, key=Lot.rank)

    def burn(booked: Booked, what: str, wanted: Decimal) -> Decimal:
        """Burn for a charge; what is still wanted."""
        for lot in active(booked.org, booked.billing_type):
            if wanted <= 0:
                break
            part = min(wanted, WIDE.subtract(lot.granted, lot.gone))
            say(booked.org, what, lot, booked, -part)
            booked.burns.append((lot, part))
            wanted = WIDE.subtract(wanted, part)
        return wanted

    def repay(org: str) -> None:
        """Overdraft, oldest charge first."""
        for booked in sorted(life.values(), key=lambda one: (one.day, one.billing_type, one.key)):
            if booked.org == org and booked.owed > 0:
                rest = burn(booked, "repaid", booked.owed)
                if rest < booked.owed:
                    say(org, "covered", None, booked, booked.owed - rest)
                booked.owed = rest

    orgs = sorted({lot.org for lot in lots} | {row["org_id"] for row in charges})
    while day <= last:
        for lot in sorted(lots, key=Lot.rank):
            if lot.start == day:
                say(lot.org, "granted", lot, None, lot.granted)
        todays = [row for row in voids if row["date"] == day.isoformat()]
        for row in sorted(todays, key=lambda one: (one["credits"] == "all", one["void_id"])):
            lot = out.lots[row["grant_id"]]
            left = WIDE.subtract(lot.granted, lot.gone)
            amount = left if row["credits"] == "all" else Decimal(row["credits"])
            if amount > left:
                out.refused = row["void_id"]
                return out
            say(lot.org, "voided", lot, None, -amount)
        for org in orgs:
            repay(org)
        net: dict[tuple[str, str, str, str], Decimal] = defaultdict(Decimal)
        for row in charges:
            if row["booked_on"] == day.isoformat():
                place = (row["org_id"], row["billing_type"], row["charge_date"], row["key"])
                net[place] = WIDE.add(net[place], Decimal(row["credits"]))
        for place in sorted(net):
            org, billing_type, of, key = place
            booked = life.setdefault((org, of, key), Booked(org, billing_type, of, key))
            amount = net[place]
            if amount <= 0:
                continue
            early = min(amount, max(Decimal(0), -booked.owed))
            if early:
                say(org, "uncovered", None, booked, -early)
                booked.owed += early
            rest = burn(booked, "burned", amount - early)
            if rest:
                say(org, "uncovered", None, booked, -rest)
                booked.owed += rest
        for place in sorted(net):
            org, billing_type, of, key = place
            amount, booked = -net[place], life[org, of, key]
            if amount <= 0:
                continue
            open_part = min(amount, max(Decimal(0), booked.owed))
            rest, back = amount - open_part, []
            while rest > 0 and booked.burns:
                lot, burned = booked.burns.pop()
                part = min(rest, burned)
                if burned > part:
                    booked.burns.append((lot, burned - part))
                back.append((lot, part))
                rest -= part
            if open_part + rest:
                say(org, "covered", None, booked, open_part + rest)
                booked.owed -= open_part + rest
            for lot, part in back:
                say(org, "restored", lot, booked, part)
                if lot.end is not None and lot.end <= day:
                    say(org, "expired", lot, booked, -part)
        for org in orgs:
            repay(org)
        for lot in sorted(lots, key=Lot.rank):
            left = WIDE.subtract(lot.granted, lot.gone)
            if lot.end == day + timedelta(days=1) and left:
                say(lot.org, "expired", lot, None, -left)
        for org in orgs:
            left = sum(
                (lot.granted - lot.gone for lot in lots if lot.org == org and lot.start <= day),
                Decimal(0),
            )
            owed = sum((one.owed for one in life.values() if one.org == org), Decimal(0))
            out.balances[day, org] = closing[org], left, owed
            closing[org] = left
        day += timedelta(days=1)
    return out


def revenue_of(
    out: Outcome, voids: list[dict[str, str]]
) -> dict[tuple[str, str], dict[str, Decimal]]:
    """By (month, organization): sold, recognized_usage, breakage, refunded."""
    found: dict[tuple[str, str], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for day, org, what, _, _, _, _, usd in out.entries:
        month = found[day.isoformat()[:7], org]
        if what == "granted":
            month["sold"] += usd
        elif what in ("burned", "repaid", "restored"):
            month["recognized_usage"] -= usd
        else:
            month["breakage"] -= usd
    for row in voids:
        month = found[row["date"][:7], out.lots[row["grant_id"]].org]
        month["refunded"] += Decimal(row["usd_refunded"])
        month["breakage"] -= Decimal(row["usd_refunded"])
    return {place: dict(month) for place, month in found.items()}
