"""Releases, and the events of each clip's SLA clock."""

from django.conf import settings
from django.db import models

from core.clock import now
from core.storage.models import StoredObject
from core.tenancy.constraints import TenantForeignKey, tenant_reference
from core.tenancy.models import TenantOwned
from tenants.contracts.models import Contract
from tenants.intake.models import Clip
from tenants.projects.models import Project
from workforce.delivery.sla import ClockAction

#: What labels can be delivered as.
FORMATS = ("coco", "cvat", "jsonl", "mot")


class Release(TenantOwned):
    """One version of a project's dataset, as delivered. Its package and manifest never change."""

    class State(models.TextChoices):
        BUILDING = "building"
        READY = "ready"
        FAILED = "failed"
        ACCEPTED = "accepted"
        DISPUTED = "disputed"

    project = TenantForeignKey(Project, on_delete=models.PROTECT, related_name="releases")
    number = models.PositiveIntegerField()
    formats = models.JSONField()
    #: Ids of the clips in it, fixed when it is ordered.
    clips = models.JSONField()
    state = models.CharField(max_length=16, choices=State, default=State.BUILDING)
    failure = models.TextField(blank=True)
    package = TenantForeignKey(
        StoredObject, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    manifest = models.JSONField(null=True)
    #: Ed25519 over the canonical manifest, 64 bytes.
    signature = models.BinaryField(max_length=64, null=True)
    #: {clip id: {unit: n}}, as in tenants.contracts.prices: what was delivered, for metering.
    units = models.JSONField(default=dict)
    dispute = models.TextField(blank=True)
    created_at = models.DateTimeField(default=now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    ready_at = models.DateTimeField(null=True)
    #: When the client's silence accepts it.
    accepted_by_silence_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("project"),
            tenant_reference("package"),
            models.UniqueConstraint(fields=["project", "number"], name="delivery_release_number"),
        ]
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"release {self.number}"


class AcceptanceDue(models.Model):
    """A ready release, and when the client's silence accepts it. Gone once it is decided."""

    shared_because = "the upkeep asks what is due before a scope is open; ids and an instant"

    release_id = models.UUIDField(primary_key=True, editable=False)
    tenant_id = models.UUIDField(editable=False)
    due_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.release_id} at {self.due_at}"


class Dispute(TenantOwned):
    """What a client said was wrong with a release, and the tasks that went round again for it."""

    append_only = True

    release = TenantForeignKey(Release, on_delete=models.PROTECT, related_name="disputes")
    reason = models.TextField()
    #: [{"clip", "frame", "track" or null, "text"}, ...]
    pins = models.JSONField(default=list)
    #: Ids of the reopened tasks.
    tasks = models.JSONField(default=list)
    disputed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    disputed_at = models.DateTimeField(default=now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("release"),
            models.UniqueConstraint(fields=["release"], name="delivery_one_dispute"),
        ]
        ordering = ["disputed_at"]

    def __str__(self) -> str:
        return f"dispute of {self.release_id}"


class SlaPolicy(TenantOwned):
    """The SLA of a contract with its holidays by date, as clocks are pinned to it."""

    append_only = True

    contract = TenantForeignKey(Contract, on_delete=models.PROTECT, related_name="+")
    #: {"sla": as in the contract, "calendar": pinned with its holidays, or null}.
    document = models.JSONField()
    #: SHA-256 of contract and document in hex: the same policy is kept once.
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("contract"),
            models.UniqueConstraint(fields=["tenant", "sha256"], name="delivery_one_policy"),
        ]

    def __str__(self) -> str:
        return f"policy {self.sha256[:8]}"


class ClockEvent(TenantOwned):
    """One event of the SLA clock of one clip."""

    append_only = True

    clip = TenantForeignKey(Clip, on_delete=models.PROTECT, related_name="clock_events")
    action = models.CharField(max_length=8, choices=[(a.value, a.value) for a in ClockAction])
    #: A PauseReason, for a pause.
    reason = models.CharField(max_length=40, blank=True)
    note = models.CharField(max_length=400, blank=True)
    #: The first event that finds a signed contract pins the clock to its policy.
    policy = TenantForeignKey(
        SlaPolicy, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(default=now)
    recorded_at = models.DateTimeField(default=now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("clip"),
            tenant_reference("policy"),
        ]
        ordering = ["at", "recorded_at"]
        indexes = [
            models.Index(
                fields=["clip"], condition=models.Q(action="pause"), name="delivery_clock_pauses"
            )
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.at}"


class SeamDecision(TenantOwned):
    """What somebody said of two tracks at a task's border; the newest about a pair holds."""

    append_only = True

    clip = TenantForeignKey(Clip, on_delete=models.PROTECT, related_name="seam_decisions")
    #: Ids of tracks, as in the label sets.
    earlier = models.UUIDField()
    later = models.UUIDField()
    same = models.BooleanField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(default=now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [*TenantOwned.Meta.constraints, tenant_reference("clip")]
        indexes = [models.Index(fields=["tenant", "clip", "decided_at"], name="delivery_seams")]

    def __str__(self) -> str:
        return f"{self.earlier} {'is' if self.same else 'is not'} {self.later}"


class OpenSeams(TenantOwned):
    """How many pairs of a clip's tracks wait for a decision, and the frames that show them.

    Counted anew when a task of the clip is accepted and when a pair is decided: lists and the door
    to the frames ask often, and stitching reads every label.
    """

    clip = TenantForeignKey(Clip, on_delete=models.CASCADE, related_name="open_seams")
    questions = models.PositiveIntegerField()
    #: Numbers of the frames that the page of the questions shows.
    frames = models.JSONField(default=list)
    counted_at = models.DateTimeField(default=now)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("clip"),
            models.UniqueConstraint(fields=["clip"], name="delivery_open_seams_once"),
        ]
        indexes = [
            # The list of them begins with the most.
            models.Index(
                fields=["tenant", "-questions"],
                name="delivery_seams_open",
                condition=models.Q(questions__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.questions} of {self.clip_id}"


class ReleasePolicy(TenantOwned):
    """What the releases of a project wait for. Without a row they wait for nothing more."""

    project = TenantForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    #: No release while a pair of tracks at a task's border is undecided.
    wait_for_seams = models.BooleanField(default=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("project"),
            models.UniqueConstraint(fields=["project"], name="delivery_one_release_policy"),
        ]

    def __str__(self) -> str:
        return f"releases of {self.project_id}"
