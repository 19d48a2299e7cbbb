"""The API of rate cards: the operator's own, and what a vendor is paid."""

from datetime import datetime
from typing import Any, ClassVar, TypedDict
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.rates.cards import WORK, draft_from_card, publish_card
from billing.rates.models import RateCard
from core.access.permissions import Permission
from core.errors import NotFound
from core.tenancy.models import Organization
from core.tenancy.provider import provider
from core.tenancy.scope import scope
from core.web.answers import Document, Id
from core.web.api import ProviderView, checked_body
from core.web.described import described
from core.web.paging import page_of


class NewCard(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80, default=WORK)
    currency = serializers.CharField(max_length=3)
    rates = serializers.JSONField()
    #: Slug of the vendor whose pay this is; without one it is a card of the house.
    vendor = serializers.SlugField(default="")


class NewDraft(serializers.Serializer[Any]):
    client = serializers.SlugField()


class RateCardJson(TypedDict):
    """Prices under a name; a new version leaves signed contracts as they are."""

    id: Id
    name: str
    version: int
    currency: str
    rates: Document
    created_at: datetime


class DraftJson(TypedDict):
    id: Id
    number: int


def card_json(card: RateCard) -> RateCardJson:
    return {
        "id": str(card.id),
        "name": card.name,
        "version": card.version,
        "currency": card.currency,
        "rates": card.rates,
        "created_at": card.created_at,
    }


def _organization(slug: str, kind: str) -> Organization:
    found = Organization.objects.filter(slug=slug, kind=kind).first()
    if found is None:
        raise NotFound
    return found


class RateCards(ProviderView):
    permissions: ClassVar = {"GET": Permission.RATE_MANAGE, "POST": Permission.RATE_MANAGE}

    @described("list_rate_cards", page=RateCardJson)
    def get(self, request: Request) -> Response:
        with scope(provider().id):
            return page_of(request, RateCard.objects.all(), card_json)

    @described("publish_rate_card", body=NewCard, answer=RateCardJson, status=201)
    def post(self, request: Request) -> Response:
        body = checked_body(NewCard, request)
        vendor = body.pop("vendor")
        owner = _organization(vendor, "vendor") if vendor else provider()
        card = publish_card(actor=self.actor, owner=owner.id, **body)
        return Response(card_json(card), status=201)


class DraftContract(ProviderView):
    """A contract with this card's prices, for a client to sign."""

    permissions: ClassVar = {"POST": Permission.RATE_MANAGE}

    @described("draft_contract_from_card", body=NewDraft, answer=DraftJson, status=201)
    def post(self, request: Request, card: UUID) -> Response:
        client = _organization(checked_body(NewDraft, request)["client"], "client")
        contract = draft_from_card(actor=self.actor, client=client.id, card_id=card)
        return Response({"id": str(contract.id), "number": contract.number}, status=201)
