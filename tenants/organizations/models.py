"""Who asked to become a client or vendor, who they are, and whom they invited."""

from django.conf import settings
from django.db import models

from core.clock import now
from core.tenancy.models import TenantOwned


class Application(TenantOwned):
    """Somebody asks to become a client or a vendor. The provider owns these rows."""

    class Kind(models.TextChoices):
        CLIENT = "client"
        VENDOR = "vendor"

    class State(models.TextChoices):
        OPEN = "open"
        APPROVED = "approved"
        DECLINED = "declined"

    kind = models.CharField(max_length=8, choices=Kind)
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=63)
    contact_name = models.CharField(max_length=120)
    contact_email = models.EmailField()
    message = models.TextField(max_length=2000, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    decided_at = models.DateTimeField(null=True)
    organization_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta(TenantOwned.Meta):
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name


class Profile(TenantOwned):
    """What an organization is called, in its own scope."""

    name = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=64, default="UTC")
    #: As it stands on invoices, several lines; empty until somebody wrote it down.
    address = models.TextField(max_length=400, blank=True)
    tax_number = models.CharField(max_length=40, blank=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            models.UniqueConstraint(fields=["tenant"], name="organizations_one_profile"),
        ]

    def __str__(self) -> str:
        return self.name


class KeyPlan(TenantOwned):
    """How often an organization wants its key replaced. Without a row: when somebody asks."""

    class Every(models.IntegerChoices):
        ON_REQUEST = 0, "only when we ask for it"
        QUARTER = 90, "every 90 days"
        YEAR = 365, "every year"

    days = models.PositiveSmallIntegerField(choices=Every, default=Every.ON_REQUEST)
    chosen_at = models.DateTimeField(default=now)

    class Meta(TenantOwned.Meta):
        constraints = [
            *TenantOwned.Meta.constraints,
            models.UniqueConstraint(fields=["tenant"], name="organizations_one_key_plan"),
        ]

    def __str__(self) -> str:
        return self.get_days_display()


class Invitation(TenantOwned):
    """A person is asked to join an organization. The link works once, until it expires."""

    email = models.EmailField()
    role = models.CharField(max_length=32)
    #: SHA-256 of the link's secret.
    digest = models.BinaryField(max_length=32)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=now, editable=False)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.email
