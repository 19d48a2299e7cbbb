"""The footage library: found by name, camera, site, day and state, in an order, with pictures."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from core.access.actors import Actor
from core.audit.models import AuditEntry
from core.clock import now
from core.tenancy.scope import scope
from tenants.intake.models import Upload
from tenants.projects.services import add_camera, add_site
from tests.api.labels.floor import make_clip

PAGE = "/t/harbour/clips"


@pytest.fixture
def footage(cast):
    """Three clips of two cameras: gate (in work), yard (refused), dock without a camera."""
    clara = Actor.person(cast.clara)
    place = {"actor": clara, "tenant": cast.harbour.id}
    site = add_site(name="North", time_zone="UTC", **place)
    cameras = {name: add_camera(site_id=site.id, name=name, **place) for name in ("Gate", "Yard")}
    made = {}
    with scope(cast.harbour.id):
        for day, (name, camera, state) in enumerate(
            [("gate_100%.mp4", "Gate", "ready"), ("yard.mp4", "Yard", "refused"),
             ("dock.mp4", None, "preparing")], 10,
        ):  # fmt: skip
            clip = make_clip(cast)
            clip.filename, clip.camera, clip.state = name, cameras.get(camera), state
            clip.thumbnails = clip.source if state == "ready" else None
            clip.starts_at = datetime(2026, 11, day, 23, 30, tzinfo=UTC)
            clip.save()
            made[name.partition(".")[0]] = clip
    return {"site": site, "cameras": cameras, **made}


def names(client, query="") -> list[str]:
    text = client.get(f"{PAGE}{query}").content.decode()
    return re.findall(r'class="rowlink" href="/t/harbour/clips/[^"]*">([^<]+)<', text)


def test_all_footage_stands_there_newest_first(clara, footage):
    assert names(clara) == ["dock.mp4", "yard.mp4", "gate_100%.mp4"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=YARD", ["yard.mp4"]),
        ("?q=100%25", ["gate_100%.mp4"]),
        ("?q=_", ["gate_100%.mp4"]),
        ("?state=refused", ["yard.mp4"]),
        ("?state=work", ["gate_100%.mp4"]),
        ("?state=preparing", ["dock.mp4"]),
        ("?state=released", []),
        ("?camera=none", ["dock.mp4"]),
        ("?since=2026-11-11", ["dock.mp4", "yard.mp4"]),
        ("?until=2026-11-10", ["gate_100%.mp4"]),
        ("?since=2026-11-11&until=2026-11-11", ["yard.mp4"]),
        ("?q=yard&state=work", []),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_asked_for_is_found(clara, footage, query, found):
    assert names(clara, query) == found


def test_a_camera_s_and_a_site_s_footage_is_found(clara, footage):
    assert names(clara, f"?camera={footage['cameras']['Gate'].id}") == ["gate_100%.mp4"]
    assert names(clara, f"?site={footage['site'].id}") == ["yard.mp4", "gate_100%.mp4"]


def test_it_is_sorted_by_name_and_by_when_it_was_recorded(clara, footage):
    assert names(clara, "?order=name") == ["dock.mp4", "gate_100%.mp4", "yard.mp4"]
    assert names(clara, "?order=-begins") == ["dock.mp4", "yard.mp4", "gate_100%.mp4"]
    assert names(clara, "?order=nonsense") == names(clara)
    page = clara.get(f"{PAGE}?order=name&q=a").content.decode()
    assert 'aria-sort="ascending"' in page
    assert "?order=-name&amp;q=a" in page


def test_a_wrong_day_or_choice_says_so_and_shows_all(clara, footage):
    page = clara.get(f"{PAGE}?since=2026-11-12&until=2026-11-11").content.decode()
    assert "before the first day" in page
    assert len(names(clara, "?camera=x")) == 3


def test_pictures_are_fetched_only_when_they_are_asked_for(cast, clara, api, footage):
    place = f"/api/v1{PAGE}/{footage['gate_100%'].id}/thumbnails/0"
    assert place not in clara.get(PAGE).content.decode()
    page = clara.get(f"{PAGE}?view=pictures").content.decode()
    assert page.count("/thumbnails/") == 1, "what is not ready has no picture"
    assert place in page
    with scope(cast.harbour.id):
        assert not AuditEntry.objects.filter(action="footage.frames.serve").exists()


def test_who_may_not_watch_footage_gets_no_pictures(cast, api, footage):
    page = api(cast.umar).get(f"{PAGE}?view=pictures").content.decode()
    assert "/thumbnails/" not in page


def test_another_organization_s_footage_is_nowhere(cast, api, footage):
    mila = api(cast.mila)
    text = mila.get(f"/t/museum/clips?camera={footage['cameras']['Gate'].id}").content.decode()
    assert "gate_100" not in text
    assert mila.get(PAGE).status_code == 404


def test_what_stopped_on_its_way_is_told_where_footage_is_added_too(cast, clara, footage):
    add = f"{PAGE}/add"
    assert "Unfinished uploads" not in clara.get(add).content.decode()
    project = footage["yard"].project_id
    with scope(cast.harbour.id):
        Upload.objects.create(
            tenant=cast.harbour, project_id=project, filename="quay.mp4", size=1000,
            created_by=cast.clara, expires_at=now() + timedelta(days=7),
        )  # fmt: skip
    for place in (PAGE, add):
        page = clara.get(place).content.decode()
        assert "quay.mp4" in page
        assert "goes on when its file is chosen again" in page
