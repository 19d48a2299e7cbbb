"""Making and ending memberships, engagements and auditor grants."""

from datetime import datetime
from typing import Any
from uuid import UUID

from core.access.actors import Actor
from core.access.models import AuditorGrant, Engagement, Membership
from core.access.permissions import ROLES_OF_KIND, Role
from core.audit.log import record
from core.clock import now
from core.errors import Conflict, Invalid, NotFound
from core.notices.services import notify
from core.tenancy.models import Organization
from core.tenancy.names import name_of
from core.tenancy.scope import scope

LEADERS = frozenset({Role.CLIENT_ADMIN, Role.OPERATOR, Role.VENDOR_MANAGER})


def add_membership(
    *, actor: Actor, user: Any, organization: Organization, role: Role
) -> Membership:
    """Give `user` a role. Raises Invalid when the role is not one of the organization's kind."""
    if role not in ROLES_OF_KIND[organization.kind]:
        raise Invalid(f"A {organization.kind} has no role {role.value}.", field="role")
    with scope(organization.id):
        membership, made = Membership.objects.get_or_create(
            user=user, organization=organization, role=role.value
        )
        if made:
            record(
                action="membership.added",
                actor=actor,
                tenant=organization.id,
                subject=("membership", membership.id),
                details={"role": role.value, "user": str(user.pk)},
            )
    return membership


def remove_member(*, actor: Actor, organization: Organization, membership_id: UUID) -> None:
    """End a membership; what its person may enter changes at their next request.

    Raises NotFound, or Conflict for the last administrator: nobody could invite one again.
    """
    with scope(organization.id):
        rows = Membership.objects.select_for_update().filter(organization=organization)
        membership = rows.filter(id=membership_id).first()
        if membership is None:
            raise NotFound
        leaders = rows.filter(role__in=[r.value for r in LEADERS])
        if Role(membership.role) in LEADERS and leaders.count() == 1:
            raise Conflict("This is the last person who can manage the others. Invite one first.")
        record(
            action="membership.removed",
            actor=actor,
            tenant=organization.id,
            subject=("membership", membership.id),
            details={"role": membership.role, "user": str(membership.user_id)},
        )
        membership.delete()


def engage(*, actor: Actor, client: Organization, vendor: Organization) -> Engagement:
    """Open the client's work to the vendor's people. Raises Invalid or Conflict."""
    if client.kind != "client" or vendor.kind != "vendor":
        raise Invalid("An engagement is between a client and a vendor.")
    with scope(client.id):
        engagement, made = Engagement.objects.get_or_create(
            client=client, vendor=vendor, ends_at=None
        )
        if not made:
            raise Conflict("This vendor is engaged by this client already.")
        record(
            action="engagement.opened",
            actor=actor,
            tenant=client.id,
            subject=("engagement", engagement.id),
            details={"vendor": str(vendor.id)},
        )
        _tell_vendor("engagement_opened", engagement)
    return engagement


def end_engagement(*, actor: Actor, engagement: Engagement) -> None:
    """Close the client's work to the vendor's people from now on."""
    with scope(engagement.client_id):
        engagement.ends_at = now()
        engagement.save(update_fields=["ends_at"])
        record(
            action="engagement.ended",
            actor=actor,
            tenant=engagement.client_id,
            subject=("engagement", engagement.id),
        )
        _tell_vendor("engagement_ended", engagement)


def _tell_vendor(kind: str, engagement: Engagement) -> None:
    """Tell the vendor's managers, in its own scope: the client's may be shut to them already."""
    with scope(engagement.vendor_id):
        notify(
            kind,
            key=str(engagement.id),
            parts={"organization": name_of(engagement.client)},
            path="board" if kind == "engagement_opened" else "",
        )


def grant_audit(
    *, actor: Actor, user: Any, organization: Organization, purpose: str, expires_at: datetime
) -> AuditorGrant:
    """Let an auditor read an organization's log until `expires_at`, for `purpose`."""
    if expires_at <= now():
        raise Invalid("The grant would end before it starts.", field="expires_at")
    with scope(organization.id):
        grant = AuditorGrant.objects.create(
            user=user, organization=organization, purpose=purpose, expires_at=expires_at
        )
        record(
            action="audit.granted",
            actor=actor,
            tenant=organization.id,
            subject=("auditor_grant", grant.id),
            details={"purpose": purpose, "until": expires_at.isoformat(), "user": str(user.pk)},
        )
        notify(
            "audit_granted",
            key=str(grant.id),
            people=[user.pk],
            parts={"organization": name_of(organization), "until": f"{expires_at:%d %B %Y}"},
            path="log",
        )
    return grant


def end_audit(*, actor: Actor, grant_id: UUID) -> AuditorGrant:
    """Close the log to the auditor from now on. Raises NotFound, also when it has ended."""
    grant = AuditorGrant.objects.filter(id=grant_id, expires_at__gt=now()).first()
    if grant is None:
        raise NotFound
    with scope(grant.organization_id):
        grant.expires_at = now()
        grant.save(update_fields=["expires_at"])
        record(
            action="audit.grant.ended",
            actor=actor,
            tenant=grant.organization_id,
            subject=("auditor_grant", grant.id),
            details={"user": str(grant.user_id)},
        )
    return grant
