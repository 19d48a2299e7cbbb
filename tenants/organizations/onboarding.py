"""Applying, approving, declining: how an organization comes to be."""

from dataclasses import dataclass
from uuid import UUID

from core.access.actors import Actor
from core.access.permissions import Role
from core.audit.log import record
from core.clock import now
from core.crypto.keys import open_keys
from core.errors import Conflict, Invalid, NotFound
from core.notices.services import notify
from core.outbox.events import emit
from core.tenancy.models import Organization
from core.tenancy.provider import provider
from core.tenancy.scope import scope
from core.tenancy.slugs import slug_of
from tenants.organizations.addresses import check_address
from tenants.organizations.invitations import invite
from tenants.organizations.models import Application, Profile

#: Slugs that would read as something else in a URL or a sentence.
RESERVED = frozenset({"admin", "api", "custos", "provider", "static", "www"})

FIRST_ROLE = {"client": Role.CLIENT_ADMIN, "vendor": Role.VENDOR_MANAGER}


@dataclass(frozen=True, slots=True)
class Approved:
    """A new organization, and the link that lets its first person in (shown once)."""

    organization: Organization
    invitation_secret: str


def apply(
    *, kind: str, name: str, contact_name: str, contact_email: str, message: str = ""
) -> Application:
    """Ask to become a client or a vendor. Raises Invalid; tells nothing about who is here."""
    if kind not in Application.Kind.values:
        raise Invalid("Apply as a client or as a vendor.", field="kind")
    slug = slug_of(name, otherwise=kind)
    if not slug:
        raise Invalid("Give the organization a name with letters or digits.", field="name")
    if not contact_name.strip():
        raise Invalid("Name the person whom we can answer.", field="contact_name")
    check_address(
        contact_email,
        field="contact_email",
        message="Give an e-mail address that we can answer.",
    )
    owner = provider()
    with scope(owner.id):
        application = Application.objects.create(
            tenant=owner,
            kind=kind,
            name=name.strip(),
            slug=slug,
            contact_name=contact_name.strip(),
            contact_email=contact_email.lower(),
            message=message.strip(),
        )
        record(
            action="application.received",
            actor=Actor.system("web"),
            tenant=owner.id,
            subject=("application", application.id),
            details={"kind": kind},
            personal={"email": application.contact_email},
        )
        notify(
            "application_received",
            key=str(application.id),
            parts={"kind": kind},
            path="/operator/",
        )
    return application


def _open_application(application_id: UUID) -> Application:
    application: Application | None = (
        Application.objects.select_for_update().filter(id=application_id).first()
    )
    if application is None:
        raise NotFound
    if application.state != Application.State.OPEN:
        raise Conflict(f"This application is {application.state} already.")
    return application


def _free_slug(wanted: str) -> str:
    stem = wanted[:58]
    taken = set(Organization.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    candidate, number = wanted, 1
    while candidate in taken | RESERVED:
        number += 1
        candidate = f"{stem}-{number}"
    return candidate


def approve(*, actor: Actor, application_id: UUID) -> Approved:
    """Make the organization, its key and its profile, and invite its first person.

    Raises NotFound, or Conflict when the application was decided already.
    """
    owner = provider()
    with scope(owner.id):
        application = _open_application(application_id)
        organization = Organization.objects.create(
            slug=_free_slug(application.slug), kind=application.kind
        )
        application.state = Application.State.APPROVED
        application.decided_at = now()
        application.organization_id = organization.id
        application.save()
        record(
            action="application.approved",
            actor=actor,
            tenant=owner.id,
            subject=("application", application.id),
            details={"organization": str(organization.id), "kind": organization.kind},
        )
        with scope(organization.id):
            open_keys(organization.id)
            Profile.objects.create(tenant=organization, name=application.name)
            record(
                action="organization.created",
                actor=actor,
                tenant=organization.id,
                subject=("organization", organization.id),
                details={"kind": organization.kind},
            )
            _, secret = invite(
                actor=actor,
                organization=organization,
                email=application.contact_email,
                role=FIRST_ROLE[organization.kind],
            )
        emit(
            "organization.created",
            tenant=organization.id,
            data={"organization": str(organization.id)},
        )
    return Approved(organization, secret)


def decline(*, actor: Actor, application_id: UUID) -> Application:
    """Turn an application down. Raises NotFound or Conflict."""
    owner = provider()
    with scope(owner.id):
        application = _open_application(application_id)
        application.state = Application.State.DECLINED
        application.decided_at = now()
        application.save(update_fields=["state", "decided_at"])
        record(
            action="application.declined",
            actor=actor,
            tenant=owner.id,
            subject=("application", application.id),
        )
    return application
