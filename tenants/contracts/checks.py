"""Checking values of a terms document; each refusal names the field."""

from collections.abc import Mapping, Set
from decimal import Decimal, InvalidOperation
from typing import Any

from core.errors import Invalid

#: What a line of an invoice holds: six decimals, and prices below a million.
FINEST, HIGHEST = Decimal("0.000001"), Decimal(1_000_000)


def mapping(
    value: Any, field: str, required: Set[str], optional: Set[str] = frozenset()
) -> Mapping[str, Any]:
    """Give `value` if it is an object with the required and at most the optional keys."""
    if not isinstance(value, Mapping):
        raise Invalid(f"{field} is a JSON object.", field=field)
    for key in sorted(required - set(value)):
        raise Invalid(f"{field}.{key} is missing.", field=f"{field}.{key}")
    for key in set(value) - required - optional:
        raise Invalid(f"{field} has no {key}.", field=f"{field}.{key}")
    return value


def count(value: Any, field: str, most: int, least: int = 1) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise Invalid(f"{field} is a whole number from {least} to {most}.", field=field)
    return value


def flag(values: Mapping[str, Any], key: str, field: str) -> bool:
    value = values[key]
    if not isinstance(value, bool):
        raise Invalid(f"{field}.{key} is true or false.", field=f"{field}.{key}")
    return value


def decimal(value: Any, field: str) -> Decimal:
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


def percent(value: Any, field: str, most: int = 100) -> Decimal:
    number = decimal(value, field)
    if number > most:
        raise Invalid(f"{field} is at most {most}.", field=field)
    return number
