"""The list of batches by project, by where they are and by period, in its address and as a view."""

import re
from datetime import UTC, datetime

import pytest

from core.tenancy.scope import scope
from tenants.intake.models import Batch, Clip
from tests import dock
from tests.api.delivery.test_batch_pages import batch_of
from tests.api.labels.floor import make_clip

PAGE = "/t/harbour/batches"


def names(client, query=""):
    text = client.get(PAGE + query).content.decode()
    return re.findall(r'class="rowlink" href="/t/harbour/batches/[^"]*">([^<]+)<', text)


def made(cast, name, day, **clip):
    footage = make_clip(cast)
    batch = batch_of(footage, name)
    with scope(cast.harbour.id):
        Clip.objects.filter(id=footage.id).update(**clip)
        received = datetime(2026, 11, day, 12, tzinfo=UTC)
        Batch.objects.filter(id=batch.id).update(created_at=received)
    return batch


@pytest.fixture
def batches(cast):
    """Four: of Monday in work, of Tuesday being prepared, of Wednesday refused, one empty."""
    monday = made(cast, "Monday", 9)
    made(cast, "Tuesday", 10, state="preparing")
    made(cast, "Wednesday", 11, state="refused", refusal_message="No frames.")
    with scope(cast.harbour.id):
        empty = Batch.objects.create(tenant=cast.harbour, project=monday.project, name="Thursday")
        Batch.objects.filter(id=empty.id).update(created_at=datetime(2026, 11, 12, tzinfo=UTC))
    return monday


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Thursday", "Wednesday", "Tuesday", "Monday"]),
        ("?state=empty", ["Thursday"]),
        ("?state=preparing", ["Tuesday"]),
        ("?state=work", ["Monday"]),
        ("?state=accepted", []),
        ("?state=refused", ["Wednesday"]),
        ("?since=2026-11-10&until=2026-11-11", ["Wednesday", "Tuesday"]),
    ],
)
def test_batches_are_narrowed_by_where_they_are_and_when_they_came(clara, batches, query, found):
    assert names(clara, query) == found
    if not found:
        assert "No batch is like that" in clara.get(PAGE + query).content.decode()


def test_batches_are_narrowed_to_a_project(clara, batches):
    assert names(clara, f"?project={batches.project_id}") == ["Thursday", "Monday"]
    assert "Select a valid choice." in clara.get(f"{PAGE}?project={batches.id}").content.decode()


def test_another_client_s_project_is_no_choice(cast, clara, batches):
    theirs = make_clip(cast, organization=cast.museum).project
    text = clara.get(f"{PAGE}?project={theirs.id}").content.decode()
    assert "Select a valid choice." in text
    assert theirs.name not in text


def test_a_batch_is_accepted_when_each_clip_that_counts_is(cast, clara, run_jobs):
    dock.sign(cast)
    clip = make_clip(cast)
    batch_of(clip)
    dock.label(cast, clip, run_jobs)
    dock.redact(clip)
    release = dock.release_of(clara, clip, run_jobs)
    assert (names(clara, "?state=work"), names(clara, "?state=accepted")) == (["Monday"], [])
    clara.post(f"/api/v1/t/harbour/releases/{release['id']}/accept")
    assert (names(clara, "?state=work"), names(clara, "?state=accepted")) == ([], ["Monday"])


def test_filtered_batches_are_kept_as_a_view(clara, batches):
    view = {"page": PAGE, "name": "Refused", "query": "project=&state=refused&page=2"}
    assert clara.post("/account/views", view)["Location"] == f"{PAGE}?state=refused"
    assert f'href="{PAGE}?state=refused">Refused</a>' in clara.get(PAGE).content.decode()
