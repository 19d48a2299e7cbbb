"""Exactly once in effect: rows and the end of a job are one transaction, held by one worker."""

import threading
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection

from core.clock import frozen, now
from core.outbox import watching
from core.outbox.jobs import JobLost, JobTimedOut, claim, enqueue, job, run
from core.outbox.models import Event, Job
from core.outbox.sweeper import sweep
from tests.deadline import eventually


def effects() -> int:
    return Event.objects.filter(topic="test.effect").count()


def leave_one() -> None:
    Event.objects.create(topic="test.effect")


@pytest.mark.django_db
def test_a_worker_that_was_taken_for_dead_commits_nothing(registry):
    @job("test.zombie")
    def zombie(context):
        with frozen(now() + timedelta(minutes=5)):
            sweep()
            _, second = claim(context.id)
        with second.commit():
            leave_one()
        with context.effect():
            leave_one()

    row = enqueue("test.zombie", tenant=None)
    assert not run(row.id, beat=False)

    row.refresh_from_db()
    assert (row.state, row.token, effects()) == ("done", 2, 1)


@pytest.mark.django_db
def test_what_fails_in_the_last_step_leaves_nothing_and_is_tried_again(registry):
    @job("test.half")
    def half(context):
        with context.commit():
            leave_one()
            if context.attempt == 1:
                raise DatabaseError("gone")

    row = enqueue("test.half", tenant=None)
    assert not run(row.id, beat=False)
    row.refresh_from_db()
    assert (row.state, effects()) == ("open", 0)
    with frozen(now() + timedelta(hours=1)):
        assert run(row.id, beat=False)
    assert effects() == 1


@pytest.mark.django_db
def test_what_fails_after_the_commit_does_not_run_again(registry):
    @job("test.late")
    def late(context):
        with context.commit():
            leave_one()
        raise RuntimeError("after the end")

    row = enqueue("test.late", tenant=None)
    run(row.id, beat=False)
    row.refresh_from_db()
    assert (row.state, row.error, effects()) == ("done", "", 1)


def test_while_an_effect_is_written_nobody_else_gets_the_job(committed_db, registry):
    row = Job.objects.create(kind="test.note")
    _, context = claim(row.id)
    taken = []

    def take():
        with frozen(now() + timedelta(minutes=5)):
            sweep()
        taken.append(claim(row.id))
        connection.close()

    with context.effect():
        thread = threading.Thread(target=take)
        thread.start()
        thread.join()

    assert taken == [None]


def test_a_handler_that_is_over_its_time_is_ended_and_tried_again(committed_db, registry):
    @job("test.hangs", timeout=1)
    def hangs(context):
        threading.Event().wait(120)

    row = enqueue("test.hangs", tenant=None)
    assert not run(row.id)

    row.refresh_from_db()
    assert row.state == "open"
    assert JobTimedOut.__name__ in row.error
    assert "did not end within its 1 s" in row.error


def test_a_heartbeat_outlives_a_database_that_restarts(committed_db, registry, monkeypatch, caplog):
    monkeypatch.setattr(watching, "HEARTBEAT_EVERY", 0.01)
    real, asked = watching.JobContext.heartbeat, []

    def heartbeat(context):
        asked.append(1)
        if len(asked) == 1:
            connection.close()
            with connection.cursor() as cursor:
                cursor.execute("select pg_terminate_backend(pg_backend_pid())")
        real(context)

    monkeypatch.setattr(watching.JobContext, "heartbeat", heartbeat)

    @job("test.beats")
    def beats(context):
        first = Job.objects.get(id=context.id).heartbeat_at
        eventually(lambda: Job.objects.get(id=context.id).heartbeat_at > first, what="a heartbeat")

    assert run(enqueue("test.beats", tenant=None).id)
    assert "misses a heartbeat" in caplog.text


@pytest.mark.django_db
def test_a_job_that_is_done_is_nobody_s_to_commit(registry):
    row = Job.objects.create(kind="test.note")
    _, context = claim(row.id)
    with context.commit():
        leave_one()
    with pytest.raises(JobLost), context.commit():
        leave_one()
    assert effects() == 1
