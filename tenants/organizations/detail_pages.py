"""An organization's own pages about itself: what it is called, and how its key is kept."""

import zoneinfo
from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.access.permissions import Permission
from core.errors import Conflict
from core.storage.rotation import key_state, rotate_key
from core.tenancy.scope import scope
from core.web.pages import TenantPage
from tenants.organizations.key_plans import choose_plan, plan_of
from tenants.organizations.models import KeyPlan, Profile
from tenants.organizations.profiles import change_profile


class DetailsForm(forms.Form):
    name = forms.CharField(label="Name", max_length=120)
    address = forms.CharField(
        label="Address",
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "street-address"}),
        help_text="As it stands on invoices and contracts.",
    )
    tax_number = forms.CharField(label="Tax number", max_length=40, required=False)
    time_zone = forms.ChoiceField(
        label="Time zone", choices=[(z, z) for z in sorted(zoneinfo.available_timezones())]
    )


class Details(TenantPage):
    """Name, address, tax number, time zone."""

    permission = Permission.MEMBER_LIST
    permissions: ClassVar = {"POST": Permission.MEMBER_MANAGE}
    template_name = "organizations/details.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if "form" not in kwargs:
            with scope(self.tenant.id):
                profile = Profile.objects.first() or Profile(name=self.tenant.slug)
            names = ("name", "address", "tax_number", "time_zone")
            kwargs["form"] = DetailsForm(initial={name: getattr(profile, name) for name in names})
        return super().get_context_data(**kwargs)

    def post(self, request: HttpRequest, tenant: str) -> HttpResponse:
        form = DetailsForm(request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=400)
        change_profile(actor=self.actor, tenant=self.tenant.id, **form.cleaned_data)
        messages.info(request, "Kept. Invoices from now on carry it.")
        return redirect(f"/t/{self.tenant.slug}/")


class Key(TenantPage):
    """How the organization's key stands, how often it is replaced, replacing it now."""

    permission = Permission.KEY_CHOOSE
    template_name = "organizations/key.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        state = key_state(self.tenant)
        with scope(self.tenant.id):
            plan = plan_of()
        due = None
        if plan is not None and plan.days and state.since is not None:
            due = state.since + timedelta(days=plan.days)
        return super().get_context_data(
            state=state, plan=plan, due=due, choices=KeyPlan.Every.choices, **kwargs
        )

    def post(self, request: HttpRequest, tenant: str) -> HttpResponse:
        """Choose (`days`), or replace the key now (`now`)."""
        if "now" in request.POST:
            try:
                rotation = rotate_key(actor=self.actor, tenant=self.tenant.id)
            except Conflict as error:
                messages.error(request, error.message)
            else:
                messages.info(request, f"Key {rotation.version} is in use; objects move to it.")
            return redirect(request.path)
        given = request.POST.get("days", "")
        days = int(given) if given.isdecimal() and len(given) < 5 else -1
        choose_plan(actor=self.actor, tenant=self.tenant.id, days=days)
        messages.info(request, "Chosen. It stands in your access log.")
        return redirect(f"/t/{self.tenant.slug}/")
