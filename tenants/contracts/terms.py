"""The terms of a contract: read once from JSON, checked, and typed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from core.errors import Invalid

UNITS = ("frame", "keyframe", "object")
AUDIO = ("drop", "keep")


@dataclass(frozen=True, slots=True)
class Sla:
    """Hours from upload to delivery, and what a late delivery costs us."""

    turnaround_hours: int
    #: Percent of a late clip's amount that is credited per started day of lateness, and at most.
    credit_percent_per_day: Decimal
    credit_percent_cap: Decimal
    #: Days after which silence accepts a release.
    accept_days: int


@dataclass(frozen=True, slots=True)
class Privacy:
    """What must not be recognizable in a delivery."""

    faces: bool
    plates: bool
    audio: str


@dataclass(frozen=True, slots=True)
class Terms:
    """All that a contract says. Money is Decimal in units of `currency`."""

    sla: Sla
    rates: Mapping[str, Decimal]
    currency: str
    retention_days: int
    privacy: Privacy
    names_shown: bool


DEFAULT_TERMS: dict[str, Any] = {
    "sla": {
        "turnaround_hours": 72,
        "credit_percent_per_day": "10",
        "credit_percent_cap": "50",
        "accept_days": 10,
    },
    "rates": {"object": "0.40", "keyframe": "0.02"},
    "currency": "EUR",
    "retention_days": 180,
    "privacy": {"faces": True, "plates": True, "audio": "drop"},
    "names_shown": False,
}


def read_terms(document: Any) -> Terms:
    """Check and type a terms document. Raises Invalid, naming the field."""
    top = _mapping(document, "terms", set(DEFAULT_TERMS))
    sla = _mapping(top["sla"], "terms.sla", set(DEFAULT_TERMS["sla"]))
    privacy = _mapping(top["privacy"], "terms.privacy", set(DEFAULT_TERMS["privacy"]))
    if privacy["audio"] not in AUDIO:
        raise Invalid(f"Audio is one of: {', '.join(AUDIO)}.", field="terms.privacy.audio")
    if not re.fullmatch(r"[A-Z]{3}", str(top["currency"])):
        raise Invalid("The currency is an ISO 4217 code such as EUR.", field="terms.currency")
    return Terms(
        sla=Sla(
            turnaround_hours=_count(sla["turnaround_hours"], "terms.sla.turnaround_hours", 8760),
            credit_percent_per_day=_percent(sla, "credit_percent_per_day"),
            credit_percent_cap=_percent(sla, "credit_percent_cap"),
            accept_days=_count(sla["accept_days"], "terms.sla.accept_days", 365),
        ),
        rates=_rates(top["rates"]),
        currency=top["currency"],
        retention_days=_count(top["retention_days"], "terms.retention_days", 36_500),
        privacy=Privacy(
            faces=_flag(privacy, "faces", "terms.privacy"),
            plates=_flag(privacy, "plates", "terms.privacy"),
            audio=privacy["audio"],
        ),
        names_shown=_flag(top, "names_shown", "terms"),
    )


def _mapping(value: Any, field: str, keys: set[str]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Invalid(f"{field} is a JSON object.", field=field)
    for key in keys - set(value):
        raise Invalid(f"{field}.{key} is missing.", field=f"{field}.{key}")
    for key in set(value) - keys:
        raise Invalid(f"{field} has no {key}.", field=f"{field}.{key}")
    return value


def _count(value: Any, field: str, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise Invalid(f"{field} is a whole number from 1 to {most}.", field=field)
    return value


def _flag(values: Mapping[str, Any], key: str, field: str) -> bool:
    value = values[key]
    if not isinstance(value, bool):
        raise Invalid(f"{field}.{key} is true or false.", field=f"{field}.{key}")
    return value


#: What a line of an invoice holds: six decimals, and prices below a million.
FINEST, HIGHEST = Decimal("0.000001"), Decimal(1_000_000)


def _decimal(value: Any, field: str) -> Decimal:
    """Money and percent are written as strings: a JSON number has passed through a float."""
    try:
        number = Decimal(value) if isinstance(value, str) else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number < 0:
        raise Invalid(f'{field} is a number in quotes, such as "0.40".', field=field)
    if number >= HIGHEST or number != number.quantize(FINEST):
        raise Invalid(f"{field} is below {HIGHEST} and has six decimals at most.", field=field)
    return number


def _percent(values: Mapping[str, Any], key: str) -> Decimal:
    field = f"terms.sla.{key}"
    number = _decimal(values[key], field)
    if number > 100:
        raise Invalid(f"{field} is at most 100.", field=field)
    return number


def _rates(values: Any) -> dict[str, Decimal]:
    if not isinstance(values, Mapping) or not values:
        raise Invalid(f"Rates name a price for one of: {', '.join(UNITS)}.", field="terms.rates")
    for unit in values:
        if unit not in UNITS:
            raise Invalid(
                f"There is no unit {unit}; known: {', '.join(UNITS)}.", field=f"terms.rates.{unit}"
            )
    return {unit: _decimal(price, f"terms.rates.{unit}") for unit, price in values.items()}
