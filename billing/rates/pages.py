"""The operator's rate cards."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from billing.rates import first_steps  # noqa: F401 - registers a step
from billing.rates.cards import WORK, draft_from_card, publish_card
from billing.rates.models import RateCard
from core.access.permissions import Permission
from core.errors import Invalid, NotFound
from core.tenancy.models import Organization
from core.tenancy.names import call_together, name_of
from core.tenancy.provider import provider
from core.tenancy.scope import scope
from core.web.pages import OperatorPage
from tenants.contracts.prices import UNITS


class CardForm(forms.Form):
    """One price a unit; a unit without one is not charged. Tiers go through the API."""

    name = forms.CharField(label="Name of the card", max_length=80)
    currency = forms.CharField(label="Currency", min_length=3, max_length=3, initial="EUR")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for unit in UNITS:
            words = unit.replace("_", " ")
            self.fields[unit] = forms.DecimalField(
                label=f"Price of one {words}", required=False, min_value=0, decimal_places=6
            )

    def rates(self) -> dict[str, str]:
        """The prices that were given, as text."""
        given = {unit: self.cleaned_data[unit] for unit in UNITS}
        return {unit: f"{price:f}" for unit, price in given.items() if price is not None}


class RateCards(OperatorPage):
    """All cards with their versions; a new version; a contract drafted from one."""

    permission = Permission.RATE_MANAGE
    template_name = "rates/cards.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        with scope(provider().id):
            cards = list(RateCard.objects.all())
        organizations = list(Organization.objects.filter(state="active").order_by("slug"))
        call_together(organizations)
        kwargs.setdefault("form", CardForm())
        return super().get_context_data(
            cards=cards,
            newest={card.id for card in {c.name: c for c in reversed(cards)}.values()},
            clients=[o for o in organizations if o.kind == "client"],
            vendors=[o for o in organizations if o.kind == "vendor"],
            **kwargs,
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        """Publish a version for the house or for a vendor, or draft a contract."""
        if request.POST.get("act") == "draft":
            return self._draft(request)
        form = CardForm(request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=400)
        vendor = self._vendor(request.POST.get("vendor", ""))
        try:
            card = publish_card(
                actor=self.actor,
                owner=vendor.id if vendor else provider().id,
                name=WORK if vendor else form.cleaned_data["name"],
                currency=form.cleaned_data["currency"].upper(),
                rates=form.rates(),
            )
        except Invalid as error:
            form.add_error(None, error.message)
            return self.render_to_response(self.get_context_data(form=form), status=400)
        whose = f" for {name_of(vendor)}" if vendor else ""
        messages.info(request, f"Version {card.version} of {card.name} is published{whose}.")
        return redirect("/operator/rates")

    def _draft(self, request: HttpRequest) -> HttpResponse:
        client = Organization.objects.filter(
            slug=request.POST.get("client", ""), kind="client"
        ).first()
        try:
            card_id = UUID(request.POST.get("card", ""))
        except ValueError as error:
            raise NotFound from error
        if client is None:
            raise NotFound
        contract = draft_from_card(actor=self.actor, client=client.id, card_id=card_id)
        name = name_of(client)
        messages.info(request, f"Contract {contract.number} waits for {name} to be signed.")
        return redirect("/operator/rates")

    def _vendor(self, slug: str) -> Organization | None:
        if not slug:
            return None
        vendor = Organization.objects.filter(slug=slug, kind="vendor").first()
        if vendor is None:
            raise NotFound
        return vendor
