"""An upload that will not be finished is ended on the pages that list it."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest

from core.access.actors import Actor
from core.audit.models import AuditEntry
from core.clock import frozen, now
from core.tenancy.scope import scope
from tenants.intake.models import Upload
from tenants.intake.uploads import NewUpload, create_upload
from tests.api.labels.floor import make_clip

LIST, ADD = "/t/harbour/clips", "/t/harbour/clips/add"


@pytest.fixture
def upload(cast):
    """Umar began it, and it never arrived."""
    project = make_clip(cast).project
    new = NewUpload(size=2_000_000, filename="quay.mp4", project=str(project.id))
    return create_upload(actor=Actor.person(cast.umar), tenant=cast.harbour.id, new=new)


def state(upload):
    with scope(upload.tenant_id):
        return Upload.objects.get(id=upload.id).state


@pytest.mark.parametrize("place", [LIST, f"{LIST}?order=name", ADD])
def test_an_upload_is_ended_where_it_is_listed_and_the_log_says_by_whom(cast, api, upload, place):
    umar = api(cast.umar)
    shown = umar.get(place).content.decode()
    assert "End this upload?" in shown
    assert f'name="upload" value="{upload.id}"' in shown
    answer = umar.post(place, {"upload": str(upload.id)})
    assert (answer.status_code, answer["Location"]) == (302, place)
    after = umar.get(place).content.decode()
    assert "The upload of quay.mp4 is ended; what had arrived of it is removed." in after
    assert "End this upload?" not in after
    assert state(upload) == Upload.State.TERMINATED
    with scope(cast.harbour.id):
        entry = AuditEntry.objects.get(action="upload.terminated")
    told = json.loads(bytes(entry.body))
    assert told["actor"]["id"] == str(cast.umar.id)
    assert told["subject"]["id"] == str(upload.id)


def test_what_cannot_be_ended_any_more_says_why(cast, clara, upload):
    def end():
        clara.post(LIST, {"upload": str(upload.id)})
        return clara.get(LIST).content.decode()

    def become(**fields):
        with scope(cast.harbour.id):
            Upload.objects.filter(id=upload.id).update(**fields)

    become(writer=uuid4(), writer_until=now() + timedelta(minutes=1))
    assert "Another request is writing to this upload. Try again in a moment." in end()
    assert state(upload) == Upload.State.OPEN
    become(writer=None, writer_until=None, state=Upload.State.FINISHED)
    assert "This upload is finished." in end()
    become(state=Upload.State.OPEN)
    with frozen(upload.expires_at + timedelta(seconds=1)):
        clara.post(LIST, {"upload": str(upload.id)})
    assert "This upload has ended: it expired, or was ended." in clara.get(LIST).content.decode()


def test_who_may_not_upload_is_offered_nothing_and_refused(cast, api, upload):
    vera = api(cast.vera)
    assert "quay.mp4" in vera.get(LIST).content.decode()
    assert "End this upload?" not in vera.get(LIST).content.decode()
    assert vera.post(LIST, {"upload": str(upload.id)}).status_code == 403
    assert state(upload) == Upload.State.OPEN


def test_uploads_of_others_and_what_is_no_id_are_not_there(cast, api, clara, upload):
    mila = api(cast.mila)
    assert mila.post("/t/museum/clips", {"upload": str(upload.id)}).status_code == 404
    assert mila.post(LIST, {"upload": str(upload.id)}).status_code == 404
    assert clara.post(LIST, {"upload": "quay"}).status_code == 404
    assert clara.post(LIST).status_code == 404
    assert state(upload) == Upload.State.OPEN
