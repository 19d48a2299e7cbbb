"""A vendor's people and what they can do."""

from django.conf import settings
from django.db import models

from core.clock import now
from core.tenancy.constraints import TenantForeignKey, tenant_reference
from core.tenancy.models import TenantOwned


class Worker(TenantOwned):
    """An annotator or reviewer of one vendor (the tenant of this row)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            models.UniqueConstraint(fields=["tenant", "user"], name="people_one_worker_a_vendor"),
        ]

    def __str__(self) -> str:
        return str(self.user_id)


class Skill(TenantOwned):
    """A worker may do tasks of one type, until the certificate expires."""

    worker = TenantForeignKey(Worker, on_delete=models.CASCADE, related_name="skills")
    task_type = models.CharField(max_length=32)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("worker"),
            models.UniqueConstraint(fields=["worker", "task_type"], name="people_skill_once"),
        ]

    def __str__(self) -> str:
        return self.task_type
