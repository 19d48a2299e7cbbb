"""Pages of onboarding: the operator's desk, members, the invitation's link."""

from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.utils import is_mfa_enabled
from django import forms
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views import View

from core.access.door import enter
from core.access.models import Engagement, Membership
from core.access.permissions import ROLES_OF_KIND, Permission, Role
from core.audit.stall import stall
from core.clock import now
from core.errors import Conflict, CustosError, Invalid, NotFound
from core.outbox import measures
from core.tenancy.models import Organization
from core.tenancy.names import call_together, name_of
from core.tenancy.provider import provider
from core.tenancy.scope import scope
from core.web.first_step_pages import skipped_by
from core.web.first_steps import checklist
from core.web.pages import OperatorPage, TenantPage
from core.web.passwords import counted
from core.web.toasts import offer_undo
from tenants.organizations import (
    first_steps,  # noqa: F401 - registers the operator's
    invitations,
    memberships,
    onboarding,
)
from tenants.organizations.models import Application, Invitation, Profile

#: A job that has been due for so long tells that no worker is at it.
LATE = timedelta(minutes=1)
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class Desk(OperatorPage):
    """The operator's home: who asked to come in, and what is stuck."""

    permission = Permission.ORGANIZATION_APPROVE
    template_name = "organizations/desk.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        house = provider()
        with scope(house.id):
            applications = list(Application.objects.filter(state=Application.State.OPEN))
        counts = {
            kind: Organization.objects.filter(kind=kind, state="active").count()
            for kind in ("client", "vendor")
        }
        oldest = measures.due_since()
        late = oldest if oldest is not None and oldest < now() - LATE else None
        return super().get_context_data(
            applications=applications,
            checklist=checklist(
                enter(self.person, house.slug), self.person, skipped_by(self.request, house)
            ),
            counts=counts,
            dead=measures.dead(),
            late=late,
            log_stall=stall(),
            **kwargs,
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        """Approve or decline; the invitation's link is shown once, to hand over."""
        application = _uuid(request.POST.get("application", ""))
        if request.POST.get("decision") == "decline":
            onboarding.decline(actor=self.actor, application_id=application)
            messages.info(request, "Declined. The applicant is not told by us: answer them.")
            return redirect("/operator/")
        approved = onboarding.approve(actor=self.actor, application_id=application)
        link = request.build_absolute_uri(f"/invitation/{approved.invitation_secret}")
        context = self.get_context_data(approved=approved, link=link)
        return self.render_to_response(context, status=201)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound from error


class OrganizationList(OperatorPage):
    permission = Permission.ORGANIZATION_APPROVE
    template_name = "organizations/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        organizations = list(Organization.objects.exclude(kind="provider").order_by("kind", "slug"))
        rows = Engagement.objects.filter(ends_at__isnull=True).select_related("client", "vendor")
        engagements = list(rows)
        sides = (side for row in engagements for side in (row.client, row.vendor))
        call_together([*organizations, *sides])
        return super().get_context_data(
            organizations=organizations,
            engagements=engagements,
            clients=[o for o in organizations if o.kind == "client"],
            vendors=[o for o in organizations if o.kind == "vendor"],
            **kwargs,
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        """Let a vendor's people work for a client, or end that."""
        if "ends" in request.POST:
            return self._end(request)
        rows = Organization.objects.filter(kind__in=["client", "vendor"])
        by_slug = {(o.kind, o.slug): o for o in rows}
        client = by_slug.get(("client", request.POST.get("client", "")))
        vendor = by_slug.get(("vendor", request.POST.get("vendor", "")))
        if client is None or vendor is None:
            raise NotFound
        memberships.engage(actor=self.actor, client=client, vendor=vendor)
        messages.info(request, f"{name_of(vendor)} may now work for {name_of(client)}.")
        return redirect("/operator/organizations")

    def _end(self, request: HttpRequest) -> HttpResponse:
        found = Engagement.objects.filter(id=_uuid(request.POST["ends"]), ends_at__isnull=True)
        engagement = found.select_related("client", "vendor").first()
        if engagement is None:
            raise NotFound
        memberships.end_engagement(actor=self.actor, engagement=engagement)
        client, vendor = engagement.client.slug, engagement.vendor.slug
        offer_undo(
            request,
            f"{name_of(engagement.vendor)} works for {name_of(engagement.client)} no more.",
            "/operator/organizations",
            {"client": client, "vendor": vendor},
        )
        return redirect("/operator/organizations")


class InviteForm(forms.Form):
    email = forms.EmailField(label="E-mail address")
    role = forms.ChoiceField(label="Role")

    def __init__(self, kind: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles = sorted(ROLES_OF_KIND[kind])
        self.fields["role"] = forms.ChoiceField(
            label="Role",
            choices=[(r.value, r.value.replace("_", " ").capitalize()) for r in roles],
        )


class Members(TenantPage):
    permission = Permission.MEMBER_LIST
    permissions: ClassVar = {"POST": Permission.MEMBER_MANAGE}
    template_name = "organizations/members.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = Membership.objects.filter(organization=self.tenant).select_related("user")
        with scope(self.tenant.id):
            pending = list(Invitation.objects.filter(accepted_at__isnull=True))
        kwargs.setdefault("form", InviteForm(self.tenant.kind))
        return super().get_context_data(
            members=rows.order_by("user__name", "role"), pending=pending, **kwargs
        )

    def post(self, request: HttpRequest, tenant: str) -> HttpResponse:
        """Invite somebody, renew or take back an invitation, or end a membership."""
        act = request.POST.get("act", "")
        if act:
            return self._act(act, _uuid(request.POST.get("id", "")))
        form = InviteForm(self.tenant.kind, request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=400)
        try:
            _, secret = invitations.invite(
                actor=self.actor,
                organization=self.tenant,
                email=form.cleaned_data["email"],
                role=Role(form.cleaned_data["role"]),
            )
        except (Conflict, Invalid) as error:
            form.add_error(error.field, error.message)
            return self.render_to_response(self.get_context_data(form=form), status=error.status)
        link = request.build_absolute_uri(f"/invitation/{secret}")
        return self.render_to_response(self.get_context_data(link=link), status=201)

    def _act(self, act: str, subject: UUID) -> HttpResponse:
        if act == "renew":
            _, secret = invitations.renew_invitation(
                actor=self.actor, organization=self.tenant, invitation_id=subject
            )
            link = self.request.build_absolute_uri(f"/invitation/{secret}")
            return self.render_to_response(self.get_context_data(link=link), status=201)
        if act == "revoke":
            invitations.revoke_invitation(
                actor=self.actor, organization=self.tenant, invitation_id=subject
            )
            messages.info(self.request, "The invitation is taken back; its link leads nowhere.")
        elif act == "remove":
            try:
                memberships.remove_member(
                    actor=self.actor, organization=self.tenant, membership_id=subject
                )
            except Conflict as error:
                messages.error(self.request, error.message)
            else:
                messages.info(self.request, "They may enter no more.")
        else:
            raise NotFound
        return redirect(f"/t/{self.tenant.slug}/members")


class AcceptForm(forms.Form):
    name = forms.CharField(label="Your name", max_length=120)
    password = forms.CharField(
        label="Password",
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Twelve characters or more. If you have an account here already, its password.",
    )


class AcceptInvitation(View):
    """The invitation's link: make an account, or join with the one you have."""

    def get(self, request: HttpRequest, link: str) -> HttpResponse:
        return self._page(request, link, AcceptForm())

    def post(self, request: HttpRequest, link: str) -> HttpResponse:
        form = AcceptForm(request.POST)
        if not form.is_valid():
            return self._page(request, link, form, status=400)
        try:
            person, membership = invitations.accept_invitation(
                link=link, **form.cleaned_data, proves=counted(request)
            )
        except CustosError as error:
            if error.status not in {400, 403}:
                raise
            form.add_error(error.field if error.field in form.fields else "password", error.message)
            return self._page(request, link, form, status=400)
        home = f"/t/{membership.organization.slug}/"
        if is_mfa_enabled(person):
            messages.success(request, "You have joined. Sign in with your second step.")
            return redirect(f"{reverse('account_login')}?{urlencode({'next': home})}")
        login(request, person, backend=BACKEND)
        # The password was given a moment ago, as at a sign-in: it is not asked for again at once.
        record_authentication(request, person, method="password", email=person.email)
        return redirect(home)

    def _page(
        self, request: HttpRequest, link: str, form: AcceptForm, status: int = 200
    ) -> HttpResponse:
        organization, invitation = invitations.read_invitation(link)
        with scope(organization.id):
            profile = Profile.objects.first()
        context = {
            "form": form,
            "invitation": invitation,
            "role": invitation.role.replace("_", " "),
            "organization": profile.name if profile else organization.slug,
        }
        return render(request, "organizations/invitation.html", context, status=status)


class ApplyForm(forms.Form):
    kind = forms.ChoiceField(
        label="You are",
        choices=[("client", "a client with footage"), ("vendor", "a vendor of annotators")],
    )
    name = forms.CharField(label="Organization", max_length=120)
    contact_name = forms.CharField(label="Your name", max_length=120)
    contact_email = forms.EmailField(label="Your e-mail address")
    message = forms.CharField(
        label="What it is about", max_length=2000, required=False, widget=forms.Textarea
    )


class Apply(View):
    """Ask to become a client or a vendor."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "organizations/apply.html", {"form": ApplyForm()})

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ApplyForm(request.POST)
        if form.is_valid():
            try:
                onboarding.apply(**form.cleaned_data)
            except CustosError as error:
                form.add_error(error.field if error.field in form.fields else None, error.message)
        if form.errors:
            return render(request, "organizations/apply.html", {"form": form}, status=400)
        return render(request, "organizations/applied.html", status=201)
