"""What others ask of this room: set the policy, start a run, get the redacted clip."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from core.access.actors import Actor
from core.audit.log import record
from core.clock import now
from core.errors import Conflict, Invalid, NotFound
from core.outbox.jobs import enqueue
from core.tenancy.scope import scope
from tenants.contracts.services import terms_in_force
from tenants.intake.clips import get_clip
from tenants.intake.models import Clip
from tenants.projects.models import Project
from workforce.redaction.detectors.recipe import Mode, Subject
from workforce.redaction.models import RedactionPolicy, RedactionRun


@dataclass(frozen=True, slots=True)
class Policy:
    """What is hidden, how thoroughly it is looked for, and what becomes of the sound.

    overlays: boxes [x1, y1, x2, y2] in source pixels of writing that is no plate.
    """

    faces: bool = True
    plates: bool = True
    heads: bool = False
    audio: str = "keep"
    mode: str = "quality"
    overlays: tuple[tuple[float, float, float, float], ...] = ()

    @classmethod
    def from_json(cls, snapshot: dict[str, Any]) -> Policy:
        """The policy that a run was started with."""
        boxes = tuple(tuple(box) for box in snapshot["overlays"])
        return cls(**{**snapshot, "overlays": boxes})

    def as_json(self) -> dict[str, Any]:
        """The policy as JSON values."""
        return {**asdict(self), "overlays": [list(box) for box in self.overlays]}

    @property
    def subjects(self) -> tuple[Subject, ...]:
        return tuple(subject for subject in Subject if getattr(self, subject.value))


@dataclass(frozen=True, slots=True)
class Redacted:
    """A redacted copy: the object, SHA-256 of its plaintext in hex, and what was measured."""

    object_id: UUID
    sha256: str
    report: dict[str, Any]


def policy_of(project_id: UUID) -> Policy:
    """The policy of a project of the open scope, else what the contract says. Raises NotFound."""
    if not Project.objects.filter(id=project_id).exists():
        raise NotFound
    row = RedactionPolicy.objects.filter(project_id=project_id).first()
    if row is None:
        return _agreed_policy()
    names = [name for name in Policy.__dataclass_fields__ if name != "overlays"]
    boxes = tuple(tuple(box) for box in row.overlays)
    return Policy(**{name: getattr(row, name) for name in names}, overlays=boxes)


def _agreed_policy() -> Policy:
    """What the contract says of privacy; the careful default where nothing is signed yet."""
    try:
        privacy = terms_in_force().privacy
    except Conflict:
        return Policy()
    return Policy(faces=privacy.faces, plates=privacy.plates, audio=privacy.audio)


def set_policy(*, actor: Actor, tenant: UUID, project_id: UUID, policy: Policy) -> Policy:
    """Replace a project's policy; runs that were started keep theirs. Raises Invalid, NotFound."""
    _check(policy)
    with scope(tenant):
        policy_of(project_id)
        RedactionPolicy.objects.update_or_create(
            project_id=project_id,
            defaults={**policy.as_json(), "updated_at": now()},
            create_defaults={**policy.as_json(), "tenant_id": tenant},
        )
        record(
            action="redaction.policy_set",
            actor=actor,
            tenant=tenant,
            subject=("project", project_id),
            details=policy.as_json(),
        )
    return policy


def start_redaction(*, actor: Actor, tenant: UUID, clip_id: UUID) -> RedactionRun:
    """Start to hide what the project's policy names in a clip; jobs do the work.

    Raises NotFound, Conflict when the clip is not ready or a run is under way.
    """
    with scope(tenant):
        # The lock lets two starts at once see each other.
        clip = Clip.objects.select_for_update().filter(id=clip_id).first()
        if clip is None:
            raise NotFound
        if clip.state != Clip.State.READY:
            raise Conflict(f"The clip is {clip.state}; only a ready one can be redacted.")
        latest = latest_run(clip_id)
        if latest is not None and not latest.is_over:
            raise Conflict("The clip is being redacted already.")
        policy = policy_of(clip.project_id)
        run = RedactionRun.objects.create(tenant_id=tenant, clip=clip, policy=policy.as_json())
        enqueue("redaction.detect", tenant=tenant, args={"run": str(run.id)})
        record(
            action="redaction.started",
            actor=actor,
            tenant=tenant,
            subject=("clip", clip_id),
            details={"run": str(run.id), "policy": policy.as_json()},
        )
    return run


def latest_run(clip_id: UUID) -> RedactionRun | None:
    """The newest run of a clip, in the open scope."""
    run: RedactionRun | None = (
        RedactionRun.objects.filter(clip_id=clip_id).order_by("-created_at", "id").first()
    )
    return run


def run_of(clip_id: UUID) -> RedactionRun | None:
    """The newest run of a clip of the open scope, if any. Raises NotFound for no such clip."""
    return latest_run(get_clip(clip_id).id)


def redacted_object(clip: Clip) -> Redacted:
    """The redacted copy that may leave the house, in the open scope.

    Only a run whose residual was measured counts; the newest of them. Raises Conflict.
    """
    done = RedactionRun.objects.filter(clip_id=clip.id, state=RedactionRun.State.DONE)
    run = done.select_related("output").order_by("-created_at", "id").first()
    if run is None:
        raise Conflict("The clip has not been redacted yet: start its redaction first.")
    output = run.output
    return Redacted(output.id, bytes(output.sha256).hex(), run.report)


def _check(policy: Policy) -> None:
    if policy.audio not in RedactionPolicy.Audio.values:
        raise Invalid("Sound can be kept or dropped: say keep or drop.", field="audio")
    if policy.mode not in [str(mode) for mode in Mode]:
        raise Invalid("The mode is quality or fast.", field="mode")
    for box in policy.overlays:
        if len(box) != 4 or not all(math.isfinite(value) for value in box):
            raise Invalid("An overlay is a box of four numbers: x1 y1 x2 y2.", field="overlays")
        if not (box[0] < box[2] and box[1] < box[3]):
            raise Invalid("An overlay has x1 below x2 and y1 below y2.", field="overlays")
