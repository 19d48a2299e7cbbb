"""The page of a log's witnesses: who is sent checkpoints, who cosigned them, how to join."""

from typing import Any

from core.access.permissions import Permission
from core.audit.tree import latest_checkpoint, verifier_key
from core.tenancy.scope import scope
from core.web.pages import TenantPage
from tenants.compliance import webhooks
from tenants.compliance.models import Cosignature

SHOWN = 20


class Witnesses(TenantPage):
    """Who holds this log to its word from outside."""

    permission = Permission.LOG_READ
    template_name = "compliance/witnesses.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        with scope(self.tenant.id):
            checkpoint = latest_checkpoint()
            cosigned = list(Cosignature.objects.order_by("-created_at", "id")[:SHOWN])
        return super().get_context_data(
            webhook=webhooks.find_webhook(self.tenant.id),
            cosigned=cosigned,
            checkpoint=checkpoint,
            key=str(verifier_key(self.tenant.id)),
            portal=self.request.build_absolute_uri("/").rstrip("/"),
            **kwargs,
        )
