"""Why somebody got a task: one row a decision, kept."""

from django.db import models

from core.clock import now
from core.tenancy.models import TenantOwned


class Decision(TenantOwned):
    """The reasons of one lease, in the tenant whose task it was."""

    append_only = True

    task_id = models.UUIDField()
    person = models.UUIDField()
    reasons = models.JSONField()
    decided_at = models.DateTimeField(default=now, editable=False)

    class Meta(TenantOwned.Meta):
        indexes = [models.Index(fields=["task_id"], name="routing_by_task")]

    def __str__(self) -> str:
        return f"{self.task_id} to {self.person}"
