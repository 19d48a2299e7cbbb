"""A dispute pins frames; their tasks go round again; the next version comes by itself."""

from datetime import timedelta
from uuid import uuid4

import pytest

from core.access.actors import Actor
from core.audit.models import AuditEntry
from core.clock import frozen, now
from core.tenancy.models import Organization
from core.tenancy.scope import scope
from tests import dock
from tests.api.labels.floor import lease, walker
from workforce.delivery.acceptance import accept_silent
from workforce.delivery.models import AcceptanceDue, ClockEvent, Dispute, Release
from workforce.labels.services import Changes, save_tracks, submit
from workforce.tasks.models import QueueEntry, Task

PLACE = "/api/v1/t/harbour/releases"


@pytest.fixture
def clip(cast, run_jobs):
    dock.sign(cast)
    return dock.finished(cast, run_jobs)


@pytest.fixture
def ready(clara, clip, run_jobs):
    built = dock.release_of(clara, clip, run_jobs)
    assert built["state"] == "ready", built["failure"]
    return built


def dispute(client, release, *pins, reason="The van is wrong."):
    body = {"reason": reason, "pins": list(pins)}
    return client.post(f"{PLACE}/{release['id']}/dispute", body, format="json")


def pin(clip, frame=60, text="The van is not there yet.", **more):
    return {"clip": str(clip.id), "frame": frame, "text": text, **more}


def work_again(cast, task_id):
    """Anna takes the task again and adds somebody whom she had missed."""
    held = {"tenant": cast.harbour.id, "task_id": task_id, "token": lease(cast.anna, task_id)}
    anna = Actor.person(cast.anna)
    missed = walker(start=60, end=90, left=300)
    save_tracks(**held, actor=anna, changes=Changes([missed], [], {}))
    submit(**held, actor=anna, vendor=cast.northlight.id)
    return missed["id"]


def test_only_the_task_behind_a_pinned_frame_goes_round_again(cast, clara, clip, ready):
    answer = dispute(clara, ready, pin(clip))
    assert (answer.status_code, answer.json()["state"]) == (200, "disputed")
    with scope(cast.harbour.id):
        states = dict(Task.objects.values_list("start_frame", "state"))
        kept = Dispute.objects.get()
        task = Task.objects.get(start_frame=50)
        log = AuditEntry.objects.filter(action="task.sent_back")
        assert [entry.subject_id for entry in log] == [str(task.id)]
        clocks = list(ClockEvent.objects.values_list("action", flat=True))
    assert states == {0: "accepted", 50: "open"}
    assert kept.tasks == [str(task.id)]
    assert (kept.pins[0]["frame"], str(kept)) == (60, f"dispute of {ready['id']}")
    assert clocks == ["start", "stop", "reopen"]
    entry = QueueEntry.objects.get(task_id=task.id, work="annotate")
    assert (entry.state, entry.lessee) == ("waiting", None)


def test_after_the_rework_the_next_version_comes_by_itself_with_its_diff(
    cast, clara, clip, ready, run_jobs
):
    dispute(clara, ready, pin(clip))
    with scope(cast.harbour.id):
        task = Task.objects.get(start_frame=50)
    missed = work_again(cast, task.id)
    run_jobs()

    versions = clara.get(PLACE).json()["results"]
    assert [(v["number"], v["state"]) for v in versions] == [(2, "ready"), (1, "disputed")]
    second = versions[0]["id"]
    told = clara.get(f"{PLACE}/{second}/diff").json()
    (changed,) = told["clips"]
    assert (told["since"], told["number"], changed["clip"]) == (1, 2, str(clip.id))
    assert changed["tracks_added"] == [missed]
    assert changed["tracks_removed"] == []
    assert clara.get(f"{PLACE}/{second}/diff?since=1").json() == told
    assert clara.get(f"{PLACE}/{second}/diff?since=7").status_code == 409
    first = clara.get(f"{PLACE}/{ready['id']}/diff").json()
    assert (first["since"], first["clips_added"], first["clips"]) == (None, [str(clip.id)], [])
    page = clara.get(f"/t/harbour/releases/{second}").content
    assert b"What changed since version 1" in page
    assert b"1 added" in page
    assert clara.post(f"{PLACE}/{second}/accept").status_code == 200
    with scope(cast.harbour.id):
        actions = list(ClockEvent.objects.values_list("action", flat=True))
    assert actions == ["start", "stop", "reopen", "stop"]


def test_the_annotator_reads_what_the_client_pinned(cast, api, clara, clip, ready):
    dispute(clara, ready, pin(clip, text="The van is blue."))
    with scope(cast.harbour.id):
        task = Task.objects.get(start_frame=50)
    lease(cast.anna, task.id)
    assert b"The van is blue." in api(cast.anna).get(f"/t/harbour/tasks/{task.id}").content


def test_a_dispute_without_pins_reopens_no_task(cast, clara, ready):
    assert dispute(clara, ready).status_code == 200
    with scope(cast.harbour.id):
        assert not Task.objects.exclude(state="accepted").exists()
        assert Dispute.objects.get().tasks == []


@pytest.mark.parametrize(
    "change",
    [
        {"frame": 100},
        {"frame": -1},
        {"text": " "},
        {"text": "a\x00b"},
        {"clip": str(uuid4())},
        {"track": "x"},
    ],
)
def test_a_pin_is_on_a_frame_of_the_release(cast, clara, clip, ready, change):
    assert dispute(clara, ready, pin(clip) | change).status_code == 400
    with scope(cast.harbour.id):
        assert not Dispute.objects.exists()
        assert Release.objects.get().state == "ready"


def test_the_page_pins_up_to_three_frames(cast, clara, clip, ready):
    page = f"/t/harbour/releases/{ready['id']}"
    form = {
        "decision": "dispute", "reason": "Two frames are wrong.",
        "clip-0": str(clip.id), "frame-0": "60", "text-0": "No van",
        "clip-1": str(clip.id), "frame-1": "", "text-1": "",
        "clip-2": str(clip.id), "frame-2": "3", "text-2": "A bus",
    }  # fmt: skip
    assert clara.post(page, form | {"frame-0": "sixty"}).status_code == 400
    assert clara.post(page, form).status_code == 302
    with scope(cast.harbour.id):
        assert [(p["frame"], p["text"]) for p in Dispute.objects.get().pins] == [
            (60, "No van"), (3, "A bus"),
        ]  # fmt: skip
    shown = clara.get(page).content
    assert b"No van" in shown
    assert b"A bus" in shown


def test_the_page_keeps_what_was_typed_and_says_what_does_not_fit(cast, clara, clip, ready):
    page, reason = f"/t/harbour/releases/{ready['id']}", "Two hours of careful words."
    form = {"decision": "dispute", "reason": reason, "clip-0": str(clip.id)}
    for wrong, words in (
        ({"frame-0": "99999", "text-0": "No van"}, "Frame 99999 is outside the clip"),
        ({"frame-0": "sixty", "text-0": "No van"}, "“sixty” is no number of a frame."),
        ({"frame-0": "9" * 5000, "text-0": "No van"}, "9” is no number of a frame."),
        ({"clip-0": "", "frame-0": "3", "text-0": "No van"}, "Choose the clip that this frame is"),
        ({"frame-0": "", "text-0": "No van"}, "Which frame? Give its number."),
        ({"frame-0": "3", "text-0": ""}, "Say what is wrong on this frame."),
        ({"reason": " ", "frame-0": "3", "text-0": "No van"}, "This field is required."),
    ):
        refused = clara.post(page, form | wrong)
        shown = refused.content.decode()
        assert refused.status_code == 400
        assert words in shown
        assert wrong.get("reason", reason) in shown
        assert wrong["text-0"] in shown
    with scope(cast.harbour.id):
        assert not Dispute.objects.exists()


def test_the_page_of_a_decided_version_says_so_to_a_second_tab(clara, ready):
    page = f"/t/harbour/releases/{ready['id']}"
    assert clara.post(page, {"decision": "accept"}).status_code == 302
    for late in ({"decision": "accept"}, {"decision": "dispute", "reason": "No."}):
        shown = clara.post(page, late, follow=True)
        assert shown.status_code == 200
        assert b"only a ready one can be decided" in shown.content
        assert b"is accepted." in shown.content


def test_silence_accepts_after_the_days_of_the_contract(cast, clara, ready, run_jobs):
    """Ten days by the default terms; a page says when."""
    assert accept_silent() == 0
    assert b"Your silence accepts it" in clara.get(f"/t/harbour/releases/{ready['id']}").content
    with frozen(now() + timedelta(days=9, hours=23)):
        assert accept_silent() == 0
    with frozen(now() + timedelta(days=10, minutes=1)):
        assert accept_silent() == 1
        assert accept_silent() == 0
    assert clara.get(f"{PLACE}/{ready['id']}").json()["state"] == "accepted"
    with scope(cast.harbour.id):
        entry = AuditEntry.objects.get(action="release.accepted")
        assert b'"by_silence":true' in bytes(entry.body)
    assert not AcceptanceDue.objects.exists()


def test_the_silence_of_a_suspended_client_says_nothing(cast, clara, ready):
    with frozen(now() + timedelta(days=11)):
        Organization.objects.filter(id=cast.harbour.id).update(state="suspended")
        assert accept_silent() == 0
        Organization.objects.filter(id=cast.harbour.id).update(state="active")
        assert accept_silent() == 1


def test_what_was_decided_is_not_accepted_by_silence(cast, clara, clip, ready):
    due = AcceptanceDue.objects.get()
    assert str(due).startswith(ready["id"])
    dispute(clara, ready)
    assert not AcceptanceDue.objects.exists()
    # A row that was left behind changes nothing.
    AcceptanceDue.objects.create(
        release_id=due.release_id, tenant_id=due.tenant_id, due_at=due.due_at
    )
    with frozen(now() + timedelta(days=11)):
        assert accept_silent() == 0
    assert clara.get(f"{PLACE}/{ready['id']}").json()["state"] == "disputed"


def test_a_dispute_is_never_changed(cast, clara, ready):
    from django.db import DatabaseError, transaction

    dispute(clara, ready)
    with scope(cast.harbour.id):
        kept = Dispute.objects.get()
        with pytest.raises(DatabaseError), transaction.atomic():
            kept.save()
