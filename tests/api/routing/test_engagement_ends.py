"""An engagement that ends in the middle of a pull: no work, and no error of ours."""

from contextlib import nullcontext
from datetime import timedelta

import pytest
from django.db import connections, transaction

from core.clock import frozen, now
from core.tenancy.scope import scope
from tests.api.labels.floor import cut, hire, make_clip
from workforce.routing import lease
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


def test_it_ends_between_the_lease_and_the_look_at_its_task(committed_cast, api, task, monkeypatch):
    pull = lease._in_one_trip

    def pull_then_end(*args, **named):
        entry = pull(*args, **named)
        end_from_elsewhere()
        return entry

    anna = api(committed_cast.anna)
    monkeypatch.setattr(lease, "_in_one_trip", pull_then_end)
    answer = anna.post("/api/v1/t/northlight/lease", {"work": "annotate"}, format="json")

    assert answer.status_code == 404, answer.content
    assert "next piece" in answer.json()["detail"]
