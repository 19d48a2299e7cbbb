"""Prices of a contract: one a unit, or one for each tier of a quantity."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from core.errors import Invalid
from tenants.contracts import checks

#: A link is a track that is one object with others; for a vendor, a track that was settled.
UNITS = ("frame", "keyframe", "object", "event_minute", "hour", "link")
MOST_TIERS = 12


@dataclass(frozen=True, slots=True)
class Tier:
    """The price of each unit above `above` units of one invoice, up to the next tier."""

    above: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True)
class Rate:
    """Tiers by rising quantity; the first begins at 0. Each prices only what lies in it."""

    tiers: tuple[Tier, ...]

    @property
    def price(self) -> Decimal:
        """The price of the first unit."""
        return self.tiers[0].price

    def parts(self, before: Decimal, quantity: Decimal) -> list[tuple[int, Decimal]]:
        """Split `quantity`, after `before` earlier units, into (position of tier, quantity)."""
        parts, start, end = [], before, before + quantity
        for position, tier in enumerate(self.tiers):
            top = self.tiers[position + 1].above if position + 1 < len(self.tiers) else end
            share = min(end, top) - max(start, tier.above)
            if share > 0:
                parts.append((position, share))
        return parts


def read_rates(values: Any, field: str = "terms.rates") -> dict[str, Rate]:
    """Check rates: {"object": "0.40"} or {"object": [{"above": "0", "price": "0.40"}, ...]}."""
    if not isinstance(values, Mapping) or not values:
        raise Invalid(f"Rates name a price for one of: {', '.join(UNITS)}.", field=field)
    for unit in values:
        if unit not in UNITS:
            raise Invalid(
                f"There is no unit {unit}; known: {', '.join(UNITS)}.", field=f"{field}.{unit}"
            )
    return {unit: _rate(value, f"{field}.{unit}") for unit, value in values.items()}


def _rate(value: Any, field: str) -> Rate:
    if not isinstance(value, list):
        return Rate((Tier(Decimal(0), checks.decimal(value, field)),))
    if not 1 <= len(value) <= MOST_TIERS:
        raise Invalid(f"{field} has 1 to {MOST_TIERS} tiers.", field=field)
    tiers = []
    for position, entry in enumerate(value):
        place = f"{field}[{position}]"
        entry = checks.mapping(entry, place, {"above", "price"})  # noqa: PLW2901 - checked form
        tiers.append(
            Tier(
                checks.decimal(entry["above"], f"{place}.above"),
                checks.decimal(entry["price"], f"{place}.price"),
            )
        )
    rising = all(a.above < b.above for a, b in pairwise(tiers))
    if tiers[0].above != 0 or not rising:
        raise Invalid(f"The tiers of {field} begin above 0 units and rise.", field=field)
    return Rate(tuple(tiers))
