"""A webhook over its life: two secrets for a while, a pause after days of failure, sent again."""

import json
from datetime import timedelta

import pytest
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from core.access.actors import Actor
from core.audit.models import AuditEntry
from core.clock import frozen, now
from core.notices.models import Mark
from core.outbox.jobs import run
from core.outbox.models import Event, Job
from core.storage.rotation import rotate_key
from core.tenancy.scope import scope
from tenants.compliance import deliveries, webhooks
from tenants.compliance.models import Delivery
from tests.api.compliance.test_webhook import receiver

__all__ = ["receiver"]

API = "/api/v1/t/harbour/webhook"


@pytest.fixture
def hook(cast, clara, receiver, settings):
    """Clara's answer from setting the address, with the secret in it."""
    settings.WEBHOOK_LOOPBACK = True
    answer = clara.put(API, {"url": receiver.url}, format="json")
    assert answer.status_code == 201
    assert answer["Cache-Control"] == "no-store"
    return answer.json()


def tell(cast, number=1):
    return deliveries.send_event(
        tenant=cast.harbour.id, kind="release.ready", message_id=f"msg_{number}",
        data={"number": number},
    )  # fmt: skip


def newest(receiver):
    headers, body = receiver.got[-1]
    return body, headers


def actions(cast):
    with scope(cast.harbour.id):
        rows = AuditEntry.objects.filter(action__startswith="log.webhook.").order_by("time")
        return list(rows.values_list("action", flat=True))


def test_a_replaced_secret_signs_too_until_its_time_is_over(cast, clara, hook, receiver):
    made = clara.post(f"{API}/secret", {"hours": 2}, format="json")
    assert made.status_code == 201
    old, new = hook["secret"], made.json()["secret"]
    assert old != new
    tell(cast)
    assert newest(receiver)[1]["webhook-signature"].count(" ") == 1
    for secret in (old, new):
        assert Verifier(secret).verify(*newest(receiver))["data"] == {"number": 1}

    with frozen(now() + timedelta(hours=2, seconds=1)):
        tell(cast, 2)
    assert " " not in newest(receiver)[1]["webhook-signature"]
    assert clara.get(API).json()["former_secret_until"] is not None, "the clock is back"
    assert "log.webhook.secret" in actions(cast)
    assert new not in json.dumps(clara.get(API).json())


def test_an_old_secret_is_ended_at_once_where_it_is_known_to_others(cast, clara, hook, receiver):
    new = clara.post(f"{API}/secret", {"hours": 24}, format="json").json()["secret"]
    again = clara.post(f"{API}/secret", {"hours": 24}, format="json")
    assert again.status_code == 409, "no more than two sign"
    assert clara.delete(f"{API}/secret").status_code == 204
    assert clara.delete(f"{API}/secret").status_code == 404
    tell(cast)
    Verifier(new).verify(*newest(receiver))
    with pytest.raises(WebhookVerificationError):
        Verifier(hook["secret"]).verify(*newest(receiver))
    assert clara.post(f"{API}/secret", {"hours": 169}, format="json").status_code == 400


def test_both_secrets_move_under_the_organization_s_new_key(cast, clara, hook, receiver, run_jobs):
    new = clara.post(f"{API}/secret", {}, format="json").json()["secret"]
    rotate_key(actor=Actor.person(cast.olga), tenant=cast.harbour.id)
    run_jobs()
    webhook = webhooks.require_webhook(cast.harbour.id)
    assert (webhook.key_version, webhook.former_key_version) == (2, 2)
    tell(cast)
    for secret in (hook["secret"], new):
        Verifier(secret).verify(*newest(receiver))


def test_days_of_failure_pause_it_and_what_was_missed_is_sent_when_it_starts(
    cast, clara, hook, receiver, run_jobs
):
    receiver.answer = 500
    tell(cast, 1)
    assert clara.get(API).json()["failing_since"] is not None
    with frozen(now() + timedelta(days=2)):
        tell(cast, 2)
    assert clara.get(API).json()["state"] == "active"
    with frozen(now() + timedelta(days=3, minutes=1)):
        tell(cast, 3)
        tell(cast, 4)
    shown = clara.get(API).json()
    assert (shown["state"], shown["pause_cause"]) == ("paused", "failure")
    assert Event.objects.filter(topic="webhook.paused").count() == 1
    told = Mark.objects.filter(kind="webhook_paused").values_list("person_id", flat=True)
    assert set(told) == {cast.clara.id, cast.arthur.id}
    assert "Mend your webhook" in clara.get("/t/harbour/home").content.decode()
    assert len(receiver.got) == 3, "what happens while it is paused is kept and not sent"

    assert clara.post(f"{API}/missed").status_code == 409
    assert clara.post(API, {"active": True}, format="json").status_code == 409
    receiver.answer = 204
    Job.objects.all().delete()
    assert clara.post(API, {"active": True}, format="json").json()["state"] == "active"
    receiver.got.clear()
    assert clara.post(f"{API}/missed").json() == {"messages": 4}
    run_jobs()
    told = [Verifier(hook["secret"]).verify(body, headers) for headers, body in receiver.got]
    assert sorted(message["data"]["number"] for message in told) == [1, 2, 3, 4]
    assert clara.post(f"{API}/missed").json() == {"messages": 0}
    assert {"log.webhook.pause", "log.webhook.start", "log.webhook.resend"} <= set(actions(cast))


def test_a_message_is_sent_again_because_somebody_asked_and_the_log_knows_who(
    cast, clara, api, hook, receiver
):
    tell(cast)
    first = clara.get(f"{API}/deliveries").json()["results"][0]
    path = f"{API}/deliveries/{first['id']}/redeliver"
    assert api(cast.arthur).post(path).status_code == 403
    receiver.answer = 500
    again = clara.post(path).json()
    assert (again["taken"], again["by_hand"]) == (False, True)
    assert len({body for _, body in receiver.got}) == 1
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    assert clara.get(API).json()["failing_since"] is None, "by hand it says nothing of how it does"
    failed = clara.get(f"{API}/deliveries?failed=true").json()
    assert [row["id"] for row in failed["results"]] == [again["id"]]
    assert "log.webhook.redeliver" in actions(cast)


def test_redelivery_of_another_organization_s_message_is_a_404(cast, api, hook, receiver):
    tell(cast)
    with scope(cast.harbour.id):
        theirs = Delivery.objects.get().id
    path = f"/api/v1/t/museum/webhook/deliveries/{theirs}/redeliver"
    assert api(cast.mila).post(path).status_code == 404


def test_a_message_is_given_up_after_the_last_pause(cast, hook, receiver):
    receiver.answer = 503
    tell(cast)
    sent = 1
    while job := Job.objects.filter(kind=deliveries.RESEND, state=Job.State.OPEN).first():
        with frozen(job.run_after):
            assert run(job.id, beat=False)
        sent += 1
    assert sent == len(deliveries.PAUSES) + 1


def test_the_page_lists_attempts_and_sends_one_again(cast, clara, hook, receiver):
    receiver.answer = 500
    tell(cast)
    page = "/t/harbour/log/webhook"
    shown = clara.get(f"{page}?show=failed").content.decode()
    assert "500 not taken" in shown
    assert "Nothing was taken since" in shown
    with scope(cast.harbour.id):
        first = Delivery.objects.get().id
    receiver.answer = 204
    again = clara.post(page, {"what": "again", "delivery": str(first)}, follow=True)
    assert "The message was taken, with status 204" in again.content.decode()
    assert "again, for Clara" in again.content.decode()
    assert clara.post(page, {"what": "again", "delivery": "x"}, follow=True).status_code == 200
    made = clara.post(page, {"what": "rotate", "hours": "200"})
    assert made.status_code == 400
    made = clara.post(page, {"what": "rotate", "hours": "24"})
    assert "whsec_" in made.content.decode()
    assert "Two secrets sign" in clara.get(page).content.decode()
