"""Whose turn it is: no tenant's batch starves another's, no priority waits for ever."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from core.clock import frozen
from core.outbox.claims import claim_next
from core.outbox.models import Job, Lane, turn

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
HARBOUR, MUSEUM, STATION = (UUID(int=number) for number in (1, 2, 3))


def waiting(tenant: UUID | None, count: int, *, priority: int = 5, since: datetime = NOON) -> None:
    Job.objects.bulk_create(
        Job(
            tenant_id=tenant,
            kind="test.note",
            priority=priority,
            run_after=since + timedelta(microseconds=number),
            turn_at=turn(since + timedelta(microseconds=number), priority),
        )
        for number in range(count)
    )


def served(count: int, *, at: datetime = NOON + timedelta(seconds=1)) -> list[Job]:
    """The next jobs, each claimed and ended before the following is claimed."""
    found = []
    with frozen(at):
        for _ in range(count):
            claimed = claim_next()
            if claimed is None:
                break
            found.append(claimed[0])
            Job.objects.filter(id=claimed[0].id).update(state="done", finished_at=at)
    return found


def test_five_jobs_of_one_tenant_pass_five_thousand_of_another():
    waiting(HARBOUR, 5_000)
    served(20)
    waiting(MUSEUM, 5, since=NOON + timedelta(milliseconds=500))

    tenants = [job.tenant_id for job in served(12)]

    assert tenants.count(MUSEUM) == 5
    assert tenants.count(HARBOUR) == 7


def test_jobs_that_run_at_the_same_time_are_shared_out_too():
    waiting(HARBOUR, 50)
    waiting(MUSEUM, 50)
    with frozen(NOON + timedelta(seconds=1)):
        tenants = [claim_next()[0].tenant_id for _ in range(20)]
    assert tenants.count(HARBOUR) == tenants.count(MUSEUM) == 10


def test_an_urgent_batch_does_not_starve_the_unhurried_work_of_another():
    """It gets more turns, in proportion to what each costs: 1 + 0 against 1 + 9."""
    waiting(HARBOUR, 200, priority=0)
    waiting(MUSEUM, 20, priority=9)
    tenants = [job.tenant_id for job in served(110)]
    assert 9 <= tenants.count(MUSEUM) <= 11


def test_who_was_away_has_saved_up_no_turns():
    waiting(HARBOUR, 300)
    served(200)
    waiting(MUSEUM, 100)
    tenants = [job.tenant_id for job in served(40)]
    assert 19 <= tenants.count(MUSEUM) <= 21


def test_within_a_tenant_the_urgent_goes_first_and_the_old_is_not_forgotten():
    waiting(HARBOUR, 1, priority=9, since=NOON - timedelta(minutes=10))
    waiting(HARBOUR, 1, priority=9)
    waiting(HARBOUR, 3, priority=0)
    assert [job.priority for job in served(5)] == [9, 0, 0, 0, 9]


def test_jobs_of_no_tenant_have_a_lane_of_their_own():
    waiting(HARBOUR, 30)
    waiting(None, 3)
    assert [job.tenant_id for job in served(6)].count(None) == 3


def test_what_is_not_due_is_passed_over():
    waiting(HARBOUR, 3, priority=0, since=NOON + timedelta(minutes=3))
    waiting(HARBOUR, 1, priority=9)
    waiting(MUSEUM, 1, since=NOON + timedelta(hours=3))
    assert [job.priority for job in served(5)] == [9]


@settings(max_examples=15, deadline=None)
@given(
    batches=st.lists(
        st.tuples(
            st.sampled_from([HARBOUR, MUSEUM, STATION, None]),
            st.integers(1, 6),
            st.integers(0, 9),
        ),
        max_size=5,
    )
)
def test_every_due_job_is_served_once(batches):
    Job.objects.all().delete()
    Lane.objects.all().delete()
    for tenant, count, priority in batches:
        waiting(tenant, count, priority=priority)
    jobs = served(100, at=NOON + timedelta(minutes=1))
    assert len({job.id for job in jobs}) == len(jobs) == sum(count for _, count, _ in batches)


def test_a_claim_reads_the_index_not_the_queue():
    """10,000 open jobs in four lanes: the plan touches as many rows as there are lanes."""
    for tenant in (HARBOUR, MUSEUM, STATION, None):
        waiting(tenant, 2_500)
    with connection.cursor() as cursor:
        cursor.execute("analyze outbox_job")
    with frozen(NOON + timedelta(seconds=1)):
        claim_next()
        assert _rows_read(claim_next) < 100


def _rows_read(act) -> int:
    """Rows of the job table that PostgreSQL fetched, by its own statistics of this transaction."""
    query = (
        "select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) "
        "from pg_stat_xact_user_tables where relname = 'outbox_job'"
    )
    counts = []
    for step in (lambda: None, act):
        step()
        with connection.cursor() as cursor:
            cursor.execute(query)
            counts.append(cursor.fetchone()[0])
    return counts[1] - counts[0]
