"""What the people who act in an organization's log are to it today, by their ids."""

from uuid import UUID

from django.db.models import Q

from core.access.models import AuditorGrant, Engagement, Membership
from core.access.permissions import Role

#: Of several roles the first one here is shown: the one that reaches furthest.
ORDER = [
    Role.OPERATOR, Role.AUDITOR, Role.CLIENT_ADMIN, Role.CLIENT_UPLOADER, Role.CLIENT_VIEWER,
    Role.VENDOR_MANAGER, Role.REVIEWER, Role.ANNOTATOR,
]  # fmt: skip
WORDS = {role: role.value.replace("_", " ") for role in Role}


def roles_here(tenant: UUID) -> dict[UUID, Role]:
    """Give a role for each person who is or was let in: members, vendors' people, the provider.

    Engagements and grants that ended still tell what somebody was.
    """
    vendors = Engagement.objects.filter(client=tenant).values("vendor")
    granted = AuditorGrant.objects.filter(organization=tenant).values("user")
    here = Q(organization=tenant) | Q(organization__in=vendors)
    provider = Q(organization__kind="provider") & (~Q(role=Role.AUDITOR) | Q(user__in=granted))
    found: dict[UUID, set[Role]] = {}
    for user, role in Membership.objects.filter(here | provider).values_list("user", "role"):
        found.setdefault(user, set()).add(Role(role))
    return {user: min(roles, key=ORDER.index) for user, roles in found.items()}


def people_with(tenant: UUID, roles: set[str]) -> list[UUID]:
    """Give the people whose role here is one of these words."""
    return [user for user, role in roles_here(tenant).items() if role.value in roles]
