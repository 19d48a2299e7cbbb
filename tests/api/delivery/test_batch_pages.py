"""A batch's page: how far it is, whether it will be on time, and what waits for whom."""

import json
import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core.access.actors import Actor
from core.audit.models import AuditEntry
from core.audit.receipts import receipt
from core.clock import frozen, now
from core.storage.models import StoredObject
from core.tenancy.scope import scope
from tenants.intake.models import Batch, Clip
from tests import dock
from tests.api.labels.floor import make_clip
from tests.cast import sign_in
from workforce.delivery.batches import batch_progress, progress_of_batches
from workforce.delivery.models import ClockEvent


def batch_of(clip, name="Monday"):
    with scope(clip.tenant_id):
        batch = Batch.objects.create(tenant_id=clip.tenant_id, project=clip.project, name=name)
        Clip.objects.filter(id=clip.id).update(batch=batch)
    return batch


def stages(batch):
    with scope(batch.tenant_id):
        return [stage.state for stage in batch_progress(batch).stages]


def test_a_batch_is_followed_from_intake_to_acceptance(cast, clara, run_jobs):
    dock.sign(cast)
    clip = make_clip(cast)
    batch = batch_of(clip)
    page = f"/t/harbour/batches/{batch.id}"
    assert stages(batch) == ["done", "done", "todo", "todo", "todo", "todo", "todo"]
    dock.label(cast, clip, run_jobs)
    assert stages(batch) == ["done", "done", "done", "done", "todo", "todo", "todo"]
    assert b"Hide faces and plates in 1 clip" in clara.get(page).content
    dock.redact(clip)
    assert b"Build a version of what is finished" in clara.get(page).content
    release = dock.release_of(clara, clip, run_jobs)
    assert stages(batch) == ["done"] * 6 + ["current"]
    shown = clara.get(page).content
    assert b"one thing waits for you" in shown
    assert f"/t/harbour/releases/{release['id']}".encode() in shown
    clara.post(f"/api/v1/t/harbour/releases/{release['id']}/accept")
    assert stages(batch) == ["done"] * 7
    assert b"all of it is accepted" in clara.get(page).content
    assert b"Monday" in clara.get("/t/harbour/batches").content


def test_pauses_are_told_with_their_reasons_and_who_can_end_them(cast, api, clara):
    dock.sign(cast)
    clip = make_clip(cast)
    batch = batch_of(clip)
    start = now() - timedelta(hours=9)
    told = [
        ("start", 0, "", ""), ("pause", 1, "force_majeure", "Flood at the yard"),
        ("resume", 3, "", ""),
        ("pause", 5, "awaiting_client", "Which gate is this?"),
    ]  # fmt: skip
    with scope(cast.harbour.id):
        for action, hours, reason, note in told:
            ClockEvent.objects.create(
                tenant=cast.harbour, clip=clip, action=action, reason=reason, note=note,
                at=start + timedelta(hours=hours),
            )  # fmt: skip
        progress = batch_progress(batch)
    assert [(p.note, p.ended and p.ended - p.began) for p in progress.pauses] == [
        ("Flood at the yard", timedelta(hours=2)),
        ("Which gate is this?", None),
    ]
    assert [w.who for w in progress.waiting if "stands still" in w.text] == ["You"]
    shown = clara.get(f"/t/harbour/batches/{batch.id}").content
    for words in (b"Flood at the yard", b"Which gate is this?", b"too little was finished"):
        assert words in shown


def test_who_may_not_act_is_not_told_that_it_waits_for_them(cast, api, clara, run_jobs):
    """Of the client's own people too: to decide is the administrators' part."""
    dock.sign(cast)
    clip = make_clip(cast)
    batch = batch_of(clip)
    with scope(cast.harbour.id):
        ClockEvent.objects.create(tenant=cast.harbour, clip=clip, action="start")
        ClockEvent.objects.create(
            tenant=cast.harbour, clip=clip, action="pause", reason="awaiting_client"
        )
    places = "/t/harbour/batches", f"/t/harbour/batches/{batch.id}"
    assert [b"The client&#x27;s administrators" in clara.get(p).content for p in places] == [
        False,
        False,
    ]
    assert b"one thing waits for you" in clara.get(places[1]).content
    for person in (cast.arthur, cast.vera):
        for place in places:
            shown = api(person).get(place).content
            assert b"The client&#x27;s administrators" in shown
            assert b"waits for you" not in shown
            assert b"<h3>You" not in shown
    assert b"it waits for the client." in api(cast.arthur).get(places[1]).content


def test_pictures_of_a_batch_are_shown_when_they_are_asked_for(furnished):
    cast, place = furnished.cast, f"/t/harbour/batches/{furnished.house.batch}"
    picture = f"/api/v1/t/harbour/clips/{furnished.house.clip}/thumbnails/0".encode()
    for person, query, shown in (
        (cast.clara, "", False),
        (cast.clara, "?view=pictures", True),
        (cast.arthur, "?view=pictures", False),
    ):
        client = Client()
        sign_in(client, person)
        assert (picture in client.get(place + query).content) is shown


def test_what_was_refused_and_what_is_empty_says_what_to_do(cast, clara):
    clip = make_clip(cast)
    batch = batch_of(clip)
    with scope(cast.harbour.id):
        Clip.objects.filter(id=clip.id).update(state="refused", refusal_message="It has no frames.")
        empty = Batch.objects.create(tenant=cast.harbour, project=clip.project, name="Tuesday")
    shown = clara.get(f"/t/harbour/batches/{batch.id}").content
    assert b"It has no frames." in shown
    assert b"Replace gate.mp4" in shown
    assert b"no clip has arrived yet" in clara.get(f"/t/harbour/batches/{empty.id}").content
    assert clara.get(f"/t/harbour/batches/{uuid4()}").status_code == 404


def facts(client, batch):
    page = client.get(f"/t/harbour/batches/{batch.id}").content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", page.split(">Facts<")[1].split("</dl>")[0]).split())


def test_until_when_footage_is_kept_and_what_seals_it_are_facts_of_a_batch(cast, api, clara):
    clip = make_clip(cast)
    batch = batch_of(clip)
    with scope(cast.harbour.id):
        Clip.objects.filter(id=clip.id).update(created_at=datetime(2026, 1, 10, 12, tzinfo=UTC))
        StoredObject.objects.filter(id=clip.source_id).update(key_version=6)
    assert "Key version 6 Kept until not agreed: no contract is signed" in facts(clara, batch)
    dock.sign(cast, retention_days=100)
    with frozen(datetime(2026, 4, 20, 9, tzinfo=UTC)):
        assert "Kept until 20 Apr 2026 As the contract says" in facts(clara, batch)
    later = make_clip(cast)
    with scope(cast.harbour.id):
        Clip.objects.filter(id=later.id).update(
            batch=batch, created_at=datetime(2026, 1, 12, 12, tzinfo=UTC)
        )
        StoredObject.objects.filter(id=later.source_id).update(key_version=7)
    shown = facts(clara, batch)
    assert "Key versions 6, 7 Kept until 20 Apr 2026, the last of it 22 Apr 2026 past" in shown
    page = f"/t/harbour/batches/{batch.id}"
    assert b'href="/t/harbour/key"' in clara.get(page).content
    for person in (cast.umar, cast.arthur):
        assert "Key versions 6, 7" in facts(api(person), batch)
        assert b'href="/t/harbour/key"' not in api(person).get(page).content


def test_who_has_seen_a_batch_is_told_to_readers_of_the_log_and_is_a_reading_of_it(cast, api):
    clip, other = make_clip(cast), make_clip(cast)
    batch = batch_of(clip)
    assert "Seen by nobody" in facts(api(cast.arthur), batch)
    for person, seen in [
        (cast.anna, clip),
        (cast.anna, clip),
        (cast.rita, clip),
        (cast.rita, other),
    ]:
        receipt(
            actor=Actor.person(person), tenant=cast.harbour.id, clip=seen.id,
            gops=[(0, 24)], purpose="task",
        )  # fmt: skip
    assert "Seen by" not in facts(api(cast.umar), batch)
    assert "Seen by 2 people, 3 looks" in facts(api(cast.arthur), batch)
    with scope(cast.harbour.id):
        reads = AuditEntry.objects.filter(action="log.read").order_by("time")
        told = json.loads(bytes(reads.last().body))
    assert told["actor"]["id"] == str(cast.arthur.id)
    assert told["details"]["batch"] == str(batch.id)
    link = f"/t/harbour/log?action=footage.frames.serve&amp;batch={batch.id}&amp;group=actor"
    page = api(cast.arthur).get(f"/t/harbour/batches/{batch.id}").content.decode()
    assert link in page
    top = api(cast.arthur).get(link.replace("&amp;", "&")).context["top"]
    assert sorted(line.count for line in top) == [1, 2]


def test_another_client_s_batch_is_not_there(cast, api):
    batch, mila = batch_of(make_clip(cast)), api(cast.mila)
    assert mila.get(f"/t/museum/batches/{batch.id}").status_code == 404
    assert mila.get(f"/t/harbour/batches/{batch.id}").status_code == 404
    assert b"No batch yet" in mila.get("/t/museum/batches").content


def test_the_oldest_batch_is_reached_too(cast, clara):
    project = make_clip(cast).project
    with scope(cast.harbour.id):
        for number in range(12):
            Batch.objects.create(tenant=cast.harbour, project=project, name=f"Load {number:02}")
    first = clara.get("/t/harbour/batches").content
    assert b"Load 11" in first
    assert b"Load 00" not in first
    assert b"?page=2" in first
    assert b"Load 00" in clara.get("/t/harbour/batches?page=2").content


def test_a_large_batch_asks_the_database_no_more_often_than_a_small_one(cast):
    first = make_clip(cast)
    batch, counted = batch_of(first), []
    with frozen(now()):
        for _ in range(2):
            with (
                scope(cast.harbour.id),
                CaptureQueriesContext(
                    connection,
                ) as asked,
            ):
                batch_progress(batch)
            counted.append(len(asked))
            for _ in range(4):
                more = make_clip(cast)
                with scope(cast.harbour.id):
                    Clip.objects.filter(id=more.id).update(batch=batch, project=first.project)
    assert counted[0] == counted[1]


def test_many_batches_ask_the_database_no_more_often_than_one(cast):
    first, counted = make_clip(cast), []
    batches = [batch_of(first)]
    with frozen(now()):
        for _ in range(2):
            with scope(cast.harbour.id), CaptureQueriesContext(connection) as asked:
                told = progress_of_batches(batches)
            counted.append(len(asked))
            batches += [batch_of(make_clip(cast), f"Load {number}") for number in range(4)]
    assert counted[0] == counted[1]
    with scope(cast.harbour.id):
        told, alone = progress_of_batches(batches), [batch_progress(one) for one in batches]
    assert [[c.id for c in one.clips] for one in told] == [
        [c.id for c in one.clips] for one in alone
    ]
    assert [one.stages for one in told] == [one.stages for one in alone]


def test_the_list_says_the_same_of_each_stage_as_the_batch_s_page(cast, clara, run_jobs):
    dock.sign(cast)
    begun, untouched = make_clip(cast), make_clip(cast)
    batches = [batch_of(begun), batch_of(untouched, "Tuesday")]
    dock.label(cast, begun, run_jobs)
    with scope(cast.harbour.id):
        alone = [batch_progress(one) for one in batches]
        listed = progress_of_batches(batches, instants=False)
    assert [one.bar for one in listed] == [one.bar for one in alone]
    assert [one.waiting for one in listed] == [one.waiting for one in alone]
