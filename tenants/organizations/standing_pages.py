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
from core.tenancy.names import name_of
from core.web.pages import OperatorPage
from tenants.organizations.standing import MOVES, NOTE_LENGTH, change_standing

State, Reason = Organization.State, Organization.Reason

#: What each act is called, and what it does to those whom it meets.
ACTS: dict[str, tuple[str, str]] = {
    State.ACTIVE: (
        "Reinstate it",
        "Its people and its vendors go on where they were. Deadlines run on from where they stood.",
    ),
    State.SUSPENDED: (
        "Suspend it",
        (
            "Footage and work are closed to its people and to vendors, deadlines stand still, "
            "and silence accepts nothing. Its leaders still reach invoices, contracts, releases "
            "and the access log, unless an account may be in wrong hands."
        ),
    ),
    State.CLOSED: (
        "Close it for good",
        "Nobody enters any more, engagements end and tokens are revoked. There is no way back.",
    ),
}


class StandingForm(forms.Form):
    """One act. A way back needs no reason of its own; only closing wants the name."""

    reason = forms.ChoiceField(
        label="Reason",
        choices=[("", "Choose one"), *((r.value, r.label.capitalize()) for r in Reason)],
        help_text="Its leaders read this.",
    )
    note = forms.CharField(
        label="What happened",
        max_length=NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="For the log. It can be erased later like any personal value.",
    )
    slug = forms.CharField(label="Its name in addresses", max_length=63)

    def __init__(self, organization: Organization, state: str, *args: Any) -> None:
        super().__init__(*args)
        self.auto_id = f"{state}_%s"  # the forms of one page share no ids
        self.organization, self.state = organization, state
        self.title, self.text = ACTS[state]
        if state == State.ACTIVE:
            del self.fields["reason"]
        if state == State.CLOSED:
            self.fields["slug"].help_text = f"Type {organization.slug}, so that no other is closed."
        else:
            del self.fields["slug"]

    def clean_slug(self) -> str:
        """Ask for the name where there is no way back."""
        slug: str = self.cleaned_data["slug"]
        if slug != self.organization.slug:
            raise forms.ValidationError(f"Type {self.organization.slug} to close it.")
        return slug

    @property
    def reason_given(self) -> str:
        """The reason chosen; for a way back the one that it rested for."""
        return str(self.cleaned_data.get("reason") or self.organization.state_reason)


class Standing(OperatorPage):
    permission = Permission.ORGANIZATION_APPROVE
    template_name = "organizations/standing.html"

    def organization(self) -> Organization:
        """Find it. Raises NotFound, for the provider too."""
        rows = Organization.objects.exclude(kind=Organization.Kind.PROVIDER)
        found: Organization | None = rows.filter(id=self.kwargs["organization"]).first()
        if found is None:
            raise NotFound
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = self.organization()
        refused = kwargs.pop("form", None)
        acts = [
            refused if refused and refused.state == state else StandingForm(row, state)
            for state in ACTS
            if row.state in MOVES[state][0]
        ]
        return super().get_context_data(**(kwargs | {"acts": acts, "organization": row}))

    def post(self, request: HttpRequest, organization: UUID) -> HttpResponse:
        """Change how it stands."""
        row = self.organization()
        state = request.POST.get("state", "")
        form = StandingForm(row, state, request.POST) if state in ACTS else None
        if form is not None and form.is_valid():
            try:
                change_standing(
                    actor=self.actor,
                    organization_id=row.id,
                    to=state,
                    reason=form.reason_given or Reason.REQUESTED,
                    note=form.cleaned_data["note"],
                )
            except Conflict as error:
                messages.error(request, error.message)
                return self.render_to_response(self.get_context_data(), status=409)
            messages.success(request, f"{name_of(row)} is {MOVES[state][1]}.")
            return redirect("/operator/organizations")
        return self.render_to_response(self.get_context_data(form=form), status=400)
