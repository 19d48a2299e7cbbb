"""An engagement that ends in the middle of a pull: no work, and no error of ours."""

import pytest
from django.db import connections

from core.tenancy.scope import scope
from tests.api.labels.floor import cut, hire, make_clip
from workforce.routing import lease
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


@pytest.mark.parametrize("work", ["annotate"])
def test_it_ends_between_the_pick_and_the_client_s_scope(
    committed_cast, api, task, monkeypatch, work
):
    take = lease._take

    def take_then_end(*args, **named):
        found = take(*args, **named)
        assert found is not None
        end_from_elsewhere()
        return found

    anna = api(committed_cast.anna)
    monkeypatch.setattr(lease, "_take", take_then_end)
    answer = anna.post("/api/v1/t/northlight/lease", {"work": work}, format="json")

    assert answer.status_code == 204, answer.content
    with scope(committed_cast.harbour.id):
        assert not QueueEntry.objects.filter(state="leased").exists()
    monkeypatch.undo()
    assert anna.post("/t/northlight/work", {"work": work}).status_code < 500


def test_it_ends_between_the_lease_and_the_look_at_its_task(committed_cast, api, task, monkeypatch):
    settle = lease._settle

    def settle_then_end(*args, **named):
        entry = settle(*args, **named)
        end_from_elsewhere()
        return entry

    anna = api(committed_cast.anna)
    monkeypatch.setattr(lease, "_settle", settle_then_end)
    answer = anna.post("/api/v1/t/northlight/lease", {"work": "annotate"}, format="json")

    assert answer.status_code == 404, answer.content
    assert "next piece" in answer.json()["detail"]
