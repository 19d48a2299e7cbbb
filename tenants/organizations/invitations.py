"""Invitations: the only way to an account and a membership, besides the first operator."""

import hashlib
import secrets
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from core.access.actors import Actor
from core.access.models import Membership
from core.access.permissions import LEADING_ROLES, ROLES_OF_KIND, Role
from core.accounts.models import Person
from core.audit.log import record
from core.clock import now
from core.errors import Conflict, Gone, Invalid, NotFound, PermissionDenied
from core.ids import new_id
from core.tenancy.models import Organization
from core.tenancy.names import name_of
from core.tenancy.scope import scope
from tenants.organizations.addresses import check_address
from tenants.organizations.memberships import add_membership
from tenants.organizations.models import Invitation

LIFETIME = timedelta(days=7)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def invite(
    *, actor: Actor, organization: Organization, email: str, role: Role
) -> tuple[Invitation, str]:
    """Invite somebody to a role. Gives the secret of the link, which can't be read again.

    Raises Invalid for an address that is none, or a role that this kind of organization lacks,
    Conflict for a member who has the role, and PermissionDenied for a role that the one who invites
    may not give.
    """
    if role not in ROLES_OF_KIND[organization.kind]:
        raise Invalid(f"A {organization.kind} has no role {role.value}.", field="role")
    check_address(email, field="email", message="This is no e-mail address.")
    secret = secrets.token_urlsafe(32)
    with scope(organization.id):
        _check_may_give(actor, organization)
        _check_not_in(organization, email, role)
        invitation = Invitation.objects.create(
            tenant=organization,
            email=email.lower(),
            role=role.value,
            digest=_digest(secret),
            invited_by_id=actor.id,
            expires_at=now() + LIFETIME,
        )
        record(
            action="invitation.sent",
            actor=actor,
            tenant=organization.id,
            subject=("invitation", invitation.id),
            details={"role": role.value},
            personal={"email": invitation.email},
        )
    return invitation, f"{organization.slug}.{invitation.id}.{secret}"


def revoke_invitation(*, actor: Actor, organization: Organization, invitation_id: UUID) -> None:
    """Make an open invitation's link lead nowhere. Raises NotFound."""
    with scope(organization.id):
        invitation = _open_invitation(invitation_id)
        record(
            action="invitation.revoked",
            actor=actor,
            tenant=organization.id,
            subject=("invitation", invitation.id),
        )
        invitation.delete()


def renew_invitation(
    *, actor: Actor, organization: Organization, invitation_id: UUID
) -> tuple[Invitation, str]:
    """Give an open invitation another link and seven days; the old link leads nowhere.

    Raises NotFound, and PermissionDenied as `invite`.
    """
    secret = secrets.token_urlsafe(32)
    with scope(organization.id):
        invitation = _open_invitation(invitation_id)
        _check_may_give(actor, organization)
        invitation.digest = _digest(secret)
        invitation.expires_at = now() + LIFETIME
        invitation.save(update_fields=["digest", "expires_at"])
        record(
            action="invitation.renewed",
            actor=actor,
            tenant=organization.id,
            subject=("invitation", invitation.id),
        )
    return invitation, f"{organization.slug}.{invitation.id}.{secret}"


def _open_invitation(invitation_id: UUID) -> Invitation:
    rows = Invitation.objects.select_for_update().filter(accepted_at__isnull=True)
    invitation = rows.filter(id=invitation_id).first()
    if invitation is None:
        raise NotFound
    return invitation


def _check_not_in(organization: Organization, email: str, role: Role) -> None:
    members = Membership.objects.filter(organization=organization, role=role.value)
    if members.filter(user__email=email.lower()).exists():
        words = role.value.replace("_", " ")
        raise Conflict(f"{email.lower()} is here already, as {words}.", field="email")


def _check_may_give(actor: Actor, organization: Organization) -> None:
    """Whoever is not of the organization brings in its first leader, and nobody after that.

    Else an operator, who never needs to see footage, could make an account that does.
    """
    members = Membership.objects.filter(organization=organization)
    led = members.filter(role__in=LEADING_ROLES).exists()
    if led and actor.kind == "person" and not members.filter(user_id=actor.id).exists():
        raise PermissionDenied(
            f"{name_of(organization)} has an administrator, who invites its people. "
            "Ask one of them to send the invitation."
        )


def read_invitation(link: str) -> tuple[Organization, Invitation]:
    """Find a link's invitation. Raises NotFound for a wrong one, Gone for a used or old one."""
    slug, _, rest = link.partition(".")
    invitation_id, _, secret = rest.partition(".")
    try:
        wanted = UUID(invitation_id)
    except ValueError as error:
        raise NotFound from error
    organization = Organization.objects.filter(slug=slug).first()
    # The same queries for a slug that nobody has: their number tells no stranger who is here.
    with scope(organization.id if organization else new_id()):
        invitation = Invitation.objects.filter(id=wanted).first()
    if organization is None or invitation is None:
        raise NotFound
    if not secrets.compare_digest(bytes(invitation.digest), _digest(secret)):
        raise NotFound
    closed = organization.state == Organization.State.CLOSED
    if closed or invitation.accepted_at is not None or invitation.expires_at <= now():
        raise Gone("This invitation was used or has expired. Ask for a new one.")
    return organization, invitation


def accept_invitation(
    *,
    link: str,
    name: str,
    password: str,
    proves: Callable[[Person, str], bool] = Person.check_password,
) -> tuple[Person, Membership]:
    """Make the account if there is none yet, and the membership.

    Somebody who has an account proves it with its password. Where a request asks, `proves` counts
    wrong ones: who made the invitation has its link too. Raises as `read_invitation`, Invalid for a
    weak password, PermissionDenied for a wrong one.
    """
    organization, found = read_invitation(link)
    person = Person.objects.filter(email=found.email).first()
    if person is None:
        person = _new_person(found.email, name, password)
    elif not proves(person, password):
        raise PermissionDenied("There is an account with this address; its password is another.")
    with scope(organization.id):
        invitation = Invitation.objects.select_for_update().get(id=found.id)
        if invitation.accepted_at is not None:
            raise Gone("This invitation was used or has expired. Ask for a new one.")
        if person._state.adding:
            person.save()
        invitation.accepted_at = now()
        invitation.save(update_fields=["accepted_at"])
        actor = Actor.person(person)
        record(
            action="invitation.accepted",
            actor=actor,
            tenant=organization.id,
            subject=("invitation", invitation.id),
        )
        membership = add_membership(
            actor=actor, user=person, organization=organization, role=Role(invitation.role)
        )
    return person, membership


def _new_person(email: str, name: str, password: str) -> Person:
    if not name.strip():
        raise Invalid("Say what to call you.", field="name")
    person = Person(email=email, name=name.strip())
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), field="password") from error
    person.set_password(password)
    return person
