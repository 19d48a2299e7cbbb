"""The client's first page: how good the work is, and who looked at the footage today."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.access.actors import Actor
from core.audit.models import AuditEntry
from core.audit.receipts import receipt
from core.clock import frozen, now
from core.tenancy.scope import scope
from tenants.compliance.looks import looks_today
from tenants.compliance.reading import Reader
from tests.api.labels.floor import make_clip
from workforce.delivery.clocks import pause_clock, resume_clock, tick
from workforce.delivery.sla import ClockAction

HOME = "/t/harbour/home"


@pytest.fixture
def clip(cast):
    return make_clip(cast)


@pytest.fixture
def look(cast, clip):
    def leave(person, first, last, purpose="task"):
        receipt(
            actor=Actor.person(person), tenant=cast.harbour.id, clip=clip.id,
            gops=[(first, last)], purpose=purpose,
        )  # fmt: skip

    return leave


def words(response) -> str:
    return " ".join(response.content.decode().split())


def test_looks_of_today_are_counted_and_gathered_by_person_and_purpose(cast, clara, look):
    with frozen(now() - timedelta(days=2)):
        look(cast.amir, 0, 99)
    for group in range(4):
        look(cast.anna, group * 25, group * 25 + 24)
    look(cast.rita, 0, 24, "review")
    page = words(clara.get(HOME))
    assert "<b>5</b> looks by <b>2</b> people" in page
    assert "Frames 0\u201399 · gate.mp4" in page
    assert page.count('class="receipt"') == 2
    assert str(cast.amir.id)[:8] not in page
    assert cast.anna.name not in page, "people stand under their pseudonyms"


def test_looks_are_counted_by_the_hour_of_the_reader_s_day(cast, look):
    reader = Reader(Actor.person(cast.clara), cast.harbour.id)
    with frozen(datetime(2026, 11, 26, 10, 45, tzinfo=UTC)), timezone.override("Asia/Kolkata"):
        look(cast.anna, 0, 24)
        look(cast.rita, 0, 24)
        looks = looks_today(reader, 5)
    assert [(hour, count) for hour, count in enumerate(looks.hours) if count] == [(16, 2)]
    assert (looks.people, looks.count, len(looks.rows)) == (2, 2, 2)


def test_reading_who_looked_is_a_reading_of_the_log(cast, clara, look):
    clara.get(HOME)
    with scope(cast.harbour.id):
        entry = AuditEntry.objects.get(action="log.read")
    told = json.loads(bytes(entry.body))
    assert told["actor"]["id"] == str(cast.clara.id)
    assert told["details"]["purpose"] == "oversight"


def test_nobody_looked_is_said(clara, clip):
    page = words(clara.get(HOME))
    assert "Nobody looked today" in page
    assert "Nothing measured yet" in page


def test_who_may_not_read_the_log_is_not_shown_it(cast, api, clip, look):
    look(cast.anna, 0, 24)
    page = words(api(cast.umar).get(HOME))
    assert "Who looked at it" not in page
    with scope(cast.harbour.id):
        assert not AuditEntry.objects.filter(action="log.read").exists()


@pytest.mark.parametrize("page", [HOME, "/t/harbour/clips"])
def test_more_footage_asks_the_database_no_more(cast, clara, page):
    def queries():
        with CaptureQueriesContext(connection) as asked:
            assert clara.get(page).status_code == 200
        return len(asked)

    make_clip(cast)
    queries()  # what is kept for a minute is kept now
    few = queries()
    for _ in range(9):
        make_clip(cast)
    assert queries() == few


def test_a_clock_that_waits_for_the_client_waits_on_their_home_too(cast, api, clara, clip):
    with scope(cast.harbour.id):
        tick(clip_id=clip.id, action=ClockAction.START)
    assert "Which side" not in words(clara.get(HOME))
    operator = {"actor": Actor.person(cast.olga), "tenant": cast.harbour.id, "clip_id": clip.id}
    pause_clock(**operator, reason="awaiting_client", note="Which side of the gate is inbound?")
    page = words(clara.get(HOME))
    assert "All footage is on time. One thing waits for you." in page
    assert "A question about gate.mp4" in page
    assert "Which side of the gate is inbound? Its clock stands still since" in page
    assert f"/t/harbour/sla/{clip.id}" in page
    assert "Which side" not in words(api(cast.vera).get(HOME)), "she may do nothing about it"
    resume_clock(**operator)
    assert "Which side" not in words(clara.get(HOME))
    pause_clock(**operator, reason="force_majeure", note="The roof is gone.")
    assert "The roof is gone" not in words(clara.get(HOME)), "no act of theirs ends it"


def test_forecasts_are_drawn_and_footage_is_added_from_the_first_page(cast, clara, clip):
    with scope(cast.harbour.id):
        tick(clip_id=clip.id, action=ClockAction.START)
    page = words(clara.get(HOME))
    assert '<svg class="strip"' in page
    assert "Not known yet: too little was finished so far" in page
    assert 'href="/t/harbour/clips/add"' in page
