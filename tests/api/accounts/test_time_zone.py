"""A person chooses the zone that times are shown in; the UTC stands beside each."""

import re
from datetime import UTC, datetime

from core.tenancy.scope import scope


def test_times_are_shown_in_the_chosen_zone_with_utc_beside_them(cast, clara):
    from core.access.models import Membership

    Membership.objects.filter(user=cast.umar).update(
        created_at=datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    )
    assert clara.post("/account/", {"zone": "Asia/Kathmandu"}).status_code == 302

    html = clara.get("/t/harbour/members").content.decode()

    assert re.search(
        r'<time datetime="2026-07-02T04:15:00\+05:45"'
        r' title="Asia/Kathmandu \(1 Jul 2026, 22:30:00 UTC\)">Thu 2 Jul, 04:15</time>',
        html,
    )
    assert "Times are in Asia/Kathmandu." in html


def test_a_zone_that_there_is_not_is_refused(cast, clara):
    answer = clara.post("/account/", {"zone": "Mars/Olympus"})
    assert answer.status_code == 400
    assert "Choose a time zone from the list." in answer.content.decode()
    cast.clara.refresh_from_db()
    assert cast.clara.time_zone == "UTC"


def test_the_choice_is_in_the_provider_s_log(cast, clara):
    from core.audit.models import AuditEntry

    clara.post("/account/", {"zone": "Europe/Berlin"})
    with scope(cast.provider.id):
        [entry] = AuditEntry.objects.filter(action="person.time_zone.set")
        assert entry.actor_id == cast.clara.id
