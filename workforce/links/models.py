"""Tracks that a task asks about, and what people said of pairs of them."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from core.clock import now
from core.tenancy.constraints import TenantForeignKey, tenant_reference
from core.tenancy.models import TenantOwned


class LinkItem(TenantOwned):
    """A track in a task of links, as it was when the task was made.

    Of a subject it is asked who of its candidates it is; the others are candidates only.
    """

    task = TenantForeignKey("tasks.Task", on_delete=models.PROTECT, related_name="link_items")
    clip = TenantForeignKey("intake.Clip", on_delete=models.PROTECT, related_name="+")
    track_id = models.UUIDField()
    #: Its place in the task, from 0: subjects first, by the time at which they come.
    number = models.PositiveIntegerField()
    subject = models.BooleanField()
    label = models.CharField(max_length=64)
    attributes = models.JSONField(default=dict)
    first_frame = models.PositiveIntegerField()
    last_frame = models.PositiveIntegerField()
    #: As in `workforce.links.appearances`.
    runs = models.JSONField()
    views = models.JSONField()
    #: Numbers of its candidates, the likeliest first.
    candidates = models.JSONField(default=list)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("task"),
            tenant_reference("clip"),
            models.UniqueConstraint(fields=["task", "number"], name="links_item_number"),
            models.UniqueConstraint(
                fields=["task", "clip", "track_id"], name="links_item_once_a_task"
            ),
        ]
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.label} {self.track_id}"


class LinkDecision(TenantOwned):
    """What a person said of two tracks of a task; the newest about a pair holds.

    Decisions that were sent together are one step. An undo is a step too: it says again what held
    before the step that it undoes.
    """

    append_only = True

    class Verdict(models.TextChoices):
        DIFFERENT = "different"
        SAME = "same"
        UNSURE = "unsure"
        #: Nothing is said of the pair any more.
        WITHDRAWN = "withdrawn"

    task = TenantForeignKey("tasks.Task", on_delete=models.PROTECT, related_name="link_decisions")
    step = models.PositiveIntegerField()
    first = TenantForeignKey(LinkItem, on_delete=models.PROTECT, related_name="+")
    second = TenantForeignKey(LinkItem, on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=9, choices=Verdict)
    undoes = models.PositiveIntegerField(null=True)
    #: Of the lease that it was said under.
    token = models.BigIntegerField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(default=now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("task"),
            tenant_reference("first"),
            tenant_reference("second"),
            models.UniqueConstraint(
                fields=["task", "step", "first", "second"], name="links_decided_once_a_step"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} {self.verdict} {self.second_id}"


class LinkedClip(TenantOwned):
    """A clip whose tracks were taken into tasks of links: with this, no pair is asked about twice.

    A clip may have no such task: where nothing was there yet that its tracks could be.
    """

    append_only = True

    clip = TenantForeignKey("intake.Clip", on_delete=models.PROTECT, related_name="+")
    linked_at = models.DateTimeField(default=now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("clip"),
            models.UniqueConstraint(fields=["clip"], name="links_clip_once"),
        ]

    def __str__(self) -> str:
        return f"{self.clip_id} at {self.linked_at}"


class SharedView(TenantOwned):
    """Two cameras that see one place: who is seen by both at once is not in two places."""

    first = TenantForeignKey("projects.Camera", on_delete=models.CASCADE, related_name="+")
    second = TenantForeignKey("projects.Camera", on_delete=models.CASCADE, related_name="+")

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("first"),
            tenant_reference("second"),
            models.UniqueConstraint(fields=["first", "second"], name="links_view_once"),
            models.CheckConstraint(
                condition=models.Q(first__lt=models.F("second")), name="links_view_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} and {self.second_id}"
