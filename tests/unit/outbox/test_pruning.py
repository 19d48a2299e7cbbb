"""Finished jobs and events go after their time; dead jobs wait for the operator."""

from datetime import timedelta

import pytest

from core.clock import now
from core.outbox import pruning
from core.outbox.models import Event, Job

pytestmark = pytest.mark.django_db


def test_what_is_over_goes_after_its_time_and_dead_jobs_stay(settings, monkeypatch):
    settings.JOB_KEEP_DAYS = 30
    monkeypatch.setattr(pruning, "BATCH", 2)
    old, young = now() - timedelta(days=31), now() - timedelta(days=29)
    for state in ("done", "done", "done", "dropped", "dead"):
        Job.objects.create(kind="x", state=state, finished_at=old)
    Job.objects.create(kind="x", state="done", finished_at=young)
    Job.objects.create(kind="x", created_at=old)
    Event.objects.create(topic="x", created_at=old)
    Event.objects.create(topic="x", created_at=young)

    assert pruning.prune() == 5

    assert sorted(Job.objects.values_list("state", flat=True)) == ["dead", "done", "open"]
    assert Event.objects.count() == 1
    assert pruning.prune() == 0
