"""Batches, uploads under way, and the clips that they become."""

from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.db import models

from core.clock import now
from core.ids import new_id
from core.storage.models import StoredObject
from core.tenancy.constraints import TenantForeignKey, tenant_reference
from core.tenancy.models import TenantOwned
from tenants.projects.models import Camera, Project


class Batch(TenantOwned):
    """Footage that a client hands over together."""

    project = TenantForeignKey(Project, on_delete=models.PROTECT, related_name="batches")
    name = models.CharField(max_length=120)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("project"),
            models.UniqueConstraint(fields=["project", "name"], name="intake_batch_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Footage(TenantOwned):
    """What an upload knows of the footage and the clip keeps. The file name may be personal."""

    filename = models.CharField(max_length=255)
    #: The instant of the first frame, if the client knows it, and the zone of the camera's clock.
    starts_at = models.DateTimeField(null=True, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    created_at = models.DateTimeField(default=now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta(TenantOwned.Meta):
        abstract = True


class Clip(Footage):
    """One piece of footage, from its source object to its exact frames."""

    class State(models.TextChoices):
        RECEIVED = "received"
        PREPARING = "preparing"
        READY = "ready"
        REFUSED = "refused"
        ERASED = "erased"

    #: Nobody waits for these: they are no part of what a batch or a client's footage comes to.
    OVER: ClassVar = (State.REFUSED, State.ERASED)

    project = TenantForeignKey(Project, on_delete=models.PROTECT, related_name="clips")
    camera = TenantForeignKey(
        Camera, null=True, blank=True, on_delete=models.PROTECT, related_name="clips"
    )
    batch = TenantForeignKey(
        Batch, null=True, blank=True, on_delete=models.PROTECT, related_name="clips"
    )
    state = models.CharField(max_length=16, choices=State, default=State.RECEIVED)
    #: A stable code and a sentence for the client, when the footage could not be taken.
    refusal_reason = models.CharField(max_length=64, blank=True)
    refusal_message = models.TextField(blank=True)

    source = TenantForeignKey(StoredObject, on_delete=models.PROTECT, related_name="+")
    mezzanine = TenantForeignKey(
        StoredObject, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    frame_index = TenantForeignKey(
        StoredObject, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    thumbnails = TenantForeignKey(
        StoredObject, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    container = models.CharField(max_length=32, blank=True)
    codec = models.CharField(max_length=32, blank=True)
    #: Pixels of the decoded source after rotation, before padding or scaling.
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    frame_count = models.PositiveIntegerField(null=True, blank=True)
    #: Seconds, from the first frame's PTS to the end of the last.
    duration = models.FloatField(null=True, blank=True)
    #: One unit of the source's PTS is time_base_numerator / time_base_denominator seconds.
    time_base_numerator = models.PositiveIntegerField(null=True, blank=True)
    time_base_denominator = models.PositiveIntegerField(null=True, blank=True)
    variable_rate = models.BooleanField(default=False)
    has_audio = models.BooleanField(default=False)
    #: How much of the source preparation has been through, 0 to 100.
    prepared_percent = models.PositiveSmallIntegerField(default=0)
    prepared_at = models.DateTimeField(null=True, blank=True)

    class Meta(Footage.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            *[
                tenant_reference(field)
                for field in (
                    "project",
                    "camera",
                    "batch",
                    "source",
                    "mezzanine",
                    "frame_index",
                    "thumbnails",
                )
            ],
        ]
        indexes = [
            models.Index(fields=["tenant", "-created_at", "id"], name="intake_clips_by_date"),
            # The home asks for them, and there are few.
            models.Index(
                fields=["tenant", "-created_at", "id"],
                name="intake_clips_refused",
                condition=models.Q(state="refused"),
            ),
            # Clips that somebody waits for are counted along it.
            models.Index(
                fields=["tenant"],
                name="intake_clips_live",
                condition=~models.Q(state__in=["refused", "erased"]),
            ),
        ]
        ordering = ["-created_at", "id"]

    def __str__(self) -> str:
        return f"clip {self.id}"


class Upload(Footage):
    """A resumable upload: the bytes taken so far, and how they lie sealed.

    `segments` full segments lie in the staging named `store_key`, under the DEK wrapped here; the
    bytes after them, up to `offset`, are the object `tail`, under a key of its own.
    """

    class State(models.TextChoices):
        OPEN = "open"
        FINISHED = "finished"
        REFUSED = "refused"
        TERMINATED = "terminated"
        EXPIRED = "expired"

    OVER: ClassVar = (State.REFUSED, State.TERMINATED, State.EXPIRED)

    project = TenantForeignKey(Project, on_delete=models.PROTECT, related_name="uploads")
    camera = TenantForeignKey(
        Camera, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    batch = TenantForeignKey(
        Batch, null=True, blank=True, on_delete=models.PROTECT, related_name="uploads"
    )
    clip = TenantForeignKey(
        Clip, null=True, blank=True, on_delete=models.PROTECT, related_name="uploads"
    )
    state = models.CharField(max_length=16, choices=State, default=State.OPEN)
    #: Bytes of plaintext: in all, and taken.
    size = models.BigIntegerField()
    offset = models.BigIntegerField(default=0)
    #: What the client computed, 32 bytes, or empty when it did not say.
    declared_sha256 = models.BinaryField(max_length=32, blank=True)
    #: The Upload-Metadata header as the client sent it: tus asks for it back on HEAD.
    metadata = models.TextField(blank=True)
    expires_at = models.DateTimeField()

    object_id = models.UUIDField(default=new_id, editable=False)
    #: Number of streams begun for this upload, and of the one that holds its bytes (0: none yet).
    generation = models.PositiveIntegerField(default=0)
    stream_generation = models.PositiveIntegerField(default=0)
    header = models.BinaryField(max_length=40, blank=True)
    wrapped_dek = models.BinaryField(max_length=61, blank=True)
    commitment = models.BinaryField(max_length=32, blank=True)
    key_version = models.PositiveIntegerField(default=0)
    segments = models.PositiveIntegerField(default=0)
    tail = TenantForeignKey(
        StoredObject, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    #: Who writes, and until when if nothing more is heard. One that is still named when its time is
    #: over has crashed: its stream is never written to again.
    writer = models.UUIDField(null=True, editable=False)
    writer_until = models.DateTimeField(null=True, editable=False)
    #: Something was sealed that does not count: begin a new stream before sealing more.
    stale = models.BooleanField(default=False)

    class Meta(Footage.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            *[tenant_reference(name) for name in ("project", "camera", "batch", "clip", "tail")],
        ]

    def __str__(self) -> str:
        return f"upload {self.id}"

    def stream_name(self, generation: int) -> str:
        """The staging, and later the key in the store, of one of this upload's streams."""
        object_id: UUID = self.object_id
        return f"{object_id.hex}.{generation}"

    @property
    def store_key(self) -> str:
        return self.stream_name(self.stream_generation)


class ErasureCertificate(TenantOwned):
    """What was said, and signed, when a clip was erased."""

    append_only = True

    clip = TenantForeignKey(Clip, on_delete=models.PROTECT, related_name="certificates")
    #: Canonical JSON with its signature, as `core.storage.certificate` writes it.
    document = models.BinaryField()
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("clip"),
            models.UniqueConstraint(fields=["clip"], name="intake_one_certificate"),
        ]

    def __str__(self) -> str:
        return f"certificate of {self.clip_id}"
