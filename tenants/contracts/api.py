"""The API of contracts."""

from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.tenancy.scope import scope
from core.web.api import TenantView, checked_body
from tenants.contracts import services
from tenants.contracts.models import Contract


class NewContract(serializers.Serializer[Any]):
    terms = serializers.JSONField(required=False)


def contract_json(contract: Contract) -> dict[str, Any]:
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

    def get(self, request: Request, tenant: str) -> Response:
        with scope(self.tenant.id):
            return Response({"results": [contract_json(c) for c in Contract.objects.all()]})

    def post(self, request: Request, tenant: str) -> Response:
        contract = services.draft_contract(
            actor=self.actor, tenant=self.tenant.id, **checked_body(NewContract, request)
        )
        return Response(contract_json(contract), status=201)


class Sign(TenantView):
    permissions: ClassVar = {"POST": Permission.CONTRACT_SIGN}

    def post(self, request: Request, tenant: str, contract: UUID) -> Response:
        signed = services.sign_contract(
            actor=self.actor, tenant=self.tenant.id, contract_id=contract
        )
        return Response(contract_json(signed))
