"""The terms of a client: the operator drafts the next version, the client's admin reads them."""

from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from billing.invoicing.models import Invoice
from billing.invoicing.preview import outcome
from billing.invoicing.terms_form import TermsForm, initial_of
from core.access.permissions import Permission
from core.errors import NotFound
from core.tenancy.names import name_of
from core.tenancy.scope import scope
from core.web.pages import TenantPage
from tenants.contracts.models import Contract
from tenants.contracts.services import draft_contract
from tenants.contracts.terms import DEFAULT_TERMS


class Terms(TenantPage):
    """All versions; a new one is a draft that the client signs. A signed one is never changed.

    Clocks keep the version that they began under, and invoices the one that they were issued by.
    """

    permission = Permission.CONTRACT_READ
    permissions: ClassVar = {"POST": Permission.RATE_MANAGE}
    template_name = "invoicing/terms.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if self.tenant.kind != "client":
            raise NotFound
        with scope(self.tenant.id):
            contracts = list(Contract.objects.all())
            invoices = Invoice.objects.count()
            in_force = _in_force(contracts)
            today = outcome(in_force.terms) if in_force else None
        draft = next((c for c in contracts if c.state == Contract.State.DRAFT), None)
        read = draft or in_force
        base = in_force.terms if in_force else DEFAULT_TERMS
        kwargs.setdefault("form", TermsForm(initial=initial_of(base)))
        return super().get_context_data(
            contracts=contracts,
            in_force=in_force,
            invoices=invoices,
            today=today,
            draft=draft,
            read=read,
            shown=TermsForm(initial=initial_of(read.terms)) if read else None,
            **kwargs,
        )

    def post(self, request: HttpRequest, tenant: str) -> HttpResponse:
        """Preview terms, or draft a contract with them."""
        form = TermsForm(request.POST)
        with scope(self.tenant.id):
            in_force = _in_force(list(Contract.objects.all()))
            document = form.document(in_force.terms if in_force else DEFAULT_TERMS)
            then = outcome(document) if document is not None else None
        if document is None:
            return self.render_to_response(self.get_context_data(form=form), status=400)
        if request.POST.get("act") != "draft":
            return self.render_to_response(self.get_context_data(form=form, then=then))
        contract = draft_contract(actor=self.actor, tenant=self.tenant.id, terms=document)
        name = name_of(self.tenant)
        messages.info(request, f"Contract {contract.number} waits for {name} to be signed.")
        return redirect(f"/t/{self.tenant.slug}/terms")


def _in_force(contracts: list[Contract]) -> Contract | None:
    """The newest signed one; contracts come newest first."""
    return next((c for c in contracts if c.state == Contract.State.SIGNED), None)
