"""Prices: units times rates, in decimal, rounded once a line."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from uuid import UUID

from tenants.contracts.prices import Rate
from tenants.contracts.terms import Terms

#: Decimals of a currency (ISO 4217) where they are not two.
EXPONENTS = {"BHD": 3, "CLP": 0, "ISK": 0, "JPY": 0, "KRW": 0, "KWD": 3, "TND": 3}
ONE, NOTHING = Decimal(1), Decimal(0)


def smallest(currency: str) -> Decimal:
    """Give the smallest amount of a currency, such as 0.01."""
    return Decimal(1).scaleb(-EXPONENTS.get(currency, 2))


def amount(quantity: Decimal | int, price: Decimal, currency: str) -> Decimal:
    """Give quantity x price, rounded to the currency's smallest amount, half to even."""
    return (quantity * price).quantize(smallest(currency), rounding=ROUND_HALF_EVEN)


def share(charged: Decimal, percent: Decimal, currency: str) -> Decimal:
    """Give so many percent of an amount, rounded."""
    return (charged * percent / 100).quantize(smallest(currency), rounding=ROUND_HALF_EVEN)


class LineKind(StrEnum):
    USAGE = "usage"
    RUSH = "rush"
    #: An SLA credit: negative.
    CREDIT = "credit"
    #: What is missing up to the contract's minimum.
    MINIMUM = "minimum"


@dataclass(frozen=True, slots=True)
class Usage:
    """Metered units to be priced, and what their delivery earned: a rush price, a late credit."""

    id: UUID
    unit: str
    quantity: Decimal
    rush: bool = False
    credit_percent: Decimal = NOTHING


@dataclass(frozen=True, slots=True)
class PricedLine:
    """One line. price: of one unit, or for rush and credit the percent of the usage.

    usage: whose it is; None for the minimum. tier: position of the price in its rate.
    """

    kind: LineKind
    usage: UUID | None
    tier: int
    unit: str
    quantity: Decimal
    price: Decimal
    amount: Decimal


def usage_lines(
    usages: Iterable[Usage], rates: Mapping[str, Rate], currency: str
) -> list[PricedLine]:
    """Price usages in their order; tiers count all quantity of a unit so far."""
    before: dict[str, Decimal] = defaultdict(Decimal)
    lines = []
    for usage in usages:
        rate = rates.get(usage.unit)
        if rate is None:
            continue
        for tier, quantity in rate.parts(before[usage.unit], usage.quantity):
            price = rate.tiers[tier].price
            charged = amount(quantity, price, currency)
            lines.append(
                PricedLine(LineKind.USAGE, usage.id, tier, usage.unit, quantity, price, charged)
            )
        before[usage.unit] += usage.quantity
    return lines


def invoice_lines(usages: Iterable[Usage], terms: Terms) -> list[PricedLine]:
    """Give all lines of an invoice: usage, rush, the minimum, and credits last.

    The minimum is on what was used, so that a credit is not taken back by it.
    """
    known = {usage.id: usage for usage in usages}
    used = usage_lines(known.values(), terms.rates, terms.currency)
    charged: dict[UUID, Decimal] = defaultdict(Decimal)
    for line in used:
        assert line.usage is not None
        charged[line.usage] += line.amount
    rush = [
        _percent_line(LineKind.RUSH, known[usage], terms.invoicing.rush_percent, money, terms)
        for usage, money in charged.items()
        if known[usage].rush and terms.invoicing.rush_percent
    ]
    for line in rush:
        assert line.usage is not None
        charged[line.usage] += line.amount
    given = [
        _percent_line(LineKind.CREDIT, known[usage], known[usage].credit_percent, -money, terms)
        for usage, money in charged.items()
        if known[usage].credit_percent
    ]
    total = sum((line.amount for line in [*used, *rush]), NOTHING)
    return [*used, *rush, *_minimum(total, terms), *given] if used else []


def _percent_line(
    kind: LineKind, usage: Usage, percent: Decimal, charged: Decimal, terms: Terms
) -> PricedLine:
    money = share(charged, percent, terms.currency)
    return PricedLine(kind, usage.id, 0, usage.unit, ONE, percent, money)


def _minimum(total: Decimal, terms: Terms) -> list[PricedLine]:
    missing = amount(1, terms.invoicing.minimum, terms.currency) - total
    if missing <= 0:
        return []
    return [PricedLine(LineKind.MINIMUM, None, 0, "", ONE, missing, missing)]


@dataclass(frozen=True, slots=True)
class Totals:
    net: Decimal
    tax: Decimal

    @property
    def gross(self) -> Decimal:
        return self.net + self.tax


def totals(amounts: Iterable[Decimal], tax_percent: Decimal, currency: str) -> Totals:
    """Add up; tax is rounded once, on the sum."""
    net = sum(amounts, NOTHING)
    return Totals(net, share(net, tax_percent, currency))
