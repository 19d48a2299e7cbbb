"""The operator's page of auditors: who may read whose log, until when, and for what."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.access.models import AuditorGrant, Membership
from core.access.permissions import Permission, Role
from core.clock import now
from core.errors import NotFound
from core.tenancy.models import Organization
from core.tenancy.names import call_together, name_of
from core.tenancy.provider import provider
from core.web.pages import OperatorPage
from tenants.organizations import memberships

#: Grants that have ended stay on the page for so long.
SHOWN = timedelta(days=90)


class GrantForm(forms.Form):
    """Who, whose log, for what and for how long."""

    person = forms.ChoiceField(label="Auditor")
    organization = forms.ChoiceField(label="Reads the log of")
    purpose = forms.SlugField(
        label="Purpose",
        max_length=64,
        help_text="A word for the log, such as yearly-audit. It stands in every entry it opens.",
    )
    days = forms.IntegerField(label="For so many days", min_value=1, max_value=366, initial=30)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auditors = {
            str(m.user_id): m.user
            for m in Membership.objects.filter(
                role=Role.AUDITOR.value, organization__kind="provider"
            ).select_related("user")
        }
        self.organizations = {
            str(o.id): o for o in Organization.objects.exclude(state="closed").order_by("slug")
        }
        call_together(self.organizations.values())
        self.fields["person"] = forms.ChoiceField(
            label="Auditor",
            choices=[(key, user.get_full_name()) for key, user in self.auditors.items()],
        )
        self.fields["organization"] = forms.ChoiceField(
            label="Reads the log of",
            choices=[(key, name_of(o)) for key, o in self.organizations.items()],
        )


class Auditors(OperatorPage):
    """Grants in force and lately ended; a new one; the way to invite an auditor."""

    permission = Permission.ENGAGEMENT_MANAGE
    template_name = "organizations/auditors.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        instant = now()
        rows = AuditorGrant.objects.filter(expires_at__gt=instant - SHOWN)
        grants = list(rows.select_related("user", "organization").order_by("-expires_at"))
        call_together(grant.organization for grant in grants)
        kwargs.setdefault("form", GrantForm())
        return super().get_context_data(
            grants=[(grant, grant.expires_at > instant) for grant in grants],
            house=provider().slug,
            **kwargs,
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        """Grant, or end a grant (`end`)."""
        if "end" in request.POST:
            grant = memberships.end_audit(actor=self.actor, grant_id=_uuid(request.POST["end"]))
            messages.info(request, f"The log of {name_of(grant.organization)} is closed to them.")
            return redirect(request.path)
        form = GrantForm(request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=400)
        given = form.cleaned_data
        organization = form.organizations[given["organization"]]
        memberships.grant_audit(
            actor=self.actor,
            user=form.auditors[given["person"]],
            organization=organization,
            purpose=given["purpose"],
            expires_at=now() + timedelta(days=given["days"]),
        )
        messages.info(request, f"They may read the log of {name_of(organization)} from now on.")
        return redirect(request.path)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound from error
