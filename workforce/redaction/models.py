"""What a project hides, and each run that hid it in a clip."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import models

from core.clock import now
from core.storage.models import StoredObject
from core.tenancy.constraints import TenantForeignKey, tenant_reference
from core.tenancy.models import TenantOwned
from tenants.intake.models import Clip
from tenants.projects.models import Project
from workforce.redaction.detectors.recipe import Mode


class RedactionPolicy(TenantOwned):
    """A version of what is hidden in a project's deliveries; the highest number is in force.

    A project without a row has what its contract says, or the defaults.
    """

    append_only = True

    class Audio(models.TextChoices):
        DROP = "drop"
        KEEP = "keep"
        #: Silence that lasts as long.
        MUTE = "mute"

    class DetectionMode(models.TextChoices):
        FAST = Mode.FAST.value
        QUALITY = Mode.QUALITY.value

    class Cover(models.TextChoices):
        BLUR = "blur"
        PIXELATE = "pixelate"
        SOLID = "solid"

    class Checkers(models.TextChoices):
        """Who may correct and check masks: the client's administrators, engaged reviewers."""

        ADMINS = "admins"
        REVIEWERS = "reviewers"
        BOTH = "both"

    project = TenantForeignKey(Project, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField(default=1)
    faces = models.BooleanField(default=True)
    plates = models.BooleanField(default=True)
    #: The top of each person, for faces too small to detect.
    heads = models.BooleanField(default=False)
    audio = models.CharField(max_length=8, choices=Audio, default=Audio.KEEP)
    mode = models.CharField(max_length=8, choices=DetectionMode, default=DetectionMode.QUALITY)
    #: Boxes [x1, y1, x2, y2], source pixels, of the cameras' own writing: never taken for a plate.
    overlays = models.JSONField(default=list)
    cover = models.CharField(max_length=8, choices=Cover, default=Cover.BLUR)
    #: Growth of each side of what was found: 0.35 makes 100 px into 135 px.
    padding = models.FloatField(default=0.35)
    least_score = models.FloatField(default=0.0)
    #: Limits of the release gate; null sets none.
    most_exposed_share = models.FloatField(null=True)
    most_exposed_seconds = models.FloatField(null=True)
    #: What a copy may say of its recording (core.media.tags); nothing by default.
    keep_tags = models.JSONField(default=list)
    #: A copy that nobody has checked is held back from release.
    check_required = models.BooleanField(default=False)
    checkers = models.CharField(max_length=10, choices=Checkers, default=Checkers.ADMINS)
    #: The code of a clearance that a vendor's reviewer must hold; empty asks for none.
    check_clearance = models.CharField(max_length=63, blank=True)
    updated_at = models.DateTimeField(default=now)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("project"),
            models.UniqueConstraint(
                fields=["project", "number"], name="redaction_policy_number_of_project"
            ),
        ]

    def __str__(self) -> str:
        return f"redaction policy {self.id}"


class RedactionRun(TenantOwned):
    """One pass over a clip: look, render, measure. The policy is the one of its start."""

    class State(models.TextChoices):
        DETECTING = "detecting"
        #: A person's corrections are laid over what the engine found.
        COMPOSING = "composing"
        RENDERING = "rendering"
        MEASURING = "measuring"
        DONE = "done"
        FAILED = "failed"

    clip = TenantForeignKey(Clip, on_delete=models.PROTECT, related_name="redactions")
    policy = models.JSONField()
    #: The version it was; 0 where the contract or the default decided.
    policy_number = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=16, choices=State, default=State.DETECTING)
    #: The places that were masked (redaction.masks), encrypted: they say where people were.
    masks = TenantForeignKey(
        StoredObject, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    output = TenantForeignKey(
        StoredObject, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    #: What the witness saw and masks leave bare, encrypted for the same reason.
    findings = TenantForeignKey(
        StoredObject, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    #: The run whose detection this one shows again, with the masks that people corrected.
    based_on = TenantForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    #: Which of the corrections it shows; 0 is the engine's masks alone.
    revision = models.PositiveIntegerField(default=0)
    report = models.JSONField(default=dict)
    #: Why it failed: a code and a sentence for a person.
    failure_code = models.CharField(max_length=64, blank=True)
    failure_message = models.TextField(blank=True)
    created_at = models.DateTimeField(default=now, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            *[
                tenant_reference(field)
                for field in ("clip", "masks", "output", "findings", "based_on")
            ],
            models.UniqueConstraint(
                fields=["clip"],
                condition=models.Q(state__in=["detecting", "composing", "rendering", "measuring"]),
                name="redaction_one_open_run",
            ),
        ]
        indexes = [
            models.Index(fields=["clip", "-created_at"], name="redaction_runs_by_clip"),
            models.Index(
                fields=["tenant", "-created_at", "id"],
                name="redaction_copies_by_date",
                condition=models.Q(state="done"),
            ),
        ]
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"redaction {self.id}"

    @property
    def is_over(self) -> bool:
        """Whether it is done or has failed."""
        return self.state in {self.State.DONE, self.State.FAILED}

    @property
    def root_id(self) -> UUID:
        """The run that looked at the clip: corrections are laid over what it found."""
        root: UUID = self.based_on_id or self.id
        return root


class RedactionOverride(TenantOwned):
    """Why a copy of which more is exposed than the policy allows may be released all the same."""

    append_only = True

    run = TenantForeignKey(RedactionRun, on_delete=models.PROTECT, related_name="overrides")
    reason = models.CharField(max_length=400)
    allowed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("run"),
            models.UniqueConstraint(fields=["run"], name="redaction_one_override"),
        ]

    def __str__(self) -> str:
        return f"override of {self.run_id}"


class MaskRevision(TenantOwned):
    """All corrections of a clip's masks as a person saved them; the highest number counts."""

    append_only = True

    run = TenantForeignKey(RedactionRun, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    #: The corrections (redaction.corrections), encrypted: they say where people were.
    edits = TenantForeignKey(StoredObject, on_delete=models.PROTECT, related_name="+")
    #: Tracks drawn, changed and dropped.
    counts = models.JSONField(default=dict)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("run"),
            tenant_reference("edits"),
            models.UniqueConstraint(fields=["run", "number"], name="redaction_revision_number"),
        ]

    def __str__(self) -> str:
        return f"revision {self.number} of {self.run_id}"


class MaskLease(TenantOwned):
    """Who works on a run's masks now; the token grows with each taking and fences old windows."""

    run = TenantForeignKey(RedactionRun, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    token = models.PositiveIntegerField(default=1)
    lease_until = models.DateTimeField()

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("run"),
            models.UniqueConstraint(fields=["run"], name="redaction_one_lease"),
        ]

    def __str__(self) -> str:
        return f"lease of {self.run_id}"


class MaskCheck(TenantOwned):
    """That a person looked at the suspicious frames of a copy, and which they were."""

    append_only = True

    run = TenantForeignKey(RedactionRun, on_delete=models.PROTECT, related_name="checks")
    frames = models.JSONField(default=list)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [*TenantOwned.Meta.constraints, tenant_reference("run")]

    def __str__(self) -> str:
        return f"check of {self.run_id}"
