"""Tracks while they are worked on, and the label sets that they are frozen into."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from core.clock import now
from core.tenancy.constraints import TenantForeignKey, tenant_reference
from core.tenancy.models import Attached, TenantOwned


class TrackRow(Attached):
    """One object's track in a task: one row with its keyframes in a compact array.

    `track_id` is the id in the wire form. It is the annotator's to choose, so it is unique within
    the task only: that an id is taken elsewhere must not be told.
    """

    # The index that keeps a track once a task finds a task's tracks as well.
    task = TenantForeignKey(
        "tasks.Task", on_delete=models.PROTECT, related_name="tracks", db_index=False
    )
    track_id = models.UUIDField()
    label = models.CharField(max_length=64)
    kind = models.CharField(max_length=16)
    attributes = models.JSONField(default=dict)
    #: [[frame, flags, [x1, y1, x2, y2]], ...] as in `workforce.labels.tracks`.
    keyframes = models.JSONField()
    revision = models.PositiveIntegerField(default=1)
    deleted = models.BooleanField(default=False)
    updated_at = models.DateTimeField(default=now)

    class Meta(TenantOwned.Meta):
        db_table = "labels_track"
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("task"),
            models.UniqueConstraint(fields=["task", "track_id"], name="labels_track_once_a_task"),
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.track_id}"


class SpanRow(TenantOwned):
    """One event span of a task, as in `workforce.labels.spans`.

    `span_id` is the id in the wire form: the annotator's to choose, unique within the task only.
    """

    task = TenantForeignKey("tasks.Task", on_delete=models.PROTECT, related_name="spans")
    span_id = models.UUIDField()
    event = models.CharField(max_length=64)
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    #: Ids of tracks of the task, and of zones of the clip's camera.
    participants = models.JSONField(default=list)
    zones = models.JSONField(default=list)
    attributes = models.JSONField(default=dict)
    revision = models.PositiveIntegerField(default=1)
    deleted = models.BooleanField(default=False)
    updated_at = models.DateTimeField(default=now)

    class Meta(TenantOwned.Meta):
        db_table = "labels_span"
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("task"),
            models.UniqueConstraint(fields=["task", "span_id"], name="labels_span_once_a_task"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.start}-{self.end}"


class LabelSet(Attached):
    """What was handed in: canonical JSON with its hash, never changed."""

    append_only = True

    class Kind(models.TextChoices):
        WORK = "work"
        #: Made on a copy of a task, to be compared; called gold in rows of earlier versions.
        COPY = "copy"
        REVIEW = "review"

    task = TenantForeignKey(
        "tasks.Task", on_delete=models.PROTECT, related_name="label_sets", db_index=False
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    #: The vendor whose engagement brought the author here; None for the client's own people.
    vendor_id = models.UUIDField(null=True)
    kind = models.CharField(max_length=8, choices=Kind)
    round = models.PositiveSmallIntegerField()
    content = models.TextField()
    sha256 = models.CharField(max_length=64)
    track_count = models.PositiveIntegerField()
    event_count = models.PositiveIntegerField(default=0)
    submitted_at = models.DateTimeField(default=now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("task"),
            models.UniqueConstraint(fields=["task", "round"], name="labels_set_once_a_round"),
        ]

    def __str__(self) -> str:
        return f"{self.task_id} round {self.round}"


class Draft(TenantOwned):
    """Tracks that arrived after the lease was lost: kept, so that nobody's work is thrown away."""

    task = TenantForeignKey("tasks.Task", on_delete=models.PROTECT, related_name="drafts")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    token = models.BigIntegerField()
    #: As sent, JSON in ASCII: {"tracks", "deleted", "events"}, each a list. Checked only when it is
    #: saved again, so it may say what a jsonb column would refuse.
    content = models.TextField()
    saved_at = models.DateTimeField(default=now)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("task"),
            # One draft for each lost lease: a client that keeps sending replaces its own.
            models.UniqueConstraint(
                fields=["task", "author", "token"], name="labels_draft_once_a_lease"
            ),
        ]

    def __str__(self) -> str:
        return f"draft of {self.task_id}"


class LabelImport(TenantOwned):
    """A file of labels for a clip: read and checked first, taken over when somebody says so."""

    class Purpose(models.TextChoices):
        #: What people start from: proposed tracks in every task that nobody has begun.
        PROPOSAL = "proposal"
        #: The right labels, to measure people by.
        GOLD = "gold"

    clip = TenantForeignKey("intake.Clip", on_delete=models.PROTECT, related_name="label_imports")
    purpose = models.CharField(max_length=8, choices=Purpose)
    task_type = models.CharField(max_length=32)
    file_name = models.CharField(max_length=255)
    file_format = models.CharField(max_length=8)
    #: SHA-256 of the file as it came.
    sha256 = models.CharField(max_length=64)
    #: What was read of it, as in a label set.
    content = models.TextField()
    #: {"tracks", "events", "keyframes", "frames": [first, last] or null, "labels": {key: n}}
    counts = models.JSONField()
    #: What is wrong, each with its line; while there is anything, it is not taken over.
    problems = models.JSONField(default=list)
    cut_short = models.BooleanField(default=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=now, editable=False)
    applied_at = models.DateTimeField(null=True)
    #: {"tasks": n, "begun": n, "tracks": n}
    outcome = models.JSONField(default=dict)

    class Meta(TenantOwned.Meta):
        constraints = [*TenantOwned.Meta.constraints, tenant_reference("clip")]
        indexes = [
            models.Index(fields=["tenant", "clip", "created_at"], name="labels_imports_by_clip")
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.file_name}"
