"""Notices: what is said lies with its organization; that something is unread lies with the person.

A person may belong to several organizations, and no query reads two of them. So the bell, the order
of the list and the e-mails that are due are read from `Mark`, which says nothing of what happened;
the words are then read in each organization's scope, which its policy shuts to who left.
"""

from django.conf import settings
from django.db import models

from core.clock import now
from core.notices.kinds import Way
from core.tenancy.models import TenantOwned


class Notice(TenantOwned):
    """What one person is told. `parts` fill the sentence of its kind; `path` leads to the act."""

    person_id = models.UUIDField()
    kind = models.CharField(max_length=40)
    #: What happened, for this kind: a repeated event makes no second notice.
    key = models.CharField(max_length=120)
    parts = models.JSONField(default=dict)
    path = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            models.UniqueConstraint(
                fields=["tenant", "person_id", "kind", "key"], name="notices_told_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.person_id}"


class Mark(models.Model):
    """That a notice is there for somebody, and whether it was read or sent."""

    shared_because = "a person's bell counts over their organizations, before one is open; ids only"

    #: The notice's own id.
    id = models.UUIDField(primary_key=True, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    tenant_id = models.UUIDField(editable=False)
    kind = models.CharField(max_length=40)
    created_at = models.DateTimeField(default=now, editable=False)
    read_at = models.DateTimeField(null=True)
    #: Whether it waits for the next daily e-mail.
    in_digest = models.BooleanField(default=False)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["person", "-created_at", "id"], name="notices_inbox"),
            models.Index(
                fields=["person", "tenant_id"],
                name="notices_unread",
                condition=models.Q(read_at__isnull=True),
            ),
            models.Index(
                fields=["person", "created_at"],
                name="notices_digest",
                condition=models.Q(in_digest=True),
            ),
            models.Index(fields=["created_at"], name="notices_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.person_id}"


class Preference(models.Model):
    """How a person wants to hear of a kind, where they chose otherwise than the list."""

    shared_because = "a person's own choice, the same in all their organizations"

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    way = models.SmallIntegerField(choices=[(way.value, way.name.lower()) for way in Way])

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "kind"], name="notices_one_choice_a_kind")
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.way}"


class DigestHour(models.Model):
    """At which hour of their own day a person wants the daily e-mail."""

    shared_because = "a person's own choice, the same in all their organizations"

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    hour = models.SmallIntegerField(default=8)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(hour__gte=0, hour__lte=23), name="notices_hour_of_a_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.hour}:00"


class Round(models.Model):
    """When an organization was last looked through for what no event tells of."""

    shared_because = "the sweeper asks which organizations are due before a scope is open; ids only"

    id = models.BigAutoField(primary_key=True)
    job = models.CharField(max_length=80)
    tenant_id = models.UUIDField(editable=False)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "tenant_id"], name="notices_one_round_a_job")
        ]

    def __str__(self) -> str:
        return f"{self.job} of {self.tenant_id}"
