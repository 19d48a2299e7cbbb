"""The operator's page of one organization: how it stands, and changing that."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.access.permissions import Permission
from core.errors import Conflict, NotFound
from core.tenancy.models import Organization
from core.web.pages import OperatorPage
from tenants.organizations.standing import MOVES, NOTE_LENGTH, change_standing

LABELS = {
    Organization.State.SUSPENDED: "Suspend it",
    Organization.State.ACTIVE: "Reinstate it",
    Organization.State.CLOSED: "Close it for good",
}


class StandingForm(forms.Form):
    state = forms.ChoiceField(label="Act")
    reason = forms.ChoiceField(
        label="Reason",
        choices=[(r.value, r.label.capitalize()) for r in Organization.Reason],
        help_text="Its leaders read this.",
    )
    note = forms.CharField(
        label="What happened",
        max_length=NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="For the log. It can be erased later like any personal value.",
    )
    slug = forms.CharField(
        label="Its name, to close it", required=False, max_length=63,
        help_text="Only for closing, which can't be taken back.",
    )  # fmt: skip

    def __init__(self, organization: Organization, *args: Any) -> None:
        super().__init__(*args)
        self.organization = organization
        self.fields["state"] = forms.ChoiceField(
            label="Act",
            choices=[
                (state, label)
                for state, label in LABELS.items()
                if organization.state in MOVES[state][0]
            ],
        )

    def clean(self) -> dict[str, Any]:
        """Ask for the name where there is no way back."""
        given: dict[str, Any] = super().clean() or {}
        closes = given.get("state") == Organization.State.CLOSED
        if closes and given.get("slug") != self.organization.slug:
            self.add_error("slug", f"Type {self.organization.slug} to close it.")
        return given


class Standing(OperatorPage):
    permission = Permission.ORGANIZATION_APPROVE
    template_name = "organizations/standing.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = Organization.objects.exclude(kind=Organization.Kind.PROVIDER)
        organization = rows.filter(id=self.kwargs["organization"]).first()
        if organization is None:
            raise NotFound
        kwargs.setdefault("form", StandingForm(organization))
        return super().get_context_data(**(kwargs | {"organization": organization}))

    def post(self, request: HttpRequest, organization: UUID) -> HttpResponse:
        """Change how it stands."""
        row = self.get_context_data()["organization"]
        form = StandingForm(row, request.POST)
        if form.is_valid():
            given = form.cleaned_data
            try:
                change_standing(
                    actor=self.actor,
                    organization_id=row.id,
                    to=given["state"],
                    reason=given["reason"],
                    note=given["note"],
                )
            except Conflict as error:
                form.add_error(None, error.message)
            else:
                messages.success(request, f"{row.slug} is {MOVES[given['state']][1]}.")
                return redirect("/operator/organizations")
        return self.render_to_response(self.get_context_data(form=form), status=400)
