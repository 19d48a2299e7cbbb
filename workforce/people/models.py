"""A vendor's people: what they can do, may do, and when.

The rows of a vendor are in its scope. What the lease must read across scopes is kept beside them
in two thin tables, `Standing` and `Availability`: codes, ids and dates, written again with each
change of a worker (`workforce.people.standing.publish`).
"""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from core.clock import now
from core.ids import new_id
from core.tenancy.constraints import TenantForeignKey, tenant_reference
from core.tenancy.models import TenantOwned


class Worker(TenantOwned):
    """An annotator or reviewer of one vendor (the tenant of this row)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    active = models.BooleanField(default=True)
    #: IANA name; shifts and the daily limit are told in it.
    time_zone = models.CharField(max_length=64, default="UTC")
    #: How many leases the person may hold at the same time.
    tasks_at_once = models.PositiveSmallIntegerField(default=2)
    #: Longest time on tasks in a day, in minutes; None for no limit.
    minutes_per_day = models.PositiveSmallIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            models.UniqueConstraint(fields=["tenant", "user"], name="people_one_worker_a_vendor"),
        ]

    def __str__(self) -> str:
        return str(self.user_id)


class Skill(TenantOwned):
    """A worker may do tasks of one type up to a level, until the certificate expires."""

    worker = TenantForeignKey(Worker, on_delete=models.CASCADE, related_name="skills")
    task_type = models.CharField(max_length=32)
    #: 1 when taken on; more is earned on quizzes.
    level = models.PositiveSmallIntegerField(default=1)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("worker"),
            models.UniqueConstraint(fields=["worker", "task_type"], name="people_skill_once"),
        ]

    def __str__(self) -> str:
        return self.task_type


class Qualification(TenantOwned):
    """What else opens or closes work to a worker, from and until."""

    class Kind(models.TextChoices):
        CERTIFICATE = "certificate"
        CLEARANCE = "clearance"
        LANGUAGE = "language"
        #: Signed for one client.
        NDA = "nda"
        #: May not work for this client.
        CONFLICT = "conflict"
        #: Works for the clients so named only; without any, for all.
        ONLY_FOR = "only_for"

    #: Kinds whose value is a client's id.
    OF_CLIENTS = frozenset({Kind.NDA, Kind.CONFLICT, Kind.ONLY_FOR})

    worker = TenantForeignKey(Worker, on_delete=models.CASCADE, related_name="qualifications")
    kind = models.CharField(max_length=12, choices=Kind)
    value = models.CharField(max_length=63)
    starts_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("worker"),
            models.UniqueConstraint(
                fields=["worker", "kind", "value"], name="people_qualification_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"


class Shift(TenantOwned):
    """A stretch of every week in the worker's own time; it may pass midnight."""

    worker = TenantForeignKey(Worker, on_delete=models.CASCADE, related_name="shifts")
    #: 0 is Monday.
    weekday = models.PositiveSmallIntegerField()
    #: Minutes after midnight, and minutes long.
    start = models.PositiveSmallIntegerField()
    minutes = models.PositiveSmallIntegerField()

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("worker"),
            models.UniqueConstraint(
                fields=["worker", "weekday", "start"], name="people_shift_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.weekday} {self.start}+{self.minutes}"


class ShiftException(TenantOwned):
    """A day that differs from the pattern: off, or with hours of its own."""

    worker = TenantForeignKey(Worker, on_delete=models.CASCADE, related_name="exceptions")
    day = models.DateField()
    #: None: the day is off.
    start = models.PositiveSmallIntegerField(null=True, blank=True)
    minutes = models.PositiveSmallIntegerField(default=0)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            tenant_reference("worker"),
            models.UniqueConstraint(fields=["worker", "day"], name="people_exception_once"),
        ]

    def __str__(self) -> str:
        return f"{self.day}"


class RosterImport(TenantOwned):
    """A list of people that was read and not yet taken over. Its text goes when it was applied."""

    content = models.TextField(blank=True)
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=now, editable=False)
    applied_at = models.DateTimeField(null=True)
    #: {"new": 3, "change": 1, "same": 10, "invite": 2}, once applied.
    outcome = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"roster {self.sha256[:8]}"


class Standing(models.Model):
    """One thing that a person of a vendor holds, as the lease reads it."""

    shared_because = "the lease reads who may take what across clients' scopes; codes and dates"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    vendor_id = models.UUIDField()
    person_id = models.UUIDField()
    #: "skill", "gate" (a skill that quality has closed) or a kind of Qualification.
    kind = models.CharField(max_length=12)
    value = models.CharField(max_length=63)
    level = models.PositiveSmallIntegerField(default=1)
    starts_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["vendor_id", "person_id", "kind", "value"], name="people_standing_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.kind} {self.value}"


class Availability(models.Model):
    """When a person of a vendor works and how much they take, as the lease reads it.

    Minutes are wall-clock minutes of the person's own zone: of the week from Monday 00:00, or
    since 1970-01-01 00:00.
    """

    shared_because = "the lease reads shifts and capacity across clients' scopes; numbers only"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    vendor_id = models.UUIDField()
    person_id = models.UUIDField()
    active = models.BooleanField(default=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    tasks_at_once = models.PositiveSmallIntegerField(default=2)
    minutes_per_day = models.PositiveSmallIntegerField(null=True)
    week_starts = ArrayField(models.IntegerField(), default=list)
    week_minutes = ArrayField(models.IntegerField(), default=list)
    #: Days since 1970-01-01 on which the pattern does not hold.
    other_days = ArrayField(models.IntegerField(), default=list)
    extra_starts = ArrayField(models.IntegerField(), default=list)
    extra_minutes = ArrayField(models.IntegerField(), default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["vendor_id", "person_id"], name="people_availability_once"
            )
        ]

    def __str__(self) -> str:
        return str(self.person_id)
