"""Metrics: the queue and the log in numbers, for those who may ask, without a tenant's name."""

from datetime import timedelta

import pytest
from django.test import Client

from core.clock import now
from core.outbox.models import Job
from core.outbox.sweeper import sweep

pytestmark = pytest.mark.django_db


def numbers(client: Client, **headers) -> dict[str, float]:
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    lines = [line for line in answer.content.decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_depth_age_attempts_and_durations_are_told(cast, broker):
    instant = now()
    Job.objects.create(
        kind="clip.prepare", tenant_id=cast.harbour.id, run_after=instant - timedelta(minutes=5)
    )
    Job.objects.create(kind="clip.prepare", state="dead", priority=2)
    started = instant - timedelta(seconds=8)
    Job.objects.create(kind="x", state="done", started_at=started, finished_at=instant, attempts=2)
    sweep()

    told = numbers(Client())

    assert told['custos_jobs{kind="clip.prepare",priority="5",state="open"}'] == 1
    assert told['custos_jobs{kind="clip.prepare",priority="2",state="dead"}'] == 1
    assert told["custos_jobs_dead"] == 1
    assert 300 <= told["custos_jobs_due_age_seconds"] < 400
    assert told['custos_job_run_seconds{kind="x",quantile="0.5"}'] == pytest.approx(8, abs=0.01)
    assert told['custos_job_attempts_last_hour{kind="x"}'] == 2
    assert told["custos_sweeper_round_age_seconds"] < 60
    assert told["custos_log_waiting_seconds"] >= 0
    assert told["custos_broker_up"] == 1


def test_no_tenant_is_named(cast, broker):
    Job.objects.create(kind="clip.prepare", tenant_id=cast.harbour.id)
    text = Client().get("/metrics").content.decode()
    assert "harbour" not in text
    assert str(cast.harbour.id) not in text


def test_a_broker_that_is_down_is_a_number(broker):
    broker.stop()
    try:
        assert numbers(Client())["custos_broker_up"] == 0
    finally:
        broker.start()


@pytest.mark.parametrize(
    "peer",
    [
        {"REMOTE_ADDR": "203.0.113.9"},
        {"HTTP_X_FORWARDED_FOR": "203.0.113.9"},
        {"HTTP_FORWARDED": "for=203.0.113.9"},
    ],
)
def test_without_a_token_only_this_machine_reads_them(peer):
    assert Client(**peer).get("/metrics").status_code == 404


def test_with_a_token_its_bearer_alone_reads_them(broker, settings):
    settings.METRICS_TOKEN = "a-long-secret"
    assert Client().get("/metrics").status_code == 404
    assert Client().get("/metrics", headers={"authorization": "Bearer x"}).status_code == 404
    far = Client(REMOTE_ADDR="203.0.113.9")
    assert numbers(far, authorization="Bearer a-long-secret")["custos_broker_up"] == 1
