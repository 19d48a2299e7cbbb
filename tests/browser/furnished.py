"""A house that looks lived in: footage in every state, work in hand, releases, invoice, log."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

from core.access.actors import Actor
from core.clock import now
from core.tenancy.scope import scope
from tests.api.labels.floor import cut, hire, lease, make_clip, walker
from tests.browser import bar_clips, furnished_delivery
from tests.cast import Cast


@dataclass(frozen=True, slots=True)
class House:
    """Ids that pages are addressed by. `submitted` waits for a reviewer; it has real frames."""

    clip: UUID
    refused: UUID
    submitted: UUID
    came_back: UUID
    two_sided: UUID
    in_hand: UUID
    ready_release: UUID
    accepted_release: UUID
    invoice: UUID
    note: UUID
    batch: UUID
    worker: UUID
    entry: UUID
    project: UUID
    seamed: UUID
    gold: UUID


def furnish(cast: Cast, folder: Path) -> House:
    """Write the rows, commit them, and sequence the log."""
    from core.audit.models import AuditEntry
    from core.audit.sequencer import sequence_once
    from tenants.intake.models import Clip
    from workforce.quality.models import GoldTruth
    from workforce.tasks.models import QueueEntry

    _onboarding(cast)
    camera = _cameras(cast)
    hire(cast, cast.anna, cast.amir, cast.rita)
    worker = _trust(cast)
    clip, (handed_in, *rest) = _real_clip(cast, folder, camera)
    _hand_in(cast, handed_in.id)
    refused = _other_clips(cast, camera)
    came_back = _came_back(cast)
    two_sided = _two_sided(cast)
    _measured(cast, clip)
    _quizzed(cast, clip)
    _papers(cast, worker)
    _redacted(cast, clip)
    seamed = _seamed(cast, clip)
    ready, accepted = furnished_delivery.releases(cast, clip)
    batch = furnished_delivery.batch(cast, clip)
    invoice = furnished_delivery.invoice(cast, accepted, clip)
    note = furnished_delivery.credit_note(cast, invoice)
    in_hand = rest[0].id
    lease(cast.amir, in_hand)
    QueueEntry.objects.filter(task_id=in_hand).update(leased_at=now())
    _serve(cast, clip.id)
    while sequence_once():
        pass
    _witnessed(cast)
    with scope(cast.harbour.id):
        entry = AuditEntry.objects.filter(action="footage.frames.serve").earliest("time").id
        project = Clip.objects.get(id=clip.id).project_id
        gold = GoldTruth.objects.filter(clip=clip.id, quiz_level=None).latest("created_at").id
    return House(
        clip.id, refused, handed_in.id, came_back, two_sided, in_hand, ready, accepted, invoice,
        note, batch, worker, entry, project, seamed, gold,
    )  # fmt: skip


def _onboarding(cast: Cast) -> None:
    from core.access.permissions import Role
    from core.outbox.models import Job
    from tenants.contracts.services import draft_contract, sign_contract
    from tenants.organizations import invitations, onboarding

    operator, clara = Actor.person(cast.olga), Actor.person(cast.clara)
    contract = draft_contract(actor=operator, tenant=cast.harbour.id)
    sign_contract(actor=clara, tenant=cast.harbour.id, contract_id=contract.id)
    draft_contract(actor=operator, tenant=cast.harbour.id)
    onboarding.apply(
        kind="client",
        name="Port of Calder Reach",
        contact_name="Maren Oyelaran-Bratt",
        contact_email="maren.oyelaran-bratt@calder-reach.example",
        message="Twelve gate cameras, about 40 hours a week, from January.",
    )
    invitations.invite(
        actor=clara, organization=cast.harbour, email="quay-desk@harbour.example",
        role=Role.CLIENT_VIEWER,
    )  # fmt: skip
    Job.objects.create(
        tenant_id=cast.harbour.id, kind="clip.prepare", state=Job.State.DEAD, attempts=5,
        finished_at=now(), args={"clip": str(uuid4())},
        error="SandboxKilled: the child used more than 1.5 GB.",
    )  # fmt: skip


def _cameras(cast: Cast) -> UUID:
    from tenants.projects.services import add_camera, add_site

    clara = Actor.person(cast.clara)
    site = add_site(
        actor=clara, tenant=cast.harbour.id, name="North harbour", time_zone="Europe/Brussels"
    )
    camera = add_camera(actor=clara, tenant=cast.harbour.id, site_id=site.id, name="Gate 3 inbound")
    return camera.id


def _trust(cast: Cast) -> UUID:
    from workforce.people.models import Worker
    from workforce.quality.models import Trust

    with scope(cast.northlight.id):
        for person, alpha, beta, gated in (
            (cast.anna, 38.0, 2.0, False),
            (cast.amir, 9.0, 11.0, True),
            (cast.rita, 61.0, 1.5, False),
        ):
            Trust.objects.create(
                tenant=cast.northlight, person=person, skill="boxes", alpha=alpha, beta=beta,
                gold_count=round(alpha + beta), gated=gated,
            )  # fmt: skip
        return Worker.objects.get(user=cast.anna).id


def _real_clip(cast: Cast, folder: Path, camera: UUID):
    """A clip that the pipeline prepared, cut into two tasks."""
    from core.outbox.events import emit
    from core.storage.vault import create_object
    from tenants.intake.models import Clip
    from tests.api.intake.test_preparation import prepare

    clip = make_clip(cast)
    with create_object(tenant=clip.tenant_id, kind="source") as writer:
        writer.write(bar_clips.make(folder, frames=75).data)
    with scope(clip.tenant_id):
        Clip.objects.filter(id=clip.id).update(
            source=writer.stored.id, state=Clip.State.RECEIVED, camera=camera,
            filename="gate-3-inbound_2026-11-19_1312.mp4", starts_at=now() - timedelta(days=3),
            time_zone="Europe/Brussels",
        )  # fmt: skip
        emit("upload.finished", tenant=clip.tenant_id, data={"clip": str(clip.id)})
    clip = prepare(clip)
    return clip, cut(cast, clip)


def _came_back(cast: Cast) -> UUID:
    """Rita sends back what Anna handed in, with reasons on two frames."""
    from workforce.quality.reasons import Reason
    from workforce.quality.review import decide
    from workforce.tasks.models import Task

    with scope(cast.harbour.id):
        task = Task.objects.filter(clip__filename__startswith="perimeter").earliest("start_frame")
    _hand_in(cast, task.id)
    reasons = [
        Reason(12, "The box leaves out the feet while the person is behind the kerb."),
        Reason(31, "Two people who cross here have swapped their tracks."),
    ]
    decide(
        tenant=cast.harbour.id, task_id=task.id, token=lease(cast.rita, task.id, work="review"),
        actor=Actor.person(cast.rita), outcome="send_back", reasons=reasons,
    )  # fmt: skip
    return task.id


def _two_sided(cast: Cast) -> UUID:
    """Anna and Amir labelled the same frames, and differ; it waits for a third person."""
    from workforce.labels.changes import Changes
    from workforce.labels.services import save_tracks, submit
    from workforce.quality.consensus import take_second
    from workforce.quality.models import Consensus
    from workforce.quality.policies import set_policy
    from workforce.tasks.models import Task

    with scope(cast.harbour.id):
        task = Task.objects.filter(clip__filename__startswith="perimeter").latest("start_frame")
    values = {"pass_mark": 0.7, "gold_rate_min": 0.05, "gold_rate_max": 0.5, "consensus_share": 1}
    project = {"tenant": cast.harbour.id, "project_id": task.project_id}
    set_policy(actor=Actor.person(cast.clara), values=values, **project)
    _hand_in(cast, task.id, start=task.start_frame)
    with scope(cast.harbour.id):
        copy = Consensus.objects.get(task=task).copy_id
    start, amir = task.start_frame, Actor.person(cast.amir)
    tracks = [walker(start=start, end=start + 30), walker(left=420.0, start=start, end=start + 49)]
    lent = {"tenant": cast.harbour.id, "task_id": copy, "token": lease(cast.amir, copy)}
    save_tracks(**lent, actor=amir, changes=Changes(tracks, [], {}))
    second = submit(**lent, actor=amir, vendor=cast.northlight.id)
    take_second(tenant=cast.harbour.id, label_set_id=second.id)
    set_policy(actor=Actor.person(cast.clara), values=values | {"consensus_share": 0}, **project)
    return task.id


def _seamed(cast: Cast, real) -> UUID:
    """A clip with the real one's frames, whose two tasks do not agree on who is who."""
    from tenants.intake.models import Clip
    from workforce.delivery.seam_review import count_open
    from workforce.tasks.models import Task

    clip = make_clip(cast, frames=75, size=(real.width, real.height))
    shared = ("mezzanine_id", "frame_index_id", "thumbnails_id")
    with scope(cast.harbour.id):
        clip.project.task_frames, clip.project.task_overlap = 45, 15
        clip.project.save()
        Clip.objects.filter(id=clip.id).update(**{name: getattr(real, name) for name in shared})
    first, second = cut(cast, clip)
    _hand_in(cast, first.id, tracks=[walker(end=44)])
    _hand_in(cast, second.id, tracks=[walker(start=30, end=74, left=10.0 + 2 * 30 + 18)])
    with scope(cast.harbour.id):
        Task.objects.filter(clip=clip).update(state=Task.State.ACCEPTED)
        count_open(clip)
    return clip.id


def _measured(cast: Cast, clip) -> None:
    """Anna had gold of the real clip, mostly right, with errors of each kind; and older scores."""
    from workforce.labels.canonical import canonical_labels, content_hash
    from workforce.labels.models import LabelSet
    from workforce.labels.tracks import track_from_wire
    from workforce.quality.gold import GoldRange, create_gold, expose_gold
    from workforce.quality.models import Evidence
    from workforce.quality.scores import score_submission
    from workforce.quality.trust import recompute
    from workforce.tasks.models import Task

    right = [walker(), walker(left=200.0, label="vehicle"), walker(left=400.0, end=30)]
    given = [
        right,
        [walker(right[0]["id"], end=20), *right[1:]],
        [right[0], {**right[1], "label": "person"}, right[2]],
        [right[0], walker(left=420.0, end=30), walker(left=120.0)],
        [right[0], right[1]],
    ]
    tenant = cast.harbour.id
    for tracks in given:
        gold = create_gold(
            actor=Actor.person(cast.clara), tenant=tenant, where=GoldRange(clip.id, 0, 49),
            tracks=right,
        )  # fmt: skip
        with scope(tenant):
            copy = Task.objects.create(
                tenant_id=tenant, project=gold.project, clip=gold.clip, ontology=gold.ontology,
                task_type="boxes", start_frame=0, end_frame=49, is_copy=True,
            )  # fmt: skip
            expose_gold(gold=gold, task=copy, person=cast.anna.id)
            content = canonical_labels([track_from_wire(item) for item in tracks], [])
            labels = LabelSet.objects.create(
                tenant_id=tenant, task=copy, author=cast.anna, vendor_id=cast.northlight.id,
                kind="copy", round=1, content=content.decode(), sha256=content_hash(content),
                track_count=len(tracks),
            )  # fmt: skip
        score_submission(tenant=tenant, label_set_id=labels.id)
    with scope(cast.northlight.id):
        for day in range(60, 10, -5):
            passed = day not in {30, 35}
            Evidence.objects.create(
                tenant=cast.northlight, score_id=uuid4(), person=cast.anna, skill="boxes",
                passed=passed, hota=0.8, loc_a=0.9, idf1=0.9,
                gates={"LocA": {"value": 0.5, "mark": 0.6, "passed": passed}},
                scored_at=now() - timedelta(days=day),
            )  # fmt: skip
        recompute(person=cast.anna.id, skill="boxes")


def _papers(cast: Cast, worker: UUID) -> None:
    """Anna's papers hold, end soon and have ended; her week has a night and a day off."""
    from datetime import date

    from workforce.people.hours import Hours, OtherDay, set_hours
    from workforce.people.services import qualify, set_capacity

    who = {"actor": Actor.person(cast.nora), "vendor": cast.northlight.id, "worker_id": worker}
    for kind, value, days in (
        ("clearance", "port-area", 12), ("nda", "harbour", 200), ("certificate", "forensic", -5),
        ("language", "en", None),
    ):  # fmt: skip
        ends = now() + timedelta(days=days) if days else None
        qualify(**who, kind=kind, value=value, expires_at=ends)
    set_capacity(**who, time_zone="Europe/Brussels", minutes_per_day=450)
    week = [Hours(day, 0, 1440) for day in range(7)]
    set_hours(**who, shifts=week, exceptions=[OtherDay(date(2030, 12, 24))])


def _quizzed(cast: Cast, clip) -> None:
    """Anna missed a quiz, passed the next, and may try for level 3."""
    from workforce.quality.gold import GoldRange, create_gold
    from workforce.quality.models import QuizAttempt

    for start in (50, 60, 70):
        create_gold(
            actor=Actor.person(cast.clara), tenant=cast.harbour.id, quiz_level=3,
            tracks=[walker(start=start, end=start + 4)],
            where=GoldRange(clip.id, start, start + 4),
        )  # fmt: skip
    part = {"value": 0.83, "mark": 0.7, "passed": True}
    with scope(cast.northlight.id):
        for days, state, fit in ((40, "failed", 0.52), (25, "passed", 0.91)):
            begun = now() - timedelta(days=days)
            QuizAttempt.objects.create(
                tenant=cast.northlight, person=cast.anna, skill="boxes", level=2, items=3, done=3,
                client_id=cast.harbour.id, state=state, started_at=begun, decided_at=begun,
                ends_at=begun + timedelta(days=7),
                parts={"HOTA": part, "DetA": part, "LocA": {
                    "value": fit, "mark": 0.6, "passed": fit >= 0.6}},
            )  # fmt: skip


def _redacted(cast: Cast, clip) -> None:
    """A copy in which one face was seen once, one badly, and one shows on the copy."""
    import json

    from core.storage.vault import create_object
    from workforce.redaction.models import RedactionRun
    from workforce.redaction.policies import Policy

    def stored(words) -> UUID:
        with create_object(
            tenant=clip.tenant_id, kind="masks", derived_from=[clip.source_id]
        ) as out:
            out.write(json.dumps(words).encode())
        return out.stored.id

    def place(track: int, left: float, subject: str = "faces"):
        return {"subject": subject, "track": track, "box": [left, 40, left + 44, 96]}

    frames = {frame: [place(0, 60 + 2 * frame)] for frame in range(60)}
    frames[30].append(place(1, 300))
    for frame in range(10, 50):
        frames[frame].append(place(0, 20 + frame, "plates"))
    trails = {
        "faces": [
            {"frames": [0, 3, 6, 27, 57], "scores": [0.9, 0.7, 0.31, 0.8, 0.8]},
            {"frames": [30], "scores": [0.52]},
        ],
        "plates": [{"frames": [10, 13, 16, 46, 49], "scores": [0.9] * 5}],
    }
    mark = {"kind": "exposed", "subject": "faces", "frame": 48, "box": [380, 60, 420, 110]}
    masks = stored({"frames": frames, "trails": trails, "every": 3})
    with scope(clip.tenant_id):
        RedactionRun.objects.create(
            tenant=cast.harbour, clip=clip, policy=Policy().as_json(), masks_id=masks,
            state=RedactionRun.State.DONE, output_id=clip.source_id, finished_at=now(),
            findings_id=stored({"marks": [{**mark, "every": 12}]}), report={"frames": 75},
        )  # fmt: skip


def _hand_in(cast: Cast, task: UUID, *, start: int = 0, tracks: list | None = None) -> None:
    """Anna hands the task in, and it goes to review."""
    from workforce.labels.changes import Changes
    from workforce.labels.services import save_tracks, submit
    from workforce.quality.review import route_submission

    token, anna = lease(cast.anna, task), Actor.person(cast.anna)
    tracks = tracks or [
        walker(start=start, end=start + 49),
        walker(left=300.0, start=start + 12, end=start + 40),
    ]
    changes = Changes(tracks, [], {})
    tenant = cast.harbour.id
    save_tracks(tenant=tenant, task_id=task, token=token, actor=anna, changes=changes)
    labels = submit(tenant=tenant, task_id=task, token=token, actor=anna, vendor=cast.northlight.id)
    route_submission(tenant=tenant, label_set_id=labels.id)


def _other_clips(cast: Cast, camera: UUID) -> UUID:
    from tenants.intake.models import Clip
    from workforce.delivery.models import ClockEvent

    states = [
        ("quay-7-apron_2026-11-20_0600_night-shift-handover_part-2-of-9.mkv", "preparing", ""),
        ("turnstile-b_2026-11-20.dav", "refused", "The video track of this file has no frames."),
        ("perimeter-n12_2026-11-18.mp4", "ready", ""),
    ]
    refused = None
    for filename, state, message in states:
        clip = make_clip(cast, frames=150)
        with scope(cast.harbour.id):
            Clip.objects.filter(id=clip.id).update(
                filename=filename, state=state, camera=camera, refusal_message=message,
                refusal_reason="no_frames" if message else "", duration=6.0,
                frame_count=None if message else 150,
            )  # fmt: skip
            ClockEvent.objects.create(
                tenant=cast.harbour, clip=clip, action="start", at=now() - timedelta(days=1)
            )
        if state == "ready":
            cut(cast, clip)
        if message:
            refused = clip.id
    assert refused is not None
    return refused


def _witnessed(cast: Cast) -> None:
    """A webhook that was taken and refused, and a witness that cosigned."""
    from core.audit.cosignatures import WitnessKey, cosign
    from core.audit.notes import Checkpoint
    from core.audit.tree import latest_checkpoint
    from core.crypto.signing import Signer
    from tenants.compliance.models import Delivery, Webhook
    from tenants.compliance.witnesses import add_cosignature

    with scope(cast.harbour.id):
        row = latest_checkpoint()
        assert row is not None
        head, size = Checkpoint.parse(row.note.partition("\n\n")[0] + "\n"), row.size
        webhook = Webhook.objects.create(
            tenant=cast.harbour, url="https://hooks.calder-reach.example/custos/checkpoints",
            sealed=bytes(61), commitment=bytes(32), key_version=1, sent_size=size,
            former_sealed=bytes(61), former_commitment=bytes(32), former_key_version=1,
            former_until=now() + timedelta(hours=20), failing_since=now() - timedelta(hours=5),
        )  # fmt: skip
        release = {
            "release": str(uuid4()),
            "project": str(uuid4()),
            "number": 1,
            "sha256": "0" * 64,
        }
        for kind, data, (first, last), status, error in (
            ("log.test", {}, (0, 0), None, "ConnectTimeout: the receiver gave no answer in 5 s"),
            ("release.ready", release, (0, 0), 204, ""),
            ("log.checkpoints", None, (1, size), 204, ""),
            ("release.accepted", release, (0, 0), 503, ""),
        ):
            Delivery.objects.create(
                tenant=cast.harbour, webhook=webhook, first_size=first, last_size=last, kind=kind,
                data=data, message_id=f"msg_{uuid4().hex}", status=status, error=error,
                occurred_at=now(),
            )  # fmt: skip
    name, signer = "witness.calder-reach.example/w1", Signer.generate()
    line = cosign(head, name=name, signer=signer, seconds=int(now().timestamp()))
    add_cosignature(
        actor=Actor.person(cast.clara), tenant=cast.harbour.id, size=size,
        key=str(WitnessKey(name, signer.public_key)), signature=line,
    )  # fmt: skip


def _serve(cast: Cast, clip: UUID) -> None:
    """Frames were shown to people who work on them, and to the client."""
    from core.audit.receipts import receipt

    for person, gops, purpose in [
        (cast.anna, [(0, 24), (25, 49)], "task"),
        (cast.amir, [(25, 49), (50, 74)], "task"),
        (cast.clara, [(0, 24)], "watch"),
        (cast.rita, [(0, 24), (25, 49)], "review"),
    ] * 6:
        receipt(
            actor=Actor.person(person), tenant=cast.harbour.id, clip=clip, gops=gops,
            purpose=purpose, lease=uuid4() if purpose != "watch" else None,
        )  # fmt: skip
