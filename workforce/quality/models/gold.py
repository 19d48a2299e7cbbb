"""Gold, who had it, and what came of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from core.clock import now
from core.tenancy.constraints import TenantForeignKey, tenant_reference
from core.tenancy.models import TenantOwned


class GoldTruth(TenantOwned):
    """A frame range whose right labels are known. A new version replaces, never changes, an old."""

    class State(models.TextChoices):
        ACTIVE = "active"
        RETIRED = "retired"

    project = TenantForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    clip = TenantForeignKey("intake.Clip", on_delete=models.PROTECT, related_name="+")
    ontology = TenantForeignKey(
        "projects.OntologyVersion", on_delete=models.PROTECT, related_name="+"
    )
    task_type = models.CharField(max_length=32)
    start_frame = models.PositiveIntegerField()
    end_frame = models.PositiveIntegerField()
    #: Canonical JSON as in a label set, and its SHA-256.
    content = models.TextField()
    sha256 = models.CharField(max_length=64)
    version = models.PositiveIntegerField(default=1)
    replaces = TenantForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.ACTIVE)
    exposures = models.PositiveIntegerField(default=0)
    #: The level that quizzes made of it lead to; None for gold that is mixed into work unseen.
    quiz_level = models.PositiveSmallIntegerField(null=True)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("project"),
            tenant_reference("clip"),
            tenant_reference("ontology"),
            tenant_reference("replaces"),
        ]
        indexes = [
            models.Index(
                fields=["project", "task_type", "exposures"],
                name="quality_active_gold",
                condition=models.Q(state="active"),
            )
        ]

    def __str__(self) -> str:
        return f"gold {self.id} v{self.version}"


class GoldExposure(TenantOwned):
    """A person was given a piece of gold: never the same footage twice."""

    append_only = True

    truth = TenantForeignKey(GoldTruth, on_delete=models.PROTECT, related_name="+")
    task = TenantForeignKey("tasks.Task", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    exposed_at = models.DateTimeField(default=now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("truth"),
            tenant_reference("task"),
            models.UniqueConstraint(fields=["truth", "person"], name="quality_gold_seen_once"),
            models.UniqueConstraint(fields=["task"], name="quality_gold_one_a_task"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} saw {self.truth_id}"


class Score(TenantOwned):
    """One gold submission measured against its truth."""

    append_only = True

    task = TenantForeignKey("tasks.Task", on_delete=models.PROTECT, related_name="+")
    label_set = TenantForeignKey("labels.LabelSet", on_delete=models.PROTECT, related_name="+")
    truth = TenantForeignKey(GoldTruth, on_delete=models.PROTECT, related_name="+")
    project = TenantForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    #: The task type that was measured.
    skill = models.CharField(max_length=32)
    #: Of boxes; None where tracks are linked.
    hota = models.FloatField(null=True)
    loc_a = models.FloatField(null=True)
    idf1 = models.FloatField(null=True)
    passed = models.BooleanField()
    #: {"LocA": {"value", "mark", "passed"}, ...}: every part that was measured.
    gates = models.JSONField(default=dict)
    #: All numbers of `scoring.summary`, F1 of each label and agreement of each attribute.
    metrics = models.JSONField()
    #: [{"frame", "missed", "false", "switched"}, ...]: frames with errors only.
    frame_errors = models.JSONField()
    scored_at = models.DateTimeField(default=now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("task"),
            tenant_reference("label_set"),
            tenant_reference("truth"),
            tenant_reference("project"),
            models.UniqueConstraint(fields=["label_set"], name="quality_one_score_a_set"),
        ]
        indexes = [
            models.Index(fields=["person", "skill"], name="quality_score_of_person"),
            models.Index(fields=["tenant", "-scored_at", "id"], name="quality_scores_by_date"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.skill} {'passed' if self.passed else 'failed'}"
