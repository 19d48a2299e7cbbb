"""Jobs: written with what caused them, run once in effect, tried again, buried, fenced."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import transaction

from core.clock import frozen
from core.outbox import jobs
from core.outbox.events import emit, on
from core.outbox.jobs import JobLost, PermanentFailure, claim, enqueue, job, retry, run
from core.outbox.models import Event, Job
from core.outbox.sweeper import sweep
from core.outbox.tasks import run_job

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.fixture
def failing(registry):
    """A job that fails as often as it is told to, with three attempts."""
    plan = {"error": RuntimeError("the disk is full")}

    @job("test.fail", max_attempts=3)
    def fail(context, **args):
        if plan["error"] is not None:
            raise plan["error"]

    return plan


def test_a_job_is_run_once_with_its_arguments(calls):
    tenant = uuid4()
    row = enqueue("test.note", tenant=tenant, args={"clip": "c1"})

    assert run(row.id, beat=False)
    assert not run(row.id, beat=False)

    ((context, args),) = calls
    assert (context.id, context.tenant, context.attempt) == (row.id, tenant, 1)
    assert args == {"clip": "c1"}
    row.refresh_from_db()
    assert (row.state, row.attempts, row.error) == ("done", 1, "")
    assert row.finished_at is not None


def test_a_job_goes_with_the_transaction_that_wrote_it(calls):
    with transaction.atomic():
        enqueue("test.note", tenant=None)
        transaction.set_rollback(True)
    assert not Job.objects.exists()


def test_an_unknown_job_is_refused_where_it_is_written(registry):
    with pytest.raises(ValueError, match=r"test\.typo"):
        enqueue("test.typo", tenant=None)
    assert not Job.objects.exists()


def test_two_jobs_of_one_name_are_refused(calls):
    with pytest.raises(ValueError, match=r"test\.note"):
        job("test.note")(lambda context: None)


def test_a_job_that_this_program_does_not_know_is_buried(registry):
    row = Job.objects.create(kind="test.of_a_newer_version")

    assert not run(row.id, beat=False)

    row.refresh_from_db()
    assert row.state == "dead"
    assert "test.of_a_newer_version" in row.error


def test_a_delayed_job_waits(calls):
    with frozen(NOON):
        row = enqueue("test.note", tenant=None, delay=timedelta(minutes=5))
        assert not run(row.id, beat=False)
    with frozen(after(301)):
        assert run(row.id, beat=False)


def test_a_failed_job_is_tried_again_later_and_later(failing):
    with frozen(NOON):
        row = enqueue("test.fail", tenant=None)
        assert not run(row.id, beat=False)
        row.refresh_from_db()
        assert row.state == "open"
        assert after(1) <= row.run_after <= after(3)
        assert "the disk is full" in row.error
        assert not run(row.id, beat=False), "it is not due yet"
    with frozen(after(10)):
        assert not run(row.id, beat=False)
        row.refresh_from_db()
        assert after(12) <= row.run_after <= after(16)
    failing["error"] = None
    with frozen(after(60)):
        assert run(row.id, beat=False)
    row.refresh_from_db()
    assert (row.state, row.attempts, row.error) == ("done", 3, "")


def test_a_job_that_keeps_failing_is_buried_and_can_be_opened_again(failing):
    with frozen(NOON):
        row = enqueue("test.fail", tenant=None)
        assert not retry(job_id=row.id), "only a dead job is opened again"
    for hour in range(3):
        with frozen(after(3600 * hour)):
            run(row.id, beat=False)
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("dead", 3)
    with frozen(after(99_999)):
        assert not run(row.id, beat=False)

    failing["error"] = None
    assert retry(job_id=row.id)

    row.refresh_from_db()
    assert (row.state, row.attempts, row.finished_at) == ("open", 0, None)
    assert run(row.id, beat=False)


def test_a_permanent_failure_is_not_tried_again(failing):
    failing["error"] = PermanentFailure("There is no such clip.")
    row = enqueue("test.fail", tenant=None)

    run(row.id, beat=False)

    row.refresh_from_db()
    assert (row.state, row.attempts) == ("dead", 1)


def test_a_worker_that_was_taken_for_dead_learns_so_and_leaves_the_row_alone(registry):
    met = []

    @job("test.slow")
    def slow(context):
        context.heartbeat()
        with frozen(after(31)):
            sweep()
            second = claim(context.id)
        met.append(second[1].token)
        context.heartbeat()

    with frozen(NOON):
        row = enqueue("test.slow", tenant=None)
        assert not run(row.id, beat=False)

    row.refresh_from_db()
    assert met == [2]
    assert (row.state, row.token, row.attempts) == ("running", 2, 2)


def test_only_the_last_claimant_can_finish_or_fail_a_job(registry):
    @job("test.stubborn")
    def stubborn(context, *, fail):
        with frozen(after(31)):
            sweep()
            claim(context.id)
        if fail:
            raise RuntimeError("too late to matter")

    for fail in (False, True):
        with frozen(NOON):
            row = enqueue("test.stubborn", tenant=None, args={"fail": fail})
            assert not run(row.id, beat=False)
        row.refresh_from_db()
        assert (row.state, row.token) == ("running", 2)
        assert "too late to matter" not in row.error


def test_a_claim_without_a_row_is_none(registry):
    assert claim(uuid4()) is None
    with pytest.raises(JobLost):
        jobs.JobContext(uuid4(), None, 1, 1).heartbeat()


def test_a_message_wakes_a_worker_for_whatever_job_is_next(calls):
    rows = [enqueue("test.note", tenant=None, priority=priority) for priority in (7, 2)]
    for _ in range(3):
        run_job()
    assert [context.id for context, _ in calls] == [rows[1].id, rows[0].id]


def test_a_priority_that_does_not_exist_is_refused(calls):
    with pytest.raises(ValueError, match="10"):
        enqueue("test.note", tenant=None, priority=10)


def test_an_event_becomes_a_job_for_each_handler(registry):
    heard = []
    for name in ("test.first", "test.second"):

        @on("clip.seen", job_name=name)
        def handler(context, *, clip, **_):
            heard.append((context.tenant, clip))

    tenant = uuid4()
    event = emit("clip.seen", tenant=tenant, data={"clip": "c1"}, priority=2)
    emit("nobody.listens", tenant=None, data={})

    assert Event.objects.get(id=event.id).data == {"clip": "c1"}
    rows = list(Job.objects.order_by("kind"))
    assert [(row.kind, row.priority) for row in rows] == [("test.first", 2), ("test.second", 2)]
    for row in rows:
        run(row.id, beat=False)
    assert heard == [(tenant, "c1")] * 2


def test_rows_say_what_they_are(calls):
    assert str(enqueue("test.note", tenant=None)) == "test.note open"
    assert str(emit("clip.seen", tenant=None, data={})) == "clip.seen"
