"""What an organization is called and where it sits."""

from uuid import UUID

from django.db import transaction

from core.access.actors import Actor
from core.audit.log import record
from core.tenancy.names import forget_name, names_are_read_by
from core.tenancy.scope import scope
from tenants.organizations.models import Profile


def change_profile(
    *, actor: Actor, tenant: UUID, name: str, address: str, tax_number: str, time_zone: str
) -> Profile:
    """Write an organization's details down; the log says which changed, not to what."""
    given = {"name": name, "address": address, "tax_number": tax_number, "time_zone": time_zone}
    with scope(tenant):
        profile = Profile.objects.select_for_update().first() or Profile(tenant_id=tenant)
        changed = [field for field, value in given.items() if getattr(profile, field) != value]
        if changed:
            for field in changed:
                setattr(profile, field, given[field])
            profile.save()
            record(
                action="organization.details.changed",
                actor=actor,
                tenant=tenant,
                subject=("organization", tenant),
                details={"fields": changed},
            )
        transaction.on_commit(lambda: forget_name(tenant))
    return profile


def _own_name() -> str:
    name: str | None = Profile.objects.values_list("name", flat=True).first()
    return name or ""


names_are_read_by(_own_name)
