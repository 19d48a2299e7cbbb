"""Money: decimal, rounded once a line, credits never above what they are on."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.gateway.stripe_gateway import minor_units
from billing.rates.pricing import amount, credit, credit_percent, smallest
from tenants.contracts.terms import Sla

SLA = Sla(
    turnaround_hours=72,
    credit_percent_per_day=Decimal(10),
    credit_percent_cap=Decimal(50),
    accept_days=10,
)
prices = st.decimals("0", "999999", places=6)
currencies = st.sampled_from(["EUR", "JPY", "KWD", "USD"])


@given(st.integers(0, 10**9), prices, currencies)
def test_an_amount_is_within_half_of_the_smallest_coin_and_has_no_finer_part(
    quantity, price, currency
):
    charged = amount(quantity, price, currency)
    assert abs(charged - quantity * price) <= smallest(currency) / 2
    assert charged == minor_units(charged, currency) * smallest(currency)


@given(prices, st.decimals("0", "100", places=2), currencies)
def test_a_credit_is_never_a_charge_and_never_more_than_the_charge(price, percent, currency):
    charged = amount(1, price, currency)
    back = credit(charged, percent, currency)
    assert -charged <= back <= 0


@pytest.mark.parametrize(
    ("hours", "percent"),
    [(-5, 0), (0, 0), (0.001, 10), (24, 10), (24.1, 20), (120, 50), (2400, 50)],
)
def test_each_started_day_of_lateness_is_credited_up_to_the_cap(hours, percent):
    assert credit_percent(timedelta(hours=hours), SLA) == percent


@pytest.mark.parametrize(
    ("quantity", "price", "currency", "expected"),
    [
        (3, "0.40", "EUR", "1.20"),
        (1, "0.005", "EUR", "0.00"),
        (3, "0.005", "EUR", "0.02"),
        (7, "0.5", "JPY", "4"),
        (1, "0.0004", "KWD", "0.000"),
    ],
)
def test_amounts_known_by_hand(quantity, price, currency, expected):
    assert amount(quantity, Decimal(price), currency) == Decimal(expected)
