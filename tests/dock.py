"""Finished clips waiting to be released: labelled, accepted, redacted, under a signed contract."""

from collections.abc import Callable
from copy import deepcopy
from datetime import datetime

from core.access.actors import Actor
from core.outbox.jobs import enqueue
from core.storage.vault import create_object
from core.tenancy.scope import scope
from tenants.contracts.services import draft_contract, sign_contract
from tenants.contracts.terms import DEFAULT_TERMS
from tests.api.labels.floor import cut, hire, lease, make_clip, walker
from tests.cast import Cast
from tests.media_clips import clip_bytes
from workforce.labels.changes import Changes
from workforce.labels.services import save_tracks, submit
from workforce.redaction.models import RedactionRun


def footage() -> bytes:
    """What stands for the redacted footage: a film of 100 frames, which delivery decodes."""
    return clip_bytes("delivered.mp4")


def sign(cast: Cast, *, organization=None, **changes) -> None:
    """Sign the default terms, with parts of them changed: `sla={"turnaround_hours": 1}`."""
    organization = organization or cast.harbour
    admin = Actor.person(cast.clara)
    terms = deepcopy(DEFAULT_TERMS)
    for name, value in changes.items():
        terms[name] = terms.get(name, {}) | value if isinstance(value, dict) else value
    contract = draft_contract(actor=admin, tenant=organization.id, terms=terms)
    sign_contract(actor=admin, tenant=organization.id, contract_id=contract.id)


def redact(clip) -> RedactionRun:
    """Write a run that is done, with a small object in the vault as its output."""
    with create_object(tenant=clip.tenant_id, kind="redacted") as writer:
        writer.write(footage())
    with scope(clip.tenant_id):
        return RedactionRun.objects.create(
            tenant_id=clip.tenant_id,
            clip=clip,
            policy={},
            state=RedactionRun.State.DONE,
            output=writer.stored,
            report={"frames": clip.frame_count},
        )


def label(cast: Cast, clip, run_jobs: Callable[[], int], tracks_for=None) -> list:
    """Anna labels every task of the clip with one walker; each is accepted unseen."""
    hire(cast, cast.anna)
    with scope(clip.tenant_id):
        clip.project.review_share = 0
        clip.project.save()
    anna = Actor.person(cast.anna)
    tasks = cut(cast, clip)
    for task in tasks:
        tracks = [
            walker(start=task.start_frame, end=task.end_frame, left=10 + task.start_frame * 2)
        ]
        held = {"tenant": clip.tenant_id, "task_id": task.id, "token": lease(cast.anna, task.id)}
        save_tracks(**held, actor=anna, changes=Changes(tracks_for(task) if tracks_for else tracks))
        submit(**held, actor=anna, vendor=cast.northlight.id)
    run_jobs()
    return tasks


def finished(cast: Cast, run_jobs: Callable[[], int], *, received: datetime | None = None, **how):
    """A clip whose clock runs, whose every task is accepted, and whose footage is redacted."""
    clip = make_clip(cast, **how)
    if received is not None:
        with scope(clip.tenant_id):
            type(clip).objects.filter(id=clip.id).update(created_at=received)
    enqueue("delivery.start_clock", tenant=clip.tenant_id, args={"clip": str(clip.id)})
    label(cast, clip, run_jobs)
    redact(clip)
    return clip


def release_of(client, clip, run_jobs: Callable[[], int], slug: str = "harbour") -> dict:
    """Order a version of the clip's project over the API and build it."""
    ordered = client.post(
        f"/api/v1/t/{slug}/releases", {"project": str(clip.project_id)}, format="json"
    )
    assert ordered.status_code == 201, ordered.content
    run_jobs()
    built: dict = client.get(f"/api/v1/t/{slug}/releases/{ordered.json()['id']}").json()
    return built
