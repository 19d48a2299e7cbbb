"""The sweeper and a real broker: a message may get lost, a worker may die, the broker may be down.

These tests commit for real: messages go out after the commit, and threads claim at once.
"""

import os
import signal
import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from celery import current_app
from django.core.management import call_command
from django.db import connection, transaction

from core.clock import frozen, now
from core.outbox import watching
from core.outbox.claims import WORKER
from core.outbox.jobs import JobLost, claim, enqueue, job, run
from core.outbox.models import Job
from core.outbox.periodic import every, run_due
from core.outbox.sweeper import hand_back, sweep
from core.outbox.waking import TASK, hint
from tests.deadline import eventually


@pytest.fixture
def messages(broker, committed_db, registry):
    """Take all messages out of the broker: what each of them says."""

    def take():
        found = []
        with current_app.connection_for_read() as link:
            queue = link.SimpleQueue("custos")
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


def test_the_message_leaves_after_the_commit_and_says_nothing(messages, calls):
    with transaction.atomic():
        enqueue("test.note", tenant=None, args={"clip": "c1"})
        assert messages() == []
    assert messages() == [[]]


def test_a_worker_is_woken_by_what_celery_itself_would_send(messages):
    assert hint()
    assert hint()
    current_app.send_task(TASK, retry=False)
    with current_app.connection_for_read() as link:
        queue = link.SimpleQueue("custos")
        first, second, theirs = (queue.get(block=False) for _ in range(3))
        queue.close()

    assert first.payload == theirs.payload
    assert first.headers["task"] == theirs.headers["task"]
    assert first.headers["id"] != second.headers["id"]
    assert first.delivery_tag != second.delivery_tag
    assert first.headers.keys() == theirs.headers.keys()
    assert (first.content_type, first.content_encoding) == ("application/json", "utf-8")


def test_a_delayed_job_wakes_nobody_before_it_is_due(messages, calls):
    enqueue("test.note", tenant=None, delay=timedelta(minutes=5))
    assert (messages(), sweep()) == ([], 0)
    with frozen(now() + timedelta(seconds=301)):
        assert sweep() == 1


def test_lost_messages_are_sent_again_and_no_more_than_there_are_jobs(messages, calls):
    for _ in range(3):
        enqueue("test.note", tenant=None)
    assert sweep() == 0, "a message waits for each"
    assert len(messages()) == 3

    assert sweep() == 3, "the messages are gone"
    assert sweep() == 0
    assert len(messages()) == 3


def test_the_broker_holds_a_bounded_number_of_messages_however_many_jobs_wait(messages, calls):
    for _ in range(7):
        Job.objects.create(kind="test.note")
    Job.objects.create(kind="test.note", run_after=now() + timedelta(hours=1))
    Job.objects.create(kind="test.note", state="done")

    assert [sweep(limit=5), sweep(limit=5), sweep()] == [5, 0, 2]
    assert len(messages()) == 7


def test_the_job_of_a_dead_worker_is_taken_back(messages, calls):
    row = enqueue("test.note", tenant=None)
    claim(row.id)
    messages()

    with frozen(now() + timedelta(seconds=29)):
        assert sweep() == 0, "its heartbeat is young enough"
    with frozen(now() + timedelta(seconds=31)):
        assert sweep() == 1
        assert len(messages()) == 1
        assert run(row.id, beat=False)
    row.refresh_from_db()
    assert (row.state, row.token) == ("done", 2)


def test_a_job_that_ends_every_worker_is_buried_after_its_last_attempt(messages, calls):
    row = enqueue("test.note", tenant=None)
    instant = now()
    for _ in range(3):
        with frozen(instant):
            assert claim(row.id)
        instant += timedelta(minutes=1)
        with frozen(instant):
            sweep()
        instant += timedelta(minutes=5)
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("dead", 3)
    assert "worker died" in row.error


def test_a_job_whose_handler_is_committing_is_not_taken_back(messages, calls):
    """Its row is locked: the sweeper passes it over instead of waiting for it."""
    row = enqueue("test.note", tenant=None)
    _, context = claim(row.id)
    swept = []

    def look():
        with frozen(now() + timedelta(minutes=5)):
            sweep()
        swept.append(Job.objects.get(id=row.id).state)
        connection.close()

    with context.commit():
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()

    assert swept == ["running"]
    row.refresh_from_db()
    assert (row.state, row.token) == ("done", 1)


def test_a_worker_that_is_told_to_stop_hands_its_jobs_back_at_once(messages, calls):
    mine, foreign = (enqueue("test.note", tenant=None) for _ in range(2))
    _, context = claim(mine.id)
    claim(foreign.id)
    Job.objects.filter(id=foreign.id).update(worker=uuid4())

    assert hand_back(worker=WORKER) == 1

    mine.refresh_from_db()
    assert (mine.state, mine.attempts) == ("open", 0)
    with pytest.raises(JobLost), context.commit():
        pytest.fail("the worker that handed it back is out")
    assert run(mine.id, beat=False)


def test_a_broker_that_is_down_costs_time_and_no_job(messages, calls, broker, caplog):
    broker.stop()
    try:
        enqueue("test.note", tenant=None)
        assert "wait for the sweeper" in caplog.text
        assert sweep() == 0
    finally:
        broker.start()
    assert sweep() == 1
    assert messages() == [[]]


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
    monkeypatch.setattr(watching, "HEARTBEAT_EVERY", 0.01)

    @job("test.busy")
    def busy(context):
        first = Job.objects.get(id=context.id).heartbeat_at
        eventually(lambda: Job.objects.get(id=context.id).heartbeat_at > first, what="a heartbeat")

    assert run(enqueue("test.busy", tenant=None).id)


def test_the_heartbeat_of_a_lost_job_ends_by_itself(committed_db, registry, monkeypatch, caplog):
    monkeypatch.setattr(watching, "HEARTBEAT_EVERY", 0.01)

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
