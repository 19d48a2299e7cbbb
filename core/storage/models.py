"""What is in the object store: one row for each object, with its data key wrapped."""

from django.db import models

from core.clock import now
from core.tenancy.constraints import TenantForeignKey, tenant_reference
from core.tenancy.models import TenantOwned


class StoredObject(TenantOwned):
    """A committed object. Its bytes are ciphertext in the store, under `store_key`.

    An erased one keeps its row and hashes, for the certificate, and has no key any more.
    """

    kind = models.CharField(max_length=40)
    #: Bytes of plaintext.
    size = models.BigIntegerField()
    sha256 = models.BinaryField(max_length=32)
    ciphertext_sha256 = models.BinaryField(max_length=32)
    store_key = models.CharField(max_length=81, unique=True)
    #: The sealed DEK, 61 bytes; empty once the object is erased.
    wrapped_dek = models.BinaryField(max_length=61)
    key_version = models.PositiveIntegerField()
    commitment = models.BinaryField(max_length=32)
    created_at = models.DateTimeField(default=now, editable=False)
    erased_at = models.DateTimeField(null=True, editable=False)

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class Derivation(TenantOwned):
    """`child` was made from `parent`, so whoever erases the one erases the other."""

    parent = TenantForeignKey(StoredObject, on_delete=models.PROTECT, related_name="derived")
    child = TenantForeignKey(StoredObject, on_delete=models.PROTECT, related_name="made_from")

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("parent"),
            tenant_reference("child"),
            models.UniqueConstraint(fields=["parent", "child"], name="storage_one_derivation"),
        ]

    def __str__(self) -> str:
        return f"{self.child_id} from {self.parent_id}"


class KeyRotation(TenantOwned):
    """An organization's data keys on their way under a new version of its key."""

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"

    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    #: The version that everything moves to.
    version = models.PositiveIntegerField()
    #: Data keys that were under earlier versions at the start, and those moved since.
    total = models.PositiveBigIntegerField(default=0)
    moved = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(default=now, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            models.UniqueConstraint(
                fields=["tenant"],
                condition=models.Q(state="running"),
                name="storage_one_rotation_at_a_time",
            ),
        ]
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"rotation to key {self.version} of {self.tenant_id}"
