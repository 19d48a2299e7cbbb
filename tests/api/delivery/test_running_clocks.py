"""What is not delivered stands first, the most urgent at the top, however much newer there is."""

from datetime import timedelta

import pytest

from core.clock import now
from core.tenancy.scope import scope
from tests import dock
from tests.api.labels.floor import make_clip
from workforce.delivery import running
from workforce.delivery.models import ClockEvent
from workforce.delivery.running import running_clips

#: More than a page of the clocks, and more than the home shows.
NEWER = 55


@pytest.fixture
def clips(cast):
    """Many clips: the two oldest late by hours, then one that is delivered, the others on time."""
    dock.sign(cast, sla={"turnaround_hours": 10})
    first = make_clip(cast)
    made = [first]
    with scope(cast.harbour.id):
        for number in range(NEWER + 2):
            clip = type(first).objects.get(id=first.id)
            clip.pk, clip._state.adding, clip.filename = None, True, f"later-{number}.mp4"
            clip.id = clip._meta.pk.get_default()
            clip.save(force_insert=True)
            made.append(clip)
        begun = [now() - timedelta(hours=age) for age in (12, 15, 30)]
        begun += [now() - timedelta(minutes=number) for number in range(NEWER)]
        for clip, at in zip(made, begun, strict=True):
            type(clip).objects.filter(id=clip.id).update(created_at=at)
            ClockEvent.objects.create(tenant=cast.harbour, clip=clip, action="start", at=at)
        ClockEvent.objects.create(tenant=cast.harbour, clip=made[2], action="stop", at=now())
    return made


def test_late_clips_stand_first_whatever_came_since(cast, clara, clips):
    with scope(cast.harbour.id):
        found = running_clips()
    assert (found.late, list(found.clips[:2])) == (2, [clips[1].id, clips[0].id])
    assert clips[2].id not in found.clips

    page = clara.get("/t/harbour/sla").content.decode()
    assert f"2 of {NEWER + 2} clips are late." in page
    assert page.index(str(clips[1].id)) < page.index(str(clips[0].id))
    second = clara.get("/t/harbour/sla?page=2").content.decode()
    assert str(clips[2].id) in second  # what is delivered comes last
    assert f"2 of {NEWER + 2} clips are late." in second


def test_the_home_counts_what_it_does_not_show(clara, clips):
    page = clara.get("/t/harbour/home").content.decode()
    assert "2 clips are late." in page
    assert "2 late, most urgent first" in page


def test_of_very_many_what_was_read_is_kept_for_a_minute(cast, clips, monkeypatch):
    monkeypatch.setattr(running, "LIVE", 10)
    with scope(cast.harbour.id):
        before = running_clips()
        ClockEvent.objects.create(tenant=cast.harbour, clip=clips[0], action="stop", at=now())
        assert running_clips() == before
        running.cache.clear()
        assert running_clips().late == 1


def test_an_erased_clip_is_waited_for_by_nobody(cast, clips):
    with scope(cast.harbour.id):
        type(clips[0]).objects.filter(id=clips[0].id).update(state="erased")
        assert running_clips().late == 1
