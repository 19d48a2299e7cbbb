"""The client's first page: how good the work is, and who looked at the footage today."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.access.actors import Actor
from core.audit.models import AuditEntry
from core.audit.receipts import receipt
from core.clock import frozen, now
from core.tenancy.scope import scope
from tests.api.labels.floor import make_clip

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
