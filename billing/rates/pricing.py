"""Prices: units times rates, in decimal, rounded once a line."""

from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from tenants.contracts.terms import Sla

#: Decimals of a currency (ISO 4217) where they are not two.
EXPONENTS = {"BHD": 3, "CLP": 0, "ISK": 0, "JPY": 0, "KRW": 0, "KWD": 3, "TND": 3}


def smallest(currency: str) -> Decimal:
    """Give the smallest amount of a currency, such as 0.01."""
    return Decimal(1).scaleb(-EXPONENTS.get(currency, 2))


def amount(quantity: int, price: Decimal, currency: str) -> Decimal:
    """Give quantity x price, rounded to the currency's smallest amount, half to even."""
    return (quantity * price).quantize(smallest(currency), rounding=ROUND_HALF_EVEN)


def credit_percent(late_by: timedelta, sla: Sla) -> Decimal:
    """Give the percent that a late clip is credited: per started day, up to the cap."""
    if late_by <= timedelta():
        return Decimal(0)
    days = -(-late_by // timedelta(days=1))
    return min(days * sla.credit_percent_per_day, sla.credit_percent_cap)


def credit(charged: Decimal, percent: Decimal, currency: str) -> Decimal:
    """Give the credit on an amount: zero or negative."""
    return -(charged * percent / 100).quantize(smallest(currency), rounding=ROUND_HALF_EVEN)
