"""Labels from outside: read, looked at, and taken over as a whole or not at all."""

import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from core.audit.models import AuditEntry
from core.tenancy.scope import scope
from tests.api.labels.floor import cut, lease, make_clip, walker
from tests.cast import sign_in
from workforce.imports.services import MAX_BYTES
from workforce.labels.cutting import cut_track
from workforce.labels.formats.clip import ClipLabels
from workforce.labels.formats.jsonl import write_jsonl
from workforce.labels.interpolation import shapes
from workforce.labels.models import LabelImport, TrackRow
from workforce.labels.ontology import Ontology
from workforce.labels.tracks import Picture, track_from_wire
from workforce.quality.models import GoldTruth
from workforce.tasks.models import Task

MOT = "".join(f"{frame},1,{frame},20,40,90,1,1,1\n" for frame in range(31, 81))


@pytest.fixture
def clip(cast):
    """100 frames in two tasks, 0 to 49 and 50 to 99."""
    made = make_clip(cast)
    cut(cast, made)
    return made


@pytest.fixture
def send(cast, api, clip):
    """Send a file as somebody: `send("text", who=cast.nora, purpose="gold")`."""

    def sending(text, *, who=None, name="gt.txt", **fields):
        file = SimpleUploadedFile(name, text if isinstance(text, bytes) else text.encode())
        place = f"/api/v1/t/harbour/clips/{clip.id}/imports"
        return api(who or cast.clara).post(place, {"file": file, **fields}, format="multipart")

    return sending


@pytest.fixture
def take(cast, api, clip):
    def taking(read, *, who=None):
        place = f"/api/v1/t/harbour/clips/{clip.id}/imports/{read.json()['id']}/apply"
        return api(who or cast.clara).post(place)

    return taking


def rows(cast, clip):
    with scope(cast.harbour.id):
        return [
            (row.task.start_frame, row.track_id, row.keyframes)
            for row in TrackRow.objects.select_related("task").filter(task__clip=clip)
            .order_by("task__start_frame")
        ]  # fmt: skip


def test_a_file_is_read_first_and_nothing_is_written(cast, clip, send):
    read = send(MOT)

    assert read.status_code == 201, read.content
    told = read.json()
    assert (told["format"], told["problems"]) == ("mot", [])
    assert told["counts"] == {
        "tracks": 1, "events": 0, "keyframes": 2, "frames": [30, 79], "labels": {"person": 1},
    }  # fmt: skip
    assert rows(cast, clip) == []


def test_proposals_lie_in_each_task_as_far_as_it_goes_under_one_id(cast, clip, send, take):
    done = take(send(MOT))

    assert done.json()["outcome"] == {"tasks": 2, "begun": 0, "tracks": 2}
    (first, id_a, early), (second, id_b, late) = rows(cast, clip)
    assert (first, second, id_a) == (0, 50, id_b)
    assert [key[0] for key in early] == [30, 49]
    assert [key[0] for key in late] == [50, 79, 80]
    # No person drew them: 4 is automatic, 5 automatic and outside.
    assert [key[1] for key in [*early, *late]] == [4, 4, 4, 4, 5]
    assert late[0][2] == pytest.approx([51, 20, 91, 110])
    assert take(send(MOT)).status_code == 409
    with scope(cast.harbour.id):
        actions = [json.loads(bytes(row.body))["action"] for row in AuditEntry.objects.all()]
    assert actions.count("labels.import.applied") == 1


def test_taking_over_again_changes_nothing(cast, clip, send, take):
    read = send(MOT)
    take(read)
    before = rows(cast, clip)

    again = take(read)

    assert again.status_code == 200
    assert rows(cast, clip) == before


def test_what_somebody_has_begun_is_never_replaced(cast, api, clip, send, take):
    with scope(cast.harbour.id):
        first, second = Task.objects.filter(clip=clip).order_by("start_frame")
    token = lease(cast.anna, first.id)
    drawn = walker()
    place = f"/api/v1/t/harbour/tasks/{first.id}/tracks"
    body = {"token": token, "tracks": [drawn]}
    assert api(cast.anna).patch(place, body, format="json").status_code == 200

    done = take(send(MOT))

    assert done.json()["outcome"] == {"tasks": 1, "begun": 1, "tracks": 1}
    assert [(row[0], str(row[1]) == drawn["id"]) for row in rows(cast, clip)] == [
        (0, True),
        (50, False),
    ]
    lease(cast.amir, second.id)
    refused = take(send(MOT))
    assert refused.status_code == 409
    assert "somebody has begun every task" in refused.json()["detail"]


def test_a_file_with_mistakes_is_told_by_line_and_not_taken_over(cast, clip, send, take):
    read = send(MOT + "85,1,1,1,x,9\n-3,2,1,1,9,9\n200,3,1,1,9,9,1,1,1\n86,4,1,1,9,9,1,77,1\n")

    assert read.status_code == 201
    assert [text.split(":")[0] for text in read.json()["problems"]] == [
        "The file, line 51, column 5", "The file, line 52", "The file, line 53",
        "The file, line 54",
    ]  # fmt: skip
    refused = take(read)
    assert refused.status_code == 409
    assert "Nothing was taken over: the file has 4 mistakes" in refused.json()["detail"]
    assert rows(cast, clip) == []


@pytest.mark.parametrize("text", ["hello", "", b"\x00\xff"])
def test_what_is_no_file_of_labels_is_refused(send, text):
    refused = send(text)

    assert refused.status_code == 400
    assert refused.json()["field"] == "file"
    assert "none of the formats" in refused.json()["detail"] or text == ""


def test_a_bomb_is_one_mistake_and_an_empty_file_too(send):
    bomb = '<!DOCTYPE a [<!ENTITY x "y">]><annotations>&x;</annotations>'
    assert "document type" in send(bomb, name="a.xml").json()["problems"][0]
    assert send("<annotations/>").json()["problems"] == ["The file holds no track and no event."]
    assert send("<html/>").json()["cut_short"]


def test_a_file_that_is_too_large_is_refused_by_its_length(cast, send):
    refused = send(b"1" * (MAX_BYTES + (1 << 20)))

    assert refused.status_code == 413
    assert "custos convert" in refused.json()["detail"]
    assert send(b"1" * (MAX_BYTES + 1)).status_code == 400
    with scope(cast.harbour.id):
        assert not LabelImport.objects.exists()


def test_gold_is_cut_to_the_tasks_and_only_the_client_may_bring_it(cast, clip, send, take):
    assert send(MOT, who=cast.nora, purpose="gold").status_code == 403

    read = send(MOT, purpose="gold")
    assert take(read, who=cast.nora).status_code == 403
    assert take(read).json()["outcome"]["tasks"] == 2

    with scope(cast.harbour.id):
        gold = list(GoldTruth.objects.order_by("start_frame"))
    assert [(row.start_frame, row.end_frame) for row in gold] == [(0, 49), (50, 99)]
    assert [len(json.loads(row.content)["tracks"]) for row in gold] == [1, 1]
    assert rows(cast, clip) == []


def test_a_vendor_s_manager_may_propose_and_nobody_else_of_the_vendor(cast, send, take):
    assert take(send(MOT, who=cast.nora), who=cast.nora).status_code == 200
    for person in (cast.anna, cast.rita, cast.vera):
        assert send(MOT, who=person).status_code == 403
    assert send(MOT, who=cast.mila).status_code == 404


def test_events_come_with_json_lines(cast, api, clip, send, take):
    with scope(cast.harbour.id):
        ontology = Ontology.from_document(clip.tasks.first().ontology.document)
    track = track_from_wire(walker(end=60))
    file = io.BytesIO()
    write_jsonl(file, ClipLabels("x", Picture(640, 360, 0, 99), ontology, [track]))
    event = {
        "id": "7b0d1f3e-0a55-4a4f-9d2d-1d2c54a7b002", "event": "loitering", "start": 40, "end": 55,
        "participants": [str(track.id)], "zones": [], "attributes": {},
    }  # fmt: skip
    data = file.getvalue() + json.dumps(event).encode() + b"\n"

    take(send(data, name="a.jsonl"))

    with scope(cast.harbour.id):
        tasks = Task.objects.filter(clip=clip).order_by("start_frame")
        spans = [task.spans.get() for task in tasks]
    assert [(span.start, span.end) for span in spans] == [(40, 49), (50, 55)]
    assert [span.participants for span in spans] == [[str(track.id)]] * 2


def test_a_copy_of_a_task_has_the_proposals_too(cast, clip, send, take):
    """A task without them, among tasks that have them, would tell that it measures."""
    from workforce.labels.proposals import propose_to_copy

    take(send(MOT))
    with scope(cast.harbour.id):
        task = Task.objects.filter(clip=clip).order_by("start_frame").first()
        own = [(row.track_id, row.keyframes) for row in task.tracks.all()]
        copy = Task.objects.create(
            tenant_id=task.tenant_id, project=task.project, clip=clip, ontology=task.ontology,
            task_type=task.task_type, start_frame=0, end_frame=49, is_copy=True,
        )  # fmt: skip
        propose_to_copy(copy)
        assert [(row.track_id, row.keyframes) for row in copy.tracks.all()] == own


def test_each_part_of_a_track_looks_as_the_whole():
    track = track_from_wire(walker(end=90))
    track_of_parts = [cut_track(track, start, start + 29) for start in (0, 30, 60)]

    drawn = [
        (shape.frame, shape.geometry)
        for start, part in zip((0, 30, 60), track_of_parts, strict=True)
        for shape in shapes(part, start, start + 29)
    ]
    whole = [(shape.frame, shape.geometry) for shape in shapes(track, 0, 89)]
    assert [frame for frame, _ in drawn] == [frame for frame, _ in whole]
    for (_, box), (_, wanted) in zip(drawn, whole, strict=True):
        assert box == pytest.approx(wanted)


def test_the_pages_show_mistakes_then_what_a_file_brings_and_take_it_over(cast, client, clip):
    sign_in(client, cast.clara)
    place = f"/t/harbour/clips/{clip.id}/imports"
    assert b"Nothing yet" in client.get(place).content
    assert b"Labels from outside" in client.get(f"/t/harbour/clips/{clip.id}").content

    nothing = client.post(place, {})
    assert nothing.status_code == 400
    assert b"Choose a file first" in nothing.content
    wrong = client.post(place, {"file": SimpleUploadedFile("a.txt", b"1,1,0,0,-4,9\n")})
    shown = client.get(wrong.url).content.decode()
    assert "line 1: the box is -4 x 9" in shown
    assert "Take 0" not in shown
    right = client.post(place, {"file": SimpleUploadedFile("b.txt", MOT.encode())})
    assert b"Take 1 track over" in client.get(right.url).content
    done = client.post(right.url, follow=True).content.decode()
    assert "2 tracks in 2 tasks" in done
    refused = client.post(wrong.url, follow=True).content.decode()
    assert "Nothing was taken over" in refused
    assert b"b.txt" in client.get(place).content


def test_an_annotator_may_go_on_from_a_proposal(cast, api, clip, send, take):
    take(send(MOT))
    with scope(cast.harbour.id):
        task = Task.objects.filter(clip=clip).order_by("start_frame").first()
    token = lease(cast.anna, task.id)
    place = f"/api/v1/t/harbour/tasks/{task.id}"
    (track,) = api(cast.anna).get(f"{place}/tracks").json()["tracks"]
    del track["revision"]
    track["keyframes"][0][1] = 0

    saved = api(cast.anna).patch(
        f"{place}/tracks", {"token": token, "tracks": [track]}, format="json"
    )

    assert saved.status_code == 200
    assert (
        api(cast.anna).post(f"{place}/submit", {"token": token}, format="json").status_code == 201
    )
