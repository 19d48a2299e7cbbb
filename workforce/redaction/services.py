"""What others ask of this room: start a run, get the redacted clip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from core.access.actors import Actor
from core.audit.log import record
from core.errors import Conflict, NotFound
from core.outbox.jobs import enqueue
from core.tenancy.scope import scope
from tenants.intake.clips import get_clip
from tenants.intake.models import Clip
from workforce.redaction.gate import require_open
from workforce.redaction.models import RedactionRun
from workforce.redaction.policies import policy_in_force


@dataclass(frozen=True, slots=True)
class Redacted:
    """A redacted copy: the object, SHA-256 of its plaintext in hex, and what was measured."""

    object_id: UUID
    sha256: str
    report: dict[str, Any]


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
        valid = policy_in_force(clip.project_id)
        policy = valid.policy
        run = RedactionRun.objects.create(
            tenant_id=tenant, clip=clip, policy=policy.as_json(), policy_number=valid.number
        )
        enqueue("redaction.detect", tenant=tenant, args={"run": str(run.id)})
        record(
            action="redaction.started",
            actor=actor,
            tenant=tenant,
            subject=("clip", clip_id),
            details={
                "run": str(run.id),
                "policy_number": valid.number,
                "policy": policy.as_json(),
            },
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

    Only a run whose residual was measured counts; the newest of them. Raises Conflict, also when
    more is left than the policy in force allows (redaction.gate).
    """
    done = RedactionRun.objects.filter(clip_id=clip.id, state=RedactionRun.State.DONE)
    run = done.select_related("output", "clip").order_by("-created_at", "id").first()
    if run is None:
        raise Conflict("The clip has not been redacted yet: start its redaction first.")
    output = run.output
    report = {**run.report, "gate": require_open(run)}
    return Redacted(output.id, bytes(output.sha256).hex(), report)
