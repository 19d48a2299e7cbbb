"""Writing and reading rate cards, and drafting contracts from them."""

import re
from copy import deepcopy
from typing import Any
from uuid import UUID

from django.db.models import Max

from billing.rates.models import RateCard
from core.access.actors import Actor
from core.audit.log import record
from core.errors import Conflict, Invalid, NotFound
from core.tenancy.models import Organization
from core.tenancy.provider import provider
from core.tenancy.scope import scope
from tenants.contracts.models import Contract
from tenants.contracts.prices import read_rates
from tenants.contracts.services import contract_in_force, draft_contract
from tenants.contracts.terms import DEFAULT_TERMS

#: The card, in a vendor's scope, that says what its work is paid.
WORK = "work"


def publish_card(
    *, actor: Actor, owner: UUID, name: str, currency: str, rates: dict[str, Any]
) -> RateCard:
    """Write the next version of a card into its owner's scope. Raises Invalid."""
    read_rates(rates, "rates")
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise Invalid("The currency is an ISO 4217 code such as EUR.", field="currency")
    if not re.fullmatch(r"\S(.{0,78}\S)?", name):
        raise Invalid("A card has a name of 1 to 80 characters.", field="name")
    with scope(owner):
        last = RateCard.objects.filter(name=name).aggregate(last=Max("version"))["last"] or 0
        card: RateCard = RateCard.objects.create(
            tenant_id=owner, name=name, version=last + 1, currency=currency, rates=rates
        )
        record(
            action="rates.published",
            actor=actor,
            tenant=owner,
            subject=("rate_card", card.id),
            details={"version": card.version, "currency": currency, "rates": rates},
        )
    return card


def newest_card(name: str) -> RateCard | None:
    """Give the newest version of a card in the open scope."""
    return RateCard.objects.filter(name=name).order_by("-version").first()


def draft_from_card(*, actor: Actor, client: UUID, card_id: UUID) -> Contract:
    """Draft a contract with a card's prices: the terms in force, or the default ones, but for them.

    Raises NotFound.
    """
    with scope(provider().id):
        card = RateCard.objects.filter(id=card_id).first()
    organization = Organization.objects.filter(id=client, kind="client").first()
    if card is None or organization is None:
        raise NotFound
    with scope(client):
        try:
            terms = deepcopy(contract_in_force().terms)
        except Conflict:
            terms = deepcopy(DEFAULT_TERMS)
    terms["rates"], terms["currency"] = card.rates, card.currency
    return draft_contract(actor=actor, tenant=client, terms=terms)
