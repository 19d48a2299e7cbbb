"""Tasks, and the queue that people lease them from."""

from django.db import models

from core.clock import now
from core.ids import new_id
from core.tenancy.constraints import TenantForeignKey, tenant_reference
from core.tenancy.models import TenantOwned


class Task(TenantOwned):
    """A frame range of a clip to label, with one version of the ontology.

    Frames are 0-based, of the whole clip, and `end_frame` is the last one: both ends belong to it.
    """

    class State(models.TextChoices):
        OPEN = "open"
        SUBMITTED = "submitted"
        ACCEPTED = "accepted"
        CLOSED = "closed"

    project = TenantForeignKey("projects.Project", on_delete=models.PROTECT, related_name="tasks")
    clip = TenantForeignKey("intake.Clip", on_delete=models.PROTECT, related_name="tasks")
    ontology = TenantForeignKey(
        "projects.OntologyVersion", on_delete=models.PROTECT, related_name="+"
    )
    task_type = models.CharField(max_length=32)
    start_frame = models.PositiveIntegerField()
    end_frame = models.PositiveIntegerField()
    state = models.CharField(max_length=16, choices=State, default=State.OPEN)
    #: A copy of gold, made for one person. Never in anything that an annotator can see.
    for_gold = models.BooleanField(default=False)
    #: How often it was handed in; a task that was sent back goes round again.
    rounds = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("project"),
            tenant_reference("clip"),
            tenant_reference("ontology"),
            models.CheckConstraint(
                condition=models.Q(end_frame__gte=models.F("start_frame")),
                name="tasks_task_range",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "clip", "start_frame"], name="tasks_by_clip")]

    def __str__(self) -> str:
        return f"{self.task_type} {self.start_frame}-{self.end_frame}"


class QueueEntry(models.Model):
    """One piece of work that one person may lease: annotate a task, or review it.

    `token` is the fencing token: it rises with every lease, and every save is checked against it.
    """

    shared_because = "people lease across clients before a client's scope is known; ids and dates"

    class Work(models.TextChoices):
        ANNOTATE = "annotate"
        REVIEW = "review"

    class State(models.TextChoices):
        WAITING = "waiting"
        LEASED = "leased"
        DONE = "done"
        HELD = "held"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    task_id = models.UUIDField()
    tenant_id = models.UUIDField()
    #: The vendor whose people may take it; None for any that the client has engaged.
    vendor_id = models.UUIDField(null=True)
    #: The one person who may take it; None for all.
    reserved_for = models.UUIDField(null=True)
    #: The person who may not: nobody reviews their own work.
    not_for = models.UUIDField(null=True)
    work = models.CharField(max_length=8, choices=Work)
    skill = models.CharField(max_length=32)
    priority = models.SmallIntegerField(default=5)
    due_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    lessee = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    leased_at = models.DateTimeField(null=True)
    token = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        indexes = [
            # Follows the lease's ORDER BY, so that taking one entry reads one index row.
            models.Index(
                fields=["work", "priority", "due_at", "id"],
                name="tasks_waiting",
                condition=models.Q(state="waiting"),
            ),
            models.Index(
                fields=["lease_until"], name="tasks_leased", condition=models.Q(state="leased")
            ),
            models.Index(fields=["task_id"], name="tasks_queue_by_task"),
            models.Index(
                fields=["lessee"], name="tasks_by_lessee", condition=models.Q(state="leased")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.work} {self.task_id}"
