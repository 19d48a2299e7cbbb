"""The sweeper and a real broker: a message may get lost, a worker may die, the broker may be down.

These tests commit for real: messages go out after the commit, and threads claim at once.
"""

import os
import signal
import threading
from datetime import timedelta

import pytest
from celery import current_app
from django.core.management import call_command
from django.db import connection, transaction

from core.clock import frozen, now
from core.outbox import jobs
from core.outbox.jobs import claim, enqueue, job, run
from core.outbox.models import Job
from core.outbox.periodic import every, run_due
from core.outbox.sweeper import sweep
from tests.deadline import eventually


@pytest.fixture
def messages(broker, committed_db, registry):
    """Take all messages out of the broker, in the order of delivery: ids of jobs."""

    def take():
        found = []
        with current_app.connection_for_read() as link:
            queue = link.SimpleQueue("custos", queue_opts={"max_priority": None})
            try:
                while True:
                    message = queue.get(block=False)
                    message.ack()
                    (args, _, _) = message.payload
                    found.append(args)
            except queue.Empty:
                queue.close()
        return found

    take()
    return take


def test_the_message_leaves_after_the_commit_and_carries_an_id_only(messages, calls):
    with transaction.atomic():
        row = enqueue("test.note", tenant=None, args={"clip": "c1"})
        assert messages() == []
    assert messages() == [[str(row.id)]]


def test_urgent_jobs_come_first(messages, calls):
    rows = [enqueue("test.note", tenant=None, priority=p) for p in (9, 0, 5)]
    assert messages() == [[str(rows[n].id)] for n in (1, 2, 0)]


def test_a_lost_message_is_sent_again_when_it_is_old(messages, calls):
    row = enqueue("test.note", tenant=None)
    messages()

    assert sweep() == 0, "its message may still be on its way"
    with frozen(now() + timedelta(seconds=11)):
        assert sweep() == 1

    assert messages() == [[str(row.id)]]


def test_the_job_of_a_dead_worker_is_taken_back(messages, calls):
    row = enqueue("test.note", tenant=None)
    claim(row.id)
    messages()

    with frozen(now() + timedelta(seconds=29)):
        assert sweep() == 0, "its heartbeat is young enough"
    with frozen(now() + timedelta(seconds=31)):
        assert sweep() == 1
        assert messages() == [[str(row.id)]]
        assert run(row.id, beat=False)
    row.refresh_from_db()
    assert (row.state, row.token) == ("done", 2)


def test_the_sweeper_sends_what_is_due_most_urgent_first_up_to_its_limit(messages, calls):
    instant = now()
    rows = [Job.objects.create(kind="test.note", priority=p) for p in (7, 1, 4)]
    Job.objects.create(kind="test.note", run_after=instant + timedelta(hours=1))
    Job.objects.create(kind="test.note", state="done")

    assert sweep(limit=2) == 2
    assert messages() == [[str(rows[1].id)], [str(rows[2].id)]]
    assert sweep() == 1


def test_a_broker_that_is_down_costs_time_and_no_job(messages, calls, broker, caplog):
    broker.stop()
    try:
        row = enqueue("test.note", tenant=None)
        assert "waits for the sweeper" in caplog.text
    finally:
        broker.start()
    with frozen(now() + timedelta(seconds=11)):
        sweep()
    assert messages() == [[str(row.id)]]


def test_of_many_workers_one_gets_the_job(committed_db, calls):
    row = enqueue("test.note", tenant=None)
    workers = 6
    gate, won = threading.Barrier(workers), []

    def work():
        gate.wait()
        if run(row.id):
            won.append(1)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(won), len(calls)) == (1, 1)
    row.refresh_from_db()
    assert row.attempts == 1


def test_the_heartbeat_beats_while_the_handler_is_busy(committed_db, registry, monkeypatch):
    monkeypatch.setattr(jobs, "HEARTBEAT_EVERY", 0.01)

    @job("test.busy")
    def busy(context):
        first = Job.objects.get(id=context.id).heartbeat_at
        eventually(lambda: Job.objects.get(id=context.id).heartbeat_at > first, what="a heartbeat")

    assert run(enqueue("test.busy", tenant=None).id)


def test_the_heartbeat_of_a_lost_job_ends_by_itself(committed_db, registry, monkeypatch, caplog):
    monkeypatch.setattr(jobs, "HEARTBEAT_EVERY", 0.01)

    @job("test.lost")
    def lost(context):
        Job.objects.filter(id=context.id).update(token=99)
        eventually(lambda: "lost its heartbeat" in caplog.text, what="the end of the heartbeat")

    assert not run(enqueue("test.lost", tenant=None).id)


def test_upkeep_that_fails_does_not_stop_the_rest(registry, caplog):
    done = []

    @every(1000)
    def broken():
        raise RuntimeError("no luck")

    @every(1000)
    def sound():
        done.append(1)

    run_due()
    run_due()

    assert done == [1]
    (told,) = caplog.records
    assert "broken" in told.getMessage()


@pytest.fixture
def own_signals():
    """Handlers of signals as they were, when the test is over."""
    before = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)}
    yield
    for name, handler in before.items():
        signal.signal(name, handler)


def test_the_sweeper_outlives_a_lost_database_connection_and_ends_when_told(
    committed_db, registry, own_signals, caplog
):
    """The first round cuts its own connection, the one after the next ends the program."""
    rounds = []

    def cut():
        with connection.cursor() as cursor:
            cursor.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where datname = current_database() and usename = current_user "
                "and pid <> pg_backend_pid()"
            )
        connection.close()

    @every(0)
    def upkeep():
        rounds.append(1)
        if len(rounds) == 1:
            thread = threading.Thread(target=cut)
            thread.start()
            thread.join()
        else:
            os.kill(os.getpid(), signal.SIGTERM)

    call_command("sweeper")

    assert len(rounds) == 2
    assert "waits for the database" in caplog.text
