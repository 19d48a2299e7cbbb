"""People correct masks over the API: one at a time, every save kept, a copy made and signed."""

import io
import json
from datetime import timedelta

import pytest

from core.access.actors import Actor
from core.audit.models import AuditEntry
from core.audit.receipts import receipt
from core.clock import now
from core.media.frames import read_frames
from core.outbox.jobs import run
from core.outbox.models import Job
from core.storage.vault import create_object, open_object
from core.tenancy.scope import scope
from tests.api.redaction.test_redaction_api import entries, ready_clip, work_off
from workforce.people.models import Standing
from workforce.redaction import policies, services
from workforce.redaction.models import MaskLease, MaskRevision, RedactionRun
from workforce.tasks.requirements import set_requirements

pytestmark = pytest.mark.django_db

DRAWN = "drawn-00c0ffee"
BOX = [20.0, 20.0, 80.0, 70.0]


@pytest.fixture(autouse=True)
def store_folder(settings, tmp_path):
    settings.OBJECT_STORE_FOLDER = tmp_path / "store"


@pytest.fixture
def clip(cast, api):
    """A clip with a measured copy; its policy needs no detector."""
    clip = ready_clip(cast.harbour)
    allow(cast, clip)
    assert api(cast.clara).post(redaction(clip)).status_code == 202
    work_off()
    return clip


def allow(cast, clip, **rules):
    policies.set_policy(
        actor=Actor.person(cast.clara),
        tenant=cast.harbour.id,
        project_id=clip.project_id,
        policy=policies.Policy(**{"faces": False, "plates": False, "cover": "solid", **rules}),
    )


def redaction(clip):
    return f"/api/v1/t/harbour/clips/{clip.id}/redaction"


def masks(clip, act=""):
    return f"/api/v1/t/harbour/clips/{clip.id}/masks{act}"


def take(client, clip) -> int:
    answer = client.post(masks(clip, "/lease"), {}, format="json")
    assert answer.status_code == 200, answer.content
    token: int = answer.json()["token"]
    return token


def show(person, clip, first=0, last=5, purpose="watch"):
    """Serve frames to somebody, as the frame door logs it."""
    receipt(
        actor=Actor.person(person),
        tenant=clip.tenant_id,
        clip=clip.id,
        gops=[(first, last)],
        purpose=purpose,
    )


def drawn(last, name=DRAWN):
    return {"id": name, "subject": "plates", "keyframes": [[0, *BOX], [last, *BOX]]}


def save(client, clip, token, *, base=0, tracks=None, dropped=()):
    body = {"token": token, "base": base, "tracks": tracks, "dropped": list(dropped)}
    body["tracks"] = [drawn(clip.frame_count - 1)] if tracks is None else tracks
    return client.post(masks(clip), body, format="json")


def again(client, clip, token, revision):
    return client.post(masks(clip, "/copy"), {"token": token, "revision": revision}, format="json")


def compose_and_work_off():
    job = Job.objects.get(kind="redaction.compose", state="open")
    assert run(job.id, beat=False)
    work_off()


def pictures(tenant, object_id):
    with open_object(tenant=tenant, object_id=object_id) as reader:
        data = io.BytesIO(reader.read())
    return [(picture.pts, picture.pixels) for picture in read_frames(data)]


def test_a_mask_that_was_drawn_hides_in_the_copy_made_anew_and_no_frame_moves(cast, api, clip):
    clara = api(cast.clara)
    with scope(cast.harbour.id):
        first = services.redacted_object(clip)
    token = take(clara, clip)
    saved = save(clara, clip, token)
    assert saved.status_code == 201, saved.content
    assert saved.json()["counts"] == {
        "drawn": 1,
        "changed": 0,
        "dropped": 0,
        "masks": clip.frame_count,
    }
    assert again(clara, clip, token, 1).status_code == 202
    compose_and_work_off()

    with scope(cast.harbour.id):
        second = services.redacted_object(clip)
    assert second.object_id != first.object_id
    before, after = (pictures(cast.harbour.id, one.object_id) for one in (first, second))
    assert [time for time, _ in after] == [time for time, _ in before]
    inside = (slice(30, 60), slice(30, 70))
    assert all(new[inside].std() < 3 for _, new in after)
    assert any(old[inside].std() > 40 for _, old in before)
    assert second.report["audio"] == first.report["audio"]
    manual = second.report["manual"]
    assert (manual["revision"], manual["drawn"], manual["by"]) == (1, 1, [str(cast.clara.id)])
    read = clara.get(masks(clip)).json()
    assert (read["revision"], read["rendered"]) == (1, 1)
    assert read["tracks"] == [drawn(clip.frame_count - 1)]


def test_who_changed_what_and_why_is_in_the_log_and_stays(cast, api, clip):
    clara = api(cast.clara)
    token = take(clara, clip)
    save(clara, clip, token)
    assert save(clara, clip, token, base=1, tracks=[]).json()["revision"] == 2
    first, second = entries(cast.harbour, "redaction.masks_saved")
    assert first["actor"]["id"] == str(cast.clara.id)
    assert (first["details"]["drawn"], second["details"]["drawn"]) == (1, 0)
    with scope(cast.harbour.id):
        assert MaskRevision.objects.filter(run__clip=clip).count() == 2


def test_two_people_never_work_at_once(cast, api, clip):
    allow(cast, clip, checkers="both")
    take(api(cast.rita), clip)
    refused = api(cast.clara).post(masks(clip, "/lease"), {}, format="json")
    assert refused.status_code == 409
    assert "Somebody else" in refused.json()["detail"]
    with scope(cast.harbour.id):
        MaskLease.objects.update(lease_until=now() - timedelta(seconds=1))
    take(api(cast.clara), clip)


def test_what_an_older_window_sends_is_refused_and_what_began_elsewhere_too(cast, api, clip):
    clara = api(cast.clara)
    old = take(clara, clip)
    new = take(clara, clip)
    lost = save(clara, clip, old)
    assert (lost.status_code, lost.json()["code"]) == (409, "lease_lost")
    assert save(clara, clip, new).status_code == 201
    behind = save(clara, clip, new, base=0)
    assert (behind.status_code, behind.json()["code"]) == (409, "conflict")
    assert clara.post(masks(clip, "/lease"), {"token": old}, format="json").status_code == 409
    assert clara.post(masks(clip, "/lease"), {"token": new}, format="json").status_code == 200
    assert clara.delete(masks(clip, "/lease"), {"token": new}, format="json").status_code == 204
    assert save(clara, clip, new, base=1).status_code == 409


@pytest.mark.parametrize(
    ("rules", "holds", "status"),
    [
        ({}, [], 404),
        ({"checkers": "reviewers"}, [], 200),
        ({"checkers": "both", "check_clearance": "faces-2"}, [], 404),
        ({"checkers": "both", "check_clearance": "faces-2"}, [("clearance", "faces-2", 1)], 200),
        ({"checkers": "both", "check_clearance": "faces-2"}, [("clearance", "faces-2", -1)], 404),
        ({"checkers": "both"}, [("conflict", "harbour", 1)], 404),
        ({"checkers": "both"}, [("only_for", "museum", 1)], 404),
        ({"checkers": "both"}, [("only_for", "harbour", 1)], 200),
    ],
)
def test_a_reviewer_comes_in_by_policy_and_clearance(cast, api, clip, rules, holds, status):
    for kind, value, days in holds:
        Standing.objects.create(
            vendor_id=cast.northlight.id,
            person_id=cast.rita.id,
            kind=kind,
            value=str(getattr(cast, value).id) if kind in {"conflict", "only_for"} else value,
            expires_at=now() + timedelta(days=days),
        )
    allow(cast, clip, **rules)
    assert api(cast.rita).get(masks(clip)).status_code == status
    taken = api(cast.rita).post(masks(clip, "/lease"), {}, format="json").status_code
    assert taken == status


@pytest.mark.parametrize(
    ("asks", "kind", "value"),
    [({"nda": True}, "nda", None), ({"clearance": "faces-1"}, "clearance", "faces-1")],
)
def test_what_the_project_asks_of_its_annotators_it_asks_of_who_sees_uncovered_faces(
    cast, api, clip, asks, kind, value
):
    allow(cast, clip, checkers="both")
    set_requirements(
        actor=Actor.person(cast.clara),
        tenant=cast.harbour.id,
        project_id=clip.project_id,
        **asks,
    )
    rita, index = api(cast.rita), f"/api/v1/t/harbour/clips/{clip.id}/index"
    assert rita.get(masks(clip)).status_code == 404
    held = Standing.objects.create(
        vendor_id=cast.northlight.id,
        person_id=cast.rita.id,
        kind=kind,
        value=value or str(cast.harbour.id),
        expires_at=now() + timedelta(days=1),
    )
    take(rita, clip)
    assert opens(rita, index) is True
    held.delete()
    assert opens(rita, index) is False


def test_the_client_s_administrators_stay_out_where_reviewers_check(cast, api, clip):
    allow(cast, clip, checkers="reviewers")
    assert api(cast.clara).get(masks(clip)).status_code == 404


def test_frames_open_with_the_lease_and_shut_with_the_policy(cast, api, clip):
    allow(cast, clip, checkers="both")
    rita = api(cast.rita)
    index = f"/api/v1/t/harbour/clips/{clip.id}/index"
    assert opens(rita, index) is False
    take(rita, clip)
    assert opens(rita, index) is True
    allow(cast, clip)
    assert opens(rita, index) is False


def opens(client, place) -> bool:
    """Whether the door of frames lets in: the index of this clip was never made."""
    client.raise_request_exception = False
    return client.get(place).status_code != 404


def test_a_copy_is_made_of_what_is_saved_and_once(cast, api, clip):
    clara = api(cast.clara)
    token = take(clara, clip)
    assert again(clara, clip, token, 1).status_code == 409
    save(clara, clip, token)
    assert again(clara, clip, token, 1).status_code == 202
    assert again(clara, clip, token, 1).status_code == 409
    assert clara.get(masks(clip, "/copy")).json()["state"] == "composing"
    compose_and_work_off()
    assert clara.get(masks(clip, "/copy")).json()["state"] == "done"
    assert again(clara, clip, token, 1).status_code == 409


def test_a_policy_holds_back_a_copy_that_nobody_checked(cast, api, clip):
    allow(cast, clip, check_required=True)
    clara = api(cast.clara)
    assert "Nobody has checked" in clara.get(redaction(clip)).json()["gate"]["exceeded"][0]
    token = take(clara, clip)
    show(cast.clara, clip)
    signed = clara.post(masks(clip, "/check"), {"token": token, "frames": [0]}, format="json")
    assert signed.status_code == 201
    gate = clara.get(redaction(clip)).json()["gate"]
    assert gate["exceeded"] == []
    assert (gate["checked"]["by"], gate["checked"]["frames"]) == (str(cast.clara.id), [0])
    (entry,) = entries(cast.harbour, "redaction.checked")
    assert entry["details"]["frames"] == [0]
    # A copy that is made anew is another one: it needs its own check.
    save(clara, clip, token)
    unsigned = clara.post(masks(clip, "/check"), {"token": token, "frames": []}, format="json")
    assert unsigned.status_code == 409
    again(clara, clip, token, 1)
    compose_and_work_off()
    assert clara.get(redaction(clip)).json()["gate"]["exceeded"]


def test_every_suspicious_frame_is_looked_at_before_signing(cast, api, clip):
    with scope(cast.harbour.id):
        done = RedactionRun.objects.get(clip=clip)
    mark = {"kind": "exposed", "subject": "faces", "frame": 3, "box": BOX, "every": 1}
    with create_object(tenant=cast.harbour.id, kind="masks", derived_from=[clip.source_id]) as out:
        out.write(json.dumps({"marks": [mark]}).encode())
    with scope(cast.harbour.id):
        RedactionRun.objects.filter(id=done.id).update(findings=out.stored)
    clara = api(cast.clara)
    token = take(clara, clip)
    assert clara.get(masks(clip)).json()["suspects"][0]["frame"] == 3
    refused = clara.post(masks(clip, "/check"), {"token": token, "frames": [1]}, format="json")
    assert refused.status_code == 400
    assert "1 suspicious frames" in refused.json()["detail"]
    body = {"token": token, "frames": [1, 3]}
    show(cast.clara, clip, 3, 3, purpose="thumbnail")
    show(cast.rita, clip)
    unseen = clara.post(masks(clip, "/check"), body, format="json")
    assert unseen.status_code == 400
    assert "2 of these frames were never shown to you: 1, 3" in unseen.json()["detail"]
    show(cast.clara, clip, 0, 2)
    assert "1 of these" in clara.post(masks(clip, "/check"), body, format="json").json()["detail"]
    show(cast.clara, clip, 3, 4)
    signed = clara.post(masks(clip, "/check"), body, format="json")
    assert signed.status_code == 201


def test_reading_masks_leaves_a_receipt(cast, api, clip):
    api(cast.clara).get(masks(clip))
    with scope(cast.harbour.id):
        assert AuditEntry.objects.filter(action="redaction.masks_read").count() == 1


@pytest.mark.parametrize("who", ["mila", "sam"])
def test_another_client_s_masks_are_not_there(cast, api, clip, who):
    client = api(getattr(cast, who))
    assert client.get(masks(clip)).status_code == 404
    assert client.post(masks(clip, "/lease"), {}, format="json").status_code == 404
