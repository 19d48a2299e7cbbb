"""Clocks through the doors: paused with a reason, pinned to a contract, seen by both sides."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache

from core.audit.models import AuditEntry
from core.clock import frozen, now
from core.outbox.jobs import enqueue, run
from core.outbox.models import Job
from core.tenancy.scope import scope
from tests import dock
from tests.api.labels.floor import cut, hire, lease, make_clip
from tests.cast import call
from workforce.delivery.durations import after_labels
from workforce.delivery.models import ClockEvent, Release, SlaPolicy
from workforce.delivery.sla import Policy
from workforce.tasks.models import QueueEntry

LONDON = {
    "time_zone": "Europe/London",
    "hours": {day: ["09:00", "17:00"] for day in ("mon", "tue", "wed", "thu", "fri")},
    "holidays": "GB-ENG",
    "closed": [],
}


@pytest.fixture
def place():
    return lambda clip, rest="": f"/api/v1/t/harbour/clips/{clip.id}/{rest or 'clock'}"


def received(cast, at=None):
    """A clip whose clock runs since `at`."""
    clip = make_clip(cast)
    if at is not None:
        with scope(cast.harbour.id):
            type(clip).objects.filter(id=clip.id).update(created_at=at)
    job = enqueue("delivery.start_clock", tenant=cast.harbour.id, args={"clip": str(clip.id)})
    assert run(job.id, beat=False)
    return clip


def test_a_pause_has_an_agreed_reason_and_both_sides_see_it(cast, olga, clara, place):
    dock.sign(cast, sla={"pause_reasons": ["awaiting_client"]})
    clip = received(cast)
    refused = olga.post(place(clip, "clock/pause"), {"reason": "legal_hold"}, format="json")
    assert refused.status_code == 400
    assert "awaiting_client" in refused.json()["detail"]

    body = {"reason": "awaiting_client", "note": "Which gate is this?"}
    paused = olga.post(place(clip, "clock/pause"), body, format="json")

    assert (paused.status_code, paused.json()["state"]) == (201, "paused")
    seen = clara.get(place(clip)).json()
    assert [(e["action"], e["reason"]) for e in seen["events"]] == [
        ("start", ""),
        ("pause", "awaiting_client"),
    ]
    assert b"Which gate is this?" in clara.get(f"/t/harbour/sla/{clip.id}").content
    assert olga.post(place(clip, "clock/pause"), body, format="json").status_code == 409
    assert olga.post(place(clip, "clock/resume")).json()["state"] == "on_track"
    assert olga.post(place(clip, "clock/resume")).status_code == 409
    with scope(cast.harbour.id):
        told = AuditEntry.objects.filter(action__startswith="clock.").order_by("time")
        assert [entry.action for entry in told] == ["clock.pause", "clock.resume"]


def test_the_client_is_told_of_a_question_and_its_answer_lets_the_clock_run_on(
    cast, api, olga, clara, place, run_jobs
):
    call(cast.harbour, "Port of Antwerp")
    clip = received(cast)
    page, told = f"/t/harbour/sla/{clip.id}", "/api/v1/me/notices"
    early = clara.post(place(clip, "clock/answer"), {"answer": "North."}, format="json")
    assert early.status_code == 409
    body = {"reason": "awaiting_client", "note": "Which gate is this?"}
    assert olga.post(place(clip, "clock/pause"), body, format="json").status_code == 201
    run_jobs()
    for person in (cast.clara, cast.umar):
        (notice,) = api(person).get(told).json()["results"]
        assert (notice["kind"], notice["path"]) == ("clip_question", page)
        assert b"Answer, and let the clock run on" in api(person).get(page).content
    for person in (cast.vera, cast.arthur, cast.olga):
        assert b"Your answer" not in api(person).get(page).content

    for wrong in ("", " ", "x" * 401):
        refused = clara.post(place(clip, "clock/answer"), {"answer": wrong}, format="json")
        assert refused.status_code == 400
    assert clara.post(page, {"act": "answer", "answer": "The north gate."}).status_code == 302

    seen = clara.get(place(clip)).json()
    run_jobs()
    assert seen["clock"] == "running"
    assert [(e["action"], e["note"]) for e in seen["events"]][-1] == ("resume", "The north gate.")
    (notice,) = olga.get(told).json()["results"]
    assert (notice["kind"], notice["path"]) == ("client_answered", page)
    assert notice["text"] == "Port of Antwerp answered about a clip. Its clock runs on."
    assert b"The north gate." in olga.get(page).content
    late = clara.post(page, {"act": "answer", "answer": "Again."}, follow=True)
    assert b"does not wait for an answer of yours" in late.content


def test_a_line_break_of_an_answer_is_one_character(cast, olga, clara, place):
    """A browser lets 400 be typed, and then sends each break as two."""
    clip = received(cast)
    olga.post(place(clip, "clock/pause"), {"reason": "awaiting_client"}, format="json")
    answer = "North.\r\n" * 57 + "x"
    told = clara.post(f"/t/harbour/sla/{clip.id}", {"act": "answer", "answer": answer})
    assert told.status_code == 302
    note = clara.get(place(clip)).json()["events"][-1]["note"]
    assert note == "North.\n" * 57 + "x"


@pytest.mark.parametrize("reason", ["force_majeure", "legal_hold"])
def test_what_the_client_cannot_end_asks_them_nothing(cast, olga, clara, place, run_jobs, reason):
    clip = received(cast)
    olga.post(place(clip, "clock/pause"), {"reason": reason}, format="json")
    run_jobs()
    assert clara.get("/api/v1/me/notices").json()["count"] == 0
    assert b"Your answer" not in clara.get(f"/t/harbour/sla/{clip.id}").content
    refused = clara.post(place(clip, "clock/answer"), {"answer": "Go on."}, format="json")
    assert refused.status_code == 409


def test_a_client_cannot_stop_the_clock_and_the_operator_cannot_order_rush(
    cast, olga, clara, place
):
    dock.sign(cast)
    clip = received(cast)
    body = {"reason": "client_hold"}
    assert clara.post(place(clip, "clock/pause"), body, format="json").status_code == 403
    assert olga.post(place(clip, "rush")).status_code == 403
    page = f"/t/harbour/sla/{clip.id}"
    assert clara.post(page, {"act": "pause", **body}).status_code == 403
    assert olga.post(page, {"act": "rush"}).status_code == 403
    assert olga.post(page, {"act": "explode"}).status_code == 400


def test_a_running_clock_stays_with_the_contract_that_it_began_under(cast, clara, place):
    dock.sign(cast, sla={"turnaround_hours": 10})
    clip = received(cast)
    before = clara.get(place(clip)).json()
    dock.sign(cast, sla={"turnaround_hours": 1})
    younger = received(cast)

    after = clara.get(place(clip)).json()

    assert after["due_at"] == before["due_at"]
    assert after["allowance_seconds"] == 36_000
    assert clara.get(place(younger)).json()["allowance_seconds"] == 3600
    with scope(cast.harbour.id):
        assert SlaPolicy.objects.count() == 2
        assert str(SlaPolicy.objects.first()).startswith("policy ")


def test_a_clock_that_ran_before_a_contract_is_pinned_by_the_next_event(cast, clara, olga, place):
    clip = received(cast)
    assert clara.get(place(clip)).json()["state"] == "on_track"
    dock.sign(cast, sla={"turnaround_hours": 5})
    assert clara.get(place(clip)).json()["allowance_seconds"] == 5 * 3600
    olga.post(place(clip, "clock/pause"), {"reason": "client_hold"}, format="json")
    dock.sign(cast, sla={"turnaround_hours": 1})
    told = clara.get(place(clip)).json()
    assert told["allowance_seconds"] == 5 * 3600
    assert [event["policy"] is not None for event in told["events"]] == [False, True]


def test_work_is_due_when_its_clock_says(cast, olga, clara, nora, place, run_jobs):
    dock.sign(cast, sla={"rush_hours": 6})
    clip = received(cast)
    tasks = [task.id for task in cut(cast, clip)]
    run_jobs()
    work = QueueEntry.objects.filter(task_id__in=tasks)
    due = datetime.fromisoformat(clara.get(place(clip)).json()["due_at"])
    assert set(work.values_list("due_at", flat=True)) == {due}
    assert b"no date" not in nora.get("/t/northlight/board").content

    hurried = datetime.fromisoformat(clara.post(place(clip, "rush")).json()["due_at"])
    run_jobs()
    assert hurried < due
    assert set(work.values_list("due_at", flat=True)) == {hurried}

    begun, body = now(), {"reason": "awaiting_client"}
    with frozen(begun + timedelta(hours=1)):
        assert olga.post(place(clip, "clock/pause"), body, format="json").status_code == 201
    with frozen(begun + timedelta(hours=3)):
        assert olga.post(place(clip, "clock/resume")).status_code == 201
        run_jobs()
    assert abs(work[0].due_at - hurried - timedelta(hours=2)) < timedelta(seconds=1)


def test_the_board_dates_work_of_which_all_is_in_hand(cast, nora):
    clip = make_clip(cast)
    hire(cast, cast.anna)
    tasks = cut(cast, clip)
    for task in tasks:
        lease(cast.anna, task.id)
    QueueEntry.objects.filter(task_id__in=[t.id for t in tasks]).update(due_at=now())
    page = nora.get("/t/northlight/board").content
    assert b"Late" in page
    assert b"no date" not in page


def test_office_hours_holidays_and_the_change_of_clocks_move_the_due_time(cast, clara, place):
    # Thursday before Easter, 15:00 in London; Friday and Monday are holidays.
    with frozen(datetime(2026, 4, 2, 14, tzinfo=UTC)):
        dock.sign(cast, sla={"turnaround_hours": 4, "calendar": LONDON})
        clip = received(cast, now())
        told = clara.get(place(clip)).json()
    assert datetime.fromisoformat(told["due_at"]) == datetime(2026, 4, 7, 10, tzinfo=UTC)
    assert b"business hours in Europe/London" in clara.get(f"/t/harbour/sla/{clip.id}").content


def test_rush_is_due_sooner_once_and_only_where_it_is_agreed(cast, clara, place):
    dock.sign(cast)
    clip = received(cast)
    assert clara.post(place(clip, "rush")).status_code == 409
    dock.sign(cast, sla={"rush_hours": 6})
    clip = received(cast)
    hurried = clara.post(place(clip, "rush"))
    assert hurried.status_code == 201
    due = datetime.fromisoformat(hurried.json()["due_at"])
    assert timedelta(hours=5.9) < due - now() < timedelta(hours=6.1)
    assert clara.post(place(clip, "rush")).status_code == 409
    younger = received(cast)
    page = f"/t/harbour/sla/{younger.id}"
    assert b"Order as rush" in clara.get(page).content
    assert clara.post(page, {"act": "rush"}).status_code == 302
    with scope(cast.harbour.id):
        assert ClockEvent.objects.filter(action="rush").count() == 2


def test_the_operator_stops_a_clock_from_its_page_without_seeing_file_names(cast, olga):
    dock.sign(cast)
    clip = received(cast)
    page = f"/t/harbour/sla/{clip.id}"
    for address in (page, "/t/harbour/sla"):
        shown = olga.get(address)
        assert shown.status_code == 200
        assert b"gate.mp4" not in shown.content
    posted = olga.post(page, {"act": "pause", "reason": "force_majeure", "note": ""})
    assert posted.status_code == 302
    assert b"stands still" in olga.get(page).content
    assert olga.post(page, {"act": "resume"}).status_code == 302


def test_a_clip_of_another_client_has_no_clock_here(cast, api, place):
    clip = received(cast)
    mila = api(cast.mila)
    for address in (f"/api/v1/t/museum/clips/{clip.id}/clock", f"/t/museum/sla/{clip.id}"):
        assert mila.get(address).status_code == 404
    assert mila.post(f"/api/v1/t/museum/clips/{clip.id}/rush").status_code == 404
    assert b"No clock runs." in mila.get("/t/museum/sla").content


def test_what_is_left_is_forecast_from_what_was_finished(cast, clara, place, run_jobs):
    """Six tasks were handed in over nine hours; two of another clip are open, due in an hour."""
    dock.sign(cast, sla={"turnaround_hours": 10})
    begin = now() - timedelta(hours=10)
    for hour in (0, 4, 8):
        with frozen(begin + timedelta(hours=hour)):
            dock.finished(cast, run_jobs, received=now())
    waiting = received(cast, now() - timedelta(hours=9))
    cut(cast, waiting)

    told = clara.get(place(waiting)).json()

    assert told["state"] == "at_risk"
    assert 0.25 <= told["forecast"]["breach"] <= 1
    assert told["forecast"]["low"] <= told["forecast"]["middle"] <= told["forecast"]["high"]
    assert told == clara.get(place(waiting)).json() | {
        key: told[key] for key in ("elapsed_seconds", "due_at", "forecast")
    }
    assert b"may be late" in clara.get("/t/harbour/sla").content
    assert b"may be late" in clara.get(f"/t/harbour/sla/{waiting.id}").content
    assert b"May be late" in clara.get("/t/harbour/home").content


def test_home_tells_what_may_be_late_also_of_older_footage(cast, clara, run_jobs):
    """As above, but that nothing is late yet; newer footage fills the list."""
    dock.sign(cast, sla={"turnaround_hours": 10})
    begin = now() - timedelta(hours=9.5)
    for hour in (0, 4, 8):
        with frozen(begin + timedelta(hours=hour)):
            dock.finished(cast, run_jobs, received=now())
    cut(cast, received(cast, now() - timedelta(hours=9)))
    assert b"One clip may be late." in clara.get("/t/harbour/home").content
    for _ in range(12):
        make_clip(cast)
    home = clara.get("/t/harbour/home").content
    assert b"May be late" not in home
    assert b"One clip may be late." in home


def test_with_much_open_a_forecast_is_kept_for_a_few_minutes(
    cast, clara, place, run_jobs, monkeypatch
):
    """Two open tasks are made to be much. What is drawn is what a small client is told."""
    dock.sign(cast, sla={"turnaround_hours": 10})
    begin = now() - timedelta(hours=10)
    for hour in (0, 4, 8):
        with frozen(begin + timedelta(hours=hour)):
            dock.finished(cast, run_jobs, received=now())
    first = received(cast, now() - timedelta(hours=9))
    cut(cast, first)
    at = now()
    with frozen(at):
        live = clara.get(place(first)).json()
        monkeypatch.setattr("workforce.delivery.outlook.LIVE", 1)
        kept = clara.get(place(first)).json()
    assert kept["forecast"] is not None
    assert kept == live
    second = received(cast, now() - timedelta(hours=9))
    cut(cast, second)
    with frozen(at + timedelta(minutes=4)):
        assert clara.get(place(first)).json()["forecast"] == kept["forecast"]
        assert clara.get(place(second)).json()["forecast"] is None, "in work since it was drawn"
        cache.delete(f"forecast:{cast.harbour.id}:fresh")
        assert clara.get(place(second)).json()["forecast"] is None, "a job draws, nobody waits"
        assert clara.get(place(first)).json()["forecast"] == kept["forecast"]
        with scope(cast.harbour.id):
            assert Job.objects.filter(kind="delivery.draw_outlooks").count() == 1
        run_jobs()
        drawn = clara.get(place(second)).json()["forecast"]
        assert drawn is not None
    with frozen(at + timedelta(minutes=5)):
        run(enqueue("delivery.draw_outlooks", tenant=cast.harbour.id).id, beat=False)
        assert clara.get(place(second)).json()["forecast"] == drawn, "ordered while no worker was"


def test_what_follows_the_labels_is_read_from_what_was_recorded(cast, run_jobs):
    """Handed in and accepted at once, hidden two hours later, delivered three hours after that."""
    clip, begin = make_clip(cast), now() - timedelta(days=2)
    with frozen(begin):
        dock.label(cast, clip, run_jobs)
    dock.redact(clip)
    with scope(cast.harbour.id):
        clip.redactions.update(finished_at=begin + timedelta(hours=2))
        for number, hours in ((1, 5), (2, 30)):
            Release.objects.create(
                tenant=cast.harbour, project=clip.project, number=number, formats=["mot"],
                clips=[str(clip.id)], state="ready", ready_at=begin + timedelta(hours=hours),
            )  # fmt: skip
        assert after_labels(Policy(timedelta(days=1))) == [
            (timedelta(), timedelta(hours=2), timedelta(hours=3))
        ]


def test_a_forecast_goes_as_far_as_the_release_once_enough_was_delivered(
    cast, clara, place, run_jobs, monkeypatch
):
    """One delivered clip is made to be enough; the second has its labels, and is not delivered."""
    monkeypatch.setattr("workforce.delivery.forecast.LEAST_CLIPS", 1)
    dock.sign(cast, sla={"turnaround_hours": 50})
    clip = dock.finished(cast, run_jobs, received=now() - timedelta(hours=9))
    told = clara.get(place(clip)).json()
    assert told["forecast"] is None
    gone = make_clip(cast)
    with frozen(now() - timedelta(hours=8)):
        dock.label(cast, gone, run_jobs)
    with scope(cast.harbour.id):
        Release.objects.create(
            tenant=cast.harbour, project=gone.project, number=1, formats=["mot"],
            clips=[str(gone.id)], state="ready", ready_at=now() - timedelta(hours=2),
        )  # fmt: skip
    told = clara.get(place(clip)).json()
    assert told["forecast"]["covers"] == "release"
    middle = datetime.fromisoformat(told["forecast"]["middle"]) - now()
    assert timedelta(hours=5.9) < middle < timedelta(hours=6.1)
