"""The API of contracts."""

from datetime import datetime
from typing import Any, ClassVar, TypedDict
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.tenancy.scope import scope
from core.web.answers import Document, Id
from core.web.api import TenantView, checked_body
from core.web.described import described
from core.web.paging import page_of
from tenants.contracts import services
from tenants.contracts.models import Contract


class NewContract(serializers.Serializer[Any]):
    terms = serializers.JSONField(required=False)


class ContractJson(TypedDict):
    """A contract; its terms are rates, service level, retention and what else was agreed."""

    id: Id
    number: int
    state: str
    terms: Document
    created_at: datetime
    signed_at: datetime | None


def contract_json(contract: Contract) -> ContractJson:
    return {
        "id": str(contract.id),
        "number": contract.number,
        "state": contract.state,
        "terms": contract.terms,
        "created_at": contract.created_at,
        "signed_at": contract.signed_at,
    }


class Contracts(TenantView):
    permissions: ClassVar = {"GET": Permission.CONTRACT_READ, "POST": Permission.RATE_MANAGE}

    @described("list_contracts", page=ContractJson)
    def get(self, request: Request, tenant: str) -> Response:
        with scope(self.tenant.id):
            return page_of(request, Contract.objects.all(), contract_json)

    @described("draft_contract", body=NewContract, answer=ContractJson, status=201)
    def post(self, request: Request, tenant: str) -> Response:
        contract = services.draft_contract(
            actor=self.actor, tenant=self.tenant.id, **checked_body(NewContract, request)
        )
        return Response(contract_json(contract), status=201)


class Sign(TenantView):
    permissions: ClassVar = {"POST": Permission.CONTRACT_SIGN}

    @described("sign_contract", answer=ContractJson)
    def post(self, request: Request, tenant: str, contract: UUID) -> Response:
        signed = services.sign_contract(
            actor=self.actor, tenant=self.tenant.id, contract_id=contract
        )
        return Response(contract_json(signed))
