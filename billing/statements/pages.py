"""The vendor's statements."""

from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from billing.rates.cards import WORK, newest_card
from billing.statements.models import Statement, WorkReading
from billing.statements.reckoning import reckon
from billing.statements.services import get_statement, issue_statement
from core.access.permissions import Permission
from core.errors import NotFound
from core.tenancy.names import names_by_slug
from core.tenancy.scope import scope
from core.web.pages import TenantPage


class Statements(TenantPage):
    """What was paid, what is open, and at which prices."""

    permission = Permission.STATEMENT_READ
    permissions: ClassVar = {"POST": Permission.STATEMENT_ISSUE}
    template_name = "statements/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        with scope(self.tenant.id):
            statements = list(Statement.objects.all())
            card = newest_card(WORK)
            waiting = WorkReading.objects.filter(
                settled__isnull=True, unit__in=list(card.rates) if card else []
            ).count()
        return super().get_context_data(statements=statements, card=card, waiting=waiting, **kwargs)

    def post(self, request: HttpRequest, tenant: str) -> HttpResponse:
        """Issue the next statement."""
        if self.tenant.kind != "vendor":
            raise NotFound
        statement = issue_statement(actor=self.actor, vendor=self.tenant)
        messages.info(request, f"Statement {statement.number} is issued.")
        return redirect(f"/t/{self.tenant.slug}/statements/{statement.id}")


class StatementPage(TenantPage):
    permission = Permission.STATEMENT_READ
    template_name = "statements/statement.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        with scope(self.tenant.id):
            statement = get_statement(kwargs["statement"])
            found = reckon(statement)
            names = names_by_slug(line.client for line in found.sums)
        kwargs["statement"] = statement
        return super().get_context_data(
            lines=[(names.get(line.client, line.client), line) for line in found.sums],
            agrees=found.recomputed == statement.total,
            **kwargs,
        )
