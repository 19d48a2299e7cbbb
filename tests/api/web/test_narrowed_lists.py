"""The API's lists are narrowed by what their pages are; what cannot be read is refused by name."""

from datetime import timedelta
from uuid import uuid4

import pytest

from core.access.models import Membership
from core.clock import now
from core.notices.services import notify
from core.tenancy.scope import scope
from tests.api.billing.test_invoice_filters import invoices  # noqa: F401
from tests.api.delivery.test_batch_filters import batches  # noqa: F401
from tests.api.delivery.test_library import footage  # noqa: F401
from tests.api.labels.floor import cut, make_clip
from tests.api.people.test_people_filters import people  # noqa: F401
from tests.plugins.documented import document
from workforce.tasks.models import QueueEntry

API = "/api/v1/t/harbour"


def found(client, path, field, **asked):
    """All rows of a list, fetched two by two, by one field; pages must add up to the list."""
    whole = client.get(path, asked)
    assert whole.status_code == 200, whole.content
    rows, cursor = [], ""
    while True:
        page = client.get(path, {**asked, "limit": 2, **({"cursor": cursor} if cursor else {})})
        assert page.status_code == 200, page.content
        rows += page.json()["results"]
        cursor = page.json()["next"]
        if not cursor:
            break
    assert rows == whole.json()["results"]
    return [row[field] for row in rows]


def refused(client, path, said, **asked):
    answer = client.get(path, asked)
    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert said in answer.json()["detail"]


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({}, ["dock.mp4", "yard.mp4", "gate_100%.mp4"]),
        ({"q": "YARD"}, ["yard.mp4"]),
        ({"q": "100%"}, ["gate_100%.mp4"]),
        ({"stage": "refused"}, ["yard.mp4"]),
        ({"stage": "work"}, ["gate_100%.mp4"]),
        ({"stage": "released"}, []),
        ({"state": "ready", "stage": "work"}, ["gate_100%.mp4"]),
        ({"state": "ready", "stage": "refused"}, []),
        ({"camera": "none"}, ["dock.mp4"]),
        ({"since": "2026-11-11"}, ["dock.mp4", "yard.mp4"]),
        ({"since": "2026-11-11", "until": "2026-11-11"}, ["yard.mp4"]),
        ({"order": "name"}, ["dock.mp4", "gate_100%.mp4", "yard.mp4"]),
        ({"order": "-name", "until": "2026-11-11"}, ["yard.mp4", "gate_100%.mp4"]),
        ({"order": "begins"}, ["gate_100%.mp4", "yard.mp4", "dock.mp4"]),
        ({"order": "received"}, ["gate_100%.mp4", "yard.mp4", "dock.mp4"]),
    ],
)
def test_clips_are_narrowed_and_ordered_as_in_the_library(clara, footage, asked, names):  # noqa: F811
    assert found(clara, f"{API}/clips", "filename", **asked) == names
    assert clara.get(f"{API}/clips", asked).json()["count"] == len(names)


def test_clips_of_a_camera_a_site_and_a_project(clara, footage):  # noqa: F811
    path, gate = f"{API}/clips", footage["gate_100%"]
    camera, site = footage["cameras"]["Gate"].id, footage["site"].id
    assert found(clara, path, "filename", camera=camera) == ["gate_100%.mp4"]
    assert found(clara, path, "filename", site=site) == ["yard.mp4", "gate_100%.mp4"]
    for project in (gate.project_id, gate.project.slug):
        assert found(clara, path, "filename", project=project) == ["gate_100%.mp4"]


def test_clips_without_an_instant_are_passed_once_in_either_order(clara, footage):  # noqa: F811
    with scope(footage["yard"].tenant_id):
        for name in ("yard", "gate_100%"):
            type(footage[name]).objects.filter(id=footage[name].id).update(starts_at=None)
    path = f"{API}/clips"
    first = found(clara, path, "filename", order="begins")
    assert (first[0], len(set(first))) == ("dock.mp4", 3)
    last = found(clara, path, "filename", order="-begins")
    assert (last[2], len(set(last))) == ("dock.mp4", 3)


def test_a_long_name_has_its_place_in_the_order(clara, footage):  # noqa: F811
    with scope(footage["yard"].tenant_id):
        for number, name in enumerate(("dock", "yard")):
            kept = type(footage[name]).objects.filter(id=footage[name].id)
            kept.update(filename=f"{number}{'🚢' * 250}.mp4")
    assert len(found(clara, f"{API}/clips", "filename", order="name")) == 3


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"stage": "lost"}, "stage: Choose one of: preparing, work, released, refused, erased."),
        ({"state": "lost"}, "state: Choose one of: received, preparing, ready, refused, erased."),
        ({"order": "size"}, "order: Choose one of: name, -name, begins, -begins, received, "),
        ({"since": "soon"}, "Give a day such as 2026-03-31."),
        ({"since": "2026-11-12", "until": "2026-11-11"}, "This is before the first day."),
        ({"project": "nowhere"}, "There is no such project here. Name it by its slug or id."),
        ({"camera": str(uuid4())}, "There is no such camera here."),
        ({"site": str(uuid4())}, "There is no such site here."),
    ],
)
def test_what_cannot_be_asked_of_clips_is_refused(clara, footage, asked, said):  # noqa: F811
    refused(clara, f"{API}/clips", said, **asked)


def test_another_client_s_camera_is_as_unknown_as_any(cast, api, footage):  # noqa: F811
    camera = footage["cameras"]["Gate"].id
    refused(
        api(cast.mila), "/api/v1/t/museum/clips", "There is no such camera here.", camera=camera
    )


@pytest.mark.parametrize("asked", [{"q": "yard"}, {"order": "name"}, {"order": "-name"}])
def test_who_sees_no_file_names_finds_nothing_out_about_them(cast, api, footage, asked):  # noqa: F811
    arthur = api(cast.arthur)
    assert arthur.get(f"{API}/clips", {"stage": "work"}).json()["count"] == 1
    answer = arthur.get(f"{API}/clips", asked)
    assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({}, ["Thursday", "Wednesday", "Tuesday", "Monday"]),
        ({"state": "empty"}, ["Thursday"]),
        ({"state": "work"}, ["Monday"]),
        ({"state": "refused"}, ["Wednesday"]),
        ({"since": "2026-11-10", "until": "2026-11-11"}, ["Wednesday", "Tuesday"]),
    ],
)
def test_batches_are_narrowed_as_on_their_page(clara, batches, asked, names):  # noqa: F811
    assert found(clara, f"{API}/batches", "name", **asked) == names


def test_batches_of_a_project_and_what_cannot_be_asked_of_them(clara, batches):  # noqa: F811
    path, project = f"{API}/batches", batches.project_id
    assert found(clara, path, "name", project=project) == ["Thursday", "Monday"]
    refused(clara, path, "There is no such project here.", project=uuid4())
    refused(clara, path, "Choose one of: empty, preparing, work, accepted, refused.", state="x")
    refused(clara, path, "Give a day such as", until="2026-13-01")


def test_days_are_those_of_the_person_also_for_a_program_of_theirs(cast, api, batches):  # noqa: F811
    """Monday's batch came at noon UTC, which is the next day in Kiritimati."""
    token = api(cast.clara).post(
        "/api/v1/me/tokens", {"organization": "harbour", "name": "program"}, format="json"
    )
    program = api(None)
    program.credentials(HTTP_AUTHORIZATION=f"Bearer {token.json()['secret']}")
    path, asked = f"{API}/batches", {"since": "2026-11-10", "until": "2026-11-10"}
    assert found(program, path, "name", **asked) == ["Tuesday"]
    cast.clara.time_zone = "Pacific/Kiritimati"
    cast.clara.save()
    assert found(program, path, "name", **asked) == ["Monday"]


@pytest.mark.parametrize(
    ("asked", "sequences"),
    [
        ({}, [3, 2, 1]),
        ({"state": "paid"}, [1]),
        ({"state": "overdue"}, [2]),
        ({"state": "credited"}, []),
        ({"since": "2026-03-15"}, [3, 2]),
        ({"until": "2026-04-01", "state": "overdue"}, [2]),
    ],
)
def test_invoices_are_narrowed_as_on_their_page(clara, invoices, asked, sequences):  # noqa: F811
    numbers = [f"harbour-2026-000{number}" for number in sequences]
    assert found(clara, f"{API}/invoices", "number", **asked) == numbers


def test_what_cannot_be_asked_of_invoices_is_refused(clara):
    path = f"{API}/invoices"
    refused(clara, path, "Choose one of: open, partly_paid, overdue, paid,", state="lost")
    refused(clara, path, "before the first day", since="2026-02-01", until="2026-01-01")


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({}, ["Amir", "Anna", "Rita"]),
        ({"skill": "boxes"}, ["Anna", "Rita"]),
        ({"level": "2"}, ["Anna"]),
        ({"skill": "links", "level": "2"}, []),
        ({"state": "paused"}, ["Amir"]),
        ({"state": "resting"}, ["Rita"]),
        ({"skill": "boxes", "state": "open"}, ["Anna"]),
    ],
)
def test_people_are_narrowed_as_on_their_page(nora, people, asked, names):  # noqa: F811
    assert found(nora, "/api/v1/t/northlight/workers", "name", **asked) == names


def test_what_cannot_be_asked_of_people_is_refused(nora):
    path = "/api/v1/t/northlight/workers"
    refused(nora, path, "skill: Choose one of: boxes, links.", skill="juggling")
    refused(nora, path, "level: Choose one of: 2, 3, 4, 5.", level="9")
    refused(nora, path, "state: Choose one of: open, paused, resting.", state="lost")


def test_the_queue_is_narrowed_by_date_as_on_the_board(cast, nora):
    cut(cast, make_clip(cast, frames=300))
    rows = QueueEntry.objects.filter(tenant_id=cast.harbour.id).order_by("created_at", "id")
    days = [-1, 0.5, 3, 20]
    for row, offset in zip(rows, days, strict=False):
        row.due_at = now() + timedelta(days=offset)
        row.save()
    ids = [str(row.id) for row in rows]
    path = "/api/v1/t/northlight/queue"
    assert len(ids) >= 3
    assert found(nora, path, "id") == ids
    assert found(nora, path, "id", due="late") == ids[:1]
    assert found(nora, path, "id", due="day") == ids[:2]
    assert found(nora, path, "id", due="week", state="waiting") == ids[:3]
    assert found(nora, path, "id", due="week", skill="links") == []
    refused(nora, path, "due: Choose one of: late, day, week.", due="soon")
    refused(nora, path, "state: Choose one of: waiting, held, leased.", state="done")


def test_notices_are_narrowed_by_organization_and_kind(cast, api, clara):
    Membership.objects.create(user=cast.clara, organization=cast.museum, role="client_admin")
    for organization, key in ((cast.harbour, "1"), (cast.museum, "2"), (cast.museum, "3")):
        with scope(organization.id):
            notify("clip_erased", key=key, people=[cast.clara.id])
    path = "/api/v1/me/notices"
    assert found(clara, path, "organization", organization="museum") == ["museum", "museum"]
    assert found(clara, path, "organization", organization="northlight") == []
    assert found(clara, path, "kind", kind="release_ready") == []
    refused(clara, path, "kind: Choose one of: release_ready, release_failed,", kind="gossip")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (f"{API}/tasks?state=lost", "state: Choose one of: "),
        (f"{API}/gold?state=lost", "state: Choose one of: active, retired."),
        (f"{API}/gold?use=lost", "use: Choose one of: work, quiz."),
        (f"{API}/gold?project=no%20slug", "project: "),
    ],
)
def test_a_word_that_there_is_not_is_answered_with_those_there_are(clara, path, said):
    refused(clara, path, said)


def test_jobs_are_asked_for_by_a_state_that_there_is(olga):
    refused(olga, "/api/v1/operator/jobs", "Choose one of: open, running, done, dead,", state="x")


def test_the_document_names_the_parameters_of_a_page():
    def parameters(path):
        told = document()["paths"][path]["get"]["parameters"]
        return {one["name"]: one for one in told if "name" in one}

    of_invoices = parameters("/api/v1/t/{tenant}/invoices")
    assert {"state", "since", "until", "cursor", "limit"} <= of_invoices.keys()
    assert of_invoices["state"]["schema"]["enum"][:3] == ["open", "partly_paid", "overdue"]
    assert of_invoices["since"]["schema"]["format"] == "date"
    workers = "/api/v1/t/{tenant}/workers"
    assert {"skill", "level", "state"} <= parameters(workers).keys()
    assert document()["paths"][workers]["get"]["tags"] == ["people"]
