"""An engagement that ends in the middle of a pull: no work, and no error of ours."""

from contextlib import nullcontext
from datetime import timedelta

import pytest
from django.db import connections, transaction

from core.access.actors import Actor
from core.clock import frozen, now
from core.errors import NotFound
from core.tenancy.asking import ask_as_person, asking_from_anew
from core.tenancy.scope import scope
from tests.api.labels.floor import cut, hire, make_clip
from workforce.routing.lease import lease_next
from workforce.routing.models import Decision
from workforce.tasks.models import QueueEntry


def end_from_elsewhere():
    """Commit the end on another connection, as another request would."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("update access_engagement set ends_at = now() - interval '1 second'")


@pytest.fixture
def task(committed_cast):
    hire(committed_cast, committed_cast.anna)
    [task, *_] = cut(committed_cast, make_clip(committed_cast))
    return task


@pytest.mark.parametrize("alone", [True, False], ids=["in one trip", "in a transaction"])
def test_it_ends_between_the_pick_and_the_client_s_scope(committed_cast, api, task, alone):
    """The pick goes by our clock, the policies by the database's: the end lies between the two."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("update access_engagement set ends_at = now() - interval '1 second'")
    anna = api(committed_cast.anna)
    with frozen(now() - timedelta(minutes=1)), nullcontext() if alone else transaction.atomic():
        answer = anna.post("/api/v1/t/northlight/lease", {"work": "annotate"}, format="json")
        page = anna.post("/t/northlight/work", {"work": "annotate"})

    assert answer.status_code == 204, answer.content
    assert page.status_code < 500
    with scope(committed_cast.harbour.id):
        assert not QueueEntry.objects.exclude(state="waiting").exists()
        assert not Decision.objects.exists()


def test_it_ends_between_the_lease_and_the_look_at_its_task(committed_cast, task):
    """Who reads the task with the lease sees both or neither; who looks later may come too late."""
    anna, vendor = Actor.person(committed_cast.anna), committed_cast.northlight.id
    with asking_from_anew():
        ask_as_person(committed_cast.anna.id)
        leased = lease_next(actor=anna, vendor=vendor, work="annotate")
        seen = lease_next(actor=anna, vendor=vendor, work="annotate", seeing=True)
        end_from_elsewhere()

        assert seen.task.id == seen.entry.task_id == leased.entry.task_id
        with pytest.raises(NotFound, match="next piece"):
            _ = leased.task
