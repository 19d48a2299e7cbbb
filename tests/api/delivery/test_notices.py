"""A client's webhook hears of its releases: signed, once in effect, again after a failure."""

from datetime import timedelta

import pytest
from standardwebhooks import Webhook as Verifier

from core.access.actors import Actor
from core.clock import frozen, now
from core.outbox.jobs import run
from core.outbox.models import Job
from core.tenancy.scope import scope
from tenants.compliance import deliveries, webhooks
from tenants.compliance.models import Delivery
from tests import dock
from tests.api.compliance.test_webhook import Receiver


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()
    made.thread.join()


@pytest.fixture
def secret(cast, receiver, settings):
    settings.WEBHOOK_LOOPBACK = True
    actor = Actor.person(cast.clara)
    return webhooks.set_webhook(actor=actor, tenant=cast.harbour.id, url=receiver.url)


def messages(receiver, secret):
    verifier = Verifier(secret)
    return [verifier.verify(body, headers) for headers, body in receiver.got]


def test_each_step_of_a_release_is_told_and_signed(cast, api, run_jobs, receiver, secret):
    dock.sign(cast)
    clara, clip = api(cast.clara), dock.finished(cast, run_jobs)
    release = dock.release_of(clara, clip, run_jobs)
    clara.post(f"/api/v1/t/harbour/releases/{release['id']}/accept")
    run_jobs()

    told = messages(receiver, secret)
    assert [message["type"] for message in told] == ["release.ready", "release.accepted"]
    assert told[0]["data"] == {
        "release": release["id"],
        "project": str(clip.project_id),
        "number": 1,
        "sha256": release["sha256"],
    }
    with scope(cast.harbour.id):
        kept = Delivery.objects.order_by("attempted_at")
        assert [(d.kind, d.status) for d in kept] == [
            ("release.ready", 204),
            ("release.accepted", 204),
        ]


def test_a_receiver_that_is_down_is_told_again_under_the_same_id(
    cast, api, run_jobs, receiver, secret
):
    dock.sign(cast)
    clip = dock.finished(cast, run_jobs)
    receiver.answer = 503
    release = dock.release_of(api(cast.clara), clip, run_jobs)
    job = Job.objects.get(kind=deliveries.RESEND, state=Job.State.OPEN)
    receiver.answer = 204
    with frozen(now() + timedelta(minutes=5)):
        assert run(job.id, beat=False)
        assert not Job.objects.filter(kind=deliveries.RESEND, state=Job.State.OPEN).exists()

    ids = {{name.lower(): value for name, value in headers.items()}["webhook-id"]
           for headers, _ in receiver.got}  # fmt: skip
    assert len(receiver.got) == 2
    assert len({body for _, body in receiver.got}) == 1
    assert len(ids) == 1
    assert release["id"] in receiver.got[1][1].decode()
    with scope(cast.harbour.id):
        assert sorted(Delivery.objects.values_list("status", flat=True)) == [204, 503]


def test_without_a_webhook_nobody_is_told(cast, api, run_jobs, receiver):
    dock.sign(cast)
    dock.release_of(api(cast.clara), dock.finished(cast, run_jobs), run_jobs)
    assert receiver.got == []
