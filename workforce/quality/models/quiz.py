"""Quizzes: work whose right labels are known, done in the open to earn a level."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from core.clock import now
from core.tenancy.constraints import TenantForeignKey, tenant_reference
from core.tenancy.models import TenantOwned


class QuizAttempt(TenantOwned):
    """One person's try at a level of a skill, in the vendor's scope: no footage, no labels."""

    class State(models.TextChoices):
        OPEN = "open"
        PASSED = "passed"
        FAILED = "failed"
        #: Not handed in whole before it ended; it counts as a try.
        LAPSED = "lapsed"
        #: Its footage was erased while it went on; it does not count.
        VOID = "void"

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    skill = models.CharField(max_length=32)
    level = models.PositiveSmallIntegerField()
    #: The client whose footage it is; no foreign key, because it is another tenant.
    client_id = models.UUIDField()
    items = models.PositiveSmallIntegerField()
    done = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    #: {"LocA": {"value", "mark", "passed"}, ...}: means over the items, once it is decided.
    parts = models.JSONField(default=dict)
    started_at = models.DateTimeField(default=now, editable=False)
    ends_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            models.UniqueConstraint(
                fields=["tenant", "person"],
                name="quality_one_open_quiz",
                condition=Q(state="open"),
            ),
        ]
        indexes = [models.Index(fields=["person", "skill", "level"], name="quality_quiz_of_person")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.skill} level {self.level}: {self.state}"


class QuizItem(TenantOwned):
    """One task of an attempt, in the scope of the client whose footage it is."""

    #: A QuizAttempt in the vendor's scope; no foreign key, because it is another tenant's row.
    attempt_id = models.UUIDField()
    vendor_id = models.UUIDField()
    truth = TenantForeignKey("quality.GoldTruth", on_delete=models.PROTECT, related_name="+")
    task = TenantForeignKey("tasks.Task", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    label_set = TenantForeignKey(
        "labels.LabelSet", null=True, on_delete=models.PROTECT, related_name="+"
    )
    #: {"LocA": 0.83, ...}: what was reached in each part that can be measured.
    reached = models.JSONField(default=dict)
    scored_at = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("truth"),
            tenant_reference("task"),
            tenant_reference("label_set"),
            models.UniqueConstraint(fields=["truth", "person"], name="quality_quiz_seen_once"),
            models.UniqueConstraint(fields=["task"], name="quality_quiz_one_a_task"),
        ]
        indexes = [models.Index(fields=["attempt_id"], name="quality_items_of_attempt")]

    def __str__(self) -> str:
        return f"{self.task_id} of {self.attempt_id}"
