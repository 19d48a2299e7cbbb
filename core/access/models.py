"""Memberships, engagements and grants: who may enter whose scope.

These are read before any scope is open, hence shared; they hold ids, roles and dates only.
"""

from typing import Any

from django.conf import settings
from django.db import models
from guardian.managers import UserObjectPermissionManager
from guardian.models import UserObjectPermissionBase

from core.access.permissions import Role
from core.clock import now
from core.ids import new_id
from core.tenancy.managers import ScopedManager
from core.tenancy.models import Organization, TenantOwned


class Membership(models.Model):
    """A person's role in one organization."""

    shared_because = "answers which scopes a person may enter, before one is open"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="memberships"
    )
    role = models.CharField(max_length=32, choices=[(r.value, r.value) for r in Role])
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organization", "role"], name="access_one_membership_a_role"
            )
        ]

    def __str__(self) -> str:
        return f"{self.role} in {self.organization_id}"


class Engagement(models.Model):
    """A client lets a vendor's people work on its footage, from and until."""

    shared_because = "answers which clients a vendor's people may work for, before a scope is open"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    client = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="engagements")
    vendor = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="engaged_by")
    starts_at = models.DateTimeField(default=now)
    ends_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client", "vendor"],
                condition=models.Q(ends_at__isnull=True),
                name="access_one_open_engagement",
            )
        ]

    def __str__(self) -> str:
        return f"{self.vendor_id} for {self.client_id}"


class AuditorGrant(models.Model):
    """An auditor may read one organization's log for a stated purpose, until a date."""

    shared_because = "answers which logs an auditor may read, before a scope is open"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="auditor_grants"
    )
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=now, editable=False)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user_id} on {self.organization_id}"


class GrantManager(ScopedManager[Any], UserObjectPermissionManager):  # type: ignore[misc]
    """guardian's manager, behind the scope."""


class ObjectGrant(TenantOwned, UserObjectPermissionBase):  # type: ignore[misc]
    """Base of a guardian permission on one object of one tenant: a direct foreign key, scoped.

    guardian's generic table has a text key and no tenant, so each kind of object that can be
    granted has a subclass with `content_object = models.ForeignKey(Thing, on_delete=CASCADE)`.
    """

    objects = GrantManager()

    class Meta(TenantOwned.Meta):
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Take the tenant from the object that the grant is on."""
        if self._state.adding:
            self.tenant_id = self.content_object.tenant_id
        super().save(*args, **kwargs)
