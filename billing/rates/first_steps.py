"""Prices, among the first steps of the operator."""

from billing.rates.models import RateCard
from core.access.permissions import Permission
from core.web.first_steps import FirstStep, register

register(
    FirstStep(
        "provider",
        40,
        "rates",
        "Your prices",
        "A rate card, from which contracts are drafted with one press.",
        "/operator/rates",
        "Publish a card",
        Permission.RATE_MANAGE,
        done=lambda entry, person: RateCard.objects.all(),
    )
)
