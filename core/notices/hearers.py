"""Who is told, and which organizations' notices a person may still read."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Q

from core.access.models import AuditorGrant, Engagement, Membership
from core.access.permissions import ENGAGED_PERMISSIONS, Role
from core.clock import now
from core.tenancy.models import Organization


def _open_now() -> Q:
    instant = now()
    return Q(starts_at__lte=instant) & (Q(ends_at__isnull=True) | Q(ends_at__gt=instant))


def hearers(tenant: UUID, roles: Iterable[Role]) -> set[UUID]:
    """Give the active people who hold one of `roles` in an organization.

    Its own members, the people of the vendors that it engages, and the auditors granted on it.
    """
    wanted = set(roles)
    engaged = Engagement.objects.filter(_open_now(), client_id=tenant, vendor__state="active")
    places = [tenant, *engaged.values_list("vendor_id", flat=True)]
    members = Membership.objects.filter(
        organization_id__in=places, role__in=wanted, user__is_active=True
    )
    found = set(members.values_list("user_id", flat=True))
    if Role.AUDITOR in wanted:
        granted = AuditorGrant.objects.filter(
            organization_id=tenant, expires_at__gt=now(), user__is_active=True
        )
        found |= set(granted.values_list("user_id", flat=True))
    return found


def places_of(person: Any) -> set[UUID]:
    """Give the organizations whose notices a person may read now: where they belong, are engaged or
    granted. An operator's are those of the provider's own desk.
    """
    memberships = list(Membership.objects.filter(user=person).select_related("organization"))
    own = {m.organization_id for m in memberships if m.organization.state != "closed"}
    vendors = {
        m.organization_id
        for m in memberships
        if Role(m.role) in ENGAGED_PERMISSIONS and m.organization.state == "active"
    }
    clients: set[UUID] = set()
    if vendors:
        engaged = Engagement.objects.filter(
            _open_now(), vendor_id__in=vendors, client__state=Organization.State.ACTIVE
        )
        clients = set(engaged.values_list("client_id", flat=True))
    granted: set[UUID] = set()
    if any(Role(m.role) == Role.AUDITOR for m in memberships):
        grants = AuditorGrant.objects.filter(user=person, expires_at__gt=now())
        rows = grants.exclude(organization__state="closed")
        granted = set(rows.values_list("organization_id", flat=True))
    return own | clients | granted


def roles_of(person: Any) -> frozenset[Role]:
    """Give the roles that a person holds anywhere."""
    rows = Membership.objects.filter(user=person).values_list("role", flat=True)
    return frozenset(Role(role) for role in rows)


def managers_by_vendor(client: UUID) -> dict[str, set[UUID]]:
    """Give the managers of each vendor that a client engages now, by the vendor's slug."""
    engaged = Engagement.objects.filter(_open_now(), client_id=client, vendor__state="active")
    slugs = dict(engaged.values_list("vendor_id", "vendor__slug"))
    found: dict[str, set[UUID]] = {}
    rows = Membership.objects.filter(
        organization_id__in=slugs, role=Role.VENDOR_MANAGER, user__is_active=True
    )
    for vendor, person in rows.values_list("organization_id", "user_id"):
        found.setdefault(slugs[vendor], set()).add(person)
    return found
