"""The API of onboarding, members and engagements."""

from datetime import datetime, timedelta
from typing import Any, ClassVar, TypedDict
from uuid import UUID

from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.models import AuditorGrant, Engagement, Membership
from core.access.permissions import Permission, Role
from core.clock import now
from core.errors import NotFound
from core.tenancy.models import Organization
from core.tenancy.provider import provider
from core.tenancy.scope import scope
from core.web.answers import Id, Slug
from core.web.api import LimitedView, ProviderView, TenantView, checked_body
from core.web.described import described
from core.web.paging import page_of
from core.web.passwords import counted
from tenants.organizations import invitations, memberships, onboarding
from tenants.organizations.models import Application, Invitation, Profile


class NewApplication(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=Application.Kind.choices)
    name = serializers.CharField(max_length=120)
    contact_name = serializers.CharField(max_length=120)
    contact_email = serializers.EmailField()
    message = serializers.CharField(max_length=2000, required=False, default="")


class Acceptance(serializers.Serializer[Any]):
    link = serializers.CharField(max_length=300)
    name = serializers.CharField(max_length=120, required=False, default="")
    password = serializers.CharField(max_length=200, trim_whitespace=False)


class NewInvitation(serializers.Serializer[Any]):
    email = serializers.EmailField()
    role = serializers.ChoiceField(choices=[r.value for r in Role])


class NewEngagement(serializers.Serializer[Any]):
    client = serializers.SlugField()
    vendor = serializers.SlugField()


class NewAuditGrant(serializers.Serializer[Any]):
    """`purpose`: one word; it stands in every entry of the log that the grant opens."""

    user = serializers.UUIDField()
    organization = serializers.SlugField()
    purpose = serializers.SlugField(max_length=64)
    days = serializers.IntegerField(min_value=1, max_value=366)


class OrganizationJson(TypedDict):
    id: Id
    slug: Slug
    kind: str
    state: str


class OrganizationCard(OrganizationJson):
    """An organization's own card, with the roles that whoever asks has in it."""

    name: str
    roles: list[str]


class Applied(TypedDict):
    id: Id
    state: str


class Accepted(TypedDict):
    user: Id
    organization: OrganizationJson
    role: str


class ApplicationJson(TypedDict):
    id: Id
    kind: str
    name: str
    contact_name: str
    contact_email: str
    message: str
    state: str
    created_at: datetime


class Approved(TypedDict):
    """`invitation`: the link for its first administrator, shown this once."""

    organization: OrganizationJson
    invitation: str


class MemberJson(TypedDict):
    id: Id
    user: Id
    email: str
    name: str
    role: str
    since: datetime


class EngagementJson(TypedDict):
    id: Id
    client: Slug
    vendor: Slug
    starts_at: datetime
    ends_at: datetime | None


class GrantJson(TypedDict):
    """An auditor may read the organization's log until `expires_at`, for `purpose`."""

    id: Id
    user: Id
    organization: Slug
    purpose: str
    created_at: datetime
    expires_at: datetime


class InvitationJson(TypedDict):
    id: Id
    email: str
    role: str
    expires_at: datetime


class InvitationLink(TypedDict):
    """An invitation with its link, which is shown this once."""

    id: Id
    link: str
    expires_at: datetime


def organization_json(organization: Organization) -> OrganizationJson:
    return {
        "id": str(organization.id),
        "slug": organization.slug,
        "kind": organization.kind,
        "state": organization.state,
    }


def application_json(row: Application) -> ApplicationJson:
    return {
        "id": str(row.id),
        "kind": row.kind,
        "name": row.name,
        "contact_name": row.contact_name,
        "contact_email": row.contact_email,
        "message": row.message,
        "state": row.state,
        "created_at": row.created_at,
    }


def _membership_json(row: Membership) -> MemberJson:
    return {
        "id": str(row.id),
        "user": str(row.user_id),
        "email": row.user.email,
        "name": row.user.name,
        "role": row.role,
        "since": row.created_at,
    }


def _organization(slug: str, kind: str | None = None) -> Organization:
    rows = Organization.objects.filter(slug=slug)
    row = (rows.filter(kind=kind) if kind else rows).first()
    if row is None:
        raise NotFound
    return row


class Apply(LimitedView):
    """Anybody may apply; the answer is the same whoever is here already."""

    permission_classes = (AllowAny,)

    @described("apply", body=NewApplication, answer=Applied, status=201)
    def post(self, request: Request) -> Response:
        application = onboarding.apply(**checked_body(NewApplication, request))
        return Response({"id": str(application.id), "state": application.state}, status=201)


class AcceptInvitation(LimitedView):
    permission_classes = (AllowAny,)

    @described("accept_invitation", body=Acceptance, answer=Accepted, status=201)
    def post(self, request: Request) -> Response:
        person, membership = invitations.accept_invitation(
            **checked_body(Acceptance, request), proves=counted(request._request)
        )
        return Response(
            {
                "user": str(person.id),
                "organization": organization_json(membership.organization),
                "role": membership.role,
            },
            status=201,
        )


class Applications(ProviderView):
    permissions: ClassVar = {"GET": Permission.ORGANIZATION_APPROVE}

    @described("list_applications", page=ApplicationJson)
    def get(self, request: Request) -> Response:
        owner = provider()
        with scope(owner.id):
            return page_of(request, Application.objects.all(), application_json)


class Approve(ProviderView):
    permissions: ClassVar = {"POST": Permission.ORGANIZATION_APPROVE}

    @described("approve_application", secret=True, answer=Approved, status=201)
    def post(self, request: Request, application: UUID) -> Response:
        approved = onboarding.approve(actor=self.actor, application_id=application)
        body = {
            "organization": organization_json(approved.organization),
            "invitation": approved.invitation_secret,
        }
        return Response(body, status=201)


class Decline(ProviderView):
    permissions: ClassVar = {"POST": Permission.ORGANIZATION_APPROVE}

    @described("decline_application", answer=ApplicationJson)
    def post(self, request: Request, application: UUID) -> Response:
        row = onboarding.decline(actor=self.actor, application_id=application)
        return Response(application_json(row))


class Organizations(ProviderView):
    permissions: ClassVar = {"GET": Permission.ORGANIZATION_APPROVE}

    @described("list_organizations", page=OrganizationJson)
    def get(self, request: Request) -> Response:
        rows = Organization.objects.order_by("kind", "slug")
        return page_of(request, rows, organization_json)


class Engagements(ProviderView):
    permissions: ClassVar = {
        "GET": Permission.ENGAGEMENT_MANAGE,
        "POST": Permission.ENGAGEMENT_MANAGE,
    }

    @described("list_engagements", page=EngagementJson)
    def get(self, request: Request) -> Response:
        rows = Engagement.objects.select_related("client", "vendor").order_by("starts_at")
        return page_of(request, rows, _engagement_json)

    @described("create_engagement", body=NewEngagement, answer=EngagementJson, status=201)
    def post(self, request: Request) -> Response:
        body = checked_body(NewEngagement, request)
        engagement = memberships.engage(
            actor=self.actor,
            client=_organization(body["client"], "client"),
            vendor=_organization(body["vendor"], "vendor"),
        )
        return Response(_engagement_json(engagement), status=201)


class EngagementDetail(ProviderView):
    permissions: ClassVar = {"DELETE": Permission.ENGAGEMENT_MANAGE}

    @described("end_engagement", status=204)
    def delete(self, request: Request, engagement: UUID) -> Response:
        row = Engagement.objects.filter(id=engagement, ends_at__isnull=True).first()
        if row is None:
            raise NotFound
        memberships.end_engagement(actor=self.actor, engagement=row)
        return Response(status=204)


def _engagement_json(row: Engagement) -> EngagementJson:
    return {
        "id": str(row.id),
        "client": row.client.slug,
        "vendor": row.vendor.slug,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
    }


def _grant_json(row: AuditorGrant) -> GrantJson:
    return {
        "id": str(row.id),
        "user": str(row.user_id),
        "organization": row.organization.slug,
        "purpose": row.purpose,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
    }


class AuditGrants(ProviderView):
    permissions: ClassVar = {
        "GET": Permission.ENGAGEMENT_MANAGE,
        "POST": Permission.ENGAGEMENT_MANAGE,
    }

    @described("list_audit_grants", page=GrantJson)
    def get(self, request: Request) -> Response:
        """Give all grants, those that have ended too; the newest first."""
        rows = AuditorGrant.objects.select_related("organization").order_by("-created_at")
        return page_of(request, rows, _grant_json)

    @described("grant_audit", body=NewAuditGrant, answer=GrantJson, status=201)
    def post(self, request: Request) -> Response:
        body = checked_body(NewAuditGrant, request)
        auditor = Membership.objects.filter(
            user_id=body["user"], role=Role.AUDITOR.value, organization__kind="provider"
        ).first()
        if auditor is None:
            raise NotFound
        grant = memberships.grant_audit(
            actor=self.actor,
            user=auditor.user,
            organization=_organization(body["organization"]),
            purpose=body["purpose"],
            expires_at=now() + timedelta(days=body["days"]),
        )
        return Response(_grant_json(grant), status=201)


class AuditGrantDetail(ProviderView):
    """End a grant: the log is closed to the auditor at once."""

    permissions: ClassVar = {"DELETE": Permission.ENGAGEMENT_MANAGE}

    @described("end_audit_grant", status=204)
    def delete(self, request: Request, grant: UUID) -> Response:
        memberships.end_audit(actor=self.actor, grant_id=grant)
        return Response(status=204)


class Home(TenantView):
    """An organization's own card."""

    permissions: ClassVar = {"GET": Permission.ORGANIZATION_READ}

    @described("get_organization", answer=OrganizationCard)
    def get(self, request: Request, tenant: str) -> Response:
        with scope(self.tenant.id):
            profile = Profile.objects.first()
        name = profile.name if profile else self.tenant.slug
        return Response(
            {
                **organization_json(self.tenant),
                "name": name,
                "roles": sorted(role.value for role in self.entry.roles),
            }
        )


class Members(TenantView):
    permissions: ClassVar = {"GET": Permission.MEMBER_LIST}

    @described("list_members", page=MemberJson)
    def get(self, request: Request, tenant: str) -> Response:
        rows = Membership.objects.filter(organization=self.tenant).select_related("user")
        return page_of(request, rows.order_by("user__email", "role"), _membership_json)


class MemberDetail(TenantView):
    permissions: ClassVar = {"DELETE": Permission.MEMBER_MANAGE}

    @described("remove_member", status=204)
    def delete(self, request: Request, tenant: str, membership: UUID) -> Response:
        memberships.remove_member(
            actor=self.actor, organization=self.tenant, membership_id=membership
        )
        return Response(status=204)


class Invitations(TenantView):
    permissions: ClassVar = {"GET": Permission.MEMBER_LIST, "POST": Permission.MEMBER_MANAGE}

    @described("list_invitations", page=InvitationJson)
    def get(self, request: Request, tenant: str) -> Response:
        with scope(self.tenant.id):
            rows = Invitation.objects.filter(accepted_at__isnull=True)
            return page_of(request, rows, _invitation_json)

    @described("invite_member", secret=True, body=NewInvitation, answer=InvitationLink, status=201)
    def post(self, request: Request, tenant: str) -> Response:
        body = checked_body(NewInvitation, request)
        invitation, link = invitations.invite(
            actor=self.actor,
            organization=self.tenant,
            email=body["email"],
            role=Role(body["role"]),
        )
        return Response(
            {"id": str(invitation.id), "link": link, "expires_at": invitation.expires_at},
            status=201,
        )


def _invitation_json(row: Invitation) -> InvitationJson:
    return {
        "id": str(row.id),
        "email": row.email,
        "role": row.role,
        "expires_at": row.expires_at,
    }


class InvitationDetail(TenantView):
    """An invitation that nobody has taken yet: another link, or none."""

    permissions: ClassVar = {
        "POST": Permission.MEMBER_MANAGE,
        "DELETE": Permission.MEMBER_MANAGE,
    }

    @described("renew_invitation", secret=True, answer=InvitationLink)
    def post(self, request: Request, tenant: str, invitation: UUID) -> Response:
        row, link = invitations.renew_invitation(
            actor=self.actor, organization=self.tenant, invitation_id=invitation
        )
        return Response({"id": str(row.id), "link": link, "expires_at": row.expires_at})

    @described("revoke_invitation", status=204)
    def delete(self, request: Request, tenant: str, invitation: UUID) -> Response:
        invitations.revoke_invitation(
            actor=self.actor, organization=self.tenant, invitation_id=invitation
        )
        return Response(status=204)
