"""After a clip is erased nothing of it can be read."""

from uuid import uuid4

import pytest

from core.access.actors import Actor
from core.errors import Gone, NotFound
from core.storage.vault import create_object, open_object
from core.tenancy.scope import scope
from tenants.intake.erasure import erase_clip
from tests.api.intake.conftest import make_project

ACTOR = Actor.system("test")


@pytest.fixture
def clip(cast):
    from tenants.intake.models import Clip

    project = make_project(cast.harbour)
    with create_object(tenant=cast.harbour.id, kind="source") as source:
        source.write(b"footage")
    with create_object(
        tenant=cast.harbour.id, kind="mezzanine", derived_from=[source.stored.id]
    ) as mezzanine:
        mezzanine.write(b"frames")
    with scope(cast.harbour.id):
        return Clip.objects.create(
            tenant=cast.harbour,
            project=project,
            source=source.stored,
            mezzanine=mezzanine.stored,
            filename="anna at the gate.mp4",
            state="ready",
        )


def test_nothing_of_an_erased_clip_can_be_read(cast, clip, api, store_folder, run_jobs):
    from core.audit.models import AuditEntry

    erased = erase_clip(
        actor=ACTOR, tenant=cast.harbour.id, clip_id=clip.id, reason="client_request"
    )
    assert {gone.kind for gone in erased} == {"source", "mezzanine"}
    for object_id in (clip.source_id, clip.mezzanine_id):
        with pytest.raises(Gone):
            open_object(tenant=cast.harbour.id, object_id=object_id)
    body = api(cast.clara).get(f"/api/v1/t/harbour/clips/{clip.id}").json()
    assert (body["state"], body["filename"]) == ("erased", "")
    run_jobs()
    assert not [path for path in store_folder.rglob("*") if path.is_file()]
    again = erase_clip(actor=ACTOR, tenant=cast.harbour.id, clip_id=clip.id, reason="retention")
    assert again == erased
    with scope(cast.harbour.id):
        assert AuditEntry.objects.filter(action="clip.erased").count() == 1


def test_another_organizations_clip_is_not_erased(cast, clip):
    for clip_id in (clip.id, uuid4()):
        with pytest.raises(NotFound):
            erase_clip(actor=ACTOR, tenant=cast.museum.id, clip_id=clip_id, reason="retention")
    with open_object(tenant=cast.harbour.id, object_id=clip.source_id) as reader:
        assert reader.read() == b"footage"
