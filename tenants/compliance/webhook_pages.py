"""The page of the webhook: address, secrets, state, and every attempt with its answer."""

from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.access.permissions import Permission
from core.accounts.models import Person
from core.audit.tree import latest_checkpoint
from core.errors import Conflict, CustosError, Invalid, NotFound, Unavailable
from core.tenancy.scope import scope
from core.web.pages import TenantPage
from tenants.compliance import deliveries, webhooks
from tenants.compliance.models import Delivery

PAGE = 25


class AddressForm(forms.Form):
    url = forms.CharField(
        label="Address",
        max_length=500,
        widget=forms.URLInput(attrs={"placeholder": "https://", "autocomplete": "off"}),
    )


class SecretForm(forms.Form):
    hours = forms.IntegerField(
        label="Hours that the old secret signs too",
        min_value=0,
        max_value=webhooks.LONGEST_OVERLAP,
        initial=webhooks.USUAL_OVERLAP,
    )


class WebhookPage(TenantPage):
    """Where messages go, and what came of each attempt."""

    permission = Permission.LOG_READ
    permissions: ClassVar = {"POST": Permission.LOG_WITNESS}
    template_name = "compliance/webhook.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        webhook = webhooks.find_webhook(self.tenant.id)
        failed = self.request.GET.get("show") == "failed"
        with scope(self.tenant.id):
            rows = deliveries.deliveries_of(failed=failed)
            page = Paginator(rows, PAGE).get_page(self.request.GET.get("page"))
            shown = list(page.object_list)
            missed = len(deliveries.missed_messages()) if webhook else 0
            checkpoint = latest_checkpoint()
        names = _names({row.asked_by for row in shown if row.asked_by})
        kwargs.setdefault("form", AddressForm(initial={"url": webhook.url if webhook else ""}))
        kwargs.setdefault("secret_form", SecretForm())
        return super().get_context_data(
            webhook=webhook,
            missed=missed,
            checkpoint=checkpoint,
            page=page,
            failed=failed,
            rows=[_row(row, names) for row in shown],
            pause_at=webhook.failing_since + webhooks.LONG_FAILURE
            if webhook and webhook.failing_since
            else None,
            **kwargs,
        )

    def post(self, request: HttpRequest, tenant: str) -> HttpResponse:
        """Do one of the page's acts; two of them show a secret once."""
        what = request.POST.get("what", "")
        try:
            if what in {"set", "rotate"}:
                return self._with_secret(request, what)
            self._act(request, what)
        except CustosError as error:
            messages.error(request, error.message)
        return redirect(request.get_full_path())

    def _with_secret(self, request: HttpRequest, what: str) -> HttpResponse:
        """Set the address or replace the secret; show the new secret, or what was refused."""
        kind = AddressForm if what == "set" else SecretForm
        form, secret = kind(request.POST), ""
        if form.is_valid():
            make = webhooks.set_webhook if what == "set" else webhooks.rotate_secret
            try:
                secret = make(actor=self.actor, tenant=self.tenant.id, **form.cleaned_data)
            except (Conflict, Invalid, Unavailable) as error:
                form.add_error(next(iter(form.fields)), error.message)
        name = "form" if what == "set" else "secret_form"
        given = {} if secret and what == "rotate" else {name: form}
        context = self.get_context_data(secret=secret, replaced=what == "rotate", **given)
        answer = self.render_to_response(context, status=201 if secret else 400)
        answer["Cache-Control"] = "no-store"
        return answer

    def _act(self, request: HttpRequest, what: str) -> None:
        who: dict[str, Any] = {"actor": self.actor, "tenant": self.tenant.id}
        if what == "stop":
            webhooks.stop_webhook(**who)
            messages.info(request, "Nothing is sent any more.")
        elif what == "start":
            deliveries.try_and_start(**who)
            messages.success(request, "The test was taken: messages are sent again.")
        elif what == "end_secret":
            webhooks.end_former_secret(**who)
            messages.info(request, "The old secret signs no more.")
        elif what == "missed":
            count = deliveries.send_missed(**who)
            messages.info(request, f"{count} events are sent again within seconds.")
        elif what == "again":
            made = deliveries.redeliver(**who, delivery_id=_id(request.POST.get("delivery", "")))
            self._told(request, "The message", made)
        elif what == "try":
            self._told(request, "The test", deliveries.send_test(tenant=self.tenant.id))
        else:
            raise Invalid("There is no such act.", field="what")

    def _told(self, request: HttpRequest, what: str, made: Delivery) -> None:
        if made.taken:
            messages.success(request, f"{what} was taken, with status {made.status}.")
        else:
            messages.error(request, f"{what} was not taken: {deliveries.outcome(made)}.")


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound from error


def _names(ids: set[UUID]) -> dict[UUID, str]:
    return dict(Person.objects.filter(id__in=ids).values_list("id", "name")) if ids else {}


def _row(row: Delivery, names: dict[UUID, str]) -> dict[str, Any]:
    return {
        "row": row,
        "asked_by": names.get(row.asked_by, "somebody") if row.asked_by else "",
        "test": row.kind == deliveries.TEST or (not row.message_id and not row.last_size),
        "held": row.error == deliveries.NOT_SENT,
    }
