"""The page of a log's witnesses: where checkpoints are sent, who cosigned them, how to join."""

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.access.permissions import Permission
from core.audit.tree import latest_checkpoint, verifier_key
from core.errors import CustosError, Invalid, Unavailable
from core.tenancy.scope import scope
from core.web.pages import TenantPage
from tenants.compliance import webhooks
from tenants.compliance.models import Cosignature

SHOWN = 20


class AddressForm(forms.Form):
    url = forms.CharField(
        label="Address",
        max_length=500,
        widget=forms.URLInput(attrs={"placeholder": "https://", "autocomplete": "off"}),
    )


class Witnesses(TenantPage):
    """Who holds this log to its word from outside."""

    permission = Permission.LOG_READ
    permissions: ClassVar = {"POST": Permission.LOG_WITNESS}
    template_name = "compliance/witnesses.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        webhook, deliveries = webhooks.webhook_of(self.tenant.id)
        with scope(self.tenant.id):
            checkpoint = latest_checkpoint()
            cosigned = list(Cosignature.objects.order_by("-created_at", "id")[:SHOWN])
        kwargs.setdefault("form", AddressForm(initial={"url": webhook.url if webhook else ""}))
        return super().get_context_data(
            webhook=webhook,
            deliveries=deliveries,
            cosigned=cosigned,
            checkpoint=checkpoint,
            key=str(verifier_key(self.tenant.id)),
            portal=self.request.build_absolute_uri("/").rstrip("/"),
            **kwargs,
        )

    def post(self, request: HttpRequest, tenant: str) -> HttpResponse:
        """Set the address, which shows its secret once; stop; or send a test."""
        what = request.POST.get("what")
        if what == "set":
            return self._set(request)
        try:
            self._stop_or_try(request, what)
        except CustosError as error:
            messages.error(request, error.message)
        return redirect(request.path)

    def _set(self, request: HttpRequest) -> HttpResponse:
        form = AddressForm(request.POST)
        secret = ""
        if form.is_valid():
            try:
                secret = webhooks.set_webhook(
                    actor=self.actor, tenant=self.tenant.id, url=form.cleaned_data["url"]
                )
            except (Invalid, Unavailable) as error:
                form.add_error("url", error.message)
        context = self.get_context_data(form=form, secret=secret)
        answer = self.render_to_response(context, status=201 if secret else 400)
        answer["Cache-Control"] = "no-store"
        return answer

    def _stop_or_try(self, request: HttpRequest, what: str | None) -> None:
        if what == "stop":
            webhooks.stop_webhook(actor=self.actor, tenant=self.tenant.id)
            messages.info(request, "Nothing is sent any more.")
            return
        delivery = webhooks.try_webhook(tenant=self.tenant.id)
        if delivery.taken:
            messages.success(request, f"The test was taken, with status {delivery.status}.")
        else:
            told = f"status {delivery.status}" if delivery.status else delivery.error
            messages.error(request, f"The test was not taken: {told}.")
