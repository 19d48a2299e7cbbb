"""Is it alive, and is each part of it?"""

from datetime import timedelta

import pytest
from django.test import Client

from core.clock import frozen, now
from core.media import sandbox, standing
from tests.unit.media.ordinary import OLD_KERNEL


@pytest.fixture
def store(settings, tmp_path):
    settings.OBJECT_STORE_FOLDER = tmp_path
    return tmp_path


def test_healthz_answers_without_asking_any_part():
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"state": "ok"})


def test_readyz_tells_each_part(db, broker, store):
    answer = Client().get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["parts"] == {
        "database": "ok",
        "broker": "ok",
        "jobs": "ok",
        "log": "ok",
        "store": "ok",
        "sandbox": "ok",
    }


@pytest.fixture
def old_kernel(monkeypatch):
    """A kernel without Landlock, as the media child sees it."""
    standing.forget()
    monkeypatch.setattr(sandbox, "_BOOTSTRAP", OLD_KERNEL)
    yield
    standing.forget()


def test_readyz_says_that_no_clip_can_be_opened_safely(db, broker, store, old_kernel):
    answer = Client().get("/readyz")
    assert answer.status_code == 200  # the portal can still be used
    assert "This kernel has no Landlock" in answer.json()["parts"]["sandbox"]
    assert "CUSTOS_ALLOW_NO_LANDLOCK=1" in answer.json()["parts"]["sandbox"]


def test_readyz_says_what_the_operator_has_accepted(db, broker, store, old_kernel, monkeypatch):
    monkeypatch.setenv("CUSTOS_ALLOW_NO_LANDLOCK", "1")
    parts = Client().get("/readyz").json()["parts"]
    assert parts["sandbox"].startswith("without Landlock, as CUSTOS_ALLOW_NO_LANDLOCK=1 accepts")


def test_readyz_tells_of_jobs_that_nobody_works_on(db, broker, store):
    from core.outbox.models import Job

    Job.objects.create(kind="x", run_after=now() - timedelta(minutes=5))
    answer = Client().get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["parts"]["jobs"].startswith("the oldest has been due since")


def test_readyz_tells_of_dead_jobs_and_of_a_sweeper_that_is_away(db, broker, store):
    from core.outbox.models import Job
    from core.outbox.sweeper import sweep

    with frozen(now() - timedelta(minutes=5)):
        sweep()
    Job.objects.create(kind="x", state="dead")
    told = Client().get("/readyz").json()["parts"]["jobs"]
    assert "the sweeper is away since" in told
    assert "1 dead" in told


def test_readyz_tells_of_a_log_without_a_sequencer(cast, broker, store):
    from core.access.actors import Actor
    from core.audit.log import record
    from core.tenancy.scope import scope

    with frozen(now() - timedelta(minutes=5)), scope(cast.harbour.id):
        record(
            action="clip.watched",
            actor=Actor.system("test"),
            tenant=cast.harbour.id,
            subject=("clip", "1"),
        )
    answer = Client().get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["parts"]["log"].startswith("entries wait since")


def test_without_its_store_it_is_not_ready(db, broker, settings, tmp_path):
    settings.OBJECT_STORE_FOLDER = tmp_path / "gone"
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["parts"]["store"] != "ok"


def test_a_broker_that_is_down_is_told_and_does_not_stop_the_portal(db, broker, store):
    broker.stop()
    try:
        answer = Client().get("/readyz")
    finally:
        broker.start()
    assert answer.status_code == 200
    assert answer.json()["parts"]["broker"] != "ok"


def test_without_its_database_it_is_not_ready(committed_db, broker, store):
    from django.db import connections

    real = connections.settings["default"]["NAME"]
    connections.close_all()
    connections.settings["default"]["NAME"] = "no_such_database"
    try:
        answer = Client().get("/readyz")
    finally:
        connections.close_all()
        connections.settings["default"]["NAME"] = real
    assert answer.status_code == 503
    assert answer.json()["parts"]["database"] == "OperationalError"
    assert answer.json()["parts"]["jobs"] == "OperationalError"


def test_a_bucket_in_place_of_the_folder_is_taken_at_its_word(db, broker, settings):
    settings.OBJECT_STORE_BUCKET = "footage"
    assert Client().get("/readyz").json()["parts"]["store"] == "ok"
