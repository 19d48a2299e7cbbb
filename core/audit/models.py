"""The rows of the transparency log. Only erasable values and the sequencer's cursor ever change."""

from typing import Any

from django.db import models
from django.db.models.expressions import Func

from core.audit import lookups  # noqa: F401 - registers them
from core.clock import now
from core.tenancy.constraints import TenantForeignKey, tenant_reference
from core.tenancy.models import Attached, TenantOwned, WrittenOften


class XidField(models.Field):  # type: ignore[type-arg]
    """A PostgreSQL transaction id with its epoch (xid8): it never wraps."""

    def db_type(self, connection: Any) -> str:
        return "xid8"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> int | None:
        return None if value is None else int(value)

    def get_prep_value(self, value: Any) -> Any:
        return value if value is None or hasattr(value, "resolve_expression") else str(int(value))


class CurrentTransaction(Func):
    """pg_current_xact_id(): the id of the transaction that writes the row."""

    function = "pg_current_xact_id"
    output_field = XidField()


class AuditEntry(WrittenOften):
    """An entry as it was logged. `body` is the truth; the columns beside it are for filters."""

    append_only = True

    #: Canonical JSON, see core.audit.log.
    body = models.BinaryField()
    leaf_hash = models.BinaryField(max_length=32)
    time = models.DateTimeField()
    action = models.CharField(max_length=80)
    actor_id = models.UUIDField(null=True)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=80)

    class Meta(TenantOwned.Meta):
        indexes = [
            models.Index(fields=["tenant", "time", "id"], name="audit_by_time"),
            models.Index(fields=["tenant", "action", "time", "id"], name="audit_by_action"),
            models.Index(fields=["tenant", "actor_id", "time", "id"], name="audit_by_actor"),
            models.Index(
                fields=["tenant", "subject_kind", "subject_id", "time", "id"],
                name="audit_by_subject",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.id}"


class AuditPending(models.Model):
    """That an entry waits for its index. Written with the entry, read by the sequencer."""

    shared_because = (
        "the sequencer orders all tenants' entries before it opens a scope; hashes only"
    )
    append_only = True

    id = models.BigAutoField(primary_key=True)
    xid = XidField(db_default=CurrentTransaction(), editable=False)
    tenant_id = models.UUIDField(editable=False)
    entry_id = models.UUIDField(editable=False)
    leaf_hash = models.BinaryField(max_length=32)

    class Meta:
        indexes = [models.Index(fields=["xid", "id"], name="audit_pending_order")]

    def __str__(self) -> str:
        return f"{self.xid}:{self.id}"


class SequencerCursor(models.Model):
    """How far the sequencer has read the pending rows: one row."""

    shared_because = "the sequencer's own place among all tenants' pending rows; two numbers"

    id = models.SmallIntegerField(primary_key=True, default=1)
    xid = XidField()
    pending_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.xid}:{self.pending_id}"


class PersonalValue(Attached):
    """A personal value that an entry commits to. Erasing it leaves the entry's proof whole."""

    entry = TenantForeignKey(
        AuditEntry, on_delete=models.PROTECT, related_name="personal_values", db_index=False
    )
    name = models.CharField(max_length=40)
    salt = models.BinaryField(max_length=32)
    value = models.TextField()
    #: Whom the value is about, where that is an account: erasure finds it by this.
    person_id = models.UUIDField(null=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("entry"),
            models.UniqueConstraint(fields=["entry", "name"], name="audit_one_value_a_name"),
        ]
        indexes = [models.Index(fields=["tenant", "person_id"], name="audit_personal_by_person")]

    def __str__(self) -> str:
        return f"{self.name} of {self.entry_id}"


class AuditLeaf(WrittenOften):
    """The index that an entry got in its tenant's tree."""

    append_only = True

    index = models.BigIntegerField()
    entry = TenantForeignKey(
        AuditEntry, on_delete=models.PROTECT, related_name="leaves", db_index=False
    )
    hash = models.BinaryField(max_length=32)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("entry"),
            models.UniqueConstraint(fields=["tenant", "index"], name="audit_leaf_index"),
            models.UniqueConstraint(fields=["tenant", "entry"], name="audit_leaf_entry"),
        ]

    def __str__(self) -> str:
        return str(self.index)


class AuditNode(WrittenOften):
    """The hash of a full subtree of 2**level leaves; level 1 and up, leaves are AuditLeaf."""

    append_only = True

    level = models.SmallIntegerField()
    position = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            models.UniqueConstraint(
                fields=["tenant", "level", "position"], name="audit_node_address"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.level}/{self.position}"


class Checkpoint(TenantOwned):
    """A signed tree head. `xid` and `pending_id` say which pending row was the last one in it."""

    append_only = True

    size = models.BigIntegerField()
    root = models.BinaryField(max_length=32)
    note = models.TextField()
    signed_at = models.DateTimeField(default=now)
    xid = XidField()
    pending_id = models.BigIntegerField()

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            models.UniqueConstraint(fields=["tenant", "size"], name="audit_checkpoint_size"),
        ]

    def __str__(self) -> str:
        return str(self.size)
