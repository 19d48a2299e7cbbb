"""The API of the webhook: address, secret, state, and its log of deliveries."""

from datetime import datetime
from typing import Any, ClassVar, TypedDict
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.permissions import Permission
from core.tenancy.scope import scope
from core.web.answers import Id
from core.web.api import TenantView, checked_body, checked_query
from core.web.described import described
from core.web.paging import page_of
from tenants.compliance import deliveries, webhooks
from tenants.compliance.models import Delivery, Webhook


class WebhookAddress(serializers.Serializer[Any]):
    url = serializers.CharField(max_length=500)


class Overlap(serializers.Serializer[Any]):
    hours = serializers.IntegerField(
        min_value=0,
        max_value=webhooks.LONGEST_OVERLAP,
        default=webhooks.USUAL_OVERLAP,
        help_text="How long the replaced secret signs too.",
    )


class WebhookStanding(serializers.Serializer[Any]):
    active = serializers.BooleanField(help_text="Starting sends a test first.")


class DeliveryQuery(serializers.Serializer[Any]):
    failed = serializers.BooleanField(default=False, help_text="Only what was not taken.")


class WebhookJson(TypedDict):
    """Where messages go and how it does; the secret is given once, and not here."""

    url: str
    state: str
    pause_cause: str | None
    paused_at: datetime | None
    failing_since: datetime | None
    former_secret_until: datetime | None
    sent_size: int


class WebhookWithSecret(WebhookJson):
    """With the new secret, which is shown this once."""

    secret: str


class DeliveryJson(TypedDict):
    """One attempt; `status`: what the receiver answered, null where it did not."""

    id: Id
    message_id: str
    type: str
    data: Any
    checkpoints: list[int] | None
    attempted_at: datetime
    status: int | None
    error: str
    taken: bool
    by_hand: bool


class DeliveryCount(TypedDict):
    total: int


class MissedJson(TypedDict):
    messages: int


def webhook_json(row: Webhook) -> WebhookJson:
    """All but the secret, which is given once."""
    return {
        "url": row.url,
        "state": row.state,
        "pause_cause": row.pause_cause or None,
        "paused_at": row.paused_at,
        "failing_since": row.failing_since,
        "former_secret_until": row.former_until if row.rotating else None,
        "sent_size": row.sent_size,
    }


def delivery_json(row: Delivery) -> DeliveryJson:
    """One attempt."""
    return {
        "id": str(row.id),
        "message_id": row.message_id,
        "type": row.kind,
        "data": row.data,
        "checkpoints": [row.first_size, row.last_size] if row.last_size else None,
        "attempted_at": row.attempted_at,
        "status": row.status,
        "error": row.error,
        "taken": row.taken,
        "by_hand": row.asked_by is not None,
    }


class WebhookView(TenantView):
    """GET: for readers of the log. Whatever changes or sends: for who may name witnesses."""

    permissions: ClassVar = {
        "GET": Permission.LOG_READ,
        **dict.fromkeys(("POST", "PUT", "DELETE"), Permission.LOG_WITNESS),
    }


class WebhookDetail(WebhookView):
    @described("get_webhook", answer=WebhookJson)
    def get(self, request: Request, tenant: str) -> Response:
        """Where messages go, and how it does."""
        return Response(webhook_json(webhooks.require_webhook(self.tenant.id)))

    @described("set_webhook", body=WebhookAddress, answer=WebhookWithSecret, status=201)
    def put(self, request: Request, tenant: str) -> Response:
        """Set the address; the new secret is in this answer and in no other."""
        url = checked_body(WebhookAddress, request)["url"]
        secret = webhooks.set_webhook(actor=self.actor, tenant=self.tenant.id, url=url)
        shown = webhook_json(webhooks.require_webhook(self.tenant.id))
        return Response(
            {**shown, "secret": secret}, status=201, headers={"Cache-Control": "no-store"}
        )

    @described("start_or_stop_webhook", body=WebhookStanding, answer=WebhookJson)
    def post(self, request: Request, tenant: str) -> Response:
        """Start or stop sending."""
        who: dict[str, Any] = {"actor": self.actor, "tenant": self.tenant.id}
        if checked_body(WebhookStanding, request)["active"]:
            deliveries.try_and_start(**who)
        else:
            webhooks.stop_webhook(**who)
        return Response(webhook_json(webhooks.require_webhook(self.tenant.id)))


class Secret(WebhookView):
    permissions: ClassVar = dict.fromkeys(("POST", "DELETE"), Permission.LOG_WITNESS)

    @described(
        "renew_webhook_secret", body=Overlap, answer=WebhookWithSecret, status=201, secret=True
    )
    def post(self, request: Request, tenant: str) -> Response:
        """Make a new secret, which is in this answer and in no other; the old one signs too."""
        hours = checked_body(Overlap, request)["hours"]
        secret = webhooks.rotate_secret(actor=self.actor, tenant=self.tenant.id, hours=hours)
        shown = webhook_json(webhooks.require_webhook(self.tenant.id))
        return Response(
            {**shown, "secret": secret}, status=201, headers={"Cache-Control": "no-store"}
        )

    @described("end_former_webhook_secret", status=204)
    def delete(self, request: Request, tenant: str) -> Response:
        """Let the replaced secret sign no more."""
        webhooks.end_former_secret(actor=self.actor, tenant=self.tenant.id)
        return Response(status=204)


class Test(WebhookView):
    permissions: ClassVar = {"POST": Permission.LOG_WITNESS}

    @described("test_webhook", answer=DeliveryJson)
    def post(self, request: Request, tenant: str) -> Response:
        """Send a test, once; say what came of it."""
        return Response(delivery_json(deliveries.send_test(tenant=self.tenant.id)))


class Missed(WebhookView):
    permissions: ClassVar = {"POST": Permission.LOG_WITNESS}

    @described("send_missed_events", answer=MissedJson, status=202)
    def post(self, request: Request, tenant: str) -> Response:
        """Send each event of the last 30 days that was never taken."""
        count = deliveries.send_missed(actor=self.actor, tenant=self.tenant.id)
        return Response({"messages": count}, status=202)


class Deliveries(WebhookView):
    permissions: ClassVar = {"GET": Permission.LOG_READ}

    @described("list_deliveries", query=(DeliveryQuery,), page=DeliveryJson, beside=DeliveryCount)
    def get(self, request: Request, tenant: str) -> Response:
        """Every attempt, the newest first."""
        asked = checked_query(DeliveryQuery, request)
        with scope(self.tenant.id):
            rows = deliveries.deliveries_of(failed=asked["failed"])
            return page_of(request, rows, delivery_json, total=rows.count())


class Redeliver(WebhookView):
    permissions: ClassVar = {"POST": Permission.LOG_WITNESS}

    @described("redeliver", answer=DeliveryJson)
    def post(self, request: Request, tenant: str, delivery: UUID) -> Response:
        """Send the message of an attempt once more, under its own id; say what came of it."""
        made = deliveries.redeliver(actor=self.actor, tenant=self.tenant.id, delivery_id=delivery)
        return Response(delivery_json(made))
