"""Why somebody got a task: one row a decision, kept."""

from django.db import models

from core.clock import now
from core.tenancy.models import TenantOwned, WrittenOften


class Decision(WrittenOften):
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


class Reservation(TenantOwned):
    """Why an entry of the queue is kept for somebody: one row an entry, of the vendor (tenant)."""

    class By(models.TextChoices):
        PLANNER = "planner"
        MANAGER = "manager"

    entry_id = models.UUIDField()
    person = models.UUIDField()
    by = models.CharField(max_length=8, choices=By)
    #: Points of each reason, as in `workforce.routing.value`; they add up to `value`.
    reasons = models.JSONField(default=dict)
    value = models.FloatField(default=0)
    #: How the planner chose: "auction", or "greedy" where that was asked for or did not settle.
    solver = models.CharField(max_length=8, default="auction")
    until = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(default=now)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            models.UniqueConstraint(fields=["tenant", "entry_id"], name="routing_reserved_once"),
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} for {self.person}"


class Allocation(TenantOwned):
    """One act of a vendor manager on the queue, and what was there before: undone from it."""

    actor = models.UUIDField()
    act = models.CharField(max_length=16)
    #: [[entry, reserved_for, reserved_until, state], ...] as it was before.
    before = models.JSONField()
    made_at = models.DateTimeField(default=now, editable=False)
    undone_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.act} of {len(self.before)}"


class ClientWeight(TenantOwned):
    """How much a client's work counts for the planner of a vendor, beside 1 for all others."""

    client_id = models.UUIDField()
    weight = models.FloatField(default=1)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            models.UniqueConstraint(fields=["tenant", "client_id"], name="routing_weight_once"),
            models.CheckConstraint(
                condition=models.Q(weight__gte=0.1, weight__lte=10), name="routing_weight_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.client_id} x {self.weight}"
