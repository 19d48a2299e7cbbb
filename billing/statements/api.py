"""The API of vendors' statements."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar, TypedDict
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from billing.invoicing.reading import plain
from billing.statements.models import Statement
from billing.statements.reckoning import Reckoning, reckon
from billing.statements.services import get_statement, issue_statement
from core.access.permissions import Permission
from core.errors import NotFound
from core.tenancy.names import names_by_slug
from core.tenancy.scope import scope
from core.web.answers import Decimals, Id, Slug
from core.web.api import TenantView
from core.web.described import described
from core.web.paging import page_of_rows


class StatementLine(TypedDict):
    client: Slug
    client_name: str
    unit: str
    tasks: int
    quantity: Decimals
    amount: Decimals


class StatementJson(TypedDict):
    """What a vendor is owed for accepted work; `recomputed`: its total, once more."""

    id: Id
    number: str
    currency: str
    total: Decimals
    recomputed: Decimals
    issued_at: datetime
    lines: list[StatementLine]


def statement_json(statement: Statement) -> StatementJson:
    """A statement with its sums by client and unit, in the open scope. Money is text."""
    return statements_json([statement])[0]


def statements_json(statements: Sequence[Statement]) -> list[StatementJson]:
    """Statements as `statement_json` gives them; their clients' names are read together."""
    found = [(statement, reckon(statement)) for statement in statements]
    names = names_by_slug(line.client for _, reckoning in found for line in reckoning.sums)
    return [_json(statement, reckoning, names) for statement, reckoning in found]


def _json(statement: Statement, found: Reckoning, names: Mapping[str, str]) -> StatementJson:
    return {
        "id": str(statement.id),
        "number": statement.number,
        "currency": statement.currency,
        "total": str(statement.total),
        "recomputed": str(found.recomputed),
        "issued_at": statement.issued_at,
        "lines": [
            {
                "client": line.client,
                "client_name": names.get(line.client, line.client),
                "unit": line.unit,
                "tasks": line.tasks,
                "quantity": plain(line.quantity),
                "amount": str(line.amount),
            }
            for line in found.sums
        ],
    }


class Statements(TenantView):
    permissions: ClassVar = {"GET": Permission.STATEMENT_READ, "POST": Permission.STATEMENT_ISSUE}

    @described("list_statements", page=StatementJson)
    def get(self, request: Request, tenant: str) -> Response:
        with scope(self.tenant.id):
            rows = Statement.objects.select_related("card")
            return page_of_rows(request, rows, statements_json)

    @described("issue_statement", answer=StatementJson, status=201)
    def post(self, request: Request, tenant: str) -> Response:
        if self.tenant.kind != "vendor":
            raise NotFound
        statement = issue_statement(actor=self.actor, vendor=self.tenant)
        with scope(self.tenant.id):
            return Response(statement_json(get_statement(statement.id)), status=201)


class StatementDetail(TenantView):
    permissions: ClassVar = {"GET": Permission.STATEMENT_READ}

    @described("get_statement", answer=StatementJson)
    def get(self, request: Request, tenant: str, statement: UUID) -> Response:
        with scope(self.tenant.id):
            return Response(statement_json(get_statement(statement)))
