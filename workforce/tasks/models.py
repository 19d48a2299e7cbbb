"""Tasks, and the queue that people lease them from."""

from django.contrib.postgres.fields import ArrayField
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

    #: The task type that asks which tracks are one object. Its clip is the one whose tracks it asks
    #: about; it draws nothing, and is no part of the clip's labels.
    LINKS = "links"

    project = TenantForeignKey("projects.Project", on_delete=models.PROTECT, related_name="tasks")
    clip = TenantForeignKey("intake.Clip", on_delete=models.PROTECT, related_name="tasks")
    ontology = TenantForeignKey(
        "projects.OntologyVersion", on_delete=models.PROTECT, related_name="+"
    )
    task_type = models.CharField(max_length=32)
    start_frame = models.PositiveIntegerField()
    end_frame = models.PositiveIntegerField()
    state = models.CharField(max_length=16, choices=State, default=State.OPEN)
    #: Made to measure: of gold, or of a task that is labelled twice. In no list, no progress and no
    #: release, and never in anything that an annotator can see.
    is_copy = models.BooleanField(default=False)
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
        indexes = [
            models.Index(fields=["tenant", "clip", "start_frame"], name="tasks_by_clip"),
            # What is left to do, however much was done before.
            models.Index(
                fields=["tenant", "clip"],
                name="tasks_left_by_clip",
                condition=models.Q(is_copy=False, state__in=["open", "submitted"]),
            ),
            # What was given up, which is little.
            models.Index(
                fields=["tenant", "clip"],
                name="tasks_closed_by_clip",
                condition=models.Q(is_copy=False, state="closed"),
            ),
            # The newest finished work, of which gold is made.
            models.Index(
                fields=["tenant", "-created_at", "id"],
                name="tasks_accepted_by_date",
                condition=models.Q(is_copy=False, state="accepted"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task_type} {self.start_frame}-{self.end_frame}"


class Requirements(TenantOwned):
    """What a project asks of whoever works on it, beside the skill. Empty text asks nothing."""

    project = TenantForeignKey("projects.Project", on_delete=models.CASCADE, related_name="+")
    level = models.PositiveSmallIntegerField(default=1)
    certificate = models.CharField(max_length=63, blank=True)
    clearance = models.CharField(max_length=63, blank=True)
    language = models.CharField(max_length=63, blank=True)
    nda = models.BooleanField(default=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("project"),
            models.UniqueConstraint(fields=["project"], name="tasks_requirements_once"),
        ]

    def __str__(self) -> str:
        return f"requirements of {self.project_id}"


class QueueEntry(models.Model):
    """One piece of work that one person may lease: annotate a task, review it, or take a quiz.

    `token` is the fencing token: it rises with every lease, and every save is checked against it.
    """

    shared_because = "people lease across clients before a client's scope is known; ids and dates"

    class Work(models.TextChoices):
        ANNOTATE = "annotate"
        REVIEW = "review"
        #: A task of a quiz, kept for the one person who takes it.
        QUIZ = "quiz"

    #: Kinds under which labels are made and handed in.
    LABELLING = (Work.ANNOTATE, Work.QUIZ)

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
    project_id = models.UUIDField(null=True)
    camera_id = models.UUIDField(null=True)
    #: The one person who may take it; None for all.
    reserved_for = models.UUIDField(null=True)
    #: When a planner's reservation lapses; None holds until somebody lifts it.
    reserved_until = models.DateTimeField(null=True)
    #: Those who may not: nobody reviews their own work, or decides a dispute that they are part of.
    excluded = ArrayField(models.UUIDField(), default=list)
    work = models.CharField(max_length=8, choices=Work)
    skill = models.CharField(max_length=32)
    #: The project's requirements, copied when it was cut or when they changed.
    level = models.PositiveSmallIntegerField(default=1)
    certificate = models.CharField(max_length=63, blank=True)
    clearance = models.CharField(max_length=63, blank=True)
    language = models.CharField(max_length=63, blank=True)
    nda = models.BooleanField(default=False)
    priority = models.SmallIntegerField(default=5)
    due_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    lessee = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    leased_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    token = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        indexes = [
            # These two follow the lease's ORDER BY, so that taking one entry reads few index rows:
            # what is reserved for others is in neither's way.
            models.Index(
                fields=["work", "priority", "due_at", "id"],
                name="tasks_open",
                condition=models.Q(state="waiting", reserved_for__isnull=True),
            ),
            models.Index(
                fields=["reserved_for", "work", "priority", "due_at", "id"],
                name="tasks_reserved",
                condition=models.Q(state="waiting", reserved_for__isnull=False),
            ),
            models.Index(
                fields=["reserved_until"],
                name="tasks_reserved_until",
                condition=models.Q(state="waiting", reserved_until__isnull=False),
            ),
            models.Index(
                fields=["lease_until"], name="tasks_leased", condition=models.Q(state="leased")
            ),
            models.Index(fields=["task_id"], name="tasks_queue_by_task"),
            # The board walks along it from one project's work of a kind to the next, and reads
            # the most pressing of each, without counting the queue.
            models.Index(
                fields=["tenant_id", "project_id", "work", "state", "priority", "due_at", "id"],
                include=["vendor_id", "reserved_for", "reserved_until", "camera_id", "skill"],
                name="tasks_live",
                condition=models.Q(state__in=["waiting", "held", "leased"]),
            ),
            models.Index(
                fields=["created_at", "id"],
                name="tasks_reviews_by_age",
                condition=models.Q(state="waiting", work="review"),
            ),
            # What not everybody may take, the oldest first.
            models.Index(
                fields=["created_at"],
                name="tasks_excluding_by_age",
                condition=models.Q(state="waiting") & ~models.Q(excluded=[]),
            ),
            models.Index(
                fields=["lessee"], name="tasks_by_lessee", condition=models.Q(state="leased")
            ),
            models.Index(
                fields=["lessee", "leased_at"],
                name="tasks_days_of_lessee",
                condition=models.Q(lessee__isnull=False),
            ),
            # Who knows which camera: asked for a few people and cameras.
            models.Index(
                fields=["lessee", "camera_id", "finished_at"],
                name="tasks_cameras_of_lessee",
                condition=models.Q(state="done", camera_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.work} {self.task_id}"
