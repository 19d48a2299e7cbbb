"""Money: decimal, rounded once a line; an invoice adds up for any usage."""

from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.gateway.stripe_gateway import minor_units
from billing.rates.pricing import (
    LineKind,
    Usage,
    amount,
    invoice_lines,
    share,
    smallest,
    totals,
    usage_lines,
)
from core.errors import Invalid
from tenants.contracts.prices import Rate, Tier, read_rates
from tenants.contracts.terms import DEFAULT_TERMS, read_terms

prices = st.decimals("0", "999999", places=6)
percents = st.decimals("0", "100", places=2)
currencies = st.sampled_from(["EUR", "JPY", "KWD", "USD"])


@given(st.integers(0, 10**9), prices, currencies)
def test_an_amount_is_within_half_of_the_smallest_coin_and_has_no_finer_part(
    quantity, price, currency
):
    charged = amount(quantity, price, currency)
    assert abs(charged - quantity * price) <= smallest(currency) / 2
    assert charged == minor_units(charged, currency) * smallest(currency)


@given(prices, percents, currencies)
def test_a_share_is_never_more_than_the_whole(price, percent, currency):
    charged = amount(1, price, currency)
    assert 0 <= share(charged, percent, currency) <= charged


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


def terms(**changes):
    document = {**DEFAULT_TERMS, **changes}
    return read_terms(document)


def usage(number, quantity, unit="object", **how):
    return Usage(UUID(int=number), unit, Decimal(quantity), **how)


TIERED = terms(rates={"object": [{"above": "0", "price": "1"}, {"above": "100", "price": "0.5"}]})


def test_each_tier_prices_what_lies_in_it_across_the_readings_of_an_invoice():
    lines = invoice_lines([usage(1, 60), usage(2, 60)], TIERED)
    assert [(line.tier, line.quantity, line.amount) for line in lines] == [
        (0, 60, 60),
        (0, 40, 40),
        (1, 20, 10),
    ]


def test_rush_is_added_and_a_late_rush_clip_is_credited_on_both():
    agreed = terms(rates={"object": "1"}, invoicing={"rush_percent": "50"})
    lines = invoice_lines([usage(1, 10, rush=True, credit_percent=Decimal(20))], agreed)
    assert [(line.kind, line.amount) for line in lines] == [
        (LineKind.USAGE, 10),
        (LineKind.RUSH, 5),
        (LineKind.CREDIT, -3),
    ]


def test_a_minimum_fills_up_what_was_used_and_takes_no_credit_back():
    agreed = terms(rates={"object": "1"}, invoicing={"minimum": "50"})
    lines = invoice_lines([usage(1, 10, credit_percent=Decimal(10))], agreed)
    assert [(line.kind, line.amount) for line in lines] == [
        (LineKind.USAGE, 10),
        (LineKind.MINIMUM, 40),
        (LineKind.CREDIT, -1),
    ]
    assert invoice_lines([], agreed) == [], "nothing used, nothing charged"
    assert len(invoice_lines([usage(1, 80)], agreed)) == 1


def test_units_without_a_rate_are_not_charged():
    assert invoice_lines([usage(1, 10, "frame")], terms(rates={"object": "1"})) == []


tiers = st.lists(
    st.tuples(st.decimals("1", "5000", places=3), prices), max_size=4, unique_by=lambda t: t[0]
)
rates = st.builds(
    lambda first, rest: Rate(
        (Tier(Decimal(0), first), *(Tier(above, price) for above, price in sorted(rest)))
    ),
    prices,
    tiers,
)
quantities = st.lists(st.decimals("0", "9000", places=6), max_size=10)


@given(rates, quantities)
def test_tiers_split_all_of_a_quantity_and_nothing_else(rate, found):
    usages = [usage(number, quantity) for number, quantity in enumerate(found)]
    lines = usage_lines(usages, {"object": rate}, "EUR")
    for row in usages:
        assert sum(line.quantity for line in lines if line.usage == row.id) == row.quantity
    # The order of the price list, and as much in each tier as it holds.
    in_order = [line.tier for line in lines]
    assert in_order == sorted(in_order)


usages = st.lists(
    st.builds(
        usage,
        st.integers(0, 2**64),
        st.decimals("0", "100000", places=6),
        st.sampled_from(["frame", "object", "hour", "keyframe"]),
        rush=st.booleans(),
        credit_percent=percents,
    ),
    max_size=12,
    unique_by=lambda u: u.id,
)


@given(usages, rates, rates, percents, st.decimals("0", "5000", places=2), percents, currencies)
def test_an_invoice_adds_up_for_any_usage(found, first, second, rush, minimum, tax, currency):
    agreed = terms(
        currency=currency,
        invoicing={
            "minimum": str(minimum),
            "rush_percent": str(rush),
            "tax_percent": str(tax),
        },
    )
    agreed = type(agreed)(**{
        **{name: getattr(agreed, name) for name in agreed.__dataclass_fields__},
        "rates": {"object": first, "frame": second},
    })  # fmt: skip
    lines = invoice_lines(found, agreed)
    sums = totals((line.amount for line in lines), tax, currency)
    coin = smallest(currency)
    assert sums.net == sum(line.amount for line in lines)
    assert all(line.amount % coin == 0 for line in lines)
    assert sums.gross == sums.net + sums.tax >= 0
    assert abs(sums.tax - sums.net * tax / 100) <= coin / 2
    assert sums.tax % coin == 0
    assert lines == invoice_lines(found, agreed), "computed again it is the same"
    before_credits = sum(line.amount for line in lines if line.kind != LineKind.CREDIT)
    if lines:
        assert before_credits >= amount(1, minimum, currency)
    for row in found:
        own = [line for line in lines if line.usage == row.id]
        assert sum(line.amount for line in own) >= 0, "no clip is credited beyond its price"


@pytest.mark.parametrize(
    "rate",
    [
        [],
        [{"above": "1", "price": "1"}],
        [{"above": "0", "price": "1"}, {"above": "0", "price": "2"}],
        [{"above": "0", "price": "1"}, {"above": "10", "price": "2"}, {"above": "5", "price": "1"}],
        [{"above": "0"}],
        [{"above": 0, "price": "1"}],
        [{"above": "0", "price": "1"}] * 13,
    ],
)
def test_tiers_that_are_not_sound_are_refused(rate):
    with pytest.raises(Invalid):
        read_rates({"object": rate})
