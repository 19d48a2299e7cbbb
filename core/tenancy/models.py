"""The thin row of an organization, and the base of everything that one owns."""

from typing import Any, ClassVar

from django.db import models

from core.clock import now
from core.ids import new_id
from core.tenancy.managers import ScopedManager, check_owner


class Organization(models.Model):
    """A client (tenant), a vendor, or the provider itself. Content-free: its profile is scoped."""

    shared_because = "resolves the slug of a URL to a scope before any scope is open"

    class Kind(models.TextChoices):
        CLIENT = "client"
        VENDOR = "vendor"
        PROVIDER = "provider"

    class State(models.TextChoices):
        ACTIVE = "active"
        SUSPENDED = "suspended"
        CLOSED = "closed"

    class Reason(models.TextChoices):
        """Why it is not active: a word of ours, nothing of theirs. What else there is to say is
        in the organization's log.
        """

        UNPAID = "unpaid", "an invoice is overdue"
        REQUESTED = "requested", "the organization asked for it"
        SECURITY = "security", "an account may be in wrong hands"
        MISUSE = "misuse", "it was used against the terms"
        ENDED = "ended", "its contract has ended"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.SlugField(max_length=63, unique=True)
    kind = models.CharField(max_length=16, choices=Kind)
    state = models.CharField(max_length=16, choices=State, default=State.ACTIVE)
    state_reason = models.CharField(max_length=16, choices=Reason, blank=True)
    state_since = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=now, editable=False)

    def __str__(self) -> str:
        return self.slug


class TenantOwned(models.Model):
    """Base of every row that belongs to one organization.

    A post-migrate step gives each such table its policy, forced, and its grants (`core.tenancy.
    policies`). `append_only` tables may be read and added to, and nothing else, by anyone.
    """

    append_only: ClassVar[bool] = False

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")

    objects = ScopedManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "id"], name="%(app_label)s_%(class)s_tenant_id"
            )
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        check_owner(self)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        check_owner(self)
        return super().delete(*args, **kwargs)


class WrittenOften(TenantOwned):
    """Base of rows that nearly every write leaves behind: each index of theirs is paid for there.

    The tenant alone has none: the one on tenant and id finds its rows as well. A second one would
    also mislead the planner while the table is new, into reading all rows of a tenant for one.
    """

    tenant = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta(TenantOwned.Meta):
        abstract = True


class Attached(WrittenOften):
    """Base of rows that hang on another row of their tenant by a composite reference.

    That reference says that there is such a tenant; another one straight to the organization would
    say it again at each row, and lock the organization's row for it.
    """

    tenant = models.ForeignKey(
        Organization,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )

    class Meta(TenantOwned.Meta):
        abstract = True
