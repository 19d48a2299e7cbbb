"""The API of vendors' statements."""

from typing import Any, ClassVar
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from billing.invoicing.reading import plain
from billing.statements.models import Statement
from billing.statements.services import get_statement, issue_statement, recompute, sums_of
from core.access.permissions import Permission
from core.errors import NotFound
from core.tenancy.scope import scope
from core.web.api import TenantView


def statement_json(statement: Statement) -> dict[str, Any]:
    """A statement with its sums by client and unit, in the open scope. Money is text."""
    return {
        "id": str(statement.id),
        "number": statement.number,
        "currency": statement.currency,
        "total": str(statement.total),
        "recomputed": str(recompute(statement)),
        "issued_at": statement.issued_at,
        "lines": [
            {
                "client": line.client,
                "unit": line.unit,
                "tasks": line.tasks,
                "quantity": plain(line.quantity),
                "amount": str(line.amount),
            }
            for line in sums_of(statement)
        ],
    }


class Statements(TenantView):
    permissions: ClassVar = {"GET": Permission.STATEMENT_READ, "POST": Permission.STATEMENT_ISSUE}

    def get(self, request: Request, tenant: str) -> Response:
        with scope(self.tenant.id):
            rows = Statement.objects.select_related("card")
            return Response({"results": [statement_json(row) for row in rows]})

    def post(self, request: Request, tenant: str) -> Response:
        if self.tenant.kind != "vendor":
            raise NotFound
        statement = issue_statement(actor=self.actor, vendor=self.tenant)
        with scope(self.tenant.id):
            return Response(statement_json(get_statement(statement.id)), status=201)


class StatementDetail(TenantView):
    permissions: ClassVar = {"GET": Permission.STATEMENT_READ}

    def get(self, request: Request, tenant: str, statement: UUID) -> Response:
        with scope(self.tenant.id):
            return Response(statement_json(get_statement(statement)))
