"""Two people label the same frames; where they differ too much, a third chooses."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from core.clock import now
from core.tenancy.constraints import TenantForeignKey, tenant_reference
from core.tenancy.models import TenantOwned


class Consensus(TenantOwned):
    """A submission and an independent second one of the same frames, made on a copy of its task."""

    class State(models.TextChoices):
        #: The second person has not handed in yet.
        WAITING = "waiting"
        AGREED = "agreed"
        #: A third person is asked which of the two counts.
        DISPUTED = "disputed"
        FIRST = "first"
        SECOND = "second"
        #: Neither was good enough.
        NEITHER = "neither"

    task = TenantForeignKey("tasks.Task", on_delete=models.PROTECT, related_name="+")
    first = TenantForeignKey("labels.LabelSet", on_delete=models.PROTECT, related_name="+")
    copy = TenantForeignKey("tasks.Task", on_delete=models.PROTECT, related_name="+")
    second = TenantForeignKey(
        "labels.LabelSet", null=True, on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    #: Agreement by part, each in 0..1: HOTA, DetA, AssA, LocA, attributes, events.
    agreement = models.JSONField(default=dict)
    #: [{"kind", "start", "end", "first", "second", ...}, ...]
    disagreements = models.JSONField(default=list)
    decider = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=now, editable=False)
    decided_at = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("task"),
            tenant_reference("first"),
            tenant_reference("copy"),
            tenant_reference("second"),
            models.UniqueConstraint(fields=["first"], name="quality_one_consensus_a_set"),
            models.UniqueConstraint(fields=["copy"], name="quality_one_consensus_a_copy"),
        ]

    def __str__(self) -> str:
        return f"consensus on {self.task_id}: {self.state}"
